"""Adding, replacing, removing and rebuilding: what changes, what doesn't, and what is refused."""

import sqlite3
from contextlib import closing

import pytest
from conftest import FakeEncoder, markdown

from corpus.errors import DocumentConflict, DocumentNotFound, IndexMismatch
from corpus.passages import Passage
from index.changes import PASSAGE_TOKENS, encode_document, encoded_text, passage_tokens
from index.encoder import EncoderIdentity
from index.index import Index
from index.schema import FILE_NAME

TEXT = "# Trade\n\nKorea trades with Peru.\n\n## Aircraft\n\nPeru built aircraft.\n"


def passage_ids(index: Index) -> list[int]:
    with closing(sqlite3.connect(index.folder / FILE_NAME)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM passages ORDER BY id")]


def test_a_document_is_added_with_all_its_passages(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    change = index.add(markdown(TEXT, "peru"))
    assert (change.action, change.document_id) == ("added", "peru")
    assert (change.passages, change.generation, change.warnings) == (2, 1, ())
    assert (index.size().documents, index.size().passages) == (1, 2)
    assert index.problems() == []


def test_adding_an_unchanged_document_changes_nothing_and_encodes_nothing(tmp_path):
    Index(tmp_path, FakeEncoder()).add(markdown(TEXT, "peru"))
    before = (tmp_path / FILE_NAME).read_bytes()
    encoder = FakeEncoder()
    change = Index(tmp_path, encoder).add(markdown(TEXT, "peru"))
    assert (change.action, change.passages, change.generation) == ("unchanged", 0, 1)
    assert encoder.encoded == []
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize(
    "changed",
    [
        "# Trade\n\nKorea trades with Chile.\n",
        TEXT + "\n",
        "---\nlanguage: en\ntags: [trade]\n---\n" + TEXT,
        "---\nlanguage: en\npublished: 2020\n---\n" + TEXT,
    ],
)
def test_a_changed_text_or_provenance_replaces_the_document(tmp_path, changed):
    index = Index(tmp_path, FakeEncoder())
    index.add(markdown(TEXT, "peru"))
    index.add(markdown("Other words.", "other"))
    known = passage_ids(index)
    change = index.add(markdown(changed, "peru"))
    assert (change.action, change.generation) == ("replaced", 3)
    assert index.document("peru").document == markdown(changed, "peru")
    assert index.document("peru").generation == 3
    assert index.document("other").generation == 2
    assert passage_ids(index)[0] == known[2], "the other document keeps its passage"
    assert min(passage_ids(index)[1:]) > max(known), "no id is used again"
    assert index.problems() == []


def test_ids_of_passages_are_never_used_again(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    seen: set[int] = set()
    for _ in range(3):
        index.add(markdown(TEXT, "peru"))
        assert not seen & set(passage_ids(index))
        seen |= set(passage_ids(index))
        index.remove("peru")
        assert passage_ids(index) == []
    assert len(seen) == 6


def test_a_rebuild_gives_every_passage_a_new_id_and_keeps_the_documents(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    for name in ("a", "b"):
        index.add(markdown(TEXT, name))
    before = passage_ids(index)
    told = []
    change = index.rebuild(progress=lambda done, total: told.append((done, total)))
    assert (change.action, change.passages, change.generation) == ("rebuilt", 4, 3)
    assert told == [(1, 2), (2, 2)]
    assert min(passage_ids(index)) > max(before)
    assert index.document("a").document == markdown(TEXT, "a")
    assert index.problems() == []


def test_a_rebuild_that_fails_leaves_everything_as_it_was(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    for name in ("a", "b"):
        index.add(markdown(TEXT, name))
    before = (tmp_path / FILE_NAME).read_bytes()

    def fail(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Index(tmp_path, FakeEncoder("other")).rebuild(progress=fail)
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert index.search("Peru").manifest.generation == 2


def test_an_id_of_another_origin_is_refused_unless_it_is_to_be_replaced(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    index.add(markdown(TEXT, "peru", "file:///a/peru.md"))
    other = markdown(TEXT, "peru", "file:///b/peru.md")
    with pytest.raises(DocumentConflict) as caught:
        index.add(other)
    assert "file:///a/peru.md" in str(caught.value)
    assert "file:///b/peru.md" in str(caught.value)
    assert "--replace" in str(caught.value)
    assert index.manifest().generation == 1
    assert index.add(other, replace=True).action == "replaced"
    assert index.document("peru").document.origin == "file:///b/peru.md"


@pytest.mark.parametrize(
    "document_id",
    ["none", "", "A", "a' OR '1'='1", "peru'--", "%", "한국", "\ud800", "\0", "x" * 999],
)
def test_what_is_not_there_cannot_be_removed_or_shown(tmp_path, document_id):
    index = Index(tmp_path, FakeEncoder())
    index.add(markdown(TEXT, "peru"))
    for call in (index.remove, index.document):
        with pytest.raises(DocumentNotFound, match="There is no document") as caught:
            call(document_id)
        assert len(str(caught.value)) < 500
    assert index.size().documents == 1


def test_a_removed_document_leaves_nothing_behind(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    index.add(markdown("---\ncountries: [PE]\ntags: [trade]\n---\n" + TEXT, "peru"))
    change = index.remove("peru")
    assert (change.action, change.passages, change.generation) == ("removed", 2, 2)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        for table in ("documents", "labels", "passages", "vectors", "lexicon"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert index.search("Peru").hits == ()
    assert index.problems() == []


def test_a_passage_is_encoded_with_its_title_and_context():
    encoder = FakeEncoder()
    encode_document(markdown(TEXT, "peru"), encoder)
    assert encoder.encoded == [
        "Trade\nTrade\nKorea trades with Peru.",
        "Trade\nTrade › Aircraft\nPeru built aircraft.",
    ]
    assert encoded_text("T", Passage("a", 0, 1, "x", "", ())) == "T\nx"


def test_a_long_title_is_encoded_to_its_32nd_word():
    encoder = FakeEncoder()
    title = " ".join(f"w{number}" for number in range(1, 50))
    encode_document(markdown(f"---\nlanguage: en\ntitle: {title}\n---\nPeru.", "a"), encoder)
    assert encoder.encoded[0].splitlines()[0].split()[-1] == "w32"


def test_the_budget_of_a_passage_is_half_the_window_of_a_small_encoder():
    encoder = FakeEncoder()
    assert passage_tokens(encoder) == 128
    encoder.identity = EncoderIdentity("large", "", "0", 64, 8192)
    assert passage_tokens(encoder) == PASSAGE_TOKENS == 128
    encoder.identity = EncoderIdentity("tiny", "", "0", 64, 4)
    assert passage_tokens(encoder) == 8


def test_progress_tells_of_every_passage(tmp_path):
    told = []
    text = "\n\n".join(f"## Part {number}\n\nKorea grew." for number in range(600))
    index = Index(tmp_path, FakeEncoder())
    index.add(markdown(text, "long"), progress=lambda done, total: told.append((done, total)))
    assert told == [(256, 600), (512, 600), (600, 600)]


@pytest.mark.parametrize(
    ("languages", "language", "warned"),
    [
        (("en",), "ko", True),
        (("en", "es"), "pt-BR", True),
        (("en",), "en", False),
        (("en",), "en-GB", False),
        ((), "ko", False),
    ],
)
def test_a_language_that_the_encoder_does_not_know_is_warned_of(
    tmp_path, languages, language, warned
):
    index = Index(tmp_path, FakeEncoder(languages=languages))
    change = index.add(markdown(f"---\nlanguage: {language}\n---\nSome words.", "a"))
    assert change.action == "added"
    if warned:
        (warning,) = change.warnings
        assert warning.startswith(f"a is in {language}, but the encoder fake knows ")
    else:
        assert change.warnings == ()


def test_a_document_for_another_encoder_is_refused_even_where_it_changes_under_way(tmp_path):
    """The encoder is checked once more inside the transaction that writes."""
    Index(tmp_path, FakeEncoder()).add(markdown(TEXT, "peru"))

    class Overtaken(FakeEncoder):
        def encode_passages(self, texts):
            Index(tmp_path, FakeEncoder("other")).rebuild()
            return super().encode_passages(texts)

    with pytest.raises(IndexMismatch, match="built with encoder other@"):
        Index(tmp_path, Overtaken()).add(markdown(TEXT, "second"))
    assert Index(tmp_path, FakeEncoder("other")).problems() == []

"""The growing index of the benchmark: what it is made of, what is measured of it."""

import numpy as np
import pytest
from conftest import FakeEncoder, markdown

from corpus.errors import InvalidSetting
from eval.bench import curves, engines
from eval.bench.cli import _sizes
from eval.bench.growing import FILTERS, Questions, growing_tables, measure, prepare
from eval.bench.growth import RealText, grown, grown_vectors, part_of, real_text
from eval.bench.realism import realism_table
from index.index import Index

SUBJECTS = [
    "trade",
    "aircraft",
    "energy",
    "culture",
    "health",
    "students",
    "ports",
    "forum",
    "mining",
    "food",
]


def notes():
    for number, subject in enumerate(SUBJECTS):
        lines = [
            f"The {subject} of year {year} grew with Zyx{subject}{year}. It cost {year} dollars."
            for year in range(3)
        ]
        yield markdown("\n\n".join(f"## Part {line[4:]}\n\n{line}" for line in lines), f"n{number}")


@pytest.fixture
def real(tmp_path) -> RealText:
    return real_text(list(notes()), FakeEncoder(), tmp_path / "cache")


def asked() -> Questions:
    texts = tuple(f"What did {subject} cost in year {y}?" for subject in SUBJECTS for y in range(3))
    return Questions(texts, FakeEncoder().encode_questions(texts))


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def test_real_text_is_its_passages_and_their_sentences_encoded_once(real, tmp_path):
    assert len(real) == 30
    assert real.first.tolist() == list(range(0, 61, 2))
    assert real.sentences[:2] == (
        "The trade of year 0 grew with Zyxtrade0.", "It cost 0 dollars."
    )  # fmt: skip
    again = FakeEncoder()
    kept = real_text(list(notes()), again, tmp_path / "cache")
    assert again.encoded == []
    assert np.array_equal(kept.passages, real.passages)
    assert np.array_equal(kept.vectors, real.vectors)


def test_the_first_passages_are_the_real_ones_and_the_others_of_unit_length(real):
    blocks = list(grown_vectors(real, 100))
    vectors = np.concatenate([block for _, block in blocks])
    assert np.array_equal(vectors[:30], real.passages)
    assert vectors.shape == (100, 64)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    rows = [row for chosen, _ in blocks for row in chosen]
    assert [row.tolist() for row in rows[:2]] == [[0, 1], [2, 3]]
    assert all(len(row) == 2 for row in rows), "a grown passage has the shape of a real one"
    assert any(row.tolist() != [2 * n, 2 * n + 1] for n, row in enumerate(rows[30:60]))


def test_the_same_text_grows_into_the_same_documents(real):
    one, other = list(grown(real, 70)), list(grown(real, 70))
    assert [item.document for item in one] == [item.document for item in other]
    assert sum(len(item.passages) for item in one) == 70
    for item in one:
        for passage in item.passages:
            assert item.document.text[passage.start : passage.end] == passage.text
            for extent in passage.sentences:
                assert passage.start <= extent.start < extent.end <= passage.end


def test_rare_words_get_variants_and_common_ones_stay(real):
    later = " ".join(item.document.text for item in list(grown(real, 300))[12:])
    words = set(later.split())
    assert "dollars." in words
    rare = {word for word in words if word.startswith("Zyx")}
    kept = {word for word in rare if word[3:].rstrip("012.") in SUBJECTS}
    assert kept, "some stay as they were"
    assert rare - kept, "some have letters added"


def test_a_part_of_the_real_text_has_its_own_sentences(real):
    part = part_of(real, 8)
    assert len(part) == 4
    assert np.array_equal(part.passages, real.passages[::8])
    assert part.sentences[2:4] == real.sentences[16:18]
    assert part.first.tolist() == [0, 2, 4, 6, 8]


def test_a_grown_index_is_measured_whole_and_kept(real, tmp_path):
    encoder, questions = FakeEncoder(), asked()
    figures = measure(tmp_path / "400", real, 400, encoder, questions, quiet)
    with Index(tmp_path / "400", encoder) as index:
        assert index.size().passages == 400
        assert index.problems() == []
    assert figures.served["recall"] == dict.fromkeys(FILTERS, 1.0), "so few are all compared"
    assert figures.added > 0
    assert figures.removed > 0
    building, searching, recall = growing_tables([figures], len(real))
    assert building.rows[0][0] == searching.rows[0][0] == 400
    assert [row[1] for row in recall.rows] == list(FILTERS)
    written = prepare(tmp_path / "400", real, 400, encoder, questions, quiet)
    assert written == figures.written, "it is not written again"


def test_the_engines_answer_from_the_same_rows(real, tmp_path, capsys):
    prepare(tmp_path / "600", real, 600, FakeEncoder(), asked(), quiet)
    for name in ("Attaché", "SQLite FTS5", *engines._KINDS):
        engines.main(name, tmp_path / "600")
        told = capsys.readouterr().out
        assert '"p95"' in told, name
    lexical, vectors = engines.engines_tables(tmp_path / "600")
    assert [row[0].split(":")[0].split()[0] for row in lexical.rows] == [
        "Attaché", "SQLite", "bm25s", "tantivy"
    ]  # fmt: skip
    assert vectors.rows[0][3] == 1.0, "every vector is compared"


def test_real_and_grown_text_are_compared_at_the_same_size(real):
    table = realism_table(real, asked(), FakeEncoder())
    assert [row[:2] for row in table.rows] == [("real", 30), ("grown", 30)]
    for row in table.rows:
        assert 0 <= row[2] <= 1
        assert row[4] > 1, "the nearest is nearer than the mean"


def test_the_curves_are_a_picture_or_ask_for_what_draws_them(real, tmp_path):
    figures = [measure(tmp_path / str(n), real, n, FakeEncoder(), asked(), quiet) for n in (40, 80)]
    pytest.importorskip("matplotlib")
    curves.draw(figures, tmp_path / "curves.svg")
    assert "<svg" in (tmp_path / "curves.svg").read_text("utf-8")


def test_without_what_draws_curves_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(InvalidSetting, match=r"pip install 'attache\[bench\]'"):
        curves.draw([], tmp_path / "curves.svg")


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("1000", (1000,)), ("1k,10k", (1000, 10_000)), (" 2M , 5k", (5000, 2_000_000))],
)
def test_sizes_are_read(text, sizes):
    assert _sizes(text) == sizes


@pytest.mark.parametrize("text", ["", "k", "0", "-1", "1.5k", "ten", "1kk", "99999999"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(InvalidSetting, match="is no size: write 1000, 10k or 1M"):
        _sizes(text)

"""The shipped collection: every document of it can be read, told apart and traced."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest
import source_runs

from corpus.collection import ORIGIN, collection_digest, shipped_documents
from corpus.document import is_language

OF_SOURCES = source_runs.kept()
DOCUMENTS = Path(__file__).parents[1] / "corpus" / "documents"


def test_every_shipped_document_has_an_id_of_its_own_and_a_provenance():
    documents = list(shipped_documents())
    assert documents
    assert len({document.id for document in documents}) == len(documents)
    for document in documents:
        assert document.origin.startswith(ORIGIN)
        assert document.countries, f"{document.id} names no country"
        assert document.publisher or document.sources, f"{document.id} says not where it is from"
        assert document.language
        assert is_language(document.language)


def test_the_digest_of_the_collection_tells_its_files_by_name_and_bytes():
    total = hashlib.sha256()
    for path in sorted(DOCUMENTS.glob("*.md")):
        total.update(f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    assert collection_digest() == total.hexdigest()


def test_every_claim_was_checked_and_stands_under_a_heading_of_its_digest():
    """The table names the heading and which sentence under it; the verdict is holds or mended."""
    claims = (DOCUMENTS.parent / "claims.md").read_text("utf-8")
    headings = {
        document.id: {
            document.text[block.start : block.end].strip("# "): document
            for block in document.blocks
            if block.kind == "heading"
        }
        for document in shipped_documents()
    }
    verdicts = []
    digest = ""
    for line in claims.splitlines():
        named = re.fullmatch(r"Digest: `(.+)`", line)
        digest = named[1] if named else digest
        row = re.fullmatch(r"\| \d+ \| (.+) \| (.+) \| (.+) \|", line)
        if row:
            place = row[2].partition(", sentence")[0]
            assert place in headings[digest] or place in {"Front matter", "front matter"}, line
            verdicts.append(row[3].partition(":")[0])
    assert set(verdicts) == {"holds", "mended"}
    counted = f"{len(verdicts)} claims checked, {verdicts.count('holds')} held at once"
    assert counted in " ".join(claims.split())


RELATIONS = ("korea-lac", "korea-peru", "korea-uzbekistan")
FIRST = {
    "korea-lac-digital-forum-2021",
    "korea-peru-ambassador-interview-2023",
    "korea-uzbekistan-high-tech-2024",
}
"""Each retells one long source whole: longer than a document of the collection is otherwise."""


def test_each_relation_has_documents_enough():
    relations = Counter(document.tags[0] for document in shipped_documents())
    assert set(relations) == set(RELATIONS)
    assert min(relations.values()) >= 20
    assert sum(relations.values()) >= 75


@pytest.mark.parametrize("document", list(shipped_documents()), ids=lambda document: document.id)
def test_a_document_of_the_collection_is_a_digest_that_names_its_sources(document):
    assert f"{document.id}.md" in {path.name for path in DOCUMENTS.iterdir()}
    assert (document.kind, document.publisher, document.language) == ("digest", "Attaché", "en")
    assert document.licence == "Apache-2.0"
    assert document.url is None
    assert 2 <= len(document.tags) <= 8
    assert "KR" in document.countries
    for source in document.sources:
        assert source.publisher
        assert document.id in FIRST or (source.url or "").startswith("http")
    dates = [source.published for source in document.sources if source.published]
    assert document.published in dates or document.published[:4] in document.text
    assert "&amp;" not in "".join(source.url or "" for source in document.sources)
    assert document.published <= "2026-12"
    assert any(block.kind == "heading" for block in document.blocks)
    words = len(re.findall(r"\w+", document.text))
    assert document.id in FIRST or 150 <= words <= 700, words


@pytest.mark.parametrize("document", list(shipped_documents()), ids=lambda document: document.id)
def test_no_ten_words_of_a_document_stand_in_a_source_that_was_read_for_it(document):
    found = [
        run for run in source_runs.runs(document.text) if source_runs.hashed(run) in OF_SOURCES
    ]
    assert found == []


def test_ten_words_of_a_source_would_be_found(tmp_path, monkeypatch):
    monkeypatch.setattr(source_runs, "RUNS", tmp_path / "runs.bin")
    assert source_runs.add(["One two, three-four five six; seven eight NINE ten 11.5 twelve"]) == 2
    copied = source_runs.runs("And one two three-four FIVE six seven eight nine ten 11.5 more")
    assert [source_runs.hashed(run) in source_runs.kept() for run in copied] == [
        False, True, False
    ]  # fmt: skip
    assert source_runs.runs("Too few words") == []

"""The shipped collection: every document of it can be read, told apart and traced."""

import hashlib
import re
from pathlib import Path

from corpus.collection import ORIGIN, collection_digest, shipped_documents
from corpus.document import is_language

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

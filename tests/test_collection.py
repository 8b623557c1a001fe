"""The shipped collection: every document of it can be read, told apart and traced."""

from corpus.collection import ORIGIN, collection_digest, shipped_documents
from corpus.document import is_language


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


def test_the_digest_of_the_collection_stays_while_its_files_do():
    assert collection_digest() == collection_digest()
    assert len(collection_digest()) == 64

"""Citations: exact places, quotes, support, and which answers count as the same."""

import unicodedata
from dataclasses import replace

import pytest
from conftest import FakeEncoder, FakeReader, answerer_over, markdown
from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Document
from corpus.passages import Passage
from corpus.sentences import Extent
from index.index import Index
from index.records import Hit
from service.answerer import Answerer
from service.citations import answer_key, answers_from, citation_of
from service.records import Citation, Span

LONG = "word " * 100


def span_in(text: str, words: str, document_id: str = "note", confidence: float = 0.9) -> Span:
    """A span over ``words`` in a document that is a single passage of a single sentence."""
    document = markdown(text, document_id)
    extent = Extent(0, len(document.text))
    passage = Passage(document_id, 0, len(document.text), document.text, "", (extent,))
    hit = Hit(1, passage, document, document.sha256, 1.0, 1.0, 1.0)
    start = text.index(words)
    return Span(hit, start, start + len(words), confidence, confidence)


def check(citation: Citation, document: Document) -> None:
    """Hold a citation against the document's text."""
    text, quote, passage = document.text, citation.quote, citation.passage
    assert text[citation.start : citation.end] == quote.text
    assert text[passage.start : passage.end] == passage.text
    assert citation.document_sha256 == document.sha256
    assert passage.start <= citation.start < citation.end <= passage.end
    assert text[: citation.start].endswith(quote.before.removeprefix("… "))
    assert text[citation.end :].startswith(quote.after.removesuffix(" …"))


def test_a_citation_names_the_document_its_passage_and_the_place() -> None:
    citation = citation_of(span_in("Built were 16 aircraft.", "16"), generation=7)
    assert (citation.start, citation.end) == (11, 13)
    assert (citation.quote.before, citation.quote.text, citation.quote.after) == (
        "Built were ",
        "16",
        " aircraft.",
    )
    assert (citation.passage.start, citation.passage.end) == (0, 23)
    assert citation.link == "/documents/note?generation=7#c11-13"
    assert citation.page is None


def test_a_long_sentence_is_shortened_at_a_blank_on_both_sides() -> None:
    text = f"{LONG}16 {LONG.strip()}."
    citation = citation_of(span_in(text, "16"), generation=1)
    assert citation.quote.before == "… " + "word " * 47
    assert citation.quote.after == " word" * 47 + " …"
    check(citation, markdown(text))


def test_a_sentence_without_blanks_is_shortened_all_the_same() -> None:
    citation = citation_of(span_in("x" * 500 + "16" + "y" * 500, "16"), generation=1)
    assert citation.quote.before == "… " + "x" * 240
    assert citation.quote.after == "y" * 240 + " …"


def test_an_answer_over_two_sentences_is_quoted_with_both() -> None:
    text = "Korea signed it. Peru did too."
    span = span_in(text, "it. Peru")
    passage = span.hit.passage
    two = type(passage)("note", 0, 30, text, "", (Extent(0, 16), Extent(17, 30)))
    hit = Hit(1, two, span.hit.provenance, span.hit.document_sha256, 1.0, 1.0, 1.0)
    quote = citation_of(Span(hit, span.start, span.end, 1.0, 1.0), generation=1).quote
    assert (quote.before, quote.text, quote.after) == ("Korea signed ", "it. Peru", " did too.")


@pytest.mark.parametrize(
    "text",
    [
        "# Peru\r\n\r\nBuilt were 16 aircraft.\r\nMore follow.\r\n",
        "\ufeffBuilt were 16 aircraft.\n",
        unicodedata.normalize("NFD", "Über José: 16 años después.\n"),
        "🇵🇪 👩‍👩‍👧 Built were 16 aircraft 🛩️ in Peru.\n",
        "한국은 페루에서 16대를 생산했다.\n",
        f"{LONG}16 {LONG}.\n",
        "- one\n- Built were 16 aircraft.\n\n> quoted\n",
    ],
    ids=["CRLF", "BOM", "decomposed", "emoji", "Korean", "long", "list"],
)
def test_every_citation_is_the_document_s_text_whatever_its_characters(tmp_path, text) -> None:
    answerer = answerer_over(tmp_path, {"note": text}, {"16": 0.9})
    reply = answerer.ask("How many aircraft were built?")
    assert reply.answer is not None
    assert reply.answer.text == "16"
    check(reply.answer.citation, answerer.index.document("note").document)


@given(
    st.text("ab .\n\r\t#-|é\u0301🛩한\u2028\u200f", max_size=300),
    st.text("ab .\n\r\t#-|é\u0301🛩한\u2028\u200f", max_size=300),
)
def test_quotes_of_any_text_stand_around_the_answer(before, after) -> None:
    text = f"{before}16{after}"
    span = span_in(f"---\nlanguage: en\n---\n{text}", "16")
    start = len(before)
    check(
        citation_of(Span(span.hit, start, start + 2, 1.0, 1.0), generation=1),
        markdown(f"---\nlanguage: en\n---\n{text}"),
    )


def test_a_citation_of_a_replaced_document_is_of_its_newest_text(tmp_path) -> None:
    index = Index(tmp_path, FakeEncoder())
    answerer = Answerer(index, FakeReader({"16": 0.9}))
    for text in ("There are 16.", "In the end there are 16 of them."):
        index.add(markdown(text))
        answer = answerer.ask("How many are there?").answer
        assert answer is not None
        check(answer.citation, index.document("note").document)
    assert (answer.citation.start, answer.citation.end) == (21, 23)


def test_the_same_answer_in_another_document_supports_it() -> None:
    one, two = span_in("It was 16.", "16", "one"), span_in("Exactly the 16!", "the 16", "two", 0.8)
    (answer,) = answers_from([one, two], generation=1)
    assert answer.citation.document_id == "one"
    assert [citation.document_id for citation in answer.support] == ["two"]
    assert answer.support[0].quote.text == "the 16"


def test_the_same_answer_twice_in_a_document_does_not_support_itself() -> None:
    text = "It was 16. Yes, (16)."
    first = span_in(text, "16")
    second = Span(first.hit, 17, 19, 0.8, 0.8)
    (answer,) = answers_from([first, second], generation=1)
    assert (answer.citation.start, answer.support) == (7, ())


@pytest.mark.parametrize(("confidence", "support"), [(0.01, ["two"]), (0.0099, [])])
def test_the_same_words_for_something_else_are_no_support(confidence, support) -> None:
    one = span_in("They gave two ships.", "two", "one")
    other = span_in("Two sailors were hurt.", "Two", "two", confidence)
    (answer,) = answers_from([one, other], generation=1)
    assert [citation.document_id for citation in answer.support] == support


def test_a_supporting_document_is_named_once() -> None:
    other = span_in("16 and 16.", "16", "two")
    again = Span(other.hit, 7, 9, 0.7, 0.7)
    (answer,) = answers_from([span_in("It was 16.", "16", "one"), other, again], generation=1)
    assert [(s.document_id, s.start) for s in answer.support] == [("two", 0)]


def test_a_span_that_overlaps_a_better_one_is_left_out() -> None:
    text = "It was 16 aircraft."
    better = span_in(text, "16 aircraft")
    answers = answers_from([better, Span(better.hit, 7, 9, 0.8, 0.8)], generation=1)
    assert [answer.text for answer in answers] == ["16 aircraft"]


def test_spans_that_only_touch_are_both_kept() -> None:
    better = span_in("AB", "A")
    answers = answers_from([better, Span(better.hit, 1, 2, 0.8, 0.8)], generation=1)
    assert [answer.text for answer in answers] == ["A", "B"]


def test_spans_at_the_same_place_of_two_documents_do_not_overlap() -> None:
    spans = [span_in("Lima won.", "Lima", "one"), span_in("Cuzco won.", "Cuzco", "two", 0.8)]
    assert [a.text for a in answers_from(spans, generation=1)] == ["Lima", "Cuzco"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Ministry", "ministry."),
        ("16 %", "16%"),
        ("José", "Jose\u0301"),
        ("KT-1P", "kt 1p"),
        ("STRASSE", "straße"),
        ("«Lima»", "Lima"),
    ],
)
def test_answers_that_differ_in_case_articles_or_punctuation_are_the_same(one, other) -> None:
    assert answer_key(one) == answer_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("16", "17"),
        ("$16", "€16"),
        ("16%", "16"),
        ("−5", "5"),
        ("1.5", "15"),
        ("***", "---"),
        ("-5 degrees", "5 degrees"),
        ("10² km", "102 km"),
        ("> 50 %", "< 50 %"),
        ("1/2", "1,2"),
        ("3-1", "3:1"),
        ("Plan A was adopted", "The plan was adopted"),
    ],
)
def test_answers_that_differ_in_a_figure_or_its_unit_are_not_the_same(one, other) -> None:
    assert answer_key(one) != answer_key(other)


def test_a_citation_names_the_page_on_which_the_answer_begins(tmp_path) -> None:
    text = "Korea built 16 aircraft in Peru. The last one flew in 2017."
    paged = replace(markdown(text), pages=(0, 33, 33))
    index = Index(tmp_path, FakeEncoder())
    index.add(paged)
    assert index.document("note").document == paged
    answers = FakeReader({"16": 0.9, "2017": 0.8})
    reply = Answerer(index, answers).ask("How many?")
    assert (reply.answer.citation.page, reply.alternatives[0].citation.page) == (1, 3)
    assert reply.passages[0].page == 1
    assert index.add(paged).action == "unchanged"
    assert index.add(markdown(text)).action == "replaced", "its pages are gone"

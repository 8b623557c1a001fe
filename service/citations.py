"""Spans to answers: the citation of each, equal answers of several documents brought together."""

import unicodedata
from collections.abc import Iterable, Sequence

import regex

from corpus.document import page_of
from corpus.sentences import Extent
from index.records import Hit
from service.links import source_link
from service.records import Answer, Citation, CitedPassage, FoundPassage, Quote, Span

_SIDE_LIMIT = 240
"""Characters of a sentence that a quote shows on each side of the answer."""

_SUPPORTING = 0.01
"""The least confidence of a span that supports an answer: «two» may be two of something else."""

_PARTS = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}])[-−+±]\p{N}+(?:[.,:/-]\p{N}+)*"  # a number with its sign
    r"|\p{N}+(?:[.,:/-]\p{N}+)*|[\p{L}\p{M}]+|[\p{Sc}%<>≤≥]"
)
_ARTICLES = regex.compile(r"\b(?:a|an|the)\b|\A(?:A|An|The)\b")


def answers_from(spans: Sequence[Span], generation: int) -> list[Answer]:
    """Turn spans, best first, into answers: equal ones support each other, overlaps go.

    Another part of the same sentence in another document overlaps too. A span that all but surely
    answers nothing is no support, whatever its words.
    """
    groups: dict[str, list[Span]] = {}
    for span in spans:
        key = answer_key(span_text(span))
        if not any(
            _overlaps(span, other) or (found != key and _is_copied(span, other))
            for found, group in groups.items()
            for other in group
        ):
            groups.setdefault(key, []).append(span)
    return [_answer(group, generation) for group in groups.values()]


def span_text(span: Span) -> str:
    """Return the words of a span, cut from its passage by its offsets."""
    passage = span.hit.passage
    return passage.text[span.start - passage.start : span.end - passage.start]


def answer_key(text: str) -> str:
    """Return the form in which two answers count as the same: case, articles, punctuation gone.

    What a number is stays: its sign, its separators, currencies, % and comparisons. An article in
    capitals inside the answer may be a name, as in «Plan A», and stays too.
    """
    plain = _ARTICLES.sub(" ", unicodedata.normalize("NFC", text).strip())
    return " ".join(_PARTS.findall(plain.casefold())) or text.casefold()


def citation_of(span: Span, generation: int) -> Citation:
    """Return the citation of a span: its document, its passage and its exact place."""
    passage, provenance = span.hit.passage, span.hit.provenance
    quote, page = _quote(span), page_of(span.hit.pages, span.start)
    return Citation(
        document_id=provenance.id,
        document_sha256=span.hit.document_sha256,
        kind=provenance.kind,
        title=provenance.title,
        publisher=provenance.publisher,
        published=provenance.published,
        url=provenance.url,
        page=page,
        sources=provenance.sources,
        start=span.start,
        end=span.end,
        quote=quote,
        passage=CitedPassage(passage.start, passage.end, passage.context, passage.text),
        link=f"/documents/{provenance.id}?generation={generation}#c{span.start}-{span.end}",
        source_link=source_link(provenance, quote, page),
        copies=span.hit.copies,
    )


def found_passages(hits: Iterable[Hit]) -> tuple[FoundPassage, ...]:
    """Show hits as the contract shows them."""
    return tuple(
        FoundPassage(
            document_id=hit.provenance.id,
            title=hit.provenance.title,
            start=hit.passage.start,
            end=hit.passage.end,
            context=hit.passage.context,
            text=hit.passage.text,
            score=hit.score,
            dense=hit.dense,
            lexical=round(hit.lexical, 4),
            kind=hit.provenance.kind,
            publisher=hit.provenance.publisher,
            published=hit.provenance.published,
            page=page_of(hit.pages, hit.passage.start),
            copies=hit.copies,
        )
        for hit in hits
    )


def _answer(group: Sequence[Span], generation: int) -> Answer:
    best, *others = group
    cited = {best.hit.provenance.id}
    support = []
    for span in others:
        if span.confidence >= _SUPPORTING and span.hit.provenance.id not in cited:
            cited.add(span.hit.provenance.id)
            support.append(citation_of(span, generation))
    return Answer(
        text=span_text(best),
        confidence=round(best.confidence, 4),
        citation=citation_of(best, generation),
        support=tuple(support),
    )


def _quote(span: Span) -> Quote:
    passage, whole = span.hit.passage, _sentence(span)
    before = passage.text[whole.start - passage.start : span.start - passage.start]
    after = passage.text[span.end - passage.start : whole.end - passage.start]
    return Quote(_shortened_start(before), span_text(span), _shortened_end(after))


def _sentence(span: Span) -> Extent:
    """Return where the sentence of a span stands, or the sentences that it touches."""
    touching = [s for s in span.hit.passage.sentences if s.start < span.end and span.start < s.end]
    first = min([span.start, *(s.start for s in touching)])
    last = max([span.end, *(s.end for s in touching)])
    return Extent(first, last)


def _shortened_start(text: str) -> str:
    if len(text) <= _SIDE_LIMIT:
        return text
    tail = text[-_SIDE_LIMIT:]
    blank = tail.find(" ")
    return "… " + (tail[blank + 1 :] if blank >= 0 else tail)


def _shortened_end(text: str) -> str:
    if len(text) <= _SIDE_LIMIT:
        return text
    head = text[:_SIDE_LIMIT]
    blank = head.rfind(" ")
    return (head[:blank] if blank >= 0 else head) + " …"


def _is_copied(span: Span, other: Span) -> bool:
    """Tell whether two spans overlap in a sentence that both their documents hold."""
    here, there = _sentence(span), _sentence(other)
    start, other_start = span.start - here.start, other.start - there.start
    return (
        start < other.end - there.start
        and other_start < span.end - here.start
        and _words_of(span, here) == _words_of(other, there)
    )


def _words_of(span: Span, extent: Extent) -> str:
    passage = span.hit.passage
    return passage.text[extent.start - passage.start : extent.end - passage.start]


def _overlaps(span: Span, other: Span) -> bool:
    return (
        span.hit.provenance.id == other.hit.provenance.id
        and span.start < other.end
        and other.start < span.end
    )

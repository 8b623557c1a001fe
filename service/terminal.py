"""How answers look in a terminal."""

import math
from collections.abc import Iterable, Iterator

import click
import regex

from service.documents import DocumentSummary
from service.records import Abstention, Answer, Citation, FoundPassage, Reply

_UNSAFE = regex.compile(
    r"[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069&&[^\n\t]]", regex.V1
)
_LIKELY = 0.5
_SHOWN = 0.01
"""The least confidence of another candidate that is shown."""

_MARKED = {"bold": True, "underline": True}

_SOURCES_SHOWN = 3
"""Of those that a digest is based on."""


def printable(text: str) -> str:
    """Return the text with control and direction characters shown as �, so none takes effect."""
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n"))


def reply_lines(reply: Reply, *, color: bool) -> Iterator[str]:
    """Yield the lines that show a reply: the answer, its quote marked, and its source."""
    if reply.answer is not None:
        yield from _answer_lines(reply.answer, color=color)
        yield from _other_lines(reply.alternatives)
        return
    abstention = reply.abstention
    assert abstention is not None
    yield _strong(_headline(abstention), color=color)
    yield abstention.reason
    if abstention.candidate is not None:
        candidate = abstention.candidate
        yield ""
        yield f"Rejected candidate ({percent(candidate)}):"
        yield f"  {marked_quote(candidate.citation, color=color)}"
        yield from (f"  {line}" for line in source_lines(candidate.citation))
    yield from _other_lines(reply.alternatives)


def _other_lines(alternatives: Iterable[Answer]) -> Iterator[str]:
    """Name the other candidates, but for those that are no more than words nearby."""
    likely = [other for other in alternatives if other.confidence >= _SHOWN]
    if likely:
        yield ""
        yield "Other candidates:"
    for other in likely:
        yield f"  {_short(other.text)} ({percent(other)}, {other.citation.document_id})"


def _headline(abstention: Abstention) -> str:
    """Say that none was found, but not where the best candidate is likelier right than not.

    That the documents hold none can't be said: a right candidate may be an unsure one.
    """
    if abstention.candidate is not None and abstention.candidate.confidence >= _LIKELY:
        return "No answer is sure enough to be given."
    return "No answer was found in the documents."


def passage_lines(passages: Iterable[FoundPassage], *, color: bool) -> Iterator[str]:
    """Yield the lines that show the passages of a search."""
    for number, found in enumerate(passages, 1):
        heading = f"{number}. {found.title}" + (f" › {found.context}" if found.context else "")
        yield _strong(printable(heading), color=color)
        yield (
            f"   score {found.score:.2f} (dense {found.dense:.2f}, BM25 {found.lexical:.1f}), "
            f"{found.document_id}{_page(found.page)}, characters {found.start}–{found.end}"
        )
        known = ["digest" if found.kind == "digest" else "", publication(found)]
        if any(known):
            yield "   " + printable(", ".join(filter(None, known)))
        if found.copies:
            yield f"   nearly the same in {', '.join(found.copies)}"
        yield "   " + " ".join(printable(found.text).split())
        yield ""


def marked_quote(citation: Citation, *, color: bool) -> str:
    """Return the sentence with the answer marked, or the passage where the answer is all of it."""
    quote = citation.quote
    before, text, after = quote.before, quote.text, quote.after
    if not before.strip() and not after.strip():
        passage = citation.passage
        before = passage.text[: citation.start - passage.start]
        after = passage.text[citation.end - passage.start :]
    before, text, after = (printable(part) for part in (before, text, after))
    mark = click.style(text, **_MARKED) if color else f"**{text}**"
    return " ".join(f"{before}{mark}{after}".split())


def publication(record: Citation | FoundPassage | DocumentSummary) -> str:
    """Say who published it and when; of a digest, as of when it tells."""
    as_of = "as of " if record.kind == "digest" else ""
    parts = (record.publisher, record.published and f"{as_of}{record.published}")
    return ", ".join(part for part in parts if part)


def titled(record: Citation | DocumentSummary) -> str:
    """Return the title, and in brackets who published it and when."""
    published = publication(record)
    return f"{record.title} ({published})" if published else record.title


def source_lines(citation: Citation) -> Iterator[str]:
    """Yield who published the document and when, and what a digest is based on."""
    yield printable(titled(citation))
    if citation.kind == "digest":
        yield "Digest: the source's facts retold in Attaché's own words, based on"
        for source in citation.sources[:_SOURCES_SHOWN]:
            details = [part for part in (source.publisher, source.published, source.url) if part]
            yield printable(f"  {source.title}" + (f" ({', '.join(details)})" if details else ""))
        more = len(citation.sources) - _SOURCES_SHOWN
        if more > 0:
            yield f"  and {more} more: `attache show {citation.document_id}`"
    elif citation.url:
        yield printable(citation.source_link or citation.url)
    if citation.copies:
        yield f"Nearly the same in {', '.join(citation.copies)}"
    place = f"characters {citation.start}–{citation.end}"
    yield f"{citation.document_id}{_page(citation.page)}, {place}"


def _page(page: int | None) -> str:
    return f", p. {page}" if page is not None else ""


def percent(answer: Answer) -> str:
    """Return the confidence in words for a person; never rounded up, so 100% means it."""
    whole = math.floor(answer.confidence * 100 + 1e-9)
    return f"{whole}% sure" if whole else "under 1% sure"


def _strong(text: str, *, color: bool) -> str:
    return click.style(text, bold=True) if color else text


def _answer_lines(answer: Answer, *, color: bool) -> Iterator[str]:
    yield _strong(printable(answer.text), color=color)
    yield percent(answer)
    yield ""
    if answer.citation.passage.context:
        yield printable(answer.citation.passage.context)
    yield marked_quote(answer.citation, color=color)
    yield ""
    yield from source_lines(answer.citation)
    if answer.support:
        yield ""
        yield "Also in:"
        for support in answer.support:
            yield printable(f"  {titled(support)}")


def _short(text: str) -> str:
    line = " ".join(printable(text).split())
    return line if len(line) <= 100 else line[:99] + "…"

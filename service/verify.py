"""Checking replies that were given earlier: does each citation still hold?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from corpus.document import Document
from corpus.errors import DocumentNotFound, InvalidSetting
from index.index import Index


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one citation.

    verdict: holds; holds-in-changed-document (the words still stand there, the rest changed);
    differs (the answer, its quote or its passage); or document-gone. found: what stands there now,
    where it differs.
    """

    place: str
    document_id: str
    start: int
    end: int
    text: str
    verdict: str
    found: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the cited words stand where the citation says."""
        return self.verdict.startswith("holds")


@dataclass(frozen=True, slots=True)
class _Cited:
    """A citation as a reply gives it; answer: the words that the reply says stand there."""

    place: str
    citation: Any
    answer: Any = None


def verify(index: Index, text: str) -> list[Verdict]:
    """Check every citation of a reply, or of the lines that ``--batch`` printed.

    Raises InvalidSetting where the text holds no reply of ``attache ask --json``.
    """
    return [
        _verdict(index, f"{number}: {cited.place}", cited)
        for number, reply in enumerate(_replies(text), 1)
        for cited in _citations(reply)
    ]


def _replies(text: str) -> Iterator[dict[str, Any]]:
    try:
        entries = [json.loads(text)]
    except (ValueError, RecursionError):
        try:
            # Not splitlines(): JSON may hold U+2028 and U+0085 as they are.
            entries = [json.loads(line) for line in text.split("\n") if line.strip()]
        except (ValueError, RecursionError):
            entries = []
    if not entries:
        raise InvalidSetting("This is not JSON: give what `attache ask --json` printed.")
    for entry in entries:
        reply = entry.get("result", entry) if isinstance(entry, dict) else entry
        if isinstance(reply, dict) and "problem" in reply:
            continue
        if not isinstance(reply, dict) or "answered" not in reply:
            raise InvalidSetting(
                "This JSON is no reply: give what `attache ask --json` or --batch printed."
            )
        yield reply


def _citations(reply: dict[str, Any]) -> Iterator[_Cited]:
    abstention = reply.get("abstention")
    candidate = abstention.get("candidate") if isinstance(abstention, dict) else abstention
    answers = [("answer", reply.get("answer")), ("candidate", candidate)]
    others = _list(reply, "alternatives")
    answers += [(f"alternatives/{number}", other) for number, other in enumerate(others)]
    for place, answer in answers:
        if answer is None:
            continue
        if not isinstance(answer, dict):
            raise InvalidSetting(f"The reply's {place} is not an answer of the contract.")
        yield _Cited(place, answer.get("citation"), answer.get("text"))
        for number, support in enumerate(_list(answer, "support")):
            yield _Cited(f"{place}/support/{number}", support)


def _list(record: dict[str, Any], name: str) -> list[Any]:
    found = record.get(name) or []
    if not isinstance(found, list):
        raise InvalidSetting(f"The reply's `{name}` is not a list.")
    return found


def _verdict(index: Index, place: str, cited: _Cited) -> Verdict:
    citation = cited.citation
    try:
        document_id, start, end = citation["document_id"], citation["start"], citation["end"]
        quoted, sha256 = citation["quote"]["text"], citation["document_sha256"]
        passage = citation["passage"]
        text = quoted if cited.answer is None else cited.answer
        claims = (
            (start, end, text),
            (start, end, quoted),
            (passage["start"], passage["end"], passage["text"]),
        )
    except (KeyError, TypeError):
        raise InvalidSetting(f"The citation at {place} lacks a field of the contract.") from None
    if not _is_text(document_id) or not all(
        type(first) is int and type(last) is int and _is_text(words)
        for first, last, words in claims
    ):
        raise InvalidSetting(f"The citation at {place} has a field of the wrong type.")
    try:
        document = index.document(document_id).document
    except DocumentNotFound:
        return Verdict(place, document_id, start, end, text, "document-gone")
    same = document.sha256 == sha256
    for first, last, words in claims if same else claims[:2]:  # a changed one may be cut elsewhere
        if not _stands(document, first, last, words):
            found = document.text[max(0, first) : max(0, last)]
            return Verdict(place, document_id, start, end, text, "differs", found)
    verdict = "holds" if same else "holds-in-changed-document"
    return Verdict(place, document_id, start, end, text, verdict)


def _stands(document: Document, start: int, end: int, text: str) -> bool:
    return 0 <= start < end <= len(document.text) and document.text[start:end] == text


def _is_text(value: Any) -> bool:
    """Tell whether a value is text that can be written: JSON may hold lone surrogates."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)

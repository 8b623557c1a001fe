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
    differs; or document-gone. found: what stands there now, where it differs.
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


def verify(index: Index, text: str) -> list[Verdict]:
    """Check every citation of a reply, or of the lines that ``--batch`` printed.

    Raises InvalidSetting where the text holds no reply of ``attache ask --json``.
    """
    verdicts = []
    for number, reply in enumerate(_replies(text), 1):
        for place, citation in _citations(reply):
            verdicts.append(_verdict(index, f"{number}: {place}", citation))
    return verdicts


def _replies(text: str) -> Iterator[dict[str, Any]]:
    try:
        entries = [json.loads(text)]
    except (ValueError, RecursionError):
        try:
            entries = [json.loads(line) for line in text.splitlines() if line.strip()]
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


def _citations(reply: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    abstention = reply.get("abstention")
    candidate = abstention.get("candidate") if isinstance(abstention, dict) else None
    answers = [("answer", reply.get("answer")), ("candidate", candidate)]
    others = reply.get("alternatives") or []
    if not isinstance(others, list):
        raise InvalidSetting("The reply's `alternatives` is not a list.")
    answers += [(f"alternatives/{number}", other) for number, other in enumerate(others)]
    for place, answer in answers:
        if not isinstance(answer, dict):
            continue
        yield place, answer.get("citation")
        supports = answer.get("support") or []
        if isinstance(supports, list):
            for number, support in enumerate(supports):
                yield f"{place}/support/{number}", support


def _verdict(index: Index, place: str, citation: Any) -> Verdict:
    try:
        document_id, start, end = citation["document_id"], citation["start"], citation["end"]
        text, sha256 = citation["quote"]["text"], citation["document_sha256"]
        passage = citation["passage"]
        cited = ((start, end, text), (passage["start"], passage["end"], passage["text"]))
    except (KeyError, TypeError):
        raise InvalidSetting(f"The citation at {place} lacks a field of the contract.") from None
    if not isinstance(document_id, str) or not all(
        type(first) is int and type(last) is int and isinstance(words, str)
        for first, last, words in cited
    ):
        raise InvalidSetting(f"The citation at {place} has a field of the wrong type.")
    try:
        document = index.document(document_id).document
    except DocumentNotFound:
        return Verdict(place, document_id, start, end, text, "document-gone")
    if _stands(document, start, end, text):
        same = document.sha256 == sha256 and all(_stands(document, *part) for part in cited)
        verdict = "holds" if same else "holds-in-changed-document"
        return Verdict(place, document_id, start, end, text, verdict)
    found = document.text[max(0, start) : max(0, end)]
    return Verdict(place, document_id, start, end, text, "differs", found)


def _stands(document: Document, start: int, end: int, text: str) -> bool:
    return 0 <= start < end <= len(document.text) and document.text[start:end] == text

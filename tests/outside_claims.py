"""What the checker from outside holds against a file: each value that a reply claims of it.

Shares no code with Attaché.
"""

from collections.abc import Iterator, Mapping

from outside_files import Edition, Json


def failures_of(checks: Mapping[str, bool]) -> list[str]:
    """Return the claims that do not hold."""
    return [claim for claim, holds in checks.items() if not holds]


def passage_failures(passage: Json, text: str) -> list[str]:
    """Say where a passage differs from the text at its offsets."""
    start, end, words = passage["start"], passage["end"], passage["text"]
    is_there = 0 <= start < end <= len(text) and text[start:end] == words
    return failures_of({f"{start}-{end} is {text[start:end]!r}, not {words!r}": is_there})


def citation_failures(citation: Json, answer: str | None, edition: Edition) -> list[str]:
    """Say where a citation, and the answer it is for, differ from the file as it was written."""
    start, end, text = citation["start"], citation["end"], edition.text
    passage, quote = citation["passage"], citation["quote"]
    before, after = quote["before"], quote["after"]
    befores, afters = (before, before.removeprefix("… ")), (after, after.removesuffix(" …"))
    checks = {
        f"sha256 is {edition.sha256}": citation["document_sha256"] == edition.sha256,
        f"the answer is {quote['text']!r}": answer in {None, quote["text"]},
        f"passage holds {start}-{end}": passage["start"] <= start < end <= passage["end"],
        f"{before!r} is before {start}": text[:start].endswith(befores),
        f"{after!r} is after {end}": text[end:].startswith(afters),
    }
    cited = passage_failures(citation | {"text": quote["text"]}, text)
    return [*passage_failures(passage, text), *cited, *failures_of(checks),
            *provenance_failures(citation, edition)]  # fmt: skip


def provenance_failures(shown: Json, edition: Edition) -> list[str]:
    """Say where a citation's or a document's provenance differs from the front matter."""
    written = edition.provenance.items()
    return failures_of({f"{key} is {value!r}": shown[key] == value for key, value in written})


def document_failures(shown: Json, edition: Edition) -> list[str]:
    """Say where a document, as it is served, differs from the file as it was written."""
    checks = {
        "text is that of the file": shown["text"] == edition.text,
        f"sha256 is {edition.sha256}": shown["sha256"] == edition.sha256,
        f"{len(edition.text)} characters": shown["characters"] == len(edition.text),
    }
    return failures_of(checks) + provenance_failures(shown, edition)


def shown_by(reply: Json) -> Iterator[tuple[str, str | None, Json]]:
    """Yield the role, the answer (None for support and passages) and all else that is shown."""
    candidate = reply["abstention"] and reply["abstention"]["candidate"]
    roles = [("answer", reply["answer"]), ("candidate", candidate),
             *(("alternative", answer) for answer in reply["alternatives"])]  # fmt: skip
    for role, answer in roles:
        if answer:
            yield role, answer["text"], answer["citation"]
            yield from (("support", None, citation) for citation in answer["support"])
    yield from (("passage", None, passage) for passage in reply["passages"])

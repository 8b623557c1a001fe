"""What the parsing process is told and what it answers: frames of bytes, each after its length.

An answer is never trusted: it is limited before it is read, and checked while documents are made
of it. Texts and extents travel as bytes of their own, so that the memory which an answer takes is
in proportion to its length.
"""

import json
import struct
from array import array
from dataclasses import asdict, dataclass, fields
from typing import IO, Any, get_args

from corpus.document import Block, BlockKind, Document, Provenance, Source, source_from
from corpus.errors import InvalidDocument
from corpus.formats.metadata import Metadata
from corpus.formats.raw import Parsed, Reading, Refused

READY = b"ready"
"""The first frame: the process has bounded itself and waits for a file."""

_LENGTH = struct.Struct("<Q")
_KINDS: tuple[BlockKind, ...] = get_args(BlockKind)
_LISTS = ("countries", "tags")
_HEAD_LIMIT = 1024 * 1024
_HEADS_LIMIT = 64 * 1024 * 1024
"""Bytes of what is said of one document beside its text, and of all of a file's together."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What parsing one file may take.

    memory: bytes of the process's address space. seconds: of processor time, and of waiting for
    the answer. characters: of text that comes out. blocks: headings, paragraphs and pages of it.
    files: read by one process before another takes its place.
    """

    memory: int = 1536 * 1024 * 1024
    seconds: int = 60
    characters: int = 20_000_000
    blocks: int = 1_000_000
    files: int = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What the parsing process is asked, beside the file's bytes; as in ``read_documents``."""

    name: str
    origin: str
    document_id: str | None
    given: Metadata
    encoding: str | None


class UnusableAnswer(Exception):
    """The parsing process answered with something that no parsing gives."""


def send(stream: IO[bytes], *frames: bytes) -> None:
    """Write frames. Raises OSError where nobody reads them."""
    for frame in frames:
        stream.write(_LENGTH.pack(len(frame)))
        stream.write(frame)
    stream.flush()


def receive(stream: IO[bytes], limit: int) -> bytes:
    """Read a frame. Raises EOFError where it ends early, UnusableAnswer where it is too long."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > limit:
        raise UnusableAnswer(f"{length} bytes where {limit} are the most")
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


def request_frame(request: Request) -> bytes:
    """Write a request as JSON."""
    return json.dumps(asdict(request)).encode()


def request_from(frame: bytes) -> Request:
    """Read a request."""
    values = json.loads(frame)
    given = values.pop("given")
    for name in (*_LISTS, "unknown"):
        given[name] = None if given[name] is None else tuple(given[name])
    if given["sources"] is not None:
        given["sources"] = tuple(Source(**source) for source in given["sources"])
    return Request(**values, given=Metadata(**given))


def send_reading(stream: IO[bytes], reading: Reading) -> None:
    """Answer with the documents of a file."""
    for entry in reading:
        if isinstance(entry, Refused):
            send(stream, _json(asdict(entry) | {"answer": "refused"}))
        else:
            send(stream, *_frames(entry))
    send(stream, _json({"answer": "end"}))


def send_failure(stream: IO[bytes], answer: str, reason: str) -> None:
    """Answer that there are none. answer: ``invalid``, or ``failed`` for an unforeseen error."""
    send(stream, _json({"answer": answer, "reason": reason[:2000]}))


def check_limits(reading: Reading, name: str, limits: Limits) -> None:
    """Raise InvalidDocument where a file gives more text or structure than is allowed."""
    documents = [entry.document for entry in reading if isinstance(entry, Parsed)]
    if sum(len(document.text) for document in documents) > limits.characters:
        raise InvalidDocument(
            f"{name}: it holds more than {limits.characters:,} characters of text: "
            "split it and add the parts."
        )
    if sum(len(document.blocks) + len(document.pages) for document in documents) > limits.blocks:
        raise InvalidDocument(
            f"{name}: it holds more than {limits.blocks:,} headings, paragraphs and pages: "
            "split it and add the parts."
        )


def receive_reading(stream: IO[bytes], request: Request, limits: Limits) -> Reading:
    """Read an answer and make documents of it, every value and extent checked.

    Raises InvalidDocument where the process says that the file is none, EOFError where it ended
    early, and UnusableAnswer.
    """
    entries: list[Parsed | Refused] = []
    heads, text_bytes, numbers = _HEADS_LIMIT, 4 * limits.characters, 3 * 8 * limits.blocks
    while True:
        frame = receive(stream, min(heads, _HEAD_LIMIT))
        heads -= len(frame)
        head = _mapping(frame)
        match head.get("answer"):
            case "end":
                return tuple(entries)
            case "refused":
                entries.append(Refused(_text(head, "place"), _text(head, "reason")))
            case "parsed":
                text = receive(stream, text_bytes)
                blocks = receive(stream, numbers)
                pages = receive(stream, numbers - len(blocks))
                text_bytes -= len(text)
                numbers -= len(blocks) + len(pages)
                entries.append(_parsed(head, text, blocks, pages, request))
            case "invalid":
                raise InvalidDocument(_text(head, "reason"))
            case other:
                raise UnusableAnswer(_text(head, "reason") if other == "failed" else "no answer")


def _frames(parsed: Parsed) -> tuple[bytes, ...]:
    document = parsed.document
    values: dict[str, Any] = {
        item.name: getattr(document, item.name) for item in fields(Provenance)
    }
    values["sources"] = [asdict(source) for source in document.sources]
    head = values | {
        "answer": "parsed",
        "warnings": parsed.warnings,
        "id_is_derived": parsed.id_is_derived,
    }
    numbers = array("Q")
    for block in document.blocks:
        numbers.extend((block.start, block.end, _KINDS.index(block.kind) * 8 + block.level))
    pages = array("Q", document.pages).tobytes()
    return _json(head), document.text.encode(), numbers.tobytes(), pages


def _parsed(
    head: dict[str, Any], text: bytes, blocks: bytes, pages: bytes, request: Request
) -> Parsed:
    if head.get("id_is_derived") not in (True, False):
        raise UnusableAnswer("`id_is_derived` is neither true nor false")
    try:
        document = Document(
            **_provenance(head),
            text=text.decode(),
            blocks=_blocks(blocks),
            pages=tuple(array("Q", pages)),
        )
    except (InvalidDocument, ValueError) as error:
        raise UnusableAnswer(str(error)) from None
    if request.document_id not in (None, document.id):
        raise UnusableAnswer(f"the id {document.id} in place of {request.document_id}")
    if document.origin.partition("#")[0] != request.origin:  # what follows is a record's
        raise UnusableAnswer(f"the origin {document.origin} in place of {request.origin}")
    _check_blocks(document)
    return Parsed(document, _texts(head, "warnings"), id_is_derived=head["id_is_derived"])


def _provenance(head: dict[str, Any]) -> dict[str, Any]:
    texts = [item.name for item in fields(Provenance) if item.name not in (*_LISTS, "sources")]
    required = {"id", "title", "kind", "origin"}
    values: dict[str, Any] = {
        name: _text(head, name) if name in required or head.get(name) is not None else None
        for name in texts
    }
    values |= {name: _texts(head, name) for name in _LISTS}
    sources = head.get("sources")
    if not isinstance(sources, list) or not all(isinstance(entry, dict) for entry in sources):
        raise UnusableAnswer("`sources` is no list of objects")
    return values | {"sources": tuple(source_from(entry) for entry in sources)}


def _blocks(numbers: bytes) -> tuple[Block, ...]:
    flat = iter(array("Q", numbers))
    blocks = []
    for start, end, kind in zip(flat, flat, flat, strict=True):
        if kind >= 8 * len(_KINDS):
            raise UnusableAnswer(f"a block of the kind {kind}")
        blocks.append(Block(_KINDS[kind // 8], start, end, kind % 8))
    return tuple(blocks)


def _check_blocks(document: Document) -> None:
    """Hold what a Document promises of its blocks: in order, trimmed, covering what is no blank."""
    text, position = document.text, 0
    for block in document.blocks:
        is_inside = position <= block.start < block.end <= len(text)
        if not is_inside or text[position : block.start].strip():
            raise UnusableAnswer(f"the block {block.start}–{block.end} after {position}")
        if text[block.start].isspace() or text[block.end - 1].isspace():
            raise UnusableAnswer(f"the block {block.start}–{block.end} begins or ends blank")
        if not (1 <= block.level <= 6 if block.kind == "heading" else block.level == 0):
            raise UnusableAnswer(f"a {block.kind} of the level {block.level}")
        position = block.end
    if text[position:].strip():
        raise UnusableAnswer(f"no block holds what follows {position}")


def _json(values: dict[str, Any]) -> bytes:
    return json.dumps(values).encode()


def _mapping(frame: bytes) -> dict[str, Any]:
    try:
        values = json.loads(frame)
    except (ValueError, RecursionError):
        raise UnusableAnswer("no JSON") from None
    if not isinstance(values, dict):
        raise UnusableAnswer("no JSON object")
    return values


def _text(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str):
        raise UnusableAnswer(f"`{key}` is no text")
    return value


def _texts(values: dict[str, Any], key: str) -> tuple[str, ...]:
    entries = values.get(key)
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise UnusableAnswer(f"`{key}` is no list of texts")
    return tuple(entries)

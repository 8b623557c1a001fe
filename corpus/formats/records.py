"""JSON and JSON Lines: one document a record, its keys those of front matter, plus its text."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from corpus.errors import InvalidDocument
from corpus.formats.markdown import markdown_document
from corpus.formats.metadata import KEYS, Metadata, metadata_from
from corpus.formats.raw import Parsed, RawFile, Reading, Refused
from corpus.formats.text import text_document

RECORD_LIMIT = 50_000
"""Records of the largest file that is read."""

_READERS: Mapping[str, Callable[..., Parsed]] = {
    "text": text_document,
    "markdown": markdown_document,
}
_RECORD_KEYS = KEYS | {"text", "format"}
_SERVED_KEYS = frozenset(["sha256", "characters", "generation", "origin", "pages"])
"""What the service adds in `GET /v1/documents/{id}`: made anew where such a reply is read back."""

_KEYS_TOLD = 10
_ID_LIMIT = 128


@dataclass(frozen=True, slots=True)
class _Record:
    """One value of the file; place: what to call it; fault: why it is no JSON, None where it is."""

    number: int
    place: str
    value: Any = None
    fault: str | None = None


class _Object(dict[str, Any]):
    """A JSON object that knows which of its keys stood twice."""

    twice: str | None = None


def read_json(raw: RawFile) -> Reading:
    """Read a JSON object, a list of them, or an object whose `documents` is such a list."""
    try:
        value = _parse(raw.text)
    except ValueError as error:
        raise InvalidDocument(f"it is not JSON: {error}.") from None
    if isinstance(value, dict) and "text" not in value and "documents" in value:
        value = value["documents"]
    if isinstance(value, dict):
        return _read(raw, [_Record(1, "record 1", value)], is_single=True)
    if not isinstance(value, list):
        raise InvalidDocument("it is neither an object, nor a list, nor has it `documents`.")
    _check_count(len(value))
    records = (_Record(at, f"record {at}", entry) for at, entry in enumerate(value, start=1))
    return _read(raw, records)


def read_json_lines(raw: RawFile) -> Reading:
    """Read a JSON object a line; blank lines are skipped, a line that is none is refused."""
    _check_count(sum(1 for line in raw.text.split("\n") if line.strip()))
    return _read(raw, _lines(raw.text))


def _check_count(count: int) -> None:
    if count > RECORD_LIMIT:
        raise InvalidDocument(f"it holds {count} records, {RECORD_LIMIT} are read: split it.")


def _lines(text: str) -> Iterator[_Record]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            yield _Record(number, place, _parse(line))
        except ValueError as error:
            yield _Record(number, place, fault=f"it is not JSON: {error}.")


def _parse(text: str) -> Any:
    """Parse strict JSON. Raises ValueError, its message short."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(str(error).split(";", maxsplit=1)[0][:100]) from None


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        made.twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
    return made


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _read(raw: RawFile, records: Iterable[_Record], *, is_single: bool = False) -> Reading:
    """Read every record; what the whole file has to tell stands with its first document."""
    reading: list[Parsed | Refused] = []
    places: dict[str, str] = {}
    unknown: dict[str, None] = {}
    for record in records:
        try:
            parsed = _document(raw, record, unknown, is_single=is_single)
            _check_id(parsed.document.id, record, places, is_given=raw.id_is_given)
            reading.append(parsed)
        except InvalidDocument as error:
            reading.append(Refused(record.place, str(error)))
    if not reading:
        raise InvalidDocument("it holds no record.")
    if raw.id_is_given and len(reading) > 1:
        raise InvalidDocument(
            f"it holds {len(reading)} records, and one id was given: leave out `--id` and give "
            "each record an `id`, or add it without."
        )
    return _with_warnings(reading, (*raw.decoded.warnings, *_told(list(unknown))))


def _document(
    raw: RawFile, record: _Record, unknown: dict[str, None], *, is_single: bool
) -> Parsed:
    if record.fault is not None:
        raise InvalidDocument(record.fault)
    values = record.value
    if not isinstance(values, _Object):
        raise InvalidDocument(f"it must be an object, not {values!r:.60}.")
    if values.twice is not None:
        raise InvalidDocument(f"the key {values.twice[:60]!r} stands twice.")
    text, reader = _text_and_reader(values)
    found = metadata_from({key: value for key, value in values.items() if key in KEYS})
    unknown.update(dict.fromkeys(values.keys() - _RECORD_KEYS - _SERVED_KEYS))
    own = raw if is_single else _numbered(raw, record, found)
    return reader(own, text, found)


def _text_and_reader(values: _Object) -> tuple[str, Callable[..., Parsed]]:
    text = values.get("text")
    if not isinstance(text, str):
        said = "it has no `text`" if text is None else f"`text` must be text, not {text!r:.60}"
        raise InvalidDocument(f"{said}: give the document's text under `text`.")
    name = values.get("format", "text")
    if not isinstance(name, str) or name not in _READERS:
        raise InvalidDocument(f"`format` must be {' or '.join(_READERS)}, not {name!r:.60}.")
    return text, _READERS[name]


def _numbered(raw: RawFile, record: _Record, found: Metadata) -> RawFile:
    """Return the file as this record's: its origin and, without one of its own, its id."""
    end = f"-{record.number}"
    own_id = found.id or raw.document_id[: _ID_LIMIT - len(end)] + end
    return replace(
        raw,
        data=b"",
        document_id=raw.document_id if raw.id_is_given else own_id,
        origin=f"{raw.origin}#{found.id or record.number}",
    )


def _check_id(document_id: str, record: _Record, places: dict[str, str], *, is_given: bool) -> None:
    first = places.setdefault(document_id, record.place)
    if first != record.place and not is_given:
        raise InvalidDocument(f"the id {document_id!r} stands in {first} already.")


def _told(unknown: list[str]) -> tuple[str, ...]:
    if not unknown:
        return ()
    names = ", ".join(repr(key[:60]) for key in sorted(unknown)[:_KEYS_TOLD])
    more = f" and {len(unknown) - _KEYS_TOLD} more" if len(unknown) > _KEYS_TOLD else ""
    if len(unknown) == 1:
        return (f"the key {names} is unknown and was left out.",)
    return (f"the keys {names}{more} are unknown and were left out.",)


def _with_warnings(reading: list[Parsed | Refused], warnings: tuple[str, ...]) -> Reading:
    for place, read in enumerate(reading):
        if isinstance(read, Parsed):
            reading[place] = replace(read, warnings=(*warnings, *read.warnings))
            break
    return tuple(reading)

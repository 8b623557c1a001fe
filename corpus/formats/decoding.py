"""Bytes to text: UTF-8, else what the bytes show."""

from dataclasses import dataclass

from corpus.errors import InvalidDocument


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text without a byte-order mark, the encoding it was in, and what to tell the user of it."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode bytes. Raises InvalidDocument where they are no text in a known encoding."""
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        what = "a binary file" if b"\0" in data[:8192] else "not UTF-8"
        raise InvalidDocument(
            f"it is {what}: byte {error.start} ({data[error.start]:#04x}) can't be decoded. "
            "Save it as UTF-8 text and add it again."
        ) from None
    return Decoded(text.removeprefix("\ufeff"), encoding or "utf-8")

"""Bytes to text: the encoding that is given, else the one that the bytes show beyond doubt."""

import codecs
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

import regex

from corpus.errors import InvalidDocument
from corpus.formats.legacy import candidates

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = regex.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_CONTROL_BYTES = regex.compile(rb"[\x00-\x08\x0e-\x1b\x7f]")
_CONTROLS_ALLOWED = 0.01
"""Share of control characters beside blanks that a text may have: a few come from copying."""

_SAMPLE = 64 * 1024
"""Bytes or characters that a judgement looks at; what is decoded is always the whole."""

_ASK = "Give its encoding with `--encoding NAME`, or save it as UTF-8 and add it again."


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text without a byte-order mark, the encoding it was in, and what to tell the user of it."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode bytes; nothing is ever replaced, and what can't be told apart is not guessed.

    An encoding that is given wins; then come a byte-order mark, UTF-8, UTF-16 by its zero bytes and
    the older encodings. Raises InvalidDocument where the bytes are no text in a known encoding.
    """
    if encoding is not None:
        return _checked(_in_given(data, encoding))
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _checked(Decoded(_strictly(data.removeprefix(mark), name), name))
    if b"\0" in data:
        return _by_zero_bytes(data)
    try:
        return _checked(Decoded(data.decode("utf-8"), "utf-8"))
    except UnicodeDecodeError as error:
        return _older(data, error)


def _in_given(data: bytes, encoding: str) -> Decoded:
    try:
        codec = codecs.lookup(encoding)
        "".encode(codec.name)  # refuses what turns bytes into bytes, such as base64
    except (LookupError, ValueError):
        raise InvalidDocument(
            f"the encoding {encoding[:40]!r} is unknown: use a name such as utf-8, windows-1251, "
            "windows-1252, koi8-r, iso-8859-5 or euc-kr."
        ) from None
    # Files that are called EUC-KR are written in its superset.
    name = "cp949" if codec.name == "euc_kr" else codec.name
    return Decoded(_strictly(data, name).removeprefix("\ufeff"), name)


def _strictly(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        byte = f"byte {error.start} ({data[error.start]:#04x})"
        raise InvalidDocument(f"it is not {name}: {byte} can't be decoded. {_ASK}") from None
    except ValueError:  # some codecs of Python give no place
        raise InvalidDocument(f"it is not {name}: it can't be decoded. {_ASK}") from None


def _checked(decoded: Decoded) -> Decoded:
    """Refuse what decodes but is no text: a NUL, or control characters all over."""
    place = decoded.text.find("\0")
    if place >= 0:
        raise InvalidDocument(f"it is a binary file, not text: a NUL stands at character {place}.")
    sample = decoded.text[:_SAMPLE]
    controls = sum(1 for _ in _CONTROL.finditer(sample))
    if controls > max(3, _CONTROLS_ALLOWED * len(sample)):
        first = _CONTROL.search(sample)
        assert first is not None
        raise InvalidDocument(
            f"it is a binary file, not text: {controls} of its first {len(sample)} characters are "
            f"control characters, the first ({ord(first[0]):#04x}) at {first.start()}."
        )
    return decoded


def _by_zero_bytes(data: bytes) -> Decoded:
    """Read UTF-16 that has no mark, in the one byte order that gives writing with blanks."""
    for name, title in (("utf-16-le", "UTF-16 LE"), ("utf-16-be", "UTF-16 BE")):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if _is_writing(text[:_SAMPLE]):
            return Decoded(text, name, (f"read as {title}: it has no byte-order mark.",))
    raise InvalidDocument(f"it is a binary file, not text: byte {data.index(0)} is a NUL.")


def _is_writing(text: str) -> bool:
    """Tell whether a text is words between ASCII blanks, mostly of one script at a time.

    In the wrong byte order every blank is another character and plain letters are ideographs.
    """
    if regex.search(r"[\x00-\x08\x0e-\x1b\x7f\p{Cn}\p{Co}\p{Cs}]", text):
        return False
    letters = [letter for letter in text if letter.isalpha()]
    if len(letters) < max(4, len(text) // 3) or not regex.search(r"[ \t\r\n]", text):
        return False
    scripts = [unicodedata.name(letter, "?").split()[0] for letter in letters]
    changes = sum(before != after for before, after in pairwise(scripts))
    return changes <= len(letters) // 4


def _older(data: bytes, error: UnicodeDecodeError) -> Decoded:
    """Read an encoding of one or two bytes a character where one alone gives a likely text."""
    byte = f"byte {error.start} ({data[error.start]:#04x}) can't be decoded"
    if _CONTROL_BYTES.search(data[:_SAMPLE]):
        raise InvalidDocument(f"it is a binary file, not text: {byte}.")
    if _is_damaged(data):
        raise InvalidDocument(f"it is UTF-8, but damaged: {byte}. {_ASK}")
    likely = candidates(data)
    texts = {data.decode(found.codec): found for found in reversed(likely)}
    if len(texts) == 1:
        ((text, found),) = texts.items()
        return _checked(Decoded(text, found.codec, (f"read as {found.name}.",)))
    if texts:
        names = " or ".join(found.name for found in likely)
        raise InvalidDocument(f"it is not UTF-8: {byte}. It could be {names}. {_ASK}")
    raise InvalidDocument(f"it is not UTF-8: {byte}, and no other encoding is sure. {_ASK}")


def _is_damaged(data: bytes) -> bool:
    """Tell whether most of what is beyond ASCII is UTF-8 all the same."""
    text = data.decode("utf-8", "surrogateescape")
    damaged = sum(1 for _ in regex.finditer(r"[\udc80-\udcff]", text))
    sound = sum(1 for _ in regex.finditer(r"[^\x00-\x7f\udc80-\udcff]", text))
    return sound > damaged

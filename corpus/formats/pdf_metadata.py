"""What a PDF says of itself, as far as it says it of the document and not of the file.

The dates of creation and change are the file's: a report of 2016 that was scanned in 2023 bears
2023. Only a publication date of the PRISM vocabulary in the XMP packet is taken as ``published``.
"""

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from corpus.document import date_span
from corpus.formats.metadata import Metadata
from corpus.formats.raw import one_line

_LIMIT = 300
_PACKET = re.compile(rb"<x:xmpmeta\b.{0,200000}?</x:xmpmeta>", re.DOTALL)
_RDF_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PRISM = re.compile(r"\{http://prismstandard\.org/namespaces/[^}]*\}publicationDate\Z")
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_NO_TITLE = re.compile(
    r"(?:microsoft |powerpoint|untitled|document\s?\d*\Z|slide \d|presentation\d*\Z|제목 ?없음"
    r"|sin título|без имени|(?:new )?\w*template)"
    r"|.*\.(?:docx?|pdf|indd|pptx?|xlsx?|hwpx?|od[tps]|tex|dvi|ps|rtf|html?|qxd|pages|wpd|txt)\Z",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"(?:user|admin(?:istrator)?|owner|unknown|anonymous|author|windows user|microsoft.*|pc|hp"
    r"|dell|acer|lenovo|\w*@\S*|사용자|usuario|пользователь)\d*\Z",
    re.IGNORECASE,
)


def metadata_of(information: Mapping[str, str], data: bytes) -> Metadata:
    """Read the document information, and what the XMP packet adds to it."""
    packet = _xmp(data)
    return Metadata(
        title=title_from(information.get("Title")) or title_from(_dublin(packet, "title")),
        author=author_from(information.get("Author")) or author_from(_dublin(packet, "creator")),
        published=_published(packet),
    )


def title_from(given: str | None) -> str | None:
    """Return a title that looks like one; not a file's name, nor what a program put there."""
    title = one_line(given or "")
    if len(title) < 3 or len(title) > _LIMIT or _NO_TITLE.match(title):
        return None
    return title if _is_readable(title) and sum(map(str.isalpha, title)) >= 3 else None


def author_from(given: str | None) -> str | None:
    """Return an author who is one; not the name of an account."""
    author = one_line(given or "")
    if len(author) < 2 or len(author) > _LIMIT or _NO_AUTHOR.match(author):
        return None
    return author if _is_readable(author) and any(map(str.isalpha, author)) else None


def _is_readable(value: str) -> bool:
    return value.isprintable() and not re.search("[\ufffd\ue000-\uf8ff\ud800-\udfff]", value)


def _xmp(data: bytes) -> ElementTree.Element | None:
    """Return the last packet that a PDF program wrote: a picture inside may have one of its own."""
    for packet in reversed(_PACKET.findall(data)):
        if b"ns.adobe.com/pdf/" not in packet or b"<!" in packet:
            continue
        try:
            return ElementTree.fromstring(packet)  # noqa: S314  -- no declaration, no entity
        except (ElementTree.ParseError, ValueError):
            continue
    return None


def _dublin(packet: ElementTree.Element | None, name: str) -> str | None:
    found = packet.find(f".//{_DC}{name}//{_RDF_ITEM}") if packet is not None else None
    return found.text if found is not None else None


def _published(packet: ElementTree.Element | None) -> str | None:
    for element in packet.iter() if packet is not None else ():
        values = [element.text or ""] if _PRISM.match(element.tag) else []
        values += [value for name, value in element.attrib.items() if _PRISM.match(name)]
        for value in values:
            found = _DATE.match(value.strip())
            if found and _is_date(found[0]):
                return found[0]
    return None


def _is_date(value: str) -> bool:
    try:
        date_span(value)
    except ValueError:
        return False
    return True

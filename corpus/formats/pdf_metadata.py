"""What a PDF says of itself, as far as it says it of the document and not of the file.

The dates of creation and change are the file's: a report of 2016 that was scanned in 2023 bears
2023. Only a publication date of the PRISM vocabulary in the XMP packet is taken as ``published``.
"""

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from corpus.document import date_span
from corpus.formats.metadata import Metadata
from corpus.formats.properties import author_from, title_from

_PACKET = re.compile(rb"<x:xmpmeta\b.{0,200000}?</x:xmpmeta>", re.DOTALL)
_RDF_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PRISM = re.compile(r"\{http://prismstandard\.org/namespaces/[^}]*\}publicationDate\Z")
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")


def metadata_of(information: Mapping[str, str], data: bytes) -> Metadata:
    """Read the document information, and what the XMP packet adds to it."""
    packet = _xmp(data)
    return Metadata(
        title=title_from(information.get("Title")) or title_from(_dublin(packet, "title")),
        author=author_from(information.get("Author")) or author_from(_dublin(packet, "creator")),
        published=_published(packet),
    )


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

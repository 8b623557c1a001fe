"""What a .docx is before it is opened: a zip archive of a size that can be read."""

import io
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from corpus.errors import InvalidDocument

ENTRY_LIMIT = 10_000
INFLATED_LIMIT = 256 * 1024 * 1024
XML_LIMIT = 64 * 1024 * 1024
"""Bytes of all parts, and of those that are XML. zipfile gives no more than the directory says."""

RATIO_LIMIT = 200
"""A part that inflates to more than this is made to do so: text reaches 30."""

_RATIO_FROM = 1024 * 1024
_PROLOGUE = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_OTHER_BEGINNINGS = {
    b"%PDF-": "a PDF: name it .pdf",
    b"{\\rtf": "rich text (RTF): save it as .docx",
    b"<?xml": "XML: save it as .docx",
}
_OTHER_KINDS = {
    "macroEnabled": "a Word document with macros (.docm): save it as .docx, without them",
    "wordprocessingml.template": "a Word template (.dotx): save it as .docx",
    "spreadsheetml": "a spreadsheet (.xlsx), not a text",
    "presentationml": "a presentation (.pptx): print it to PDF",
}


def check_archive(data: bytes) -> None:
    """Raise InvalidDocument where bytes are no Word document, or inflate to too much."""
    for beginning, what in _OTHER_BEGINNINGS.items():
        if data.startswith(beginning):
            raise InvalidDocument(f"it is no .docx but {what}, and add it again.")
    if data.startswith(_OLE):
        raise InvalidDocument(_older(data))
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            _check_sizes(archive.infolist())
            _check_kind(archive)
            _check_declarations(archive)
    except (
        BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
        EOFError,
    ) as error:
        raise InvalidDocument(
            f"it is no .docx, or a damaged one: {str(error)[:100].rstrip('.')}. "
            "Open it in a word processor and save it again."
        ) from None


def _older(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "it needs a password to be opened: save it without one and add it again."
    return (
        "it is no .docx but a document of an older Word (.doc): save it as .docx and add it again."
    )


def _check_sizes(entries: list[ZipInfo]) -> None:
    if len(entries) > ENTRY_LIMIT:
        raise InvalidDocument(f"it has {len(entries):,} parts, more than {ENTRY_LIMIT:,}.")
    for entry in entries:
        if entry.flag_bits & 1:
            raise InvalidDocument("its parts need a password: save it without one.")
        if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise InvalidDocument(f"the part {entry.filename[:60]!r} is packed in an unknown way.")
        if entry.file_size > max(_RATIO_FROM, RATIO_LIMIT * entry.compress_size):
            raise InvalidDocument(
                f"the part {entry.filename[:60]!r} inflates from {entry.compress_size:,} to "
                f"{entry.file_size:,} bytes: no document does."
            )
    total = sum(entry.file_size for entry in entries)
    xml = sum(entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels")))
    for size, limit, what in ((total, INFLATED_LIMIT, "it"), (xml, XML_LIMIT, "its text")):
        if size > limit:
            raise InvalidDocument(
                f"{what} inflates to {size:,} bytes, more than {limit // 1024 // 1024} MiB: "
                "split it and add the parts."
            )


def _check_kind(archive: ZipFile) -> None:
    names = set(archive.namelist())
    if "[Content_Types].xml" not in names:
        what = "an OpenDocument text: save it as .docx" if "mimetype" in names else "a zip archive"
        raise InvalidDocument(f"it is no .docx but {what}.")
    types = archive.read("[Content_Types].xml").decode("utf-8", "replace")
    if _MAIN not in types:
        kinds = (what for mark, what in _OTHER_KINDS.items() if mark in types)
        raise InvalidDocument(f"it is no .docx but {next(kinds, 'an unknown kind of file')}.")
    if "_rels/.rels" in names and b"purl.oclc.org/ooxml" in archive.read("_rels/.rels"):
        raise InvalidDocument("it is a Strict Open XML document: save it as an ordinary .docx.")


def _check_declarations(archive: ZipFile) -> None:
    """Refuse a part that declares entities; those of one that escapes this aren't resolved."""
    for entry in archive.infolist():
        if entry.filename.endswith((".xml", ".rels")):
            with archive.open(entry) as part:
                if b"<!DOCTYPE" in part.read(_PROLOGUE):
                    raise InvalidDocument(
                        f"the part {entry.filename[:60]!r} declares entities: no .docx does."
                    )

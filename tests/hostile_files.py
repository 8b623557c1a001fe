"""Files made to hurt who reads them, and what becomes of each: python tests/hostile_files.py."""

import io
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

MIB = 1024 * 1024

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OPC = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

LAUGHS = '<!DOCTYPE d [<!ENTITY a0 "laugh">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
) + "]>"  # fmt: skip
"""Eleven entities, each ten of the one before: the last stands for 500 gigabytes."""


def docx(body: bytes, before: bytes = b"", repeat: int = 1) -> bytes:
    """Pack a document whose body holds these bytes so many times."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{OPC}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{MAIN_TYPE}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{OPC}/relationships"><Relationship Id="r" Type="{OFFICE}" '
            'Target="word/document.xml"/></Relationships>',
        )
        with archive.open("word/document.xml", "w") as part:
            part.write(before + f'<w:document xmlns:w="{WORD}"><w:body>'.encode())
            for _ in range(repeat):
                part.write(body)
            part.write(b"</w:body></w:document>")
    return made.getvalue()


def paragraph(text: str) -> bytes:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>".encode()


def pdf(*objects: bytes, root: int = 1) -> bytes:
    """Put objects, numbered from 1, into a file with a cross-reference table."""
    made, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    made += b"trailer\n<</Size %d/Root %d 0 R>>\n" % (len(objects) + 1, root)
    return bytes(made + b"startxref\n%d\n%%%%EOF\n" % start)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(data), extra, data)


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
FONT = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources%b/Contents 4 0 R>>" % FONT


def one_page(contents: bytes) -> bytes:
    return pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", PAGE, contents)


def flate_bomb() -> bytes:
    packer = zlib.compressobj(9)
    shown = b"BT /F 12 Tf 10 700 Td (Trade grew by much.) Tj ET\n" * 20_000
    packed = b"".join(packer.compress(shown) for _ in range(500)) + packer.flush()
    return one_page(stream(packed, b"/Filter/FlateDecode"))


def deep_page_tree(depth: int) -> bytes:
    nodes = [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (n + 3) for n in range(depth)]
    return pdf(CATALOG, *nodes, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")


def million_pages() -> bytes:
    return pdf(CATALOG, b"<</Type/Pages/Count 1000000/Kids[%b]>>" % (b"3 0 R " * 1_000_000), PAGE,
               stream(b"BT /F 12 Tf 10 700 Td (Trade grew.) Tj ET"))  # fmt: skip


def nested_filters() -> bytes:
    data = b"\0" * 50 * MIB
    for _ in range(4):
        data = zlib.compress(data, 9)
    return one_page(stream(data, b"/Filter[%b]" % (b"/FlateDecode" * 4)))


def self_reference() -> bytes:
    return pdf(CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>")


def form_in_itself() -> bytes:
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 4 0 R/Y 4 0 R>>>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>/Contents 5 0 R>>"
    return pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page,
               stream(b"/X Do /Y Do", form), stream(b"/X Do"))  # fmt: skip


def front_matter(yaml: str) -> bytes:
    return f"---\n{yaml}\n---\nText.\n".encode()


def yaml_laughs() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return front_matter("title: T\n" + "\n".join(lines))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "quotes.md": lambda: b">" * MIB + b" deep",
    "lists.md": lambda: b"- " * MIB + b"deep",
    "brackets.md": lambda: b"[" * MIB,
    "images.md": lambda: b"![a](" * 200_000,
    "emphasis.md": lambda: b"**a *b __c _d " * 70_000,
    "backticks.md": lambda: b" ".join(b"`" * (n % 3000) for n in range(3000)),
    "table.md": lambda: b"|a" * 5000 + b"\n" + b"|-" * 5000 + b"\n" + (b"|b" * 5000 + b"\n") * 1000,
    "angles.md": lambda: b"<a " * 300_000,
    "deep-front-matter.md": lambda: front_matter("title: " + "[" * 60_000),
    "deep-mapping.md": lambda: front_matter("title: T\nx: " + "{a: " * 15_000),
    "alias-bomb.md": yaml_laughs,
    "headings.md": lambda: b"# H\n" * 500_000,
    "one-line.txt": lambda: b"a" * (32 * MIB),
    "words.txt": lambda: b"word " * (32 * MIB // 5),
    "blank.txt": lambda: b" " * (32 * MIB),
    "lines.txt": lambda: b"a b. \n\n" * (32 * MIB // 7),
    "marks.txt": lambda: b"e" + "\u0301".encode() * 5_000_000,
    "stops.txt": lambda: b"A.B.C.1.2.3." * MIB,
    "deep.json": lambda: b"[" * (8 * MIB),
    "deep-objects.json": lambda: b'{"text":' * MIB,
    "digits.json": lambda: b'{"text": "T", "published": ' + b"9" * (16 * MIB) + b"}",
    "keys.json": lambda: b'{"text": "T"' + b"".join(b', "k%d": 1' % n for n in range(10**6)) + b"}",
    "records.jsonl": lambda: b'{"text": "It was 16."}\n' * 1_400_000,
    "escapes.jsonl": lambda: b'{"text": "' + b"\\ud800" * MIB + b'"}\n',
    "deep.html": lambda: b"<div>" * 1_000_000 + b"<p>Text.",
    "deep-tables.html": lambda: b"<table><tr><td>" * 100_000 + b"Text.",
    "attributes.html": lambda: b"<p " + b"".join(b"a%d=1 " % n for n in range(500_000)) + b">Text.",
    "comments.html": lambda: b"<!--" * 500_000 + b"<p>Text.</p>",
    "entities.html": lambda: LAUGHS.encode() + b"<html><body><p>&a11;</p></body></html>",
    "paragraphs.html": lambda: b"<p>It was 16." * 1_000_000,
    "inline.html": lambda: b"<b><i>" * 300_000 + b"Text.",
    "zip-bomb.docx": lambda: docx(paragraph("Trade grew. " * 10_000), repeat=3_000),
    "blanks-bomb.docx": lambda: docx(b" " * MIB, repeat=600),
    "entities.docx": lambda: docx(paragraph("&a11;"), LAUGHS.encode()),
    "file-entity.docx": lambda: docx(
        paragraph("&f;"), b'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    ),
    "deep.docx": lambda: docx(b"<w:tbl><w:tr><w:tc>" * 200_000 + b"</w:tc></w:tr></w:tbl>" * 200_000),
    "paragraphs.docx": lambda: docx(paragraph("It was 16."), repeat=1_000_000),
    "not-a-zip.docx": lambda: b"PK\x03\x04" + b"\0" * MIB,
    "flate-bomb.pdf": flate_bomb,
    "nested-filters.pdf": nested_filters,
    "self-reference.pdf": self_reference,
    "form-in-itself.pdf": form_in_itself,
    "deep-page-tree.pdf": lambda: deep_page_tree(100_000),
    "million-pages.pdf": million_pages,
    "deep-array.pdf": lambda: pdf(b"<</Type/Catalog/Pages %b>>" % (b"[" * 5_000_000)),
    "no-end.pdf": lambda: b"%PDF-1.7\n" + b"1 0 obj\n<<\n" * MIB,
    "references.pdf": lambda: pdf(*(b"%d 0 R" % (n + 2) for n in range(300_000)), b"1 0 R"),
}  # fmt: skip
"""What makes the bytes of each, by the file's name."""


def main() -> None:
    """Print what becomes of each within the limits that a user's files have."""
    from corpus.errors import InvalidDocument
    from corpus.formats import FORMATS
    from corpus.formats.bounded import BoundedReader
    from corpus.formats.raw import Parsed

    print("| file | MiB | seconds | what happened |\n| --- | ---: | ---: | --- |")
    with BoundedReader() as reader:
        for name, make in HOSTILE.items():
            if Path(name).suffix not in FORMATS or (sys.argv[1:] and name not in sys.argv[1:]):
                continue
            data, started = make(), time.monotonic()
            try:
                reading = reader.read(data, name, f"file:///{name}")
                documents = [entry.document for entry in reading if isinstance(entry, Parsed)]
                characters = sum(len(document.text) for document in documents)
                told = f"read: {len(documents)} documents, {characters} characters"
                if len(documents) < len(reading):
                    told += f", {len(reading) - len(documents)} records refused"
            except InvalidDocument as error:
                told = f"refused: {str(error).removeprefix(name + ': ')}"
            seconds = time.monotonic() - started
            print(f"| {name} | {len(data) / MIB:.1f} | {seconds:.1f} | {told} |", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()

"""Word documents of real programs, and what is written into them by hand."""

import io
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
import pytest
from conftest import FakeEncoder, check_that_all_is_covered, sentences_of, shown
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from corpus.errors import InvalidDocument
from corpus.formats import read_bytes
from corpus.formats.raw import Parsed
from corpus.passages import cut

FIXTURES = Path(__file__).parent / "fixtures"


def parsed(data: bytes, name: str = "note.docx") -> Parsed:
    read = read_bytes(data, name, f"file:///{name}")
    check_that_all_is_covered(read.document.text, read.document.blocks)
    return read


def fixture(name: str) -> list[str]:
    found = parsed((FIXTURES / name).read_bytes(), name).document
    return shown(found.text, found.blocks)


def saved(word) -> bytes:
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


def blocks(word) -> list[str]:
    found = parsed(saved(word)).document
    return shown(found.text, found.blocks)


def with_paragraph(inside: str) -> list[str]:
    """Read a document of one paragraph, given as XML."""
    word = docx.Document()
    word.element.body.insert(0, parse_xml(f"<w:p {nsdecls('w')}>{inside}</w:p>"))
    return blocks(word)


def refusal(data: bytes, name: str = "note.docx") -> str:
    with pytest.raises(InvalidDocument) as caught:
        read_bytes(data, name, f"file:///{name}")
    return str(caught.value)


def replaced(data: bytes, part: str, content: bytes) -> bytes:
    """Return an archive with one part's content replaced, or added."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
        if part not in old.namelist():
            new.writestr(part, content)
    return file.getvalue()


def plain(text: str = "Korea grew.") -> bytes:
    word = docx.Document()
    word.add_paragraph(text)
    return saved(word)


def test_what_libreoffice_writes_has_headings_rows_notes_and_boxes():
    data = (FIXTURES / "trade-report.docx").read_bytes()
    found = parsed(data, "trade-report.docx").document
    assert found.title == "Trade between Peru and Korea, 2010 to 2022"
    assert (found.author, found.language, found.published) == ("Attaché", "en", None)
    assert found.pages == ()
    read = shown(found.text, found.blocks)
    assert [line for line in read if line.startswith("h")] == [
        "h1 Trade between Peru and Korea, 2010 to 2022",
        "h2 More exports, fewer imports",
        "h3 Rankings",
        "h2 The record of 2017 and 2018",
        "h3 The return of the Brazil nut",
        "h2 The year 2020",
    ]
    caption = read.index(
        "t Table 1: Peru's exports to South Korea by product, January to September 2018"
    )
    assert read[caption + 1 : caption + 5] == [
        "t Product | Million US dollars | Remark",
        "t Squid | 121 | The largest product of the fishery exports",
        "t Brazil nuts | 47",
        "t Preserved vegetables | 13 | Less than mangoes, at 15",
    ]
    note = "t The article compares the eleven years after the agreement with the year before it."
    assert read[read.index(note) - 1].startswith("t Peruvian exports to South Korea rose after")
    assert "t grapes, which brought 7 million;" in read
    assert read.count("t Peru and Korea have had a free trade agreement since 2011.") == 1
    assert "Peru and Korea in figures" not in found.text  # the head
    assert "Attaché · page" not in found.text  # the foot


def test_what_pandoc_writes_has_its_title_note_link_and_table():
    read = fixture("hospital.docx")
    assert read == [
        "h1 The national children’s hospital in Tashkent",
        "t Attaché",
        "h2 The loan",
        "t Korea’s Economic Development Cooperation Fund lent Uzbekistan the money for a "
        "children’s hospital in Tashkent. The hospital has 280 beds and opened in 2020.",
        "t The fund is run by the Export-Import Bank of Korea.",
        "h3 Equipment",
        "t The wards were fitted out by Korean firms, see https://example.org/hospital for a list:",
        "t ultrasound and X-ray rooms;",
        "t an intensive care unit;",
        "t a laboratory.",
        "t What the hospital was built with",
        "t Item | Number | Origin",
        "t Beds | 280 | Korea",
        "t Operating rooms | 9 | Korea",
        "h2 Эксплуатация",
        "t Больница принимает детей со всей страны. Врачи учились в Сеуле.",
    ]


def test_a_sentence_stands_whole_in_one_sentence_of_a_passage():
    found = parsed((FIXTURES / "hospital.docx").read_bytes()).document
    passages = cut(found, FakeEncoder(), 250).passages
    (passage,) = [one for one in passages if "280 beds" in one.text]
    assert "The hospital has 280 beds and opened in 2020." in sentences_of(passage)
    assert passage.context == "The national children’s hospital in Tashkent › The loan"


def test_headings_are_known_by_level_whatever_their_style_is_called():
    word = docx.Document()
    styles = word.styles
    styles.add_style("제목 하나", 1).element.get_or_add_pPr().append(
        parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="0"/>')
    )
    own = styles.add_style("Unser Kapitel", 1)
    own.base_style = styles["Heading 2"]
    word.add_paragraph("무역", style="제목 하나")
    word.add_paragraph("한국과 페루의 무역이 늘었다.")
    word.add_paragraph("Handel", style="Unser Kapitel")
    word.add_paragraph("Der Handel wuchs.")
    assert blocks(word) == [
        "h1 무역", "t 한국과 페루의 무역이 늘었다.", "h2 Handel", "t Der Handel wuchs."
    ]  # fmt: skip


def test_short_bold_paragraphs_are_headings_where_no_style_says_so():
    word = docx.Document()
    word.add_paragraph().add_run("Trade in 2018").bold = True
    word.add_paragraph("Squid brought 121 million.")
    word.add_paragraph().add_run("This is stressed.").bold = True
    assert blocks(word) == [
        "h2 Trade in 2018",
        "t Squid brought 121 million.",
        "t This is stressed.",
    ]


def test_an_interviewers_questions_are_told_from_the_answers():
    word = docx.Document()
    for text in ("What did Peru sell?", "Squid and copper.", "To whom?", "To Korea."):
        word.add_paragraph(text)
    assert blocks(word) == [
        "q What did Peru sell?", "t Squid and copper.", "q To whom?", "t To Korea."
    ]  # fmt: skip


def test_merged_cells_stand_once_and_a_table_inside_a_cell_has_rows_of_its_own():
    word = docx.Document()
    table = word.add_table(3, 3)
    for row, texts in enumerate((["A", "B", "C"], ["D", "", "F"], ["G", "H", ""])):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(0, 1).merge(table.cell(0, 2))
    inner = table.cell(2, 2).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "x", "y"
    assert blocks(word) == ["t A D | B C", "t F", "t G | H", "t x | y"]


def test_insertions_are_kept_and_deletions_left_out():
    assert with_paragraph(
        "<w:r><w:t xml:space='preserve'>Peru sold </w:t></w:r>"
        "<w:del w:id='1' w:author='a'><w:r><w:delText>15</w:delText></w:r></w:del>"
        "<w:ins w:id='2' w:author='a'><w:r><w:t>16</w:t></w:r></w:ins>"
        "<w:r><w:t xml:space='preserve'> aircraft.</w:t></w:r>"
    ) == ["t Peru sold 16 aircraft."]


def test_a_field_shows_its_result_and_hidden_text_nothing():
    assert with_paragraph(
        "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>DATE</w:instrText></w:r>"
        "<w:r><w:t>not shown</w:t></w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r>"
        "<w:r><w:t>In 2018</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        "<w:fldSimple w:instr='PAGE'><w:r><w:t xml:space='preserve'> squid</w:t></w:r></w:fldSimple>"
        "<w:r><w:tab/><w:t>sold.</w:t><w:br/><w:t>More\u00a0came.</w:t></w:r>"
    ) == ["t In 2018 squid sold.\nMore came."]


def test_the_properties_of_a_program_are_no_title_and_no_author():
    word = docx.Document()
    word.core_properties.title = "Microsoft Word - draft.doc"
    word.core_properties.author = "python-docx"
    word.add_paragraph("Annual report", style="Title")
    word.add_paragraph("Korea and Peru signed an agreement on trade in aircraft this year.")
    word.core_properties.language = "de-DE"
    found = parsed(saved(word)).document
    assert (found.title, found.author, found.language) == ("Annual report", None, "en")
    assert parsed(plain()).document.title == "note"


def test_what_is_no_word_document_is_told_what_it_is():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    locked = ole + "EncryptedPackage".encode("utf-16-le")
    types = ZipFile(io.BytesIO(plain())).read("[Content_Types].xml")
    macros = types.replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main",
        b"application/vnd.ms-word.document.macroEnabled.main",
    )
    assert "a document of an older Word (.doc): save it as .docx" in refusal(ole)
    assert "it needs a password to be opened" in refusal(locked)
    assert "with macros (.docm)" in refusal(replaced(plain(), "[Content_Types].xml", macros))
    assert "a PDF: name it .pdf" in refusal(b"%PDF-1.7")
    assert "it is no .docx, or a damaged one: File is not a zip file" in refusal(b"Korea grew.")
    empty = io.BytesIO()
    with ZipFile(empty, "w") as archive:
        archive.writestr("a.txt", "a")
    assert refusal(empty.getvalue()) == "note.docx: it is no .docx but a zip archive."
    assert "document.xml" not in refusal(replaced(plain(), "word/document.xml", b"<w:document"))


def test_an_archive_that_inflates_to_too_much_is_refused_before_it_does():
    bomb = replaced(plain(), "word/media/image1.png", bytes(20_000_000))
    assert "'word/media/image1.png' inflates from" in refusal(bomb)
    many = io.BytesIO()
    with ZipFile(many, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"{number}.xml", "")
    assert "10,001 parts, more than 10,000" in refusal(many.getvalue())


def test_a_part_that_holds_more_than_its_directory_says_is_damage():
    data = bytearray(replaced(plain(), "word/document.xml", b"<a>" + b"x" * 900_000 + b"</a>"))
    with ZipFile(io.BytesIO(data)) as archive:
        entry: ZipInfo = archive.getinfo("word/document.xml")
    size = entry.file_size.to_bytes(4, "little")
    for _ in range(data.count(size)):
        place = data.index(size)
        data[place : place + 4] = (100).to_bytes(4, "little")
    assert "damaged" in refusal(bytes(data))


def test_entities_are_refused_and_where_they_hide_never_resolved():
    secret = Path(__file__).as_uri()
    with ZipFile(io.BytesIO(plain("MARK"))) as archive:
        xml = archive.read("word/document.xml").decode()
    declared = f'<!DOCTYPE d [<!ENTITY e SYSTEM "{secret}"><!ENTITY f "grown">]>'
    head, body = xml.split("?>", 1)
    hostile = f"{head}?>{declared}{body.replace('MARK', 'Kept</w:t><w:t>&e;</w:t><w:t>&f;')}"
    data = replaced(plain(), "word/document.xml", hostile.encode())
    assert "'word/document.xml' declares entities" in refusal(data)
    hidden = hostile.replace("?>", "?><!--" + " " * 5_000 + "-->", 1)
    found = parsed(replaced(plain(), "word/document.xml", hidden.encode())).document
    assert found.text == "Kept"


def test_tables_in_tables_without_end_are_refused_or_cut_short():
    depth = 3_000
    deep = "<w:tbl><w:tr><w:tc>" * depth + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * depth
    with ZipFile(io.BytesIO(plain("MARK"))) as archive:
        xml = archive.read("word/document.xml").decode()
    hostile = xml.replace("<w:body>", f"<w:body>{deep}")
    assert "damaged" in refusal(replaced(plain(), "word/document.xml", hostile.encode()))

"""PDF files of real programs: whole sentences, headings, rows, and the page each stands on."""

from pathlib import Path

import pytest
from conftest import FakeEncoder, check_that_all_is_covered, sentences_of, shown

from corpus.document import Document, page_of
from corpus.errors import InvalidDocument
from corpus.formats import read_bytes
from corpus.formats.raw import Parsed
from corpus.passages import cut

FIXTURES = Path(__file__).parent / "fixtures"
READABLE = sorted(
    path.name for path in FIXTURES.glob("*.pdf") if path.name not in {"locked.pdf", "scanned.pdf"}
)


def parsed(name: str) -> Parsed:
    return read_bytes((FIXTURES / name).read_bytes(), name, f"file:///{name}")


def document(name: str) -> Document:
    return parsed(name).document


def refusal(data: bytes, name: str = "note.pdf") -> str:
    with pytest.raises(InvalidDocument) as caught:
        read_bytes(data, name, f"file:///{name}")
    return str(caught.value)


def headings(found: Document) -> list[str]:
    return [line for line in shown(found.text, found.blocks) if line.startswith("h")]


def texts(found: Document) -> list[str]:
    return [found.text[block.start : block.end] for block in found.blocks]


def all_sentences(found: Document) -> list[str]:
    passages = cut(found, FakeEncoder(), 250).passages
    return [" ".join(one.split()) for passage in passages for one in sentences_of(passage)]


def page(found: Document, words: str) -> int | None:
    assert found.text.count(words) == 1, words
    return page_of(found.pages, found.text.index(words))


@pytest.mark.parametrize("name", READABLE)
def test_the_blocks_hold_every_letter_in_order_and_the_pages_lie_within(name):
    found = document(name)
    check_that_all_is_covered(found.text, found.blocks)
    assert found.pages[0] == 0
    assert list(found.pages) == sorted(found.pages)
    assert found.pages[-1] <= len(found.text)
    assert "\0" not in found.text
    assert "\r" not in found.text


def test_syllables_that_a_justified_line_sets_apart_are_one_word():
    found = document("korea-justified.pdf")
    assert texts(found) == [
        "한국과 우즈베키스탄은 1992년 1월 29일에 외교 관계를 수립하였다. 두 나라는 2006년에 "
        "전략적 동반자 관계를 맺었고, 2019년에는 특별 전략적 동반자 관계로 격상하였다. "
        "타슈켄트에는 인하대학교의 분교가 있으며 많은 학생이 그곳에서 공부한다.",
        "페루의 대한국 수출은 2017년에 처음으로 20억 달러를 넘었다. 구리와 납이 전통적인 "
        "수출품의 대부분을 차지하였다. 오징어와 브라질너트의 수출도 2018년에 크게 늘어났다.",
    ]


def test_a_report_has_its_title_headings_and_pages():
    found = document("trade-report.pdf")
    assert found.title == "Trade between Peru and Korea, 2010 to 2022"
    assert (found.author, found.language, found.published) == ("Attaché", "en", None)
    assert headings(found) == [
        "h1 Trade between Peru and Korea, 2010 to 2022",
        "h2 More exports, fewer imports",
        "h3 Rankings",
        "h2 The record of 2017 and 2018",
        "h3 The return of the Brazil nut",
        "h2 The year 2020",
    ]
    assert len(found.pages) == 4
    assert page(found, "3.9 billion US dollars in 2021") == 1
    assert page(found, "2,116 million US dollars") == 2
    assert page(found, "Table 1:") == 3
    assert page(found, "2,348 million US dollars") == 4


def test_a_sentence_that_runs_over_a_pages_end_is_one_and_its_words_keep_their_pages():
    found = document("trade-report.pdf")
    assert (
        "South Korea thus became the third market of Peru, after China and the United States, "
        "and overtook Switzerland."
    ) in all_sentences(found)
    assert page(found, "South Korea thus became the third market") == 2
    assert page(found, "after China and the United States, and overtook") == 3


def test_a_note_is_a_block_before_the_paragraph_that_goes_on_and_keeps_its_page():
    found = document("trade-report.pdf")
    note = (
        "2 Gestión published these figures in February 2018; "
        "it counts minerals, gas and fish meal as traditional exports."
    )
    assert note in texts(found)
    assert page(found, note) == 2
    assert found.text.index(note) < found.text.index("Peru exported goods worth 2,027")


def test_a_raised_number_is_written_as_one_and_ends_no_sentence_late():
    found = all_sentences(document("trade-report.pdf"))
    assert (
        "Peru has had a constant surplus in its trade with Korea since 2016, "
        "the article on Aquino's blog said in March 2023."
    ) in found


def test_running_heads_feet_and_page_numbers_are_left_out():
    for name, head in (
        ("trade-report.pdf", "Peru and Korea in figures"),
        ("columns.pdf", "Korea and Latin America\n"),
    ):
        found = document(name)
        assert head not in found.text
        assert "· page" not in found.text


def test_a_ruled_table_is_a_block_a_row_and_its_caption_one():
    found = texts(document("trade-report.pdf"))
    first = found.index(
        "Table 1: Peru's exports to South Korea by product, January to September 2018"
    )
    assert found[first + 1 : first + 5] == [
        "Product | Million US dollars | Remark",
        "Squid | 121 | The largest product of the fishery exports",
        "Brazil nuts | 47",
        "Preserved vegetables | 13 | Less than mangoes, at 15",
    ]


def test_a_list_is_a_block_an_item():
    found = texts(document("trade-report.pdf"))
    assert (
        "• bananas, which brought 9 million US dollars from January to September 2018 "
        "and were sold fresh by the growers of the north;"
    ) in found
    assert "• grapes, which brought 7 million;" in found


def test_a_table_without_rules_is_told_by_its_gaps():
    found = document("exportaciones.pdf")
    assert found.language == "es"
    assert shown(found.text, found.blocks)[4:] == [
        "t Cuadro 1. Exportaciones de enero a setiembre de 2018",
        "t Producto | Millones de dólares | Nota",
        "t Calamar | 121 | primer producto de la pesca",
        "t Mangos | 15 | fruta fresca",
        "t Uvas | 7 | fruta fresca",
        "h2 Sin líneas",
        "t Año | Exportaciones | Puesto",
        "t 2017 | 2.027 millones | cuarto",
        "t 2018 | 2.116 millones | tercero",
        "t Corea del Sur se convirtió así en el tercer mercado del Perú, después de China "
        "y Estados Unidos.",
    ]


def test_two_columns_are_read_one_after_the_other():
    found = document("two-columns.pdf")
    assert headings(found) == [
        "h1 The Peru-Korea digital government centre",
        "h2 Work since 2017",
        "h2 The memorandum",
        "h2 Opening in October 2021",
    ]
    assert "|" not in found.text
    read = all_sentences(found)
    for sentence in (
        "Peru's Digital Government Law rests on six pillars: digital identity, interoperability, "
        "digital security, digital architecture, digital services and data governance.",
        "Prime Minister Mirtha Vásquez and Yeo Seung-bae, a deputy minister in South Korea's "
        "foreign ministry, opened the Peru-Korea Cooperation Centre for Government and Digital "
        "Transformation in October 2021.",
    ):
        assert sentence in read


def test_words_broken_at_the_end_of_a_line_are_whole_and_a_writers_hyphen_stays():
    found = document("columns.pdf")
    read = all_sentences(found)
    for sentence in (
        "The IDB named Mexico, Chile, Brazil, Peru and Argentina for about 90 per cent of the "
        "trade of 2023; Korea's imports from Chile alone came to 7.57 billion US dollars in that "
        "year, according to the Korea Institute for International Economic Policy.",
        "This note was made for the long-term planning of the region’s trade; "
        "a long-term view needs figures of many years.",
        "Hong Nam-ki of South Korea named electronic commerce, health care and artificial "
        "intelligence in October 2019 as fields for growth of Korea and Latin America.",
    ):
        assert sentence in read
    assert len(found.pages) == 3


@pytest.mark.parametrize("name", ["korea.pdf", "korea-office.pdf"])
def test_korean_words_are_whole_whether_lines_broke_in_them_or_between_them(name):
    found = document(name)
    assert (found.title, found.language) == ("한국과 우즈베키스탄의 관계", "ko")
    assert headings(found) == ["h1 한국과 우즈베키스탄의 관계", "h2 페루의 수출"]
    read = all_sentences(found)
    for sentence in (
        "한국과 우즈베키스탄은 1992년 1월 29일에 외교 관계를 수립하였다.",
        "타슈켄트에는 인하대학교의 분교가 있으며 많은 학생이 그곳에서 공부한다.",
        "오징어와 브라질너트의 수출도 2018년에 크게 늘어났다.",
    ):
        assert sentence in read


def test_text_that_runs_down_is_read_from_the_right():
    assert all_sentences(document("vertical.pdf")) == [
        "한국과 페루는 1963년에 외교 관계를 수립하였다.",
        "두 나라는 2011년에 자유무역협정을 맺었다.",
        "페루의 수도는 리마이다.",
    ]


def test_lines_that_run_up_a_page_are_read_from_the_left():
    assert all_sentences(document("turned.pdf")) == [
        "Peruvian exports to South Korea passed 2,000 million US dollars for the first time in "
        "2017, almost 50 percent more than in 2016.",
        "South Korea was the fourth destination of Peruvian exports in 2017.",
        "Peru's traditional exports to South Korea rose by 53.1 percent in 2017.",
    ]


@pytest.mark.parametrize("name", ["uzbekistan.pdf", "owner.pdf"])
def test_russian_is_read_and_a_password_for_changes_does_not_hinder(name):
    found = document(name)
    assert (found.title, found.language) == ("Корея и Узбекистан", "ru")
    assert (
        "В Ташкенте работает филиал университета Инха, в котором учится много студентов."
        in all_sentences(found)
    )


def test_a_file_that_needs_a_password_is_refused():
    assert refusal((FIXTURES / "locked.pdf").read_bytes(), "locked.pdf") == (
        "locked.pdf: the PDF needs a password to be opened: save it without one and add it again."
    )


def test_images_without_text_are_refused_with_what_to_do():
    assert refusal((FIXTURES / "scanned.pdf").read_bytes(), "scanned.pdf") == (
        "scanned.pdf: the PDF has no text: its 2 pages are images. "
        "Run it through OCR (such as `ocrmypdf`) and add the result."
    )


def test_a_page_without_text_is_told_and_the_others_keep_their_numbers():
    read = parsed("scan.pdf")
    assert read.warnings == (
        "page 2 has no text. Run it through OCR (such as `ocrmypdf`) and add the result.",
    )
    assert page(read.document, "opened relations in 1963") == 1
    assert page(read.document, "The third page") == 3
    assert read.document.pages[1] == read.document.pages[2]
    assert read.document.title == "scan"  # the file's own title is a file's name


def test_what_is_no_pdf_or_a_damaged_one_is_refused():
    whole = (FIXTURES / "korea.pdf").read_bytes()
    assert "it is not a PDF: it doesn't begin with %PDF-" in refusal(b"Korea grew.")
    assert "the PDF is damaged and can't be opened" in refusal(b"%PDF-1.7\nnothing else")
    assert "note.pdf: the PDF is damaged" in refusal(whole[:600])

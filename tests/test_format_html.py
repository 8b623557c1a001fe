"""Saved pages: the main text in whole sentences, and what the page says of itself, no more."""

from pathlib import Path

import pytest

from corpus.errors import InvalidDocument
from corpus.formats import read_bytes
from corpus.formats.raw import Parsed
from corpus.sentences import sentences

PAGES = Path(__file__).parent / "fixtures" / "html"
NOT_IN_ANY = [
    "cookie", "cookies", "newsletter", "hidden version", "Home", "Inicio", "Главная", "알림소식",
    "Related", "Читайте", "Share this", "comment", "Comments", "edit]", "[1]", "JavaScript",
    "All rights reserved", "derechos reservados", "첨부파일", "만족", "Log in", "Loading more",
    "Back to the home page", "Great news", "Thank you for", "всем советую", "Carrot salad",
    "Tsoi, Mila", "Pravda", "Contents", "Categories", "Recent posts", "remember what you like",
]  # fmt: skip


def page(name: str) -> Parsed:
    return read_bytes((PAGES / name).read_bytes(), name, f"file:///{name}")


def sentences_of(parsed: Parsed) -> set[str]:
    text = parsed.document.text
    found = set()
    for block in parsed.document.blocks:
        extents = sentences(text, block.start, block.end)
        found |= {" ".join(text[extent.start : extent.end].split()) for extent in extents}
    return found


@pytest.mark.parametrize(
    ("name", "title", "publisher", "author", "published", "url", "language", "licence"),
    [
        (
            "news-site.html", "Lima yard lays keel of third patrol ship", "Callao Courier",
            "Rosa Quispe, Juan Park", "2024-06-12",
            "https://courier.example.org/2024/06/lima-yard-keel", "en", None,
        ),
        (
            "press-release.html", "Entregan equipos a puertos del sur",
            "Ministerio de Caminos y Puertos", None, "2023-11", None, "es", None,
        ),
        (
            "blog.html", "Noodles in Tashkent: a Koryo-saram kitchen", "Kitchens of the Steppe",
            "Mila Tsoi", "2022-03-05",
            "https://steppe.example.net/2022/03/noodles-in-tashkent/", "en", "CC-BY-SA-4.0",
        ),
        (
            "ministry-euc-kr.html", "페루 남부 항만에 크레인 세 대 지원", "항만협력부", None,
            "2023-11-24", "https://ports.example.kr/board/view.do?id=3021", "ko", None,
        ),
        (
            "news-windows-1251.html", "Первый поезд ушёл в Хиву", "Вестник Ташкента", None,
            "2025-05-14", "https://vestnik.example.uz/news/2025/poezd-v-hivu", "ru", None,
        ),
        (
            "encyclopedia.html", "Polar Star (kolkhoz)", "Open Steppe Encyclopedia", None, None,
            "https://en.steppepedia.example.org/wiki/Polar_Star_(kolkhoz)", "en", "CC-BY-SA-4.0",
        ),
        (
            "table-layout.html", "Embassy Bulletin: A school opens in Lima", None,
            "Press Section", "1998-10-07", None, "en", None,
        ),
        (
            "divs.html", "Interview: the man who counts squid", None, "Ana Rojas", None, None,
            "en", None,
        ),
    ],
)  # fmt: skip
def test_a_page_is_known_by_what_it_says_of_itself(
    name, title, publisher, author, published, url, language, licence
):
    document = page(name).document
    assert document.title == title
    assert (document.publisher, document.author) == (publisher, author)
    assert (document.published, document.url) == (published, url)
    assert (document.language, document.licence) == (language, licence)
    assert page(name).warnings == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "news-site.html",
            [
                "The vessel is the third of five that the Callao yard builds with a Korean partner.",
                "Welders stood beside the first section of the keel on Tuesday.",
                "The navy’s chief engineer, Cmdr. Elena Soto, said the hull would need 1,940 tonnes of plate.",
                "Plates arrive from Ulsan by sea every six weeks.",
                "We have learnt to weld thick plate in wet air, and nobody can take that away from us.",
                "The contract is worth $76.5 million and runs until December 2027.",
                "Two more keels will be laid next year, the yard’s director told reporters.",
            ],
        ),
        (
            "press-release.html",
            [
                "Los equipos fueron donados por la República de Corea y costaron 4,2 millones de dólares.",
                "Equipos entregados por puerto, en unidades",
                "Puerto | Grúas | Balanzas | Remolcadores",
                "Ilo | 2 | 3",
                "Marcona | | 2",
                "diez mecánicos;",
                "ocho jefes de muelle, que viajaron a Busan.",
            ],
        ),
        (
            "blog.html",
            [
                "A bowl of cold kuksi with egg, cucumber and beef.",
                "My grandmother rolled the dough for kuksi on a door that she had taken off its hinges.",
                "two cucumbers, cut as fine as matches",
                "Then cover them with broth.",
            ],
        ),
        (
            "ministry-euc-kr.html",
            [
                "현지 기술자 마흔 명이 운전과 정비 교육을 받았다.",
                "항만별 지원 내역",
                "마타라니 | 1 | 3",
            ],
        ),
        (
            "news-windows-1251.html",
            [
                "В семи вагонах ехали 389 пассажиров, а дорога заняла семь часов и сорок минут.",
                "Пассажиры садятся в новый поезд на Южном вокзале.",
                "Ремонтировать вагоны будут в депо, которое строят корейские и узбекские инженеры.",
            ],
        ),
        (
            "encyclopedia.html",
            [
                "Founded | 1925",
                "Chairman | Kim Pen-hwa (1940–1974)",
                "It grew rice, cotton and jute on drained marsh.",
                "The museum stands on the former main street of the farm.",
                "Rice harvest in tonnes",
                "1953 | 3,450",
            ],
        ),
        (
            "table-layout.html",
            [
                "The school has twelve rooms and a library, and it was paid for by the firms of the Korean chamber of commerce.",
                "The mayor, Sr. Luis Núñez, thanked the firms and asked for a second school.",
                "Shoes, chalk and a piano were given by the Korean community of Lima, which has collected for the school since March.",
            ],
        ),
        (
            "divs.html",
            [
                "Pedro Lee has counted giant squid off Paita for nineteen years.",
                "In 2017 it was warm, and we sold the second boat.",
            ],
        ),
    ],
)
def test_the_sentences_of_the_article_stand_whole_and_nothing_else_stands(name, expected):
    found = sentences_of(page(name))
    assert set(expected) <= found
    text = page(name).document.text
    assert [words for words in NOT_IN_ANY if words in text] == []


def test_headings_questions_and_text_are_told_apart():
    def kinds(name):
        document = page(name).document
        marked = [block for block in document.blocks if block.kind != "text"]
        return [
            (block.kind, block.level, document.text[block.start : block.end]) for block in marked
        ]

    assert kinds("encyclopedia.html") == [("heading", 2, "History"), ("heading", 2, "Harvests")]
    assert kinds("blog.html") == [("heading", 3, "What you need")]
    assert kinds("divs.html") == [
        ("question", 0, "How do you count an animal that nobody sees?"),
        ("question", 0, "Who buys them?"),
        ("question", 0, "Will there be squid in ten years?"),
    ]


def test_blocks_stand_in_the_order_of_the_page():
    text = page("encyclopedia.html").document.text
    order = ["Founded", "Polar Star was", "History", "The museum", "Harvests", "Rice harvest",
             "1947", "The record"]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_a_page_that_a_script_fills_is_refused():
    with pytest.raises(InvalidDocument, match="it has no main text, it holds no text at all"):
        page("script-only.html")

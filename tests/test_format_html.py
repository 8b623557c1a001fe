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


def read(html: str | bytes, name: str = "page.html") -> Parsed:
    data = html.encode() if isinstance(html, str) else html
    return read_bytes(data, name, f"file:///{name}")


def body(html: str) -> Parsed:
    return read(f"<html lang=en><head><title>T</title></head><body>{html}</body></html>")


def refusal(html: str | bytes) -> str:
    with pytest.raises(InvalidDocument) as caught:
        read(html)
    return str(caught.value)


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


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Korea gr<b>ew</b> fast&nbsp;&mdash; by 8&#37;.</p>", "Korea grew fast — by 8%."),
        ("<p>One line.<br>Another line.</p>", "One line.\nAnother line."),
        ("<p>One paragraph.<br><br/>Another one.</p>", "One paragraph.\n\nAnother one."),
        ("<p>Ko&shy;rea\u200b grow<wbr>ing.</p>", "Korea growing."),
        ("<p>Seen.</p><p hidden>Not seen at all.</p>", "Seen."),
        ("<p>Seen.</p><p style='Display : none'>Not seen.</p>", "Seen."),
        ("<p>Seen <span aria-hidden=true>x</span>here.</p>", "Seen here."),
        ("<p>Seen.</p><template><p>Not seen.</p></template><noscript>No.</noscript>", "Seen."),
        ("<p>Seen<!-- not --> here.</p><script>var x = 'Not seen.'</script>", "Seen here."),
        ("<p>A &amp; B &lt;c&gt; &notanentity; &#x110000;.</p>", "A & B <c> &notanentity; ."),
        ("<pre>Korea\n  grew.</pre>", "Korea\n grew."),
        ("<div>Korea grew.<div>Peru grew.</div>Chile grew.</div>",
         "Korea grew.\n\nPeru grew.\n\nChile grew."),
    ],
)  # fmt: skip
def test_a_small_page_is_read_as_it_shows(html, text):
    assert body(html).document.text == text


def test_a_table_is_a_row_a_block_and_a_layout_is_none():
    rows = "<tr><th>Port<th>Cranes<tr><td>Ilo<br>(south)<td>2<tr><td><td>"
    table = body(f"<p>Ports were given cranes.</p><table>{rows}</table>").document
    assert table.text == "Ports were given cranes.\n\nPort | Cranes\n\nIlo (south) | 2"
    assert len(table.blocks) == 3
    layout = "<table><tr><td><p>Korea grew.</p><p>Peru grew.</p><td><p>Chile grew.</p></table>"
    assert body(layout).document.text == "Korea grew.\n\nPeru grew.\n\nChile grew."


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ('<meta property="article:published_time" content="2024-06">', "2024-06"),
        ('<meta name="date" content="2024">', "2024"),
        ('<meta property="article:modified_time" content="2024-06-01">', None),
        ('<meta name="date" content="soon">', None),
        ('<script type="application/ld+json">{"@type":"Article","datePublished":"2024-06-12"}</script>', "2024-06-12"),
        ('<script type="application/ld+json">{"@type":"Article","datePublished":"x",}</script>', None),
        ('<script type="application/ld+json">' + "[" * 100_000 + "</script>", None),
    ],
)  # fmt: skip
def test_a_date_is_what_the_page_states_and_is_never_completed(head, published):
    html = (
        f"<html><head><title>T</title>{head}</head><body><p>Korea grew in 2019.</p></body></html>"
    )
    assert read(html).document.published == published


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("12 June 2024", "2024-06-12"),
        ("June 2024", "2024-06"),
        ("Lima, 3 de mayo de 2021", "2021-05-03"),
        ("14 мая 2025, 10:45", "2025-05-14"),
        ("2024년 6월 12일", "2024-06-12"),
        ("25/04/2024", "2024-04-25"),
        ("03/04/2024", "2024"),
        ("12.06.2024 09:10", "2024-06-12"),
        ("Updated 12 June 2024", None),
        ("12 June", None),
        ("3 hours ago", None),
        ("31 June 2024", None),
    ],
)
def test_a_visible_dateline_is_read_as_exactly_as_it_is_written(line, published):
    assert body(f"<p class=date>{line}</p><p>Korea grew.</p>").document.published == published


def test_a_date_in_the_text_a_comment_or_a_footer_is_not_the_pages():
    html = (
        "<p>Korea signed it on 12 June 2024.</p><div class=comments><p class=date>1 May 2020</p>"
        "</div><footer><p class=date>2 May 2021</p></footer>"
    )
    assert body(html).document.published is None


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ('<link rel=canonical href="https://example.org/a?b=1&amp;c=2">', "https://example.org/a?b=1&c=2"),
        ('<link rel=canonical href="/a">', None),
        ('<base href="https://example.org/x/"><link rel=canonical href="../a">', "https://example.org/a"),
        ('<link rel=canonical href="javascript:alert(1)">', None),
        ('<link rel=canonical href="file:///etc/passwd">', None),
        ('<link rel=canonical href="https://[">', None),
        ('<meta property="og:url" content="http://example.org/a b">', None),
        ("<!-- saved from url=(0021)https://example.org/a -->", "https://example.org/a"),
    ],
)  # fmt: skip
def test_an_address_is_absolute_and_of_the_web(head, url):
    html = f"<html><head>{head}<title>T</title></head><body><p>Korea grew.</p></body></html>"
    assert read(html).document.url == url


def test_metadata_that_cannot_be_used_is_left_out():
    long = "x" * 2_000
    html = (
        f"<html lang=klingon><head><title>T\n\x0b2</title><meta name=author content='{long}'>"
        "</head><body><p>Korea and Peru signed an agreement on trade this year.</p></body></html>"
    )
    document = read(html).document
    assert (document.title, document.author, document.language) == ("T 2", None, "en")


def test_the_encoding_is_the_marks_the_pages_or_what_the_bytes_show():
    russian = "<p>Делегация из Сеула прибыла в Ташкент на переговоры о поездах.</p>"
    declared = "<meta charset='{}'>"

    def text_of(html, encoding):
        return read(html.encode(encoding)).document.text

    expected = russian[3:-4]
    assert text_of(declared.format("koi8-r") + russian, "koi8-r") == expected
    assert text_of(russian, "utf-16") == expected
    assert text_of(declared.format("klingon") + russian, "cp1251") == expected
    assert text_of(declared.format("utf-8") + russian, "cp1251") == expected
    wrong = read((declared.format("windows-1251") + russian).encode())
    assert wrong.document.text == expected
    assert wrong.warnings == ("read as UTF-8, though the page says cp1251.",)
    assert "the page says it is in cp949, but it is not cp949: byte" in refusal(
        declared.format("euc-kr").encode() + b"<p>\xff\xff\xfe Lima \xe1 x\xf1z.</p>"
    )


def test_what_is_no_single_page_is_refused():
    mhtml = "From: <Saved by a browser>\r\nContent-Type: multipart/related;\r\n\tboundary=x\r\n\r\n"
    assert "it is an MHTML archive: save the page as" in refusal(mhtml + "<p>Korea grew.</p>")
    assert "it is a frameset" in refusal("<frameset cols=2><frame src=a.htm></frameset>")
    assert "is a binary file" in refusal(b"%PDF-1.7\n\x00\x01")
    assert "The document is empty" in refusal(" \n")
    assert "it has no main text" in refusal("<html></html>")


@pytest.mark.parametrize(
    "html",
    [
        "<p>Korea grew.</p><!-- never closed " + "x" * 1000,
        "<p>Korea grew.</p>" + "<b>" * 5_000 + "x",
        "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">Korea grew.</p>",
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><p>Korea grew. &b;</p>',
        "<p>Korea grew.</p>" + "<table><tr><td>" * 500,
        "<p>Korea grew.</p>" + "<div>" * 100_000,
        "</div>" * 10_000 + "<p>Korea grew.</p>",
    ],
)
def test_a_hostile_page_is_a_document_or_refused(html):
    try:
        text = read(html).document.text
    except InvalidDocument as error:
        assert str(error).startswith("page.html: it")  # noqa: PT017
    else:
        assert "Korea grew." in text

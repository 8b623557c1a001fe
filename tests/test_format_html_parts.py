"""Pages of one idea each: what is text, what is a date or an address, and what is refused."""

import pytest

from corpus.errors import InvalidDocument
from corpus.formats import read_bytes
from corpus.formats.raw import Parsed


def read(html: str | bytes, name: str = "page.html") -> Parsed:
    data = html.encode() if isinstance(html, str) else html
    return read_bytes(data, name, f"file:///{name}")


def body(html: str) -> Parsed:
    return read(f"<html lang=en><head><title>T</title></head><body>{html}</body></html>")


def refusal(html: str | bytes) -> str:
    with pytest.raises(InvalidDocument) as caught:
        read(html)
    return str(caught.value)


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
        ("<p>A &amp; B &lt;c&gt; &quot;d&quot; &eacute; &#39;e&#39;.</p>", "A & B <c> \"d\" é 'e'."),
        ("<pre>Korea\n  grew.</pre>", "Korea\ngrew."),
        ("<div>Korea grew.<div>Peru grew.</div>Chile grew.</div>",
         "Korea grew.\n\nPeru grew.\n\nChile grew."),
    ],
)  # fmt: skip
def test_a_small_page_is_read_as_it_shows(html, text):
    assert body(html).document.text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<title>T</title><article><p>Korea grew.</p></article>", "Korea grew."),
        ("<meta charset=utf-8><title>T</title><main><p>Korea grew.</main>", "Korea grew."),
        ("<title>T</title><p>Korea grew.", "Korea grew."),
        ("<p>Korea grew.</p></body><p>Peru grew.</p>", "Korea grew.\n\nPeru grew."),
        ("<body><p>Korea grew.</p></body></html><p>Peru grew.</p>", "Korea grew.\n\nPeru grew."),
        ("Korea grew.", "Korea grew."),
    ],
)
def test_what_stands_outside_the_body_is_read_as_browsers_do(html, text):
    assert read(html).document.text == text


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

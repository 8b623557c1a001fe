"""The links into a publisher's page, in a real browser: it goes to the quoted words."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import markdown
from page_browser import chromium, expect

from service.links import source_link
from service.records import Quote

FILLER = "<p>Other news of the day.</p>\n" * 200
SENTENCE = (
    "Korea & Peru, partners «since 1963», built 16 KT-1P — 100 % of the order — in Peru, he said."
)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("site")
    marked_up = SENTENCE.replace("&", "&amp;").replace("16 KT-1P", "<b>16</b> <i>KT-1P</i>")
    page = f"<!doctype html><meta charset=utf-8><title>T</title>{FILLER}<p id=quoted>{marked_up}</p>{FILLER}<p id=end>"
    (folder / "news.html").write_text(page, "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/news.html"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def page():
    with chromium() as browser:
        yield browser.new_page()


@pytest.mark.parametrize("answer", ["16", "Korea & Peru", "in Peru, he said.", SENTENCE])
def test_the_browser_goes_to_the_quoted_sentence(site, page, answer):
    before, after = SENTENCE.split(answer, 1)
    document = markdown(f"---\nurl: {site}\n---\nText.")
    page.goto("about:blank")
    page.goto(source_link(document, Quote(before, answer, after), None))
    expect(page.locator("#quoted")).to_be_in_viewport()


def test_words_that_are_not_there_leave_the_page_where_its_own_address_leads(site, page):
    document = markdown(f"---\nurl: {site}#end\n---\nText.")
    page.goto("about:blank")
    page.goto(source_link(document, Quote("Nobody said ", "this", "."), None))
    expect(page.locator("#end")).to_be_in_viewport()
    expect(page.locator("#quoted")).not_to_be_in_viewport()


def test_without_the_words_the_page_stays_at_its_top(site, page):
    page.goto("about:blank")
    page.goto(site)
    expect(page.locator("p").first).to_be_in_viewport()
    expect(page.locator("#quoted")).not_to_be_in_viewport()

"""The links into a publisher's page, in a real browser: it goes to the quoted words."""

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import markdown

from service.links import source_link
from service.records import Quote

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium isn't installed")

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
    page = f"<!doctype html><meta charset=utf-8><title>T</title>{FILLER}<p id=x>{marked_up}</p>{FILLER}"
    (folder / "news.html").write_text(page, "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/news.html"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def seen_at(browser, link: str) -> bool:
    """Open a link in a new page; tell whether the sentence stands in what is shown."""
    page = browser.new_page()
    page.goto(link)
    page.wait_for_timeout(300)
    top = page.evaluate("document.getElementById('x').getBoundingClientRect().top")
    height = page.evaluate("innerHeight")
    page.close()
    return bool(0 <= top < height)


@pytest.mark.parametrize("answer", ["16", "Korea & Peru", "in Peru, he said.", SENTENCE])
def test_the_browser_goes_to_the_quoted_sentence(site, browser, answer):
    before, after = SENTENCE.split(answer, 1)
    link = source_link(
        markdown(f"---\nurl: {site}\n---\nText."), Quote(before, answer, after), None
    )
    assert seen_at(browser, link)
    assert not seen_at(browser, site), "without the words it stays at the top"


def test_words_that_are_not_there_leave_the_page_at_its_top(site, browser):
    document = markdown(f"---\nurl: {site}\n---\nText.")
    assert not seen_at(browser, source_link(document, Quote("Nobody said ", "this", "."), None))

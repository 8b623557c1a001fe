"""A real browser in front of a served answerer, for the tests of the page.

Where there is no Playwright or no Chromium, what imports this is skipped.

A page that was gone to has run its scripts: `goto` and `reload` wait for that. What a reply or a
click changes is looked at with `expect`, which waits until it is so; that something is not there
is worth asking only once something else shows that the change has come.
"""

import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from service.answerer import Answerer
from service.api.app import create_app

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
PATIENCE_MS = 20_000

if CHROMIUM is None:
    pytest.skip(f"none of {', '.join(NAMES)} is on the PATH", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
expect.set_options(timeout=PATIENCE_MS)

TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation",
    (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


@contextmanager
def served(answerer: Answerer) -> Iterator[str]:
    """Serve an answerer on a free port; give its address."""
    config = uvicorn.Config(
        create_app(answerer), port=0, log_level="error", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class Site:
    """What is served, and the browser that looks at it; each visit has a profile of its own."""

    def __init__(self, address: str, browser: Any) -> None:
        self.address = address
        self.browser = browser

    @contextmanager
    def visit(self, **options: Any) -> Iterator["Visit"]:
        """Open an empty page; at its end nothing may have gone wrong or been asked of others."""
        context = self.browser.new_context(base_url=self.address, **options)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(TELL_VIOLATIONS)
        try:
            visit = Visit(context, self.address)
            yield visit
            visit.check()
        finally:
            context.close()


class Visit:
    """One tab; collects its errors and what it requested."""

    def __init__(self, context: Any, address: str) -> None:
        self.context = context
        self.address = address
        self.page = context.new_page()
        self.errors: list[str] = []
        self.requested: list[str] = []
        self.statuses: set[str] = set()
        context.on("request", lambda request: self.requested.append(request.url))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", self._console)

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def allow(self, *statuses: str) -> None:
        """Let the browser report replies with these statuses, or that there was none."""
        self.statuses.update(statuses)

    def check(self) -> None:
        """Fail where the page had an error, broke its policy or asked another host."""
        self.page.evaluate("0")  # with its reply, all that happened before has been reported
        allowed = re.compile("Failed to load resource.*(" + "|".join(self.statuses or {"$^"}) + ")")
        assert [error for error in self.errors if not allowed.search(error)] == []
        elsewhere = [url for url in self.requested if not url.startswith(self.address + "/")]
        assert elsewhere == []

    def ask(self, question: str) -> None:
        """Open the page, type a question and press Enter."""
        self.page.goto("/")
        self.ask_here(question)

    def ask_here(self, question: str) -> None:
        """Type a question in the open page and press Enter; the reply is still to come."""
        field = self.page.get_by_label("Your question")
        field.fill(question)
        field.press("Enter")

    def asked(self) -> int:
        """Count the questions that were sent."""
        return sum(url.endswith("/v1/ask") for url in self.requested)


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def site_over(answerer: Answerer) -> Iterator[Site]:
    """Serve an answerer to a browser."""
    with served(answerer) as address, chromium() as browser:
        yield Site(address, browser)

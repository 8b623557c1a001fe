"""The pages: served by us alone, with headers that let nothing else in."""

import re
from importlib.resources import files

import pytest
from conftest import answerer_over
from starlette.testclient import TestClient

from service.api.app import create_app
from service.terminal import reply_lines

PAGES = ["/", "/docs", "/documents/note"]
MODULES = (
    "api", "ask", "asked", "cite", "copy", "countries", "document", "dom", "key", "offsets",
    "problem", "question", "reply", "source", "sourcelink", "storage", "text",
)  # fmt: skip
ASSETS = {
    **{f"/assets/{name}.js": "text/javascript; charset=utf-8" for name in MODULES},
    "/assets/docs.js": "text/javascript; charset=utf-8",
    "/assets/style.css": "text/css; charset=utf-8",
    "/assets/icon.svg": "image/svg+xml",
    "/assets/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "/assets/swagger-ui.css": "text/css; charset=utf-8",
}


@pytest.fixture
def client(tmp_path) -> TestClient:
    return TestClient(create_app(answerer_over(tmp_path, {"note": "It was 16."}, {})))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_html_in_utf_8(client, page) -> None:
    response = client.get(page)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.text.startswith("<!doctype html>")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_lets_nothing_in_from_elsewhere(client, page) -> None:
    headers = client.get(page).headers
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    policy.pop("require-trusted-types-for", None)
    allowed = {word for sources in policy.values() for word in sources.split()}
    assert allowed <= {"'none'", "'self'", "'unsafe-inline'", "data:"}
    assert "'unsafe-inline'" not in policy["script-src"]


@pytest.mark.parametrize("page", ["/", "/documents/note"])
def test_the_browser_itself_keeps_text_from_becoming_markup_or_style(client, page) -> None:
    policy = client.get(page).headers["content-security-policy"]
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("page", [*PAGES, *ASSETS])
def test_what_the_browser_has_is_asked_for_again_only_where_it_changed(client, page) -> None:
    first = client.get(page)
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(page, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = client.get(page, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize("page", [*PAGES, *ASSETS])
def test_every_page_and_asset_has_the_security_headers(client, page) -> None:
    headers = client.get(page).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("page", PAGES)
def test_everything_that_a_page_loads_is_served_by_us(client, page) -> None:
    html = client.get(page).text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert loaded
    for address in loaded:
        assert address.startswith("/"), address
        assert not address.startswith("//")
        assert client.get(address).status_code == 200
    assert "http://" not in html
    assert "https://" not in html


def test_pages_hold_no_script_or_style_that_their_policy_forbids(client) -> None:
    for page in PAGES:
        html = client.get(page).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html)


@pytest.mark.parametrize("name", [name for name in ASSETS if "swagger" not in name])
def test_our_own_assets_load_nothing_from_elsewhere(client, name) -> None:
    text = client.get(name).text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://[a-z]", text)
    assert "url(" not in text
    assert "import(" not in text
    for imported in re.findall(r'from "([^"]+)"', text):
        assert f"/assets/{imported.removeprefix('./')}" in ASSETS


def test_the_styles_of_the_api_page_load_nothing_from_elsewhere(client) -> None:
    text = client.get("/assets/swagger-ui.css").text
    assert not re.search(r"url\((?![\"']?data:)", text)
    assert "@import" not in text


def test_the_api_page_asks_nobody_to_validate_its_description(client) -> None:
    assert "validatorUrl: null" in client.get("/assets/docs.js").text


@pytest.mark.parametrize(("name", "kind"), ASSETS.items())
def test_each_asset_is_served_as_what_it_is(client, name, kind) -> None:
    response = client.get(name)
    assert (response.status_code, response.headers["content-type"]) == (200, kind)


def test_nothing_else_of_the_folder_is_served(client) -> None:
    for name in ("index.py", "%2e%2e", "__init__.py", "sentence_reader.json", ""):
        assert client.get(f"/assets/{name}").status_code == 404


def test_every_module_of_the_folder_is_named_here(client) -> None:
    folder = files("service") / "web"
    served = {f"/assets/{entry.name}" for entry in folder.iterdir() if ".html" not in entry.name}
    assert served == {name for name in ASSETS if "swagger" not in name}


@pytest.mark.parametrize("name", MODULES)
def test_text_becomes_markup_nowhere(client, name) -> None:
    text = client.get(f"/assets/{name}.js").text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


@pytest.mark.parametrize(
    ("sure", "headline"),
    [
        (0.5, "No answer is sure enough to be given."),
        (0.4996, "No answer was found in the documents."),
    ],
)
def test_the_page_says_of_an_abstention_what_the_command_line_says(
    client, tmp_path, sure, headline
) -> None:
    reply = answerer_over(tmp_path / "other", {"n": "It was 16."}, {"16": sure}).ask(
        "How many?", min_confidence=1
    )
    assert next(reply_lines(reply, color=False)) == headline
    script = client.get("/assets/reply.js").text
    (least, likely, unlikely) = re.search(
        r'candidate\?\.confidence >= ([\d.]+) \? "(.+?)"\s+: "(.+?)"', script
    ).groups()
    assert (likely if sure >= float(least) else unlikely) == headline


def test_the_page_asks_within_the_limits_of_the_api(client) -> None:
    assert 'maxlength="1000"' in client.get("/").text

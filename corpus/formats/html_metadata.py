"""What a page says of itself: in JSON-LD, in its meta elements, and where a reader sees it."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urljoin

import regex
from lxml.html import HtmlElement

from corpus.document import is_language
from corpus.formats.html_dates import LINE, line_date, stated_date
from corpus.formats.html_tree import names
from corpus.formats.metadata import Metadata

_LINE_LIMIT = 500
_ARTICLES = ("article", "posting", "report", "webpage")
_LD_LIMIT = 1_000
"""JSON-LD objects of a page that are looked at."""

_TITLES = ("og:title", "citation_title", "dc.title", "dcterms.title", "twitter:title")
_PUBLISHERS = (
    "og:site_name", "citation_publisher", "dc.publisher", "dcterms.publisher", "publisher",
)  # fmt: skip
_AUTHORS = (
    "author", "article:author", "citation_author", "dc.creator", "dcterms.creator",
    "parsely-author",
)  # fmt: skip
_DATES = (
    "article:published_time", "og:published_time", "citation_publication_date", "citation_date",
    "dc.date.issued", "dcterms.issued", "dc.date", "dcterms.date", "datepublished", "pubdate",
    "publishdate", "publish_date", "publication_date", "parsely-pub-date", "sailthru.date", "date",
)  # fmt: skip
_DATED = names("time span p div li td dd em strong abbr font b i small h4 h5 h6")
_LINE_PARTS = 40
_LINES_READ = 50
"""Lines of a page that are read as datelines: a page has one near its top."""

_DATELINE = regex.compile(
    r"(?:^|[\s_-])(?:date\w*|\w*-?date|time|timestamp|datetime|published|pubdate|posted|"
    r"posted-?on|regdate|reg-?date|wr_?date|fecha)(?:[\s_-]|$)"
)
_DATELINE_LABEL = regex.compile(
    r"\A\s*(?:published|posted|date|issued|fecha|publicado|дата|опубликовано|등록일|작성일|입력|게시일)",
    regex.IGNORECASE,
)
_NOT_ITS_OWN = regex.compile(r"comment|related|recommend|sidebar|widget|footer|most-?read|popular")
_SAVED_FROM = regex.compile(
    r"<!--\s*(?:saved from url=\(\d+\)|Page saved with SingleFile\s+url:\s*)(https?://[^\s>]+)"
)
_CREATIVE_COMMONS = regex.compile(
    r"creativecommons\.org/(?:licenses/(?P<kind>by(?:-nc)?(?:-sa|-nd)?)/(?P<version>\d\.\d)|"
    r"publicdomain/zero)"
)


def page_metadata(root: HtmlElement, source: str) -> Metadata:
    """Return what a page says of itself; its tree must still hold its head and its scripts."""
    stated = _Stated(root)
    language = _language(root, stated)
    publisher = _first(
        [*stated.linked("publisher"), *stated.named(*_PUBLISHERS), *_site_titles(root)]
    )
    return Metadata(
        title=_title(root, stated, publisher),
        publisher=publisher,
        author=_author(root, stated),
        published=_published(root, stated, language),
        url=_url(root, stated, source),
        language=language,
        licence=_licence(root),
    )


class _Stated:
    """The page's meta elements by name, and its article as JSON-LD gives it."""

    def __init__(self, root: HtmlElement) -> None:
        self._named: dict[str, list[str]] = {}
        for meta in root.iter("meta"):
            name = meta.get("property") or meta.get("name") or meta.get("itemprop")
            if name is None:
                name = meta.get("http-equiv", "")
            self._named.setdefault(name.strip().lower(), []).append(meta.get("content", ""))
        self.article = _article(root)

    def named(self, *keys: str) -> list[str]:
        return [value for key in keys for value in self._named.get(key, [])]

    def linked(self, key: str) -> list[str]:
        """Return a value of the article, or the names of the persons or organisations in it."""
        value = self.article.get(key)
        entries = value if isinstance(value, list) else [value]
        said = [entry.get("name") if isinstance(entry, dict) else entry for entry in entries]
        return [name for name in said if isinstance(name, str)]


def _article(root: HtmlElement) -> dict[str, Any]:
    """Return the JSON-LD object that describes the page's article, an empty one without it."""
    best: dict[str, Any] = {}
    best_rank = len(_ARTICLES)
    for script in root.iter("script"):
        if script.get("type", "").split(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            value = json.loads((script.text or "").strip(), strict=False)
        except (ValueError, RecursionError):
            continue
        for entry in _objects(value):
            kinds = str(entry.get("@type", "")).lower()[:200]
            rank = next((at for at, kind in enumerate(_ARTICLES) if kind in kinds), best_rank)
            if rank < best_rank:
                best, best_rank = entry, rank
    return best


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    for _ in range(_LD_LIMIT):
        if not waiting:
            return
        entry = waiting.pop(0)
        if isinstance(entry, list):
            waiting.extend(entry)
        elif isinstance(entry, dict):
            yield entry
            waiting.extend(entry[key] for key in ("@graph", "mainEntity") if key in entry)


def _first(values: Iterable[str | None]) -> str | None:
    """Return the first value that says something, on one line."""
    for value in values:
        line = _one_line(value or "")
        if line and len(line) <= _LINE_LIMIT:
            return line
    return None


def _one_line(text: str) -> str:
    return " ".join(regex.sub(r"[\p{Cc}\p{Cf}]", " ", text[: 4 * _LINE_LIMIT]).split())


def _title(root: HtmlElement, stated: _Stated, publisher: str | None) -> str | None:
    headings = [_text_of(heading) for heading in root.iter("h1")]
    headings = [heading for heading in headings if heading != publisher]
    shown = _first(_text_of(title) for title in root.iterfind(".//head/title"))
    own = [heading for heading in headings if shown and heading and heading in shown]
    found = _first(
        [*stated.linked("headline"), *stated.named(*_TITLES), *own, *headings[:1], shown]
    )
    return found and _without_site(found, publisher)


def _without_site(title: str, publisher: str | None) -> str:
    """Take the site's name off a title: «Trade grew | The Paper»."""
    if publisher:
        name = regex.escape(publisher)
        title = regex.sub(rf"\s+[|–—•·:»-]\s*{name}\Z|\A{name}\s*[|–—•·:»-]\s+", "", title) or title
    return title


def _site_titles(root: HtmlElement) -> Iterator[str]:
    for element in root.iter("p", "div", "a", "span", "h1", "h2"):
        if {"site-title", "site-name"} & names(element.get("class", "")[:_LINE_LIMIT].lower()):
            yield _text_of(element)


def _author(root: HtmlElement, stated: _Stated) -> str | None:
    said = stated.linked("author") or stated.named(*_AUTHORS)
    if not said:
        said = [_text_of(link) for link in root.iter("a", "span") if _is_author(link)]
    written = [_one_line(name) for name in said if "://" not in name]
    return _first([", ".join(dict.fromkeys(name for name in written if name))])


def _is_author(element: HtmlElement) -> bool:
    return bool(element.get("rel") == "author" or element.get("itemprop") == "author")


def _published(root: HtmlElement, stated: _Stated, language: str | None) -> str | None:
    said = stated_date([*stated.linked("datePublished"), *stated.named(*_DATES)])
    if said:
        return said
    lines_left = _LINES_READ
    for element in root.iter(*_DATED):
        if element.tag == "time":
            said = stated_date([element.get("datetime")])
            if said and _is_its_own(element):
                return said
        line = _short_text(element)
        if line and _is_dateline(element, line):
            lines_left -= 1
            if lines_left < 0:
                return None
            said = line_date(line, language)
            if said and _is_its_own(element):
                return said
    return None


def _short_text(element: HtmlElement) -> str | None:
    """Return an element's text where it is short enough to be a dateline."""
    parts: list[str] = []
    length = 0
    for part in islice(element.itertext(), _LINE_PARTS):
        parts.append(part)
        length += len(part.strip())
        if length > LINE:
            return None
    return _one_line("".join(parts))


def _is_dateline(element: HtmlElement, line: str) -> bool:
    said = f"{element.get('class', '')} {element.get('id', '')} {element.get('itemprop', '')}"
    if element.tag == "time" or _DATELINE.search(said[:_LINE_LIMIT].lower()):
        return True
    return _DATELINE_LABEL.match(line) is not None


def _is_its_own(element: HtmlElement) -> bool:
    """Tell whether a date stands with the article, and not with a comment or another one."""
    for above in (element, *element.iterancestors()):
        if above.tag in {"aside", "nav", "footer", "body"}:
            return bool(above.tag == "body")
        if _NOT_ITS_OWN.search(f"{above.get('class', '')} {above.get('id', '')}"[:500].lower()):
            return False
    return True


def _url(root: HtmlElement, stated: _Stated, source: str) -> str | None:
    base = next((element.get("href") for element in root.iter("base")), None) or ""
    canonical = [
        link.get("href", "") for link in root.iter("link") if link.get("rel", "") == "canonical"
    ]
    saved = _SAVED_FROM.search(source[:4096])
    for address in [*canonical, *stated.named("og:url"), saved[1] if saved else ""]:
        try:
            whole = urljoin(base, address.strip())
        except ValueError:
            continue
        if regex.fullmatch(
            r"https?://[^\s/\p{Cc}]+\.[^\s/\p{Cc}]+(?:/[^\s\p{Cc}]*)?", whole[:1001]
        ):
            return whole if len(whole) <= 2 * _LINE_LIMIT else None
    return None


def _language(root: HtmlElement, stated: _Stated) -> str | None:
    said = [root.get("lang"), root.get("{http://www.w3.org/XML/1998/namespace}lang")]
    said += [root.get("xml:lang"), *stated.named("og:locale", "content-language", "dc.language")]
    for name in said:
        code = regex.split(r"[-_,;\s]", (name or "").strip().lower())[0]
        if code and is_language(code):
            return code
    return None


def _licence(root: HtmlElement) -> str | None:
    for link in root.iter("a", "link"):
        if "license" not in link.get("rel", "").lower().split():
            continue
        address = link.get("href", "")
        known = _CREATIVE_COMMONS.search(address)
        if known:
            return f"CC-{known['kind'].upper()}-{known['version']}" if known["kind"] else "CC0-1.0"
        return _first([_text_of(link), address])
    return None


def _text_of(element: HtmlElement) -> str:
    return _one_line("".join(element.itertext()))

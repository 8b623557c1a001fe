"""Which pieces of a page are its main text: trafilatura says, and what it drops is put back.

Trafilatura knows the layouts of many thousand pages, but gives a text of its own making, without
captions. Its text is looked up among the page's pieces; within the element that holds them,
captions, tables, headings and paragraphs that it left out are the article's too.
"""

import logging
from collections.abc import Sequence
from copy import deepcopy

import regex
from lxml.html import HtmlElement

from corpus.formats.html_pieces import Piece, depth_of
from corpus.formats.html_tree import names

_KEY = 30
"""Letters by whose first or last ones a paragraph is known again."""

_HOLDS = 0.8
"""Share of the main text that its element must hold."""

_LINKED = 0.4
"""A paragraph with a larger share of links is a menu."""

_ALL_LINKED = 0.8
"""One that trafilatura takes for text may have more, but not nothing else."""

_WORDY = 60
_ENDED = regex.compile(r"[.!?…。！？:][\"'”’»)\]]*\Z")
_NOT_LETTERS = regex.compile(r"[^\p{L}\p{N}]+")
_LEAVES = names("p li dd dt tr td th blockquote pre h1 h2 h3 h4 h5 h6 figcaption caption")
_BESIDE_TAGS = names("nav aside footer menu dialog button label address")
_BESIDE_ROLES = names("navigation complementary contentinfo dialog search")
_BESIDE = regex.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|newsletter|subscri\w*|shar(?:e|ing)\w*|social|related\w*|"
    r"recommend\w*|read-?more|also|promo\w*|advert\w*|ads?|sidebar|widgets?|comments?|disqus|"
    r"respond|breadcrumbs?|pagination|pager|tags|tagcloud|navbox|toc|reflist|references|popup|"
    r"modal|login|footer|menu|gnb|lnb|snb|nav|navi|navigation|skip|copyright|printfooter|catlinks|"
    r"paywall|banner|most-?read|popular|trending|hatnote|metadata|post-?meta|entry-?meta|byline|"
    r"view-?count|attach\w*|satisfaction)(?:[\s_-]|$)"
)


def main_pieces(root: HtmlElement, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces of the main text, in their order; empty where the page has none."""
    known = _Known(_extracted(root))
    chosen = {place for place, piece in enumerate(pieces) if known.holds(piece)}
    if not chosen:
        beside = _Beside(root)
        kept = [piece for piece in pieces if _is_text(piece) and piece not in beside]
        return _without_bare_headings(kept)
    container = _container([pieces[place] for place in chosen])
    beside = _Beside(container)
    within = {
        place
        for place, piece in enumerate(pieces)
        if _is_in(piece, container) and piece not in beside
    }
    first, last = min(chosen & within, default=0), max(chosen & within, default=0)
    kept = [
        piece
        for place, piece in enumerate(pieces)
        if place in within
        and not _is_menu(piece)
        and (place in chosen or _belongs(piece, is_between=first < place < last))
    ]
    return _without_bare_headings(kept)


class _Known:
    """The paragraphs that trafilatura gives, known by their letters."""

    def __init__(self, texts: Sequence[str]) -> None:
        letters = [_letters(text) for text in texts]
        self._whole = set(letters)
        self._beginnings = {text[:_KEY] for text in letters if len(text) >= _KEY}
        self._ends = {text[-_KEY:] for text in letters if len(text) >= _KEY}

    def holds(self, piece: Piece) -> bool:
        letters = _letters(piece.text)
        if piece.kind == "row":
            cells = [cell for cell in map(_letters, piece.text.split(" | ")) if cell]
            return bool(cells) and sum(cell in self._whole for cell in cells) * 2 > len(cells)
        if len(letters) < _KEY:
            return letters in self._whole and letters != ""
        return letters[:_KEY] in self._beginnings or letters[-_KEY:] in self._ends


def _extracted(root: HtmlElement) -> list[str]:
    """Return the texts of the elements of trafilatura's main text."""
    from trafilatura import bare_extraction  # noqa: PLC0415  -- a question reads no page

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found = bare_extraction(deepcopy(root), include_comments=False, with_metadata=False)
    if found is None or isinstance(found, dict) or found.body is None:
        return []
    texts: list[str] = []
    for element in found.body.iter("p", "head", "item", "cell", "quote", "code", "ab", "fw"):
        for line_break in element.iter("lb"):
            line_break.tail = "\n" + (line_break.tail or "")
        whole = "".join(element.itertext())
        texts.extend([whole, *whole.split("\n")] if len(whole) < 100_000 else whole.split("\n"))
    return texts


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text)


def _container(chosen: Sequence[Piece]) -> HtmlElement:
    """Return the innermost element that holds most of the chosen text."""
    held: dict[HtmlElement, int] = {}
    for piece in chosen:
        for element in (piece.element, *piece.element.iterancestors()):
            held[element] = held.get(element, 0) + len(piece.text)
    enough = _HOLDS * sum(len(piece.text) for piece in chosen)
    innermost = max((element for element in held if held[element] >= enough), key=depth_of)
    while innermost.tag in _LEAVES and innermost.getparent() is not None:
        innermost = innermost.getparent()
    return innermost


def _is_in(piece: Piece, container: HtmlElement) -> bool:
    element = piece.element
    return element is container or any(above is container for above in element.iterancestors())


def _belongs(piece: Piece, *, is_between: bool) -> bool:
    """Tell whether a piece that trafilatura left out is the article's all the same."""
    if piece.kind in {"caption", "row"}:
        return True
    if piece.kind == "heading":
        return is_between
    return _is_text(piece) and (is_between or len(piece.text) >= _WORDY)


def _is_menu(piece: Piece) -> bool:
    return piece.kind in {"paragraph", "item"} and piece.links > _ALL_LINKED * len(piece.text)


def _is_text(piece: Piece) -> bool:
    if piece.links > _LINKED * len(piece.text):
        return False
    if piece.kind in {"heading", "row", "caption"}:
        return True
    return len(piece.text) >= _WORDY or _ENDED.search(piece.text[-8:]) is not None


class _Beside:
    """Which elements below a container stand beside the text: menus, notices, comments."""

    def __init__(self, container: HtmlElement) -> None:
        self._known: dict[HtmlElement, bool] = {container: False}

    def __contains__(self, piece: Piece) -> bool:
        above: list[HtmlElement] = []
        element: HtmlElement | None = piece.element
        while element is not None and element not in self._known:
            above.append(element)
            element = element.getparent()
        is_beside = element is not None and self._known[element]
        for below in reversed(above):
            is_beside = is_beside or _stands_beside(below)
            self._known[below] = is_beside
        return is_beside


def _stands_beside(element: HtmlElement) -> bool:
    if element.tag in {"body", "html"}:
        return False
    if element.tag in _BESIDE_TAGS or element.get("role") in _BESIDE_ROLES:
        return True
    said = f"{element.get('class', '')} {element.get('id', '')}".lower()
    return _BESIDE.search(said) is not None


def _without_bare_headings(pieces: Sequence[Piece]) -> list[Piece]:
    """Leave out the headings with which the text ends: what stood below them is left out."""
    kept = list(pieces)
    while kept and kept[-1].kind == "heading":
        kept.pop()
    return kept

"""Links into the publisher's own page, to the quoted words.

Text fragments: https://wicg.github.io/scroll-to-text-fragment/ (WICG); pages of a PDF: RFC 8118.
"""

from urllib.parse import quote as percent_encoded
from urllib.parse import urldefrag

import regex

from corpus.document import Provenance
from service.records import Quote

_WHOLE_WORDS = 12
"""A sentence of up to so many words stands in the fragment as it is."""

_EDGE_WORDS = 5
"""Of a longer one, so many words at either end."""

_SHORTENED = "… "

_MARKDOWN = (".md", ".markdown")
_LINK = regex.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])|\[\^[^\[\]]*\]")
_EMPHASIS = regex.compile(r"(?<![\w*_`])[*_`]+(?=\S)|(?<=\S)[*_`]+(?![\w*_`])")


def source_link(provenance: Provenance, quote: Quote, page: int | None) -> str | None:
    """Return the document's URL with the place of a quote in it; None where it has none.

    A digest has none: the words are ours, not the publisher's. A browser that doesn't find the
    words, or knows no text fragments, opens the page at its top.
    """
    if provenance.url is None or provenance.kind == "digest":
        return None
    if page is not None:
        return f"{urldefrag(provenance.url).url}#page={page}"
    url, _, place = provenance.url.partition("#")
    is_markdown = provenance.origin.partition("#")[0].lower().endswith(_MARKDOWN)
    fragment = _text_fragment(quote, is_markdown=is_markdown)
    return f"{url}#{place.partition(':~:')[0]}:~:text={fragment}"


def _text_fragment(quote: Quote, *, is_markdown: bool) -> str:
    """Return the directive that finds a quote's sentence: all of it, or its first and last words.

    A table's row is found by its first cell, where the second one follows. Words at a paragraph's
    border may stand in another element, where no fragment reaches: only the part around the answer
    that is one line is taken.
    """
    before = regex.split(r"[\r\n]+", quote.before.removeprefix(_SHORTENED))[-1]
    after = regex.split(r"[\r\n]+", quote.after.removesuffix(" …"))[0]
    line = f"{before}{quote.text}{after}"
    if is_markdown:
        line = _EMPHASIS.sub("", _LINK.sub(r"\1", line))
    cells = [cell.split() for cell in line.split("|") if cell.strip()]
    if len(cells) > 1:
        return f"{_encoded(cells[0])},-{_encoded(cells[1][:_EDGE_WORDS])}"
    words = cells[0] if cells else []
    if len(words) <= _WHOLE_WORDS:
        return _encoded(words)
    return f"{_encoded(words[:_EDGE_WORDS])},{_encoded(words[-_EDGE_WORDS:])}"


def _encoded(words: list[str]) -> str:
    """Percent-encode words; a dash and a comma have a meaning in the directive."""
    return percent_encoded(" ".join(words), safe="").replace("-", "%2D")

"""A saved page as a tree: decoded by what it says of itself, without what nobody sees."""

import codecs
from itertools import dropwhile

import lxml.html
import regex
from lxml import etree

from corpus.errors import InvalidDocument
from corpus.formats.decoding import Decoded, decode
from corpus.formats.raw import RawFile

_DECLARED = regex.compile(
    rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})"
    rb"|\A\s*<\?xml[^>]{1,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})",
    regex.IGNORECASE,
)
_DECLARED_WITHIN = 4096
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AS_BROWSERS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "iso8859-9": "cp1254",
}
"""What browsers read under a name: Python's codec of that name has less."""

_UNKNOWN_TO_PYTHON = {"windows-949": "cp949", "x-windows-949": "cp949", "x-sjis": "cp932"}
_MHTML = regex.compile(rb"\A(?:[\w-]+:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+", regex.IGNORECASE)


def names(listing: str) -> frozenset[str]:
    """Return the words of a listing."""
    return frozenset(listing.split())


_UNSEEN = names(
    "script style noscript template head iframe object embed svg math canvas audio video map "
    "select datalist textarea input button applet frameset noframes"
)
_OF_HEADS = names("title meta link script style base noscript template object bgsound")
_HIDDEN_STYLE = regex.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", regex.IGNORECASE)
_NOTHING = "wbr"
"""What shows nothing and breaks no word: it stands where something was taken out."""

_ATTRIBUTE_LIMIT = 1_000
_FORM_TEXT = 500
"""Characters in a form that make it the page's frame: some servers wrap every page in one."""


def decoded_page(raw: RawFile) -> Decoded:
    """Decode a page: as the user says, by a mark, as UTF-8, as the page says, else by its bytes."""
    if _is_mhtml(raw.data):
        raise InvalidDocument(
            "it is an MHTML archive: save the page as «HTML only» or «complete», and add that."
        )
    declared = _declared(raw.data[:_DECLARED_WITHIN])
    if raw.encoding is not None or raw.data.startswith(_MARKS) or declared is None:
        return raw.decoded
    if not raw.data.isascii() and declared != "utf-8" and _is_utf_8(raw.data):
        decoded = raw.decoded
        told = f"read as UTF-8, though the page says {declared}."
        return Decoded(decoded.text, decoded.encoding, (*decoded.warnings, told))
    try:
        return decode(raw.data, declared)
    except InvalidDocument as error:
        if "binary" in str(error):
            raise
        return _other_than(declared, raw, error)


def _other_than(declared: str, raw: RawFile, error: InvalidDocument) -> Decoded:
    try:
        return raw.decoded
    except InvalidDocument:
        raise InvalidDocument(f"the page says it is in {declared}, but {error}") from None


def _declared(beginning: bytes) -> str | None:
    """Return Python's name of the encoding that the page states; None where it states none."""
    match = _DECLARED.search(beginning)
    if match is None:
        return None
    name = (match[1] or match[2]).decode("ascii", "ignore").lower()
    try:
        codec = codecs.lookup(_UNKNOWN_TO_PYTHON.get(name, name)).name
        "".encode(codec)
    except (LookupError, ValueError):
        return None
    # A page whose ASCII says UTF-16 is not in UTF-16.
    return None if codec.startswith(("utf-16", "utf-32")) else _AS_BROWSERS.get(codec, codec)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_mhtml(data: bytes) -> bool:
    headers = _MHTML.match(data[:8192])
    return headers is not None and b"multipart/related" in headers[0].lower()


def page_tree(text: str) -> lxml.html.HtmlElement:
    """Parse a page into its root. Raises InvalidDocument where that would lose text."""
    if not text.strip():
        raise InvalidDocument("The document is empty: there is no text to index.")
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise InvalidDocument(f"it is no HTML page: {str(error)[:100]}.") from None
    for entry in parser.error_log:
        if "xcessive depth" in entry.message:
            raise InvalidDocument("its elements are nested more than 256 deep.")
        if entry.level_name == "FATAL":
            raise InvalidDocument(f"it can't be read whole: {entry.message[:100].strip()}.")
    if root.find(".//frameset") is not None:
        raise InvalidDocument("it is a frameset: its text stands in other files, add those.")
    _settle_body(root)
    for element in root.iter(etree.Element):
        for name in ("class", "id", "style", "role"):
            value = element.get(name)
            if value is not None and len(value) > _ATTRIBUTE_LIMIT:
                element.set(name, value[:_ATTRIBUTE_LIMIT])
    return root


def _settle_body(root: lxml.html.HtmlElement) -> None:
    """Bring into the body what the parser left in the head, after the body or after the page.

    HTML 5 lets a page leave out both tags, and libxml2 doesn't know its elements.
    """
    head, body = root.find("head"), root.find("body")
    if body is None:
        body = etree.SubElement(root, "body")
    if head is not None:
        strays = list(dropwhile(lambda element: element.tag in _OF_HEADS, head))
        for place, stray in enumerate(strays):
            body.insert(place, stray)
        if strays and body.text:
            strays[-1].tail = (strays[-1].tail or "") + body.text
            body.text = None
    after = [element for element in root if element is not head and element is not body]
    for stray in [*after, *root.itersiblings()]:
        body.append(stray)


def remove_unseen(root: lxml.html.HtmlElement) -> None:
    """Take out what a reader of the page doesn't see; the text after it stays."""
    unseen = [element for element in root.iter(etree.Element) if _is_unseen(element)]
    for element in unseen:
        if element is not root and element.tag != "body":
            element.clear(keep_tail=True)
            element.tag = _NOTHING
    for form in root.iter("form"):
        if sum(map(len, form.itertext())) > _FORM_TEXT:
            form.tag = "div"


def _is_unseen(element: lxml.html.HtmlElement) -> bool:
    if element.tag in _UNSEEN or "hidden" in element.attrib:
        return True
    if element.get("aria-hidden") == "true":
        return True
    return _HIDDEN_STYLE.search(element.get("style", "")[:1000]) is not None

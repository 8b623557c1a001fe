"""The title and author that a file names in its properties, where they are a document's at all."""

import re

from corpus.formats.raw import one_line

_LIMIT = 300
_NO_TITLE = re.compile(
    r"(?:microsoft |word document\Z|powerpoint|untitled|document\s?\d*\Z|slide \d|presentation\d*\Z"
    r"|제목 ?없음|sin título|без имени|(?:new )?\w*template)"
    r"|.*\.(?:docx?|pdf|indd|pptx?|xlsx?|hwpx?|od[tps]|tex|dvi|ps|rtf|html?|qxd|pages|wpd|txt)\Z",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"(?:user|python-docx|admin(?:istrator)?|owner|unknown|anonymous|author"
    r"|windows user|microsoft.*|pc|hp|dell|acer|lenovo|\w*@\S*|사용자|usuario|пользователь)\d*\Z",
    re.IGNORECASE,
)


def title_from(given: str | None) -> str | None:
    """Return a title that looks like one; not a file's name, nor what a program put there."""
    title = one_line(given or "")
    if len(title) < 3 or len(title) > _LIMIT or _NO_TITLE.match(title):
        return None
    return title if _is_readable(title) and sum(map(str.isalpha, title)) >= 3 else None


def author_from(given: str | None) -> str | None:
    """Return an author who is one; not the name of an account."""
    author = one_line(given or "")
    if len(author) < 2 or len(author) > _LIMIT or _NO_AUTHOR.match(author):
        return None
    return author if _is_readable(author) and any(map(str.isalpha, author)) else None


def _is_readable(value: str) -> bool:
    return value.isprintable() and not re.search("[\ufffd\ue000-\uf8ff\ud800-\udfff]", value)

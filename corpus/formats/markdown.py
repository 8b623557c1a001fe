"""Markdown with or without front matter: the stored text is the body, character for character."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from corpus.blocks import markdown_blocks, words_of
from corpus.document import Block, Document, Source, check_text, source_from
from corpus.errors import InvalidDocument
from corpus.formats.raw import Parsed, RawFile, one_line
from corpus.language import detect_language

_FRONT_MATTER = re.compile(
    r"---[ \t]*(?:\r\n|\n|\r)(?P<yaml>.*?)(?<=[\r\n])(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)",
    re.DOTALL,
)
_FRONT_MATTER_LIMIT = 64 * 1024
_TEXT_KEYS = ("title", "publisher", "author", "published", "url", "language", "licence")
_LIST_KEYS = ("countries", "tags")
_KEYS = {"id", "kind", "sources", *_TEXT_KEYS, *_LIST_KEYS}
_NOTHING = {"", "null", "~"}


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The parsed front matter, and the offset in the file at which the body starts."""

    values: dict[str, Any]
    body_start: int


def read_markdown(raw: RawFile) -> Parsed:
    """Read Markdown; front matter gives the provenance, unknown keys of it are told as warnings."""
    front_matter = read_front_matter(raw.text)
    values = front_matter.values
    text = raw.text[front_matter.body_start :]
    check_text(text)
    blocks = markdown_blocks(text)
    unknown = sorted(str(key) for key in values if key not in _KEYS)
    warnings = [f"front matter key {key[:60]!r} is unknown and was left out." for key in unknown]
    texts = {key: _text(values, key) for key in _TEXT_KEYS}
    kind: Any = _text(values, "kind") or "source"
    document = Document(
        id=raw.document_id if raw.id_is_given else _text(values, "id") or raw.document_id,
        text=text,
        title=texts["title"] or _first_heading(text, blocks) or raw.stem,
        origin=raw.origin,
        blocks=blocks,
        kind=kind,
        publisher=texts["publisher"],
        author=texts["author"],
        published=texts["published"],
        url=texts["url"],
        language=texts["language"] or detect_language(text),
        licence=texts["licence"],
        countries=_texts(values, "countries"),
        tags=_texts(values, "tags"),
        sources=_sources(values),
    )
    return Parsed(document, tuple(warnings))


def read_front_matter(text: str) -> FrontMatter:
    """Return the YAML mapping between two ``---`` lines at the start; an empty one without it.

    A mapping that has none of our keys is text.

    Every scalar stays text, so that ``NO`` is Norway and ``2020-06`` a month.
    """
    match = _FRONT_MATTER.match(text)
    if match is None:
        return FrontMatter({}, 0)
    if len(match["yaml"]) > _FRONT_MATTER_LIMIT:
        raise InvalidDocument(f"the front matter is longer than {_FRONT_MATTER_LIMIT} characters.")
    try:
        values = yaml.load(match["yaml"], Loader=_TextLoader)  # noqa: S506  -- builds text only
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 2}" if error.problem_mark else ""
        problem = error.problem or "can't be parsed"
        raise InvalidDocument(f"the front matter is not YAML{line}: {problem}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidDocument(f"the front matter is not YAML: {str(error)[:200]}.") from None
    if values is None or values == "":
        return FrontMatter({}, match.end())
    if not isinstance(values, dict) or not _KEYS & values.keys():
        return FrontMatter({}, 0)  # text between two rules
    return FrontMatter(values, match.end())


class _TextLoader(yaml.BaseLoader):
    """YAML whose scalars are all text, and whose keys may stand once only.

    An alias is refused: a few of them in each other's values stand for gigabytes.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            problem = "an alias is not taken, write the value out"
            raise yaml.composer.ComposerError(None, None, problem, mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = key_node.value
            if not isinstance(key, str) or key in seen:
                is_text = isinstance(key, str)
                problem = f"the key {key!r:.60} stands twice" if is_text else "a key is no text"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _text(values: dict[str, Any], key: str) -> str | None:
    value = values.get(key)
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING):
        return None
    if not isinstance(value, str):
        raise InvalidDocument(f"`{key}` must be text, not {value!r:.60}.")
    return value.strip()


def _texts(values: dict[str, Any], key: str) -> tuple[str, ...]:
    value = values.get(key)
    if isinstance(value, str):
        single = _text(values, key)
        return (single,) if single else ()
    entries = value or []
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise InvalidDocument(f"`{key}` must be a list of texts, not {value!r:.60}.")
    return tuple(dict.fromkeys(entry.strip() for entry in entries))


def _sources(values: dict[str, Any]) -> tuple[Source, ...]:
    entries = values.get("sources")
    if entries is None or (isinstance(entries, str) and entries.lower() in _NOTHING):
        return ()
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidDocument(f"`sources` must be a list of mappings, not {entries!r:.60}.")
    return tuple(
        source_from({key: _text(entry, key) for key in entry if isinstance(key, str)})
        for entry in entries
    )


def _first_heading(text: str, blocks: tuple[Block, ...]) -> str | None:
    for block in blocks:
        if block.kind == "heading":
            return one_line(words_of(text, block))[:200] or None
    return None

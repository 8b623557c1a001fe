"""Markdown with or without front matter: the stored text is the body, character for character."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from corpus.blocks import markdown_blocks, words_of
from corpus.document import Block, check_text
from corpus.errors import InvalidDocument
from corpus.formats.metadata import KEYS, NO_METADATA, Metadata, metadata_from
from corpus.formats.raw import Parsed, RawFile, document_of, one_line

_FRONT_MATTER = re.compile(
    r"---[ \t]*(?:\r\n|\n|\r)(?P<yaml>.*?)(?<=[\r\n])(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)",
    re.DOTALL,
)
_FRONT_MATTER_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The parsed front matter, and the offset in the file at which the body starts."""

    values: dict[str, Any]
    body_start: int


def read_markdown(raw: RawFile) -> Parsed:
    """Read Markdown; front matter gives the provenance, unknown keys of it are told as warnings."""
    front_matter = read_front_matter(raw.text)
    text = raw.text[front_matter.body_start :]
    found = metadata_from(front_matter.values)
    return markdown_document(raw, text, found, warnings=raw.decoded.warnings)


def markdown_document(
    raw: RawFile, text: str, found: Metadata = NO_METADATA, *, warnings: tuple[str, ...] = ()
) -> Parsed:
    """Make a document of Markdown without front matter."""
    check_text(text)
    blocks = markdown_blocks(text)
    title = found.title or _first_heading(text, blocks)
    return document_of(raw, text, blocks, found, fallback_title=title, warnings=warnings)


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
    values = read_yaml(match["yaml"], "the front matter", first_line=2)
    if values is None or values == "":
        return FrontMatter({}, match.end())
    if not isinstance(values, dict) or not KEYS & values.keys():
        return FrontMatter({}, 0)  # text between two rules
    return FrontMatter(values, match.end())


def read_yaml(text: str, what: str, first_line: int = 1) -> Any:
    """Read YAML, every scalar of it as text. Raises InvalidDocument, naming ``what`` it was."""
    try:
        return yaml.load(text, Loader=_TextLoader)  # noqa: S506  -- builds text only
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + first_line}" if error.problem_mark else ""
        problem = error.problem or "can't be parsed"
        raise InvalidDocument(f"{what} is not YAML{line}: {problem}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidDocument(f"{what} is not YAML: {str(error)[:200]}.") from None


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


def _first_heading(text: str, blocks: tuple[Block, ...]) -> str | None:
    for block in blocks:
        if block.kind == "heading":
            return one_line(words_of(text, block))[:200] or None
    return None

"""Front matter: plain text in YAML's clothes, and every mistake in it told with its place."""

import pytest

from corpus.document import Source
from corpus.errors import InvalidDocument
from corpus.formats import read_bytes
from corpus.formats.raw import Parsed


def parsed(text: str, document_id: str | None = None) -> Parsed:
    return read_bytes(text.encode(), "note.md", "file:///note.md", document_id)


def refusal(text: str) -> str:
    with pytest.raises(InvalidDocument) as caught:
        parsed(text)
    return str(caught.value)


def test_front_matter_gives_the_provenance():
    read = parsed(
        "---\nid: a-1\nkind: digest\ntitle: A title\npublisher: P\nauthor: A\npublished: 2020-06\n"
        "url: https://example.org/x\nlanguage: en-GB\nlicence: CC-BY-4.0\ncountries: [KR, PE]\n"
        "tags:\n  - trade\n  - trade\n  - aircraft\n"
        "sources:\n  - title: S\n    published: 2019\n---\nText.\n"
    )
    assert read.warnings == ()
    known = read.document
    assert (known.id, known.kind, known.title) == ("a-1", "digest", "A title")
    assert (known.publisher, known.author, known.published) == ("P", "A", "2020-06")
    assert (known.url, known.language) == ("https://example.org/x", "en-GB")
    assert (known.licence, known.countries) == ("CC-BY-4.0", ("KR", "PE"))
    assert known.tags == ("trade", "aircraft")
    assert known.sources == (Source("S", published="2019"),)
    assert known.origin == "file:///note.md"


def test_every_scalar_of_front_matter_stays_text():
    """Plain YAML reads NO as false, 2020-06-01 as a date, 1_0 as ten and 0x10 as sixteen."""
    read = parsed("---\ncountries: [NO]\npublished: 2020-06-01\ntitle: 1_0\nauthor: 0x10\n---\nx")
    assert read.document.countries == ("NO",)
    assert read.document.published == "2020-06-01"
    assert (read.document.title, read.document.author) == ("1_0", "0x10")
    assert parsed("---\ncountries: NO\n---\nx").document.countries == ("NO",)
    assert parsed("---\npublished: 2020-06\n---\nx").document.published == "2020-06"


def test_an_empty_value_says_nothing():
    read = parsed("---\ntitle:\nurl: null\nauthor: ~\ntags:\nsources: null\n---\nSome words.")
    known = read.document
    assert (known.title, known.url, known.author, known.tags) == ("note", None, None, ())


def test_a_chosen_id_wins_over_that_of_the_front_matter():
    text = "---\nid: mine\n---\nText."
    assert parsed(text).document.id == "mine"
    assert parsed(text, document_id="chosen").document.id == "chosen"


def test_unknown_keys_are_told_and_left_out():
    read = parsed("---\ntitel: T\nkind: source\ndate: 2020\n---\nText.")
    assert read.document.title == "note"
    assert read.warnings == (
        "the key 'date' is unknown and was left out.",
        "the key 'titel' is unknown and was left out.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA thought.\n",
        "---\nA thought, and no second line of dashes",
        "---\n\nA thought.\n\n---\n\nAnother.\n",
        "---\n- a\n- b\n---\nText.",
        "----\ntitle: T\n----\nText.",
        " ---\ntitle: T\n---\nText.",
    ],
)
def test_a_thematic_break_at_the_start_is_text(text):
    assert parsed(text).document.text == text


def test_dots_and_the_end_of_the_file_close_front_matter():
    assert parsed("---\ntitle: T\n...\nText.").document.text == "Text."
    assert parsed("---\n---\nText.").document.text == "Text."
    assert "is empty" in refusal("---\ntitle: T\n---")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_mistake_in_front_matter_is_told_with_its_line(line_end):
    lines = ["---", "title: T", "tags: [a", "---", "Text."]
    message = refusal(line_end.join(lines))
    assert message.startswith("note.md: the front matter is not YAML in line ")
    twice = ["---", "title: T", "author: A", "title: U", "---", "Text."]
    assert "in line 4: the key 'title' stands twice" in refusal(line_end.join(twice))


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("? [a]\n: b", "in line 2: a key is no text"),
        ("title: [a, b]", "`title` must be text, not ['a', 'b']"),
        ("countries: {a: b}", "`countries` must be a list of texts"),
        ("countries: [[KR]]", "`countries` must be a list of texts"),
        ("countries: [kr]", "The country 'kr' is unknown"),
        ("sources: S", "`sources` must be a list of mappings"),
        ("sources: [S]", "`sources` must be a list of mappings"),
        ("sources:\n  - title: S\n    page: 3", "`sources` holds the unknown key 'page'"),
        ("sources:\n  - title: S\n    title: T", "the key 'title' stands twice"),
        ("kind: digest", "The digest note names no source"),
        ("id: A B", "The id 'A B' can't be used"),
        ("published: June 2020", "'June 2020' is not a date: write YYYY, YYYY-MM or YYYY-MM-DD"),
        ("url: example.org", "`url` must start with http"),
        ("title: !!python/object/apply:os.system [ls]", "`title` must be text"),
        ("title: |\n  a\n  b", "`title` must be one line"),
        ("title: a\x07b", "the front matter is not YAML: unacceptable character"),
        ("title: \ta: b: c", "the front matter is not YAML in line 2"),
        ("a: " * 20, "the front matter is not YAML in line 2"),
        ("- " * 600, "the front matter is not YAML"),
        ("title: x\n" + "#" * 70_000, "the front matter is longer than 65536 characters"),
    ],
)
def test_front_matter_that_says_nothing_sensible_is_refused(front, message):
    refused = refusal(f"---\n{front}\n---\nText.")
    assert refused.startswith("note.md: ")
    assert message in refused


def test_an_alias_bomb_is_refused_before_it_unfolds():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    message = refusal("---\n" + "\n".join([*lines, "title: *a9"]) + "\n---\nText.")
    assert "in line 3: an alias is not taken, write the value out" in message


def test_a_mapping_between_two_rules_that_has_none_of_our_keys_is_text():
    read = read_bytes(b"---\nNote: this is text\n---\nBody.", "a.md", "file:///a.md")
    assert read.warnings == ()
    assert read.document.text == "---\nNote: this is text\n---\nBody."

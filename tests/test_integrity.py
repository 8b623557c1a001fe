"""Checking an index: each broken promise is named, and a whole index has none."""

import sqlite3
from contextlib import closing

import pytest
from conftest import FakeEncoder, markdown

from index.index import Index
from index.schema import FILE_NAME

ODD_TEXTS = [
    "# Trade\r\n\r\nKorea trades.\r\nPeru too.\r\n",
    "Cafe\u0301 and café. \U0001f468\u200d\U0001f469\u200d\U0001f467 \u1112\u1161\u11ab 한글. Ташкент.",
    "***\n\n# Title\n\n—\n\n# Other\n\nText.\n\n***\n",
    "# Only a heading",
    "***",
    "# A\n\n## B\n\n### C\n\n* * *\n\n# D\n\n?!",
    f"# {'long ' * 200}\n\nText.",
    "Who is it?\n\nThe ambassador.\n\nWhat then?\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n\n<b>html</b>\n\n[link]: http://a.b\n",
    "\u200b\ufeff.",
    "x" * 5000,
]


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    index.add(markdown("# Trade\n\nKorea trades with Peru.\n\n# Gas\n\nGas is sold.\n", "one"))
    index.add(markdown("Other words.", "two"))
    return index


def execute(index: Index, statement: str) -> None:
    with closing(sqlite3.connect(index.folder / FILE_NAME)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_an_index_of_any_text_keeps_every_promise_through_every_change(tmp_path, text):
    index = Index(tmp_path, FakeEncoder())
    document = markdown(f"---\nlanguage: en\n---\n{text}", "odd")
    index.add(markdown("Other words.", "other"))
    for change in (
        lambda: index.add(document),
        lambda: index.add(markdown("Replaced.", "odd")),
        lambda: index.add(document),
        lambda: index.remove("other"),
        index.rebuild,
    ):
        change()
        assert index.problems() == []
    assert index.document("odd").document.text == text
    for hit in index.search("words", limit=100).hits:
        assert text[hit.passage.start : hit.passage.end] == hit.passage.text
        assert hit.document_sha256 == document.sha256


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE documents SET text = 'x' || text", "The text of one does not have its SHA-256."),
        ("UPDATE passages SET text = 'Korea'", "is not its document's text."),
        ("UPDATE passages SET start = start + 1", "is not its document's text."),
        ("UPDATE passages SET start = 0, end = 40", "Two passages of one overlap at 0–40."),
        ("UPDATE passages SET end = 9999", "A passage of one at 9–9999 is not"),
        ("DELETE FROM passages WHERE id = 2", "characters of one stand in no passage"),
        ("DELETE FROM vectors WHERE passage = 1", "There are 1 passages without a vector."),
        ("UPDATE vectors SET vector = x'00'", "3 rows of vectors that belong to no passage or are"),
        ("INSERT INTO vectors VALUES (99, zeroblob(256))", "1 rows of vectors that belong to no"),
        ("DELETE FROM lexicon WHERE passage = 1", "There are 1 passages without terms."),
        ("INSERT INTO lexicon VALUES (99, 'x')", "1 rows of lexicon that belong"),
        ("UPDATE lexicon SET terms = 'x'", "The terms of one at 9–"),
        ("UPDATE generations SET passages = 9", "There are 3 passages, and 9 were counted."),
        ("UPDATE passages SET sentences = '[[0, 3]]'", "A sentence of one stands outside its"),
        (
            f"UPDATE vectors SET vector = x'{'0000803F' * 64}'",
            "vector of passage 1 is not of length 1",
        ),
        ("INSERT INTO removals VALUES (1, 1)", "There are 1 passages that were removed."),
    ],
)
def test_a_broken_promise_is_named(index, statement, problem):
    assert index.problems() == []
    execute(index, statement)
    assert any(problem in line for line in index.problems()), index.problems()


def test_a_heading_that_is_also_a_passage_is_named(index):
    execute(
        index, "UPDATE passages SET start = 0, text = '# Trade' || x'0a0a' || text WHERE id = 1"
    )
    assert "The heading of one at 0 stands in a passage too." in index.problems()

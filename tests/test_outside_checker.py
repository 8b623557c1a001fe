"""The checker from outside finds nothing wrong in a sample, and does find what is wrong."""

import ast
import random
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from outside_checker import Attache, Check
from outside_claims import citation_failures, document_failures, passage_failures
from outside_files import Edition, decode, make_edition

CHECKER = Path(__file__).with_name("outside_checker.py")
NUMBER = 5  # a Markdown file with front matter and CRLF


@pytest.mark.slow
def test_a_sample_of_questions_finds_no_wrong_citation(tiny_model: Path) -> None:
    options = ["--questions", "60", "--replacements", "1", "--encoder", str(tiny_model)]
    attache = shlex.join([sys.executable, "-m", "attache"])
    done = subprocess.run(
        [sys.executable, str(CHECKER), *options, "--attache", attache],
        cwd=CHECKER.parent.parent, capture_output=True, encoding="utf-8", timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    counts = {name: int(count) for count, name in re.findall(r"(?m)^ *(\d+)  (.+)$", done.stdout)}
    assert counts["questions"] == 60
    assert counts["failures"] == 0
    assert (counts["documents replaced"], counts["documents removed"]) == (1, 1)
    assert counts["checked: answer"] + counts["checked: candidate"] == 60
    assert counts["checked: passage"] > 60


def test_it_shares_no_code_with_attache() -> None:
    parts = {path.stem: path for path in CHECKER.parent.glob("outside_*.py")}
    assert {"outside_checker", "outside_claims", "outside_files"} == set(parts)
    imported = [node for path in parts.values() for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.Import | ast.ImportFrom)]  # fmt: skip
    names = {
        alias.name for node in imported if isinstance(node, ast.Import) for alias in node.names
    }
    names |= {node.module or "" for node in imported if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names - set(parts)} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        (b"\xef\xbb\xbfA\r\nB\rC\n", "a.txt", "A\r\nB\rC\n"),
        (b"---\ntitle: T\n---\n\nA\n---\nB", "a.md", "\nA\n---\nB"),
        (b"\xef\xbb\xbf---\r\ntitle: T\r\n---\r\nA\r\n", "a.md", "A\r\n"),
        (b"---\rtitle: T\r---\rA\r", "a.md", "A\r"),
        (b"---\ntitle: T\n---\nA", "a.txt", "---\ntitle: T\n---\nA"),
        ("e\u0301 \u2028 \ufeff".encode(), "a.md", "e\u0301 \u2028 \ufeff"),
    ],
)
def test_only_a_mark_and_front_matter_are_dropped(content: bytes, name: str, text: str) -> None:
    assert decode(content, name) == text


def test_the_files_are_the_same_for_the_same_seed() -> None:
    assert make_edition(1, NUMBER, 0) == make_edition(1, NUMBER, 0)
    assert make_edition(1, NUMBER, 0).text != make_edition(1, NUMBER, 1).text
    written = b"".join(make_edition(1, number, 0).data for number in range(24)).decode()
    for kept in (
        "\r\n",
        "\r\n\r\n",
        "\ufeff",
        "e\u0301",
        "👩🏽‍🔬",
        "\u1112\u1161\u11ab",
        "\u00a0",
        "\u2028",
        "\t",
    ):
        assert kept in written
    assert re.search(r"\r(?!\n)", written)
    assert re.search(r"(?<!\r)\n", written)


def cited(edition: Edition, text: str) -> dict[str, Any]:
    """Cite the last fact of an edition, cut from a text that should be the edition's."""
    start = [match.start() for match in re.finditer("The [^.]+ won", text)][-1]
    end = text.index(" won", start)
    return {
        "document_id": edition.document_id,
        "document_sha256": edition.sha256,
        **edition.provenance,
        "start": start,
        "end": end,
        "quote": {"before": "… " + text[start - 6 : start], "text": text[start:end], "after": " won …"},
        "passage": {"start": start - 6, "end": end + 4, "text": text[start - 6 : end + 4]},
    }  # fmt: skip


def test_an_exact_citation_passes() -> None:
    for number in range(24):
        edition = make_edition(1, number, 0)
        citation = cited(edition, edition.text)
        assert citation_failures(citation, citation["quote"]["text"], edition) == []
        assert passage_failures(citation["passage"], edition.text) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda right: {"start": right["start"] + 1},
        lambda right: {"end": right["end"] - 1},
        lambda right: {"start": right["start"] - 1, "end": right["end"] - 1},
        lambda right: {"document_sha256": "0" * 64},
        lambda right: {"quote": right["quote"] | {"text": right["quote"]["text"].lower()}},
        lambda right: {"quote": right["quote"] | {"before": "not there "}},
        lambda right: {"quote": right["quote"] | {"after": " won… and more"}},
        lambda right: {"passage": right["passage"] | {"start": right["passage"]["start"] - 1}},
        lambda right: {"passage": cited_elsewhere(right)},
        lambda right: {"title": unicodedata.normalize("NFC", right["title"])},
        lambda right: {"publisher": None},
        lambda right: {"published": "2021-01-01"},
        lambda right: {"kind": "digest"},
    ],
)
def test_a_citation_with_one_wrong_value_fails(
    wrong: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    edition = make_edition(1, NUMBER, 0)
    right = cited(edition, edition.text)
    assert citation_failures(right | wrong(right), right["quote"]["text"], edition)


def cited_elsewhere(right: dict[str, Any]) -> dict[str, Any]:
    """Return a passage that stands where it says, but does not hold the answer."""
    return {"start": 0, "end": 4, "text": make_edition(1, NUMBER, 0).text[:4]}


def test_an_answer_other_than_its_quote_fails() -> None:
    edition = make_edition(1, NUMBER, 0)
    citation = cited(edition, edition.text)
    assert citation_failures(citation, citation["quote"]["text"] + " ", edition)


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace("\r\n", "\n"),
        lambda text: unicodedata.normalize("NFC", text),
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.replace("\u2028", "\n").replace("\u00a0", "  "),
        lambda text: text.encode("utf-16-le").decode("utf-16-le") + "\ufeff",
        lambda text: text.encode("utf-8").decode("latin-1"),
    ],
)
def test_a_text_that_was_changed_on_the_way_fails(changed: Callable[[str], str]) -> None:
    edition = make_edition(1, NUMBER, 0)
    other = changed(edition.text)
    shown = {**edition.provenance, "text": edition.text, "sha256": edition.sha256}
    assert document_failures(shown | {"characters": len(edition.text)}, edition) == []
    assert document_failures(shown | {"text": other, "characters": len(other)}, edition)


@pytest.mark.parametrize(
    "changed",
    [lambda text: text.replace("\r\n", "\n"), lambda text: unicodedata.normalize("NFC", text)],
)
def test_a_citation_into_a_text_that_was_changed_fails(changed: Callable[[str], str]) -> None:
    edition = make_edition(1, NUMBER, 0)
    citation = cited(edition, changed(edition.text))
    assert citation_failures(citation, citation["quote"]["text"], edition)
    assert passage_failures(citation["passage"], edition.text)


def test_a_reply_of_another_generation_fails(tmp_path: Path) -> None:
    old, new = make_edition(1, NUMBER, 0), make_edition(1, NUMBER, 1)
    citation = cited(old, old.text)
    answer = {"text": citation["quote"]["text"], "citation": citation, "support": []}
    found = [citation["passage"] | {"document_id": old.document_id}]

    def failures(generation: int) -> list[str]:
        check = Check(Attache([], tmp_path), tmp_path, 1, random.Random(1))
        check.history[old.document_id] = [(3, old), (5, new), (7, None)]
        reply = {"question": "?", "answer": answer, "abstention": None, "alternatives": [],
                 "passages": found, "index": {"generation": generation}}  # fmt: skip
        check.compare(reply)
        return check.failures

    assert failures(3) == failures(4) == []
    assert any("sha256" in failure for failure in failures(5))
    assert len(failures(2)) == len(failures(7)) == 2

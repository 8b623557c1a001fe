"""The commands list, show, status and rebuild, and the default index."""

import os
import sqlite3
from pathlib import Path

from conftest import FakeEncoder, markdown

from index.index import Index


def test_documents_are_listed_by_id(run) -> None:
    assert run("list").out == (
        "korea  Korea (digest, 1 passages)\nperu  Peru (source, 2021, 1 passages)\n"
    )


def test_a_document_is_shown_with_its_provenance_and_its_text(run) -> None:
    ran = run("show", "korea")
    assert "kind: digest\n" in ran.out
    assert "source: Original\n" in ran.out
    assert ran.out.endswith("\n\nBuilt were 4.\n")


def test_the_status_counts_and_a_check_finds_nothing_wrong(run, tiny_model) -> None:
    facts = run("status", "--json").json
    assert (facts["documents"], facts["passages"], facts["generation"]) == (2, 2, 2)
    assert (facts["dimension"], facts["encoder"]) == (32, str(tiny_model))
    assert facts["encoder_precision"] == "int8"
    assert facts["bytes"] > 100_000, "the encoder counts, which lies in the index"
    ran = run("status", "--check")
    assert (ran.status, ran.out.splitlines()[-1]) == (
        0,
        "check: texts, offsets, passages and vectors agree",
    )


def test_a_status_of_a_folder_whose_name_is_not_text_is_json_all_the_same(run, tmp_path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    Index(folder, FakeEncoder()).add(markdown("One."))
    assert run("status", "--json", index=folder).json["folder"].endswith("/�")


def test_a_check_that_finds_something_has_the_status_1(run, own) -> None:
    with sqlite3.connect(own / "index.sqlite") as connection:
        connection.execute("UPDATE documents SET text = 'It was 17.'")
    connection.close()
    ran = run("status", "--check", index=own)
    assert ran.status == 1
    assert "problem: The text of note does not have its SHA-256." in ran.out


def test_a_rebuild_says_what_it_did(run, own) -> None:
    assert run("rebuild", index=own).out == "rebuilt 1 passages, generation 2\n"


def test_a_rebuild_where_there_is_no_index_says_so_and_leaves_nothing(run, tmp_path) -> None:
    ran = run("rebuild", index=tmp_path / "typo")
    assert ran.status == 2
    assert "There is no index in" in ran.err
    assert not (tmp_path / "typo").exists()


def test_the_default_index_is_filled_with_the_shipped_collection(
    run, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    ran = run("list", "--json", index=None)
    assert "korea-peru-ambassador-interview-2023" in {d["id"] for d in ran.json["documents"]}
    assert (tmp_path / "attache" / "index" / "index.sqlite").is_file()

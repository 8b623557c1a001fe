"""An index among processes: each sees the others' changes whole, and some may only read."""

import sqlite3
import threading
from contextlib import closing

import pytest
from conftest import FakeEncoder, markdown
from processes import AS_NOBODY, HALF_A_CHANGE, child, document, said

from corpus.errors import IndexBusy
from index import schema
from index.index import Index


def ids(index: Index) -> list[str]:
    return [entry.provenance.id for entry in index.all_entries()]


def test_a_reader_without_rights_says_who_must_mend_a_change_cut_in_half(open_folder):
    index = Index(open_folder, FakeEncoder())
    index.add(document("one"))
    child(HALF_A_CHANGE, open_folder).communicate()
    script = """
try:
    index.search("trade")
except AttacheError as error:
    say(type(error).__name__, error)
"""
    lines = said(child(AS_NOBODY + script, open_folder))
    assert lines[0].startswith("IndexNotWritable")
    assert "middle of a change" in lines[0]
    assert index.search("trade").hits
    script = 'say(index.search("trade").hits[0].provenance.id)'
    assert said(child(AS_NOBODY + script, open_folder)) == ["one"]


def test_two_processes_that_add_at_once_both_succeed(tmp_path):
    script = """
sys.stdin.readline()
for number in range(8):
    say(index.add(document(f"{sys.argv[2]}-{number}")).action)
"""
    processes = [child(script, tmp_path, name) for name in ("a", "b")]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        assert said(process) == ["added"] * 8
    index = Index(tmp_path, FakeEncoder())
    assert len(ids(index)) == 16
    assert index.manifest().generation == 16
    assert index.problems() == []


def test_a_change_that_another_process_holds_up_too_long_is_refused_as_busy(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.1)
    index = Index(tmp_path, FakeEncoder())
    index.add(document("one"))
    with closing(sqlite3.connect(tmp_path / schema.FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for change in (lambda: index.add(document("two")), lambda: index.remove("one")):
            with pytest.raises(IndexBusy, match="Another process is changing the index"):
                change()
        assert index.search("trade").hits, "readers go on while another process writes"
    assert index.add(document("two")).action == "added"


def test_readers_are_answered_while_a_large_change_is_being_written(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.5)
    index = Index(tmp_path, FakeEncoder())
    sentence = f"{'trade' * 20} " * 15 + "ends. "
    for name in ("one", "two", "three"):
        index.add(markdown(sentence * 500, name))
    seen = []
    reader = Index(tmp_path, FakeEncoder())
    index.rebuild(progress=lambda done, total: seen.append(reader.search("trade").manifest))
    assert [manifest.generation for manifest in seen] == [3, 3, 3]
    assert reader.search("trade").manifest.generation == 4


def test_a_reader_without_rights_sees_every_change_that_another_process_makes(open_folder):
    index = Index(open_folder, FakeEncoder())
    index.add(document("one"))
    index.save_checkpoint()
    script = """
for line in sys.stdin:
    found = index.search("Report " + line)
    say(found.manifest.generation, *sorted({hit.provenance.id for hit in found.hits}))
    say(index.save_checkpoint())
"""
    process = child(AS_NOBODY + script, open_folder)

    def ask(line: str) -> str:
        process.stdin.write(line + "\n")
        process.stdin.flush()
        answer = process.stdout.readline().strip()
        assert process.stdout.readline() == "False\n", "and saves no checkpoint"
        return answer

    assert ask("one") == "1 one"
    index.add(document("two"))
    assert ask("two") == "2 one two"
    index.remove("one")
    assert ask("one") == "3 two"
    process.communicate()


def test_a_change_without_rights_is_refused_and_said_so(open_folder):
    Index(open_folder, FakeEncoder()).add(document("one"))
    script = """
def attempt(change):
    try:
        say(change())
    except AttacheError as error:
        say(type(error).__name__, error)
attempt(lambda: index.add(document("two")))
attempt(lambda: index.remove("one"))
attempt(lambda: index.rebuild())
attempt(lambda: index.set_collection("x"))
attempt(lambda: Index(index.folder / "new", FakeEncoder()).add(document("two")))
"""
    lines = said(child(AS_NOBODY + script, open_folder))
    assert len(lines) == 5
    for line in lines:
        assert line.startswith("IndexNotWritable The index in ")
        assert "right" in line
    assert ids(Index(open_folder, FakeEncoder())) == ["one"]


def test_a_folder_that_may_be_changed_without_its_file_is_refused_clearly(open_folder):
    Index(open_folder, FakeEncoder()).add(document("one"))
    (open_folder / schema.FILE_NAME).chmod(0o666)
    script = """
try:
    index.add(document("two"))
except AttacheError as error:
    say(type(error).__name__, error)
"""
    (line,) = said(child(AS_NOBODY + script, open_folder))
    assert line.startswith("IndexNotWritable")
    assert ids(Index(open_folder, FakeEncoder())) == ["one"]


def test_searches_never_fail_while_another_process_changes_the_index(tmp_path):
    """Every passage stands in its version of the document, and nothing removed is cited."""
    script = """
text = "# Trade\\n\\nReport {} version {} tells of trade with Peru. And more of it follows here.\\n"
for number in range(20):
    for name in ("a", "b", "c"):
        index.add(markdown(text.format(name, number), name))
    index.remove("c")
    if number % 5 == 3:
        index.save_checkpoint()
    if number % 10 == 6:
        index.rebuild()
say("done")
"""
    index = Index(tmp_path, FakeEncoder())
    text = (
        "# Trade\n\nReport {} version {} tells of trade with Peru. And more of it follows here.\n"
    )
    index.add(markdown(text.format("a", 0), "a"))
    versions = {
        markdown(text.format(name, number), name).sha256: text.format(name, number)
        for name in "abc"
        for number in range(20)
    }
    process = child(script, tmp_path)
    failures: list[str] = []
    generations: list[list[int]] = [[], []]

    def search(mine: list[int]) -> None:
        reader = Index(tmp_path, FakeEncoder()) if mine is generations[0] else index
        while process.poll() is None:
            try:
                found = reader.search("What does the report tell of trade?")
                mine.append(found.manifest.generation)
                for hit in found.hits:
                    whole_text = versions[hit.document_sha256]
                    passage = hit.passage
                    if whole_text[passage.start : passage.end] != passage.text:
                        failures.append(f"{passage} is not in {whole_text!r}")
            except Exception as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=search, args=(mine,)) for mine in generations]
    for thread in threads:
        thread.start()
    out, err = process.communicate(timeout=60)
    for thread in threads:
        thread.join()
    assert out.strip() == "done", err
    assert failures == []
    for mine in generations:
        assert mine == sorted(mine), "a generation once seen is never taken back"
        assert len(set(mine)) > 5, "the searches saw the changes as they came"
    assert ids(index) == ["a", "b"]


def test_no_search_that_begins_after_a_removal_returned_cites_it(tmp_path):
    server = Index(tmp_path, FakeEncoder())
    script = """
for line in sys.stdin:
    action, name = line.split()
    index.add(document(name, 1)) if action == "add" else index.remove(name)
    say("done")
"""
    process = child(script, tmp_path)

    def tell(line: str) -> None:
        process.stdin.write(line + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    for _ in range(8):
        tell("add one")
        tell("add two")
        assert {hit.provenance.id for hit in server.search("Report one").hits} == {"one", "two"}
        tell("remove one")
        assert {hit.provenance.id for hit in server.search("Report one").hits} == {"two"}
    process.communicate()


def test_a_process_with_the_fake_encoder_loads_no_model_library(tmp_path):
    script = (
        'index.add(document("one")); say("torch" in sys.modules, "transformers" in sys.modules)'
    )
    assert said(child(script, tmp_path)) == ["False False"]

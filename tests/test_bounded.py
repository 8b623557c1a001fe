"""Parsing in a child process: what it may take is limited, and what it answers is never trusted."""

import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from corpus.document import Source
from corpus.errors import InvalidDocument
from corpus.formats import FORMATS, read_documents
from corpus.formats.bounded import BoundedReader
from corpus.formats.metadata import Metadata
from corpus.formats.wire import Limits

TESTS = Path(__file__).parent
FILES = [
    *sorted((TESTS.parent / "corpus" / "documents").glob("*.md"))[:10],
    *(path for path in sorted(TESTS.glob("fixtures/**/*")) if path.suffix.lower() in FORMATS),
]
"""Some of the shipped documents, and every fixture of a format."""

LIAR = """
import json, os, struct, sys
sys.path[:] = json.loads(sys.argv[1])
requests, answers = sys.stdin.buffer, sys.stdout.buffer

def say(*frames):
    for frame in frames:
        frame = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
        answers.write(struct.pack("<Q", len(frame)) + frame)
    answers.flush()

def asked():
    for _ in range(2):
        requests.read(struct.unpack("<Q", requests.read(8))[0])

HEAD = dict(
    answer="parsed", id="note", title="T", origin="file:///note.md", kind="source", countries=[],
    tags=[], sources=[], warnings=[], id_is_derived=True,
)
NUMBERS = lambda *numbers: struct.pack(f"={len(numbers)}Q", *numbers)
TEXT = NUMBERS(0, 8, 16)  # one block of the third kind over eight characters
END = dict(answer="end")
say(b"ready")
asked()
"""
"""A child that answers what it likes."""


def read(reader: BoundedReader, data: bytes = b"It was 16.", name: str = "note.md", **options):
    return reader.read(data, name, f"file:///{name}", **options)


def refusal(reader: BoundedReader, data: bytes = b"It was 16.", name: str = "note.md") -> str:
    with pytest.raises(InvalidDocument) as caught:
        read(reader, data, name)
    return str(caught.value)


@pytest.fixture(scope="module")
def shared():
    """A reader with the limits that a user's files have."""
    with BoundedReader() as reader:
        yield reader


@contextmanager
def liar(*lines: str, seconds: int = 20):
    """A reader whose child runs these lines once it is asked."""
    with BoundedReader(Limits(seconds=seconds), program=LIAR + "\n".join(lines)) as reader:
        yield reader


def child_of(reader: BoundedReader) -> int:
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    (only,) = children.read_text("ascii").split()[-1:]
    return int(only)


def test_what_is_read_is_what_the_formats_read(shared):
    for path in FILES:
        data, name, origin = path.read_bytes(), path.name, f"file:///{path.name}"
        try:
            here: object = read_documents(data, name, origin)
        except InvalidDocument as error:
            here = str(error)
        try:
            there: object = shared.read(data, name, origin)
        except InvalidDocument as error:
            there = str(error)
        assert there == here


def test_what_is_given_goes_along_and_the_rest_comes_back(shared):
    given = Metadata(
        title="Ünïcode 한 🙂", countries=("KR",), tags=(), sources=(Source("S", url="https://a.b"),)
    )
    text = "# H\n\nCafé 🙂.\r\n\nWho came?\n".encode("cp1252", "ignore")
    (there,) = read(shared, text, given=given, document_id="other", encoding="cp1252")
    (here,) = read_documents(
        text, "note.md", "file:///note.md", "other", given=given, encoding="cp1252"
    )
    assert there == here
    assert there.document.title == "Ünïcode 한 🙂"
    assert there.document.sources == (Source("S", url="https://a.b"),)
    assert not there.id_is_derived
    assert read(shared)[0].id_is_derived
    assert not read(shared, b"---\nid: own\n---\nText.")[0].id_is_derived


def test_a_file_that_is_no_document_is_refused_as_without_a_child(shared):
    assert refusal(shared, b"") == "note.md: The document is empty: there is no text to index."
    assert "the suffix .xyz is not read" in refusal(shared, b"x", "note.xyz")
    assert refusal(shared, b"\0", "a\udcff.md").startswith("a\udcff.md: ")


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_is_read():
    slow = b"a b. \n\n" * 1_000_000
    with BoundedReader(Limits(seconds=1)) as reader:
        assert refusal(reader, slow) == "note.md: it was not read within 1 s."
        assert read(reader)[0].document.text == "It was 16."


def test_a_file_that_needs_too_much_memory_is_refused_and_the_next_one_is_read():
    large = b"a" * 30_000_000 + "🙂".encode()  # four bytes a character, and more than one copy
    with BoundedReader(Limits(memory=400 * 1024 * 1024)) as reader:
        assert refusal(reader, large, "large.txt") == (
            "large.txt: it needs more than 0.391 GiB of memory."
        )
        assert read(reader)[0].document.text == "It was 16."


def test_a_file_that_gives_too_much_text_or_structure_is_refused():
    with BoundedReader(Limits(characters=1000, blocks=10)) as reader:
        assert read(reader, b"a" * 1000)[0].document.text == "a" * 1000
        assert refusal(reader, b"a" * 1001) == (
            "note.md: it holds more than 1,000 characters of text: split it and add the parts."
        )
        assert len(read(reader, b"a\n\n" * 10)[0].document.blocks) == 10
        assert "more than 10 headings, paragraphs and pages" in refusal(reader, b"a\n\n" * 11)


def test_a_child_that_dies_while_it_waits_is_replaced():
    with BoundedReader() as reader:
        read(reader)
        os.kill(child_of(reader), signal.SIGKILL)
        time.sleep(0.2)
        assert read(reader)[0].document.text == "It was 16."


def test_a_child_is_replaced_after_so_many_files():
    with BoundedReader(Limits(files=2)) as reader:
        children = []
        for _ in range(4):
            read(reader)
            children.append(child_of(reader))
    assert children[0] == children[1] != children[2] == children[3]


def test_the_child_is_bounded_and_ended_with_its_reader():
    with BoundedReader() as reader:
        read(reader)
        child = child_of(reader)
        limits = Path(f"/proc/{child}/limits").read_text("ascii")
        descriptors = list(Path(f"/proc/{child}/fd").iterdir())
    for line in ("Max file size             0                    0 ",
                 "Max core file size        0                    0 ",
                 "Max address space         1610612736           1610612736 "):  # fmt: skip
        assert line in limits
    assert len(descriptors) <= 7  # three that lead nowhere, the two pipes, and /dev/null itself
    assert not Path(f"/proc/{child}").exists()


def test_several_threads_share_a_reader(shared):
    found = {}

    def read_one(number: int) -> None:
        found[number] = read(shared, f"It was {number}.".encode())[0].document.text

    threads = [threading.Thread(target=read_one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"It was {number}." for number in range(8)}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("os.kill(os.getpid(), 11)", "it makes the parser crash (signal 11), or needs more than"),
        ("os.kill(os.getpid(), 24)", "it was not read within 20 s."),
        ("os._exit(12)", "it needs more than 1.5 GiB of memory."),
        ("os._exit(3)", "the process that parses ended (exit status 3)."),
        ("say(dict(answer='failed', reason='KeyError: 7'))", "it can't be parsed (KeyError: 7)."),
        ("say(dict(answer='what'))", "it can't be parsed (no answer)."),
        ("say(b'[')", "it can't be parsed (no JSON)."),
        ("say(b'[' * 500_000)", "it can't be parsed (no JSON)."),
        ("say([])", "it can't be parsed (no JSON object)."),
        ("answers.write(b'\\xff' * 8); answers.flush()", "bytes where 1048576 are the most"),
        ("say(HEAD, b'\\xff', TEXT, b'', END)", "can't decode byte 0xff"),
        ("say(HEAD, b'', b'', b'', END)", "The document is empty"),
        ("say(HEAD, b'Was 16. ', TEXT, b'', END)", "the block 0–8 begins or ends blank"),
        ("say(HEAD, b'Was 16.', TEXT, b'', END)", "the block 0–8 after 0"),
        ("say(HEAD, b'It was 16.', TEXT, b'', END)", "no block holds what follows 8"),
        ("say(HEAD, b'Was 16..', NUMBERS(0, 8, 17), b'', END)", "a text of the level 1"),
        ("say(HEAD, b'Was 16..', NUMBERS(0, 8, 99), b'', END)", "a block of the kind 99"),
        ("say(HEAD, b'Was 16..', NUMBERS(0, 8), b'', END)", "it can't be parsed"),
        ("say(HEAD, b'Was 16..', b'123', b'', END)", "it can't be parsed"),
        ("say(HEAD, b'Was 16..', TEXT, NUMBERS(5, 2), END)", "pages of note are not in the order"),
        ("say(HEAD | dict(id='../etc'), b'Was 16..', TEXT, b'', END)", "The id '../etc'"),
        ("say(HEAD | dict(id=7), b'Was 16..', TEXT, b'', END)", "`id` is no text"),
        ("say(HEAD | dict(tags='x'), b'Was 16..', TEXT, b'', END)", "`tags` is no list"),
        ("say(HEAD | dict(sources=['x']), b'Was 16..', TEXT, b'', END)", "`sources` is no list"),
        ("say(HEAD | dict(warnings=[7]), b'Was 16..', TEXT, b'', END)", "`warnings` is no list"),
        ("say(HEAD | dict(origin='file:///other.md'), b'Was 16..', TEXT, b'', END)",
         "the origin file:///other.md in place of file:///note.md"),
    ],
)  # fmt: skip
def test_an_answer_that_no_parsing_gives_is_refused(line, reason):
    with liar(line) as reader:
        told = refusal(reader)
    assert told.startswith("note.md: ")
    assert reason in told


def test_an_answer_that_is_true_is_taken():
    with liar("say(HEAD, b'Was 16..', TEXT, NUMBERS(0, 4), END)") as reader:
        (parsed,) = read(reader)
    assert (parsed.document.text, parsed.document.pages) == ("Was 16..", (0, 4))


def test_a_child_that_answers_nothing_or_does_not_start_is_ended():
    with liar("import time; time.sleep(600)", seconds=1) as reader:
        assert refusal(reader) == "note.md: it was not read within 1 s."
    with BoundedReader(program="raise SystemExit(5)") as reader:
        assert refusal(reader) == "note.md: the process that would read it does not start."


def test_an_id_that_was_given_is_the_one_that_comes_back():
    reason = "the id note in place of mine"
    truth = "say(HEAD, b'Was 16..', TEXT, b'', END)"
    with liar(truth) as reader, pytest.raises(InvalidDocument, match=reason):
        read(reader, document_id="mine")


def test_an_interruption_leaves_no_child_that_answers_the_question_before():
    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with BoundedReader() as reader:
        read(reader)
        timer = threading.Timer(0.5, interrupt)
        timer.start()
        with suppress(KeyboardInterrupt):
            read(reader, b"a b. \n\n" * 2_000_000)
        timer.join()
        assert read(reader)[0].document.text == "It was 16."

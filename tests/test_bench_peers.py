"""The benchmark beside other systems: each in a process of its own, none of them trusted."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from conftest import markdown

from eval.bench.peer_process import Figures, Job
from eval.bench.peers import (
    ATTACHE,
    SYSTEMS,
    Peer,
    job_of,
    peers_table,
    run_system,
    save_reader,
)
from eval.question_sets import Question
from eval.tables import json_text
from eval.tables import markdown as shown
from index.index import Index

FAKES = """
import os
import sys


class Fake:
    def __init__(self, job):
        self.job = job
        print("loading …")

    def index(self):
        self.known = " ".join(self.job.passages)

    def answer(self, question):
        if question.startswith("Why"):
            raise ValueError("no reasons are known\\nand none are looked for")
        return "4 dollars" if question.startswith("What") else None


class Large(Fake):
    def index(self):
        self.known = bytearray(150_000_000)


class WithoutModel(Fake):
    def __init__(self, job):
        raise OSError("no such model\\nlook elsewhere")


class WithoutPart(Fake):
    def __init__(self, job):
        import no_such_part


class Ends(Fake):
    def index(self):
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(9)


class Stubborn(Fake):
    def answer(self, question):
        raise RuntimeError("broken")
"""


@pytest.fixture(autouse=True)
def fakes(tmp_path, monkeypatch) -> None:
    """A module of other systems that the children find."""
    (tmp_path / "fakes").mkdir()
    (tmp_path / "fakes" / "fake_peers.py").write_text(FAKES, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fakes"))


@pytest.fixture(scope="module")
def index(tmp_path_factory, tiny_model) -> Index:
    """An index of two notes, with a small encoder."""
    index = Index(tmp_path_factory.mktemp("peers"), str(tiny_model))
    index.add(markdown("# Ships\n\nThe ship cost 4 dollars.", "ship"))
    index.add(markdown("# Forum\n\nThe forum was in Peru.", "forum"))
    return index


def question(text: str, *answers: str, kind: str = "fact") -> Question:
    return Question(text, text, kind, answers, "ship", None, bool(answers), "development")


QUESTIONS = [
    question("What did the ship cost?", "4 dollars"),
    question("What was the price?", "4 US dollars", "four"),
    question("Who built it?", "Peru"),
    question("Why was it built?", "trade"),
    question("What is the moon made of?"),
    question("What is a yes?", "yes", kind="yes-no"),
]


def job_file(folder: Path, **values) -> Path:
    job = Job("", "", "", 4, 1, ["The ship cost 4 dollars."], ["What?", "Who?", "Why?"])
    (folder / "job.json").write_text(json.dumps({**asdict(job), **values}), "utf-8")
    return folder / "job.json"


def test_a_system_is_timed_in_its_stages_and_what_it_prints_does_no_harm(tmp_path):
    figures = run_system("fake_peers:Fake", job_file(tmp_path))
    assert isinstance(figures, Figures)
    assert figures.answers == ["4 dollars", None, None]
    assert figures.loading > 0
    assert figures.indexing >= 0
    assert len(figures.times) == 3
    assert (figures.failures, figures.error) == (1, "ValueError: no reasons are known")


def test_a_system_s_memory_is_its_own(tmp_path):
    ours = b"x" * 150_000_000
    small, large = (run_system(f"fake_peers:{n}", job_file(tmp_path)) for n in ("Fake", "Large"))
    assert len(ours) > 100_000_000
    assert small.megabytes < 100 < 150 < large.megabytes


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("fake_peers:WithoutModel", "OSError: no such model"),
        ("fake_peers:WithoutPart", "ModuleNotFoundError: No module named 'no_such_part'"),
        ("fake_peers:Ends", "ended with status 9: out of memory"),
        ("fake_peers:Stubborn", "RuntimeError: broken"),
        ("fake_peers:Nobody", "AttributeError: module 'fake_peers' has no attribute 'Nobody'"),
    ],
)
def test_a_system_that_fails_is_told_in_one_line(tmp_path, name, told):
    assert run_system(name, job_file(tmp_path)) == told


def test_each_system_has_a_row_whatever_becomes_of_it(index):
    systems = [
        Peer("fake", "fake_peers:Fake", ("pytest",), "It guesses."),
        Peer("broken", "fake_peers:WithoutModel", ("pytest",), "It never reads."),
        Peer("absent", "fake_peers:Fake", ("pytest", "no-such-package")),
    ]
    table = peers_table(index, QUESTIONS, systems=systems)
    fake, broken, absent = table.rows
    assert fake[:2] == ("fake", pytest.__version__)
    # F1: 1, 2 of 2 and 2 of 3 words make 0.8, and two without a candidate; EM: the first alone.
    assert fake[7:] == (pytest.approx(1.8 / 4), 0.25, 2)
    assert all(value > 0 for value in (fake[2], fake[4], fake[5], fake[6]))
    assert broken[:2] == ("broken", f"{pytest.__version__}, failed: OSError: no such model")
    assert absent[:2] == ("absent", "not installed")
    assert set(broken[2:]) == set(absent[2:]) == {None}
    assert "It guesses. fake failed on 1 questions (ValueError: no reasons" in table.note
    assert "It never reads" not in table.note
    assert table.note.endswith("Not installed: absent (`pip install 'attache[peers]'`).")
    assert "Traceback" not in shown([table]) + json_text([table])


def test_of_fewer_than_six_questions_no_time_is_told(index):
    (row,) = peers_table(index, QUESTIONS[:2], [Peer("f", "fake_peers:Fake", ("pytest",))]).rows
    assert row[7:] == (pytest.approx(1.8 / 2), 0.5, 0)
    assert row[4] is None, "the first five are asked to warm up"


def test_where_no_other_system_is_installed_attache_is_measured_alone(index):
    absent = [
        peer if peer is ATTACHE else replace(peer, distributions=("no-such-package",))
        for peer in SYSTEMS
    ]
    table = peers_table(index, QUESTIONS, systems=absent)
    ours, *others = table.rows
    assert ours[0] == "Attaché"
    assert all(value > 0 for value in ours[2:7])
    assert ours[9] == 0, "it has a candidate wherever there is a passage"
    assert [row[:2] for row in others] == [
        ("Haystack", "not installed"),
        ("txtai", "not installed"),
    ]
    assert "Not installed: Haystack, txtai" in table.note


def test_the_others_get_our_passages_each_with_its_title(index):
    job = job_of(index, ["What?"], Path("reader"))
    assert [passage.split("\n")[0] for passage in job.passages] == ["Forum", "Ships"]
    assert job.passages[1].endswith("The ship cost 4 dollars.")
    assert Path(job.encoder).is_dir()


@pytest.mark.parametrize("peer", SYSTEMS[1:], ids=lambda peer: peer.name)
def test_a_system_that_is_installed_reads_our_passages(index, tmp_path, peer):
    if peer.version() is None:
        pytest.skip("not installed")
    save_reader(tmp_path / "reader")
    asked = ["What did the ship cost?", "Which country was the forum in?"]
    job = job_of(index, asked, tmp_path / "reader")
    (tmp_path / "job.json").write_text(json.dumps(asdict(job)), "utf-8")
    figures = run_system(peer.system, tmp_path / "job.json")
    assert isinstance(figures, Figures), figures
    assert figures.answers == ["4 dollars", "Peru"]
    shutil.rmtree(tmp_path / "reader")

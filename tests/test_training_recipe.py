"""The shipped recipe on small data: what each stage reads, and how it is told."""

import json
from functools import partial

import pytest
import torch
from conftest import FakeEncoder
from two_notes import ignore

from index.index import Index
from training import negatives, recipe
from training.recipe import EXERCISES, STAGES, Data
from training.shipped import stage_named
from training.start import fastest_device

LIMA = "Wiki1k:wikipedia:7:2:0"
ASKED = 60


def own_line(name: str, number: int, **where: object) -> str:
    questions = [{"question": f"Which is {name} {number}?", "answers": [f"{name}-{number}"]}]
    return json.dumps({**where, "questions": questions}) + "\n"


@pytest.fixture
def data(tmp_path, monkeypatch) -> Data:
    """Small sets of every kind; each answer names its set."""
    shifts, qamr = tmp_path / "squadshifts", tmp_path / "qamr"
    for folder in (shifts, qamr):
        folder.mkdir()
    for name in ("amazon_reviews", "reddit", "new_wiki"):
        paragraphs = [
            {"context": f"It is {name}-{n}, they say.",
             "qas": [{"id": f"{n}", "question": f"Which is {name} {n}?",
                      "answers": [{"text": f"{name}-{n}", "answer_start": 6}]}]}
            for n in range(ASKED)
        ]  # fmt: skip
        whole = {"data": [{"title": name, "paragraphs": paragraphs}]}
        (shifts / f"{name}.json").write_text(json.dumps(whole))
    rows = (f"{LIMA}{n}\tThere stands training-{n} and pairs-{n} .\n" for n in range(ASKED))
    (qamr / "wiki-sentences.tsv").write_text("".join(rows))
    digests = ("digests", "twins", "more_digests", "contrasts")
    for name in ("training", "pairs", "articles", *digests):
        path = tmp_path / f"{name}.jsonl"
        with path.open("w") as file:
            for n in range(ASKED):
                text = f"## Head\n\nIt is {name}-{n}, they say.\n"
                own = {"title": f"{name} {n}", "text": text}
                where = {"sentences": [f"{LIMA}{n}"]} if name in ("training", "pairs") else own
                file.write(own_line(name, n, **where))
        monkeypatch.setattr(recipe, name.upper(), path)
    for module in (recipe, negatives):
        monkeypatch.setattr(module, "Index", partial(Index, encoder=FakeEncoder()))
    return Data(shifts, qamr, tmp_path / "work")


def read_in(data: Data, stage: str, seed: int = 17) -> dict[str, set[str]]:
    """Return the questions that a stage reads, by the set that they are of."""
    found: dict[str, set[str]] = {}
    for exercise in EXERCISES[stage](data, seed, ignore):
        name = exercise.question.split()[2]
        reading = exercise.readings[0]
        (answer,) = reading.answers
        assert reading.text[answer.start : answer.end].startswith(f"{name}-")
        found.setdefault(name, set()).add(exercise.question)
    return found


def counts(data: Data, stage: str) -> dict[str, int]:
    return {name: len(asked) for name, asked in read_in(data, stage).items()}


def test_each_stage_reads_what_it_is_said_to_and_none_reads_new_wiki(data) -> None:
    shifts = {"amazon_reviews": ASKED, "reddit": ASKED}
    own = {"training": ASKED, "pairs": ASKED}
    assert counts(data, "mixed") == {**shifts, "training": ASKED}
    articles = counts(data, "articles")
    assert {name: articles[name] for name in (*own, "articles")} == {**own, "articles": ASKED}
    third = (articles["amazon_reviews"] + articles["reddit"]) / (2 * ASKED)
    assert 0.2 < third < 0.5
    assert counts(data, "again") == counts(data, "third") == {**shifts, **own, "articles": ASKED}


READ_UNDER_HEADINGS = {
    "digests": {"digests", "twins"},
    "more": {"more_digests"},
    "contrasts": {"contrasts"},
}
"""The files whose documents a stage reads as the search finds them."""


@pytest.mark.parametrize("stage", READ_UNDER_HEADINGS)
def test_all_digests_are_read_under_their_headings_and_a_part_of_the_rest(data, stage) -> None:
    found, again = read_in(data, stage), read_in(data, "again")
    written = set.union(*READ_UNDER_HEADINGS.values()) & set(found)
    asked = {name: len(found.pop(name)) for name in written}
    assert asked == dict.fromkeys(READ_UNDER_HEADINGS[stage], ASKED)
    assert all(known < again[name] for name, known in found.items())
    ours = [found.get(name, set()) for name in ("articles", "training", "pairs")]
    assert sum(map(len, ours)) == 3 * ASKED // recipe.BESIDE_DIGESTS


@pytest.mark.parametrize("stage", ["articles", "again", *READ_UNDER_HEADINGS])
def test_titles_are_read_from_the_digests_on(data, stage) -> None:
    """A question names its passage, «Which is articles 3?», and so does the passage's title."""
    headed = READ_UNDER_HEADINGS.get(stage, set())
    titled = {"articles"} if headed else set()
    names = set()
    for exercise in EXERCISES[stage](data, 17, ignore):
        title = " ".join(exercise.question.rstrip("?").split()[2:])
        name = title.split()[0]
        context = f"{title.replace('_', ' ')}. Head" if name in headed else ""
        assert exercise.readings[0].context == (title if name in titled else context), title
        names.add(name)
    assert {*headed, "articles"} <= names


def test_another_cut_or_another_file_gives_another_fingerprint(data, monkeypatch) -> None:
    found = [data.fingerprint(), data.fingerprint()]
    data.wiki.write_text(data.wiki.read_text() + "\n")
    found.append(data.fingerprint())
    monkeypatch.setattr(recipe, "BESIDE_DIGESTS", 6)
    found.append(data.fingerprint())
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_a_stage_is_told_with_where_it_starts() -> None:
    told = {stage.name: stage_named(stage) for stage in STAGES}
    assert told["qamr"] == "qamr: epochs 1, at most 900 batches, rate 0.00015 to 9.8e-05"
    assert told["third"].startswith("third from qamr: epochs 1, at most 1550 batches")
    assert told["digests"].startswith("digests from the mean of articles, again, third: ")
    assert told["mean"] == "mean: the mean of digests, more, contrasts"


@pytest.mark.parametrize(("there", "device"), [(True, "cuda"), (False, "cpu")])
def test_a_gpu_is_used_where_there_is_one(monkeypatch, there, device) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert fastest_device() == torch.device(device)

"""The benchmark: what it runs works and is counted, what it keeps can be compared."""

import json
from pathlib import Path

import pytest
from conftest import markdown

from corpus.errors import InvalidSetting
from eval.bench.processes import run_once
from eval.bench.results import commit, comparison, machine_table, read_result, write_result
from eval.bench.serving import ask_all, served
from eval.tables import Column, Table
from index.index import Index

QUESTIONS = [f"What cost {number} dollars?" for number in range(12)]


def table(ours: float, theirs: float) -> Table:
    columns = (Column("system", "text"), Column("threads", "count"), Column("ms", "milliseconds"))
    return Table("Speed", "A note.", columns, (("ours", 1, ours), ("theirs", 1, theirs)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_model) -> Path:
    """An index of one note, with a small encoder."""
    folder = tmp_path_factory.mktemp("served")
    Index(folder, str(tiny_model)).add(markdown("The ship cost 4 dollars.", "note"))
    return folder


def test_a_process_has_a_time_and_a_size_and_one_that_fails_is_told():
    done = run_once(["-c", "x = bytearray(60_000_000)"])
    assert done.seconds > 0
    assert done.megabytes > 60
    assert run_once(["-c", "raise SystemExit(1)"]).seconds > 0, "an abstention is an answer"
    for failing in ("raise OSError('no such thing')", "import sys; sys.exit('no such thing')"):
        with pytest.raises(InvalidSetting, match=r"(?s)failed: .*no such thing"):
            run_once(["-c", failing])
    with pytest.raises(InvalidSetting, match="failed"):
        run_once(["-c", "raise SystemExit(2)"])


def test_every_question_is_asked_once_however_many_clients_there_are(folder):
    with served(folder) as (port, pid):
        assert Path(f"/proc/{pid}").exists()
        for clients in (1, 5):
            times = ask_all([port], QUESTIONS, clients)
            assert len(times) == len(QUESTIONS)
            assert min(times) > 0
        with pytest.raises(InvalidSetting, match=r"The service failed under 2 clients: .*422"):
            ask_all([port], ["", "What?"], 2)
    assert not Path(f"/proc/{pid}").exists(), "the service ends with the measurement"


def test_a_service_that_can_t_start_is_told(tmp_path):
    with (
        pytest.raises(InvalidSetting, match=r"did not start.*attache add"),
        served(tmp_path / "no"),
    ):
        pass


def test_a_result_is_kept_by_commit_and_compared(tmp_path):
    path = write_result(tmp_path / "results", [machine_table(), table(50.0, 200.0)])
    assert path.name == f"{commit()}.json"
    earlier = read_result(path)
    assert earlier == {("Speed", "ours 1", "ms"): 50.0, ("Speed", "theirs 1", "ms"): 200.0}
    rows = comparison([table(25.0, 200.0)], earlier).rows
    assert rows == (
        ("Speed", "ours 1", "ms", 50.0, 25.0, 0.5),
        ("Speed", "theirs 1", "ms", 200.0, 200.0, 1.0),
    )
    assert comparison([table(25.0, 200.0)], {}).rows == ()


def test_the_machine_is_named():
    named = dict(row for row in machine_table().rows)
    assert named.keys() >= {"commit", "processor", "cores", "onnxruntime", "torch"}
    assert all(named.values())


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"tables": [1]}', '{"tables": {}}'])
def test_what_is_no_result_is_refused(tmp_path, content):
    path = tmp_path / "result.json"
    path.write_text(content)
    if content == '{"tables": {}}':
        path.write_text(json.dumps({"tables": [{"title": "x", "rows": [[1]]}]}))
    with pytest.raises(InvalidSetting, match=r"is no result of `attache eval bench`"):
        read_result(path)


def test_an_unknown_part_is_refused_before_anything_is_measured(run):
    ran = run("eval", "bench", "--parts", "start,speed")
    assert ran.status == 2
    assert ran.err.strip() == (
        "attache: There is no part 'speed': name some of start, serving, load, soak, "
        "models, runtimes, growing, realism, engines, peers."
    )

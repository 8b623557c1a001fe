"""Attaché beside Haystack and txtai: the same questions, passages and weights, each in a process.

pip install 'attache[peers]'
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus.passages import cut
from eval.bench.peer_process import Figures, Job
from eval.metrics import exact_match, mean, percentile, token_f1
from eval.question_sets import Question
from eval.tables import Column, Table, Value
from index.changes import encoded_text, passage_tokens
from index.index import Index
from index.models import model_folder
from index.network import cores
from service.answerer import READ_PASSAGES
from service.passage_reading import title_of

WARM = 5
"""Questions that are asked before times count."""

_LONGEST = 1800
"""Seconds after which a system is given up."""

_COLUMNS = (
    Column("system", "text"), Column("version", "text"), Column("start s", "ratio"),
    Column("indexing s", "ratio"), Column("p50 ms", "milliseconds"),
    Column("p95 ms", "milliseconds"), Column("peak MB", "count"), Column("F1"), Column("EM"),
    Column("none", "count"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Peer:
    """A system that is measured.

    system: its class in the child, as ``module:name``. distributions: the packages it needs, the
    first one named with its version. remark: what to know of how it reads.
    """

    name: str
    system: str
    distributions: tuple[str, ...]
    remark: str = ""

    def version(self) -> str | None:
        """Return the installed version, None where one of the packages is missing."""
        try:
            first, *_ = [version(name) for name in self.distributions]
        except PackageNotFoundError:
            return None
        return first


ATTACHE = Peer("Attaché", "eval.bench.peer_process:Attache", ("attache",))

SYSTEMS = (
    ATTACHE,
    Peer(
        "Haystack",
        "eval.bench.peer_process:Haystack",
        ("haystack-ai", "sentence-transformers-haystack", "transformers-haystack"),
        "Haystack's reader gives the model no token types, with which it was trained.",
    ),
    Peer(
        "txtai",
        "eval.bench.peer_process:Txtai",
        ("txtai",),
        "txtai reads the passages as one text, cut off where the model's window ends, and gives "
        "no candidate whose probability is below 0.05.",
    ),
)


def peers_table(
    index: Index,
    questions: Sequence[Question],
    systems: Sequence[Peer] = SYSTEMS,
) -> Table:
    """Ask each system the questions over the passages of an index.

    What is not installed, or fails, has a row that says so.
    """
    versions = {peer.name: peer.version() for peer in systems}
    measured: dict[str, Figures | str] = {}
    with TemporaryDirectory(prefix="attache-bench-") as name:
        path, reader = Path(name) / "job.json", Path(name) / "reader"
        job = job_of(index, [question.question for question in questions], reader)
        path.write_text(json.dumps(asdict(job)), "utf-8")
        if any(versions[peer.name] for peer in systems if peer is not ATTACHE):
            save_reader(reader)
        for peer in systems:
            if versions[peer.name]:
                measured[peer.name] = run_system(peer.system, path)
    rows = [_row(peer.name, versions[peer.name], measured.get(peer.name), questions)
            for peer in systems]  # fmt: skip
    note = _note(systems, measured, questions)
    return Table("Beside other systems", note, _COLUMNS, tuple(rows))


def job_of(index: Index, questions: Sequence[str], reader: Path) -> Job:
    """Return the job over an index's passages, each with its title and context before it."""
    encoder = index.encoder()
    documents = [index.document(entry.provenance.id).document for entry in index.all_entries()]
    return Job(
        index=str(index.folder),
        encoder=str(model_folder(encoder.identity.name)),
        reader=str(reader),
        read=READ_PASSAGES,
        threads=cores(),
        passages=[
            encoded_text(title_of(document.title), passage)
            for document in documents
            for passage in cut(document, encoder, passage_tokens(encoder)).passages
        ],
        questions=questions,
    )


def save_reader(folder: Path) -> None:
    """Write the shipped span reader's weights as any extractive model of Hugging Face's."""
    from transformers import AutoTokenizer  # noqa: PLC0415  -- takes seconds
    from transformers.utils import logging  # noqa: PLC0415

    from index.models import DEFAULT_ENCODER  # noqa: PLC0415
    from service.span_model import DEFAULT_SPAN_MODEL, shipped_folder  # noqa: PLC0415
    from service.torch_span_model import load_from_folder  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with shipped_folder() as shipped:
        load_from_folder(DEFAULT_SPAN_MODEL, shipped).weights.save_pretrained(folder)
    base = str(model_folder(DEFAULT_ENCODER))
    AutoTokenizer.from_pretrained(base, local_files_only=True).save_pretrained(folder)


def run_system(system: str, job: Path) -> Figures | str:
    """Measure a system in a process of its own; where it fails, return one line that says why."""
    command = ["env", "HF_HUB_OFFLINE=1", "HAYSTACK_TELEMETRY_ENABLED=False"]
    command += [sys.executable, "-m", "eval.bench.peer_process", str(job), system]
    try:
        done = subprocess.run(
            [*command, str(time.perf_counter())], capture_output=True, text=True,
            errors="replace", timeout=_LONGEST, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"took more than {_LONGEST} seconds"
    try:
        told = json.loads(done.stdout)
    except ValueError:  # it ended before it could tell anything
        last = done.stderr.strip().splitlines()[-1:]
        return ": ".join([f"ended with status {done.returncode}", *last])[:160]
    return told["failed"] if "failed" in told else Figures(**told)


def _row(
    name: str, installed: str | None, figures: Figures | str | None, asked: Sequence[Question]
) -> tuple[Value, ...]:
    if figures is None or isinstance(figures, str):
        told = f"{installed}, failed: {figures}" if installed else "not installed"
        return (name, told, *[None] * (len(_COLUMNS) - 2))
    warm = [1000 * seconds for seconds in figures.times[WARM:]]
    scored = [
        (answer, question.answers)
        for answer, question in zip(figures.answers, asked, strict=True)
        if _is_scored(question)
    ]
    return (
        name,
        installed,
        figures.loading + figures.times[0],
        figures.indexing,
        percentile(warm, 50),
        percentile(warm, 95),
        figures.megabytes,
        mean([token_f1(answer or "", accepted) for answer, accepted in scored]),
        mean([exact_match(answer or "", accepted) for answer, accepted in scored]),
        sum(answer is None for answer, _ in scored),
    )


def _is_scored(question: Question) -> bool:
    return question.answerable and question.is_scored


def _note(
    systems: Sequence[Peer], measured: dict[str, Figures | str], asked: Sequence[Question]
) -> str:
    told = [
        f"{len(asked)} questions over the same passages, each with its title and heading; the same "
        f"encoder and span reader, {READ_PASSAGES} passages read, {cores()} threads. Attaché runs "
        "them as it ships them, in ONNX Runtime, and searches by words too; the others run them "
        "in PyTorch, in float32, and search by vectors alone. Start: from the start of the process "
        "to the first answer, without the indexing, for each can keep what it indexed. Indexing: "
        "with the models loaded; Attaché cuts the documents and writes its index to the disk, the "
        "others take the passages as they are and keep theirs in memory. p50, p95: after the first "
        f"{WARM} questions. Peak: of the whole process. F1, EM: of the best candidate, however "
        f"unsure, on the {sum(map(_is_scored, asked))} answerable questions; none: those of them "
        "without a candidate."
    ]
    for peer in systems:
        figures = measured.get(peer.name)
        if isinstance(figures, Figures):
            told += [peer.remark] if peer.remark else []
            if figures.failures:
                told.append(
                    f"{peer.name} failed on {figures.failures} questions ({figures.error}): they "
                    "count as without a candidate."
                )
    missing = [peer.name for peer in systems if peer.name not in measured]
    if missing:
        told.append(f"Not installed: {', '.join(missing)} (`pip install 'attache[peers]'`).")
    return " ".join(told)

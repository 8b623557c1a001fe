"""One system of the part `peers` in a process of its own: a job's file in, its figures out."""
# mypy: disable-error-code="import-not-found"

import json
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Job:
    """What every system is given.

    index: the folder of an index of Attaché's, which holds these passages. encoder, reader: folders
    of models as Hugging Face keeps them. read: how many passages are read for a question.
    """

    index: str
    encoder: str
    reader: str
    read: int
    threads: int
    passages: Sequence[str]
    questions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of a system, in seconds and megabytes.

    loading: from the process's start until its models were there. times, answers: one a question;
    an answer is the best candidate's text. failures: how many questions ended in an error. error:
    the first of those.
    """

    loading: float
    indexing: float
    times: Sequence[float]
    answers: Sequence[str | None]
    failures: int
    error: str | None
    megabytes: float


class System(Protocol):
    """A system whose constructor takes a job and loads everything but the passages."""

    def index(self) -> None:
        """Make the passages ready to be searched."""

    def answer(self, question: str) -> str | None:
        """Return the best candidate's text, however unsure, None where there is none."""


class Attache:
    """Attaché as it is shipped, on the index that is kept; another one is built to time that."""

    def __init__(self, job: Job) -> None:
        from index.index import Index  # noqa: PLC0415
        from service.answerer import Answerer  # noqa: PLC0415
        from service.opening import DEFAULT_READER, make_reader  # noqa: PLC0415

        index = Index(Path(job.index))
        self._answerer = Answerer(index, make_reader(DEFAULT_READER, index))
        self._answerer.load()

    def index(self) -> None:
        """Cut, encode and write the documents once more."""
        from index.index import Index  # noqa: PLC0415

        kept = self._answerer.index
        with (
            TemporaryDirectory(prefix="attache-bench-") as name,
            Index(Path(name), kept.encoder()) as index,
        ):
            for entry in kept.all_entries():
                index.add(kept.document(entry.provenance.id).document)
            index.save_checkpoint()

    def answer(self, question: str) -> str | None:
        """Return the answer, or the candidate that it abstains from."""
        reply = self._answerer.ask(question)
        best = reply.abstention.candidate if reply.abstention else reply.answer
        return best.text if best else None


class Haystack:
    """Haystack's extractive pipeline: embed the question, retrieve from memory, read."""

    def __init__(self, job: Job) -> None:
        import torch  # noqa: PLC0415

        torch.set_num_threads(job.threads)
        from haystack import Pipeline  # noqa: PLC0415
        from haystack.components.retrievers.in_memory import (  # noqa: PLC0415
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import InMemoryDocumentStore  # noqa: PLC0415
        from haystack.utils import ComponentDevice  # noqa: PLC0415
        from haystack_integrations.components.embedders.sentence_transformers import (  # noqa: PLC0415
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )
        from haystack_integrations.components.readers.transformers import (  # noqa: PLC0415
            TransformersExtractiveReader,
        )

        self._job = job
        device = ComponentDevice.from_str("cpu")
        encoder = {"model": job.encoder, "device": device, "progress_bar": False}
        self._store = InMemoryDocumentStore()
        self._embedder = SentenceTransformersDocumentEmbedder(**encoder)
        self._pipeline = Pipeline()
        for name, component in (
            ("embedder", SentenceTransformersTextEmbedder(**encoder)),
            ("retriever", InMemoryEmbeddingRetriever(self._store, top_k=job.read)),
            ("reader", TransformersExtractiveReader(job.reader, device=device, no_answer=False)),
        ):
            self._pipeline.add_component(name, component)
        self._pipeline.connect("embedder.embedding", "retriever.query_embedding")
        self._pipeline.connect("retriever.documents", "reader.documents")
        self._embedder.warm_up()
        self._pipeline.warm_up()

    def index(self) -> None:
        """Embed the passages and put them into the document store."""
        from haystack import Document  # noqa: PLC0415

        documents = [Document(content=text) for text in self._job.passages]
        self._store.write_documents(self._embedder.run(documents)["documents"])

    def answer(self, question: str) -> str | None:
        """Run the pipeline; its reader is not asked whether there is an answer at all."""
        given = {"embedder": {"text": question}, "reader": {"query": question}}
        answers = self._pipeline.run(given)["reader"]["answers"]
        return str(answers[0].data) if answers else None


class Txtai:
    """txtai's extractive question answering: an embeddings index, and RAG with a span model."""

    def __init__(self, job: Job) -> None:
        import torch  # noqa: PLC0415

        torch.set_num_threads(job.threads)
        from txtai import Embeddings  # noqa: PLC0415
        from txtai.pipeline import RAG  # noqa: PLC0415

        self._job = job
        self._embeddings = Embeddings(path=job.encoder, content=True, gpu=False)
        self._reading = RAG(
            self._embeddings, job.reader, gpu=False, context=job.read, output="flatten"
        )

    def index(self) -> None:
        """Embed the passages and index them."""
        self._embeddings.index(self._job.passages)

    def answer(self, question: str) -> str | None:
        """Run the pipeline, which gives nothing where its score is below 0.05."""
        answer = self._reading([question])[0]
        return None if answer is None else str(answer)


def measured(make: Callable[[Job], System], job: Job, started: float) -> Figures:
    """Start a system, index the passages and ask every question once.

    started: when the process was, by ``time.perf_counter``. Raises what the system raises, unless
    it answers some of the questions.
    """
    system = make(job)
    loaded = time.perf_counter()
    system.index()
    indexed = time.perf_counter()
    times, answers, errors = [], [], []
    for question in job.questions:
        asked = time.perf_counter()
        answer = None
        try:
            answer = system.answer(question)
        except Exception as error:  # whatever a stranger's code runs into
            errors.append(error)
        times.append(time.perf_counter() - asked)
        answers.append(answer)
    if errors and len(errors) == len(job.questions):
        raise errors[0]
    return Figures(
        loading=loaded - started,
        indexing=indexed - loaded,
        times=times,
        answers=answers,
        failures=len(errors),
        error=first_line(errors[0]) if errors else None,
        megabytes=_peak(),
    )


def first_line(error: BaseException) -> str:
    """Return an error's kind and the first line of what it says."""
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0]:.120}" if said else type(error).__name__


def main(job: str, system: str, started: str) -> None:
    """Write a system's figures to standard output as JSON, or ``failed`` with its error's line.

    job: the path of a file. system: its class, as ``module:name``.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)  # what else is printed is not what was measured
        try:
            given = Job(**json.loads(Path(job).read_text("utf-8")))
            module, _, name = system.partition(":")
            make = getattr(import_module(module), name)
            told = asdict(measured(make, given, float(started)))
        except Exception as error:  # whatever a stranger's code runs into
            told = {"failed": first_line(error)}
        json.dump(told, output)


def _peak() -> float:
    """Return the peak resident memory of this process in megabytes.

    On Linux getrusage would count the memory of the process that started this one, too.
    """
    with suppress(OSError):
        found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
        if found:
            return int(found[1]) / 1000
    import resource  # noqa: PLC0415  -- not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])

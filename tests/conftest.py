"""What several test files share: legible fakes, documents, a small real model, the commands."""

import io
import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import regex

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # waiting threads spin, and tests share the cores
CACHE = os.environ.setdefault("ATTACHE_TESTS_CACHE", tempfile.mkdtemp(prefix="attache-tests-"))
os.environ["XDG_CACHE_HOME"] = CACHE  # what one test exports, the next one and its children find
for name in ("ATTACHE_INDEX", "ATTACHE_ENCODER", "ATTACHE_READER", "ATTACHE_KEYS", "NO_COLOR"):
    os.environ.pop(name, None)

from longest_first import pytest_collection_modifyitems  # noqa: E402, F401
from two_notes import LAC, PERU  # noqa: E402

import attache  # noqa: E402
from corpus.blocks import markdown_blocks  # noqa: E402
from corpus.document import Block, Document  # noqa: E402
from corpus.formats import read_bytes  # noqa: E402
from corpus.passages import Cut, Passage  # noqa: E402
from corpus.sentences import Extent  # noqa: E402
from index.encoder import EncoderIdentity, Vectors, unit_length  # noqa: E402
from index.index import Index  # noqa: E402
from index.records import Hit  # noqa: E402
from service.answerer import Answerer  # noqa: E402
from service.records import Span  # noqa: E402

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

WORD = re.compile(r"\w+|[^\w\s]")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the exported models; the first process does it, not those that share the work."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(CACHE, ignore_errors=True)


class FakeEncoder:
    """Counts words in 64 buckets by their CRC-32: texts that share words are near each other."""

    def __init__(self, name: str = "fake", languages: tuple[str, ...] = ("en",)) -> None:
        checksum = f"{zlib.crc32(name.encode()):08x}"
        self.identity = EncoderIdentity(name, "", checksum, 64, 256, languages)
        self.encoded: list[str] = []

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        return self._encode(texts)

    def token_offsets(self, text: str) -> Sequence[Extent]:
        return [Extent(match.start(), match.end()) for match in WORD.finditer(text)]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), 64), np.float32)
        for row, text in enumerate(texts):
            for word in WORD.findall(text.casefold()):
                vectors[row, zlib.crc32(word.encode()) % 64] += 1
        return unit_length(vectors)


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


def markdown(text: str, document_id: str = "note", origin: str | None = None) -> Document:
    """Read Markdown, with or without front matter, as a document in English."""
    if not text.startswith("---"):
        text = f"---\nlanguage: en\n---\n{text}"
    name = f"{document_id}.md"
    return read_bytes(text.encode(), name, origin or f"file:///{name}", document_id).document


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page over the documents it is tested with, and a browser that looks at it.

    For a module, not for all: while Playwright runs, no other test could start an event loop.
    """
    from page_browser import site_over
    from page_documents import page_answerer

    with site_over(page_answerer(tmp_path_factory.mktemp("index"))) as site:
        yield site


@pytest.fixture
def visit(site):
    """One empty page in a profile of its own."""
    with site.visit() as visit:
        yield visit


class FakeReader:
    """Finds the words it was told wherever they stand, each with the confidence it was told."""

    name = "fake"
    threshold = 0.5

    def __init__(self, answers: Mapping[str, float]) -> None:
        self.answers = answers

    def load(self) -> None:
        """Nothing is loaded."""

    def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
        spans = [
            Span(
                hit, hit.passage.start + found.start(), hit.passage.start + found.end(), sure, sure
            )
            for hit in hits
            for words, sure in self.answers.items()
            for found in re.finditer(re.escape(words), hit.passage.text)
        ]
        return sorted(spans, key=lambda span: (-span.score, span.hit.passage_id, span.start))


def answerer_over(
    folder: Path, documents: Mapping[str, str], answers: Mapping[str, float]
) -> Answerer:
    """Open an answerer over Markdown texts by id, whose reader finds these answers."""
    index = Index(folder, FakeEncoder())
    for document_id, text in documents.items():
        index.add(markdown(text, document_id))
    return Answerer(index, FakeReader(answers))


@pytest.fixture
def open_folder():
    """A folder that every user may read, and only this one may change."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a process as another user")
    with tempfile.TemporaryDirectory() as name:  # pytest closes its own to others as it starts
        Path(name).chmod(0o755)
        yield Path(name)


VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] korea peru uzbekistan ambassador aircraft built forum "
    "trade agreement signed the a an in of and to was were is who how many when what where . , ? "
    "0 1 2 3 4 5 6 7 8 9 ##0 ##1 ##2 ##3 ##4 ##5 ##6 ##7 ##8 ##9 "
    "a b c d e f g h i j k l m n o p q r s t u v w x y z "
    "##a ##b ##c ##d ##e ##f ##g ##h ##i ##j ##k ##l ##m ##n ##o ##p ##q ##r ##s ##t ##u ##v "
    "##w ##x ##y ##z"
)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model with random weights, two layers and 32 dimensions."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    base = tmp_path_factory.mktemp("bert")
    words = list(dict.fromkeys(VOCABULARY.split()))
    (base / "vocab.txt").write_text("\n".join(words), "utf-8")
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=128,
    )  # fmt: skip
    BertModel(config).save_pretrained(base)
    BertTokenizerFast(str(base / "vocab.txt")).save_pretrained(base)
    transformer = Transformer(str(base), max_seq_length=128)
    pooling = Pooling(transformer.get_embedding_dimension())
    folder = tmp_path_factory.mktemp("tiny")
    SentenceTransformer(modules=[transformer, pooling], device="cpu").save(str(folder))
    return folder


FACTS = {
    "peru": "---\ntitle: Peru\ncountries: [PE]\ntags: [built]\npublished: 2021\n---\nBuilt were 16.",
    "korea": "---\ntitle: Korea\nkind: digest\nsources:\n  - title: Original\n---\nBuilt were 4.",
}


@pytest.fixture(scope="session")
def made(tmp_path_factory, tiny_model) -> Path:
    """An index with two documents, made with the small model; read it only."""
    folder = tmp_path_factory.mktemp("index")
    index = Index(folder, str(tiny_model))
    for document_id, text in FACTS.items():
        index.add(markdown(text, document_id))
    return folder


@pytest.fixture
def run(made, capsys, monkeypatch, tiny_model):
    """Run a command against the made index, or another; give its status, output and errors."""
    monkeypatch.setenv("ATTACHE_ENCODER", str(tiny_model))
    monkeypatch.setenv("ATTACHE_READER", "sentence")

    class Ran:
        def __init__(self, *arguments: str, index: Path | None = made) -> None:
            monkeypatch.delenv("ATTACHE_INDEX", raising=False)
            if index is not None:
                monkeypatch.setenv("ATTACHE_INDEX", str(index))
            self.status = attache.run(arguments)
            self.out, self.err = capsys.readouterr()
            assert "Traceback" not in self.err
            assert "defect" not in self.err

        @property
        def json(self) -> Any:
            return json.loads(self.out)

    return Ran


@pytest.fixture
def typed(monkeypatch):
    """Give bytes on standard input."""

    def give(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))

    return give


@pytest.fixture
def own(tmp_path, tiny_model) -> Path:
    """A folder for an index of the test's own, with one document in it."""
    index = Index(tmp_path / "own", str(tiny_model))
    index.add(markdown("It was 16.", "note"))
    return index.folder


@pytest.fixture
def index(tmp_path: Path, encoder: FakeEncoder) -> Iterator[Index]:
    """An index of the test's own over the two notes."""
    with Index(tmp_path / "index", encoder) as index:
        index.add(markdown(PERU, "peru"))
        index.add(markdown(LAC, "lac"))
        yield index


def shown(text: str, blocks: tuple[Block, ...]) -> list[str]:
    """Write blocks as ``h1 …``, ``q …`` and ``t …``, for comparing them at a glance."""
    names = {"heading": "h", "question": "q", "text": "t"}
    return [
        f"{names[block.kind]}{block.level or ''} {text[block.start : block.end]}"
        for block in blocks
    ]


def check_that_all_is_covered(text: str, blocks: tuple[Block, ...]) -> None:
    position = 0
    for block in blocks:
        assert position <= block.start < block.end <= len(text)
        assert text[position : block.start].strip() == ""
        assert not text[block.start].isspace()
        assert not text[block.end - 1].isspace()
        assert (block.level > 0) == (block.kind == "heading")
        position = block.end
    assert text[position:].strip() == ""


class Words:
    """A tokenizer of words and punctuation marks: what it counts can be counted by hand."""

    def token_offsets(self, text: str) -> Sequence[Extent]:
        return [Extent(*match.span()) for match in regex.finditer(r"\w+|[^\w\s]", text)]


def document(text: str, blocks: tuple[Block, ...] | None = None) -> Document:
    found = markdown_blocks(text) if blocks is None else blocks
    return Document(id="d", text=text, title="D", origin="test", blocks=found)


def texts(result: Cut) -> list[str]:
    return [passage.text for passage in result.passages]


def sentences_of(passage: Passage) -> list[str]:
    from_start = [
        (extent.start - passage.start, extent.end - passage.start) for extent in passage.sentences
    ]
    return [passage.text[start:end] for start, end in from_start]

"""What an answer is made of. Written as JSON, these records are the contract of CLI and HTTP."""

from dataclasses import dataclass

from corpus.document import Kind, Source
from index.records import Hit


@dataclass(frozen=True, slots=True)
class Span:
    """The reader's answer inside one passage.

    start, end: code point offsets into the document. score: the reader's own, larger is better.
    confidence: the probability that it is right, calibrated where the reader was fitted; of the
    sentence reader, that the sentence holds the answer.
    """

    hit: Hit
    start: int
    end: int
    score: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Quote:
    """The answer in its sentence; «… » stands where a long sentence was shortened."""

    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """The passage that holds the answer, and the heading or question it stands under."""

    start: int
    end: int
    context: str
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """Document, passage and exact place of an answer.

    start, end: code point offsets into the document's text, end exclusive. page: of a document
    with pages, else null. link: the place in this server's own view of the document. source_link:
    the place in the publisher's own, where the document has a URL and is no digest. copies: other
    documents that hold nearly the same passage.
    """

    document_id: str
    document_sha256: str
    kind: Kind
    title: str
    publisher: str | None
    published: str | None
    url: str | None
    page: int | None
    sources: tuple[Source, ...]
    start: int
    end: int
    quote: Quote
    passage: CitedPassage
    link: str
    source_link: str | None
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A span with its confidence and its citation.

    support: citations of other documents that hold the same answer.
    """

    text: str
    confidence: float
    citation: Citation
    support: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why there is no answer.

    code: no-documents, no-passages or low-confidence. candidate: the best rejected answer.
    """

    code: str
    reason: str
    threshold: float
    candidate: Answer | None


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that the search found, with its fused, dense and lexical score.

    page: on which it begins, of a document with pages. copies: other documents that hold nearly the
    same passage.
    """

    document_id: str
    title: str
    start: int
    end: int
    context: str
    text: str
    score: float
    dense: float
    lexical: float
    kind: Kind = "source"
    publisher: str | None = None
    published: str | None = None
    page: int | None = None
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds that each stage took."""

    encode: float
    search: float
    read: float
    total: float


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which generation of which index answered, and how much it held."""

    id: str
    generation: int
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class Models:
    """The names of the models that answered."""

    encoder: str
    reader: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question gets: an answer or an abstention, and what was found on the way."""

    question: str
    answered: bool
    answer: Answer | None
    abstention: Abstention | None
    alternatives: tuple[Answer, ...]
    passages: tuple[FoundPassage, ...]
    timing_ms: Timing
    index: IndexState
    models: Models


@dataclass(frozen=True, slots=True)
class SearchReply:
    """What a search gets: passages, best first."""

    question: str
    passages: tuple[FoundPassage, ...]
    timing_ms: Timing
    index: IndexState
    models: Models

"""Whether grown text is as hard to search as real text: the same size of both, side by side."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.bench.growing import Questions
from eval.bench.growing_process import EQUAL
from eval.bench.growth import Grown, RealText, grown, part_of
from eval.tables import Column, Table
from index.dense import candidates, cosines, faiss_index
from index.encoder import Encoder, Vectors
from index.terms import query_terms, terms

_STEP = 8
"""Every eighth real passage is grown to the size of all of them."""

_TOP = 10
_NEAR = 100
_ENCODED = 200
_COMMONEST = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """Passages of one kind: their vectors, shape (passages, dimension), and their terms."""

    name: str
    vectors: Vectors
    terms: tuple[tuple[str, ...], ...]


def realism_table(real: RealText, questions: Questions, encoder: Encoder) -> Table:
    """Compare real text with a part of it, grown to the same size."""
    documents = list(grown(part_of(real, _STEP), len(real)))
    kinds = [_kind("real", list(grown(real, len(real)))), _kind("grown", documents)]
    rows = tuple(
        (kind.name, len(kind.vectors), *_vector_figures(kind, questions),
         *_word_figures(kind, questions.texts))
        for kind in kinds
    )  # fmt: skip
    return Table(
        "Grown text against real text",
        f"All real passages, and an eighth of them grown to as many. recall@{_TOP}: compressed, "
        f"ranked by the stored vectors. Dimension: the local intrinsic one of the {_NEAR} nearest "
        "(Amsaleg et al., 2015). Contrast: the mean distance to the nearest's. Postings: passages "
        "that hold some term of a question. The encoder's own vectors of grown text have a cosine "
        f"of {_agreement(documents, encoder):.3f} with those given to it (median of {_ENCODED}).",
        (Column("text", "text"), Column("passages", "count"), Column("recall@10", "percent"),
         Column("dimension", "milliseconds"), Column("contrast", "ratio"),
         Column("terms a passage", "milliseconds"), Column("distinct terms", "count"),
         Column("share of the 100 commonest", "percent"),
         Column("postings a question", "percent")),
        rows,
    )  # fmt: skip


def _kind(name: str, documents: Sequence[Grown]) -> Kind:
    held = tuple(tuple(terms(p.text)) for one in documents for p in one.passages)
    return Kind(name, np.concatenate([one.vectors for one in documents]), held)


def _vector_figures(kind: Kind, questions: Questions) -> tuple[float, float, float]:
    count, width = kind.vectors.shape
    index = faiss_index(lambda: iter([kind.vectors]), count, width, exact=False)
    everything = np.ones(count, np.bool_)
    shares, dimensions, contrasts = [], [], []
    for vector in questions.vectors:
        all_cosines = kind.vectors @ vector
        order = np.argsort(-all_cosines, kind="stable")
        fetched = candidates(index, vector, _NEAR, everything)
        best = sorted(cosines(kind.vectors[fetched], vector))[-_TOP:]
        least = float(all_cosines[order[_TOP - 1]]) - EQUAL  # equal ones are equally right
        shares.append(sum(cosine >= least for cosine in best) / _TOP)
        distances = np.sqrt(np.maximum(2 - 2 * all_cosines, 1e-12))
        near = distances[order[:_NEAR]]
        dimensions.append(-1 / min(-1e-9, float(np.log(near / near[-1]).mean())))
        contrasts.append(float(distances.mean() / near[0]))
    return float(np.mean(shares)), float(np.median(dimensions)), float(np.median(contrasts))


def _word_figures(kind: Kind, questions: Sequence[str]) -> tuple[float, int, float, float]:
    counts = Counter(term for held in kind.terms for term in held)
    total = sum(counts.values())
    commonest = sum(count for _, count in counts.most_common(_COMMONEST))
    asked = [set(query_terms(question)) for question in questions]
    sets = [set(held) for held in kind.terms]
    touched = sum(not one.isdisjoint(held) for one in asked for held in sets)
    return (total / len(kind.terms), len(counts), commonest / total,
            touched / (len(asked) * len(sets)))  # fmt: skip


def _agreement(documents: Sequence[Grown], encoder: Encoder) -> float:
    """Return the median cosine of grown passages' vectors with the encoder's own of their text."""
    grown_ones = [
        (f"{one.document.title}\n{passage.text}", vector)
        for one in documents[len(documents) // 2 :]
        for passage, vector in zip(one.passages, one.vectors, strict=True)
    ][:_ENCODED]
    own = encoder.encode_passages([text for text, _ in grown_ones])
    given = np.stack([vector for _, vector in grown_ones])
    return float(np.median(np.einsum("ij,ij->i", own, given)))

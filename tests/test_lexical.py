"""Lexical search: an inverted index of our own, divided or not, and BM25 over it."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import lexical
from index.lexical import ARRAYS, Bm25, Lexicon, lexicon_of, merged
from index.terms import query_terms, terms

SCRIPTS = ["a", "ab", "b", "é", "zoë", "무역", "ташкент", "韓国", "\U00020000", "\uffee", "1,234.5"]


def lexicon(*texts: str) -> Lexicon:
    return lexicon_of(" ".join(terms(text)) for text in texts)


def whole(found: Lexicon) -> tuple[Lexicon, np.ndarray]:
    return found, np.ones(len(found.lengths), np.bool_)


def search(question: str, *texts: str) -> dict[int, float]:
    """Score texts, each by its place from 0; those that share no term are left out."""
    (scores,) = Bm25([whole(lexicon(*texts))]).scores(query_terms(question))
    return {place: score for place, score in enumerate(scores.tolist()) if score}


def check_equal(one: Lexicon, other: Lexicon) -> None:
    for name in ARRAYS:
        mine, theirs = getattr(one, name), getattr(other, name)
        assert mine.dtype == theirs.dtype, name
        assert mine.tolist() == theirs.tolist(), name


def by_the_book(texts: list[str], question: list[str]) -> list[float]:
    """Compute BM25 in plain Python: k1 1.2, b 0.75, an idf of 1e-6 at least, a count of 255."""
    counts = [Counter(text.split()) for text in texts]
    average = sum(map(Counter.total, counts)) / max(1, len(texts)) or 1.0
    scores = [0.0] * len(texts)
    for term in question:
        holding = sum(term in count for count in counts)
        idf = max(1e-6, math.log((len(texts) - holding + 0.5) / (holding + 0.5)))
        for place, count in enumerate(counts):
            often = min(255, count[term])
            norm = 1.2 * (0.25 + 0.75 * count.total() / average)
            scores[place] += idf * often * 2.2 / (often + norm) if often else 0.0
    return scores


def test_the_arrays_are_what_the_texts_say():
    """Terms by their bytes: é comes after every ASCII letter, Cyrillic and Hangul after it."""
    found = lexicon_of(["b é b", "", "무역 b a", "ташкент é"])
    assert [found.term(number).decode() for number in range(5)] == [
        "a",
        "b",
        "é",
        "ташкент",
        "무역",
    ]
    assert found.vocabulary.tobytes().decode() == "abéташкент무역"
    assert found.term_ends.tolist() == [1, 2, 4, 18, 24]
    assert found.posting_ends.tolist() == [1, 3, 5, 6, 7]
    assert found.postings.tolist() == [2, 0, 2, 0, 3, 3, 2]
    assert found.counts.tolist() == [1, 2, 1, 1, 1, 1, 1]
    assert found.lengths.tolist() == [3, 0, 3, 2]


def test_a_term_is_found_whole_and_a_part_of_one_never():
    found = lexicon_of(["abc ab", "bc", "ab ab"])
    positions, counts = found.find("ab")
    assert (positions.tolist(), counts.tolist()) == ([0, 2], [1, 2])
    for missing in ("", "a", "b", "abcd", "c", "zz", "0", "무역"):
        positions, counts = found.find(missing)
        assert (len(positions), len(counts)) == (0, 0), missing
    assert len(lexicon_of(()).find("ab")[0]) == 0


@given(st.lists(st.lists(st.sampled_from(SCRIPTS), max_size=6), max_size=8))
def test_every_term_of_every_script_is_found_where_it_stands(texts):
    found = lexicon_of(" ".join(text) for text in texts)
    for term in SCRIPTS:
        positions, counts = found.find(term)
        expected = {place: text.count(term) for place, text in enumerate(texts) if term in text}
        assert dict(zip(positions.tolist(), counts.tolist(), strict=True)) == expected
    vocabulary = [found.term(number) for number in range(len(found.term_ends))]
    assert vocabulary == sorted({term.encode() for text in texts for term in text})


def test_a_term_counts_255_times_at_most_and_the_length_is_what_it_is():
    found = lexicon_of(["x " * 255, "x " * 256 + "y", "x " * 70_000])
    assert found.find("x")[1].tolist() == [255, 255, 255]
    assert found.lengths.tolist() == [255, 257, 70_000]
    texts = ["x " * 255, "x " * 300, "y", "y z", "z"]
    (scores,) = Bm25([whole(lexicon_of(texts))]).scores(["x"])
    assert scores.tolist() == pytest.approx(by_the_book(texts, ["x"]), rel=1e-5)


def test_bm25_is_what_the_formula_gives():
    """Two passages of 4 and 2 terms, one word of the question in the first of them only.

    idf = ln((2 - 1 + 0.5) / (1 + 0.5)) = 0, which counts as 1e-6; tf part = 1 · 2.2 /
    (1 + 1.2 · (0.25 + 0.75 · 4 / 3)) = 0.88.
    """
    found = search("alpha", "alpha beta gamma delta", "beta gamma")
    assert found == {0: pytest.approx(0.88e-6)}


def test_a_rare_word_counts_what_the_formula_gives():
    """Four passages of 1 term: idf = ln(3.5 / 1.5); tf part = 2.2 / (1 + 1.2) = 1."""
    found = search("alpha", "alpha", "beta", "gamma", "delta")
    assert found == {0: pytest.approx(math.log(3.5 / 1.5), rel=1e-6)}


def test_a_word_of_most_passages_counts_next_to_nothing_and_never_less():
    assert search("trade", "trade", "trade", "trade", "gas") == dict.fromkeys(
        range(3), pytest.approx(1e-6)
    )


def test_the_passage_with_more_of_the_rare_words_scores_most():
    texts = ["Peru trade", "Peru aircraft", "Peru gas", "Peru forum", "Peru aircraft aircraft"]
    found = search("aircraft in Peru", *texts)
    assert sorted(found, key=found.__getitem__)[-2:] == [1, 4]


def test_removed_passages_do_not_count():
    part = lexicon("Peru trade", "Peru", "Peru gas")
    (scores,) = Bm25([(part, np.array([True, False, True]))]).scores(query_terms("Peru trade"))
    expected = search("Peru trade", "Peru trade", "Peru gas")
    assert {0: scores[0], 1: scores[2]} == expected


PARTS = st.lists(
    st.lists(
        st.tuples(st.lists(st.sampled_from("abcdeé무"), max_size=7), st.booleans()), max_size=6
    ),
    min_size=1,
    max_size=3,
)


def divided(parts) -> tuple[list[tuple[Lexicon, np.ndarray]], list[str]]:
    """Return a lexicon and a mask for each part, and the texts that the masks keep."""
    made = [
        (lexicon_of(" ".join(words) for words, _ in part), np.array([a for _, a in part], np.bool_))
        for part in parts
    ]
    return made, [" ".join(words) for part in parts for words, alive in part if alive]


@settings(max_examples=300)
@given(PARTS, st.lists(st.sampled_from("abcdeé무x"), unique=True, max_size=5))
def test_however_passages_are_divided_the_scores_are_those_of_one_index_of_the_living(parts, words):
    made, alive = divided(parts)
    found = [
        score
        for scores, (_, mask) in zip(Bm25(made).scores(words), made, strict=True)
        for score in scores[mask].tolist()
    ]
    (undivided,) = Bm25([whole(lexicon_of(alive))]).scores(words)
    assert found == undivided.tolist()
    assert found == pytest.approx(by_the_book(alive, words), rel=1e-5, abs=1e-12)


@settings(max_examples=300)
@given(PARTS)
def test_merged_parts_are_the_lexicon_of_the_living_array_for_array(parts):
    made, alive = divided(parts)
    check_equal(merged(made), lexicon_of(alive))


@given(parts=PARTS)
def test_merging_in_small_blocks_gives_the_same(parts):
    made, alive = divided(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "_BLOCK", 2)
        check_equal(merged(made), lexicon_of(alive))


def test_merging_nothing_gives_a_lexicon_of_nothing():
    check_equal(merged([]), lexicon_of(()))
    check_equal(merged([whole(lexicon_of(()))] * 2), lexicon_of(()))
    assert [scores.tolist() for scores in Bm25([whole(lexicon_of(()))] * 2).scores(["a"])] == [
        [],
        [],
    ]


def test_merging_leaves_its_parts_as_they_were():
    made, _ = divided([[(["a", "b"], True), (["c"], False)], [(["a"], True)]])
    merged(made)
    check_equal(made[0][0], lexicon_of(["a b", "c"]))
    check_equal(made[1][0], lexicon_of(["a"]))


def test_arrays_that_lie_in_files_give_the_same(tmp_path):
    texts = [" ".join(SCRIPTS[start::3]) for start in range(3)] + ["", "a a 무역"]
    kept = lexicon_of(texts)
    for name in ARRAYS:
        np.save(tmp_path / f"{name}.npy", getattr(kept, name), allow_pickle=False)
    mapped = Lexicon(**{n: np.load(tmp_path / f"{n}.npy", mmap_mode="r") for n in ARRAYS})
    check_equal(mapped, kept)
    mask = np.array([True, False, True, True, True])
    question = [*SCRIPTS, "nothing"]
    (expected,), (found,) = (Bm25([(one, mask)]).scores(question) for one in (kept, mapped))
    assert found.tolist() == expected.tolist()
    check_equal(merged([(mapped, mask)]), merged([(kept, mask)]))


QUESTIONS = [
    'trade" OR "gas', "trade*", "NEAR(trade gas)", "trade AND NOT gas", "terms:trade", "-trade",
    "^trade", "trade + gas", "(trade", "{terms} : trade", "trade'; DROP TABLE lexicon; --",
    "trade\0gas", "\ud800 trade", "%trade%", "trade\u0301", "“trade”",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_never_read_as_a_query(question):
    found = search(question, "trade and gas", "lexicon", "peru")
    assert 0 in found
    assert 2 not in found


@pytest.mark.parametrize("question", ["", "?", "...", '"', "*", "\0", "\u0301", "🙂", "- -"])
def test_a_question_without_a_word_finds_nothing(question):
    assert search(question, "trade", "gas") == {}


@given(st.text(max_size=40))
def test_any_text_finds_itself_where_it_has_a_term_and_never_fails(text):
    assert (0 in search(text, text, "other")) == bool(query_terms(text))
    if any(character.isalpha() and character.isascii() for character in text):
        assert query_terms(text)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("한국은 페루와 협정을 맺었다", "페루는 어디에 있습니까?"),
        ("Президент подписал новый договор", "Что сказано в новом договоре?"),
        ("El Perú firmó un acuerdo", "peru acuerdos"),
        ("It grew by 3.5 percent", "Did it grow by 3.5%?"),
    ],
)
def test_other_forms_of_a_word_find_it(text, question):
    assert list(search(question, "nothing of that", text)) == [1]

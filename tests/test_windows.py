"""Windows: each family's own tokens, special ones and types; offsets; long passages, questions."""

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from small_readers import FAMILIES

from service.span_model import load_span_model
from service.windows import Window

LONG = " ".join(f"Korea traded {number} aircraft." for number in range(150))
AWKWARD = "Korea  and PERU\r\n\r\nbuilt 🛩️ 대한민국 e\u0301 café [SEP] </s>, _ trade\u3000日本語."


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, tmp_path_factory):
    """One of the small models; its folder and its tokenizer, to compare with."""
    from transformers import AutoTokenizer

    folder: Path = FAMILIES[request.param](tmp_path_factory.mktemp("family") / request.param)
    return SimpleNamespace(
        name=request.param,
        model=load_span_model(str(folder)),
        tokenizer=AutoTokenizer.from_pretrained(folder),
    )


def own_pieces(family, window: Window) -> list[str]:
    ids = window.inputs["input_ids"][window.first : window.first + len(window.extents)]
    return family.tokenizer.convert_ids_to_tokens(ids)


def covered(windows: list[Window]) -> set[int]:
    """The characters of the passage that some token of some window has."""
    return {
        place
        for window in windows
        for extent in window.extents
        for place in range(extent.start, extent.end)
    }


def written(text: str) -> set[int]:
    """The places of letters and digits; marks and signs a family may drop before it reads."""
    return {place for place, character in enumerate(text) if character.isalnum()}


def test_each_token_gives_back_its_own_characters_of_the_passage(family):
    text = "Korea traded 16, in Peru."
    (window,) = family.model.windows("Who?", "Trade", text)
    assert len(window) == len(window.inputs["input_ids"])
    pieces = [piece.lstrip("#▁Ġ").casefold() for piece in own_pieces(family, window)]
    found = [text[e.start : e.end].strip().casefold() for e in window.extents]
    assert found == pieces
    assert "".join(found) == "koreatraded16,inperu."


@pytest.mark.parametrize(
    "text",
    ["Korea", "K", "🛩️ 1", "대한민국", "한국은 16대를 샀다.", "a\r\nb", "e\u0301", AWKWARD, LONG],
    ids=["word", "letter", "emoji", "hangul", "korean", "lines", "accent", "awkward", "long"],
)
@pytest.mark.parametrize("context", ["", "Trade", "What is built?"], ids=repr)
def test_every_character_of_any_passage_belongs_to_a_token_whatever_stands_before_it(
    family, context, text
):
    windows = family.model.windows("Who built it?", context, text)
    assert written(text) <= covered(windows) <= set(range(len(text)))
    for window in windows:
        places = [(extent.start, extent.end) for extent in window.extents]
        assert places == sorted(places)
        assert 0 <= window.first <= len(window) - len(window.extents) - 1


def test_question_and_context_are_never_among_the_passage_s_own_tokens(family):
    (window,) = family.model.windows("Who built aircraft?", "Korea and Peru", "It was 16.")
    pieces = own_pieces(family, window)
    assert not {"korea", "peru", "who", "aircraft"} & {p.lstrip("#▁Ġ").casefold() for p in pieces}
    assert not set(pieces) & set(family.tokenizer.all_special_tokens)
    read = family.tokenizer.decode(window.inputs["input_ids"]).casefold().replace(" ", "")
    assert "whobuiltaircraft?" in read
    assert "koreaandperu.itwas16." in read


@pytest.mark.parametrize(
    ("context", "joined"),
    [("Peru", "peru.16"), ("Who?", "who?16"), ("Peru.", "peru.16"), ("Peru:", "peru:16")],
)
def test_a_context_is_closed_with_a_full_stop_unless_it_has_a_stop_of_its_own(
    family, context, joined
):
    (window,) = family.model.windows("How many?", context, "16 aircraft")
    read = family.tokenizer.decode(window.inputs["input_ids"]).casefold().replace(" ", "")
    assert joined in read


def test_special_tokens_and_types_are_the_family_s_own(family):
    (window,) = family.model.windows("Who", "", "Korea trade")
    alone = family.tokenizer("Who", "Korea trade")
    assert window.inputs == dict(alone), "as the tokenizer itself joins two texts"
    pieces = family.tokenizer.convert_ids_to_tokens(window.inputs["input_ids"])
    last = window.first + len(window.extents)
    if family.name == "roberta":
        assert (pieces[0], pieces[window.first - 2 : window.first], pieces[last:]) == (
            "<s>",
            ["</s>", "</s>"],
            ["</s>"],
        )
    else:
        assert pieces[0] == "[CLS]"
        assert pieces[window.first - 1] == pieces[last] == "[SEP]"
    types = {
        "bert": [0, 0, 0, 1, 1, 1],
        "deberta": [0, 0, 0, 1, 1, 1],
    }
    assert window.inputs.get("token_type_ids") == types.get(family.name)
    assert set(window.inputs["attention_mask"]) == {1}


def limit_of(family) -> int:
    """128 positions; RoBERTa leaves out as many as its padding's number, 1, and one more."""
    return 126 if family.name == "roberta" else 128


def test_a_long_passage_is_read_in_full_windows_that_share_a_quarter_of_their_tokens(family):
    windows = family.model.windows("Who?", "Trade", "," * 400)
    limit = limit_of(family)
    assert {len(window) for window in windows[:-1]} == {limit}
    assert len(windows[-1]) <= limit
    for one, other in pairwise(windows):
        assert one.extents[-(limit // 4) :] == other.extents[: limit // 4]
    assert covered(windows) == set(range(400))


def test_a_passage_that_just_fits_is_read_in_one_window_and_one_token_more_takes_two(family):
    frame = len(family.model.windows("Who", "", ",")[0]) - 1
    most = limit_of(family) - frame
    (window,) = family.model.windows("Who", "", "," * most)
    assert len(window) == limit_of(family)
    assert len(family.model.windows("Who", "", "," * (most + 1))) == 2


@pytest.mark.parametrize(
    "word", ["built ", "🛩️", "한국", "x"], ids=["words", "emoji", "hangul", "letters"]
)
def test_a_question_longer_than_the_window_still_leaves_room_for_the_passage(family, word):
    windows = family.model.windows(word * 1000, "Trade", LONG)
    assert written(LONG) <= covered(windows)
    assert all(len(window) <= limit_of(family) for window in windows)
    short = family.model.windows(word * 1000, "", "Korea built 16.")
    assert written("Korea built 16.") <= covered(short)


def test_a_long_question_keeps_its_beginning(family):
    (window,) = family.model.windows("Who built " + "trade " * 1000, "", "Korea")
    read = family.tokenizer.decode(window.inputs["input_ids"]).casefold().replace(" ", "")
    assert "whobuilttradetrade" in read


def test_a_context_longer_than_the_window_hides_nothing_of_the_passage(family):
    windows = family.model.windows("Who?", "trade " * 300, "Korea built 16.")
    assert written("Korea built 16.") <= covered(windows)
    assert all(window.extents for window in windows), "a window of context alone is not read"


@pytest.mark.parametrize("text", ["", " ", "\r\n\t"], ids=repr)
def test_a_passage_of_nothing_but_blanks_gives_no_window_without_tokens(family, text):
    windows = family.model.windows("Who?", "Trade", text)
    assert covered(windows) <= set(range(len(text)))
    assert all(window.extents for window in windows)


@pytest.mark.parametrize("question", ["", " ", "?", "[SEP]", "</s>"], ids=repr)
def test_any_question_leaves_the_passage_its_tokens(family, question):
    (window,) = family.model.windows(question, "", "Korea built 16.")
    assert written("Korea built 16.") <= covered([window])


def test_what_was_cut_before_changes_no_window(family):
    first = family.model.windows("Who?", "Trade", "Korea built 16.")
    family.model.windows("Who built it? " * 200, "", LONG)
    assert family.model.windows("Who?", "Trade", "Korea built 16.") == first

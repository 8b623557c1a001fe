"""Where an answer begins and ends: whole words, whole amounts, no loose punctuation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sentences import Extent
from service.boundaries import answer_extent


@pytest.mark.parametrize(
    ("marked", "answer"),
    [
        ("It costs $[6].2 billion a year.", "$6.2 billion"),
        ("It costs $6.2 [billion] a year.", "$6.2 billion"),
        ("It costs [$6.2 billion] a year.", "$6.2 billion"),
        ("Worth US$[300 million], it rose.", "US$300 million"),
        ("A rise of [12].5% in 2020", "12.5%"),
        ("A rise of [12] per cent in 2020", "12 per cent"),
        ("about [1,200] km of track", "1,200 km"),
        ("In [2012], he left.", "2012"),
        ("it fell to -[3] degrees", "-3"),
        ("from 2010-[12] on", "2010-12"),
        ("the 5 [million won] fund", "5 million won"),
        ("by [Ollanta Huma]la.", "Ollanta Humala"),
        ("by [José] Martí", "José"),
        ("Mr [Núñ]ez said", "Núñez"),
        ("Jose\u0301 [Nu\u0301n\u0303ez] said", "Nu\u0301n\u0303ez"),
        ("called [“Pacific Alliance”] since", "Pacific Alliance"),
        ("called “[Pacific Alliance”], since", "Pacific Alliance"),
        ('the ["adapt] or die" speech', "adapt"),
        ("the Army [(IRA)] said", "IRA"),
        ("the [Irish Army (IRA)] said", "Irish Army (IRA)"),
        ("the [Irish Army (IRA]) said", "Irish Army (IRA)"),
        ("in the [U.S.] and", "U.S."),
        ("at [Hyundai Motor Co.] in", "Hyundai Motor Co."),
        ("It was [Lima.]", "Lima"),
        ("the [state’s] share", "state’s"),
        ("Peru[, the corvettes,] and", "the corvettes"),
        ("수도는 [서울]에서", "서울"),
        ("수도는 [서]울에서", "서울에서"),
        ("[대한민]국 대사", "대한민국"),
        ("在[首尔]举行", "首尔"),
        ("the [anti-]corruption law", "anti-corruption"),
        ("emoji [fami]ly 👩‍👩‍👧", "family"),
        ("A\r\n[ 16\r\n]aircraft", "16"),
        ("(see [16])", "16"),
        ("[16 aircraft (]four)", "16 aircraft"),
        ("[don]’t", "don’t"),
        ("the [states’] share", "states"),
        ("COVID-[19]", "COVID-19"),
        ("write to [cspark99]@korea.kr.", "cspark99@korea.kr"),
        ("write to c.park+1@[korea].go.kr, or call", "c.park+1@korea.go.kr"),
        ("see https://mofa.go.kr/[eng]/index.do?a=1. It", "https://mofa.go.kr/eng/index.do?a=1"),
        ("see ([www].korea.kr)", "www.korea.kr"),
        ("at [noon] write to a@b.kr", "noon"),
        ("the price@[16] each", "16"),
        ("the F-[16] fleet", "F-16"),
        ("at 12[:30] sharp", "12:30"),
        ("[£5]m a year", "£5m"),
        ("[100] € a head", "100 €"),
        ("12[%] of it", "12%"),
        ("[6 million] dollars", "6 million dollars"),
        ("a rise of [.5] points", ".5"),
        ("the U.[S.] forces", "U.S."),
        ("- [3] ships", "3"),
        ("> [16] ships", "16"),
        ("En [2012] ha crecido", "2012"),
        ("who in [2012] won the cup", "2012"),
        ("[서울]에서는 비가", "서울"),
        ("[Mexico]'s largest partner", "Mexico"),
        ("the [Peruvian Navy]’s ship", "Peruvian Navy"),
        ("[Moody’s] said", "Moody’s"),
        ("worth [four] billion US dollars", "four billion US dollars"),
        ("worth [four billion] US dollars", "four billion US dollars"),
        ("worth four [million] won", "four million won"),
        ("from nine [per cent] on", "nine per cent"),
        ("from [Nine] per cent on", "Nine per cent"),
        ("[one] won the cup", "one"),
        ("the [three] ships", "three"),
        ("of [bone] percent", "bone"),
    ],
)
def test_an_answer_is_whole_words_and_amounts(marked: str, answer: str) -> None:
    start = marked.index("[")
    end = marked.index("]") - 1
    text = marked.replace("[", "", 1).replace("]", "", 1)
    extent = answer_extent(text, Extent(start, end))
    assert extent is not None
    assert text[extent.start : extent.end] == answer


@pytest.mark.parametrize("text", ["—", " . ", "()", "…", "“”"])
def test_punctuation_alone_is_no_answer(text: str) -> None:
    assert answer_extent(text, Extent(0, len(text))) is None


@given(st.text(max_size=60), st.integers(0, 60), st.integers(1, 30))
def test_an_answer_stays_inside_its_passage_and_holds_a_word(
    text: str, start: int, length: int
) -> None:
    start = min(start, len(text))
    extent = answer_extent(text, Extent(start, min(len(text), start + length)))
    if extent is not None:
        assert 0 <= extent.start < extent.end <= len(text)
        assert any(character.isalnum() for character in text[extent.start : extent.end])


@given(st.text("ab 12.,$%()“”'-\u0301한는", max_size=40), st.integers(0, 40), st.integers(1, 20))
def test_moving_the_ends_twice_changes_nothing_more(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    once = answer_extent(text, Extent(start, min(len(text), start + length)))
    if once is not None:
        again = answer_extent(text, once)
        assert again is not None
        assert again.start <= once.start
        assert again.end >= once.start

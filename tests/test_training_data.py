"""From the data sets to exercises: plain text, exact places, and nothing read that may not be."""

import json
from pathlib import Path

import pytest
import regex

from corpus.errors import InvalidSetting
from corpus.sentences import Extent
from training.exercises import Exercise, Reading
from training.qamr import plain, read_questions, read_sentences
from training.sources import (
    SquadQuestion,
    agreed,
    qamr_exercises,
    read_squad,
    squad_exercises,
)

SEEDS = range(25)

LIMA = "Wiki1k:wikipedia:7:2:0"
SENTENCES = (
    ("Wiki1k:wikipedia:7:2:1", "It lies on the Pacific ; `` a gray city '' , poets said ."),
    (LIMA, "Lima -LRB- founded in 1535 -RRB- is Peru 's capital ."),
    ("Wiki1k:wikipedia:7:10:0", "Korea bought ships for $ 5 million there ."),
    ("Wiki1k:wikipedia:7:3:0", "Ships do n't sail to 서울 👩‍👩‍👧 every day ."),
    ("Wiki1k:wikinews:8:0:0", "Rain fell ."),
)
QUESTIONS = (
    (LIMA, "When was Lima founded?", "4", "261:4", "60:3 4"),
    (LIMA, "Whose capital is it?", "7 8", "261:7", "60:8 7"),
    (LIMA, "All disagree?", "0", "261:1", "60:2"),
    (LIMA, "Two give a broken run?", "0 9", "261:0 9", "60:9"),
    (LIMA, "Two point past the sentence?", "10 11", "261:10 11", "60:0"),
    (LIMA, "Two give nothing?", "", "261:", "60:0"),
    ("Wiki1k:wikipedia:7:10:0", "How much?", "4 5 6", "261:4 5 6", "60:4 5 6"),
    ("Wiki1k:wikinews:8:0:0", "What fell?", "0", "261:0", "60:1"),
)
ANSWERED = {"When was Lima founded?": "1535", "Whose capital is it?": "Peru's",
            "How much?": "$5 million", "What fell?": "Rain"}  # fmt: skip


@pytest.fixture
def qamr(tmp_path) -> Path:
    return qamr_folder(tmp_path / "qamr")


def qamr_folder(folder, sentences=SENTENCES, questions=QUESTIONS, end="\n") -> Path:
    folder.mkdir()
    rows = [(q[0], "0", "1", "2", "3", q[1], *q[2:]) for q in questions]
    for name, lines in (("wiki-sentences", sentences), ("dev", rows[:3]), ("test", rows[3:])):
        content = end.join("\t".join(line) for line in lines)
        (folder / f"{name}.tsv").write_bytes(content.encode())
    return folder


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("Lima -LRB- in Peru -RRB- grew .", "Lima (in Peru) grew."),
        ("He -LSB- sic -RSB- saw -LCB- it -RCB- .", "He [sic] saw {it}."),
        ("`` Yes '' , he said : `` no '' .", '"Yes", he said: "no".'),
        ('He said " yes " and " no " .', 'He said "yes" and "no".'),
        ("the ` gray ' city", "the 'gray' city"),
        ("Korea -- and Peru -- met .", "Korea – and Peru – met."),
        ("Peru 's ships do n't sink .", "Peru's ships don't sink."),
        ("We 're sure they 'll say I 'd .", "We're sure they'll say I'd."),
        ("It cost $ 5 or # 4 , or 3 % ; why ?", "It cost $5 or £4, or 3%; why?"),
        ("서울 👩‍👩‍👧 !", "서울 👩‍👩‍👧!"),
        ("Korea", "Korea"),
        ("-LRB- -RRB-", "()"),
    ],
)
def test_tokens_become_text_as_it_is_written(tokens, text) -> None:
    assert plain(tokens.split(" "))[0] == text


def test_the_place_of_each_token_gives_its_written_form() -> None:
    tokens = "`` Peru 's 서울 👩‍👩‍👧 '' -LRB- # 4 -RRB- -- do n't"
    shown = "\" Peru 's 서울 👩‍👩‍👧 \" ( £ 4 ) – do n't"
    text, places = plain(tokens.split())
    assert [text[start:end] for start, end in places] == shown.split()
    assert plain([]) == ("", ())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_answer_counts_where_two_of_three_people_gave_the_same_unbroken_run(
    tmp_path, end
) -> None:
    found = read_questions(qamr_folder(tmp_path / "qamr", questions=QUESTIONS[:7], end=end))
    assert {q.question: [q.sentence.text[a:b] for a, b in q.answers] for q in found} == {
        "When was Lima founded?": ["1535"],
        "Whose capital is it?": ["Peru's"],
        "How much?": ["$5 million"],
    }


def test_what_is_wrong_in_a_file_of_qamr_is_told_in_a_sentence(tmp_path) -> None:
    with pytest.raises(InvalidSetting, match=r"wiki-sentences.tsv can't be read: No such file"):
        read_sentences(tmp_path)
    short = qamr_folder(tmp_path / "short", questions=QUESTIONS[:2])
    (short / "test.tsv").write_text("a\tb\n")
    with pytest.raises(InvalidSetting, match=r"test.tsv, line 1: 2 columns, not 9"):
        read_questions(short)
    with pytest.raises(InvalidSetting, match="Wiki1k:wikipedia:7:2:0"):
        read_questions(qamr_folder(tmp_path / "other", sentences=SENTENCES[:1]))


def test_each_qamr_answer_stands_where_it_is_said_alone_among_others_and_after_a_context(
    qamr,
) -> None:
    made = [one for seed in SEEDS for one in qamr_exercises(qamr, seed, share=1)]
    assert len(made) == len(SEEDS) * 4
    for one in made:
        first, *_ = one.readings
        cut = [first.text[answer.start : answer.end] for answer in first.answers]
        assert cut == [ANSWERED[one.question]]
    read = [one.readings[0] for one in made if one.question == "How much?"]
    alone = "Korea bought ships for $5 million there."
    assert {bool(reading.context) for reading in read} == {True, False}
    assert {reading.text == alone for reading in read} == {True, False}
    assert not any("Rain" in r.text + r.context for one in made[:3] for r in one.readings)


def test_what_is_read_beside_the_answer_doesn_t_hold_it(tmp_path) -> None:
    said = ("Peru grew .", "Ships of Peru 's navy left .", "Ships came to PERU .", "It rained .")
    rows = [(f"Wiki1k:wikipedia:9:0:{n}", text) for n, text in enumerate(said)]
    asked = [("Wiki1k:wikipedia:9:0:0", "What grew?", "0", "261:0", "60:0")]
    folder = qamr_folder(tmp_path / "qamr", rows, asked)
    for seed in SEEDS:
        (one,) = qamr_exercises(folder, seed, share=1)
        assert [reading.text for reading in one.readings[1:]] == ["It rained."]


def squad(path: Path, text: str, given: dict[str, list[tuple[str, int]]]) -> Path:
    """Write a paragraph and its questions with the answers and their places."""
    qas = [
        {"id": q, "question": q, "is_impossible": not answers,
         "answers": [{"text": a, "answer_start": at} for a, at in answers]}
        for q, answers in given.items()
    ]  # fmt: skip
    article = {"title": "Kept", "paragraphs": [{"context": text, "qas": qas}]}
    path.write_text(json.dumps({"data": [article]}))
    return path


LONG = (
    "It rained in spring and it rained all through the summer of that year.\r\n"
    "서울 👩‍👩‍👧 and Lima agreed on many things, of which trade in copper was the first. "
    "In 2011 Peru signed the treaty in Lima with Korea, and nobody spoke against it there. "
    "Ships went to and fro, heavy with copper and with machines, as they had done before. "
    "Prices rose. People of Peru's coast were glad; those of the mountains waited for more."
)


def asked(question: str, *answers: str) -> SquadQuestion:
    places = (match.span() for answer in answers for match in regex.finditer(answer, LONG))
    return SquadQuestion(question, LONG, tuple(Extent(*place) for place in places))


SIGNED, WHERE = asked("Who signed?", r"Peru(?!')"), asked("Where?", "Lima", "in Lima")


def test_a_paragraph_and_what_is_left_of_it_are_read_below_their_title(tmp_path) -> None:
    given = {"Who signed?": [("Korea", LONG.index("Korea"))], "Who rested?": []}
    path = squad(tmp_path / "squad.json", LONG, given)
    path.write_text(path.read_text().replace("Kept", "Trade_of_Peru"))
    for seed in SEEDS:
        signed, rested = squad_exercises(read_squad(path), seed, found={}, share=1, words=(20, 75))
        contexts = [reading.context for one in (signed, rested) for reading in one.readings]
        assert contexts == ["Trade of Peru"] * 3


def test_each_crop_of_a_paragraph_holds_every_answer_at_its_place() -> None:
    crops = set()
    for seed in SEEDS:
        for one in squad_exercises([SIGNED, WHERE], seed, found={}, share=1, words=(20, 75)):
            wanted = ["Peru"] if one.question == "Who signed?" else ["Lima", "Lima", "in Lima"]
            first = one.readings[0]
            assert [first.text[a.start : a.end] for a in first.answers] == wanted
            crops.add(first.text)
    assert all(text in LONG for text in crops)
    assert LONG in crops
    assert len(crops) > 4


def test_a_crop_of_a_word_is_the_answer_s_sentence() -> None:
    texts = {
        squad_exercises([SIGNED], seed, found={}, share=0, words=(1, 1))[0].readings[0].text
        for seed in SEEDS
    }
    assert texts - {LONG} == {
        "In 2011 Peru signed the treaty in Lima with Korea, and nobody spoke against it there."
    }


def test_a_paragraph_less_its_answer_s_sentences_doesn_t_hold_the_answer() -> None:
    (one,) = squad_exercises([WHERE], 1, found={}, share=1, words=(20, 75))
    assert one.readings[1].answers == ()
    assert "Lima" not in one.readings[1].text
    (one,) = squad_exercises([SIGNED], 1, found={}, share=1, words=(20, 75))
    assert not any("Peru" in reading.text for reading in one.readings[1:]), "nor as Peru's"


def test_a_found_passage_is_of_another_paragraph_and_doesn_t_hold_the_answer() -> None:
    found = {"Who signed?": ("Prices rose.", "PERU.", "Of Peru's.", "One", "Two", "Three", "Four")}
    chosen = [
        squad_exercises([SIGNED], s, found=found, share=0, words=(20, 75))[0].readings[1]
        for s in SEEDS
    ]
    assert {reading.text for reading in chosen} == {"One", "Two", "Three"}
    (none,) = squad_exercises(
        [SIGNED], 1, found={"Who signed?": ("Prices rose.",)}, share=1, words=(20, 75)
    )
    assert len(none.readings) == 1


def test_a_question_without_an_answer_is_read_with_its_whole_paragraph() -> None:
    (one,) = squad_exercises(
        [SquadQuestion("Why?", LONG, ())], 3, found={}, share=1, words=(20, 75)
    )
    assert one == Exercise("Why?", (Reading("", LONG),))


def test_a_paragraph_without_an_answer_is_cut_too_where_that_is_asked_for() -> None:
    why = SquadQuestion("Why?", LONG, ())
    cuts = {
        squad_exercises([why], s, found={}, share=1, words=(1, 1), cut_all=True)[0].readings
        for s in SEEDS
    }
    assert all(reading.answers == () and reading.text in LONG for (reading,) in cuts)
    assert len(cuts) > 3


def test_the_same_seed_makes_the_same_exercises(qamr) -> None:
    made = [
        squad_exercises([SIGNED, WHERE] * 5, s, found={}, share=0.5, words=(20, 75))
        for s in (1, 1, 2)
    ]
    assert made[0] == made[1] != made[2]
    assert qamr_exercises(qamr, 1, share=0.5) == qamr_exercises(qamr, 1, share=0.5)


def test_a_squad_file_is_read_with_its_places_and_who_agrees(tmp_path) -> None:
    twice, apart = [("Peru", 7), ("Peru", 7)], [("👩‍👩‍👧", 0), ("Peru grew", 7)]
    entries = {"Who?": twice, "What?": apart, "Why?": []}
    path = squad(tmp_path / "a.json", "👩‍👩‍👧\r\nPeru grew", entries)
    who, what, why = read_squad(path)
    assert (who.answers, who.people, who.is_agreed) == ((Extent(7, 11),), 2, True)
    assert (what.people, what.is_agreed, why.answers) == (2, False, ())
    assert agreed([who, what, why]) == [who, why]
    assert len(read_squad(path, {"Kept"})) == 3
    assert read_squad(path, {"Other"}) == []


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"data": 3}', '{"data": [{"title": "T"}]}', "\udcff",
     '{"data": [{"title": "T", "paragraphs": [{"context": "a", "qas": ["q"]}]}]}'],
)  # fmt: skip
def test_what_is_not_in_squad_s_format_is_refused(tmp_path, content) -> None:
    (tmp_path / "a.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidSetting, match=r"a\.json is not in SQuAD's format"):
        read_squad(tmp_path / "a.json")


@pytest.mark.parametrize("answer", [("Peru", 1), ("Peru", 900), ("grew", -4), ("", 2)])
def test_an_answer_that_doesn_t_stand_at_its_place_is_refused(tmp_path, answer) -> None:
    with pytest.raises(InvalidSetting, match=r"question 'Who\?'"):
        read_squad(squad(tmp_path / "a.json", "Peru grew", {"Who?": [answer]}))

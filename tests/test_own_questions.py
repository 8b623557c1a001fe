"""Our own questions: each on its passage, what is held out apart, and nothing of what measures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from corpus.errors import InvalidSetting
from corpus.sentences import Extent, sentences
from eval.metrics import normalised
from training.own_questions import (
    ARTICLES,
    CONTRASTS,
    DEVELOPMENT,
    DIGESTS,
    HELD_OUT_ARTICLES,
    HELD_OUT_DIGESTS,
    MORE_DIGESTS,
    PAIRS,
    TRAINING,
    TWINS,
    held_out_articles,
    near_misses,
    question_set,
    read_own,
    sentence_ids,
)
from training.qamr import read_questions, read_sentences
from training.recipe import EXERCISES, OWN, STAGES, Data
from training.sources import own_exercises, own_questions, places, qamr_exercises, read_squad

ROOT = Path(__file__).parents[1]
PLACES = (ROOT / "data", ROOT.parent / "shared" / "data")
REAL = next((place for place in PLACES if place.is_dir()), PLACES[0])
"""QAMR and SQuADShifts as `attache train --data data` takes them; they are not part of Attaché."""

ON_DIGESTS = (DIGESTS, TWINS, MORE_DIGESTS, CONTRASTS)
WRITTEN = (ARTICLES, *ON_DIGESTS, HELD_OUT_ARTICLES, HELD_OUT_DIGESTS)
ON_QAMR = (TRAINING, PAIRS, DEVELOPMENT)


def write_sentences(folder: Path, rows: Sequence[tuple[str, str]]) -> None:
    text = "\n".join("\t".join(row) for row in rows)
    (folder / "wiki-sentences.tsv").write_text(text, "utf-8")


def test_our_own_answers_count_wherever_they_stand_as_whole_words(tmp_path) -> None:
    rows = (
        ("x:y:1:0:0", "Peru had 12 ships , then 120 , now 1,012 or 12.5 ."),
        ("x:y:1:0:1", "Now 12 ."),
    )
    write_sentences(tmp_path, rows)
    path = tmp_path / "own.jsonl"
    line = (
        '{"sentences": ["x:y:1:0:0", "x:y:1:0:1"], "questions": [{"question": "How many?", '
        '"answers": ["12"]}, {"question": "Why?", "answers": []}]}'
    )
    path.write_text(line)
    many, why = own_exercises(path, tmp_path)
    assert many.readings[0].text == "Peru had 12 ships, then 120, now 1,012 or 12.5. Now 12."
    assert many.readings[0].answers == (Extent(9, 11), Extent(52, 54))
    assert why.readings[0].answers == ()
    for wrong, message in (
        (line.replace("12", "20"), r"line 1: \['20'\] is not in its passage"),
        (line.replace("0:1", "0:9"), r"line 1: .*x:y:1:0:9"),
        (line.replace("answers", "answer"), r"line 1: there is no 'answers'"),
        ('{"text": "Peru."}', r"line 1: there is no 'title'"),
        ("{", r"own.jsonl, line 1: "),
    ):
        path.write_text(wrong)
        with pytest.raises(InvalidSetting, match=message):
            own_exercises(path, tmp_path)


def test_a_passage_of_our_own_needs_no_sentences_of_others(tmp_path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(
        '{"title": "Ships", "text": "Peru had 12 ships.", "questions": '
        '[{"question": "How many?", "answers": ["12"]}]}'
    )
    (asked,) = own_questions(path, {})
    assert (asked.text, asked.answers) == ("Peru had 12 ships.", (Extent(9, 11),))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_each_accepted_answer_stands_in_its_article_as_whole_words(path) -> None:
    passages = read_own(path, {})
    assert len(passages) >= 40
    for passage in passages:
        for question, answers in passage.questions:
            for answer in answers:
                assert places(passage.text, (answer,)), question


@pytest.mark.parametrize("path", [HELD_OUT_ARTICLES, HELD_OUT_DIGESTS], ids=lambda path: path.stem)
def test_what_we_wrote_and_held_out_shares_nothing_with_what_is_trained_on(path) -> None:
    held_out = read_own(path, {})
    trained = [one for kept in (ARTICLES, *ON_DIGESTS) for one in read_own(kept, {})]
    for of in (titles_of, sentences_of, asked_in):
        assert of(held_out) & of(trained) == set()
        assert len(of(trained)) > len(of(held_out)) >= len(held_out)
    assert len(titles_of(held_out)) == len(held_out)


def test_held_out_articles_are_searched_as_they_were_written() -> None:
    written, found = read_own(HELD_OUT_ARTICLES, {}), held_out_articles()
    assert [document.text for document in found.documents] == [one.text for one in written]
    assert len(found.questions) == sum(len(one.questions) for one in written)


@pytest.mark.parametrize("path", [*ON_DIGESTS, HELD_OUT_DIGESTS], ids=lambda path: path.stem)
def test_digests_are_read_by_their_headings_and_none_is_about_what_the_collection_is(path) -> None:
    found = question_set(read_own(path, {}))
    assert len(found.documents) >= 40
    for document in found.documents:
        assert {block.kind for block in document.blocks} == {"heading", "text"}
        for name in ("Korea", "Seoul", "Uzbek", "Tashkent", "Peru"):
            assert name not in f"{document.title} {document.text}", document.title


def test_held_out_questions_on_qamr_share_no_passage_with_those_trained_on() -> None:
    trained, held_out = sentence_ids((TRAINING, PAIRS)), sentence_ids((DEVELOPMENT,))
    assert not trained & held_out
    assert len(trained) > len(held_out) > 0


def test_near_misses_are_asked_otherwise_than_what_is_trained_on() -> None:
    known = read_sentences(real("qamr"))
    trained = [one for path in OWN for one in read_own(path, known)]
    held_out = read_own(DEVELOPMENT, known)
    assert asked_in(held_out) & asked_in(trained) == set()
    assert len(asked_in(trained)) > len(asked_in(held_out)) > 800


def real(name: str) -> Path:
    if not (REAL / name).exists():
        pytest.skip(f"{REAL / name} is not here")
    return REAL / name


def test_near_misses_are_on_articles_that_nothing_of_ours_is_trained_on() -> None:
    known = read_sentences(real("qamr"))
    found = near_misses(real("qamr"))
    held_out = [one for one in read_own(DEVELOPMENT, known) if one.text in texts(found.documents)]
    articles = {known[id_].article for one in held_out for id_ in one.sentences}
    assert len(articles) >= 50
    assert not articles & {known[id_].article for id_ in sentence_ids((TRAINING, PAIRS))}
    assert len(found.questions) == sum(len(one.questions) for one in held_out)


def test_every_stage_has_its_exercises_and_starts_from_an_earlier_one() -> None:
    names = [stage.name for stage in STAGES]
    assert [stage.name for stage in STAGES if stage.epochs] == list(EXERCISES)
    for number, stage in enumerate(STAGES):
        assert set(stage.start) <= set(names[:number])


def test_no_sentence_of_new_wiki_is_trained_on_or_held_out_with_ours() -> None:
    data = Data(real("squadshifts"), real("qamr"), Path("work"))
    assert [path.name for path in data.sets] == ["amazon_reviews.json", "reddit.json"]
    assert {*OWN, DEVELOPMENT, HELD_OUT_ARTICLES, HELD_OUT_DIGESTS} == {*WRITTEN, *ON_QAMR}
    read = [question.text for path in data.sets for question in read_squad(path)]
    known = read_sentences(data.qamr)
    for path in (*WRITTEN, *ON_QAMR):
        read += [one.text for one in read_own(path, known)]
    wiki = read_squad(data.wiki)
    from_qamr = qamr_exercises(
        data.qamr, 17, share=1.0, without=" ".join({question.text for question in wiki})
    )
    assert 20_000 < len(from_qamr) < len(read_questions(data.qamr))
    read += [reading.text for one in from_qamr for reading in one.readings]
    trained, kept_out = long_sentences(read), long_sentences(question.text for question in wiki)
    assert (sorted(trained & kept_out), len(trained) > 1000 < len(kept_out)) == ([], True)


def texts(documents: Iterable[object]) -> set[str]:
    return {document.text for document in documents}  # type: ignore[attr-defined]


def titles_of(passages) -> set[str]:
    return {passage.title.casefold() for passage in passages}


def sentences_of(passages) -> set[str]:
    return long_sentences(passage.text for passage in passages)


def asked_in(passages) -> set[str]:
    return {normalised(question) for passage in passages for question, _ in passage.questions}


def long_sentences(found: Iterable[str]) -> set[str]:
    """Return the sentences of ten words or more, with nothing but their words."""
    parts = {text[s.start : s.end] for text in set(found) for s in sentences(text, 0, len(text))}
    return {normalised(one) for one in parts if len(one.split()) >= 10}

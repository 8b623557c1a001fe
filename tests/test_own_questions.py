"""Our own questions: what they are about is known, held apart, and nothing that measures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from corpus.errors import InvalidSetting
from corpus.sentences import Extent, sentences
from eval.metrics import normalised
from training.own_questions import (
    ARTICLES,
    DEVELOPMENT,
    HELD_OUT_ARTICLES,
    PAIRS,
    TRAINING,
    held_out_articles,
    near_misses,
    own_entries,
)
from training.qamr import read_questions
from training.recipe import Data
from training.sources import own_exercises, qamr_exercises, read_squad

REAL = Path(__file__).parents[2] / "shared" / "data"


def write_sentences(folder: Path, rows: Sequence[tuple[str, str]] = ()) -> None:
    text = "\n".join("\t".join(row) for row in rows)
    (folder / "wiki-sentences.tsv").write_text(text, "utf-8")


def test_our_own_answers_count_wherever_they_stand_as_whole_words(tmp_path) -> None:
    rows = (("x:y:1:0:0", "Peru had 12 ships , then 120 ."), ("x:y:1:0:1", "Now 12 ."))
    folder, path = tmp_path, tmp_path / "own.jsonl"
    write_sentences(folder, rows)
    line = (
        '{"sentences": ["x:y:1:0:0", "x:y:1:0:1"], "questions": [{"question": "How many?", '
        '"answers": ["12"]}, {"question": "Why?", "answers": []}]}'
    )
    path.write_text(line)
    many, why = own_exercises(path, folder)
    assert many.readings[0].text == "Peru had 12 ships, then 120. Now 12."
    assert many.readings[0].answers == (Extent(9, 11), Extent(33, 35))
    assert why.readings[0].answers == ()
    for wrong, message in (
        (line.replace("12", "20"), r"line 1: \['20'\] is not in its sentences"),
        (line.replace("0:1", "0:9"), r"line 1: .*x:y:1:0:9"),
        ("{", r"own.jsonl, line 1: "),
    ):
        path.write_text(wrong)
        with pytest.raises(InvalidSetting, match=message):
            own_exercises(path, folder)


def test_held_out_questions_share_no_passage_with_those_trained_on() -> None:
    entries = [*own_entries(TRAINING), *own_entries(PAIRS)]
    trained = {id_ for entry in entries for id_ in entry["sentences"]}
    held_out = {id_ for entry in own_entries(DEVELOPMENT) for id_ in entry["sentences"]}
    assert len(trained) > len(held_out) > len(trained & held_out) == 0


def test_held_out_articles_are_other_articles_than_those_trained_on() -> None:
    found = held_out_articles()
    trained, held_out = (
        {(entry["title"], entry["text"]) for entry in own_entries(path)}
        for path in (ARTICLES, HELD_OUT_ARTICLES)
    )
    assert not {title for title, _ in trained} & {title for title, _ in held_out}
    assert {document.text for document in found.documents} == {t for _, t in trained | held_out}
    assert {q.document for q in found.questions} - {None} == {
        document.id for document in found.documents if document.text in {t for _, t in held_out}
    }


def test_each_answer_of_our_own_articles_stands_in_its_article(tmp_path: Path) -> None:
    write_sentences(tmp_path)
    for path in (ARTICLES, HELD_OUT_ARTICLES):
        asked = [question for entry in own_entries(path) for question in entry["questions"]]
        made = own_exercises(path, tmp_path)
        assert [bool(one.readings[0].answers) for one in made] == [
            bool(q["answers"]) for q in asked
        ]


def real(name: str) -> Path:
    if not (REAL / name).exists():
        pytest.skip(f"{REAL / name} is not here")
    return REAL / name


def test_near_misses_are_every_passage_and_the_held_out_questions() -> None:
    found = near_misses(real("qamr"))
    entries = list(own_entries(DEVELOPMENT))
    assert len(found.questions) == sum(len(entry["questions"]) for entry in entries)
    assert {q.document for q in found.questions} - {None} <= {d.id for d in found.documents}


def test_no_sentence_of_new_wiki_is_trained_on() -> None:
    data = Data(real("squadshifts"), real("qamr"), Path("work"))
    assert [path.name for path in data.sets] == ["amazon_reviews.json", "reddit.json"]
    read = [question.text for path in data.sets for question in read_squad(path)]
    for path in (TRAINING, PAIRS, ARTICLES):
        read += [one.readings[0].text for one in own_exercises(path, data.qamr)]
    kept_apart = " ".join({question.text for question in read_squad(data.wiki)})
    from_qamr = qamr_exercises(data.qamr, 17, share=1.0, without=kept_apart)
    assert 20_000 < len(from_qamr) < len(read_questions(data.qamr))
    read += [reading.text for one in from_qamr for reading in one.readings]
    trained, kept_out = long_sentences(read), long_sentences(q.text for q in read_squad(data.wiki))
    assert (sorted(trained & kept_out), len(trained) > 1000 < len(kept_out)) == ([], True)


def long_sentences(texts: Iterable[str]) -> set[str]:
    """Return the sentences of ten words or more, with nothing but their words."""
    found = {text[s.start : s.end] for text in set(texts) for s in sentences(text, 0, len(text))}
    return {normalised(one) for one in found if len(one.split()) >= 10}

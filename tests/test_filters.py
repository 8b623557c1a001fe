"""Filters: which documents a search may look at, and that no better one crowds them out."""

from datetime import date

import pytest
from conftest import FakeEncoder, markdown

from corpus.errors import InvalidFilter
from index.filters import Filters, conditions
from index.index import Index


def note(name: str, front: str = "", text: str = "Korea trades with Peru.") -> object:
    language = "" if "language:" in front else "language: en\n"
    return markdown(f"---\n{language}{front}\n---\n{text}\n", name)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """One document under every label, and 300 passages without any that suit better."""
    index = Index(tmp_path_factory.mktemp("crowded"), FakeEncoder())
    better = "\n\n".join(["## Trade\n\nPeru trade agreement trade Peru trade agreement."] * 300)
    index.add(note("crowd", "", better))
    wanted = "countries: [UZ]\ntags: [energy]\npublished: 2020-06\nlanguage: ko-KR"
    index.add(note("wanted", wanted, "A long report on gas, and at its end one word on trade."))
    assert index.size().passages == 301
    return index


FILTERS = [
    Filters(countries=("UZ",)),
    Filters(countries=("PE", "UZ")),
    Filters(tags=("energy",)),
    Filters(languages=("ko",)),
    Filters(languages=("ko-KR",)),
    Filters(document_ids=("wanted",)),
    Filters(document_ids=("nothing", "wanted")),
    Filters(published_from="2020"),
    Filters(published_to="2020"),
    Filters(published_from="2020-06-30", published_to="2020-06-30"),
    Filters(("UZ",), ("energy",), ("ko",), ("wanted",), "2020-06", "2020-06"),
]


@pytest.mark.parametrize("filters", FILTERS)
def test_a_passage_that_a_filter_allows_is_found_behind_300_better_ones(crowded, filters):
    hits = crowded.search("Peru trade agreement", filters, limit=5).hits
    assert [hit.provenance.id for hit in hits] == ["wanted"]
    assert hits[0].dense > 0
    assert hits[0].lexical > 0


def test_without_a_filter_the_better_ones_come_first(crowded):
    hits = crowded.search("Peru trade agreement", limit=5).hits
    assert {hit.provenance.id for hit in hits} == {"crowd"}
    hits = crowded.search("Peru trade agreement", Filters(document_ids=("crowd",)), limit=301).hits
    assert len(hits) == 300


def ids(index: Index, filters: Filters) -> set[str]:
    return {hit.provenance.id for hit in index.search("Korea", filters, limit=50).hits}


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2020", None, "cdefg"),
        (None, "2020", "abcde"),
        ("2020", "2020", "cde"),
        ("2020-06", "2020-06", "ce"),
        ("2020-06-15", "2020-06-15", "ce"),
        ("2020-07", "2020-12", "cd"),
        ("2020-01-01", "2020-01-01", "c"),
        ("2021", "2021", "fg"),
        ("2021-02-01", None, "f"),
        ("2022", None, ""),
        (None, "2018", ""),
        ("2018", "2022", "abcdefg"),
    ],
)
def test_a_partial_date_matches_where_its_span_overlaps(dated, first, last, expected):
    assert ids(dated, Filters(published_from=first, published_to=last)) == set(expected)


@pytest.fixture(scope="module")
def dated(tmp_path_factory):
    index = Index(tmp_path_factory.mktemp("dated"), FakeEncoder())
    for name, published in {
        "a": "2019", "b": "2019-12-31", "c": "2020", "d": "2020-12-31", "e": "2020-06",
        "f": "2021", "g": "2021-01",
    }.items():  # fmt: skip
        index.add(note(name, f"published: {published}"))
    index.add(note("undated"))
    return index


def test_a_document_without_a_date_matches_no_date_but_everything_else(dated):
    assert "undated" in ids(dated, Filters())
    assert "undated" in ids(dated, Filters(languages=("en",)))
    assert "undated" not in ids(dated, Filters(published_from="0001", published_to="9999"))


def test_within_a_filter_any_value_matches_and_between_filters_all_must(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    index.add(note("a", "countries: [KR, PE]\ntags: [trade]"))
    index.add(note("b", "countries: [UZ]\ntags: [trade, energy]"))
    index.add(note("c", "countries: [KR]"))
    assert ids(index, Filters(countries=("KR",))) == {"a", "c"}
    assert ids(index, Filters(countries=("PE", "UZ"))) == {"a", "b"}
    assert ids(index, Filters(countries=("KR", "UZ"), tags=("trade",))) == {"a", "b"}
    assert ids(index, Filters(countries=("PE",), tags=("energy",))) == set()
    assert ids(index, Filters(tags=("tra",))) == set()
    assert ids(index, Filters(tags=("%",))) == set()


def test_a_language_matches_its_varieties_and_not_the_other_way_round(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    for name in ("en", "en-GB", "en-US", "enm"):
        index.add(note(name.lower(), f"language: {name}"))
    assert ids(index, Filters(languages=("en",))) == {"en", "en-gb", "en-us"}
    assert ids(index, Filters(languages=("en-GB",))) == {"en-gb"}
    assert ids(index, Filters(languages=("enm", "en-US"))) == {"enm", "en-us"}


@pytest.mark.parametrize(
    "tag", ["'; DROP TABLE documents; --", 'a"b', "%", "_", "?", "무역", "a' OR '1'='1"]
)
def test_a_value_is_never_read_as_sql(tmp_path, tag):
    index = Index(tmp_path, FakeEncoder())
    index.add(note("a", "tags: [{}]".format('"' + tag.replace('"', '\\"') + '"')))
    index.add(note("b"))
    assert ids(index, Filters(tags=(tag,))) == {"a"}
    assert index.size().documents == 2


@pytest.mark.parametrize(
    ("values", "pointer", "message"),
    [
        ({"countries": ("PE", "pe")}, "/filters/countries/1", "use ISO 3166-1 codes such as PE"),
        ({"countries": ("Peru",)}, "/filters/countries/0", "'Peru'"),
        ({"languages": ("english",)}, "/filters/languages/0", "use codes such as en, es or ko"),
        ({"tags": ("a", " ")}, "/filters/tags/1", "use 1 to 1,000 characters"),
        ({"tags": ("\ud800",)}, "/filters/tags/0", "use 1 to 1,000 characters"),
        ({"document_ids": ("A",)}, "/filters/document_ids/0", "an id has 1 to 128"),
        ({"document_ids": ("x" * 2000,)}, "/filters/document_ids/0", "an id has 1 to 128"),
        ({"tags": ("x",) * 101}, "/filters/tags", "has 101 values: at most 100"),
        ({"published_from": "soon"}, "/filters/published_from", "'soon' is not a date"),
        ({"published_from": ""}, "/filters/published_from", "'' is not a date"),
        ({"published_to": "2020-02-30"}, "/filters/published_to", "is not a day of the calendar"),
        (
            {"published_from": "2021", "published_to": "2020-12"},
            "/filters/published_from",
            "The first date, 2021, lies after the last, 2020-12: swap them.",
        ),
    ],
)
def test_an_impossible_value_is_refused_where_it_stands(values, pointer, message):
    with pytest.raises(InvalidFilter) as caught:
        Filters(**values)
    assert caught.value.pointer == pointer
    assert message in str(caught.value)


def test_a_date_means_its_whole_span():
    filters = Filters(published_from="2020", published_to="2020-02")
    assert (filters.first_day, filters.last_day) == (date(2020, 1, 1), date(2020, 2, 29))


def test_no_filter_is_no_condition():
    assert not Filters()
    assert conditions(Filters()) == ()
    assert all(FILTERS)

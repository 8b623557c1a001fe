"""Measures, with expected values that can be worked out by hand."""

import pytest

from eval.calibration import (
    Coverage,
    auroc,
    calibration_error,
    coverage_at,
    risk_coverage_area,
)
from eval.metrics import (
    abstention_precision,
    abstention_recall,
    exact_match,
    holds_answer,
    is_right,
    mean,
    normalised,
    percentile,
    recall_at,
    reciprocal_rank,
    share,
    token_f1,
    wilson,
)


def test_normalising_drops_case_punctuation_articles_and_blanks() -> None:
    assert normalised("  The «KT-1P», an  Aircraft. ") == "kt1p aircraft"
    assert normalised("theatre") == "theatre"


def test_exact_match_takes_any_accepted_answer() -> None:
    assert exact_match("the 16.", ("sixteen", "16")) == 1
    assert exact_match("16 aircraft", ("sixteen", "16")) == 0
    assert exact_match("16", ()) == 0


def test_f1_is_the_best_over_the_accepted_answers() -> None:
    # Given 2 tokens, gold 1, shared 1: precision 1/2, recall 1, F1 2/3.
    assert token_f1("16 aircraft", ("twenty", "16")) == pytest.approx(2 / 3)
    assert token_f1("twenty", ("16",)) == 0
    assert token_f1("16", ()) == 0


def test_f1_counts_a_repeated_token_as_often_as_both_have_it() -> None:
    # Given 3, gold 2, shared 1.
    assert token_f1("five five five", ("five six",)) == pytest.approx(2 / 5)


def test_two_numbers_with_the_same_digit_before_the_point_share_nothing() -> None:
    assert token_f1("3.5", ("3.7",)) == 0


def test_two_texts_without_a_token_are_equal_and_one_alone_is_wrong() -> None:
    assert token_f1("the", ("a",)) == 1
    assert token_f1("the", ("six",)) == 0


def test_an_answer_is_right_from_half_f1_on_and_only_from_the_right_document() -> None:
    # Given 3 tokens, gold 1, shared 1: F1 1/2.
    assert is_right("16 KT-1P aircraft", ("16",), "peru", {"peru"})
    assert not is_right("16 KT-1P aircraft built", ("16",), "peru", {"peru"})
    assert not is_right("16", ("16",), "lac", {"peru", "uzbekistan"})
    assert not is_right("16", ("16",), None, ())


def test_a_quote_holds_an_answer_as_whole_words_in_a_row() -> None:
    assert holds_answer("The other 16 were built in Peru.", ("twenty", "other 16"))
    assert not holds_answer("It was built in 2016.", ("16",))
    assert not holds_answer("Sixteen were built; the other left.", ("other sixteen",))
    assert not holds_answer("Anything.", ())
    assert not holds_answer("Anything.", ("…",))


def test_a_quote_holds_a_number_only_whole() -> None:
    assert holds_answer("It grew by 3.5, then fell.", ("3.5",))
    assert not holds_answer("It grew by 3.5 per cent.", ("3",))


def test_recall_and_reciprocal_rank_count_from_one_and_stop_at_k() -> None:
    assert [recall_at(rank, 5) for rank in (1, 5, 6, None)] == [1, 1, 0, 0]
    assert [reciprocal_rank(rank, 10) for rank in (1, 4, 10, 11, None)] == [1, 0.25, 0.1, 0, 0]


def test_abstaining_is_precise_where_unanswerable_and_complete_where_all_are_seen() -> None:
    answerable = [True, True, False, False, False]
    abstained = [True, False, True, True, False]
    assert abstention_precision(answerable, abstained) == pytest.approx(2 / 3)
    assert abstention_recall(answerable, abstained) == pytest.approx(2 / 3)


def test_a_share_or_average_of_nothing_is_none() -> None:
    assert mean([]) is None
    assert share(0, 0) is None
    assert abstention_precision([True], [False]) is None
    assert abstention_recall([True], [True]) is None
    assert percentile([], 50) is None
    assert calibration_error([], []) is None
    assert risk_coverage_area([], []) is None


def test_a_percentile_is_one_of_the_values() -> None:
    values = [40.0, 10.0, 30.0, 20.0]
    assert percentile(values, 50) == 20
    assert percentile(values, 51) == 30
    assert percentile(values, 95) == 40
    assert percentile(values, 0) == 10


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe (1998), table I: 81 of 263, and 0 of 20.
    assert wilson(81, 263).low == pytest.approx(0.2553, abs=1e-4)
    assert wilson(81, 263).high == pytest.approx(0.3662, abs=1e-4)
    assert wilson(0, 20).low == 0
    assert wilson(0, 20).high == pytest.approx(0.1611, abs=1e-4)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)


def test_calibration_error_is_the_gap_between_confidence_and_truth() -> None:
    # Ten values make two bins of five: 5 × 0.2 with 1 right, and 5 × 0.8 with 3 right.
    confidences = [0.2] * 5 + [0.8] * 5
    rights = [True] + [False] * 4 + [True] * 3 + [False] * 2
    assert calibration_error(confidences, rights) == pytest.approx((0.0 + 1.0) / 10)


def test_calibration_error_does_not_depend_on_the_order_given() -> None:
    confidences = [0.5] * 10
    rights = [True, False] * 5
    backwards = calibration_error(confidences, rights[::-1])
    assert calibration_error(confidences, rights) == backwards


def test_few_values_make_one_bin() -> None:
    assert calibration_error([0.1, 0.9], [True, True]) == pytest.approx((2 - 1.0) / 2)


def test_auroc_counts_pairs_in_the_right_order_and_ties_half() -> None:
    # Pairs: 0.9 > 0.5, 0.9 > 0.3, 0.5 = 0.5, 0.5 > 0.3.
    assert auroc([0.9, 0.5, 0.5, 0.3], [True, True, False, False]) == 3.5 / 4
    assert auroc([0.9, 0.5], [True, True]) is None


def test_the_risk_coverage_area_is_the_mean_risk_of_all_coverages() -> None:
    # Risks as coverage grows: 0/1, 1/2, 1/3, 2/4.
    area = risk_coverage_area([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    assert area == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)


def test_equal_confidences_bear_their_risk_together() -> None:
    assert risk_coverage_area([0.5, 0.5], [True, False]) == 0.5
    assert risk_coverage_area([0.5, 0.5], [False, True]) == 0.5


def test_coverage_at_a_risk_is_the_most_that_a_threshold_can_answer() -> None:
    # Risks as coverage grows: 0, 1/2, 1/3, 1/4, 2/5.
    confidences = [0.9, 0.8, 0.7, 0.6, 0.5]
    rights = [True, False, True, True, False]
    assert coverage_at(confidences, rights, 0.25) == Coverage(answered=4, wrong=1)
    assert coverage_at(confidences, rights, 0.2) == Coverage(answered=1, wrong=0)
    assert coverage_at([0.9], [False], 0.1) == Coverage(answered=0, wrong=0)

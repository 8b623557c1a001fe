"""Problem details: the stable list of types, and which error is which."""

import pytest

import corpus.errors
from corpus.errors import (
    AttacheError,
    DocumentConflict,
    DocumentNotFound,
    GenerationNotReached,
    IndexBusy,
    IndexDamaged,
    IndexMismatch,
    IndexNotFound,
    IndexNotWritable,
    InvalidDocument,
    InvalidFilter,
    InvalidQuestion,
    InvalidSetting,
    KeysUnavailable,
    ModelError,
    NotReady,
    Overloaded,
    TimedOut,
)
from service.problems import PROBLEM_TYPES, FieldError, Problem, problem, problem_of


def test_the_list_of_types_is_what_clients_were_promised() -> None:
    """A type may be added; none may change or go."""
    assert {kind.name: kind.status for kind in PROBLEM_TYPES.values()} == {
        "malformed-json": 400,
        "invalid-request": 422,
        "invalid-question": 422,
        "invalid-filter": 422,
        "invalid-document": 422,
        "unauthorized": 401,
        "forbidden": 403,
        "unknown-host": 421,
        "too-many-requests": 429,
        "document-conflict": 409,
        "document-not-found": 404,
        "not-found": 404,
        "method-not-allowed": 405,
        "body-too-large": 413,
        "body-incomplete": 408,
        "unsupported-media-type": 415,
        "generation-not-reached": 409,
        "index-busy": 503,
        "index-unavailable": 503,
        "model-unavailable": 503,
        "keys-unavailable": 503,
        "overloaded": 503,
        "timed-out": 503,
        "not-ready": 503,
        "internal-error": 500,
    }


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (InvalidQuestion("."), "invalid-question"),
        (InvalidFilter("."), "invalid-filter"),
        (InvalidSetting("."), "invalid-request"),
        (InvalidDocument("."), "invalid-document"),
        (DocumentConflict("."), "document-conflict"),
        (DocumentNotFound("."), "document-not-found"),
        (GenerationNotReached("."), "generation-not-reached"),
        (IndexBusy("."), "index-busy"),
        (IndexNotFound("."), "index-unavailable"),
        (IndexMismatch("."), "index-unavailable"),
        (IndexDamaged("."), "index-unavailable"),
        (IndexNotWritable("."), "index-unavailable"),
        (ModelError("."), "model-unavailable"),
        (KeysUnavailable("."), "keys-unavailable"),
        (Overloaded("."), "overloaded"),
        (TimedOut("."), "timed-out"),
        (NotReady("."), "not-ready"),
        (AttacheError("."), "internal-error"),
    ],
)
def test_each_error_is_a_problem_of_its_type(error, name) -> None:
    assert problem_of(error).type == f"/problems/{name}"


def test_every_error_is_a_problem_of_some_other_type_than_a_defect() -> None:
    kinds = [
        kind
        for kind in vars(corpus.errors).values()
        if isinstance(kind, type) and issubclass(kind, AttacheError) and kind is not AttacheError
    ]
    assert len(kinds) >= 14
    assert all(problem_of(kind(".")).status in PROBLEM_STATUSES for kind in kinds)


PROBLEM_STATUSES = {404, 409, 422, 503}


def test_a_problem_says_which_field_is_wrong() -> None:
    assert problem_of(InvalidFilter("No PX.", "/filters/countries/0")) == Problem(
        "/problems/invalid-filter",
        "A filter is invalid",
        422,
        "No PX.",
        (FieldError("/filters/countries/0", "No PX."),),
    )
    assert problem_of(InvalidQuestion("Empty.")).errors == (FieldError("/question", "Empty."),)


def test_a_problem_of_no_field_has_no_errors() -> None:
    assert problem("not-found", "There is nothing at /x.").errors == ()

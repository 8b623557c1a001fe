"""Errors as RFC 9457 problem details: the stable list of types, for HTTP and for ``--batch``."""

from collections.abc import Mapping
from dataclasses import dataclass

from corpus.errors import (
    AttacheError,
    DocumentConflict,
    DocumentNotFound,
    GenerationNotReached,
    IndexBusy,
    IndexFailure,
    InvalidDocument,
    InvalidFilter,
    InvalidQuestion,
    InvalidSetting,
    KeysUnavailable,
    ModelError,
    NotReady,
    ServiceBusy,
    TimedOut,
)


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: its name in ``type``, its title and its HTTP status."""

    name: str
    title: str
    status: int
    description: str


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field. pointer: JSON pointer into the request's body."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as it is sent; ``type`` is a path that this service explains."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    kind.name: kind
    for kind in (
        ProblemType("malformed-json", "The body is not JSON", 400, "The body can't be parsed."),
        ProblemType("invalid-request", "The request is invalid", 422,
                    "A field is missing, unknown, or of the wrong type or range."),
        ProblemType("invalid-question", "The question can't be asked", 422,
                    "It is empty, longer than 1,000 characters, or not text."),
        ProblemType("invalid-filter", "A filter is invalid", 422,
                    "A filter's name or value is unknown."),
        ProblemType("invalid-document", "The document can't be read", 422,
                    "Its bytes or metadata can't become a document."),
        ProblemType("unauthorized", "An API key is needed", 401,
                    "Send one as Authorization: Bearer; the one that was sent is not known."),
        ProblemType("forbidden", "The API key may not do this", 403,
                    "It has not the scope that the request needs: ask, read or write."),
        ProblemType("unknown-host", "The service has another name", 421,
                    "The Host header names none of the names that the service is called by."),
        ProblemType("too-many-requests", "Too many requests", 429,
                    "This key or address sent more than it may: wait for Retry-After seconds."),
        ProblemType("document-conflict", "The id is taken", 409,
                    "The id belongs to a document from another source."),
        ProblemType("document-not-found", "There is no such document", 404,
                    "No document of the index has this id."),
        ProblemType("not-found", "There is nothing at this address", 404,
                    "No route of the service has this path."),
        ProblemType("method-not-allowed", "The method is not allowed here", 405,
                    "The path exists, but not with this method."),
        ProblemType("body-too-large", "The body is too large", 413,
                    "A document's body is limited to 20 MiB, any other to 64 KiB."),
        ProblemType("body-incomplete", "The body did not arrive whole", 408,
                    "It was cut off, or took too long."),
        ProblemType("unsupported-media-type", "The body is of a type that is not read", 415,
                    "Send application/json; a document may also be a file of its own type."),
        ProblemType("generation-not-reached", "The index is not that far yet", 409,
                    "The request's min_generation has not been reached."),
        ProblemType("index-busy", "The index is being changed", 503, "Try again in a moment."),
        ProblemType("index-unavailable", "The index can't be used", 503,
                    "It is missing, damaged, or built with another encoder or format."),
        ProblemType("model-unavailable", "A model can't be loaded", 503,
                    "The encoder or the reader is missing or not the one it should be."),
        ProblemType("keys-unavailable", "The API keys can't be read", 503,
                    "Nobody gets in until the operator has mended the file of keys."),
        ProblemType("overloaded", "Too many questions wait", 503,
                    "As many questions wait as are taken; try again in a moment."),
        ProblemType("timed-out", "The question took too long", 503,
                    "Waiting and answering took longer than a question has."),
        ProblemType("not-ready", "The service is not ready", 503,
                    "The probe question is not answered."),
        ProblemType("internal-error", "Something went wrong", 500, "A defect of Attaché."),
    )
}  # fmt: skip
"""Every type, by name; the list only ever grows."""

_OF_ERROR: tuple[tuple[type[AttacheError], str], ...] = (
    (InvalidQuestion, "invalid-question"),
    (InvalidFilter, "invalid-filter"),
    (InvalidSetting, "invalid-request"),
    (InvalidDocument, "invalid-document"),
    (DocumentConflict, "document-conflict"),
    (DocumentNotFound, "document-not-found"),
    (GenerationNotReached, "generation-not-reached"),
    (IndexBusy, "index-busy"),
    (IndexFailure, "index-unavailable"),
    (ModelError, "model-unavailable"),
    (KeysUnavailable, "keys-unavailable"),
    (TimedOut, "timed-out"),
    (NotReady, "not-ready"),
    (ServiceBusy, "overloaded"),
)


def problem_of(error: AttacheError) -> Problem:
    """Return the problem that an error is."""
    name = next((name for kind, name in _OF_ERROR if isinstance(error, kind)), "internal-error")
    errors: tuple[FieldError, ...] = ()
    if isinstance(error, InvalidFilter):
        errors = (FieldError(error.pointer, str(error)),)
    elif isinstance(error, InvalidQuestion):
        errors = (FieldError("/question", str(error)),)
    return problem(name, str(error), errors)


def problem(name: str, detail: str, errors: tuple[FieldError, ...] = ()) -> Problem:
    """Return a problem of the type with this name."""
    kind = PROBLEM_TYPES[name]
    return Problem(f"/problems/{name}", kind.title, kind.status, detail, errors)

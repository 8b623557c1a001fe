"""What a call of a tool may say."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from index.filters import Filters
from service.answerer import QUESTION_LIMIT

EXCERPT_CHARACTERS = 4_000
"""Characters of a document that are shown where nobody says how many."""

EXCERPT_LIMIT = 20_000
"""Characters of a document that one call shows at most."""


def _listed(value: Any) -> Any:
    """Take one value for a list of it, and a list in a string: assistants write both."""
    if value is None:
        return []
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return [value]
    return parsed if isinstance(parsed, list) else [value]


_Values = Annotated[list[str], BeforeValidator(_listed)]
_Question = Annotated[
    str, Field(description=f"A whole question in plain words, 1 to {QUESTION_LIMIT} characters.")
]


class Arguments(BaseModel):
    """What every tool holds to: an argument that it doesn't know is refused."""

    model_config = ConfigDict(extra="forbid")


class FilterArguments(Arguments):
    """The filters of a search, side by side with the other arguments."""

    countries: _Values = Field(
        default=[],
        description="Only documents about one of these: ISO 3166-1 alpha-2 codes.",
        examples=[["PE", "UZ"]],
    )
    tags: _Values = Field(default=[], description="Only documents with one of these tags.")
    languages: _Values = Field(
        default=[],
        description="Only documents in one of these: codes such as en, es or ko.",
    )
    document_ids: _Values = Field(
        default=[], description="Only these documents, by the id that a result gave."
    )
    published_from: str | None = Field(
        default=None,
        description="Published on or after: YYYY, YYYY-MM or YYYY-MM-DD.",
        examples=["2020"],
    )
    published_to: str | None = Field(
        default=None,
        description="Published on or before: YYYY, YYYY-MM or YYYY-MM-DD, its whole span.",
    )

    def filters(self) -> Filters:
        """Return the filters; raises InvalidFilter."""
        return Filters(
            countries=tuple(self.countries),
            tags=tuple(self.tags),
            languages=tuple(self.languages),
            document_ids=tuple(self.document_ids),
            published_from=self.published_from,
            published_to=self.published_to,
        )


class AskArguments(FilterArguments):
    """A question to answer."""

    question: _Question
    min_confidence: float | None = Field(
        default=None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="The least confidence of an answer; leave it out for the fitted threshold.",
    )
    alternatives: int = Field(
        default=0, ge=0, le=10, description="Other candidates to give beside the answer."
    )
    passages: int = Field(
        default=3, ge=0, le=20, description="Nearest passages to give where there is no answer."
    )


class SearchArguments(FilterArguments):
    """What to search passages for."""

    question: _Question
    passages: int = Field(default=5, ge=1, le=50, description="Passages to give.")


class DocumentArguments(Arguments):
    """Which part of which document to read."""

    document_id: str = Field(description="The id that a citation or a passage gave.")
    start: int | None = Field(
        default=None, ge=0, description="The first character; left out, the document's first."
    )
    end: int | None = Field(
        default=None,
        ge=1,
        description="The character after the last; left out, "
        f"{EXCERPT_CHARACTERS} characters are shown.",
    )
    around: int = Field(
        default=500,
        ge=0,
        le=EXCERPT_LIMIT,
        description="Characters to show before `start` and after `end`, where both are given.",
    )

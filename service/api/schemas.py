"""What requests may say. The replies are the records of ``service.records`` themselves."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from index.filters import Filters
from service.answerer import PASSAGES_LIMIT, QUESTION_LIMIT

_Date = Annotated[str | None, Field(description="YYYY, YYYY-MM or YYYY-MM-DD: its whole span.")]


# What is said here of a question's length is held by the answerer, after the blanks around it.
_QUESTION: str = Field(
    description=f"1 to {QUESTION_LIMIT} characters, a letter or digit among them.",
    json_schema_extra={"minLength": 1},
)


class Strict(BaseModel):
    """What every body holds to: no unknown field, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FilterRequest(Strict):
    """Within one filter any value matches, between filters all must."""

    countries: list[str] = Field(
        default=[], description="ISO 3166-1 alpha-2 codes.", examples=[["PE"]]
    )
    tags: list[str] = []
    languages: list[str] = Field(default=[], description="Codes such as en, es or ko.")
    document_ids: list[str] = []
    published_from: _Date = None
    published_to: _Date = None

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


class AskRequest(Strict):
    """A question to answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "question": "What did South Korea set up for students at UNI in Peru?",
                    "passages": 3,
                    "alternatives": 2,
                    "min_confidence": None,
                    "filters": {"countries": ["PE"], "published_from": "2020"},
                }
            ]
        }
    )

    question: str = _QUESTION
    passages: int = Field(3, ge=0, le=PASSAGES_LIMIT, description="Passages to show.")
    alternatives: int = Field(2, ge=0, le=PASSAGES_LIMIT, description="Other answers to show.")
    min_confidence: float | None = Field(
        None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="The least confidence of an answer; null for the reader's own threshold.",
    )
    filters: FilterRequest = FilterRequest()
    min_generation: int = Field(0, ge=0, le=2**53, description="Refuse an older index.")


class SearchRequest(Strict):
    """A question to search passages for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"question": "patrol vessels built together", "passages": 5}]
        }
    )

    question: str = _QUESTION
    passages: int = Field(10, ge=1, le=PASSAGES_LIMIT, description="Passages to show.")
    filters: FilterRequest = FilterRequest()
    min_generation: int = Field(0, ge=0, le=2**53, description="Refuse an older index.")

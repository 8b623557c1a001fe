"""What a request that adds a document may say."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from corpus.document import Source
from corpus.formats.metadata import Metadata

_Line = Annotated[str | None, Field(min_length=1, max_length=1_000)]
_Id = Annotated[str | None, Field(pattern="^[a-z0-9._-]{1,128}$")]
_Date = Annotated[str | None, Field(pattern="^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]
_Url = Annotated[str | None, Field(pattern="^https?://", max_length=1_000)]
_Lines = Annotated[list[str], Field(max_length=300)]


class MetadataRequest(BaseModel):
    """What may be said of a document beside its text; it wins over what the text says itself."""

    model_config = ConfigDict(extra="forbid")

    id: _Id = Field(None, description="1 to 128 of a-z 0-9 . _ -; else made of name or title.")
    title: _Line = None
    publisher: _Line = None
    author: _Line = None
    published: _Date = Field(None, description="YYYY, YYYY-MM or YYYY-MM-DD.")
    url: _Url = None
    language: _Line = Field(None, description="Such as en, es or ko; else it is recognised.")
    countries: _Lines = Field([], description="ISO 3166-1 alpha-2 codes.")
    tags: _Lines = []
    kind: Literal["source", "digest"] | None = Field(
        None, description="source: the publisher's own text; digest: facts retold."
    )
    licence: _Line = None
    replace: bool = Field(False, description="Replace a document of this id from another source.")

    def metadata(self, sources: tuple[Source, ...] | None = None) -> Metadata:
        """Return what was said, in the words of the corpus."""
        return Metadata(
            id=self.id,
            title=self.title,
            publisher=self.publisher,
            author=self.author,
            published=self.published,
            url=self.url,
            language=self.language,
            licence=self.licence,
            kind=self.kind,
            countries=tuple(dict.fromkeys(self.countries)) or None,
            tags=tuple(dict.fromkeys(self.tags)) or None,
            sources=sources,
        )


class UploadQuery(MetadataRequest):
    """The metadata of a file that is sent as it is."""

    name: Annotated[str | None, Field(min_length=1, max_length=255)] = Field(
        None, description="The file's name, such as report.pdf."
    )


class SourceRequest(BaseModel):
    """What a digest is based on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    publisher: _Line = None
    author: _Line = None
    published: _Date = None
    url: _Url = None
    licence: _Line = None


class DocumentRequest(MetadataRequest):
    """A document to add: its text and its metadata."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "harbour-note",
                    "title": "A note on the harbour",
                    "text": "# The harbour\n\nIn 2023 the harbour was made two metres deeper.",
                    "publisher": "Harbour Office",
                    "published": "2024-05",
                    "countries": ["PE"],
                }
            ]
        },
    )

    text: str = Field(description="Kept character for character, but for front matter.")
    format: Literal["markdown", "text"] = "markdown"
    sources: Annotated[list[SourceRequest], Field(max_length=1_000)] = []


def describe_documents(description: dict[str, Any]) -> None:
    """Put the schema of a document to add, which no route's parameter names, into OpenAPI's."""
    place = "#/components/schemas/{model}"
    schema = DocumentRequest.model_json_schema(ref_template=place)
    parts = schema.pop("$defs")
    description["components"]["schemas"] |= {"DocumentRequest": schema, **parts}

"""The shapes of requests, held to their limits at the edge; pydantic is used here, in replies and in the settings."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app.api.views import iso_date

MOST_HITS = 100
MOST_LISTED = 1_000
DEEPEST_OFFSET = 10_000
MOST_CHARACTERS = 4_000
MOST_VALUES = 100

KindName = Literal["constitution", "statute", "regulation", "case", "other"]
StatusName = Literal["in_force", "repealed", "reserved", "renumbered", "expired", "withdrawn"]


def clean(text: str) -> str:
    """Return a text as it is; raise ValueError for one with NUL or half a surrogate pair."""
    if "\x00" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ValueError("holds characters that are no text (NUL or a lone surrogate)")
    return text


Clean = Annotated[str, AfterValidator(clean)]
Short = Annotated[str, Field(max_length=200), AfterValidator(clean)]
Day = Annotated[date, BeforeValidator(iso_date), Field(json_schema_extra={"example": "1997-06-26"})]
Shorts = Annotated[list[Short], Field(max_length=MOST_VALUES)]


class Asked(BaseModel):
    """What a caller sends: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FilterBody(Asked):
    """What every hit must be; filters act before neighbours are sought. An empty list asks nothing."""

    kind: Annotated[list[KindName], Field(max_length=10)] = []
    jurisdiction: Shorts = []
    court: Shorts = []
    status: Annotated[list[StatusName], Field(max_length=10)] = []
    topic: Annotated[Shorts, Field(description="Ids of topics at any depth.")] = []
    code: Annotated[Shorts, Field(description="Ids of codes, such as `usc`; /v1/status lists them.")] = []
    year: Annotated[list[Annotated[int, Field(ge=1, le=9999)]], Field(max_length=MOST_VALUES)] = []
    date_from: Annotated[Day | None, Field(description="First day of decision, inclusive.")] = None
    date_to: Annotated[Day | None, Field(description="Last day of decision, inclusive.")] = None
    hierarchy: Annotated[Short, Field(description="Words in the label of a level, such as `Title 28`.")] = ""


class SearchBody(Asked):
    """A search."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "query": "may a state tax a federal bank?", "k": 10, "offset": 0, "facets": True,
                "filters": {"kind": ["case"], "date_from": "1990-01-01"},
            }
        }
    )  # fmt: skip

    query: Annotated[
        Clean,
        Field(min_length=1, max_length=MOST_CHARACTERS,
              description="Words, a question, a citation or a case name; what stands in quotes must occur verbatim."),
    ]  # fmt: skip
    k: Annotated[int, Field(ge=1, le=MOST_HITS, description="How many documents.")] = 10
    offset: Annotated[int, Field(ge=0, le=DEEPEST_OFFSET, description="How many documents to pass over.")] = 0
    filters: FilterBody = Field(default_factory=FilterBody)
    facets: bool = True


class CountBody(Asked):
    """A question of how many, or which."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"question": "How many sections address security deposits?", "limit": 100}}
    )

    question: Annotated[
        Clean,
        Field(min_length=1, max_length=MOST_CHARACTERS,
              description="A kind, court, years, title or chapter, status, what is cited, and words; fields, AND, OR, "
              "NOT as in a search."),
    ]  # fmt: skip
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED, description="How many documents of the list.")] = 100
    offset: Annotated[int, Field(ge=0, description="How many documents of the list to pass over.")] = 0
    filters: FilterBody = Field(default_factory=FilterBody)


class AnswerBody(Asked):
    """A question."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"question": "When may a stop be made without a warrant?", "k": 8, "llm": False}}
    )

    question: Annotated[Clean, Field(min_length=1, max_length=MOST_CHARACTERS)]
    k: Annotated[int, Field(ge=1, le=20, description="How many passages the answer may draw on.")] = 8
    llm: Annotated[bool, Field(description="Let the configured model write; false: quoted sentences.")] = True
    stream: Annotated[bool, Field(description="As server-sent events, as with `Accept: text/event-stream`.")] = False
    filters: FilterBody = Field(default_factory=FilterBody)


class CheckBody(Asked):
    """A text whose citations and quotations are checked."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"text": "See Reno v. American Civil Liberties Union, 521 U.S. 844 (1997)."}}
    )

    text: Annotated[Clean, Field(description="Plain text of at most 64,000 characters.")]


class RunBody(Asked):
    """What to ingest; each member is an option of `lexatlas ingest`."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"source": "justia", "limit": 100, "permission": "", "build": True}}
    )

    source: Annotated[Clean, Field(min_length=1, max_length=100, description="Name of a source.")]
    base_url: Annotated[
        Clean,
        Field(max_length=2000, description="A mirror to read instead of the site, or a folder of the service's own."),
    ] = ""
    canonical_url: Annotated[Clean, Field(max_length=2000, description="Origin that is stored instead.")] = ""
    delay: Annotated[
        float | None, Field(ge=0, le=3600, description="Seconds between requests; 0 only for hosts of your own.")
    ] = None
    limit: Annotated[int | None, Field(ge=1, le=100_000_000, description="Stop after so many documents.")] = None
    full: Annotated[bool, Field(description="Read every page whole, whatever the site says of changes.")] = False
    permission: Annotated[Clean, Field(max_length=1000, description="Who permits it, where the terms do not.")] = ""
    options: Annotated[
        dict[Annotated[Clean, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")], Annotated[Clean, Field(max_length=1000)]],
        Field(max_length=20, description="The source's own options; `lexatlas sources` lists them."),
    ] = {}
    build: Annotated[bool, Field(description="Build and publish afterwards.")] = True

"""What is sent to rename, pin or merge a topic."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from app.api.schemas import Asked, Clean
from app.state.topics import MOST_NAME, MOST_NOTE
from app.topics.edit import Said


class PinBody(Asked):
    """Who pins a topic and why; `{}` says neither."""

    model_config = ConfigDict(json_schema_extra={"example": {"note": "cited in our handbook", "by": "M. Okafor"}})

    note: Annotated[Clean, Field(max_length=MOST_NOTE, description="Why, in a line.")] = ""
    by: Annotated[Clean, Field(max_length=MOST_NAME, description="Who, in your own words.")] = ""

    def said(self) -> Said:
        """Return who does it and why."""
        return Said(self.by or "admin key", self.note)


class NameBody(PinBody):
    """A name for a topic."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Bankruptcy: avoiding powers", "note": ""}})

    name: Annotated[Clean, Field(min_length=1, max_length=MOST_NAME, description="One line.")]


class MergeBody(PinBody):
    """The topic that another one is merged into."""

    model_config = ConfigDict(json_schema_extra={"example": {"into": "t3.2", "note": "the same subject"}})

    into: Annotated[Clean, Field(min_length=1, max_length=100, description="Id of a topic.")]

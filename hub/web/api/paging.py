"""The parameters of lists: their pages and periods."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

from hub.queries.lists.keyset import MAX_CURSOR_CHARACTERS

MAX_PAGE_SIZE = 200
After = Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS, description="`next` from the previous page.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="The maximum number of rows in a page.")]


def no_number(value: object) -> object:
    """Refuse a number, which would be taken as seconds since 1970."""
    if isinstance(value, str) and value.strip("+-").replace(".", "").isdigit():
        raise PydanticCustomError("datetime_form", "a number is no time")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(no_number)]
Since = Annotated[Moment | None, Query(description="At or after this time; ISO 8601 with a zone.")]
Until = Annotated[Moment | None, Query(description="Before this time; ISO 8601 with a zone.")]

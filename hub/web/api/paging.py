"""The parameters of pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from hub.queries.lists.keyset import MAX_CURSOR_CHARACTERS

MAX_PAGE_SIZE = 200
After = Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS, description="`next` from the previous page.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="The maximum number of rows in a page.")]

"""The parameters of pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

MAX_PAGE_SIZE = 200
After = Annotated[str | None, Query(max_length=64, description="`next` from the previous page.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="The maximum number of rows in a page.")]

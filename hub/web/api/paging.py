"""The parameters of pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

LONGEST = 200
After = Annotated[str | None, Query(max_length=64, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=LONGEST, description="The most rows of a page.")]

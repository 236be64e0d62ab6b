"""CSV files that spreadsheets open safely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from starlette.responses import Response, StreamingResponse

from hub.queries.spreadsheets import csv_text
from hub.web.pages.security import file_headers

ROWS_A_PART = 500
MARK = "\ufeff"
"""Without it spreadsheets take UTF-8 for the machine's old encoding, and show names with accents wrongly."""


def csv_response(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """A file to save under `name`, written while its rows are read; texts that a spreadsheet would compute begin with an
    apostrophe. The first rows are read at once, so that what is refused is refused with a page."""
    parts = _parts(iter(rows))
    begins = MARK + next(parts, "")
    content = chain([begins], parts)
    return StreamingResponse(content, headers=file_headers(name), media_type="text/csv; charset=utf-8")


def _parts(rows: Iterator[Sequence[object]]) -> Iterator[str]:
    while some := list(islice(rows, ROWS_A_PART)):
        yield csv_text(some)

"""Lists that are short enough to be read as a whole, such as tags, in all three ways of paging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import literal
from starlette.responses import Response

from hub.queries.lists.keyset import Cursor, Order, Page
from hub.web.callrail.paging import Counts, page_body, page_wanted
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import json_answer

BY_POSITION = Order((literal(0),))
"""The order of cursors that hold the position after which a page begins."""


def small_list(request: CallRailRequest, key: str, records: Sequence[Mapping[str, object]]) -> Response:
    """One page of `records` under `key`."""
    wanted = page_wanted(request)
    cursor = BY_POSITION.cursor(wanted.after)
    begins = cursor.place[0] if cursor is not None else wanted.offset
    ends = begins + wanted.per_page
    found = Page(list(records[begins:ends]), str(Cursor((ends,))) if ends < len(records) else None)
    body, headers = page_body(request, wanted, found, key, lambda: len(records), Counts())
    return json_answer(body, headers=headers)

"""Lists that are short enough to be read as a whole, such as tags, in all three ways of paging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from hub.web.callrail.paging import page_wanted
from hub.web.callrail.request import Asked
from hub.web.callrail.resource import json_answer


def small_list(asked: Asked, key: str, records: Sequence[Mapping[str, Any]]) -> Response:
    """One page of `records` under `key`."""
    wanted = page_wanted(asked)
    ends = wanted.offset + wanted.per_page
    found = list(records[wanted.offset : ends])
    more = {"offset": str(ends), "page": None} if wanted.is_relative else {"page": str(wanted.number + 1)}
    following = f"{asked.place.api(asked.path)}?{asked.parameters.address(**more)}" if ends < len(records) else None
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    if wanted.is_relative:
        body = {"per_page": wanted.per_page, "next_page": following, "has_next_page": following is not None}
    else:
        body = {
            "page": wanted.number,
            "per_page": wanted.per_page,
            "total_pages": -(-len(records) // wanted.per_page),
            "total_records": len(records),
        }
    return json_answer({**body, key: found}, headers=headers)

"""The three ways of paging: by number, by `next_page`, and by the Link header, which every list with a further page has.

Pages by number carry totals. They are counted with the first page and kept for later ones of the same list, so that a
client that reads to the end counts once (`Counts`); with `relative_pagination` nothing is counted, and the address of the
next page holds a cursor, so that page costs the same however far it is. A client that names an `offset` gets that.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.queries.lists.keyset import Page
from hub.web.callrail.request import CallRailRequest

DEFAULT_PER_PAGE, MAX_PER_PAGE = 100, 250
KEPT_FOR = timedelta(minutes=10)
"""How long a total is used for the later pages of a list."""
MAX_KEPT = 2_000


class Counts:
    """Totals of lists that are being read; thread-safe, in the memory of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[datetime, int]] = OrderedDict()

    def of(self, key: Hashable, now: datetime, is_first: bool, count: Callable[[], int]) -> int:
        """The total of a list; its first page counts it again."""
        with self._lock:
            kept = None if is_first else self._kept.get(key)
        if kept is not None and now - kept[0] < KEPT_FOR:
            return kept[1]
        total = count()
        with self._lock:
            self._kept[key] = (now, total)
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return total


@dataclass(frozen=True)
class PageWanted:
    """The page that a request asks for. `number` is from 1; a relative page begins after a cursor or at an offset."""

    per_page: int
    number: int
    is_relative: bool
    offset: int
    after: str | None


def page_wanted(request: CallRailRequest) -> PageWanted:
    """Read the parameters of a page. More than 250 rows are asked for as 250."""
    sent = request.parameters
    per_page = min(sent.number("per_page", DEFAULT_PER_PAGE, least=1) or DEFAULT_PER_PAGE, MAX_PER_PAGE)
    number = sent.number("page", 1, least=1) or 1
    if not sent.flag("relative_pagination"):
        return PageWanted(per_page, number, False, (number - 1) * per_page, None)
    return PageWanted(per_page, number, True, sent.number("offset", 0) or 0, sent.text("after"))


def page_body(
    request: CallRailRequest,
    wanted: PageWanted,
    found: Page[Mapping[str, object]],
    key: str,
    count: Callable[[], int],
    counts: Counts,
) -> tuple[dict[str, object], dict[str, str]]:
    """The answer with one page, and its headers."""
    following = _address(request, wanted, found)
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    if wanted.is_relative:
        return {
            "per_page": wanted.per_page,
            "next_page": following,
            "has_next_page": following is not None,
            key: found.items,
        }, headers
    scope = request.scope
    filters = request.parameters.address(page=None, per_page=None, fields=None, sort=None, order=None)
    list_of = (scope.user.id, scope.companies, scope.reach, request.ids.get("id"), key, filters)
    total = counts.of(list_of, request.hub.clock(), wanted.number == 1, count)
    if found.items:
        seen = wanted.offset + len(found.items)
        total = max(total, seen + 1) if found.next else seen
    return {
        "page": wanted.number,
        "per_page": wanted.per_page,
        "total_pages": -(-total // wanted.per_page),
        "total_records": total,
        key: found.items,
    }, headers


def _address(request: CallRailRequest, wanted: PageWanted, found: Page[Any]) -> str | None:
    """The address of the next page, with every filter."""
    if found.next is None:
        return None
    if wanted.is_relative:
        query = request.parameters.address(after=found.next, offset=None, page=None)
    else:
        query = request.parameters.address(page=str(wanted.number + 1))
    return f"{request.place.api(request.path)}?{query}"

"""Records in the order of their last change, page by page over many syncs, so that none is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hub.contracts.untrusted import JsonObject, as_text, instant, value_at
from hub.errors import Rejected, RetryLater


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """Changed records, the cursor to continue from, and whether more are there now."""

    items: Sequence[JsonObject]
    cursor: str | None
    more: bool


def changed_since(
    cursor: str | None,
    ask: Callable[[str | None, Any], Mapping[str, Any]],
    items: str,
    changed_at: str,
    following: str,
    by: Literal["cursor", "offset"] = "offset",
) -> ChangedPage:
    """The next page of records that changed, and where to go on; for `pull_outcomes`.

    `ask` requests a page of the records that changed at an instant or later, in the order of their changes: it gets that
    instant, as the CRM wrote it at `changed_at` of a record and None at the very beginning, and the mark of the page. `items`
    and `following` are where a page has its records, and the next mark or whether there is more, as in `each_item`.

    By offset a page starts at the last change that was read: the mark counts only records of that same instant, so that
    a record that changes meanwhile moves no other one out of sight. By cursor the instant stays until the last page.

    RetryLater if a page has no list or a record no instant; Rejected for a cursor that is not one of these.
    """
    since, newest, mark = _read(cursor)
    page = ask(since, mark if by == "cursor" else mark or 0)
    listed = value_at(page, items)
    if not isinstance(listed, list) or not all(as_text(value_at(each, changed_at)) for each in listed):
        raise RetryLater("The CRM answered without a list of records and their changes; it is asked again.")
    newest = as_text(value_at(listed[-1], changed_at)) if listed else newest
    after = value_at(page, following)
    if not after:
        return ChangedPage(listed, _written(newest, newest, None) if newest else cursor, more=False)
    if not listed or after == mark:
        raise RetryLater("The CRM says that more records changed, and gave none; it is asked again.")
    if by == "cursor":
        return ChangedPage(listed, _written(since, newest, after), more=True)
    skipped = (mark or 0) + len(listed) if newest == since else 0
    return ChangedPage(listed, _written(newest, newest, skipped), more=True)


def changed_at(value: object) -> datetime:
    """The time of a change as the CRM wrote it: ISO 8601, or seconds, milliseconds or microseconds since 1970. RetryLater if
    it is none."""
    read = instant(value)
    if read is None:
        raise RetryLater("The CRM answered without the time of a change; it is asked again.")
    return read


def _read(cursor: str | None) -> tuple[str | None, str | None, Any]:
    if cursor is None:
        return None, None, None
    try:
        since, newest, mark = json.loads(cursor)
    except (ValueError, TypeError):
        raise Rejected(
            "The stored cursor is not one of this connector's; reset it to read from the beginning."
        ) from None
    return since, newest, mark


def _written(since: str | None, newest: str | None, mark: Any) -> str:
    return json.dumps([since, newest, mark], separators=(",", ":"))

"""No record that changed is lost between two pages, and none keeps a sync from its end."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from hub.api import JsonObject, Rejected, RetryLater
from hub.api.crm import changed_since

By = Literal["cursor", "offset"]


class Feed:
    """A CRM's records by the time of their last change, in pages of two."""

    def __init__(self, changes: dict[str, str]) -> None:
        self.changes = changes

    def by_offset(self, since: str | None, skip: Any) -> JsonObject:
        found = sorted((at, name) for name, at in self.changes.items() if at >= (since or ""))
        listed = [{"id": name, "at": at} for at, name in found]
        return {"data": listed[skip : skip + 2], "more": len(listed) > skip + 2}

    def by_cursor(self, since: str | None, mark: Any) -> JsonObject:
        found = self.by_offset(since, int(mark or 0))
        return {"data": found["data"], "more": str(int(mark or 0) + 2) if found["more"] else None}


def read(feed: Feed, by: By, cursor: str | None = None) -> tuple[list[str], str | None]:
    found: list[str] = []
    for _ in range(20):
        page = changed_since(cursor, feed.by_cursor if by == "cursor" else feed.by_offset, "data", "at", "more", by=by)
        found += [each["id"] for each in page.items]
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("there is always more")


@pytest.mark.parametrize("by", ["cursor", "offset"])
def test_every_change_is_read_and_the_next_sync_begins_at_the_last_one(by: By) -> None:
    feed = Feed({"a": "10:01", "b": "10:02", "c": "10:03", "d": "10:04", "e": "10:05"})
    found, cursor = read(feed, by)
    assert set(found) == {"a", "b", "c", "d", "e"}
    feed.changes |= {"f": "10:05", "a": "10:06"}
    found, cursor = read(feed, by, cursor)
    assert set(found) == {"e", "f", "a"}
    assert read(feed, by, cursor)[0] == ["a"]


@pytest.mark.parametrize("by", ["cursor", "offset"])
def test_changes_of_one_instant_that_fill_many_pages_are_all_read(by: By) -> None:
    feed = Feed(dict.fromkeys("abcdefg", "10:01") | {"h": "10:02"})
    assert set(read(feed, by)[0]) == set("abcdefgh")


def test_a_record_that_changes_between_two_pages_hides_no_other_one() -> None:
    """By a plain offset the second page would begin one record too late."""
    feed = Feed({"a": "10:01", "b": "10:02", "c": "10:03", "d": "10:04"})
    page = changed_since(None, feed.by_offset, "data", "at", "more")
    feed.changes["a"] = "10:09"
    assert {"c", "d", "a"} <= set(read(feed, "offset", page.cursor)[0])


def test_a_strange_reply_is_asked_again_and_a_strange_cursor_is_refused() -> None:
    for reply in ({"error": "busy"}, {"data": [{"id": "a"}], "more": False}, {"data": [], "more": True}):
        with pytest.raises(RetryLater):
            changed_since(None, lambda since, skip, reply=reply: reply, "data", "at", "more")
    with pytest.raises(Rejected, match="reset it"):
        changed_since("2026-11-24", Feed({}).by_offset, "data", "at", "more")

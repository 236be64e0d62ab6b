"""Every item of a provider's list is read, or nobody is told that it was."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hub.api import JsonObject, RetryLater, each_item

ROWS: list[JsonObject] = [{"id": number} for number in range(7)]


def by_cursor(mark: Any) -> JsonObject:
    """As HubSpot's search: a cursor and the number of all results."""
    start = int(mark or 0)
    return {
        "results": ROWS[start : start + 3],
        "total": 7,
        "paging": {"next": {"after": str(start + 3)}} if start < 6 else None,
    }


def by_link(mark: Any) -> JsonObject:
    """As Salesforce's queries: the address of the next page."""
    start = int(str(mark or "/query/0").rpartition("/")[2])
    more = {} if start >= 6 else {"nextRecordsUrl": f"/query/{start + 3}"}
    return {"records": ROWS[start : start + 3], "totalSize": 7, **more}


def by_offset(mark: int) -> JsonObject:
    """As Close's lists: skip, and whether there is more."""
    return {"data": ROWS[mark : mark + 3], "has_more": mark < 4}


def by_page(mark: int) -> JsonObject:
    """As Vonage's numbers: pages with a number, and a count, which XML has as a text."""
    return {"numbers": ROWS[3 * (mark - 1) : 3 * mark], "count": "7"}


@pytest.mark.parametrize(
    ("ask", "options"),
    [
        (by_cursor, {"items": "results", "following": "paging.next.after", "total": "total"}),
        (by_link, {"items": "records", "following": "nextRecordsUrl", "total": "totalSize"}),
        (by_offset, {"items": "data", "following": "has_more", "by": "offset"}),
        (by_offset, {"items": "data", "by": "offset"}),
        (by_page, {"items": "numbers", "by": "page", "total": "count"}),
        (by_page, {"items": "numbers", "by": "page"}),
    ],
)
def test_every_page_is_read_in_each_way_of_paging(ask: Callable[[Any], JsonObject], options: Any) -> None:
    asked: list[Any] = []

    def noted(mark: Any) -> JsonObject:
        asked.append(mark)
        return ask(mark)

    assert list(each_item(noted, **options)) == ROWS
    assert len(asked) == (3 if {"following", "total"} & set(options) else 4), asked


@pytest.mark.parametrize(
    ("page", "options"),
    [
        ({"data": [{"id": 1}], "next": "2", "total": 1}, {"following": "next"}),
        ({"data": [{"id": 1}], "total": 2}, {"following": "next", "total": "total"}),
        ({"data": [{"id": 1}], "count": "2"}, {"by": "page", "total": "count"}),
        ({"data": [{"id": 1}], "has_more": True}, {"by": "offset", "following": "has_more"}),
        ({"data": [], "has_more": True}, {"by": "offset", "following": "has_more"}),
        ({"data": [], "total": 3}, {"by": "page", "total": "total"}),
        ({"error": "busy"}, {}),
        ({"data": ["x"]}, {}),
    ],
    ids=str,
)
def test_a_list_that_is_cut_off_or_comes_again_is_read_again_later(page: Mapping[str, Any], options: Any) -> None:
    """Also of a provider that ignores the offset, as Plivo in its mode of cursors: each page is then the first one."""
    with pytest.raises(RetryLater):
        list(each_item(lambda _: page, "data", **options))


def test_a_list_without_an_end_is_given_up() -> None:
    with pytest.raises(RetryLater, match="no end"):
        list(each_item(lambda mark: {"data": [], "next": str(int(mark or 0) + 1)}, "data", "next"))


def test_what_was_added_or_deleted_while_reading_is_no_error() -> None:
    totals = iter((7, 9, 8))
    assert (
        list(
            each_item(
                lambda mark: {**by_cursor(mark), "total": next(totals)}, "results", "paging.next.after", total="total"
            )
        )
        == ROWS
    )
    totals = iter((9, 9, 7))
    assert (
        list(
            each_item(
                lambda mark: {**by_cursor(mark), "total": next(totals)}, "results", "paging.next.after", total="total"
            )
        )
        == ROWS
    )


def test_a_long_list_is_not_held_in_memory() -> None:
    def ask(mark: int) -> JsonObject:
        return {"data": [{"id": mark, "note": f"{mark}" * 5_000}], "has_more": mark < 400}

    tracemalloc.start()
    try:
        assert sum(1 for _ in each_item(ask, "data", "has_more", by="offset")) == 401
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()

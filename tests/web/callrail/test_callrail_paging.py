"""Every list pages completely, without a record left out or sent twice, in all three ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from callrail_stage import CALLS, FORMS, THREADS, CallRailHub
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.web.callrail.application import RESOURCES

LISTS = {each.path: each for each in RESOURCES}
KNOWN = {"calls": CALLS, "form_submissions": FORMS, "text-messages": THREADS, "companies": 2, "trackers": 5}
FILTERS: dict[str, list[dict[str, str]]] = {
    "calls": [{}, {"answer_status": "missed"}, {"tags[]": "roof"}, {"direction": "inbound", "min_duration": "40"}],
    "trackers": [{}, {"type": "source"}],
}
PAGE_SIZES = st.sampled_from([1, 2, 3, 5, 7, 24, 250, 1000])


def by_number(hub: CallRailHub, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Pages until one is empty, which must still be a good answer."""
    page, key = 1, LISTS[path].key or path
    while True:
        body = hub.read(f"{path}.json", **query, page=page)
        assert (body["page"], body["per_page"]) == (page, min(query["per_page"], 250))
        if not body[key]:
            assert page == body["total_pages"] + 1
            return
        yield from body[key]
        page += 1


def by_link(hub: CallRailHub, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Follows the Link header."""
    answer, key = hub.get(f"{path}.json", **query), LISTS[path].key or path
    while True:
        yield from answer.json()[key]
        following = re.fullmatch(r'<(https://[^>]+)>; rel="next"', answer.headers.get("link", ""))
        if following is None:
            assert "link" not in answer.headers
            return
        answer = hub.get(following[1])


def by_next_page(hub: CallRailHub, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Follows `next_page`, to which some clients add the parameter again."""
    key = LISTS[path].key or path
    body = hub.read(f"{path}.json", **query, relative_pagination="true")
    while True:
        assert "total_records" not in body and body["has_next_page"] is (body["next_page"] is not None)
        yield from body[key]
        if body["next_page"] is None:
            return
        body = hub.read(f"{body['next_page']}&relative_pagination=true")


@pytest.mark.soak
@settings(max_examples=30)
@given(st.data())
def test_a_list_is_read_completely_and_in_order_whichever_way_it_is_paged(
    filled: CallRailHub, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(LISTS)))
    resource = LISTS[path]
    query: dict[str, Any] = {
        **data.draw(st.sampled_from(FILTERS.get(path, [{}]))),
        "per_page": data.draw(PAGE_SIZES),
        "sort": data.draw(st.sampled_from(list(resource.orders))),
        "order": data.draw(st.sampled_from(["asc", "desc"])),
        "date_range": "all_time",
    }
    found = [[each["id"] for each in read(filled, path, query)] for read in (by_number, by_link, by_next_page)]
    assert found[0] == found[1] == found[2] and len(set(found[0])) == len(found[0])
    total = filled.read(f"{path}.json", **query)["total_records"]
    assert len(found[0]) == total
    if not FILTERS.get(path) or query.keys() == {"per_page", "sort", "order", "date_range"}:
        assert total == KNOWN.get(path, total)


def test_records_are_sorted_as_asked_and_the_newest_first_by_default(filled: CallRailHub) -> None:
    def values(name: str, **query: str) -> list[Any]:
        return [each[name] for each in filled.read("calls.json", **query)["calls"]]

    starts = [datetime.fromisoformat(each) for each in values("start_time")]
    assert starts == sorted(starts, reverse=True)
    assert values("duration", sort="duration", order="asc") == sorted(values("duration"))
    assert values("duration", sort_by="duration", sort_dir="desc") == sorted(values("duration"), reverse=True)
    numbers = [each or "" for each in values("customer_phone_number", sort="customer_phone_number", order="asc")]
    assert numbers == sorted(numbers)
    assert [each["name"] for each in filled.read("companies.json")["companies"]] == ["Lakeside", "Northgate"]


def test_a_page_beyond_the_end_is_empty_and_an_offset_is_counted_in_records(filled: CallRailHub) -> None:
    beyond = filled.get("calls.json", page=900, per_page=10)
    assert (beyond.status_code, beyond.json()["calls"], beyond.json()["total_records"]) == (200, [], CALLS)
    assert "link" not in beyond.headers
    whole = filled.read("calls.json")["calls"]
    part = filled.read("calls.json", relative_pagination="true", offset=20, per_page=2)
    assert part["calls"] == whole[20:22] and part["has_next_page"] is True


def test_a_call_that_comes_while_a_client_pages_shifts_nothing_in_relative_paging(filled: CallRailHub) -> None:
    first = filled.read("calls.json", relative_pagination="true", per_page=10, sort="start_time", order="desc")
    seen = [each["id"] for each in first["calls"]]
    again = filled.read(first["next_page"])
    assert not set(seen) & {each["id"] for each in again["calls"]}
    assert "after=" in first["next_page"] and "order=desc" in first["next_page"]

"""Which records at a provider are those of the company that a person asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hub.api import PersonReference, RetryLater
from hub.api.crm import each_item, erase_logged

OURS, CALLER, OTHER = "+13125550101", "+13125550142", "+13125550199"
PERSON = PersonReference(
    phone_numbers=(CALLER,), tracking_numbers=(OURS,), provider_ids=("task-1",), item_keys=("call-1",)
)


@pytest.mark.parametrize(
    ("record", "owned"),
    [
        ({"record_id": "task-1"}, True),
        ({"record_id": "task-2"}, False),
        ({"key": "call-1"}, True),
        ({"key": None}, False),
        ({"numbers": (CALLER, OURS)}, True),
        ({"numbers": (OURS, CALLER)}, True),
        ({"numbers": (CALLER, OTHER)}, False),
        ({"numbers": (OTHER, OURS)}, False),
        ({"record_id": "task-2", "key": "call-2", "numbers": (OURS, OURS)}, False),
    ],
)
def test_a_record_is_of_the_company_by_id_key_or_both_numbers(record: dict[str, Any], owned: bool) -> None:
    assert PERSON.owns(**record) is owned


def test_an_erasure_deletes_calls_first_and_leaves_contacts_that_companies_share() -> None:
    deleted: list[str] = []
    assert erase_logged(PERSON, ["call"], ["contact"], deleted.append).status == "erased"
    assert deleted == ["call", "contact"]
    deleted.clear()
    shared = erase_logged(PersonReference(shared=True), ["call"], ["contact"], deleted.append)
    assert (shared.status, shared.records, deleted) == ("impossible", 1, ["call"])
    assert shared.reason and "contact stays" in shared.reason
    nothing = erase_logged(PERSON, ["gone"], [], lambda _: False)
    assert (nothing.status, nothing.records) == ("nothing_held", 0)


def pages(*held: Mapping[str, Any]) -> Any:
    return lambda cursor: held[int(cursor or 0)]


def test_every_page_is_read_and_a_list_without_an_end_is_not() -> None:
    first = {"data": [{"id": 1}], "paging": {"next": "1"}}
    assert [item["id"] for item in each_item(pages(first, {"data": [{"id": 2}]}), "data", "paging.next")] == [1, 2]
    for bad in (pages(first, first), pages({"error": "busy"}), pages({"data": ["x"]})):
        with pytest.raises(RetryLater):
            list(each_item(bad, "data", "paging.next"))

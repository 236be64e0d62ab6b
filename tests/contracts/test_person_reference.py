"""Which records at a provider are those of the company that a person asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.api import PersonReference, RetryLater
from hub.api.crm import erase_logged

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


def test_an_erasure_that_cannot_read_every_page_deletes_nothing_and_reports_nothing() -> None:
    deleted: list[str] = []

    def cut_off() -> Iterator[str]:
        yield "contact"
        raise RetryLater("The provider says that its list has 2 items, and gave 1.")

    with pytest.raises(RetryLater):
        erase_logged(PERSON, ["call"], cut_off(), deleted.append)
    assert deleted == []

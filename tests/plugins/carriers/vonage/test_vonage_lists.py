"""What Vonage holds is read to the end of its lists; a part of a list is never taken for the whole."""

from __future__ import annotations

import pytest

from hub.api import JsonObject, PersonReference, RetryLater
from hub.api.sandbox import SimulatedCall
from plugins.carriers.vonage import Vonage, privacy
from plugins.carriers.vonage.sandbox import Sandbox

NUMBER, PERSON = "+13125550142", "+14155550123"
URL = "https://calls.example.com/webhooks/vonage"


def called(sandbox: Sandbox) -> str:
    call = SimulatedCall(
        caller_number=PERSON, tracking_number=NUMBER, answering_number="+13125550191", started_at=sandbox.clock()
    )
    return sandbox.place_call(call, URL, lambda request: None)


def test_a_call_list_that_ends_before_its_count_is_asked_again(vonage: Vonage, monkeypatch: pytest.MonkeyPatch) -> None:
    """`count` is the number of records of the whole list: developer.vonage.com/en/api/voice, GetCallsResponse."""
    pages: list[JsonObject] = [
        {"count": 2, "_embedded": {"calls": [{"uuid": "1"}]}},
        {"count": 2, "_embedded": {"calls": []}},
    ]
    monkeypatch.setattr(vonage._rest, "json", lambda *given, **options: pages.pop(0))
    with pytest.raises(RetryLater, match="2 items, and gave 1"):
        list(vonage._rest.calls({}))


def test_numbers_are_read_through_all_pages_and_none_is_an_empty_list(vonage: Vonage, sandbox: Sandbox) -> None:
    assert vonage.list_numbers() == []
    for line in range(250):
        sandbox.know_number(f"+1312555{line:04}")
    assert len({each.number for each in vonage.list_numbers()}) == 250


def test_an_erasure_that_did_not_see_the_whole_call_list_says_so(
    vonage: Vonage, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = tuple(called(sandbox) for _ in range(3))
    person = PersonReference(phone_numbers=(PERSON,), tracking_numbers=(NUMBER,), provider_ids=ids)
    monkeypatch.setattr(privacy, "MAX_LEGS", 1)
    partly = vonage.erase_person(person)
    assert partly.status == "impossible" and "only the newest" in str(partly.reason) and partly.records
    monkeypatch.undo()
    assert vonage.erase_person(person).status in ("erased", "nothing_held")

"""What is checked before a call back is queued: the two numbers, the user, the company's daily cap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from call_desk import AGENT_PHONE, agent, call_back, place, write_in
from testbed import CALLER, CONNECTORS, NORTH_SHARED, OTHER_CALLER, SHARED, TestHub

from hub.delivery.queue_call_back import MAX_CALLS_A_DAY, CannotCall
from hub.errors import NotFound
from hub.model import (
    AuditEntry,
    FormSubmission,
    OutgoingCall,
    TextMessage,
)

Factory = Callable[..., TestHub]


@pytest.mark.parametrize(
    ("caller", "phone", "reason"),
    [
        ("+19005550142", AGENT_PHONE, "premium-rate"),
        (CALLER, "+19005550142", "premium-rate"),
        (CALLER, "+447700900123", "Your phone is in another country"),
    ],
)
def test_expensive_and_foreign_phones_are_refused_at_once(
    lite_hub: Factory, caller: str, phone: str, reason: str
) -> None:
    stage = lite_hub()
    row = call_back(stage, stage.call_in(caller=caller, answered=False), user_number=phone)
    assert (row.status, row.state) == ("refused", "done") and reason in str(row.reason)
    assert place(stage) == {} and stage.one(AuditEntry, action="calls.back").detail == "refused"


def test_a_foreign_number_is_called_back_only_if_it_called(lite_hub: Factory) -> None:
    stage, scope = (made := lite_hub()), agent(made)
    london = "+442079460123"
    assert call_back(stage, stage.call_in(caller=london, answered=False), scope).status == "queued"
    form = FormSubmission(
        company_id=stage.directory.companies["lakeside"].id,
        submission_key="form-1",
        phone_number="+442079460199",
        submitted_at=stage.clock(),
        due_at=stage.clock(),
        expires_at=stage.clock() + timedelta(days=1),
    )
    stage.add(form)
    row = call_back(stage, stage.one(FormSubmission), scope)
    assert row.status == "refused" and "another country" in str(row.reason)


def test_a_form_and_a_text_are_answered_from_the_companys_number(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "Please call me.")
    scope = agent(stage)
    call_back(stage, stage.one(TextMessage), scope)
    form = FormSubmission(
        company_id=stage.directory.companies["lakeside"].id,
        submission_key="form-1",
        phone_number=OTHER_CALLER,
        submitted_at=stage.clock(),
        due_at=stage.clock(),
        expires_at=stage.clock() + timedelta(days=1),
    )
    stage.add(form)
    stage.flow()
    call_back(stage, stage.one(FormSubmission), scope)
    assert place(stage) == {"placed": 2}
    assert {each.person_number for each in stage.carrier.placed} == {CALLER, OTHER_CALLER}
    assert {each.tracking_number for each in stage.carrier.placed} == {SHARED}


def test_what_the_user_can_mend_is_told_before_anything_is_queued(lite_hub: Factory) -> None:
    stage = lite_hub()
    missed = stage.call_in(answered=False)
    with pytest.raises(CannotCall, match="which phone is yours"):
        call_back(stage, missed, agent(stage, phones=()))
    scope = agent(stage)
    for number, words in ((SHARED, "tracking number"), (CALLER, "same number"), ("911", "no number")):
        with pytest.raises(CannotCall, match=words):
            call_back(stage, missed, scope, user_number=number)
    with pytest.raises(CannotCall, match="not known"):
        call_back(stage, stage.call_in(caller=None, answered=False), scope)
    call_back(stage, missed, scope)
    with pytest.raises(CannotCall, match="under way"):
        call_back(stage, missed, scope)
    assert len(stage.rows(OutgoingCall)) == 1


def test_a_carrier_without_the_hook_places_no_calls(lite_hub: Factory) -> None:
    class Mute(CONNECTORS["carrier"]):  # type: ignore[misc]
        place_call = None

    stage = lite_hub(connectors={**CONNECTORS, "carrier": Mute})
    with pytest.raises(CannotCall, match="places no calls"):
        call_back(stage, stage.call_in(answered=False))


def test_nobody_calls_back_for_a_company_that_they_may_not_see(lite_hub: Factory) -> None:
    stage = lite_hub()
    missed = stage.call_in(number=NORTH_SHARED, answered=False)
    with pytest.raises(NotFound):
        call_back(stage, missed, agent(stage, companies=("lakeside",)))


def test_a_company_has_a_daily_cap(lite_hub: Factory) -> None:
    stage, missed = (made := lite_hub()), made.call_in(answered=False)
    scope = agent(stage)
    first = call_back(stage, missed, scope)
    copies = {
        name: getattr(first, name) for name in ("connector", "company_id", "user_id", "user_number", "tracking_number")
    }
    times: dict[str, Any] = {"made_at": stage.clock(), "due_at": stage.clock(), "state": "done", "status": "failed"}
    stage.add(*(OutgoingCall(**copies, **times) for _ in range(MAX_CALLS_A_DAY - 1)))
    refused = call_back(stage, stage.call_in(caller=OTHER_CALLER, answered=False), scope)
    assert refused.status == "refused" and f"{MAX_CALLS_A_DAY} calls" in str(refused.reason)
    stage.clock.advance(days=1, seconds=1)
    assert call_back(stage, stage.call_in(caller=OTHER_CALLER, answered=False), scope).status == "queued"

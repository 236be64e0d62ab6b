"""What people refuse in forms: in force if the number typed there called from the same visit, else for a user to decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kept_forms import keep_form
from testbed import CALLER, OTHER_CALLER, SHARED, TestHub
from text_steps import outbound, queue

from hub.model import ConsentEntry, DoubtfulRefusal, FormSubmission, Person, Suppression
from hub.model.purposes import LISTED_USES, MARKETING
from hub.model.states import Doubt
from hub.queries.privacy.doubts import open_doubts_of
from hub.texts.doubts import keep, lapse, open_doubts, refuse
from hub.visits.forms import SentForm

Factory = Callable[..., TestHub]
REFUSAL = "Please stop texting me and never call me again."


def send(stage: TestHub, message: str = REFUSAL, number: str | None = CALLER, **more: Any) -> FormSubmission:
    """A form with a message and, unless it is None, a typed number."""
    fields = {"name": "Sam North", "message": message, **more.pop("fields", {})}
    key = f"form-{len(stage.rows(FormSubmission))}"
    company = stage.directory.companies["lakeside"]
    keep_form(stage.hub, company, SentForm(key=key, fields=fields, phone=number, **more))
    stage.flow()
    return stage.one(FormSubmission, submission_key=f"{company.id}:{key}")


def suppressed(stage: TestHub) -> set[str]:
    return {each.use for each in stage.rows(Suppression)}


def listed(stage: TestHub) -> list[tuple[str, str, bool, str | None]]:
    with stage.hub.store.reading() as session:
        companies = [each.id for each in stage.directory.companies.values()]
        rows = open_doubts_of(session, stage.hub, companies)
    return [(each.source, each.refused, each.is_typed, each.words) for each in rows]


def test_a_refusal_by_the_person_who_called_from_the_visit_is_in_force_at_once(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    call = stage.call_in(shown.number or "", CALLER, answered=False)
    queue(stage)
    form = send(stage, visit_id=shown.visit_id)
    assert suppressed(stage) == set(LISTED_USES) and listed(stage) == []
    entries = stage.rows(ConsentEntry, evidence=form.id)
    assert {(each.state, each.channel, each.person_id) for each in entries} == {("withdrawn", "form", call.person_id)}
    assert stage.send_texts() == {} and outbound(stage)[0].status == "refused"


def test_a_refusal_by_somebody_who_only_typed_the_number_waits_for_a_user(hub: Factory) -> None:
    stage = hub()
    stage.call_in(SHARED, CALLER)
    send(stage)
    assert suppressed(stage) == set() and listed(stage) == [("form", "both", True, REFUSAL)]
    queue(stage)
    advertisement = queue(stage, "Drains for 99 USD.", purpose="marketing")
    stage.send_texts()
    assert {row.purpose: row.status for row in outbound(stage)} == {"reply": "sent", "marketing": "refused"}
    assert advertisement.id


def test_a_call_from_the_visit_afterwards_shows_whose_word_it_was(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    send(stage, visit_id=shown.visit_id)
    assert suppressed(stage) == set() and len(listed(stage)) == 1
    stage.clock.advance(minutes=1)
    stage.call_in(shown.number or "", CALLER)
    assert suppressed(stage) == set(LISTED_USES) and stage.one(DoubtfulRefusal).state == Doubt.STOP


def test_a_call_of_somebody_else_from_the_visit_shows_nothing(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    send(stage, visit_id=shown.visit_id)
    stage.call_in(shown.number or "", OTHER_CALLER)
    assert suppressed(stage) == set() and len(listed(stage)) == 1


def test_a_user_decides_and_a_decision_stays(hub: Factory) -> None:
    stage = hub()
    form = send(stage)
    with stage.hub.store.reading() as session:
        (doubt,) = open_doubts(session)
    assert refuse(stage.hub, doubt, "officer", "texts")
    assert CALLER not in str(stage.rows(Suppression)) and len(suppressed(stage)) == 2
    assert stage.one(DoubtfulRefusal, id=form.id).state == Doubt.STOP
    stage.flow()
    assert listed(stage) == []


def test_a_stranger_cannot_silence_a_customer_for_good(hub: Factory) -> None:
    stage = hub()
    stage.call_in(SHARED, CALLER)
    for _ in range(3):
        send(stage)
        with stage.hub.store.writing() as session:
            keep(session, open_doubts(session)[0], "officer", stage.clock())
    assert suppressed(stage) == set() and listed(stage) == []
    send(stage)
    stage.clock.advance(days=15)
    lapse(stage.hub, stage.clock())
    assert suppressed(stage) == {MARKETING}, "at most a no to marketing, if nobody looks"
    queue(stage)
    assert stage.send_texts() == {"sent": 1}


def test_a_form_without_a_number_speaks_for_the_person_of_the_visit_and_a_user_decides(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    stage.call_in(shown.number or "", CALLER)
    send(stage, number=None, visit_id=shown.visit_id)
    assert suppressed(stage) == set() and listed(stage) == [("form", "both", False, REFUSAL)]
    assert stage.one(DoubtfulRefusal).person_number == CALLER
    send(stage, number=None)
    assert len(listed(stage)) == 1, "nobody is known behind this one"


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    "fields",
    [
        {"message": "The stop valve under the sink is stuck."},
        {"consent": "I agree to receive texts. Reply STOP to opt out."},
        {"message": "Can you come tomorrow?", "name": "Stop & Go Motors"},
    ],
)
def test_what_refuses_nothing_is_not_read_as_a_refusal(hub: Factory, fields: dict[str, str]) -> None:
    stage = hub()
    shown = stage.visit()
    stage.call_in(shown.number or "", CALLER)
    send(stage, "", visit_id=shown.visit_id, fields=fields)
    assert suppressed(stage) == set() and listed(stage) == []


def test_nobody_becomes_known_by_a_number_that_was_typed(hub: Factory) -> None:
    stage = hub()
    send(stage)
    with stage.hub.store.reading() as session:
        (doubt,) = open_doubts(session)
    refuse(stage.hub, doubt, "officer")
    assert {each.phone_learnt for each in stage.rows(Person)} == {"typed"}

"""A person's no to texts, calls or both: in force at once on every road, journaled, and kept after an erasure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from call_desk import USE, agent, call_back, place
from testbed import CALLER, SHARED, TestHub

from hub.api.carriers import MessageEvent
from hub.delivery.call_back_consent import NO_CALLS
from hub.errors import CannotDo
from hub.model import AuditEntry, ConsentDetail, ConsentEntry, OutgoingCall, Person, Suppression, TextMessage
from hub.model.people import TYPED
from hub.model.purposes import MARKETING, SERVICE
from hub.privacy.ledger import ConsentStatement
from hub.privacy.withdrawal import take_effect
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import open_request, verify
from hub.store.journal.verify import verify as verify_journal
from hub.texts.no_contact import ContactRefusals, contact_refusals, refuse_contact
from hub.texts.queue import queue_text

Factory = Callable[..., TestHub]


def company_id(stage: TestHub) -> str:
    return stage.directory.companies["lakeside"].id


def refuse(stage: TestHub, refused: str, subject_id: str, **more: Any) -> bool:
    said: dict[str, Any] = {"channel": "call", "actor": "anna", "subject_id": subject_id} | more
    return refuse_contact(stage.hub, company_id(stage), [CALLER], refused, **said)


def in_force(stage: TestHub) -> ContactRefusals:
    with stage.hub.store.reading() as session:
        return contact_refusals(session, stage.hub, company_id(stage), [CALLER])


def queue(stage: TestHub, purpose: Any = "reply") -> TextMessage:
    with stage.hub.store.writing() as session:
        return queue_text(session, stage.hub, stage.directory.lines[SHARED], CALLER, "Your car is ready.", purpose)


def answer_start(stage: TestHub) -> None:
    stage.clock.advance(minutes=1)
    text: dict[str, Any] = {"message_id": "SMSTART", "at": stage.clock(), "tracking_number": SHARED}
    stage.tell(MessageEvent(sender_number=CALLER, body="START", **text))
    stage.send_texts()


def test_no_calls_refuses_a_call_back_at_once_with_the_reason_and_stops_one_that_waits(hub: Factory) -> None:
    stage = hub()
    scope, missed = agent(stage), stage.call_in(answered=False)
    waiting = call_back(stage, missed, scope)
    assert refuse(stage, "calls", missed.id)
    assert place(stage) == {"refused": 1} and stage.carrier.placed == []
    assert stage.one(OutgoingCall, id=waiting.id).reason == "The person said no.", "the answer of the consent plugin"
    again = call_back(stage, missed, scope)
    assert (again.status, again.reason) == ("refused", NO_CALLS)
    stage.clock.advance(hours=1)
    assert call_back(stage, stage.call_in(answered=False), scope).status == "refused", "their call lifts nothing"
    queue(stage)
    assert stage.send_texts() == {"sent": 1}, "texts were not refused"


def test_no_texts_stops_every_text_and_cancels_those_that_wait(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in()
    waiting = [queue(stage, purpose) for purpose in ("reply", "service", "marketing")]
    assert refuse(stage, "texts", call.id)
    assert {stage.one(TextMessage, id=each.id).status for each in waiting} == {"refused"}
    queue(stage)
    assert stage.send_texts() == {"refused": 1} and stage.carrier.texts == []
    since = in_force(stage)
    assert (since.texts, since.marketing, since.calls) == (stage.clock(), stage.clock(), None)


def test_neither_is_one_step_in_ledger_journal_and_audit_log(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in()
    assert refuse(stage, "both", call.id, detail="Take me off your list!")
    assert not refuse(stage, "both", call.id), "all of it was in force before"
    entries = stage.rows(ConsentEntry, channel="call", evidence=call.id)
    assert {each.use for each in entries} == {SERVICE, MARKETING, USE}
    assert {(each.state, each.person_id) for each in entries} == {("withdrawn", stage.one(Person).id)}
    details = stage.rows(ConsentDetail)
    assert details and all(b"off your list" not in (each.sealed or b"") for each in details), "encrypted"
    entry = stage.rows(AuditEntry, action="contact.refuse")[0]
    assert (entry.actor, entry.subject, entry.detail) == ("anna", call.id, "both")
    reports = verify_journal(stage.hub.store, stage.hub.keyring, stage.clock())
    assert reports and all(report.sound for report in reports.values())


def test_it_outlasts_the_erasure_of_the_person(hub: Factory) -> None:
    stage = hub()
    refuse(stage, "both", stage.call_in(answered=False).id)
    with stage.hub.store.writing() as session:
        company = stage.directory.companies["lakeside"]
        asked = open_request(session, stage.hub, company, "erasure", actor="o", channel="letter", phone=CALLER)
        verify(session, asked, "o", "officer", stage.clock())
    run(stage.hub, asked.id, "o")
    assert stage.rows(Person) == [] and all(CALLER not in str(vars(row)) for row in stage.rows(Suppression))
    stage.clock.advance(days=1)
    again = stage.call_in(answered=False)
    assert call_back(stage, again).reason == NO_CALLS
    queue(stage)
    assert stage.send_texts() == {"refused": 1}


def test_start_lifts_the_no_to_texts_and_not_the_one_to_calls(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in(answered=False)
    refuse(stage, "both", call.id)
    answer_start(stage)
    since = in_force(stage)
    assert since.texts is None and since.calls is not None
    assert call_back(stage, call).reason == NO_CALLS


def test_a_yes_that_the_officer_records_with_evidence_lifts_it(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in(answered=False)
    refuse(stage, "calls", call.id)
    stage.clock.advance(minutes=1)
    yes = ConsentStatement(
        company_id=company_id(stage),
        person_id=stage.one(Person).id,
        state="given",
        use=USE,
        channel="letter",
        detail="Their letter of today.",
        stated_at=stage.clock(),
    )
    with stage.hub.store.writing() as session:
        take_effect(session, stage.hub.config, stage.hub.vault, [yes], stage.clock())
    assert in_force(stage) == ContactRefusals()
    call_back(stage, call)
    assert place(stage) == {"placed": 1}


def test_a_number_that_somebody_typed_makes_nobody_known(hub: Factory) -> None:
    stage = hub()
    assert refuse(stage, "both", "a-form", channel="form", learned=TYPED)
    assert [each.phone_learnt for each in stage.rows(Person)] == [TYPED]
    refuse(stage, "calls", "another-form", channel="form", learned=TYPED)
    assert len(stage.rows(Person)) == 1 and in_force(stage).calls is not None
    stage.clock.advance(hours=1)
    assert call_back(stage, stage.call_in(answered=False)).reason == NO_CALLS


def test_of_two_numbers_it_is_in_force_only_if_it_is_for_both(hub: Factory) -> None:
    stage = hub()
    both = [CALLER, "+13125550177"]
    refuse(stage, "calls", stage.call_in().id)
    with stage.hub.store.reading() as session:
        assert contact_refusals(session, stage.hub, company_id(stage), both) == ContactRefusals()
        assert contact_refusals(session, stage.hub, company_id(stage), []) == ContactRefusals()
    stage.clock.advance(hours=1)
    refuse_contact(stage.hub, company_id(stage), both, "calls", channel="call", actor="anna", subject_id="x")
    with stage.hub.store.reading() as session:
        assert contact_refusals(session, stage.hub, company_id(stage), both).calls == stage.clock()


@pytest.mark.parametrize(("refused", "numbers"), [("faxes", [CALLER]), ("texts", [])])
def test_what_nobody_can_refuse_is_said(hub: Factory, refused: str, numbers: list[str]) -> None:
    stage = hub()
    with pytest.raises(CannotDo):
        refuse_contact(
            stage.hub, company_id(stage), numbers, refused, channel="call", actor="anna", subject_id=stage.call_in().id
        )
    assert stage.rows(Suppression) == [] and stage.rows(AuditEntry, action="contact.refuse") == []


def test_a_refusal_in_a_text_counts_from_when_it_is_recorded(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in()
    stage.clock.advance(days=3)
    refuse(stage, "texts", call.id)
    assert in_force(stage).texts == stage.clock() > call.started_at + timedelta(days=2)

"""A call back: checked, asked about, placed once, and told by the carrier from the first ring to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from fake_connectors import allow
from testbed import CALLER, CONNECTORS, NORTH_SHARED, OTHER_CALLER, SHARED, TestHub

from hub.access.scope import AccessScope, scope_of
from hub.access.users import add_user
from hub.api import AuthError, CallBackEvent, MessageEvent, Opinion, OutcomeUnknown, Receipt, Rejected, RetryLater
from hub.delivery.place_calls import PLACE_WITHIN, REPORT_WITHIN, connectors_with_calls, place_calls
from hub.delivery.queue_call_back import MAX_CALLS_A_DAY, CannotCall, queue_call_back
from hub.errors import NotFound
from hub.model import (
    Account,
    AuditEntry,
    Call,
    ConsentDecision,
    Disclosure,
    FormSubmission,
    JournalEntry,
    OutgoingCall,
    Person,
    TextMessage,
    User,
    UserCompany,
)
from hub.queries.masking import Mask
from hub.queries.timeline.build import timeline
from hub.store.claims import LEASE, claim
from hub.store.connectors import pause
from hub.store.journal.verify import verify

Factory = Callable[..., TestHub]
AGENT_PHONE = "+13125550191"
USE = "essential.service.call_back"


def agent(stage: TestHub, phones: tuple[str, ...] = (AGENT_PHONE,), companies: tuple[str, ...] = ()) -> AccessScope:
    """A receptionist who calls people back."""
    with stage.hub.store.writing() as session:
        account = session.get_one(Account, stage.directory.companies["lakeside"].account_id)
        name = f"anna{len(session.exec(User.__table__.select()).all())}"
        user = add_user(session, account, name, "receptionist", stage.clock(), phone_numbers=phones)
        for company in companies:
            session.add(UserCompany(user_id=user.id, company_id=stage.directory.companies[company].id))
        session.flush()
        scope = scope_of(session, user, "contact")
    assert scope is not None
    return scope


def call_back(stage: TestHub, subject: Any, scope: AccessScope | None = None, **more: Any) -> OutgoingCall:
    """Ask for a call back."""
    scope = scope or agent(stage)
    with stage.hub.store.writing() as session:
        return queue_call_back(session, scope, stage.hub, stage.directory, subject, **more)


def write_in(stage: TestHub, body: str) -> None:
    """The caller sends a text."""
    text: dict[str, Any] = {"message_id": f"SM{body}", "at": stage.clock(), "tracking_number": SHARED}
    stage.tell(MessageEvent(sender_number=CALLER, body=body, **text))


def place(stage: TestHub) -> dict[str, int]:
    """Place what is due."""
    return dict(place_calls(stage.hub, stage.directory, "carrier"))


def event(stage: TestHub, call: OutgoingCall, leg: Any, status: Any, **more: Any) -> CallBackEvent:
    """What the carrier reports of a leg now."""
    return CallBackEvent(leg=leg, status=status, key=call.id, call_id="CB0001", at=stage.clock(), **more)


def spoken(stage: TestHub, call: OutgoingCall) -> list[CallBackEvent]:
    """The events of a conversation of one minute."""
    start = stage.clock()
    told: dict[str, Any] = {"key": call.id, "call_id": "CB0001"}
    return [
        CallBackEvent(leg="user", status="answered", at=start + timedelta(seconds=5), **told),
        CallBackEvent(leg="person", status="answered", at=start + timedelta(seconds=15), **told),
        CallBackEvent(leg="person", status="completed", at=start + timedelta(seconds=75), duration=60, **told),
        CallBackEvent(leg="user", status="completed", at=start + timedelta(seconds=75), duration=70, **told),
    ]


def test_a_missed_caller_is_called_back_once_with_the_number_they_called(hub: Factory) -> None:
    stage = hub()
    missed = stage.call_in(answered=False)
    queued = call_back(stage, missed)
    assert (queued.status, queued.state) == ("queued", "ready")
    assert place(stage) == {"placed": 1}
    assert place(stage) == {}
    (order,) = stage.carrier.placed
    assert (order.key, order.tracking_number) == (queued.id, SHARED)
    assert (order.user_number, order.person_number) == (AGENT_PHONE, CALLER)
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.carrier_call_id, row.placed_at) == (
        "placed",
        "accepted",
        "CB0001",
        stage.clock(),
    )
    decision = stage.one(ConsentDecision, moment="call")
    assert (decision.subject_id, decision.use, decision.verdict) == (missed.id, USE, "allow")
    disclosed = stage.one(Disclosure, use=USE)
    assert (disclosed.decision_id, disclosed.categories) == (decision.id, ["user.contact.phone_number"])
    entry = stage.one(AuditEntry, action="calls.back")
    assert (entry.subject, entry.detail) == (missed.id, queued.id)


def test_the_legs_fold_into_the_call_back_in_any_order_and_never_become_a_call_that_came_in(hub: Factory) -> None:
    stage = hub()
    scope = agent(stage)
    missed = stage.call_in(answered=False)
    for order in list(permutations(range(4)))[::3]:
        made = call_back(stage, missed, scope)
        place(stage)
        events = spoken(stage, made)
        for position in (*order, order[0]):
            stage.tell(events[position])
        row = stage.one(OutgoingCall, id=made.id)
        assert (row.status, row.state, row.duration, row.reason) == ("completed", "done", 60, None)
        assert row.answered_at == stage.clock() + timedelta(seconds=15)
        assert row.ended_at == stage.clock() + timedelta(seconds=75)
    assert [each.id for each in stage.rows(Call)] == [missed.id]


@pytest.mark.parametrize(
    ("legs", "reason"),
    [
        ([("user", "busy")], "The user's phone was busy."),
        ([("user", "no_answer")], "The user's phone was not picked up."),
        ([("user", "answered"), ("person", "busy"), ("user", "completed")], "The person's phone was busy."),
        ([("user", "completed"), ("person", "no_answer")], "The person did not pick up."),
        ([("user", "answered"), ("user", "completed")], "The call ended before the person picked up."),
    ],
)
def test_a_call_that_nobody_took_says_who_did_not(hub: Factory, legs: Any, reason: str) -> None:
    stage = hub()
    made = call_back(stage, stage.call_in(answered=False))
    place(stage)
    stage.tell(*(event(stage, made, *leg) for leg in legs))
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.reason, row.answered_at) == ("failed", "done", reason, None)


@pytest.mark.parametrize("trouble", [OutcomeUnknown("?"), ValueError("a bug"), lambda _: None])
def test_a_lost_reply_is_held_and_never_dialed_again_by_itself(hub: Factory, trouble: Any) -> None:
    stage = hub()
    stage.carrier.place_script = [trouble]
    made = call_back(stage, stage.call_in(answered=False))
    assert place(stage) == {"held": 1}
    row = stage.one(OutgoingCall)
    assert (row.state, row.status) == ("held", "placed") and row.reason and "Nobody knows" in row.reason
    stage.clock.advance(minutes=10)
    assert place(stage) == {} and len(stage.carrier.placed) == 1
    stage.tell(event(stage, made, "user", "answered"))
    row = stage.one(OutgoingCall)
    assert (row.state, row.status, row.reason, row.carrier_call_id) == ("accepted", "placed", None, "CB0001")


def test_a_worker_that_died_after_the_attempt_was_recorded_dials_nobody_again(hub: Factory) -> None:
    stage = hub()
    call_back(stage, stage.call_in(answered=False))
    claim(stage.hub.store, OutgoingCall, now=stage.clock(), limit=1, counting=True)
    stage.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert place(stage) == {"held": 1}
    assert stage.carrier.placed == []


def test_a_worker_that_died_before_the_attempt_is_followed_by_another(hub: Factory) -> None:
    stage = hub()
    call_back(stage, stage.call_in(answered=False))
    claim(stage.hub.store, OutgoingCall, now=stage.clock(), limit=1, counting=False)
    assert place(stage) == {}
    stage.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert place(stage) == {"placed": 1}


def test_the_attempt_is_on_disk_before_the_carrier_hears_of_it_and_a_fast_report_is_kept(hub: Factory) -> None:
    stage = hub()
    made = call_back(stage, stage.call_in(answered=False))

    def ring(order: Any) -> str:
        assert stage.one(OutgoingCall).attempts == 1
        stage.tell(*spoken(stage, made))
        return "accepted"

    stage.carrier.place_script = [ring]
    assert place(stage) == {"completed": 1}
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.duration) == ("completed", "done", 60)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Rejected("The caller ID is not yours.", code="21210"), "The caller ID is not yours."),
        (Receipt(key="", status="rejected", code="21215", reason="Not to that country."), "Not to that country."),
        (RetryLater("The carrier is busy."), "The carrier is busy."),
    ],
)
def test_a_refusal_of_the_carrier_ends_the_call_with_its_words(hub: Factory, trouble: Any, words: str) -> None:
    stage = hub()
    stage.carrier.place_script = [trouble]
    call_back(stage, stage.call_in(answered=False))
    assert place(stage) == {"failed": 1}
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.reason) == ("failed", "done", words)


def test_refused_credentials_disclose_nothing_and_pause_further_calls(hub: Factory) -> None:
    stage = hub()
    stage.carrier.place_script = [AuthError("Connect it again.")]
    missed = stage.call_in(answered=False)
    call_back(stage, missed)
    with pytest.raises(AuthError):
        place(stage)
    assert stage.one(OutgoingCall).status == "failed" and stage.rows(Disclosure, use=USE) == []
    assert [row.kind for row in stage.rows(JournalEntry)].count("undone disclosure") == 1
    reports = verify(stage.hub.store, stage.hub.keyring, stage.clock())
    assert all(report.sound for report in reports.values())
    pause(stage.hub.store, "carrier", "Connect it again.", stage.clock())
    with pytest.raises(CannotCall, match="paused"):
        call_back(stage, missed)


def test_quiet_hours_refuse_the_call_and_do_not_postpone_it(hub: Factory) -> None:
    stage = hub()
    later = stage.clock() + timedelta(hours=9)
    quiet = Opinion(verdict="deny", rule_id="law.quiet", reason="It is night there.", not_before=later)
    stage.law.rule = lambda asked: quiet if asked.use == USE else allow(asked)
    call_back(stage, stage.call_in(answered=False))
    assert place(stage) == {"refused": 1}
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.reason) == ("refused", "done", "It is night there.")
    stage.clock.advance(hours=10)
    assert place(stage) == {} and stage.carrier.placed == []


def test_the_question_says_where_the_person_may_be_and_when_they_were_in_touch(hub: Factory) -> None:
    stage = hub()
    asked: list[Any] = []
    stage.law.rule = lambda question: asked.append(question) or allow(question)
    missed = stage.call_in(answered=False)
    call_back(stage, missed)
    place(stage)
    question = next(each for each in asked if each.use == USE)
    assert {place.region for place in question.person_places} == {"IL"}
    assert [(each.channel, each.at) for each in question.records] == [("contact", missed.started_at)]


def test_who_refused_calls_is_not_called_even_if_they_called_since(hub: Factory) -> None:
    stage = hub()
    asked: list[Any] = []
    stage.law.rule = lambda question: asked.append(question) or allow(question)
    stage.call_in(answered=False)
    stage.say(stage.one(Person), "refused", USE)
    stage.clock.advance(hours=1)
    call_back(stage, stage.call_in(answered=False, seconds=20))
    place(stage)
    question = next(each for each in asked if each.use == USE)
    assert [each.state for each in question.records] == ["refused"], "a call does not take a refusal back"


def test_a_stop_of_texts_forbids_calls_until_the_person_is_in_touch_again(hub: Factory) -> None:
    stage = hub()
    missed = stage.call_in(answered=False)
    stage.clock.advance(minutes=5)
    write_in(stage, "STOP")
    scope = agent(stage)
    call_back(stage, missed, scope)
    assert place(stage) == {"refused": 1}
    assert "told the company to stop" in str(stage.one(OutgoingCall).reason)
    stage.clock.advance(minutes=5)
    call_back(stage, stage.call_in(answered=False), scope)
    assert place(stage) == {"placed": 1}


def test_a_call_that_waited_too_long_is_given_up(hub: Factory) -> None:
    stage = hub()
    call_back(stage, stage.call_in(answered=False))
    stage.clock.advance(seconds=PLACE_WITHIN.total_seconds() + 1)
    assert place(stage) == {"failed": 1} and stage.carrier.placed == []


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
    copies = {name: getattr(first, name) for name in ("connector", "company_id", "user_id", "tracking_number")}
    times: dict[str, Any] = {"made_at": stage.clock(), "due_at": stage.clock(), "state": "done", "status": "failed"}
    stage.add(*(OutgoingCall(**copies, **times) for _ in range(MAX_CALLS_A_DAY - 1)))
    refused = call_back(stage, stage.call_in(caller=OTHER_CALLER, answered=False), scope)
    assert refused.status == "refused" and f"{MAX_CALLS_A_DAY} calls" in str(refused.reason)
    stage.clock.advance(days=1, seconds=1)
    assert call_back(stage, stage.call_in(caller=OTHER_CALLER, answered=False), scope).status == "queued"


def test_a_call_of_which_the_carrier_tells_no_end_is_settled(hub: Factory) -> None:
    stage = hub()
    made = call_back(stage, stage.call_in(answered=False))
    place(stage)
    assert connectors_with_calls(stage.hub) == set()
    stage.clock.advance(seconds=REPORT_WITHIN.total_seconds())
    assert connectors_with_calls(stage.hub) == {"carrier"}
    place(stage)
    row = stage.one(OutgoingCall)
    assert (row.status, row.state) == ("failed", "done") and "did not report" in str(row.reason)
    stage.tell(*spoken(stage, made))
    assert stage.one(OutgoingCall).status == "completed", "a late report still counts"


def test_the_timeline_of_the_missed_call_shows_the_call_back(hub: Factory) -> None:
    stage = hub()
    missed = stage.call_in(answered=False)
    made = call_back(stage, missed)
    place(stage)
    stage.tell(*spoken(stage, made))
    with stage.hub.store.reading() as session:
        entries = timeline(session, missed, Mask(), stage.hub.vault)
    told = [each for each in entries if each.stage == "call_back"]
    assert [each.text for each in told] == [
        f"{stage.one(User).name} calls back",
        "the person answered the call back",
        "the call back ended",
    ]
    assert (told[-1].state, told[-1].details) == ("completed", ("they spoke for 60 s",))
    assert CALLER not in str([each.plain() for each in told])

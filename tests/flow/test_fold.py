"""Fold: what waits in the inbox becomes calls and texts; what cannot be understood is parked and can be replayed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fake_connectors import body_of
from testbed import CALLER, CONNECTORS, NORTH_SHARED, SHARED, TestHub, finished_call

from hub.api import BadPayload, CallEvent, Event, RetryLater, WebhookRequest
from hub.api.carriers import MessageEvent
from hub.flow.inbox import PLUGIN_WAIT, fold_inbox, replay
from hub.flow.receive import Received, Receiver
from hub.model import Call, CallEventRow, InboxWebhook, TextMessage
from hub.store.claims import claim
from hub.store.writers.inbox_writer import InboxWriter
from hub.texts.bodies import open_body

Factory = Callable[..., TestHub]


def receive(stage: TestHub, *bodies: bytes, connector: str = "carrier") -> list[str]:
    """Webhooks as the carrier sends them, through verification into the inbox; what became of each."""
    writer = InboxWriter(stage.hub.store)
    receiver = Receiver(stage.hub, writer)
    outcomes: list[str] = []
    all_done = threading.Event()

    def done(received: Received) -> None:
        outcomes.append(received.outcome)
        if len(outcomes) == len(bodies):
            all_done.set()

    for body in bodies:
        url = f"https://calls.example.com/webhooks/{connector}/voice"
        receiver.submit(connector, WebhookRequest("POST", url, body, stage.clock()), done)
    assert all_done.wait(10)
    writer.close()
    return outcomes


def call_events(stage: TestHub, call_id: str = "CA1", number: str = SHARED) -> list[CallEvent]:
    return finished_call(call_id, number, CALLER, True, 90, stage.clock())


def test_the_webhooks_of_a_call_become_one_call_with_its_timeline(hub: Factory) -> None:
    stage = hub()
    receive(stage, *(body_of(f"event-{index}", event) for index, event in enumerate(call_events(stage))))
    assert fold_inbox(stage.hub, stage.directory) == 3
    call = stage.one(Call)
    assert (call.status, call.duration, call.caller_number, call.answered) == ("completed", 90, CALLER, True)
    assert call.company_id == stage.directory.companies["lakeside"].id
    assert (call.state, call.found_by) == ("ready", "webhook")
    timeline = sorted(stage.rows(CallEventRow, call_id=call.id), key=lambda row: row.at)
    assert [row.kind for row in timeline] == ["ringing", "answered", "completed"]
    assert {row.state for row in stage.rows(InboxWebhook)} == {"done"}
    assert all(row.inbox_id for row in stage.rows(CallEventRow))


def test_a_webhook_that_is_sent_again_changes_nothing(hub: Factory) -> None:
    stage = hub()
    body = body_of("event-1", call_events(stage)[0])
    assert receive(stage, body) == ["stored"]
    fold_inbox(stage.hub, stage.directory)
    before = stage.one(Call)
    assert receive(stage, body, body) == ["stored", "stored"]
    assert fold_inbox(stage.hub, stage.directory) == 0
    assert stage.one(Call) == before and len(stage.rows(CallEventRow)) == 1


def test_a_forged_webhook_is_not_kept(hub: Factory) -> None:
    stage = hub()
    assert receive(stage, body_of("event-1", call_events(stage)[0], secret="wrong")) == ["forged"]
    assert stage.rows(InboxWebhook) == []


def test_a_late_event_wakes_a_call_that_the_flow_had_finished(hub: Factory) -> None:
    stage = hub()
    ringing, answered, completed = call_events(stage)
    stage.tell(ringing)
    stage.flow()
    assert stage.one(Call).state == "done"
    stage.tell(completed)
    assert stage.one(Call).state == "ready"
    stage.flow()
    stage.tell(ringing)
    assert stage.one(Call).state == "done", "what is known already wakes nothing"
    stage.tell(answered)
    assert stage.one(Call).answered and stage.one(Call).status == "completed"


def test_the_flow_takes_a_call_when_it_begins_and_when_it_is_over_and_at_no_other_time(lite_hub: Factory) -> None:
    stage = lite_hub()
    ringing, answered, completed = call_events(stage)
    recorded = replace(completed, kind="recorded", recording_id="RE1", recording_duration=80)
    for event in (ringing, answered, completed, recorded):
        stage.tell(event)
        stage.flow()
    call = stage.one(Call)
    assert (call.state, call.attempts, call.recording_id) == ("done", 2, "RE1")


def test_news_of_a_call_that_is_being_processed_takes_it_from_its_worker(hub: Factory) -> None:
    stage = hub()
    ringing, answered, _ = call_events(stage)
    stage.tell(ringing)
    claim(stage.hub.store, Call, now=stage.clock(), limit=10)
    stage.tell(answered)
    call = stage.one(Call)
    assert (call.state, call.lease_token) == ("ready", None)


def test_what_cannot_be_understood_is_parked_with_a_reason_and_can_be_replayed(hub: Factory) -> None:
    stage = hub()
    good, bad = call_events(stage)[0], call_events(stage, "CA2")[0]
    stage.carrier.script = [BadPayload("this carrier has a new kind of event")]
    receive(stage, body_of("event-1", bad))
    receive(stage, body_of("event-2", good))
    assert fold_inbox(stage.hub, stage.directory) == 2
    assert stage.one(Call).carrier_call_id == "CA1", "the others are not held up"
    parked = stage.one(InboxWebhook, state="parked")
    assert parked.reason == "this carrier has a new kind of event"
    with stage.hub.store.writing() as session:
        assert replay(session, [parked.id], stage.clock()) == 1
        assert replay(session, [parked.id], stage.clock()) == 0
    fold_inbox(stage.hub, stage.directory)
    assert len(stage.rows(Call)) == 2 and stage.rows(InboxWebhook, state="parked") == []


NAIVE = datetime(2026, 11, 24, 15, 0)
AN_EVENT = CallEvent(kind="ringing", call_id="CA1", at=NAIVE.replace(tzinfo=UTC))
LIES: dict[str, Any] = {
    "nothing": lambda _: None,
    "no list": lambda _: "ringing",
    "no event": [{"kind": "ringing"}],
    "a time without a zone": [replace(AN_EVENT, at=NAIVE)],
    "a time before telephones": [replace(AN_EVENT, at=datetime(1, 1, 1, tzinfo=UTC))],
    "no id": [replace(AN_EVENT, call_id="")],
    "an endless id": [replace(AN_EVENT, call_id="C" * 5_000)],
    "an id with a NUL": [replace(AN_EVENT, call_id="CA\0")],
    "an unknown failure": [replace(AN_EVENT, kind="failed", failure="gremlins")],  # type: ignore[arg-type]
    "an unknown kind": [replace(AN_EVENT, kind="teleported")],  # type: ignore[arg-type]
    "a text to nowhere": [MessageEvent(message_id="SM1", at=AN_EVENT.at, tracking_number="?" * 400)],
    "a crash": KeyError("a bug of the plugin"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=list(LIES))
def test_a_plugin_that_lies_parks_its_webhook_and_holds_up_no_other(hub: Factory, lie: Any) -> None:
    stage = hub()
    stage.carrier.script = [lie]
    receive(stage, body_of("event-1", call_events(stage)[0]))
    receive(stage, body_of("event-2", call_events(stage, "CA2")[0]))
    assert fold_inbox(stage.hub, stage.directory) == 2
    parked = stage.one(InboxWebhook, state="parked")
    assert "carrier" in (parked.reason or "") and "hub inbox replay" in (parked.reason or "")
    assert stage.one(Call).carrier_call_id == "CA2"


STRANGE: dict[str, Event] = {
    "a name with a NUL": replace(AN_EVENT, caller_name="Ada\0"),
    "half a character": replace(AN_EVENT, caller_name="Ada\ud83d"),
    "a caller that is no number": replace(AN_EVENT, caller_number="sip:ada@example.com;user=phone" * 9),
    "an endless recording": replace(AN_EVENT, kind="recorded", recording_id="RE1", recording_duration=10**15),
    "an endless call": replace(AN_EVENT, kind="completed", duration=10**15),
    "an unknown attestation": replace(AN_EVENT, attestation="full"),  # type: ignore[arg-type]
    "a text with half a character": MessageEvent(
        message_id="SM1", at=AN_EVENT.at, tracking_number=SHARED, sender_number="x" * 99, body="\ud83d\0"
    ),
}


@pytest.mark.parametrize("event", STRANGE.values(), ids=list(STRANGE))
def test_strange_content_is_kept_without_what_no_database_takes(hub: Factory, event: Event) -> None:
    stage = hub()
    stage.tell(event)
    assert len(stage.rows(Call)) + len(stage.rows(TextMessage)) == 1
    stage.flow()


def test_webhooks_of_a_plugin_that_cannot_parse_now_wait(hub: Factory) -> None:
    stage = hub()
    receive(stage, body_of("event-1", call_events(stage)[0]))
    for _ in range(10):
        stage.hub.plugins.guards["carrier"].late("parse_webhook", 1.0)  # its breaker opens
    fold_inbox(stage.hub, stage.directory)
    row = stage.one(InboxWebhook)
    assert row.state == "ready" and row.due_at == stage.clock() + PLUGIN_WAIT and row.reason
    assert fold_inbox(stage.hub, stage.directory) == 0


def test_webhooks_of_a_connector_that_was_removed_are_parked(hub: Factory) -> None:
    stage = hub()
    receive(stage, body_of("event-1", call_events(stage)[0]))
    without = hub(connectors={name: each for name, each in CONNECTORS.items() if name != "carrier"})
    assert fold_inbox(without.hub, stage.directory) == 1
    assert stage.one(InboxWebhook, state="parked").reason == "no connector 'carrier' in config.yaml parses it"


def test_a_text_is_kept_once_and_its_body_only_encrypted(hub: Factory) -> None:
    stage = hub()
    text = MessageEvent(
        message_id="SM1", at=stage.clock(), tracking_number=SHARED, sender_number=CALLER, body="a leak in the kitchen"
    )
    receive(stage, body_of("event-1", text), body_of("event-2", text))
    fold_inbox(stage.hub, stage.directory)
    row = stage.one(TextMessage)
    assert row.body is not None and b"leak" not in row.body
    with stage.hub.store.reading() as session:
        assert open_body(stage.hub.vault, session, row) == "a leak in the kitchen"
    assert row.company_id == stage.directory.companies["lakeside"].id


def test_without_a_key_in_the_settings_a_text_is_kept_under_the_hubs_own(lite_hub: Factory) -> None:
    stage = lite_hub(keys=())
    stage.tell(MessageEvent(message_id="SM1", at=stage.clock(), tracking_number=SHARED, body="a leak"))
    body = stage.one(TextMessage).body
    assert body is not None and b"a leak" not in body


def test_calls_of_two_carriers_with_the_same_id_are_two_calls(hub: Factory) -> None:
    stage = hub(connectors={**CONNECTORS, "second": CONNECTORS["carrier"]})
    stage.tell(*call_events(stage))
    stage.tell(*call_events(stage, number=NORTH_SHARED), connector="second")
    assert {(call.connector, call.tracking_number) for call in stage.rows(Call)} == {
        ("carrier", SHARED),
        ("second", NORTH_SHARED),
    }


def test_an_id_that_a_carrier_uses_again_moves_no_call_to_another_company(lite_hub: Factory) -> None:
    stage = lite_hub()
    first = stage.call_in(SHARED)
    stage.tell(*finished_call(first.carrier_call_id, NORTH_SHARED, CALLER, True, 500, stage.clock()))
    stage.flow()
    again = stage.one(Call)
    assert (again.company_id, again.tracker_id, again.tracking_number) == (first.company_id, first.tracker_id, SHARED)


def test_a_call_on_a_number_of_nobody_is_kept_and_harms_nothing(hub: Factory) -> None:
    stage = hub()
    stage.tell(*call_events(stage, number="+12125550100"))
    assert stage.flow() == 1
    call = stage.one(Call)
    assert call.company_id is None and call.state == "done"


def test_two_workers_that_fold_the_same_call_lose_no_event(hub: Factory) -> None:
    stage = hub()
    for round_ in range(5):
        events = [
            event
            for index in range(4)
            for event in finished_call(f"CA{round_}-{index}", SHARED, CALLER, True, 90, stage.clock())
        ]
        halves = [events[::2], events[1::2]]
        start = threading.Barrier(2)
        errors: list[BaseException] = []

        def fold_half(half: list[CallEvent], start: Any = start, errors: Any = errors) -> None:
            try:
                start.wait(30)
                stage.tell(*half)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=fold_half, args=(half,)) for half in halves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert errors == []
    calls = stage.rows(Call)
    assert len(calls) == 20
    assert all((call.status, call.duration, call.answered) == ("completed", 90, True) for call in calls)


def test_a_retry_of_the_plugin_is_no_reason_to_lose_a_webhook(hub: Factory) -> None:
    stage = hub()
    stage.carrier.script = [RetryLater("busy")]
    receive(stage, body_of("event-1", call_events(stage)[0]))
    fold_inbox(stage.hub, stage.directory)
    row = stage.one(InboxWebhook)
    assert row.state in ("ready", "parked") and row.body


def test_a_call_ends_at_its_lifes_end(hub: Factory) -> None:
    stage = hub()
    stage.tell(*call_events(stage))
    call = stage.one(Call)
    assert call.expires_at - call.started_at == timedelta(days=761)

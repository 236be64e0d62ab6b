"""Reconcile: a call whose webhooks never came is found in the carrier's own list, and nothing doubles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event
from testbed import CALLER, SHARED, TestHub, finished_call

from hub.api import RetryLater
from hub.api.carriers import MessageEvent
from hub.delivery.reconcile import FIRST_LOOK, OVERLAP, reconcile, reconcile_texts
from hub.model import Call, CallEventRow, CallStep, ConversionRow, Cursor, Suppression, TextMessage

Factory = Callable[..., TestHub]


def look(stage: TestHub) -> int:
    return reconcile(stage.hub, stage.directory, "carrier")


def test_a_call_whose_webhooks_never_came_is_found_and_converts(hub: Factory) -> None:
    stage = hub()
    stage.carrier.listed = finished_call("CA1", SHARED, CALLER, True, 90, stage.clock())
    stage.clock.advance(minutes=20)
    assert look(stage) == 1
    call = stage.one(Call)
    assert (call.found_by, call.status, call.duration, call.answered) == ("reconcile", "completed", 90, True)
    stage.flow()
    assert stage.one(ConversionRow).subject_id == call.id


@pytest.mark.parametrize(
    ("results", "answered"),
    [
        (["rings +13125550190, who take the call with a key"], False),
        (["rings +13125550190, who take the call with a key", "a person took the call"], True),
        (["rings +13125550191, who take the call with a key", "rings +13125550190"], True),
        (["rings +13125550190"], True),
    ],
)
def test_a_listed_phone_that_was_picked_up_and_did_not_press_the_key_has_not_answered(
    lite_hub: Factory, results: list[str], answered: bool
) -> None:
    rule = {"event": "call", "answered": True}
    stage = lite_hub(conversions=[{"name": "talked", "when": rule, "send_to": {"network": {"action": 7}}}])
    for position, result in enumerate(results):
        about = {
            "connector": "carrier",
            "carrier_call_id": "CA1",
            "company_id": stage.directory.lines[SHARED].company.id,
        }
        about |= {"point": "ringing:", "position": position, "at": stage.clock(), "step": "team", "do": "simulcall"}
        about["flow_version"] = 1
        stage.add(CallStep(**about, result=result, expires_at=stage.clock() + timedelta(days=30)))
    stage.carrier.listed = finished_call("CA1", SHARED, CALLER, True, 90, stage.clock())
    stage.clock.advance(minutes=20)
    assert look(stage) == 1
    assert stage.one(Call).answered is answered
    stage.flow()
    assert len(stage.rows(ConversionRow)) == answered, "a voicemail became a conversion"


def test_a_call_that_is_known_is_not_doubled_and_not_processed_again(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in()
    stage.carrier.listed = finished_call(call.carrier_call_id, SHARED, CALLER, True, 90, stage.clock())
    assert look(stage) == 0
    assert stage.one(Call) == call and len(stage.rows(CallEventRow)) == 3


def test_a_call_that_is_listed_as_before_is_read_from_the_database_no_more(lite_hub: Factory) -> None:
    stage = lite_hub()
    ringing, *rest = finished_call("CA1", SHARED, CALLER, True, 90, stage.clock())
    stage.carrier.listed = [ringing]
    assert look(stage) == 1
    reads: list[str] = []
    event.listen(stage.hub.store.engine, "before_cursor_execute", lambda *said: reads.append(said[2]))
    assert look(stage) == 0 and not any("FROM call" in each for each in reads)
    stage.carrier.listed = [ringing, *rest]
    assert look(stage) == 1 and stage.one(Call).status == "completed"


def test_a_call_that_lacks_its_end_is_completed(hub: Factory) -> None:
    stage = hub()
    events = finished_call("CA1", SHARED, CALLER, True, 90, stage.clock())
    stage.tell(events[0])
    stage.flow()
    stage.carrier.listed = events
    assert look(stage) == 1
    call = stage.one(Call)
    assert (call.status, call.found_by, call.state) == ("completed", "webhook", "ready")
    assert {row.reported_by for row in stage.rows(CallEventRow)} == {"webhook", "reconcile"}


def test_each_look_overlaps_the_one_before(hub: Factory) -> None:
    stage = hub()
    first = stage.clock()
    look(stage)
    stage.clock.advance(hours=1)
    look(stage)
    assert stage.carrier.asked_since == [first - FIRST_LOOK, first - OVERLAP]


def test_a_webhook_that_comes_after_the_look_changes_nothing(hub: Factory) -> None:
    stage = hub()
    events = finished_call("CA1", SHARED, CALLER, True, 90, stage.clock())
    stage.carrier.listed = events
    look(stage)
    stage.flow()
    assert stage.tell(*events) == 0
    assert len(stage.rows(Call)) == len(stage.rows(ConversionRow)) == 1


def test_a_carrier_that_does_not_answer_moves_no_cursor(hub: Factory) -> None:
    stage = hub()
    stage.carrier.list_script = [RetryLater("busy")]
    with pytest.raises(RetryLater):
        look(stage)
    assert stage.rows(Cursor) == []
    stage.clock.advance(hours=30)
    stage.carrier.listed = finished_call("CA1", SHARED, CALLER, True, 90, stage.clock() - timedelta(hours=2))
    assert look(stage) == 1


def wrote(stage: TestHub, message_id: str, body: str, number: str = SHARED) -> MessageEvent:
    at = stage.clock()
    return MessageEvent(message_id=message_id, at=at, tracking_number=number, sender_number=CALLER, body=body)


def look_for_texts(stage: TestHub) -> int:
    return reconcile_texts(stage.hub, stage.directory, "carrier")


def test_a_stop_whose_webhook_never_came_is_found_in_the_list_and_counts_once(hub: Factory) -> None:
    stage = hub()
    lost, known = wrote(stage, "SM1", "STOP"), wrote(stage, "SM2", "Is 5 pm ok?")
    stage.tell(known)
    stage.flow()
    stage.carrier.listed_texts = [lost, known, wrote(stage, "SM3", "Not to us", "+13125550999")]
    assert look_for_texts(stage) == 0, "a young text is left to its webhook"
    stage.clock.advance(minutes=20)
    assert (look_for_texts(stage), look_for_texts(stage)) == (1, 0)
    stopped = stage.rows(Suppression)
    assert {row.since for row in stopped} == {lost.at}
    stage.tell(lost)
    stage.flow()
    assert stage.rows(Suppression) == stopped
    arrived = [text.carrier_message_id for text in stage.rows(TextMessage) if text.direction == "in"]
    assert sorted(map(str, arrived)) == ["SM1", "SM2"]
    first, *_, last = stage.carrier.asked_texts
    assert (first.known, last.known) == (("SM2",), ("SM1", "SM2"))
    assert "+13125550999" not in first.tracking_numbers and SHARED in first.tracking_numbers


def test_the_next_look_at_the_texts_continues_after_the_newest_that_was_given(hub: Factory) -> None:
    stage = hub()
    given = wrote(stage, "SM1", "Hello")
    stage.carrier.listed_texts = [given]
    stage.clock.advance(hours=10)
    look_for_texts(stage)
    stage.clock.advance(hours=1)
    stage.carrier.listed_texts = []
    look_for_texts(stage)
    look_for_texts(stage)
    assert [query.since for query in stage.carrier.asked_texts[1:]] == [given.at - OVERLAP, stage.clock() - OVERLAP]

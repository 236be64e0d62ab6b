"""Reconcile: a call whose webhooks never came is found in the carrier's own list, and nothing doubles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from testbed import CALLER, SHARED, TestHub, finished_call

from hub.api import RetryLater
from hub.delivery.reconcile import FIRST_LOOK, OVERLAP, reconcile
from hub.model import Call, CallEventRow, ConversionRow, Cursor

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


def test_a_call_that_is_known_is_not_doubled_and_not_processed_again(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in()
    stage.carrier.listed = finished_call(call.carrier_call_id, SHARED, CALLER, True, 90, stage.clock())
    assert look(stage) == 0
    assert stage.one(Call) == call and len(stage.rows(CallEventRow)) == 3


def test_a_call_that_lacks_its_end_is_completed(hub: Factory) -> None:
    stage = hub()
    events = finished_call("CA1", SHARED, CALLER, True, 90, stage.clock())
    stage.tell(events[0])
    stage.flow()
    stage.carrier.listed = events
    assert look(stage) == 1
    call = stage.one(Call)
    assert (call.status, call.found_by, call.state) == ("completed", "webhook", "ready")
    assert {row.told_by for row in stage.rows(CallEventRow)} == {"webhook", "reconcile"}


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

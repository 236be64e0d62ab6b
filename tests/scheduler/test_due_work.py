"""One query says which kinds of work are due: what a person waits for is found at the worker's next look."""

from __future__ import annotations

from collections.abc import Callable

from testbed import TestHub
from text_steps import queue, write_in

from hub.model import InboxWebhook
from hub.worker.due_work import PICTURES, TEXTS, DueWork, flow_work, outgoing_work

Factory = Callable[..., TestHub]


def flow(stage: TestHub) -> set[str]:
    return set(DueWork(flow_work()).look(stage.hub.store, stage.clock()))


def test_the_flow_finds_webhooks_calls_and_texts_when_they_are_due(hub: Factory) -> None:
    stage = hub()
    assert flow(stage) == set()
    stage.call_in(process=False)
    assert flow(stage) == {"call"}
    write_in(stage, "Hello")
    assert flow(stage) == {"call", "text_message"}


def test_a_webhook_is_found_again_when_the_lease_of_a_dead_worker_has_ended(lite_hub: Factory) -> None:
    stage = lite_hub()
    now = stage.clock()
    row = InboxWebhook(connector="carrier", event_key="1", received_at=now, due_at=now, state="leased", lease_until=now)
    stage.add(row)
    assert flow(stage) == set()
    stage.clock.advance(seconds=1)
    assert flow(stage) == {"inbox"}


def test_texts_and_pictures_are_found_by_their_carrier(hub: Factory) -> None:
    stage = hub()
    queue(stage)
    write_in(stage, "", media_urls=("https://carrier.example.com/1",))
    due = DueWork(outgoing_work()).look(stage.hub.store, stage.clock())
    assert due[TEXTS] == {"carrier"} and PICTURES in due

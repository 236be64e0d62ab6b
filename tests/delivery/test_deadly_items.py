"""What a plugin's own process dies of three times is set aside; the items beside it arrive."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fake_connectors import event_of
from testbed import TestHub

from hub.api import Conversion
from hub.errors import PluginDied
from hub.flow.inbox import fold_inbox
from hub.model import Attempt, Delivery, InboxWebhook
from hub.store.quarantine.items import in_quarantine
from hub.testing import FrozenClock

Factory = Callable[..., TestHub]


def death(hook: str) -> PluginDied:
    return PluginDied("its process ended.", "network" if hook == "upload_conversions" else "law", hook)


def quarantined(stage: TestHub) -> list[tuple[str, str, str]]:
    with stage.hub.store.reading() as session:
        return [(item.kind, item.connector, item.reason) for item in in_quarantine(session)]


def deliver_for_an_hour(stage: TestHub) -> None:
    for _ in range(12):
        with contextlib.suppress(PluginDied):
            stage.deliver()
        stage.clock.advance(minutes=5)


def test_one_conversion_that_kills_its_plugin_is_set_aside_and_the_others_of_its_batch_arrive(
    lite_hub: Factory,
) -> None:
    stage = lite_hub()
    for index in range(3):
        stage.call_in(caller=f"+131255501{index:02}", process=False)
    stage.flow()
    deadly = stage.rows(Delivery, connector="network")[1]
    died: list[int] = []

    def upload(conversions: Sequence[Conversion]) -> str:
        if deadly.item_key in {each.key for each in conversions}:
            died.append(len(conversions))
            raise death("upload_conversions")
        return "delivered"

    stage.network.script = [upload] * 20
    deliver_for_an_hour(stage)
    assert died == [3, 1, 1]
    assert [row.state for row in stage.rows(Delivery, connector="network")].count("delivered") == 2
    assert stage.one(Delivery, id=deadly.id).state == "quarantined"
    assert quarantined(stage) == [
        ("delivery", "network", "3 processes died while connector 'network' handled it in upload_conversions.")
    ]
    assert len(stage.rows(Attempt, delivery_id=deadly.id)) == 3


def test_a_question_that_kills_the_consent_plugin_sets_only_its_own_delivery_aside(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in()
    allowed = stage.law.rule

    def judge(question: Any) -> Any:
        raise death("judge")

    stage.law.rule = judge
    deliver_for_an_hour(stage)
    stage.law.rule = allowed
    assert quarantined(stage) == [("delivery", "law", "3 processes died while connector 'law' handled it in judge.")]
    assert stage.network.batches == []


def test_a_webhook_that_kills_its_plugin_is_set_aside_and_the_others_are_read(lite_hub: Factory) -> None:
    stage = lite_hub()
    keys = ["good", "deadly", "fine"]
    stage.add(*(webhook(stage.clock, key) for key in keys))

    def parse(request: Any) -> Any:
        if request.body == b"deadly":
            raise PluginDied("its process ended.", "carrier", "parse_webhook")
        return [event_of({"type": "CallEvent", "call_id": request.body.decode(), "kind": "ringing",
                          "at": stage.clock().isoformat()})]  # fmt: skip

    stage.carrier.script = [parse] * 20
    for _ in range(4):
        fold_inbox(stage.hub, stage.directory)
        stage.clock.advance(minutes=1)
    assert [row.state for row in stage.rows(InboxWebhook)] == ["done", "quarantined", "done"]
    assert quarantined(stage)[0][:2] == ("webhook", "carrier")


def webhook(clock: FrozenClock, key: str) -> InboxWebhook:
    return InboxWebhook(
        connector="carrier", event_key=key, body=key.encode(), received_at=clock(), due_at=clock(), expires_at=clock()
    )


@pytest.mark.usefixtures("own_deadlines")
def test_a_webhook_on_which_its_plugin_hangs_does_not_delay_the_others(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.add(*(webhook(stage.clock, key) for key in ("good", "hangs", "fine")))
    released = threading.Event()

    def parse(request: Any) -> Any:
        if request.body == b"hangs":
            released.wait(20)
        return [event_of({"type": "CallEvent", "call_id": request.body.decode(), "kind": "ringing",
                          "at": stage.clock().isoformat()})]  # fmt: skip

    stage.carrier.script = [parse] * 20
    fold_inbox(stage.hub, stage.directory)
    released.set()
    assert {row.event_key: row.state for row in stage.rows(InboxWebhook)} == {
        "good": "done", "hangs": "ready", "fine": "done"
    }  # fmt: skip

"""A stop that is written down while a batch of texts leaves: after its commit nothing goes to that person."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from fake_connectors import body_of
from testbed import CALLER, SHARED, TestHub
from text_steps import outbound, queue, webhook_row

from hub.api.carriers import MessageEvent
from hub.delivery.send_texts import send_texts
from hub.flow.inbox import fold_inbox
from hub.model import ConsentEntry, TextMessage

Factory = Callable[..., TestHub]
TEXTS = 12


@pytest.mark.parametrize("turn", [1, 2, 5])
def test_nothing_leaves_after_a_stop_is_committed(hub: Factory, turn: int) -> None:
    stage = hub()
    other = hub()  # the process that folds, with its own connections to the same database
    for index in range(TEXTS):
        queue(stage, f"Text {index}.", purpose="service")
    left: list[float] = []
    committed: list[float] = []
    goes = threading.Event()

    def send(text: Any) -> str:
        left.append(time.monotonic())
        if len(left) == turn:
            goes.set()
            time.sleep(0.05)  # the stop comes while this one is at the carrier
        return "accepted"

    stage.carrier.text_script = [send] * TEXTS
    event = MessageEvent(
        message_id="SMSTOP", at=stage.clock(), tracking_number=SHARED, sender_number=CALLER, body="STOP"
    )
    other.add(webhook_row(other, "stop", body_of("stop", event)))

    def fold() -> None:
        assert goes.wait(10)
        fold_inbox(other.hub, other.directory)
        committed.append(time.monotonic())

    thread = threading.Thread(target=fold)
    thread.start()
    send_texts(stage.hub, stage.directory, "carrier")
    thread.join()
    send_texts(stage.hub, stage.directory, "carrier")
    texts = outbound(stage, purpose="service")
    sent = [row for row in texts if row.status == "sent"]
    refused = [row for row in texts if row.status == "refused"]
    assert len(stage.rows(ConsentEntry)) == 2
    assert len(sent) + len(refused) == TEXTS and refused, "every text has an end, and some were stopped"
    bodies = [text for text in stage.carrier.texts if text.body.startswith("Text")]
    assert len(bodies) == len(sent) == len([moment for moment in left if moment < committed[0]])
    assert stage.one(TextMessage, purpose="opt_out_confirmation").status == "sent"


def test_two_senders_never_send_a_text_twice(hub: Factory) -> None:
    stage, other = hub(), hub()
    for index in range(TEXTS):
        queue(stage, f"Text {index}.", to=f"+1312555{150 + index:04}", purpose="service")
    threads = [
        threading.Thread(target=send_texts, args=(each.hub, each.directory, "carrier")) for each in (stage, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = [text.key for text in (*stage.carrier.texts, *other.carrier.texts)]
    assert sorted(keys) == sorted(set(keys)) and len(keys) == TEXTS

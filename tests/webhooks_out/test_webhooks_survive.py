"""Endpoints that hang, workers that die, and events that are sent again by hand."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from testbed import TestHub
from webhook_receiver import WebhookReceiver
from webhook_stage import WebhookStage

from hub.errors import CannotDo, RetryLater
from hub.model import AuditEntry
from hub.plugin_host.public_post import PublicPost
from hub.webhooks_out.answers import post_for
from hub.webhooks_out.endpoints import resume
from hub.webhooks_out.replay import replay_one, replay_range
from hub.webhooks_out.sample import send_test
from hub.webhooks_out.send import send_events

TESTS = Path(__file__).parents[1]
WORKER = """
import sys
sys.path[:0] = [{tests!r}]
from datetime import datetime
from testbed import make_config
from webhook_stage import accounts_with
from hub.numbers.directory import LiveDirectory
from hub.startup.assembly import assemble
from hub.webhooks_out.send import send_events
now = datetime.fromisoformat({now!r})
crm = {{"name": "crm", "url": {url!r}, "use": "sales", "allow_private": True}}
hub = assemble(make_config({database!r}, accounts=accounts_with(crm)), lambda: now)
send_events(hub, LiveDirectory(hub.store).current(), {endpoint!r})
print("done")
"""


@pytest.mark.soak
def test_an_event_whose_worker_was_killed_is_sent_again_with_the_same_id(sending: WebhookStage) -> None:
    stage, receiver = sending.stage, sending.receiver
    stage.call_in()
    stage.clock.advance(minutes=3)
    script = WORKER.format(
        tests=str(TESTS), now=stage.clock().isoformat(), url=receiver.url, endpoint=sending.endpoint().row.id,
        database=stage.hub.config.hub.database,
    )  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    receiver.victim = worker.pid
    output, _ = worker.communicate(timeout=60)
    assert (worker.returncode, output) == (-signal.SIGKILL, b"")
    assert len(receiver.received) == 1 and sending.events[0].attempts == 1
    sending.after(seconds=61)
    sending.after(seconds=61)
    assert [each.headers["webhook-id"] for each in receiver.received[:2]] == [sending.events[0].id] * 2
    assert {state for _, state in sending.states} == {"delivered"} and sending.events[0].attempts == 2


def test_an_endpoint_that_hangs_is_left_after_its_time(sending: WebhookStage) -> None:
    stage = sending.stage
    stage.call_in()
    stage.clock.advance(minutes=3)
    sending.receiver.hangs = 0.6
    post = replace(post_for(sending.endpoint().section), timeout=0.2)
    send_events(stage.hub, stage.directory, sending.endpoint().row.id, post, jitter=lambda most: most)
    assert sending.states[0] == ("pre_call", "ready") and "did not answer" in str(sending.events[0].reason)
    sending.receiver.hangs = 0.0
    sending.after(minutes=1)
    assert {state for _, state in sending.states} == {"delivered"}


def test_an_answer_that_drips_is_left_after_its_time() -> None:
    """It never ends of its own accord: the server stops when the hub has hung up."""

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        dripping = pool.submit(drip, server)
        with pytest.raises(RetryLater):
            PublicPost(allowed=lambda address: True, timeout=0.2).send(
                f"http://127.0.0.1:{server.getsockname()[1]}/", {}, b"{}"
            )
        dripping.result()


def test_events_are_replayed_by_item_and_by_time(sending: WebhookStage) -> None:
    stage, receiver = sending.stage, sending.receiver
    receiver.answers = [(422, {})]
    begun = stage.clock()
    stage.call_in()
    sending.after(minutes=3)
    endpoint = sending.endpoint()
    dead, delivered, _ = sending.events
    with stage.hub.store.writing() as session:
        assert replay_range(session, endpoint, begun, stage.clock(), stage.clock(), "maria") == 1
    sending.run()
    assert [state for _, state in sending.states] == ["delivered"] * 3
    assert receiver.received[-1].headers["webhook-id"] == dead.id == receiver.received[0].headers["webhook-id"]
    with stage.hub.store.writing() as session:
        replay_one(session, endpoint, delivered.id, stage.clock(), "maria")
        with pytest.raises(CannotDo, match="on its way"):
            replay_one(session, endpoint, delivered.id, stage.clock(), "maria")
    sending.run()
    assert len(receiver.received) == 5
    with stage.hub.store.writing() as session:
        everything = replay_range(session, endpoint, begun, stage.clock(), stage.clock(), "maria", ["delivered"])
    assert everything == 3
    sending.run()
    assert [each.document["type"] for each in receiver.received[-3:]] == ["call.started", "call.routed", "call.ended"]
    assert [row.action for row in stage.rows(AuditEntry)].count("webhook.replay") == 3


def test_a_test_says_what_the_endpoint_answers_and_wakes_what_waits(sending: WebhookStage) -> None:
    stage, receiver = sending.stage, sending.receiver
    receiver.answers = [(503, {}), (500, {})]
    stage.call_in()
    sending.after(minutes=3)
    assert send_test(stage.hub, sending.endpoint(), "maria").reason == "The endpoint answered 500."
    sending.run()
    assert len(receiver.received) == 2
    assert send_test(stage.hub, sending.endpoint(), "maria").status == 200
    told = receiver.received[-1].document
    assert told["data"]["test"] is True and told["data"]["name"] == "Kim Example"
    sending.run()
    assert {state for _, state in sending.states} == {"delivered"}


def test_a_gone_endpoint_can_be_resumed_and_then_replayed(sending: WebhookStage) -> None:
    stage, receiver = sending.stage, sending.receiver
    receiver.answers = [(410, {})]
    begun = stage.clock()
    stage.call_in()
    sending.after(minutes=3)
    now = stage.clock()
    with stage.hub.store.writing() as session, pytest.raises(CannotDo, match="resume"):
        replay_range(session, sending.endpoint(), begun, now, now, "maria")
    with stage.hub.store.writing() as session:
        resume(session, stage.hub, sending.endpoint(), "maria")
    with stage.hub.store.writing() as session:
        assert replay_range(session, sending.endpoint(), begun, now, now, "maria") == 3
    sending.run()
    assert {state for _, state in sending.states} == {"delivered"}


def test_a_slow_endpoint_delays_no_other(lite_hub: Callable[..., TestHub], receiver: WebhookReceiver) -> None:
    other = {"name": "sheet", "url": receiver.url, "use": "sales", "allow_private": True, "events": ["post_call"]}
    sending = WebhookStage.open(lite_hub, receiver, other, url="http://127.0.0.1:9/")
    sending.stage.call_in()
    sending.after(minutes=3)
    assert receiver.types == ["call.ended"]
    assert sorted({state for _, state in sending.states}) == ["delivered", "ready", "waiting"]

"""Webhooks wait in bounded memory, and what was forged is forgotten at once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest
from fake_connectors import body_of
from testbed import CALLER, SHARED, TestHub, finished_call

import hub.flow.receive as receive
from hub.api import WebhookRequest
from hub.flow.receive import Received, Receiver
from hub.store.writers.inbox_writer import InboxWriter

URL = "https://calls.example.com/webhooks/carrier/voice"


class Gate:
    """Sends webhooks of the carrier through verification into the inbox."""

    def __init__(self, stage: TestHub) -> None:
        self._stage, self._writer = stage, InboxWriter(stage.hub.store)
        self._receiver = Receiver(stage.hub, self._writer)

    def send(self, bodies: list[bytes]) -> list[str]:
        """What became of webhooks that came in together."""
        found, ended = list[str](), threading.Semaphore(0)

        def done(received: Received) -> None:
            found.append(received.outcome)
            ended.release()

        requests = [WebhookRequest("POST", URL, body, self._stage.clock()) for body in bodies]
        self._receiver.submit_all("carrier", [(request, done) for request in requests])
        assert all(ended.acquire(timeout=10) for _ in bodies)
        return found

    def close(self) -> None:
        """Write what waits."""
        self._writer.close()


def test_forged_webhooks_are_freed_without_the_garbage_collector(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    gate = Gate(stage)
    gate.send([b"{}"])
    gc.freeze()  # then what there is need not be walked below
    gc.disable()
    try:
        assert gate.send([b"{}", b"no JSON"] * 20).count("forged") == 20
        stage.hub.plugins.close()
        for thread in threading.enumerate():
            if thread.name.startswith("carrier-"):
                thread.join(10)
        found = [each for each in gc.get_objects() if isinstance(each, WebhookRequest)]
        left = [each for each in found if each.url == URL]
    finally:
        gc.enable()
        gate.close()
    assert not left, "no traceback of a refusal holds its request"


def test_webhooks_beyond_the_bytes_that_may_wait_are_refused_and_the_room_comes_back(
    lite_hub: Callable[..., TestHub], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = lite_hub()
    monkeypatch.setattr(receive, "MAX_WAITING_BYTES_OF_CONNECTOR", 5 * receive.OVERHEAD_BYTES)
    events = finished_call("CA1", SHARED, CALLER, True, 90, stage.clock())
    bodies = [body_of(f"event-{index}", events[0]) for index in range(8)]
    gate = Gate(stage)
    assert sorted(gate.send(bodies)) == ["failed"] * 4 + ["stored"] * 4
    assert gate.send(bodies[:2]) == ["stored"] * 2
    gate.close()

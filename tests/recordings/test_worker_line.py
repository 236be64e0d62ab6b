"""The worker fetches recordings by itself, on a line of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from recorder import recordings, tell_of
from testbed import TestHub

from hub.worker import Worker


def test_a_worker_fetches_what_is_ready_at_the_carrier(recording_hub: Callable[..., TestHub]) -> None:
    stage = recording_hub(delete_at_carrier=True)
    tell_of(stage)
    worker, waiting = Worker(stage.hub, stage.live), threading.Event()
    worker.start()
    try:
        for _ in range(400):
            if recordings(stage)[0].state == "stored":
                break
            waiting.wait(0.02)
    finally:
        worker.stop()
    assert recordings(stage)[0].state == "stored" and stage.carrier.deleted == ["RE1"]

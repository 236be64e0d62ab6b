"""The database goes away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hub.proof.chaos.faults.fault import Fault, Scene


@contextmanager
def _play(scene: Scene) -> Iterator[None]:
    scene.stage.postgres_server.stop()
    try:
        yield
    finally:
        scene.stage.postgres_server.start()


FAULT = Fault(
    name="db-stop",
    does="PostgreSQL is stopped at once (SIGQUIT), in the middle of transactions.",
    ends="It is started again, and recovers.",
    play=_play,
    needs="postgres",
    is_outage=True,
)

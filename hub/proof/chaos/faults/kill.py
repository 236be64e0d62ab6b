"""The hub is killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from hub.proof.chaos.faults.fault import Fault, Scene

KILLED_IN_ITS_START = 0.15
"""Share of the kills after which the next hub is killed too, before it has answered at all."""


@contextmanager
def _play(scene: Scene) -> Iterator[None]:
    scene.process.kill()
    if scene.chance.random() < KILLED_IN_ITS_START:
        scene.process.start()
        time.sleep(scene.chance.uniform(0.0, 0.5))
        scene.process.kill()
    yield
    scene.process.start()


FAULT = Fault(
    name="kill",
    does="SIGKILL ends the hub: no handler runs, and nothing is flushed. Some kills meet a hub that is just starting.",
    ends="A new process starts on the same database.",
    play=_play,
    lasts=False,
)

"""The clock of the hub's machine jumps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hub.proof.chaos.faults.fault import Fault, Scene
from hub.proof.chaos.shifted_clock import set_clock

HOUR = 3_600.0


@contextmanager
def _play(scene: Scene) -> Iterator[None]:
    set_clock(scene.stage.clock_file, scene.chance.choice((HOUR, -HOUR)))
    try:
        yield
    finally:
        set_clock(scene.stage.clock_file, 0.0)


FAULT = Fault(
    name="clock",
    does="The hub's clock jumps one hour ahead or back, while the providers keep the right time.",
    ends="It jumps back to the right time; at the end of the run two hours pass, so that all that waits for its time is due.",
    play=_play,
    blurs_visits=True,
)

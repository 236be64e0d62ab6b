"""What a fault is, and what it is played on."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from hub.proof.chaos.environment import Environment
from hub.proof.chaos.hub_process import HubProcess

Need = Literal["postgres", "disk", "evil"]


@dataclass(frozen=True)
class Scene:
    """The hub that runs, and everything around it."""

    stage: Environment
    process: HubProcess
    chance: random.Random


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of fault. It lasts as long as the block of `play`."""

    name: str
    does: str
    """What happens, in a sentence."""
    ends: str
    """How it ends, in a sentence."""
    play: Callable[[Scene], AbstractContextManager[None]]
    needs: Need | None = None
    lasts: bool = True
    """Whether calls go on while it lasts; a kill is over at once."""
    is_outage: bool = False
    """Whether it is an outage of the database, whose length `--minutes` sets."""
    blurs_visits: bool = False
    """Whether a call may rightly be attributed to another visit meanwhile."""

"""An engine with real calls on loopback, for tests: a trunk beside it answers and calls in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.processes import free_port
from benchmarks.sip_peers import Leg as PartyLeg
from benchmarks.sip_peers import Trunk as Party
from plugins.carriers.sip.engine.interface import Leg
from plugins.carriers.sip.engine.settings import Caps, LineSettings, Trunk
from plugins.carriers.sip.engine.stack.engine import StackEngine

PATIENCE = 90.0
"""Seconds after which a test no longer waits for what should happen at once: it hangs. No assertion depends on it."""
T = TypeVar("T")


class Line:
    """An engine on a loop of its own thread, with a trunk beside it."""

    def __init__(self, folder: Path, silent_seconds: int = 600, host: str = "127.0.0.1", **trunk: Any) -> None:
        self.folder = folder
        ports = [free_port() for _ in range(2)]
        self.party = Party(ports[1], ports[0])
        self.party.keep = True
        self.loop = asyncio.new_event_loop()
        self.arrived: asyncio.Queue[Leg] = asyncio.Queue()
        self.engine = StackEngine(
            LineSettings(
                Trunk(host, ports[1], **{"addresses": ("127.0.0.1",), **trunk}), listen_host="127.0.0.1", listen_port=ports[0],
                rtp_ports=(24000, 24999), silent_seconds=silent_seconds, caps=Caps(call_backs_at_once=3),
                counters=folder / "day.json", early_seconds=1.5,
            )
        )  # fmt: skip
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the engine's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    async def _take(self, leg: Leg) -> None:
        await self.arrived.put(leg)
        await asyncio.shield(leg.ended)

    def open(self) -> None:
        self.thread.start()
        self.party.start()
        self.run(self.engine.start(self._take))

    def close(self) -> None:
        self.run(self.engine.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.party.close()

    async def called(self) -> tuple[Leg, PartyLeg]:
        """The party calls, and we answer."""
        theirs = self.party.call(len(self.party.legs) + 1)
        leg = await self.arrived.get()
        await leg.answer()
        return leg, theirs

    def agent(self) -> PartyLeg:
        """The party's leg that was called last."""
        return [leg for name, leg in self.party.legs.items() if not name.startswith("load-")][-1]


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    while not true():
        await asyncio.sleep(0.02)

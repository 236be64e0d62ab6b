"""The line under load: an engine that takes each call, calls a phone, and bridges and records both."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from plugins.carriers.sip.engine.interface import Dial, Leg, SipError
from plugins.carriers.sip.engine.limits import WORDS
from plugins.carriers.sip.engine.settings import Caps, LineSettings, Trunk
from plugins.carriers.sip.engine.stack.engine import StackEngine
from plugins.carriers.sip.engine.stack.leg import StackLeg

HOST = "127.0.0.1"


class Line:
    """One engine and what was measured of it."""

    def __init__(self, port: int, trunk: int, folder: Path) -> None:
        self.engine = StackEngine(
            LineSettings(
                Trunk(HOST, trunk, addresses=(HOST,)),
                listen_host=HOST,
                listen_port=port,
                rtp_ports=(22000, 23999),
                incoming_calls=1000,
                invites_a_second=1000,
                caps=Caps(call_backs_at_once=1000, call_backs_per_day=100_000, minutes=dict.fromkeys(WORDS, 100_000)),
            )
        )
        self.folder = folder
        self.delays: list[float] = []
        self.failed = 0

    async def take(self, leg: Leg) -> None:
        """Answer, call, bridge and record."""
        try:
            await leg.answer()
            out = await self.engine.place(Dial("+13125550142", "+13125550120"))
        except SipError:
            self.failed += 1
            return
        assert isinstance(out, StackLeg)
        sent = self.engine.relay.ledger.calls[out.call.call_id or ""].sent
        self.delays.append(sent - leg.about.received)
        bridge = leg.bridge(out, self.folder / f"{leg.id}.wav")
        await bridge.over()
        await asyncio.gather(leg.hang_up(), out.hang_up())


async def main(port: int, trunk: int, folder: Path) -> None:
    """Serve until stdin says so; then print what was measured."""
    line = Line(port, trunk, folder)
    await line.engine.start(line.take)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    cpu, most = time.process_time(), line.engine.clock.latest
    await line.engine.close()
    print(json.dumps({"delays": line.delays, "failed": line.failed, "tick": most, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))

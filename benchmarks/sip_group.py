"""A ring group of four phones on the own line, two of which are voicemails that answer in 1.5 s: who gets the calls.

Twenty calls at once, a hundred in all; a person answers after 3 s and takes the call with a key. Line, trunk and phones run on
this machine. Needs the extra `sip`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import quantiles

from benchmarks.figures import Figure, at_least, at_most, print_figures
from benchmarks.sip_line import Line
from benchmarks.sip_load import gaps_ms
from benchmarks.sip_peers import Leg as PartyLeg
from benchmarks.sip_peers import Trunk
from plugins.carriers.sip.engine.interface import Dial, Leg, NotPlaced, SipError
from plugins.carriers.sip.engine.simulcall import first_to_answer
from plugins.carriers.sip.engine.stack.leg import StackLeg
from plugins.carriers.sip.engine.tones import tone

VOICEMAILS, PEOPLE = ("+13125550181", "+13125550183"), ("+13125550182", "+13125550184")
AT_ONCE, ROUNDS = 20, 5
VOICEMAIL_S, PERSON_S, KEY_S, TALK_S, ASKED_S = 1.5, 3.0, 1.5, 6.0, 12.0
LINE_PORT, TRUNK_PORT = 15170, 15172


class Group(Line):
    """The line: it rings the group for each call, and bridges and records the one who presses the key."""

    def __init__(self, folder: Path) -> None:
        super().__init__(LINE_PORT, TRUNK_PORT, folder)
        self.winners: list[str] = []

    async def take(self, leg: Leg) -> None:
        await leg.answer()
        numbers = (VOICEMAILS[0], PEOPLE[0], VOICEMAILS[1], PEOPLE[1])
        dials = [Dial(each, "+13125550120", attested_by=leg) for each in numbers]
        try:
            out, dial = await first_to_answer(self.engine, dials, accept=self._accepts, heard_by=leg)
        except SipError as error:
            self.failed += 1
            print(f"nobody: {error}", file=sys.stderr)
            return
        assert isinstance(out, StackLeg)
        self.winners.append(dial.number)
        sent = self.engine.relay.ledger.calls[out.call.call_id or ""].sent
        self.delays.append(sent - leg.about.received)
        bridge = leg.bridge(out, self.folder / f"{leg.id}.wav")
        await bridge.over()
        await asyncio.gather(leg.hang_up(), out.hang_up())

    async def _accepts(self, leg: Leg, dial: Dial) -> bool:
        whisper = asyncio.ensure_future(leg.play(tone((440,), 1.0), repeat=True))
        try:
            async with asyncio.timeout(ASKED_S):
                return await leg.digits.get() == "1"
        except TimeoutError:
            return False
        finally:
            whisper.cancel()
            await asyncio.gather(whisper, return_exceptions=True)


class Phones(Trunk):
    """The trunk: its phones answer after a while, and people press the key."""

    def _called(self, text: str) -> None:
        number = text.partition("sip:")[2].partition("@")[0]
        self._reply(text, "180 Ringing")
        wait = VOICEMAIL_S if number in VOICEMAILS else PERSON_S
        threading.Timer(wait, self._picked_up, (text, number)).start()

    def _picked_up(self, text: str, number: str) -> None:
        sound = self._agent_leg(text)
        leg = self.legs[next(name for name in self.legs if f"Call-ID: {name}" in text)]
        if "CANCEL" in leg.asked:
            leg.ended = True
            return
        self._reply(text, "200 OK", sound)
        if number in PEOPLE:
            threading.Timer(KEY_S, self._press, (leg,)).start()

    def _press(self, leg: PartyLeg) -> None:
        if not leg.ended:
            self.ask(leg, "INFO", 2, "Signal=1\r\nDuration=160\r\n", "application/dtmf-relay")


def measure() -> list[Figure]:
    """How many of the calls reach a person, and how well they are recorded."""
    with tempfile.TemporaryDirectory() as text:
        command = [sys.executable, "-m", "benchmarks.sip_group"]
        line = subprocess.Popen([*command, "line", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert line.stdout and line.stdin
        assert line.stdout.readline() == "ready\n"
        subprocess.run([*command, "phones"], check=True)
        line.stdin.write("done\n")
        line.stdin.flush()
        said = json.loads(line.stdout.readline())
        line.wait(20)
        gaps = [gap for file in Path(text).glob("*.wav") for gap in gaps_ms(file)]
    people = sum(each in PEOPLE for each in said["winners"])
    calls = AT_ONCE * ROUNDS
    detail = f"{AT_ONCE} calls at once, two of four phones are voicemails; {len(gaps) // 2} recordings"
    delays = [1e3 * each for each in said["delays"]] or [1e9, 1e9]
    return [
        at_least("sip: calls of a ring group that reach a person, of 100", 100 * people / calls, 100.0, "", detail),
        at_most("sip: longest gap in a recording of the ring group", max(gaps, default=1e9), 40.0, "ms"),
        at_most("sip: post-dial delay of the ring group, p95", quantiles(delays, n=20)[-1], 100.0, "ms"),
    ]


async def serve(folder: Path) -> None:
    """Be the line until stdin says so; then print what was measured."""
    group = Group(folder)
    await group.engine.start(group.take)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    with contextlib.suppress(NotPlaced):
        await group.engine.close()
    print(json.dumps({"delays": group.delays, "winners": group.winners}), flush=True)


def call_in() -> None:
    """Be the trunk: as many calls at once as AT_ONCE, round after round."""
    trunk = Phones(TRUNK_PORT, LINE_PORT)
    trunk.start()
    for number in range(ROUNDS):
        for each in range(AT_ONCE):
            trunk.call(number * AT_ONCE + each)
            time.sleep(0.05)
        time.sleep(PERSON_S + KEY_S + TALK_S)
        trunk.hang_up()
        time.sleep(1.0)
    trunk.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["line"]:
        asyncio.run(serve(Path(sys.argv[2])))
    elif sys.argv[1:2] == ["phones"]:
        call_in()
    else:
        print_figures(measure())

"""Callers who talk with the scripted assistant on the SIP line: how soon it speaks, answers, stops, and hands over if it dies.

Hub, gateway and callers run on this machine, in three processes; what callers say is spoken by piper and understood by Whisper.
Needs the extras `sip`, `speech` and `transcription`.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil

from benchmarks.assistant_line import AssistantLine, assistant_line
from benchmarks.figures import Figure, at_most, print_figures
from benchmarks.sip_peers import Leg, Trunk
from benchmarks.spoken_caller import SpokenCaller
from plugins.carriers.sip.engine.speech import Speaker
from plugins.carriers.sip.engine.voices import find_voices

CALLS, DEATHS = 6, 3
FLOODING, RUNNING = "My basement is flooding.", "Yes, it is running."
FIRST_S, REPLY_S, STOPS_S, HANDOVER_S = 1.0, 1.5, 0.3, 2.0
"""What issue 32 wants."""
ASKED_S = 0.8
"""After its words a caller's turn has been understood and the assistant asked."""


class Callers(Trunk):
    """The trunk, whose callers speak."""

    def __init__(self, port: int, line: int) -> None:
        self.spoken: dict[str, SpokenCaller] = {}
        self.answered: dict[str, float] = {}
        super().__init__(port, line)

    def _speak(self) -> None:
        """The callers do it."""

    def _hear(self) -> None:
        """The callers do it."""

    def _leg(self, call_id: str, sound: list[bytes]) -> Leg:
        caller = self.spoken[call_id] = SpokenCaller()
        caller.noise = 20
        leg = self.legs[call_id] = Leg(sound, caller.socket)
        return leg

    def _answered(self, text: str) -> None:
        super()._answered(text)
        call_id = next((each for each in self.legs if each in text), "")
        if text.startswith("SIP/2.0 200") and "INVITE" in text:
            self.answered.setdefault(call_id, time.monotonic())

    def begin(self, number: int) -> tuple[SpokenCaller, float]:
        """Call, and hear what comes before the conversation; the caller, and how soon after the answer it heard words."""
        leg, began = self.call(number), time.monotonic()
        call_id = next(name for name, each in self.legs.items() if each is leg)
        caller = self.spoken[call_id]
        first = caller.wait_for_speech(began)
        question = caller.wait_for_quiet(first, 1.5)  # which no key answers
        opening = caller.wait_for_speech(question)
        caller.wait_for_quiet(opening)
        return caller, first - self.answered[call_id]


def measure() -> list[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory() as kept:
        words = asyncio.run(_spoken(Path(kept)))
        loads = [os.getloadavg()[0]]
        with tempfile.TemporaryDirectory() as folder, assistant_line(Path(folder)) as line:
            firsts, replies, stops = _conversations(line, *words)
        loads.append(os.getloadavg()[0])
        with tempfile.TemporaryDirectory() as folder, assistant_line(Path(folder), isolation="process") as line:
            handovers = _deaths(line, words[0])
        loads.append(os.getloadavg()[0])
    return [
        Figure(what="load of the machine meanwhile", measured=", ".join(f"{each:.1f}" for each in loads)),
        *_goal("first words after the answer", firsts, FIRST_S),
        *_goal("reply after the end of the caller's turn", replies, REPLY_S),
        *_goal("speech stops after the caller speaks over it", stops, STOPS_S),
        *_goal("voicemail after the assistant was killed", handovers, HANDOVER_S),
    ]


def _goal(what: str, values: list[float], most: float) -> list[Figure]:
    seen = f"{min(values):.2f} to {max(values):.2f}, {len(values)} times" if values else "never"
    return [at_most(what, median(values), most, "s", seen)] if values else [Figure(what=what, measured=seen, met=False)]


async def _spoken(folder: Path) -> tuple[bytes, bytes]:
    speaker = Speaker(folder, find_voices({}))
    said = await speaker.say(FLOODING), await speaker.say(RUNNING)
    await speaker.close()
    return said


def _conversations(
    line: AssistantLine, flooding: bytes, running: bytes
) -> tuple[list[float], list[float], list[float]]:
    """The first call makes what is said in every call, and is left out."""
    trunk, firsts, replies, stops = Callers(line.trunk, line.sip), list[float](), list[float](), list[float]()
    trunk.start()
    for number in range(CALLS + 1):
        caller, first = trunk.begin(number)
        caller.say(flooding)
        asked = caller.wait_for_speech(caller.ended_at)
        after = asked - caller.ended_at
        time.sleep(max(0.0, asked + 0.9 - time.monotonic()))
        caller.say(running)
        stopped = caller.last_heard(caller.ended_at) or caller.began_at
        again = caller.wait_for_speech(caller.ended_at) - caller.ended_at
        if number:
            firsts.append(first)
            replies += [after, again]
            stops.append(stopped - caller.began_at)
        trunk.hang_up()
    trunk.close()
    return firsts, replies, stops


def _deaths(line: AssistantLine, flooding: bytes) -> list[float]:
    """From the death of the assistant's process, which hangs until then, to the words of the voicemail."""
    trunk, found = Callers(line.trunk, line.sip), list[float]()
    trunk.start()
    for number in range(DEATHS):
        caller, _ = trunk.begin(number)
        assert line.process is not None
        hosts = [
            each for each in psutil.Process(line.process.pid).children(recursive=True)
            if "plugin_host" in " ".join(each.cmdline())
        ]  # fmt: skip
        for each in hosts:
            each.suspend()
        caller.say(flooding)
        time.sleep(ASKED_S)
        killed = time.monotonic()
        for each in hosts:
            each.kill()
        found.append(caller.wait_for_speech(killed) - killed)
        trunk.hang_up()
    ways = line.rows("SELECT 1 FROM call_step WHERE result = 'otherwise: night'")
    assert len(ways) == DEATHS, "each went on at the voicemail"
    trunk.close()
    return found


if __name__ == "__main__":
    print_figures(measure())

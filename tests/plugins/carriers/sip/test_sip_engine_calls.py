"""The engine with real calls on loopback: what parties hear and do not hear, what is recorded, and how calls end."""

from __future__ import annotations

import asyncio
import math
import time
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")

from engine_line import Line, until

from benchmarks.sip_peers import Leg as PartyLeg
from plugins.carriers.sip.engine.interface import (
    Busy,
    Declined,
    Dial,
    EndedBy,
    Leg,
    NoAnswer,
    NotAllowed,
    NotPlaced,
    Reason,
    Recorded,
    Side,
    Unreachable,
)  # fmt: skip
from plugins.carriers.sip.engine.simulcall import first_to_answer
from plugins.carriers.sip.engine.tones import tone
from plugins.carriers.sip.engine.wav import repair

pytestmark = pytest.mark.soak

GREETING, WHISPER, CALLER, AGENT = 440, 660, 880, 330
FAINT = 1500
"""Of the level of a tone: what a lost packet leaves of others. A tone that is there has thousands more."""
US = "+13125550120"


def strength(samples: array[int], hertz: int) -> float:
    """How much of a tone there is: near 0 without it, thousands with it (Goertzel)."""
    factor = 2 * math.cos(2 * math.pi * hertz / 8000)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    return math.sqrt(max(0.0, last * last + before * before - factor * last * before)) * 2 / max(1, len(samples))


def loudest(samples: array[int], hertz: int) -> float:
    """The most of a tone in any tenth of a second."""
    return max(tenths(samples, hertz), default=0.0)


def tenths(samples: array[int], hertz: int) -> list[float]:
    """How much of a tone each tenth of a second holds."""
    return [strength(samples[at : at + 800], hertz) for at in range(0, len(samples) - 800, 800)]


def linear(mulaw: bytes) -> array[int]:
    """G.711 mu-law as samples."""

    def one(code: int) -> int:
        code = ~code & 0xFF
        value = ((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)
        return 0x84 - value if code & 0x80 else value - 0x84

    table = [one(code) for code in range(256)]
    return array("h", (table[each] for each in mulaw))


def channels(path: Path) -> list[array[int]]:
    """A recording by channel."""
    with wave.open(str(path)) as file:
        count, samples = file.getnchannels(), array("h", file.readframes(file.getnframes()))
    return [samples[at::count] for at in range(count)]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    made = Line(tmp_path_factory.mktemp("line"))
    made.open()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_call_is_left(line: Line) -> Iterator[None]:
    yield
    for leg in line.engine.legs():
        line.run(leg.hang_up())


def press(line: Line, leg: PartyLeg, key: str, number: int) -> None:
    line.party.ask(leg, "INFO", number, f"Signal={key}\r\nDuration=100\r\n", "application/dtmf-relay")


def test_parties_hear_each_other_and_the_recording_holds_each_on_its_own_channel(line: Line) -> None:
    file = line.folder / "bridge.wav"

    async def walk() -> tuple[PartyLeg, PartyLeg, float, float, Leg]:
        leg, theirs = await line.called()
        greeting = asyncio.create_task(leg.play(tone((GREETING,), 5.0)))
        await asyncio.sleep(0.4)
        press(line, theirs, "5", 2)
        assert await leg.digits.get() == "5"
        greeting.cancel()
        out = await line.engine.place(Dial("+13125550142", US), heard_by=leg)
        assert await out.play(tone((WHISPER,), 0.4))
        bridge, began = leg.bridge(out, file), time.monotonic()
        await asyncio.sleep(1.0)
        press(line, theirs, "9", 3)
        assert await leg.digits.get() == "9", "keys are heard while two people talk"
        bridge.pause()
        await asyncio.sleep(1.0)
        bridge.resume()
        await asyncio.sleep(1.0)
        line.agent().ended = True
        line.party.ask(line.agent(), "BYE", 2)
        over = await bridge.over()
        assert over is out and out.ended.result().reason is Reason.HUNG_UP and out.ended.result().side is Side.PARTY
        length, took = repair(file), time.monotonic() - began
        await leg.hang_up()
        return theirs, line.agent(), length, took, leg

    theirs, agents, length, took, leg = line.run(walk())
    caller, agent = channels(file)
    assert len(caller) == len(agent) and 2.9 < length < took + 1
    for own, other, samples in ((CALLER, AGENT, caller), (AGENT, CALLER, agent)):
        assert loudest(samples, own) > 5000
        assert all(loudest(samples, hertz) < FAINT for hertz in (other, GREETING, WHISPER))
        quiet = [each < 100 for each in tenths(samples, own)]
        paused = next(at for at in range(len(quiet)) if all(quiet[at : at + 8]))
        assert not all(quiet[:paused]) and not all(quiet[paused + 8 :]), (
            "nothing while it is paused, and sound around it"
        )
    heard, heard_there = linear(bytes(theirs.kept or b"")), linear(bytes(agents.kept or b""))
    assert loudest(heard, GREETING) > 3000 and loudest(heard, AGENT) > 5000 and loudest(heard, WHISPER) < FAINT
    assert loudest(heard_there, WHISPER) > 3000 and loudest(heard_there, CALLER) > 5000
    assert loudest(heard_there, GREETING) < FAINT, "the agent hears nothing of what the caller was played"
    assert leg.ended.result().side is Side.US and "BYE" in theirs.asked


def test_a_message_begins_after_the_beep_and_ends_with_a_key_silence_or_its_length(line: Line) -> None:
    async def walk() -> list[Recorded]:
        leg, theirs = await line.called()
        first = asyncio.create_task(leg.record(line.folder / "key.wav", silence_s=None, keys="#*"))
        await asyncio.sleep(1.3)
        press(line, theirs, "1", 2)
        assert await leg.digits.get() == "1"
        press(line, theirs, "*", 3)
        by_key = await first
        by_length = await leg.record(line.folder / "length.wav", beep=False, limit_s=0.5)
        theirs.sound = [b"\xff" * 160] * 50
        by_silence = await leg.record(line.folder / "silence.wav", beep=False, silence_s=0.6)
        last = asyncio.create_task(leg.record(line.folder / "end.wav", beep=False, silence_s=None))
        await asyncio.sleep(0.4)
        theirs.ended = True
        line.party.ask(theirs, "BYE", 4)
        return [by_key, by_length, by_silence, await last]

    key, length, silence, end = line.run(walk())
    assert [each.ended_by for each in (key, length, silence, end)] == [
        EndedBy.KEY, EndedBy.LIMIT, EndedBy.SILENCE, EndedBy.HANG_UP,
    ]  # fmt: skip
    (said,) = channels(key.path)
    assert key.key == "*" and loudest(said, CALLER) > 5000 and loudest(said, 1000) < FAINT, "no beep in it"
    assert key.seconds == pytest.approx(len(said) / 8000) and 0.5 <= length.seconds < 1.5
    assert key.path.stat().st_mode & 0o077 == 0


def test_what_is_not_answered_says_why_and_is_cancelled(line: Line) -> None:
    kinds: dict[str, tuple[str, type[NotPlaced]]] = {
        "+13125550151": ("486 Busy Here", Busy), "+13125550152": ("603 Decline", Declined),
        "+13125550153": ("480 Gone", NoAnswer), "+13125550154": ("404 Not Found", Unreachable),
        "+13125550155": ("302 Moved", Unreachable), "+13125550156": ("180 Ringing", NoAnswer),
    }  # fmt: skip
    line.party.statuses |= {number: status for number, (status, _) in kinds.items()}

    async def walk() -> None:
        for number, (_, kind) in kinds.items():
            with pytest.raises(kind):
                await line.engine.place(Dial(number, US, ring_s=0.6))
        await until(lambda: "CANCEL" in line.agent().asked)
        waiting = asyncio.create_task(line.engine.place(Dial("+13125550156", US)))
        await asyncio.sleep(0.3)
        waiting.cancel()
        await until(lambda: "CANCEL" in line.agent().asked)
        with pytest.raises(NotAllowed):
            await line.engine.place(Dial("+442079460123", US))
        await until(lambda: not line.engine.legs())

    line.run(walk())


def test_of_several_phones_the_first_wins_the_others_are_cancelled_and_the_caller_hears_it_ring(line: Line) -> None:
    line.party.statuses |= {"+13125550161": "180 Ringing", "+13125550162": "180 Ringing"}

    async def walk() -> tuple[PartyLeg, Dial]:
        leg, theirs = await line.called()
        dials = [Dial(f"+1312555016{last}", US, ring_s=1.2) for last in "12"]
        with pytest.raises(NoAnswer):
            await first_to_answer(line.engine, dials, heard_by=leg)
        dials.append(Dial("+13125550163", US))
        won, dial = await first_to_answer(line.engine, dials, heard_by=leg)
        await until(lambda: len(line.engine.legs()) == 2)
        legs = [each for name, each in line.party.legs.items() if not name.startswith("load-")][-3:]
        await until(lambda: sum("CANCEL" in each.asked for each in legs) == 2)
        await asyncio.gather(won.hang_up(), leg.hang_up())
        return theirs, dial

    theirs, dial = line.run(walk())
    heard = linear(bytes(theirs.kept or b""))
    assert dial.number == "+13125550163"
    assert (
        max(
            min(strength(heard[at : at + 2400], 440), strength(heard[at : at + 2400], 480))
            for at in range(0, 9600, 800)
        )
        > 1500
    )


def test_a_refused_caller_gets_the_status_and_a_caller_who_gives_up_is_cancelled(line: Line) -> None:
    async def walk() -> None:
        theirs = line.party.call(500)
        leg = await line.arrived.get()
        await leg.reject(603)
        assert (await asyncio.shield(leg.ended)).reason is Reason.REJECTED
        await until(lambda: "603" in theirs.asked)
        again = line.party.call(501)
        leg = await line.arrived.get()
        again.dialog["branch"] = again.dialog["invite"]
        line.party.ask(again, "CANCEL", 1)
        ended = await asyncio.shield(leg.ended)
        assert (ended.reason, ended.side) == (Reason.CANCELLED, Side.PARTY)

    line.run(walk())


def test_a_caller_who_is_not_answered_hears_the_far_ends_early_sound_for_a_while_and_is_not_heard(line: Line) -> None:
    line.party.statuses["+13125550157"] = "183 Session Progress"

    async def walk() -> tuple[PartyLeg, PartyLeg, bool]:
        theirs = line.party.call(600)
        leg = await line.arrived.get()
        waiting = asyncio.create_task(line.engine.place(Dial("+13125550157", US), heard_by=leg))
        await until(lambda: "183" in theirs.asked and loudest(heard(theirs), AGENT) > 5000)
        await until(lambda: loudest(heard(theirs), GREETING) > FAINT > loudest(heard(theirs), AGENT))
        announced = line.agent()
        line.party.refuse(announced, "404 Not Found")
        with pytest.raises(Unreachable):
            await waiting
        unanswered = not leg.answered
        await leg.answer()
        await until(lambda: "200" in theirs.asked)
        await leg.hang_up()
        return theirs, announced, unanswered

    def heard(theirs: PartyLeg) -> array[int]:
        return linear(bytes(theirs.kept or b"")[-4000:])

    theirs, announced, unanswered = line.run(walk())
    assert unanswered and theirs.asked.index("183") < theirs.asked.index("200")
    assert loudest(linear(bytes(announced.kept or b"")), CALLER) < FAINT, "nobody talks before the answer"

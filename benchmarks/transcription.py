"""How well engines hear sixty English calls that two voices speak on a telephone: wrong words, time, memory, and how many of
the calls' outcomes the phrases plugin then finds in the transcripts. `--large` has each call spoken five times.

Engines: the whisper plugin with its own model, and with each folder that WHISPER_MODELS names (with `:` between them);
each of them also as a SIP gateway hears callers while an assistant talks with them, turn by turn with a window of ten seconds;
pocketsphinx if it is installed. See benchmarks/speech.py for the voices.
"""

from __future__ import annotations

import os
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, at_least, print_figures
from benchmarks.insights import CONVERSATIONS, LEAST_PRECISION, LEAST_RECALL, NONE, OUTCOMES, precision_and_recall
from benchmarks.speech import PACES, RATE, SpokenCall, missing, spoken_calls
from hub.api import Conversation, SpokenAudio, Transcript, TranscriptPart
from hub.recordings.redact import redact
from hub.testing import connect
from plugins.carriers.sip.engine.recognition.child import Ears
from plugins.carriers.sip.engine.recognition.turns import Turn, Turns
from plugins.carriers.sip.engine.recording import FRAME
from plugins.insight.phrases import Phrases
from plugins.transcription.whisper import Whisper
from plugins.transcription.whisper.translate import channels_of

FILES = (CONVERSATIONS, CONVERSATIONS.with_name("conversations_2.txt"))
LANGUAGE = "en"
Engine = Callable[[SpokenAudio], Transcript]
SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
)
NUMBERS = {
    **{word: str(value) for value, word in enumerate(SMALL.split())},
    **{word: str(value * 10) for value, word in enumerate(TENS.split(), 2)},
    **{word: str(value) for value, word in enumerate(ORDINALS.split(), 1)},
}
"""A number in digits is no wrong word."""


def measure(large: bool = False) -> list[Figure]:
    """The figures of each engine."""
    if why := missing():
        return [Figure(what="transcription", measured=why)]
    takes = range(len(PACES) if large else 1)
    spoken = [call for take in takes for file in FILES for call in spoken_calls(file, LANGUAGE, take)]
    minutes = sum(call.seconds for call in spoken) / 60
    figures = [Figure(what="speech", measured=f"{len(spoken)} calls, {minutes:.1f} minutes of two channels")]
    for name, engine in _engines():
        figures += _figures(name, engine, spoken)
    return figures


def _engines() -> Iterator[tuple[str, Engine]]:
    for model in (None, *map(Path, filter(None, os.environ.get("WHISPER_MODELS", "").split(":")))):
        name = f"whisper {model.name if model else 'tiny.en'}"
        yield name, connect(Whisper, **({"model": str(model)} if model else {})).transcribe
        yield f"{name}, turn by turn", _turn_by_turn(Ears(model))
    if find_spec("pocketsphinx") is not None:
        yield "pocketsphinx", _pocketsphinx()


def _turn_by_turn(ears: Ears) -> Engine:
    def transcribe(audio: SpokenAudio) -> Transcript:
        parts = []
        for side, samples in zip(("caller", "business"), channels_of(audio), strict=True):
            sound, turns = (samples[::2] * 32767).astype("<i2").tobytes(), Turns()
            for at in range(0, len(sound), FRAME):
                for heard in turns.hear(sound[at : at + FRAME]):
                    text = ears.words(heard.sound, LANGUAGE) if heard.turn is Turn.ENDED else ""
                    when = at / 2 / RATE
                    parts.append(TranscriptPart(start=when, end=when, text=text, channel=side))  # type: ignore[arg-type]
        parts.sort(key=lambda part: part.start)
        return Transcript(language="en-US", model=ears.name, parts=tuple(part for part in parts if part.text))

    return transcribe


def _pocketsphinx() -> Engine:
    from pocketsphinx import Decoder

    decoder: Any = Decoder(samprate=16_000)

    def transcribe(audio: SpokenAudio) -> Transcript:
        parts = []
        for side, samples in zip(("caller", "business"), channels_of(audio), strict=True):
            decoder.start_utt()
            decoder.process_raw((samples * 32767).astype("<i2").tobytes(), full_utt=True)
            decoder.end_utt()
            heard = decoder.hyp()
            text = heard.hypstr if heard else ""
            parts.append(TranscriptPart(start=0, end=len(samples) / 16_000, text=text, channel=side))  # type: ignore[arg-type]
        return Transcript(language="en-US", model="pocketsphinx", parts=tuple(parts))

    return transcribe


def _figures(name: str, engine: Engine, spoken: list[SpokenCall]) -> list[Figure]:
    reader, rows = connect(Phrases), []
    wrong, said = Counter[str](), Counter[str]()
    began = time.process_time()
    heard = [engine(SpokenAudio(audio=call.audio)) for call in spoken]
    work = (time.process_time() - began) / sum(call.seconds for call in spoken)
    for call, transcript in zip(spoken, heard, strict=True):
        for side in ("caller", "business"):
            meant = words_of(" ".join(line.text or "" for line in call.call.conversation.lines if line.channel == side))
            found = words_of(" ".join(part.text or "" for part in transcript.parts if part.channel == side))
            wrong[call.voices[side]] += distance(meant, found)
            said[call.voices[side]] += len(meant)
        lines = redact(transcript.parts, LANGUAGE, health=False).parts
        outcome = reader.read_conversation(Conversation(lines=lines, language=LANGUAGE, outcomes=OUTCOMES)).outcome
        rows.append((call.call, outcome.name if outcome else NONE, ""))
    precision, recall = precision_and_recall(rows)
    each = ", ".join(f"{voice} {wrong[voice] / said[voice]:.1%}" for voice in sorted(said))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return [
        Figure(
            what=f"{name}: wrong words", measured=f"{wrong.total() / said.total():.1%} of {said.total():,} ({each})"
        ),
        Figure(what=f"{name}: processor seconds for a second of both channels", measured=f"{work:.2f}"),
        Figure(what=f"{name}: memory at most, with all before", measured=f"{memory:,} MB"),
        at_least(f"{name}, then phrases: outcomes that are right", precision, LEAST_PRECISION),
        at_least(f"{name}, then phrases: outcomes that are found", recall, LEAST_RECALL),
    ]


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: numbers in digits, without currency."""
    plain = text.lower().replace("’", "'").replace("okay", "ok").replace("all right", "alright")
    plain = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", re.sub(r"(\d),(\d)", r"\1\2", plain))
    words = re.findall(r"[^\W\d_][^\W\d_']*|\d+", plain)
    return [NUMBERS.get(word, word) for word in words if word not in ("dollar", "dollars")]


def distance(said: list[str], heard: list[str]) -> int:
    """The fewest words to change, add or take away (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, 1):
        before, row = row, [number]
        for index, other in enumerate(heard, 1):
            row.append(min(before[index] + 1, row[-1] + 1, before[index - 1] + (word != other)))
    return row[-1]


if __name__ == "__main__":
    print_figures(measure())

"""The player: a waveform as SVG with one row for each channel, and the lines of the transcript."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from hub.contracts.transcripts import TranscriptPart
from hub.platform.formats import duration
from hub.queries.contact.recordings import Heard
from hub.recordings.peaks import Peaks

WIDTH, ROW_HEIGHT = 800, 54
LEAST = 1.2
"""Half the height of silence, so that it is still seen."""
MARGIN = 5
TICKS = 6
REDACTED = re.compile(r"\[((?:[a-z]+ ){0,3}(?:removed|redacted))\]", re.IGNORECASE)
"""What transcription services put in the place of words that they left out, such as [card number removed]."""


@dataclass(frozen=True)
class TranscriptLine:
    """One line: when it begins and ends (seconds), who speaks, and the words."""

    start: float
    end: float
    is_caller: bool | None
    """None if the recording does not separate the speakers."""
    words: Sequence[tuple[str, bool]]
    """Text, and whether it stands for something that was left out."""
    decided: str | None = None
    """What the assistant decided with these words."""


def waveform_svg(peaks: Peaks, recording_id: str) -> Markup:
    """The waveform. What was played is drawn a second time in the accent's color, behind a clip that call.js widens."""
    height = ROW_HEIGHT * len(peaks.channels)
    played = f"played-{escape(recording_id)}"
    rows = Markup().join(
        Markup('<path d="{}"/>').format(_row(channel, peaks.loudest, number))
        for number, channel in enumerate(peaks.channels)
    )
    line = Markup('<line class="grid" x1="0" x2="{0}" y1="{1}" y2="{1}"/>').format(WIDTH, ROW_HEIGHT)
    return Markup(
        '<svg class="wave" viewBox="0 0 {w} {h}" preserveAspectRatio="none" role="img" aria-label="Waveform">'
        '<clipPath id="{id}"><rect width="0" height="{h}"/></clipPath>{line}<g id="{id}-rows">{rows}</g>'
        '<use class="done" href="#{id}-rows" clip-path="url(#{id})"/>'
        '<line class="head" x1="0" x2="0" y1="0" y2="{h}"/></svg>'
    ).format(w=WIDTH, h=height, id=played, rows=rows, line=line if len(peaks.channels) > 1 else "")


def ticks(seconds: int) -> list[str]:
    """The times below the waveform, evenly spread."""
    count = min(TICKS, max(1, seconds))
    return [duration(round(seconds * number / count)) for number in range(count + 1)]


def transcript_lines(heard: Heard) -> list[TranscriptLine]:
    """The transcript of a recording."""
    return [
        TranscriptLine(
            start=part.start,
            end=part.end,
            is_caller={"caller": True, "business": False}.get(part.channel),
            words=list(_words(part)),
            decided=part.decided,
        )
        for part in heard.parts or ()
    ]


def _words(part: TranscriptPart) -> Iterator[tuple[str, bool]]:
    for index, piece in enumerate(REDACTED.split(part.text or "")):
        if piece:
            yield piece, index % 2 == 1


def _row(channel: bytes, loudest: int, number: int) -> str:
    middle, slot = ROW_HEIGHT * (number + 0.5), WIDTH / len(channel)
    return "".join(
        f"M{slot * (index + 0.5):.1f} {middle - size:.1f}V{middle + size:.1f}"
        for index, loud in enumerate(channel)
        if (size := max(LEAST, loud / max(1, loudest) * (ROW_HEIGHT / 2 - MARGIN)))
    )

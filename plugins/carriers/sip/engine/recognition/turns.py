"""When a party begins to speak and when it has finished, by the loudness of what it says: without a clock, frame by frame."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from plugins.carriers.sip.engine.recording import FRAME, loudness

FRAME_S = 0.02
LEAST_LOUDNESS = 250.0
"""Root mean square of 32,767: what is below is never speech."""
ABOVE_NOISE = 2.5
"""So many times louder than the noise of the line is speech (8 dB)."""
OVER_OWN_SPEECH = 2.0
"""So many times louder it must be while the party hears us, whom its telephone may send back."""
NOISE_RISES = 1.004
"""A frame: a noise that begins is known as one after some seconds."""
LOOKED_AT, VOICED = 7, 5
"""Of so many frames of 20 ms so many are loud when somebody speaks."""
BEFORE = 15
"""Frames before the first loud one that belong to the turn, because words begin softly."""
PAUSE, END = 12, 25
"""Frames of silence after which somebody may have finished, and has."""
MAX_TURN = 1000
"""Frames of the longest turn: after 20 seconds what was said is taken, whatever comes."""
MISSING = 5
"""Pieces without any sound after which it counts as silence; some lines send none."""


class Turn(Enum):
    """What happened."""

    BEGAN = "began"
    PAUSED = "paused"
    WENT_ON = "went on"
    ENDED = "ended"


@dataclass(frozen=True)
class Heard:
    """Something happened; `sound` is what was said in the turn so far, after a pause and at the end."""

    turn: Turn
    sound: bytes = b""


class Turns:
    """Hears one party."""

    def __init__(self) -> None:
        """Nobody speaks."""
        self.speaks = False
        """Whether a turn is under way."""
        self.over_speech = False
        """Whether the party hears us now."""
        self._noise = LEAST_LOUDNESS / ABOVE_NOISE
        self._loud: deque[bool] = deque(maxlen=LOOKED_AT)
        self._before: deque[bytes] = deque(maxlen=BEFORE + LOOKED_AT)
        self._turn: list[bytes] = []
        self._quiet = self._missing = 0
        self._paused = False
        self._rest = b""

    def hear(self, pcm: bytes) -> list[Heard]:
        """Take what came in the last 20 ms, which may be nothing or more."""
        self._missing = 0 if pcm else self._missing + 1
        sound = self._rest + (pcm if self._missing <= MISSING else bytes(FRAME))
        whole = len(sound) // FRAME * FRAME
        self._rest = sound[whole:]
        return [each for at in range(0, whole, FRAME) for each in self._frame(sound[at : at + FRAME])]

    def _frame(self, frame: bytes) -> list[Heard]:
        self._loud.append(self._is_loud(loudness(frame)))
        voiced = sum(self._loud)
        if not self.speaks:
            self._before.append(frame)
            if voiced < VOICED:
                return []
            self.speaks, self._paused, self._quiet, self._turn = True, False, 0, [*self._before]
            self._before.clear()
            return [Heard(Turn.BEGAN)]
        self._turn.append(frame)
        self._quiet = 0 if self._loud[-1] and voiced > 1 else self._quiet + 1
        return self._changed(voiced)

    def _changed(self, voiced: int) -> list[Heard]:
        if self._quiet >= END or len(self._turn) >= MAX_TURN:
            self.speaks = False
            self._loud.clear()
            return [Heard(Turn.ENDED, b"".join(self._turn))]
        if self._paused and voiced >= VOICED:
            self._paused = False
            return [Heard(Turn.WENT_ON)]
        if not self._paused and self._quiet >= PAUSE:
            self._paused = True
            return [Heard(Turn.PAUSED, b"".join(self._turn))]
        return []

    def _is_loud(self, level: float) -> bool:
        self._noise = max(1.0, min(level, self._noise * NOISE_RISES))
        least = max(LEAST_LOUDNESS, self._noise * ABOVE_NOISE)
        return level > (least * OVER_OWN_SPEECH if self.over_speech else least)

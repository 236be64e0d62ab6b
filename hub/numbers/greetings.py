"""Greetings that users upload: checked, converted for the telephone, stored in the database, and kept in memory for calls.

A step of a call flow names one as `play: greeting:ID.wav`.
"""

from __future__ import annotations

import io
import re
import threading
import wave
from array import array
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from hub.config.callflow.step import AUDIO, GREETING
from hub.config.callflow.step import MAX_GREETING_SECONDS as MAX_SECONDS
from hub.errors import CannotDo, NotFound
from hub.model import FlowDraft, Greeting
from hub.model.columns import new_id
from hub.store import audit

if TYPE_CHECKING:
    from hub.store.engine import Store

RATE = 8000
"""Samples a second on the telephone."""
MAX_UPLOAD_BYTES = 12_000_000
MAX_MP3_BYTES = 2_000_000
MAX_GREETINGS = 100
"""Of one company."""
MAX_KEPT_BYTES = 200_000_000
"""Of all companies, in the memory of one process."""
MAX_NAME = 60
SILENT = defer(cast(Any, Greeting).audio, raiseload=True)
"""Leaves the sound in the database: it is read when it is played."""
WRONG_FILE = "Choose a WAV or MP3 file; save it as one of them in the program that recorded it."


@dataclass(frozen=True, slots=True)
class Sound:
    """What carriers play."""

    data: bytes
    suffix: str
    """`wav` or `mp3`."""
    seconds: int | None
    """None for an MP3."""


def add_greeting(session: Session, actor: str, company_id: str, name: str, sound: Sound, now: datetime) -> Greeting:
    """Store a sound (`converted`), with an audit entry. CannotDo says why it cannot be."""
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > MAX_NAME or not wanted.isprintable():
        raise CannotDo(f"Give the greeting a name of at most {MAX_NAME} characters.", field="name")
    known = greetings_of(session, [company_id])
    if any(each.name == wanted for each in known):
        raise CannotDo("Another greeting has this name. Choose a new one.", field="name")
    if len(known) >= MAX_GREETINGS:
        raise CannotDo(f"A company has at most {MAX_GREETINGS} greetings. Delete one that no flow plays.")
    made = Greeting(
        id=new_id(), company_id=company_id, name=wanted, suffix=sound.suffix, audio=sound.data, seconds=sound.seconds,
        made_at=now,
    )  # fmt: skip
    session.add(made)
    audit.note(session, now, actor, "greeting.add", company_id, made.id)
    return made


def replace_greeting(session: Session, actor: str, greeting: Greeting, sound: Sound, now: datetime) -> Greeting:
    """Give one another sound. Flows that play it play the new sound from the next call on."""
    row = session.get_one(Greeting, greeting.id, options=[SILENT])
    row.audio, row.seconds, row.revision, row.made_at = sound.data, sound.seconds, row.revision + 1, now
    session.add(row)
    audit.note(session, now, actor, "greeting.replace", row.company_id, row.id)
    return row


def remove_greeting(session: Session, actor: str, greeting: Greeting, played: Collection[str], now: datetime) -> None:
    """Delete one that no flow and no draft plays. `played` are the ids of those that flows play."""
    of_company = select(FlowDraft.definition).where(FlowDraft.company_id == greeting.company_id)
    if greeting.id in played or any(greeting.file in each for each in session.exec(of_company)):
        raise CannotDo("A call flow plays it. Choose another greeting there first.")
    audit.note(session, now, actor, "greeting.remove", greeting.company_id, greeting.id)
    session.delete(greeting)


def greetings_of(session: Session, companies: Iterable[str]) -> list[Greeting]:
    """The greetings of companies (ids), by name, without their sound."""
    wanted = select(Greeting).where(col(Greeting.company_id).in_(companies)).order_by(Greeting.name)
    return list(session.exec(wanted.options(SILENT)))


def greeting_of(session: Session, greeting: str, companies: Iterable[str], *, with_sound: bool = False) -> Greeting:
    """One greeting of these companies (ids), by its id; NotFound if there is none."""
    found = session.get(Greeting, greeting, options=() if with_sound else (SILENT,))
    if found is None or found.company_id not in set(companies):
        raise NotFound("There is no such greeting.")
    return found


def present_sounds(session: Session, ids: Collection[str]) -> Mapping[str, str]:
    """The file of each of these greetings whose sound was replaced, and that of its present sound: an address of a sound names
    what it holds, so that carriers and gateways keep it."""
    if not ids:
        return {}
    replaced = select(Greeting).where(col(Greeting.id).in_(ids), Greeting.revision > 0).options(SILENT)
    return {each.file: each.present_file for each in session.exec(replaced)}


def converted(data: bytes) -> Sound:
    """An upload as carriers play it: WAV with one channel of 16 bits at 8,000 Hz, or an MP3 as it is. CannotDo for anything
    else. A long one takes seconds, so it is converted before a transaction begins."""
    try:
        return _converted(data)
    except CannotDo as error:
        raise CannotDo(str(error), field="file", param="body") from None


def _converted(data: bytes) -> Sound:
    if any(data.startswith(beginning) for beginning in AUDIO[".mp3"]):
        if len(data) > MAX_MP3_BYTES:
            raise CannotDo("An MP3 file has at most 2 MB.")
        return Sound(data, "mp3", None)
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate, frames = (
                file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes(),
            )  # fmt: skip
            if not (channels <= 2 and width in (1, 2, 3) and RATE <= rate <= 48_000):
                raise CannotDo("Save the file with 8 to 24 bits, one or two channels, and 8 to 48 kHz.")
            if not 0 < frames <= MAX_SECONDS * rate:
                raise CannotDo(f"A greeting lasts at most {MAX_SECONDS} seconds, and is not empty.")
            read = file.readframes(frames)
            if len(read) < frames * channels * width:
                raise CannotDo("The file is cut off. Save it again.")
    except (wave.Error, EOFError, ValueError, ZeroDivisionError):
        raise CannotDo(WRONG_FILE) from None
    samples = _resampled(_mono(read, channels, width), rate)
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setparams((1, 2, RATE, len(samples), "NONE", ""))
        made.writeframes(samples.tobytes())
    return Sound(out.getvalue(), "wav", -(-len(samples) // RATE))


def _mono(data: bytes, channels: int, width: int) -> array[int]:
    """16-bit samples of one channel."""
    if width == 1:
        samples = array("h", ((each - 128) << 8 for each in data))
    else:
        # The two higher bytes of each little-endian sample.
        count = len(data) // width
        high = bytearray(2 * count)
        high[0::2], high[1::2] = data[width - 2 : count * width : width], data[width - 1 : count * width : width]
        samples = array("h", bytes(high))
    if channels == 1:
        return samples
    return array("h", ((left + right) // 2 for left, right in zip(samples[::2], samples[1::2], strict=False)))


def _resampled(samples: array[int], rate: int) -> array[int]:
    """At 8,000 Hz: each sample is the mean of those that it stands for, which keeps high tones from becoming false ones."""
    if rate == RATE:
        return samples
    count = len(samples) * RATE // rate
    edges = [at * rate // RATE for at in range(count + 1)]
    return array("h", (sum(samples[a:b]) // (b - a) for a, b in pairwise(edges)))


class GreetingCache:
    """The greetings that flows play, in memory up to `most` bytes: a call never waits for the database. Those that were asked
    for last are kept; the others are read when they are asked for, and are silent while the database is away."""

    def __init__(self, store: Store, most: int = MAX_KEPT_BYTES) -> None:
        self._store, self._most, self._lock = store, most, threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, file: str) -> bytes | None:
        """The sound of `greeting:ID.wav`; read from the database if it is not in memory, None if there is none."""
        with self._lock:
            sound = self._kept.get(file)
            if sound is not None:
                self._kept.move_to_end(file)
        if sound is None and self._store.outage.since is None:
            sound = dict(self._read([file])).get(file)
            if sound is not None:
                self._keep(file, sound)
        return sound

    def keep(self, files: Iterable[str]) -> None:
        """Forget all others, and read those that are missing while there is space for them."""
        wanted = {each for each in files if GREETING.fullmatch(each)}
        with self._lock:
            for gone in self._kept.keys() - wanted:
                del self._kept[gone]
            missing = sorted(wanted - self._kept.keys())
        for file in missing:
            if self._size() + MAX_MP3_BYTES > self._most:
                return
            for name, sound in self._read([file]):
                self._keep(name, sound)

    def _keep(self, file: str, sound: bytes) -> None:
        with self._lock:
            self._kept[file] = sound
            while len(self._kept) > 1 and self._size() > self._most:
                self._kept.popitem(last=False)

    def _size(self) -> int:
        return sum(map(len, list(self._kept.values())))

    def _read(self, files: list[str]) -> Iterator[tuple[str, bytes]]:
        ids = {file: found[1] for file in files if (found := re.fullmatch(GREETING, file))}
        with self._store.reading() as session:
            rows = session.exec(select(Greeting).where(col(Greeting.id).in_(ids.values()))).all()
            sounds = {row.id: row.audio for row in rows}
        yield from ((file, sounds[row_id]) for file, row_id in ids.items() if row_id in sounds)

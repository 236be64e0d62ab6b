"""Sound files as the line plays them: WAV by ourselves at 8,000 Hz, everything else by miniaudio (WAV, MP3, FLAC, Vorbis)."""

from __future__ import annotations

import io
import wave
from importlib import import_module

from plugins.carriers.sip.engine.interface import BYTES_S, RATE, SipError

MAX_BYTES = 20_000_000
MAX_S = 600


class BadSound(SipError):
    """A file that cannot be played."""


def decode_sound(data: bytes) -> bytes:
    """PCM of a file's content, mixed to one channel. Raises `BadSound`; nothing longer than ten minutes is played."""
    if len(data) > MAX_BYTES:
        raise BadSound("The sound file is larger than 20 MB.")
    pcm = _plain(data) or _any(data)
    if not pcm:
        raise BadSound("The sound file is empty.")
    if len(pcm) > MAX_S * BYTES_S:
        raise BadSound("The sound file is longer than ten minutes.")
    return pcm


def _plain(data: bytes) -> bytes | None:
    """The content of a WAV that is as the line wants it already; None for another."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE):
                return bytes(file.readframes(min(file.getnframes(), MAX_S * RATE + 1)))
    except (wave.Error, EOFError):
        return None
    return None


def _any(data: bytes) -> bytes:
    miniaudio = import_module("miniaudio")
    try:
        sound = miniaudio.decode(data, output_format=miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=RATE)
    except miniaudio.MiniaudioError:
        raise BadSound("The sound file is no WAV, MP3, FLAC or Ogg Vorbis that can be read.") from None
    pcm: bytes = sound.samples.tobytes()
    return pcm

"""Checks that a recording is complete audio, from its bytes alone, before it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from hub.errors import RingfenceError

MAX_AUDIO_BYTES = 512 * 1024 * 1024
"""Close to a day of uncompressed telephone audio: 8,000 samples a second, one byte each, is 660 MB a day. No call comes
near it.
"""
LENGTH_TOLERANCE_SECONDS = 2.0
"""Seconds by which a carrier's rounded duration may exceed that of the audio, in addition to one twentieth of it."""
ENDINGS = {"audio/wav": "wav", "audio/mpeg": "mp3"}
UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)
"""Sizes in a RIFF header that mean "unknown": a writer of a stream does not know the size yet."""

MAX_CHANNELS = 2
PCM, A_LAW, MU_LAW, EXTENSIBLE = 1, 6, 7, 0xFFFE
"""Codings of the sound in a WAV file. Source: RFC 2361."""


class Unfit(RingfenceError):
    """The bytes are not the recording. It may not be complete yet, so it is fetched a few more times."""


@dataclass(frozen=True, slots=True)
class Audio:
    """What a recording's own bytes say about it."""

    content_type: str
    """`audio/wav` or `audio/mpeg`."""
    seconds: float


def inspect(data: bytes, reported_seconds: int | None = None) -> Audio:
    """Identify `data` by its content alone: WAV or MP3, not cut off, and about as long as the carrier reported.

    Unfit if it is anything else, such as an HTML page. Audio longer than reported is accepted.
    """
    if len(data) > MAX_AUDIO_BYTES:
        raise Unfit(f"It has {len(data) // 1_000_000} MB, more than any call has; it is not stored.")
    content_type = _kind(data)
    if content_type is None:
        raise Unfit("What the carrier gave is neither WAV nor MP3.")
    seconds = _seconds_of_wav(data) if content_type == "audio/wav" else _seconds_of_mp3(data)
    if seconds <= 0:
        raise Unfit("There is no sound in what the carrier gave.")
    if reported_seconds is not None and seconds < reported_seconds - max(
        LENGTH_TOLERANCE_SECONDS, reported_seconds / 20
    ):
        raise Unfit(f"It lasts {seconds:.0f} seconds, but the carrier reported {reported_seconds}.")
    return Audio(content_type, seconds)


def _kind(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        size = int.from_bytes(data[4:8], "little")
        if size not in UNKNOWN_LENGTHS and size + 8 > len(data):
            raise Unfit("The file is cut off: its header announces more than was received.")
        return "audio/wav"
    # ID3, or a frame of MPEG audio layer III: eleven bits of sync, a valid version and a valid bit rate.
    if data[:3] == b"ID3" or (
        len(data) > 4
        and data[0] == 0xFF
        and data[1] & 0xE0 == 0xE0
        and data[1] & 0x18 != 0x08
        and data[1] & 0x06 == 0x02
        and data[2] & 0xF0 not in (0x00, 0xF0)
    ):
        return "audio/mpeg"
    return None


def _seconds_of_wav(data: bytes) -> float:
    """Bytes of sound divided by bytes per second, which is right for every telephone coding, µ-law included. If the
    writer left the size open, the sound extends to the end of the data.
    """
    sound = wav_sound(data)
    return len(sound.data) / sound.bytes_per_second if sound and sound.bytes_per_second else 0.0


@dataclass(frozen=True, slots=True)
class WavSound:
    """The sound of a WAV file, and how it is written. Source: RFC 2361."""

    coding: int
    channels: int
    rate: int
    """Samples of a channel a second."""
    bytes_per_second: int
    bits: int
    data: memoryview


def wav_sound(data: bytes | bytearray) -> WavSound | None:
    """The sound of a WAV file; None if a part of the file is missing. Unfit if the sound is cut off."""
    header = b""
    for name, body in wav_chunks(data):
        if name == b"fmt ":
            header = bytes(body)
        if name == b"data":
            break
    else:
        return None
    if len(header) < 16:
        return None
    coding, channels, bits = (int.from_bytes(header[at : at + 2], "little") for at in (0, 2, 14))
    if coding == EXTENSIBLE and len(header) >= 26:
        coding = int.from_bytes(header[24:26], "little")
    rate, a_second = (int.from_bytes(header[at : at + 4], "little") for at in (4, 8))
    return WavSound(coding, channels, rate, a_second, bits, body)


def wav_chunks(data: bytes | bytearray) -> Iterator[tuple[bytes, memoryview]]:
    """The parts of a WAV file: name and content. Unfit if the sound is cut off."""
    place, whole = 12, memoryview(data)
    while place + 8 <= len(data):
        name, size = bytes(data[place : place + 4]), int.from_bytes(data[place + 4 : place + 8], "little")
        place += 8
        there = len(data) - place
        if name == b"data" and size in UNKNOWN_LENGTHS:
            size = there
        if name == b"data" and size > there:
            raise Unfit("The file is cut off: its header announces more than was received.")
        yield name, whole[place : place + size]
        place += size + size % 2


def _seconds_of_mp3(data: bytes) -> float:
    from tinytag import TinyTag, TinyTagException

    try:
        tag = TinyTag.get("recording.mp3", file_obj=BytesIO(data), tags=False)
    except (TinyTagException, ValueError, ArithmeticError, LookupError, EOFError):
        raise Unfit("The file is damaged: its header makes no sense.") from None
    return float(tag.duration or 0.0)

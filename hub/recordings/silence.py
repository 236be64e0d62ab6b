"""Silence parts of a recording without decoding it: WAV as telephones write it, and MP3.

In WAV the samples of a channel are replaced by the silence of their coding. In MP3 the side information and the main data of
each frame are cleared, which decoders play as silence (ISO/IEC 11172-3, 2.4.1.7: a granule without bits). An MP3 frame holds
both channels, so both are silent there.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from hub.errors import RingfenceError
from hub.recordings.audio import A_LAW, MAX_CHANNELS, MU_LAW, PCM, wav_sound
from hub.recordings.redact import Silence

QUIET = {(PCM, 8): 0x80, (PCM, 16): 0, (A_LAW, 8): 0xD5, (MU_LAW, 8): 0xFF}
"""By coding and bits: the sample of silence. Sources: RFC 2361, ITU-T G.711."""
CHANNELS = {"caller": (0,), "business": (1,), "both": (0, 1)}
KILOBITS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
"""By version of MPEG (2 stands for 2.5 too): the bit rates of layer III by their index."""
HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the version's two bits: the sample rates by their index."""
RESERVOIR_SECONDS = 0.5
"""The data of an MP3 frame may lie in frames before it, at most 511 bytes."""


class CannotSilence(RingfenceError):
    """The coding of a recording is none that this module knows."""


def silenced(data: bytes, content_type: str, silences: Iterable[Silence]) -> bytes:
    """The recording, as long as before, with these parts silent. CannotSilence if its coding is unknown."""
    written = bytearray(data)
    (_silence_wav if content_type == "audio/wav" else _silence_mp3)(written, list(silences))
    return bytes(written)


def _silence_wav(data: bytearray, spans: Sequence[Silence]) -> None:
    sound = wav_sound(data)
    quiet = QUIET.get((sound.coding, sound.bits)) if sound else None
    if sound is None or quiet is None or not 1 <= sound.channels <= MAX_CHANNELS:
        raise CannotSilence("The recording is a WAV file of a coding that the hub cannot silence.")
    wide = sound.bits == 16
    samples = sound.data[: len(sound.data) // 2 * 2].cast("h") if wide else sound.data
    for each in spans:
        first, last = (max(0, round(at * sound.rate)) * sound.channels for at in (each.start, each.end))
        for channel in range(sound.channels):
            if sound.channels == 1 or channel in CHANNELS[each.channel]:
                going = samples[first + channel : last : sound.channels]
                going[:] = array("h" if wide else "B", [quiet]) * len(going)


def _silence_mp3(data: bytearray, spans: Sequence[Silence]) -> None:
    at, seconds = _first_frame(data), 0.0
    if _frame(data, at) is None:
        raise CannotSilence("The recording is an MP3 file of a kind that the hub cannot silence.")
    while (frame := _frame(data, at)) is not None:
        length, lasts = frame
        if any(
            each.start - RESERVOIR_SECONDS <= seconds + lasts and seconds <= each.end + RESERVOIR_SECONDS
            for each in spans
        ):
            data[at + 4 : at + length] = bytes(length - 4)
        at, seconds = at + length, seconds + lasts


def _first_frame(data: bytes | bytearray) -> int:
    """Behind the ID3 tag, if there is one: its size has seven bits a byte."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    return 10 + sum(byte << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))


def _frame(data: bytes | bytearray, at: int) -> tuple[int, float] | None:
    """Bytes and seconds of the frame of MPEG audio layer III at a place; None if there is none."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version = head[1] >> 3 & 3
    rates, kilobits = HERTZ.get(version), KILOBITS[1 if version == 3 else 2][head[2] >> 4]
    rate_index = head[2] >> 2 & 3
    if rates is None or not kilobits or rate_index == 3:
        return None
    samples = 1_152 if version == 3 else 576
    length = samples // 8 * kilobits * 1_000 // rates[rate_index] + (head[2] >> 1 & 1)
    return (length, samples / rates[rate_index]) if at + length <= len(data) else None

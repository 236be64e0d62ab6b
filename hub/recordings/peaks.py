"""The waveform of a recording: how loud equal parts of each channel are. It is computed once, and drawn by the call's page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from hub.model import RecordingPeaks
from hub.recordings.audio import A_LAW, MAX_CHANNELS, MU_LAW, PCM, wav_sound
from hub.store.rows import write_rows

PARTS = 240
"""Parts of a waveform: one line for about three points of the page's width."""
MAX_SAMPLES_READ = 2_000
"""Samples of one part that are looked at. A longer part is sampled evenly, so that an hour takes as long as a minute."""


@dataclass(frozen=True)
class Peaks:
    """The loudness (0 to 255) of equal parts of each channel."""

    channels: tuple[bytes, ...]

    @property
    def loudest(self) -> int:
        """The loudest part of all channels."""
        return max((max(channel, default=0) for channel in self.channels), default=0)


def peaks_of(data: bytes) -> Peaks | None:
    """The peaks of a WAV file as telephones write it: PCM of 8 or 16 bits, A-law or µ-law, one or two channels. None for
    everything else; no decoder is a dependency of the hub."""
    sound = wav_sound(data)
    if sound is None:
        return None
    coding, channels, bits = sound.coding, sound.channels, sound.bits
    samples = _loudness(coding, bits, sound.data)
    if samples is None or not 1 <= channels <= MAX_CHANNELS:
        return None
    return Peaks(tuple(_parts(samples[channel::channels]) for channel in range(channels)))


def keep_peaks(session: Session, recording_id: str, content_type: str | None, data: bytes) -> Peaks | None:
    """Compute and store, within `session`, the waveform of a recording. None if there is none to draw."""
    if content_type != "audio/wav":
        return None
    found = peaks_of(data) or Peaks(())
    row = RecordingPeaks(recording_id=recording_id, channels=len(found.channels), peaks=b"".join(found.channels))
    write_rows(session, RecordingPeaks, [row])
    return found if found.channels else None


def read_peaks(row: RecordingPeaks) -> Peaks | None:
    """A stored waveform; None if the recording has none to draw."""
    length = len(row.peaks) // row.channels if row.channels else 0
    return Peaks(tuple(row.peaks[at * length : (at + 1) * length] for at in range(row.channels))) if length else None


def _loudness(coding: int, bits: int, sound: memoryview) -> bytes | None:
    """Each sample's distance from silence, as 0 to 255. Of 16 bits the upper eight are enough for a picture, and are read in a
    third of the time. None for other codings."""
    table = _TABLES.get((coding, bits))
    return bytes(sound[bits // 8 - 1 :: bits // 8]).translate(table) if table else None


def _parts(samples: bytes) -> bytes:
    count = min(PARTS, len(samples))
    peaks = bytearray()
    for part in range(count):
        first, after = part * len(samples) // count, (part + 1) * len(samples) // count
        seen = samples[first : after : max(1, (after - first) // MAX_SAMPLES_READ)]
        peaks.append(max(seen))
    return bytes(peaks)


def _mu_law(code: int) -> int:
    """The distance from silence of one byte, as 0 to 255. Source: ITU-T G.711."""
    low = ~code & 0x7F
    size = (((low & 0x0F) << 3) + 0x84) << (low >> 4)
    return min(255, (size - 0x84) >> 7)


def _a_law(code: int) -> int:
    """The distance from silence of one byte, as 0 to 255. Source: ITU-T G.711."""
    low = (code ^ 0x55) & 0x7F
    exponent, mantissa = low >> 4, low & 0x0F
    size = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return min(255, size >> 7)


_TABLES = {
    (PCM, 16): bytes([*range(0, 256, 2), 255, *range(252, -1, -2)]),
    (PCM, 8): bytes(min(255, abs(code - 128) * 2) for code in range(256)),
    (A_LAW, 8): bytes(map(_a_law, range(256))),
    (MU_LAW, 8): bytes(map(_mu_law, range(256))),
}
"""Coding and bits of a sample → what its upper byte (WAV is little-endian) says of its distance from silence."""

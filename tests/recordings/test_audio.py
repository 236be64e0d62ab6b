"""Only audio that is whole and long enough counts as a recording."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorder import mp3, tone

from hub.recordings.audio import Unfit, inspect


def test_a_wav_file_is_known_by_its_bytes_with_its_length() -> None:
    audio = inspect(tone(2.5), 3)
    assert (audio.content_type, round(audio.seconds, 1)) == ("audio/wav", 2.5)


def test_an_mp3_file_is_known_by_its_bytes_with_its_length() -> None:
    audio = inspect(mp3(3.0), 3)
    assert audio.content_type == "audio/mpeg" and 2.5 < audio.seconds < 3.6


def test_telephone_audio_in_mu_law_is_known_too() -> None:
    sound = bytes(8_000)
    fmt = struct.pack("<HHIIHH", 7, 1, 8_000, 8_000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(sound)) + sound
    assert round(inspect(b"RIFF" + struct.pack("<I", len(body)) + body, 1).seconds) == 1


NO_AUDIO = {
    "nothing": b"",
    "a page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "an error in JSON": b'{"code": 20404, "message": "not found"}',
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a RIFF that is a film": b"RIFF" + struct.pack("<I", 40) + b"AVI " + bytes(36),
    "a WAV of no sound": tone(0.0),
    "a header alone": b"RIFF" + struct.pack("<I", 4) + b"WAVE",
    "a sync word alone": b"\xff\xfb\x90\x00",
}


@pytest.mark.parametrize("data", NO_AUDIO.values(), ids=list(NO_AUDIO))
def test_what_is_no_audio_is_no_recording(data: bytes) -> None:
    with pytest.raises(Unfit):
        inspect(data)


def test_a_file_that_is_cut_off_is_noticed() -> None:
    with pytest.raises(Unfit, match="cut off"):
        inspect(tone(2.0)[:-500])


def test_audio_much_shorter_than_told_is_noticed_and_longer_is_fine() -> None:
    with pytest.raises(Unfit, match="lasts 2 seconds, but the carrier reported 90"):
        inspect(tone(2.0), 90)
    assert inspect(tone(2.0), 1).seconds == 2.0
    assert inspect(tone(2.0), 4).seconds == 2.0, "carriers round"


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=80).map(lambda rest: tone(0.1)[:60] + rest)))
def test_whatever_comes_it_is_audio_or_unfit(data: bytes) -> None:
    try:
        assert inspect(data).seconds > 0
    except Unfit as error:
        assert str(error).endswith(".")

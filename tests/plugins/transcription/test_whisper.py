"""The whisper plugin: it hears words, keeps them to itself, and says plainly what it lacks."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hub.api import ConfigError, Rejected, SpokenAudio
from hub.api.speech import find_weights
from hub.testing import FrozenClock, TranscriptionConformance, connect
from hub.testing.transcription import samples_of, wav_of
from plugins.transcription.whisper import Whisper
from plugins.transcription.whisper.settings import WhisperSettings
from plugins.transcription.whisper.translate import parts_of


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    """One connector for all tests: its model takes a second or two to load."""
    return connect(Whisper, clock=FrozenClock())


@pytest.mark.soak
class TestConformance(TranscriptionConformance):
    connector_class = Whisper

    @pytest.fixture
    def connector(self, whisper: Whisper) -> Whisper:
        return whisper


def test_a_clear_sentence_over_the_telephone_is_heard_word_for_word(whisper: Whisper) -> None:
    heard = whisper.transcribe(SpokenAudio(audio=wav_of(samples_of("caller"))))
    assert heard.model == "whisper tiny.en"
    assert " ".join(part.text or "" for part in heard.parts) == "I would like to make an appointment for next week."


def test_a_language_that_the_small_model_lacks_is_told_with_what_to_do(whisper: Whisper) -> None:
    with pytest.raises(Rejected, match="several languages with `model:`"):
        whisper.transcribe(SpokenAudio(audio=wav_of(samples_of("caller")), language="de-DE"))


def test_a_sound_that_lies_about_its_format_is_rejected(whisper: Whisper) -> None:
    with pytest.raises(Rejected, match="not readable audio"):
        whisper.transcribe(SpokenAudio(audio=wav_of(samples_of("caller"))[:2_000], content_type="audio/mpeg"))


def test_the_connection_check_names_the_model_without_loading_it(whisper: Whisper) -> None:
    fresh = connect(Whisper)
    assert fresh.check_connection().ok and "whisper tiny.en" in fresh.check_connection().detail


def test_a_folder_of_another_model_is_used_instead(whisper: Whisper) -> None:
    folder, _ = find_weights(None)
    chosen = connect(Whisper, model=str(folder))
    assert chosen.check_connection().detail.startswith(f"The model whisper {folder.name} is in {folder}")


def test_a_folder_that_is_no_whole_model_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"lacks tokenizer\.json"):
        connect(Whisper, model=str(tmp_path)).check_connection()


def test_a_whole_folder_of_nonsense_is_a_wrong_setting_and_no_crash(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"nonsense")
    with pytest.raises(ConfigError, match="cannot be loaded"):
        connect(Whisper, model=str(tmp_path)).transcribe(SpokenAudio(audio=wav_of(samples_of("caller"))))


@pytest.mark.parametrize("written", [{"threads": 0}, {"modell": "x"}])
def test_a_wrong_setting_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WhisperSettings.model_validate(written)


def test_a_part_never_ends_after_the_sound_and_an_empty_or_invented_one_is_left_out() -> None:
    class Segment:
        def __init__(self, start: float, end: float, text: str) -> None:
            self.start, self.end, self.text, self.avg_logprob = start, end, text, -0.5
            self.compression_ratio = len(text) / len(zlib.compress(text.encode()))

    heard = parts_of(
        [Segment(-0.2, 1.0, " Hello. "), Segment(1.0, 30.0, "Yes."), Segment(2.0, 3.0, "  ")], "caller", 2.5
    )
    assert [(part.start, part.end, part.text) for part in heard] == [(0.0, 1.0, "Hello."), (1.0, 2.5, "Yes.")]
    assert parts_of([Segment(0.0, 1.0, "new, " * 40)], "caller", 2.5) == [], "Whisper invents what repeats itself"

"""What was said in a recording, by OpenAI's Whisper on this machine: offline, slow, and far from perfect."""

from __future__ import annotations

import threading
from typing import Any

from hub.api import ConnectionReport, Connector, DataFlow, Manifest, Recipient, Share, SpokenAudio, Transcript, hookimpl
from hub.api.speech import find_weights, load_weights
from plugins.transcription.whisper.settings import WhisperSettings
from plugins.transcription.whisper.translate import CHANNELS, RATE, channels_of, language_code, parts_of


class Whisper(Connector):
    """Transcribes each channel separately. The model is loaded with the first recording and stays in memory."""

    Settings = WhisperSettings
    manifest = Manifest(
        name="whisper",
        kind="transcription",
        version="0.1.0",
        title="Whisper, on this machine",
        summary="What was said in recordings, roughly, by a small Whisper model on this machine; not to quote from.",
        recipient=Recipient(name="this machine", role="none"),
        flows=(DataFlow(hook="transcribe", use="functional.service", shares=(Share(field="audio"),)),),
    )

    def __init__(self, name: str, settings: Any, services: Any) -> None:
        super().__init__(name, settings, services)
        self._hearing = threading.Lock()
        self._loaded: tuple[object, str] | None = None

    @hookimpl
    def transcribe(self, audio: SpokenAudio) -> Transcript:
        """The words of each channel in spoken order. Only one recording is transcribed at a time."""
        with self._hearing:
            model, name = self._model()
            language = language_code(audio.language, model.supported_languages)
            channels = channels_of(audio)
            parts = []
            for samples, channel in zip(channels, CHANNELS[len(channels)], strict=True):
                segments, _ = model.transcribe(
                    samples,
                    language=language,
                    # Silence is left out, because Whisper invents words in it. Temperature 0: no random sampling.
                    vad_filter=True,
                    temperature=0.0,
                    condition_on_previous_text=False,
                )
                parts += parts_of(segments, channel, len(samples) / RATE)
        parts.sort(key=lambda part: (part.start, part.end, part.channel))
        return Transcript(language=audio.language, model=name, parts=tuple(parts))

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Whether the model's files are complete, without loading the model."""
        folder, name = find_weights(self.settings.model)
        return ConnectionReport(ok=True, detail=f"The model {name} is in {folder}; nothing leaves this machine.")

    def _model(self) -> tuple[Any, str]:
        if self._loaded is None:
            folder, name = find_weights(self.settings.model)
            self._loaded = load_weights(folder, self.settings.threads), name
        return self._loaded

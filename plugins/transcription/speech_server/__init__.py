"""A speech server on the customer's own network, spoken to as OpenAI's API of transcriptions: nobody else hears a recording."""

from __future__ import annotations

from hub.api import (
    ApiVersion,
    Auth,
    ConnectionReport,
    Connector,
    DataFlow,
    JsonObject,
    Manifest,
    Provider,
    Recipient,
    Share,
    SpokenAudio,
    Transcript,
    hookimpl,
)
from plugins.transcription.speech_server.settings import SpeechServerSettings
from plugins.transcription.speech_server.translate import FILES, channels_of, language_code, transcript_of

SERVER = Provider(
    name="The speech server",
    remedy="put its key into config.yaml",
    code=("error.code", "error.type"),
    words=("error.message", "detail"),
)
HEARING_SECONDS = 3600.0
"""How long a server without a graphics card may hear a long recording; the hub's own deadline comes first."""


class SpeechServer(Connector):
    """One model of one server: a request for each channel of a recording."""

    Settings = SpeechServerSettings
    manifest = Manifest(
        name="speech_server",
        kind="transcription",
        version="0.1.0",
        title="Speech server of your own",
        summary="What was said in recordings, by a server on your own network that speaks OpenAI's API of transcriptions.",
        recipient=Recipient(name="your own network", role="none"),
        flows=(DataFlow(hook="transcribe", use="functional.service", shares=(Share(field="audio"),)),),
        auth=Auth(kind="api_key"),
        versions=(ApiVersion(name="v1", api="Audio transcriptions"),),
    )
    settings: SpeechServerSettings

    @hookimpl
    def transcribe(self, audio: SpokenAudio) -> Transcript:
        """What was said on each channel, segment by segment.

        Source: POST /v1/audio/transcriptions with `response_format=verbose_json`, OpenAI's API reference.
        """
        language = language_code(audio.language)
        answers = [self._heard(channel, audio.content_type, language) for channel in channels_of(audio)]
        return transcript_of(answers, audio, self.settings.model)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Whether the server lists the model."""
        answer = self.services.json(SERVER, "GET", f"{self.settings.base_url}/v1/models", headers=self._signed())
        models = answer.get("data")
        names = [each.get("id") for each in models if isinstance(each, dict)] if isinstance(models, list) else []
        if self.settings.model not in names:
            return ConnectionReport(ok=False, detail=f"The speech server has no model {self.settings.model!r}.")
        return ConnectionReport(ok=True, detail=f"The speech server has the model {self.settings.model}.")

    def _heard(self, sound: bytes, content_type: str, language: str) -> JsonObject:
        return self.services.json(
            SERVER,
            "POST",
            f"{self.settings.base_url}/v1/audio/transcriptions",
            data={
                "model": self.settings.model,
                "language": language,
                "response_format": "verbose_json",
                "temperature": "0",
            },
            files={"file": (FILES[content_type], sound, content_type)},
            headers=self._signed(),
            timeout=HEARING_SECONDS,
        )

    def _signed(self) -> dict[str, str]:
        key = self.settings.api_key
        return {"authorization": f"Bearer {key.get_secret_value()}"} if key else {}

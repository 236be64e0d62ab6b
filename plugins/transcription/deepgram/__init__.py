"""Deepgram: transcripts of recordings by a service that hears them; nothing of a request stays there."""

from __future__ import annotations

from hub.api import (
    ApiVersion,
    Auth,
    ConnectionReport,
    Connector,
    DataFlow,
    Deletion,
    Limits,
    Manifest,
    Provider,
    Recipient,
    Share,
    SpokenAudio,
    Transcript,
    hookimpl,
)
from plugins.transcription.deepgram.settings import DeepgramSettings
from plugins.transcription.deepgram.translate import language_code, transcript_of

DEEPGRAM = Provider(
    name="Deepgram",
    remedy="put a key of the project into config.yaml",
    code=("err_code", "category"),
    words=("err_msg", "message"),
)
PROCESSING_SECONDS = 600.0
"""Deepgram ends a request after ten minutes of work."""


class Deepgram(Connector):
    """One project's transcripts: a request for each recording, answered when it was heard."""

    Settings = DeepgramSettings
    manifest = Manifest(
        name="deepgram",
        kind="transcription",
        version="0.1.0",
        title="Deepgram",
        summary="What was said in recordings, by Deepgram's service, which keeps neither the audio nor the words.",
        recipient=Recipient(name="Deepgram, Inc.", role="processor", privacy_url="https://deepgram.com/privacy"),
        regions=("US",),
        hosts=("api.deepgram.com", "api.eu.deepgram.com"),
        flows=(DataFlow(hook="transcribe", use="functional.service", shares=(Share(field="audio"),)),),
        retention="not kept: each request opts out of Deepgram's Model Improvement Program",
        deletion=Deletion(
            supported=False,
            note="nothing is left to delete: a request that opts out is kept only for as long as it is processed",
        ),
        auth=Auth(kind="api_key"),
        limits=Limits(requests_per_minute=100),
        versions=(ApiVersion(name="v1", api="Listen"),),
    )
    settings: DeepgramSettings

    @hookimpl
    def transcribe(self, audio: SpokenAudio) -> Transcript:
        """What was said on each channel, utterance by utterance.

        Source: POST /v1/listen, developers.deepgram.com/reference/speech-to-text/listen-pre-recorded. Nothing of the caller
        stands in the address, and `mip_opt_out` keeps it from training (developers.deepgram.com/trust-security/your-data).
        """
        language = language_code(audio.language)
        answer = self.services.json(
            DEEPGRAM,
            "POST",
            f"{self.settings.base_url}/v1/listen",
            params={
                "model": self.settings.model,
                "language": language,
                "multichannel": "true",
                "utterances": "true",
                "smart_format": "true",
                "mip_opt_out": "true",
            },
            content=audio.audio or b"",
            headers={**self._signed(), "content-type": "application/octet-stream"},
            timeout=PROCESSING_SECONDS,
        )
        return transcript_of(answer, audio, self.settings.model)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """The project of the key."""
        answer = self.services.json(DEEPGRAM, "GET", f"{self.settings.base_url}/v1/projects", headers=self._signed())
        projects = answer.get("projects")
        if not isinstance(projects, list) or not projects:
            return ConnectionReport(ok=False, detail="Deepgram knows no project of this key.")
        return ConnectionReport(ok=True, detail="Deepgram takes recordings with this key.")

    def _signed(self) -> dict[str, str]:
        return {"authorization": f"Token {self.settings.api_key.get_secret_value()}"}

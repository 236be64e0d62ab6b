"""Hearwell, an invented service that transcribes recordings, one channel after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SecretStr

from hub.api import (
    Auth,
    ConnectionReport,
    Connector,
    DataFlow,
    Deletion,
    Limits,
    Manifest,
    PluginSettings,
    Provider,
    Recipient,
    Rejected,
    RetryLater,
    Share,
    SpokenAudio,
    Transcript,
    TranscriptPart,
    hookimpl,
    json_object,
)

HEARWELL = Provider(name="Hearwell", remedy="put a valid api_key into config.yaml", code="err_code", words="err_msg")
LANGUAGES = ("en", "es")


class Settings(PluginSettings):
    api_key: SecretStr = Field(description="The key of the project.")
    base_url: str = Field(default="https://api.hearwell.example.com", description="Where the API is.")


class Hearwell(Connector):
    Settings = Settings
    manifest = Manifest(
        name="hearwell",
        kind="transcription",
        version="1.0.0",
        summary="Has Hearwell write down what was said in recordings.",
        recipient=Recipient(name="Hearwell", role="processor", privacy_url="https://hearwell.example.com/privacy"),
        regions=("US",),
        hosts=("api.hearwell.example.com",),
        flows=(DataFlow(hook="transcribe", use="functional.service", shares=(Share(field="audio"),)),),
        retention="not kept",
        deletion=Deletion(supported=True, note="A recording is heard and forgotten."),
        auth=Auth(kind="api_key"),
        limits=Limits(requests_per_minute=60),
    )

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Token {self.settings.api_key.get_secret_value()}"}

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        answer = self.services.json(HEARWELL, "GET", f"{self.settings.base_url}/v1/project", headers=self._headers())
        if "project" not in answer:
            return ConnectionReport(ok=False, detail="Hearwell does not name the project of the key; check api_key.")
        return ConnectionReport(ok=True, detail="Hearwell accepts the key.")

    @hookimpl
    def transcribe(self, audio: SpokenAudio) -> Transcript:
        language = audio.language.partition("-")[0].lower()
        if language not in LANGUAGES:
            raise Rejected(f"Hearwell does not know the language {language[:20]!r}.")
        answer = self.services.send(
            HEARWELL,
            "POST",
            f"{self.settings.base_url}/v1/listen",
            params={"language": language, "multichannel": "true"},
            content=audio.audio or b"",
            headers={**self._headers(), "content-type": audio.content_type},
        )
        found = json_object(answer.content) or {}
        try:
            model, channels = str(found["model"]), found["channels"]
            parts = [part(index, len(channels), said) for index, each in enumerate(channels) for said in each["said"]]
        except (KeyError, TypeError, ValueError):
            raise RetryLater("Hearwell sent an answer that cannot be read; the hub will try again.") from None
        return Transcript(
            language=audio.language, model=model, parts=tuple(sorted(parts, key=lambda each: (each.start, each.end)))
        )


def part(index: int, channels: int, said: Mapping[str, Any]) -> TranscriptPart:
    """Some words of a channel; of two channels, the first is the caller's."""
    speaker: Literal["caller", "business", "both"] = "both"
    if channels == 2:
        speaker = "business" if index else "caller"
    start, end = float(said["start"]), float(said["end"])
    return TranscriptPart(start=start, end=end, text=str(said["words"]), channel=speaker, confidence=said["confidence"])

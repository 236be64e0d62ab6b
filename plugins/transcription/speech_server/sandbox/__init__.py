"""A stand-in of a speech server on loopback: it hears who speaks and when, and not the words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hub.api import JsonObject
from hub.api.sandbox import (
    HeardRequest,
    HttpSandbox,
    VendorRules,
    answer_reply,
    json_reply,
    refused,
    routed,
    speech_in,
)

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.datastructures import UploadFile
    from starlette.requests import Request
    from starlette.responses import Response

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))


class Sandbox(HttpSandbox):
    """One server with one model. `invents` makes it hear words in silence, as Whisper does."""

    rules = RULES

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.api_key = "stand-in-key-of-the-speech-server"
        self.model = "Systran/faster-whisper-small"
        self.invents = False

    def settings(self) -> JsonObject:
        return {"api_key": self.api_key, "base_url": self.url or "http://speech.internal:8000", "model": self.model}

    def authorized(self, request: HeardRequest) -> HeardRequest:
        return request.with_token(self.api_key)

    def app(self) -> Starlette:
        return routed([("/v1/models", self._models, ["GET"]), ("/v1/audio/transcriptions", self._transcribe, ["POST"])])

    async def _models(self, request: Request) -> Response:
        model = {"id": self.model, "object": "model", "created": 1_700_000_000, "owned_by": "Systran"}
        return await refused(self, RULES, request) or json_reply({"object": "list", "data": [model]})

    async def _transcribe(self, request: Request) -> Response:
        if (no := await refused(self, RULES, request)) is not None:
            return no
        form = await request.form()
        file: UploadFile = form["file"]  # type: ignore[assignment]
        if form["model"] != self.model:
            return answer_reply(RULES.answer("no_operation"))
        try:
            _, speech = speech_in(await file.read())
        except ValueError:
            return answer_reply(RULES.answer("bad_audio"))
        spans = [(each.start, each.end, "(speech)", -0.2, 0.01) for each in speech]
        if self.invents:
            spans.append((0.0, 1.0, "Thank you for watching!", -1.4, 0.93))
        segments = [
            {
                "id": number,
                "seek": 0,
                "start": start,
                "end": end,
                "text": f" {text}",
                "tokens": [],
                "temperature": 0.0,
                "avg_logprob": sure,
                "compression_ratio": 1.1,
                "no_speech_prob": silent,
            }
            for number, (start, end, text, sure, silent) in enumerate(spans)
        ]
        whole = {"task": "transcribe", "language": "english", "duration": max((each[1] for each in spans), default=0.0)}
        text = "".join(str(each["text"]) for each in segments).strip()
        if form.get("response_format") != "verbose_json":
            return json_reply({"text": text})
        return json_reply({**whole, "text": text, "segments": segments})

"""A stand-in of Deepgram's API on loopback: it hears who speaks and when, and not the words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
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
    from starlette.requests import Request
    from starlette.responses import Response

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))


class Sandbox(HttpSandbox):
    """One project. `kept` counts the requests that did not opt out of the Model Improvement Program."""

    rules = RULES

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.api_key = "stand-in-key-of-deepgram"
        self.kept = 0

    def settings(self) -> JsonObject:
        return {"api_key": self.api_key, "base_url": self.url}

    def authorized(self, request: HeardRequest) -> HeardRequest:
        return replace(request, headers={**request.headers, "authorization": f"Token {self.api_key}"})

    def app(self) -> Starlette:
        return routed([("/v1/projects", self._projects, ["GET"]), ("/v1/listen", self._listen, ["POST"])])

    async def _projects(self, request: Request) -> Response:
        no = await refused(self, RULES, request)
        project = {"project_id": "5b0a51d2-0000-4000-8000-5c0a51d2c5a1", "name": "Lakeside Plumbing"}
        return no or json_reply({"projects": [project]})

    async def _listen(self, request: Request) -> Response:
        if (no := await refused(self, RULES, request)) is not None:
            return no
        sound = await request.body()
        try:
            channels, speech = speech_in(sound)
        except ValueError:
            return answer_reply(RULES.answer("bad_audio"))
        self.kept += request.query_params.get("mip_opt_out") != "true"
        heard = [
            {
                "start": each.start,
                "end": each.end,
                "confidence": 0.97,
                "channel": each.channel,
                "transcript": f"(speech on channel {each.channel + 1})",
                "words": [],
                "id": f"utterance-{number}",
            }
            for number, each in enumerate(sorted(speech, key=lambda each: each.start))
        ]
        metadata = {
            "transaction_key": "deprecated",
            "request_id": "8a1f0c1e-0000-4000-8000-5c0a51d2c5a1",
            "sha256": sha256(sound).hexdigest(),
            "created": self.clock().isoformat(),
            "duration": max((each.end for each in speech), default=0.0),
            "channels": channels,
            "models": ["30089e05-99d1-4376-b32e-c263170674af"],
            "model_info": {},
        }
        per_channel = [{"alternatives": [{"transcript": "", "confidence": 0.97, "words": []}]} for _ in range(channels)]
        results = {"channels": per_channel} | ({"utterances": heard} if "utterances" in request.query_params else {})
        return json_reply({"metadata": metadata, "results": results})

"""A stand-in of Hearwell: hears on which channel somebody speaks and when, but not the words."""

from __future__ import annotations

import array
import wave
from io import BytesIO
from typing import TYPE_CHECKING, Any

from hub.api.sandbox import HttpSandbox

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import JSONResponse

API_KEY = "key of the stand-in of Hearwell"
QUIET = 200
"""Amplitude of 32,768 at most; below it no one speaks."""


class Sandbox(HttpSandbox):
    def settings(self) -> dict[str, Any]:
        return {"api_key": API_KEY, "base_url": self.url}

    def app(self) -> Any:
        from starlette.applications import Starlette
        from starlette.routing import Route

        routes = [Route("/v1/project", self._project), Route("/v1/listen", self._listen, methods=["POST"])]
        return Starlette(routes=routes)

    async def _project(self, request: Request) -> JSONResponse:
        return _refusal(request) or _json({"project": "example"})

    async def _listen(self, request: Request) -> JSONResponse:
        sound = await request.body()
        try:
            return _refusal(request) or _json({"model": "stand-in", "channels": _channels(sound)})
        except (wave.Error, EOFError):
            return _json({"err_code": "Bad Request", "err_msg": "failed to process audio"}, 400)


def _channels(sound: bytes) -> list[dict[str, Any]]:
    with wave.open(BytesIO(sound)) as file:
        count, rate = file.getnchannels(), file.getframerate()
        samples = array.array("h", file.readframes(file.getnframes()))
    heard = []
    for channel in range(count):
        loud = [at for at, sample in enumerate(samples[channel::count]) if abs(sample) > QUIET]
        words = f"(speech on channel {channel + 1})"
        said = [{"start": loud[0] / rate, "end": loud[-1] / rate, "words": words, "confidence": 0.9}] if loud else []
        heard.append({"said": said})
    return heard


def _refusal(request: Request) -> JSONResponse | None:
    return None if request.headers.get("authorization") == f"Token {API_KEY}" else _json({"err_code": "AUTH"}, 401)


def _json(body: Any, status: int = 200) -> JSONResponse:
    from starlette.responses import JSONResponse

    return JSONResponse(body, status)

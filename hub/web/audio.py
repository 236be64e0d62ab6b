"""`/audio/…`: serves the audio files of call flows to carriers, and no other files of their folders."""

from __future__ import annotations

from pathlib import PurePath

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from hub.numbers.directory import LiveDirectory

AUDIO_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg"}


def audio_route(directory: LiveDirectory) -> Route:
    """The route of the files that the present flows play."""

    def audio(request: Request) -> Response:
        key = PurePath(request.path_params["file"]).stem
        file = directory.latest.audio_files.get(key)
        kind = AUDIO_TYPES.get(PurePath(file).suffix.lower()) if file else None
        if file is None or kind is None or not PurePath(file).is_absolute():
            return PlainTextResponse("Not found", 404)
        try:
            return FileResponse(file, media_type=kind, headers={"cache-control": "public, max-age=300"})
        except OSError:
            return PlainTextResponse("Not found", 404)

    return Route("/audio/{file}", audio)

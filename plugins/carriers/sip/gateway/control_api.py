"""The control address: the hub's signed requests to this gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

import plugins.carriers.sip
from hub.api.sandbox import Operations
from plugins.carriers.sip.gateway import people
from plugins.carriers.sip.gateway.call.placing import Placing, Refused
from plugins.carriers.sip.gateway.fields import now
from plugins.carriers.sip.gateway.parts import Parts
from plugins.carriers.sip.gateway.reporting import figures, messages_of
from plugins.carriers.sip.signature import HEADER, is_signed

PAGE = 1000
"""Calls on one page of the list; all legs of a call are on the page of its caller's leg."""
MAX_BODY_BYTES = 65_536
Handler = Callable[[Request], Awaitable[Response]]


def refusal(status: int, code: str, message: str) -> Response:
    """A refusal, without personal data."""
    return JSONResponse({"code": code, "message": message}, status_code=status)


class ControlApi:
    """The handlers."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._placing = parts, Placing(parts)
        folder = Path(str(plugins.carriers.sip.__file__)).parent
        self._operations = Operations(folder / "sandbox" / "operations.yaml")

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = (
            ("/health", self._health, "GET"),
            ("/numbers", self._numbers, "GET"),
            ("/calls", self._calls, "GET"),
            ("/calls", self._place, "POST"),
            ("/calls/{call}/recording", self._control, "POST"),
            ("/calls/{call}/messages", self._messages, "GET"),
            ("/recordings/{sid}", self._recording, "GET"),
            ("/recordings/{sid}", self._delete, "DELETE"),
            ("/people/held", self._held, "POST"),
            ("/people/erase", self._erase, "POST"),
        )
        return Starlette(routes=[Route(path, self._admitted(handler), methods=[way]) for path, handler, way in routes])

    def _admitted(self, handler: Handler) -> Handler:
        """The handler, for requests that are signed and well formed."""

        async def admitted(request: Request) -> Response:
            body = await _body(request)
            if body is None:
                return refusal(413, "size", "The request is too large.")
            start, query = self._parts.start, request.url.query
            url = f"{start.control_url}{request.url.path}{f'?{query}' if query else ''}"
            given = request.headers.get(HEADER, "")
            if not is_signed(start.settings.secrets, now(), request.method, url, body, given):
                return refusal(401, "signature", "The request is not signed with the gateway's secret.")
            kind = request.headers.get("content-type", "")
            fault = self._operations.fault(request.method, request.url.path, query, kind, body)
            if fault is not None:
                return refusal(400, "request", f"The gateway does not take this request ({fault.why}).")
            request.state.json = json.loads(body) if body else None
            return await handler(request)

        return admitted

    async def _health(self, request: Request) -> Response:
        return JSONResponse({**health_of(self._parts), "figures": await figures(self._parts)})

    async def _numbers(self, request: Request) -> Response:
        return JSONResponse({"numbers": [{"number": each} for each in sorted(self._parts.numbers)]})

    async def _calls(self, request: Request) -> Response:
        # A stored time has milliseconds before its Z, so that without the Z the texts are in the order of the times.
        since, after = request.query_params["since"].removesuffix("Z"), request.query_params["after"]
        began, _, last = after.partition(" ")
        first = await self._parts.journal.read(
            "select sid, start_time from leg where parent_call_sid is null and start_time >= ? "
            "and (start_time, sid) > (?, ?) order by start_time, sid limit ?",
            since,
            began,
            last,
            PAGE,
        )
        legs, audio = [], []
        if first:
            marks = ", ".join("?" * len(first))
            sids = [row["sid"] for row in first]
            legs = await self._parts.journal.read(
                f"select * from leg where sid in ({marks}) or parent_call_sid in ({marks})",  # noqa: S608
                *sids,
                *sids,
            )
            audio = await self._parts.journal.read(f"select * from recording where call_sid in ({marks})", *sids)  # noqa: S608
        following = f"{first[-1]['start_time']} {first[-1]['sid']}" if len(first) == PAGE else ""
        return JSONResponse({"calls": legs, "recordings": audio, "next": following})

    async def _place(self, request: Request) -> Response:
        try:
            return JSONResponse({"sid": await self._placing.place(request.state.json)}, status_code=201)
        except Refused as error:
            return refusal(
                503 if error.code == "draining" else 422, error.code, "The gateway does not place this call."
            )

    async def _control(self, request: Request) -> Response:
        found = self._parts.bridges.get(request.path_params["call"])
        if found is None:
            return refusal(404, "missing", "Nothing is being recorded of this call.")
        status = request.state.json["status"]
        (found[1].pause if status == "paused" else found[1].resume)()
        return JSONResponse({"status": status})

    async def _messages(self, request: Request) -> Response:
        return JSONResponse({"messages": await messages_of(self._parts, request.path_params["call"])})

    async def _recording(self, request: Request) -> Response:
        pieces = await asyncio.to_thread(self._parts.files.read, request.path_params["sid"])
        if pieces is None:
            return refusal(404, "missing", "There is no such recording.")
        return StreamingResponse(pieces, media_type="audio/wav")

    async def _delete(self, request: Request) -> Response:
        sid = request.path_params["sid"]
        known = await self._parts.journal.read("select status from recording where sid = ?", sid)
        if not known or known[0]["status"] != "completed":
            return refusal(404, "missing", "There is no such recording.")
        await asyncio.to_thread(self._parts.files.delete, sid)
        await self._parts.journal.write(("delete from recording where sid = ?", (sid,)))
        return Response(status_code=204)

    async def _held(self, request: Request) -> Response:
        return JSONResponse({"records": await people.held(self._parts, request.state.json)})

    async def _erase(self, request: Request) -> Response:
        return JSONResponse(await people.erase(self._parts, request.state.json))


def health_of(parts: Parts) -> dict[str, object]:
    """How the gateway is."""
    engine = parts.engine.health()
    return {
        "status": "up" if engine.alive and not engine.draining else "draining" if engine.alive else "down",
        "trunk": engine.trunk_answers,
        "registration": engine.registration,
        "calls": len(parts.under_way),
        "waiting": parts.spool.waiting,
        "refused": parts.hub.refused,
        "deaf": parts.recognizer.why,
        "recordings": parts.files.count(),
        "disk_full": parts.files.is_disk_full(),
        "counts": {**parts.counts, **engine.refused},
        "caps": {kind: list(used) for kind, used in engine.caps.items()},
        "phones": dict(engine.phones),
        "version": parts.start.version,
    }


async def _body(request: Request) -> bytes | None:
    """The body; None if it is too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return body

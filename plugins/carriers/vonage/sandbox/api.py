"""The fake's REST APIs: Vonage's paths over the state of an `Account`."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api import JsonObject
from hub.api.twiml import tone
from plugins.carriers.vonage.sandbox import translate
from plugins.carriers.vonage.sandbox.account import Account, private_key
from plugins.carriers.vonage.sandbox.errors import VonageError, body, check
from plugins.carriers.vonage.sandbox.numbers import Numbers

Handler = Callable[[Request], Awaitable[Response]]


class Guard:
    """Checks the credentials, the limit of requests per second, and the form of each request."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    def guarded(self, handler: Handler, by: Literal["token", "secret"]) -> Handler:
        """A handler behind the check."""

        async def serve(request: Request) -> Response:
            try:
                self._admit(request, by)
                await check(request, self.sandbox.clock())
                with self.sandbox._lock:
                    return await handler(request)
            except VonageError as error:
                return error.response(request.url.path)

        return serve

    def _admit(self, request: Request, by: str) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        pair = f"{self.sandbox.api_key}:{self.sandbox.api_secret}"
        right = scheme == "Basic" and given == base64.b64encode(pair.encode()).decode()
        if by == "token":
            right = scheme == "Bearer" and self._is_ours(given)
        if not right:
            raise VonageError("unauthorized")
        if self.sandbox.overloaded():
            raise VonageError("throttled")

    def _is_ours(self, token: str) -> bool:
        """Whether the application's key signed the token, and it has not expired."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            claims = jwt.decode(token, _signing_key(), algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return False
        now = self.sandbox.clock().timestamp()
        # 24 hours are the longest that Vonage allows.
        timely = claims.get("iat", now + 1) - 60 <= now < claims.get("exp", 0) <= claims.get("iat", 0) + 86_400
        return bool(claims.get("application_id") == self.sandbox.account_sid and claims.get("jti") and timely)


@cache
def _signing_key() -> Any:
    from joserfc.jwk import RSAKey

    return RSAKey.import_key(private_key())


class Calls:
    """Calls, recordings and texts."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    async def list(self, request: Request) -> Response:
        query = request.query_params
        found = [
            (leg["start_time"], self.sandbox.shown_call(sid))
            for sid, leg in self.sandbox.calls.items()
            if query.get("date_start", "")[:19] <= leg["start_time"][:19] <= query.get("date_end", "9")[:19]
        ]
        legs = [
            leg
            for _, leg in sorted(found, key=lambda one: one[0], reverse=query.get("order") == "desc")
            if query.get("conversation_uuid") in (None, leg["conversation_uuid"])
            and query.get("status") in (None, leg["status"])
        ]
        size, index = int(query.get("page_size", "10")), int(query.get("record_index", "0"))
        page: JsonObject = {"count": len(legs), "page_size": size, "record_index": index}
        links = {"self": {"href": f"/calls?page_size={size}&record_index={index}&order=asc"}}
        return JSONResponse(page | {"_links": links, "_embedded": {"calls": legs[index : index + size]}})

    async def place(self, request: Request) -> Response:
        query = await body(request)
        sender, receiver = query["from"]["number"], query["to"][0]["number"]
        refused = self.sandbox.refused_numbers
        answer = refused.get(f"+{sender}") or refused.get(f"+{receiver}")
        if answer:
            raise VonageError(answer, "to")
        steps = translate.placed(query["ncco"]) if "ncco" in query else ""
        if steps is None:
            raise VonageError("invalid", "ncco")
        sid = self.sandbox.new_call_id()
        self.sandbox.list_call(sid, f"+{sender}", f"+{receiver}", self.sandbox.clock(), "outbound-api")
        reported = {"From": f"+{sender}", "To": f"+{receiver}", "StatusCallback": query.get("event_url", [""])[0]}
        self.sandbox.placed[sid] = reported | {self.sandbox.document_field: steps}
        named = {"uuid": sid.removeprefix("CON-"), "conversation_uuid": sid}
        return JSONResponse(named | {"status": "started", "direction": "outbound"}, 201)

    async def file(self, request: Request) -> Response:
        """A recording's audio, or the picture of a text."""
        sid = request.path_params["id"]
        if sid in self.sandbox.media:
            return Response(self.sandbox.media[sid][1], media_type="image/png")
        audio, seconds = self.sandbox.audio[self._recording(request)]
        return Response(audio or tone(seconds), media_type="audio/wav")

    async def info(self, request: Request) -> Response:
        held = self.sandbox.held_recordings[self._recording(request)]
        reported = {"id": request.path_params["id"], "mime_type": "audio/mpeg", "media_size": 8000}
        return JSONResponse(reported | {"time_created": held["date_created"], "account_id": self.sandbox.api_key})

    async def delete(self, request: Request) -> Response:
        del self.sandbox.held_recordings[self._recording(request)]
        return Response(status_code=204)

    def _recording(self, request: Request) -> str:
        sid = f"REC-{request.path_params['id']}"
        if sid not in self.sandbox.held_recordings:
            raise VonageError("not_found")
        return sid

    async def send(self, request: Request) -> Response:
        """Take a text. That its person opted out is part of the later report."""
        query = await body(request)
        kind = query["message_type"]
        pictures = query["content"] if kind == "content" else [query["image"]] if kind == "image" else []
        words = query.get("text") or next((one["caption"] for one in pictures if "caption" in one), "")
        urls = [one["url"] for one in pictures]
        ends = (f"+{query['from']}", f"+{query['to']}")
        shown = self.sandbox.send(*ends, words, urls, query.get("webhook_url"))
        return JSONResponse({"message_uuid": shown["sid"]}, 202)

    async def redact(self, request: Request) -> Response:
        query = await body(request)
        if not self.sandbox.redacts:
            raise VonageError("unprovisioned")
        held = self.sandbox.messages if query["product"] == "messages" else self.sandbox.calls
        sid = query["id"] if query["product"] == "messages" else f"CON-{query['id']}"
        if sid not in held or (held[sid]["direction"] == "inbound") != (query["type"] == "inbound"):
            raise VonageError("invalid_id")
        self.sandbox.redacted.add(sid)
        for picture in [each for each, (text, _) in self.sandbox.media.items() if text == sid]:
            del self.sandbox.media[picture]
        return Response(status_code=204)


def app(sandbox: Account) -> Starlette:
    """The ASGI application of a sandbox."""
    guard, calls, numbers = Guard(sandbox), Calls(sandbox), Numbers(sandbox)

    def route(path: str, by: Literal["token", "secret"], handler: Handler, *methods: str) -> Route:
        return Route(path, guard.guarded(handler, by), methods=list(methods) or ["GET"])

    async def unknown(request: Request, error: Exception) -> Response:
        return VonageError("not_found").response(request.url.path)

    routes = [
        route("/v1/calls", "token", calls.list),
        route("/v1/calls", "token", calls.place, "POST"),
        route("/v1/files/{id}", "token", calls.file),
        route("/v3/media/{id}", "token", calls.file),
        route("/v3/media/{id}/info", "token", calls.info),
        route("/v3/media/{id}", "token", calls.delete, "DELETE"),
        route("/v1/messages", "token", calls.send, "POST"),
        route("/v1/redact/transaction", "secret", calls.redact, "POST"),
        route("/v2/applications/{id}", "secret", numbers.application, "GET", "PUT"),
        route("/account/numbers", "secret", numbers.list),
        route("/number/search", "secret", numbers.search),
        route("/number/buy", "secret", numbers.buy, "POST"),
        route("/number/cancel", "secret", numbers.cancel, "POST"),
        route("/number/update", "secret", numbers.update, "POST"),
    ]
    return Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown})

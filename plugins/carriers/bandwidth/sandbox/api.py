"""The fake's APIs for calls and texts: Bandwidth's paths over the state of an `Account`.

Source: SDK 23.3.1 and dev.bandwidth.com/docs/voice/errors, /docs/messaging/errors.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api import JsonObject
from hub.api.sandbox import received
from hub.api.twiml import tone
from plugins.carriers.bandwidth.proof import basic
from plugins.carriers.bandwidth.sandbox.account import Account
from plugins.carriers.bandwidth.sandbox.call import list_leg
from plugins.carriers.bandwidth.sandbox.numbers import Numbers
from plugins.carriers.bandwidth.sandbox.refused import RULES, Refused, check

Handler = Callable[[Request], Awaitable[Response]]
CALL = "/api/v2/accounts/{account}/calls/{call}"


class Api:
    """Calls, recordings and texts."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    def guarded(self, handler: Handler) -> Handler:
        """A handler behind the token, the account's id, the limit and the documentation's operations."""

        async def serve(request: Request) -> Response:
            sandbox = self.sandbox
            account = request.path_params.get("account", sandbox.account_id)
            signed_in = request.headers.get("authorization") == f"Bearer {sandbox.access_token}"
            try:
                if not signed_in or account != sandbox.account_id:
                    raise Refused("unauthorized")
                if sandbox.overloaded():
                    raise Refused("too_many")
                await check(request, sandbox.clock())
                with sandbox._lock:
                    return await handler(request)
            except Refused as refused:
                return refused.response(request.url.path)

        return serve

    async def token(self, request: Request) -> Response:
        if RULES.check(await received(request), self.sandbox.clock()).answer:
            return Refused("wrong_grant").response(request.url.path)
        if request.headers.get("authorization") != basic(self.sandbox.client_id, self.sandbox.client_secret):
            return Refused("wrong_client").response(request.url.path)
        token = {"access_token": self.sandbox.access_token, "token_type": "Bearer", "expires_in": 3600}
        return JSONResponse(token)

    # Calls

    async def calls(self, request: Request) -> Response:
        if request.method == "POST":
            return self._place(json.loads(await request.body()))
        found = list(filter(self._asked_for(request), self.sandbox.calls.values()))
        size, page = int(request.query_params.get("pageSize", 1000)), int(request.query_params.get("pageToken", 0))
        reply = JSONResponse(found[page * size : (page + 1) * size])
        if len(found) > (page + 1) * size:
            following = request.url.include_query_params(pageToken=page + 1)
            reply.headers["link"] = f'<{self.sandbox.origin}{following.path}?{following.query}>; rel="next"'
        return reply

    def _asked_for(self, request: Request) -> Callable[[Mapping[str, Any]], bool]:
        query = request.query_params
        least, most = (query.get(name) for name in ("minStartTime", "maxStartTime"))

        def wanted(item: Mapping[str, Any]) -> bool:
            at = datetime.fromisoformat(item["startTime"])
            return (
                all(query.get(side) in (None, item[side]) for side in ("from", "to"))
                and (least is None or at >= datetime.fromisoformat(least))
                and (most is None or at <= datetime.fromisoformat(most))
            )

        return wanted

    def _place(self, wanted: JsonObject) -> Response:
        refused = next(filter(None, map(self.sandbox.refused_numbers.get, (wanted["from"], wanted["to"]))), None)
        if refused:
            raise Refused(*refused)
        if wanted["applicationId"] != self.sandbox.application_id:
            raise Refused("invalid", "applicationId")
        call_id, now = self.sandbox.new_call_id(), self.sandbox.clock()
        self.sandbox.placed[call_id] = wanted
        list_leg(self.sandbox, call_id, wanted["from"], wanted["to"], now, "outbound")
        names = ("applicationId", "to", "from", "answerUrl", "disconnectUrl", "callTimeout", "tag")
        url = f"{self.sandbox.origin}/api/v2/accounts/{self.sandbox.account_id}/calls/{call_id}"
        shown = {name: wanted[name] for name in names if name in wanted} | {"answerMethod": "POST", "callUrl": url}
        shown |= {"disconnectMethod": "POST", "callbackTimeout": 15.0, "enqueuedTime": self.sandbox.stamp(now)}
        return JSONResponse(shown | {"callId": call_id, "accountId": self.sandbox.account_id}, status_code=201)

    async def call(self, request: Request) -> Response:
        shown = self.sandbox.calls.get(request.path_params["call"])
        if not shown:
            raise Refused("not_found")
        return JSONResponse(shown)

    async def control(self, request: Request) -> Response:
        call_id, state = request.path_params["call"], json.loads(await request.body())["state"]
        shown = self.sandbox.calls.get(call_id, {})
        under_way = [one for one in self.sandbox.held_recordings.values() if one["callId"] == call_id]
        if shown.get("state") != "answered" or not any(one["status"] == "processing" for one in under_way):
            raise Refused("not_found")
        held = self.sandbox.recorded_controls.setdefault(shown.get("parentCallId", call_id), [])
        held.append("pause" if state == "paused" else "resume")
        return Response(status_code=200)

    # Recordings

    async def recordings(self, request: Request) -> Response:
        found = list(filter(self._asked_for(request), self.sandbox.held_recordings.values()))
        return JSONResponse(found[:1000])

    async def recording(self, request: Request) -> Response:
        held = "{call}.{recording}".format(**request.path_params)
        if held not in self.sandbox.held_recordings:
            raise Refused("not_found")
        if request.method == "DELETE":
            del self.sandbox.held_recordings[held]
            return Response(status_code=204)
        return JSONResponse(self.sandbox.held_recordings[held])

    async def audio(self, request: Request) -> Response:
        held = "{call}.{recording}".format(**request.path_params)
        if held not in self.sandbox.held_recordings:
            raise Refused("not_found")
        spoken, seconds = self.sandbox.audio[held]
        return Response(spoken or tone(seconds), media_type="audio/vnd.wave")

    # Texts

    async def messages(self, request: Request) -> Response:
        return self._send(json.loads(await request.body())) if request.method == "POST" else self._list(request)

    def _send(self, wanted: JsonObject) -> Response:
        if wanted["applicationId"] != self.sandbox.messaging_application_id:
            raise Refused("invalid", "applicationId")
        # A person who said stop is refused only afterwards, by the receiving carrier.
        shown = self.sandbox.text(
            wanted["from"], wanted["to"][0], wanted.get("text", ""), "out", wanted.get("media", [])
        )
        shown |= {"tag": wanted["tag"]} if "tag" in wanted else {}
        return JSONResponse(shown, status_code=202)

    def _list(self, request: Request) -> Response:
        query, found = request.query_params, []
        for one in self.sandbox.messages.values():
            shown = {
                "messageId": one["id"],
                "accountId": self.sandbox.account_id,
                "sourceTn": one["from"],
                "destinationTn": one["to"][0],
                "messageStatus": "RECEIVED" if one["direction"] == "in" else "DELIVERED",
                "messageDirection": "INBOUND" if one["direction"] == "in" else "OUTBOUND",
                "messageType": "mms" if one.get("media") else "sms",
                "segmentCount": 1,
                "receiveTime": one["time"],
                "attachmentCount": len(one.get("media", ())),
            }
            if all(query.get(name) in (None, shown[name]) for name in ("sourceTn", "destinationTn", "messageId")):
                found.append(shown)
        size, page = int(query.get("limit", 100)), int(query.get("pageToken", 0))
        more = {"nextPageToken": str(page + 1)} if len(found) > (page + 1) * size else {}
        shown_page = found[page * size : (page + 1) * size]
        return JSONResponse({"totalCount": len(found), "pageInfo": more, "messages": shown_page})

    async def media(self, request: Request) -> Response:
        data = self.sandbox.media.get(request.path_params["media"])
        if not data:
            raise Refused("media_not_found")
        return Response(data, media_type="image/png")


def app(sandbox: Account) -> Starlette:
    """The ASGI application of a sandbox."""
    api, numbers = Api(sandbox), Numbers(sandbox)
    paths: Mapping[str, tuple[Handler, str]] = {
        "/api/v2/accounts/{account}/calls": (api.calls, "GET POST"),
        "/api/v2/accounts/{account}/recordings": (api.recordings, "GET"),
        CALL: (api.call, "GET"),
        f"{CALL}/recording": (api.control, "PUT"),
        f"{CALL}/recordings/{{recording}}": (api.recording, "GET DELETE"),
        f"{CALL}/recordings/{{recording}}/media": (api.audio, "GET"),
        "/api/v2/users/{account}/messages": (api.messages, "GET POST"),
        "/api/v2/users/{account}/media/{media}": (api.media, "GET"),
        **numbers.paths(),
    }
    routes = [Route(path, api.guarded(handler), methods=methods.split()) for path, (handler, methods) in paths.items()]

    async def unknown(request: Request, failure: Exception) -> Response:
        return Refused("not_found").response(request.url.path)

    routes.append(Route("/api/v1/oauth2/token", api.token, methods=["POST"]))
    return Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown})

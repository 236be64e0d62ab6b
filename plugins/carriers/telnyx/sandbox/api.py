"""The fake's REST API: Telnyx' paths over the state of an `Account`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.errors import TelnyxError, check
from plugins.carriers.telnyx.sandbox.media import Media
from plugins.carriers.telnyx.sandbox.numbers import Numbers
from plugins.carriers.telnyx.sandbox.ports import Ports
from plugins.carriers.telnyx.sandbox.texml import Texml

Handler = Callable[[Request], Awaitable[Response]]


class RequestGuard:
    """Checks the account's key and the limit of requests per second."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    def admit(self, request: Request) -> None:
        """Refuse a request without the account's key, or one too many."""
        if request.headers.get("authorization") != f"Bearer {self.sandbox.api_key}":
            raise TelnyxError("10009")
        if self.sandbox.overloaded():
            raise TelnyxError("10011")

    def guarded(self, handler: Handler, public: bool = False) -> Handler:
        """A handler behind the check; `public` ones are the storage, whose addresses are pre-signed."""

        async def serve(request: Request) -> Response:
            try:
                if not public:
                    self.admit(request)
                    await check(request, self.sandbox.clock())
                with self.sandbox._lock:
                    return await handler(request)
            except TelnyxError as error:
                return error.response()

        return serve


def app(sandbox: Account) -> Starlette:
    """The ASGI application of a sandbox."""
    guard = RequestGuard(sandbox)
    numbers, media, ports, texml = Numbers(sandbox), Media(sandbox), Ports(sandbox), Texml(sandbox)

    def route(path: str, handler: Handler, *methods: str) -> Route:
        return Route(f"/v2{path}", guard.guarded(handler), methods=list(methods) or ["GET"])

    async def unknown(request: Request, error: Exception) -> Response:
        return TelnyxError("10005").response()

    account = f"/texml/Accounts/{sandbox.account_sid}"
    routes = [
        route("/available_phone_numbers", numbers.search),
        route("/number_orders", numbers.order, "POST"),
        route("/number_orders/{id}", numbers.show_order),
        route("/phone_numbers", numbers.list),
        route("/phone_numbers/{id}", numbers.one, "GET", "PATCH", "DELETE"),
        route("/phone_numbers/{id}/messaging", numbers.messaging, "GET", "PATCH"),
        route("/texml_applications/{id}", numbers.application, "GET", "PATCH"),
        route("/messaging_profiles/{id}", numbers.profile, "GET", "PATCH"),
        route("/messages", media.send, "POST"),
        route("/messages/{id}", media.message),
        route("/detail_records", media.detail_records),
        route("/recordings", media.recordings),
        route("/recordings/{id}", media.recording, "GET", "DELETE"),
        route("/documents", ports.upload, "POST"),
        route("/porting_orders", ports.list, "GET"),
        route("/porting_orders", ports.create, "POST"),
        route("/porting_orders/{id}", ports.one, "GET", "PATCH"),
        route("/porting_orders/{id}/actions/confirm", ports.confirm, "POST"),
        route("/porting_orders/{id}/actions/cancel", ports.cancel, "POST"),
        route(f"{account}/Calls", texml.calls_or_place, "GET", "POST"),
        route(f"{account}/Calls.json", texml.calls),
        route(f"{account}/Calls/{{call}}", texml.call),
        route(f"{account}/Calls/{{call}}/Recordings.json", texml.recordings),
        route(f"{account}/Calls/{{call}}/Recordings/{{id}}.json", texml.control, "POST"),
        Route("/storage/recordings/{id}.{form}", guard.guarded(media.audio, public=True)),
        Route("/storage/media/{id}", guard.guarded(media.picture, public=True)),
    ]
    return Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown})

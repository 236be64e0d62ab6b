"""The web application of a stand-in: its routes and replies. Starlette is imported when a stand-in starts, so that a hub that
runs none does without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hub.contracts.filling import filled
from hub.contracts.hearing import HeardRequest
from hub.contracts.vendor_file import Answer

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from hub.contracts.sandbox import HttpSandbox
    from hub.contracts.vendor_rules import VendorRules


def routed(routes: Iterable[tuple[str, Callable[..., Any], Sequence[str]]]) -> Starlette:
    """The application of these routes: path with parts in braces, function of a request, methods."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    return Starlette(routes=[Route(path, answer, methods=list(methods)) for path, answer, methods in routes])


def json_reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON document; no content if `body` is None."""
    from starlette.responses import JSONResponse

    return reply(None, status, headers) if body is None else JSONResponse(body, status, headers)


async def received(request: Request) -> HeardRequest:
    """A request as `VendorRules` checks it."""
    return HeardRequest(
        request.method, request.url.path, request.url.query, dict(request.headers), await request.body()
    )


async def refused(sandbox: HttpSandbox, rules: VendorRules, request: Request) -> Response | None:
    """What the rules answer to a request that they refuse, or that has other credentials than those of `authorized`."""
    heard = await received(request)
    if sandbox.authorized(heard).headers != heard.headers:
        return answer_reply(rules.answer(rules.fault("credentials")))
    said = rules.check(heard, sandbox.clock())
    return answer_reply(rules.answer(said.answer)) if said.answer else None


def answer_reply(answer: Answer, **values: object) -> Response:
    """An answer of `rules.yaml`, whose body has `{names}` for the values."""
    body = filled(answer.body, values)
    if isinstance(body, str):
        return reply(body, answer.status, answer.headers, answer.headers.get("content-type"))
    return json_reply(body, answer.status, answer.headers)


def reply(
    content: bytes | str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str | None = None,
) -> Response:
    """A page, a file, or no content."""
    from starlette.responses import Response

    return Response(content, status, headers, media_type)

"""The web application of a stand-in: its routes and replies. Starlette is imported when a stand-in starts, so that a hub that
runs none does without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.responses import Response


def routed(routes: Iterable[tuple[str, Callable[..., Any], Sequence[str]]]) -> Starlette:
    """The application of these routes: path with parts in braces, function of a request, methods."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    return Starlette(routes=[Route(path, answer, methods=list(methods)) for path, answer, methods in routes])


def json_reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON document; no content if `body` is None."""
    from starlette.responses import JSONResponse

    return reply(None, status, headers) if body is None else JSONResponse(body, status, headers)


def reply(
    content: bytes | str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str | None = None,
) -> Response:
    """A page, a file, or no content."""
    from starlette.responses import Response

    return Response(content, status, headers, media_type)

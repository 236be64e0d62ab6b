"""`/static/`: style sheet, scripts and vendored files; addresses contain a hash, so browsers keep them for a year."""

from __future__ import annotations

import gzip
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.web.pages.templates import STATIC, static_url

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
FILES = tuple(
    f"{folder}/{path.name}"
    for folder in ("pages", "vendor")
    for path in sorted((STATIC / folder).iterdir())
    if path.suffix in TYPES
)
"""The files that are served; nothing else below the static folder is."""

FOR_A_DAY = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
ROBOTS = "User-agent: *\nAllow: /privacy/\nAllow: /privacy.css\nAllow: /t/\nDisallow: /\n"


def static_routes() -> list[Route]:
    """The route of all static files, and of those that browsers and search engines ask for at fixed addresses."""
    return [
        Route("/static/{digest}/{name:path}", _serve, methods=["GET"]),
        Route("/favicon.ico", _icon, methods=["GET"]),
        Route("/robots.txt", _robots, methods=["GET"]),
    ]


async def _icon(request: Request) -> Response:
    """A PNG, which every browser takes at this address."""
    return Response((STATIC / "pages/app-192.png").read_bytes(), headers=FOR_A_DAY, media_type="image/png")


async def _robots(request: Request) -> Response:
    """Only the public privacy pages are for search engines; the script of websites may be loaded. Source: RFC 9309."""
    return Response(ROBOTS, headers=FOR_A_DAY, media_type="text/plain")


def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in FILES:
        return Response("Not found", 404, media_type="text/plain")
    body, packed = _contents(name)
    current = static_url(name) == request.url.path
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = packed
    return Response(body, headers=headers, media_type=TYPES["." + name.rpartition(".")[2]])


@cache
def _contents(name: str) -> tuple[bytes, bytes]:
    body = (STATIC / name).read_bytes()
    return body, gzip.compress(body, 9, mtime=0)

"""`/brand/{digest}/…`: an account's logo and style sheet. They are public, because pages before the sign-in show them."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.access.brands import brand_with
from hub.runtime import Hub
from hub.web.pages.branding.colors import palette_of

HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def brand_routes(hub: Hub) -> list[Route]:
    """The routes of both files."""

    def logo(digest: str) -> Response:
        with hub.store.reading() as session:
            brand = brand_with(session, digest)
        if brand is None or brand.logo is None:
            return Response("Not found", 404, media_type="text/plain")
        return Response(brand.logo, headers=HEADERS, media_type=brand.logo_type)

    def style(digest: str) -> Response:
        with hub.store.reading() as session:
            brand = brand_with(session, digest)
        if brand is None or brand.accent is None:
            return Response("Not found", 404, media_type="text/plain")
        return Response(palette_of(brand.accent).style_sheet(), headers=HEADERS, media_type="text/css")

    async def serve_logo(request: Request) -> Response:
        return await run_in_threadpool(logo, request.path_params["digest"])

    async def serve_style(request: Request) -> Response:
        return await run_in_threadpool(style, request.path_params["digest"])

    return [
        Route("/brand/{digest}/logo", serve_logo, methods=["GET"]),
        Route("/brand/{digest}/accent.css", serve_style, methods=["GET"]),
    ]

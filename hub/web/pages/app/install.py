"""The manifest and the service worker, with which a phone installs the pages as an app. Neither holds personal data."""

from __future__ import annotations

from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.config.models import Config
from hub.runtime import Hub
from hub.web.pages.templates import STATIC, static_url

NAME = "Ringfence"
ACCENT, GROUND = "#0b5a7a", "#fafaf8"
ICONS = (("192", "any"), ("512", "any"), ("maskable-512", "maskable"))
SHORTCUTS = (("Calls", "/calls"), ("Texts", "/texts"), ("Alerts", "/alerts"))
WORKER = "app/service_worker.js"
KEPT = ("pages/hub.css", "pages/pages.js", "pages/icon.svg", "vendor/htmx.min.js")
"""The static files that the app keeps from its start: with them it can say that it is offline."""


def app_routes(hub: Hub) -> list[Route]:
    """The routes of the manifest and the service worker."""

    async def manifest(request: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return JSONResponse(manifest_of(hub.config), headers=headers, media_type="application/manifest+json")

    return [
        Route("/manifest.webmanifest", manifest, methods=["GET"]),
        Route("/service-worker.js", _service_worker, methods=["GET"]),
    ]


def manifest_of(config: Config) -> dict[str, object]:
    """The web app manifest. A hub of one account has its name. Source: w3.org/TR/appmanifest."""
    title = config.accounts[0].title if len(config.accounts) == 1 else None
    return {
        "id": "/",
        "name": f"{title} · {NAME}" if title else NAME,
        "short_name": NAME,
        "description": "Calls, texts and what came of them.",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": ACCENT,
        "background_color": GROUND,
        "icons": [
            {
                "src": static_url(f"pages/app-{name}.png"),
                "sizes": "x".join([name.rpartition("-")[2]] * 2),
                "type": "image/png",
                "purpose": purpose,
            }
            for name, purpose in ICONS
        ],
        "shortcuts": [{"name": name, "url": url} for name, url in SHORTCUTS],
    }


async def _service_worker(request: Request) -> Response:
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'none'; connect-src 'self'; img-src 'self'; style-src 'self'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(_worker_text(), headers=headers, media_type="text/javascript")


@cache
def _worker_text() -> str:
    kept = ", ".join(f'"{static_url(name)}"' for name in KEPT)
    text = (STATIC / WORKER).read_text(encoding="utf-8")
    return text.replace("/* files */", kept).replace("/* style */", static_url("pages/hub.css"))

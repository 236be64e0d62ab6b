"""`/texts/media/{media}`: a picture of a text, for a signed-in user who may read texts."""

from __future__ import annotations

from starlette.responses import Response

from hub.queries.texts.one_thread import picture_of_text
from hub.web.pages.request import PageRequest
from hub.web.pages.security import headers_with

INLINE_TYPES = {
    "image/png": (".png", b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": (".jpg", b"\xff\xd8\xff"),
    "image/gif": (".gif", b"GIF8"),
    "image/webp": (".webp", b"RIFF"),
}
"""The types that a browser may show inside a page, with their first bytes. SVG is not one: it may hold scripts."""
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


def picture(page: PageRequest) -> Response:
    """The file of a text. The view of its thread has its audit entry. Anything but a known picture is a download."""
    with page.session() as session:
        content_type, data = picture_of_text(session, page.scope, page.hub, page.path("media"))
    ending, beginning = INLINE_TYPES.get(content_type or "", ("", b""))
    shown = bool(ending) and data.startswith(beginning)
    headers = headers_with(page.nonce, https=page.context.https) | {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": SANDBOX,
        "Content-Disposition": f'inline; filename="picture{ending}"' if shown else 'attachment; filename="file.bin"',
    }
    return Response(data, headers=headers, media_type=content_type if shown else "application/octet-stream")

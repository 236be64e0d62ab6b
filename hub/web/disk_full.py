"""What strangers send while the disk is full: 503, so that a page keeps it and sends it again. Webhooks are refused where
they would be stored (`hub.flow.receive`), so that a ringing call is still forwarded."""

from __future__ import annotations

from typing import Any

from starlette.responses import PlainTextResponse

DISK_FULL = PlainTextResponse("Try again", 503, {"Retry-After": "60", "Cache-Control": "no-store"})


def is_report(scope: Any) -> bool:
    """Whether a request reports a visit, its end, a form or a choice on the tracking paths."""
    return bool(scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith("/track/"))

"""The measure of the acknowledgements: a Starlette route that reads the body, keeps nothing, and answers the same."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = b'<?xml version="1.0" encoding="UTF-8"?><Response />'


async def webhook(request: Request) -> Response:
    """Read the body and answer."""
    await request.body()
    return Response(ANSWER, media_type="text/xml")


if __name__ == "__main__":
    app = Starlette(routes=[Route("/webhooks/{connector}/{path:path}", webhook, methods=["GET", "POST"])])
    # The settings of hub.cli.serve.
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False, log_config=None)

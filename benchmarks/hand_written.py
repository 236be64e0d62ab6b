"""What a careful programmer writes in an afternoon: a FastAPI route that checks Twilio's signature, keeps each webhook in
SQLite with a commit of its own, and answers TwiML. `python -m benchmarks.hand_written PORT DATABASE`; the secret is in
`TWILIO_AUTH_TOKEN`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import sqlite3
import sys
from uuid import uuid4

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response

DIAL = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Say>Thank you for calling. This call is recorded.</Say>'
    '<Dial record="record-from-answer-dual">+13125550190</Dial></Response>'
)
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


def application(port: int, database: str, secret: bytes) -> FastAPI:
    """The application."""
    app = FastAPI()
    connection = sqlite3.connect(database, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE inbox (id TEXT PRIMARY KEY, path TEXT, body TEXT)")

    @app.post("/webhooks/{path:path}")
    async def webhook(path: str, request: Request) -> Response:
        body = str(await request.body(), "utf-8")
        form = await request.form()
        query = f"?{request.url.query}" if request.url.query else ""
        signed = f"http://127.0.0.1:{port}/webhooks/{path}{query}" + "".join(
            f"{key}{form[key]}" for key in sorted(form)
        )
        right = base64.b64encode(hmac.new(secret, signed.encode(), hashlib.sha1).digest()).decode()
        if not hmac.compare_digest(right, request.headers.get("X-Twilio-Signature", "")):
            raise HTTPException(403)
        with connection:
            connection.execute("INSERT INTO inbox VALUES (?, ?, ?)", (str(uuid4()), path, body))
        return Response(DIAL if "/voice" in path else EMPTY, media_type="text/xml")

    return app


if __name__ == "__main__":
    listen = int(sys.argv[1])
    served = application(listen, sys.argv[2], os.environ["TWILIO_AUTH_TOKEN"].encode())
    uvicorn.run(served, host="127.0.0.1", port=listen, log_level="warning", access_log=False, log_config=None)

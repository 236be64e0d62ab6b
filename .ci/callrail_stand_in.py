"""An account of CallRail behind a socket, for a newcomer who moves in from there: one company, two weeks of calls, messages.

Fields as CallRail's API documents them (https://apidocs.callrail.com); nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import math
import struct
import threading
import urllib.parse
import wave
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

KEY, ACCOUNT, COMPANY = (
    "5c0ffee5c0ffee5c0ffee",
    "ACC8154748ae6bd4e278a7cddd38a662f4f",
    "COM21ab1e2ce3e84d1ab8d0b2a7e2ae9fd3",
)
POOL, PRINT = "TRK1a00000001", "TRK1a00000002"
DOMAIN = "www.northside-roofing.example.com"
OWNER_THERE = "dana@northside.example.com"
POOL_NUMBERS, PRINTED = ("+14045550101", "+14045550102"), "+14045550103"
SOURCES = (
    ("Google Ads", "PPC", POOL),
    ("Google Organic", "organic", POOL),
    ("Direct", "direct", POOL),
    ("Yellow Pages", None, PRINT),
)


class Account:
    """The account. `answered` counts the requests by path."""

    def __init__(self, calls: int = 60) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        company = {"id": COMPANY, "name": "Northside Roofing"}
        basic = {"type": "basic", "recording_enabled": True, "destination_number": "+14045550190",
                 "greeting_text": "Thank you for calling Northside Roofing."}  # fmt: skip
        self.calls = [self._call(n, now - timedelta(days=13 - n % 13, minutes=n)) for n in range(1, calls + 1)]
        self.lists: dict[str, tuple[str, list[dict[str, Any]]]] = {
            "companies": ("companies", [company | {"status": "active", "time_zone": "America/New_York", "disabled_at": None}]),
            "trackers": ("trackers", [
                {"id": POOL, "name": "Website Pool", "type": "session", "status": "active", "company": company,
                 "tracking_numbers": list(POOL_NUMBERS), "destination_number": "+14045550190",
                 "call_flow": basic, "source": {"type": "all"}, "swap_targets": ["404-555-0190"]},
                {"id": PRINT, "name": "Yellow Pages", "type": "source", "status": "active", "company": company,
                 "tracking_numbers": [PRINTED], "destination_number": "+14045550190", "call_flow": basic,
                 "source": {"type": "offline"}},
            ]),
            "users": ("users", [{"id": "USR1", "email": OWNER_THERE, "name": "Dana North", "role": "admin",
                                 "companies": [company]}]),
            "tags": ("tags", [{"id": 7, "name": "estimate", "tag_level": "account", "color": "orange3", "company_id": None,
                               "status": "enabled"}]),
            "calls": ("calls", self.calls),
            "form_submissions": ("form_submissions", [
                {"id": "FRM1", "company_id": COMPANY, "submitted_at": (now - timedelta(days=3)).isoformat(),
                 "form_data": {"name": "Kim Hill", "email": "kim@example.com"}, "form_url": f"https://{DOMAIN}/contact",
                 "landing_page_url": f"https://{DOMAIN}/", "source": "Google Ads", "medium": "PPC", "customer_name": "Kim Hill",
                 "customer_phone_number": "+14045550150", "form_name": "contact"},
            ]),
            "text-messages": ("conversations", [
                {"id": "SMT1", "company_id": COMPANY, "current_tracker_id": POOL, "customer_phone_number": "+14045550142",
                 "current_tracking_number": "+14045550101", "state": "active", "recent_messages": []},
            ]),
        }  # fmt: skip
        texts = [
            {
                "direction": "incoming",
                "content": "Can you come today?",
                "created_at": (now - timedelta(days=2)).isoformat(),
            }
        ]
        self.thread = self.lists["text-messages"][1][0] | {"messages": texts}

    def counts(self) -> dict[str, int]:
        """Calls by source, as CallRail's own report counts them."""
        return dict(Counter(each["source"] for each in self.calls))

    def answer(self, path: str, asked: dict[str, str], base: str) -> dict[str, Any] | bytes | None:
        """The body of an answer; None if there is no such thing."""
        if path == "/audio":
            return tone()
        name = path.removeprefix(f"/v3/a/{ACCOUNT}/").removesuffix(".json")
        key, rows = self.lists.get(name, ("", []))
        if path == "/v3/a.json":
            key, rows = "accounts", [{"id": ACCOUNT, "name": "Northside"}]
        if name == "text-messages/SMT1":
            return self.thread
        if name.endswith("/recording"):
            return {"url": f"{base}/audio"}
        if not key:
            return None
        page, size = int(asked.get("page", 1)), int(asked.get("per_page", 100))
        return {"page": page, "per_page": size, "total_pages": -(-len(rows) // size), "total_records": len(rows),
                key: rows[(page - 1) * size : page * size]}  # fmt: skip

    @staticmethod
    def _call(number: int, at: datetime) -> dict[str, Any]:
        source, medium, tracker = SOURCES[number % 7 % 4]
        voicemail = number % 20 == 0
        return {
            "id": f"CAL{number:032x}", "answered": number % 3 > 0, "voicemail": voicemail, "direction": "inbound",
            "duration": 20 + number, "start_time": at.isoformat(), "company_id": COMPANY, "tracker_id": tracker,
            "business_phone_number": "+14045550190", "customer_name": None, "first_call": True, "source": source,
            "customer_phone_number": f"+1404555{140 + number % 50:04}", "medium": medium, "campaign": None, "keywords": None,
            "tracking_phone_number": PRINTED if tracker == PRINT else "+14045550101", "tags": [], "note": None,
            "landing_page_url": f"https://{DOMAIN}/?n={number}" if tracker == POOL else None, "lead_status": None,
            "recording": "https://api.example.com/rec" if voicemail else None, "recording_duration": 2 if voicemail else None,
        }  # fmt: skip


def tone(seconds: float = 2.0) -> bytes:
    """A WAV file with a tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 8_000, 0, "NONE", ""))
        written.writeframes(
            b"".join(struct.pack("<h", int(9_000 * math.sin(n / 9))) for n in range(int(8_000 * seconds)))
        )
    return file.getvalue()


@contextlib.contextmanager
def serving(account: Account) -> Iterator[str]:
    """The address at which the account answers."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            base = f"http://{self.headers['host']}"
            body = account.answer(parts.path, dict(urllib.parse.parse_qsl(parts.query)), base)
            allowed = parts.path == "/audio" or self.headers["authorization"] == f"Token token={KEY}"
            sent = body if isinstance(body, bytes) else json.dumps(body or {"error": "Not found"}).encode()
            self.send_response((404 if body is None else 200) if allowed else 401)
            self.send_header("Content-Type", "audio/wav" if isinstance(body, bytes) else "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()

"""An account of CallRail in answers as its API gives them, field by field, behind a transport without network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

ACCOUNT = "ACC8154748ae6bd4e278a7cddd38a662f4f"
LAKESIDE, CLOSED = "COM21ab1e2ce3e84d1ab8d0b2a7e2ae9fd3", "COM0f5aa2e7d5ff4c1ba0a2f0b5e4d3c2b1"
POOL, PRINT, OLD, MENU = "TRK1a00000001", "TRK1a00000002", "TRK1a00000003", "TRK1a00000004"
KEY = "5c0ffee5c0ffee5c0ffee"
COMPANIES = [
    {"id": LAKESIDE, "name": "Lakeside Plumbing", "status": "active", "time_zone": "America/New_York",
     "created_at": "2025-02-10T08:43:51.280Z", "disabled_at": None, "dni_active": True},
    {"id": CLOSED, "name": "Closed Roofing", "status": "disabled", "time_zone": "America/New_York",
     "created_at": "2025-02-10T08:43:51.280Z", "disabled_at": "2025-12-10T08:43:51.280Z", "dni_active": None},
]  # fmt: skip
TRACKERS = [
    {"id": POOL, "name": "Website Pool", "type": "session", "status": "active", "destination_number": "+14045550190",
     "tracking_numbers": ["+14045550101", "+14045550102"], "sms_supported": True, "sms_enabled": True,
     "company": {"id": LAKESIDE, "name": "Lakeside Plumbing"}, "whisper_message": "Call from the website",
     "call_flow": {"type": "basic", "recording_enabled": True, "destination_number": "+14045550190",
                   "greeting_text": "Thank you for calling Lakeside."},
     "source": {"type": "all"}, "swap_targets": ["404-555-0190"]},
    {"id": PRINT, "name": "Yellow Pages", "type": "source", "status": "active", "destination_number": "+14045550190",
     "tracking_numbers": ["+14045550103"], "company": {"id": LAKESIDE, "name": "Lakeside Plumbing"},
     "call_flow": {"type": "basic", "recording_enabled": False, "destination_number": "+14045550190"},
     "source": {"type": "offline"}},
    {"id": OLD, "name": "Spring Flyer", "type": "source", "status": "disabled", "destination_number": "+14045550190",
     "tracking_numbers": ["+14045550104"], "company": {"id": LAKESIDE, "name": "Lakeside Plumbing"},
     "call_flow": {"type": "basic"}, "source": {"type": "offline"}, "disabled_at": "2025-12-01T00:00:00.000Z"},
    {"id": MENU, "name": "Google Ads Extension", "type": "source", "status": "active",
     "destination_number": "+14045550191", "tracking_numbers": ["+14045550105"],
     "company": {"id": LAKESIDE, "name": "Lakeside Plumbing"}, "call_flow": {"type": "advanced"},
     "source": {"type": "google_ad_extension"}},
]  # fmt: skip
USERS = [
    {"id": "USR1", "email": "Dana@lakeside.example.com", "first_name": "Dana", "last_name": "Lake", "name": "Dana Lake",
     "role": "admin", "accepted": True, "companies": [{"id": LAKESIDE, "name": "Lakeside Plumbing"}]},
    {"id": "USR2", "email": "ads@agency.example.com", "name": "Ad Desk", "role": "reporting", "companies": []},
    {"id": "USR3", "email": "", "name": "No Address", "role": "reporting", "companies": []},
]  # fmt: skip


TAGS = [
    {"id": 7, "name": "roof", "tag_level": "account", "color": "orange3", "background_color": "orange3",
     "company_id": None, "status": "enabled", "created_at": "2025-02-10T08:43:51.280Z"},
    {"id": 8, "name": "Estimate", "tag_level": "company", "color": "no color", "company_id": LAKESIDE, "status": "disabled"},
]  # fmt: skip


def call(number: int, **more: Any) -> dict[str, Any]:
    """A call as the API gives it with the fields that an import asks for."""
    return {
        "id": f"CAL{number:032x}", "answered": True, "business_phone_number": "+14045550190",
        "customer_city": "Atlanta", "customer_country": "US", "customer_name": "Sam North",
        "customer_phone_number": "+14045550142", "customer_state": "GA", "direction": "inbound", "duration": 93,
        "recording": None, "recording_duration": None, "recording_player": None,
        "start_time": "2026-01-05T11:27:48.119-05:00", "tracking_phone_number": "+14045550101", "voicemail": False,
        "company_id": LAKESIDE, "tracker_id": POOL, "first_call": True, "source": "Google Ads",
        "source_name": "Website Pool", "medium": "PPC", "campaign": "Drains", "keywords": "drain repair",
        "landing_page_url": "https://lakeside.example.com/?gclid=Cj0abc&email=sam@example.com",
        "utm_source": None, "utm_medium": None, "gclid": "Cj0abc", "lead_status": None, "value": None,
        "formatted_value": "--", "tags": [], "note": None,
    } | more  # fmt: skip


def some_calls() -> list[dict[str, Any]]:
    """A lead, a voicemail, a hidden caller, a call of a closed tracker, one that was placed, one without a time."""
    return [
        call(1, lead_status="good_lead", formatted_value="$1,240.00", value="1240.0",
             tags=["estimate", {"id": 7, "name": "roof"}], note="Wants an estimate.",
             recording="https://api.example.com/rec/1", recording_duration=2),
        call(2, answered=True, voicemail=True, customer_phone_number="+14045550143", source="Google Organic",
             medium="organic", gclid=None, duration="27", recording="https://api.example.com/rec/2",
             recording_duration=2, start_time="2026-01-06T09:00:00.000-05:00"),
        call(3, customer_phone_number="anonymous", customer_name=None, answered=False, source="Direct",
             medium="direct", gclid=None, start_time="2026-01-06T10:00:00.000-05:00"),
        call(4, tracker_id=OLD, tracking_phone_number="+14045550104", source="Spring Flyer", medium=None, gclid=None,
             campaign=None, lead_status="not_a_lead", start_time="2025-11-06T10:00:00.000-05:00"),
        call(5, direction="outbound", start_time="2026-01-07T10:00:00.000-05:00"),
        call(6, start_time=None),
        call(7, company_id=CLOSED, tracker_id=None, tracking_phone_number="+14045550199",
             customer_phone_number="+14045550144", start_time="2025-10-06T10:00:00.000-05:00", gclid=None),
        call(8, start_time="2021-10-06T10:00:00.000-05:00"),
    ]  # fmt: skip


FORMS = [
    {"id": "FRM1", "company_id": LAKESIDE, "person_id": "PER1", "submitted_at": "2026-01-05T12:00:00.000-05:00",
     "form_data": {"name": "Kim Hill", "email": "kim@example.com", "phone": "404-555-0150", "card": "4111 1111 1111 1111"},
     "form_url": "https://lakeside.example.com/contact", "landing_page_url": "https://lakeside.example.com/",
     "first_form": True, "customer_phone_number": "+14045550150", "customer_name": "Kim Hill", "source": "Facebook Ads",
     "campaign": "Spring", "medium": "paid_social", "keywords": None, "form_name": "contact", "lead_status": "good_lead"},
]  # fmt: skip


def thread(*texts: tuple[str, str, str], number: str = "+14045550142", key: str = "SMT1") -> dict[str, Any]:
    """A conversation with its texts: direction, content, time."""
    messages = [{"direction": direction, "content": content, "created_at": at} for direction, content, at in texts]
    return {"id": key, "company_id": LAKESIDE, "initial_tracker_id": POOL, "current_tracker_id": POOL,
            "customer_name": "Sam North", "customer_phone_number": number, "initial_tracking_number": "+14045550101",
            "current_tracking_number": "+14045550101", "last_message_at": texts[-1][2], "state": "active",
            "recent_messages": messages}  # fmt: skip


TEXTS = [
    thread(("incoming", "Can you come today?", "2026-01-05T13:00:00.000-05:00"),
           ("outgoing", "Yes, at two.", "2026-01-05T13:01:00.000-05:00")),
    thread(("incoming", "Who is this?", "2026-01-06T13:00:00.000-05:00"),
           ("incoming", "STOP", "2026-01-06T13:02:00.000-05:00"), number="+14045550143", key="SMT2"),
]  # fmt: skip


@dataclass
class RecordedCallRail(httpx2.BaseTransport):
    """Answers like the API. `before` may answer a request instead."""

    calls: list[dict[str, Any]] = field(default_factory=some_calls)
    forms: list[dict[str, Any]] = field(default_factory=lambda: list(FORMS))
    texts: list[dict[str, Any]] = field(default_factory=lambda: list(TEXTS))
    audio: bytes = b""
    before: Callable[[httpx2.Request], httpx2.Response | None] = lambda request: None
    asked: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer to a request."""
        path = request.url.path
        self.asked.append(path)
        early = self.before(request)
        if early is not None:
            return early
        if request.url.host == "files.example.com":
            assert "authorization" not in request.headers, "the key went to another host"
            return httpx2.Response(200, content=self.audio)
        if request.headers.get("authorization") != f"Token token={KEY}":
            return httpx2.Response(401, json={"error": "HTTP Token: Access denied."})
        if path == "/v3/a.json":
            return self._page(request, "accounts", [{"id": ACCOUNT, "name": "Blue Wrench Marketing", "numeric_id": 7}])
        name = path.removeprefix(f"/v3/a/{ACCOUNT}/").removesuffix(".json")
        lists = {"companies": COMPANIES, "trackers": TRACKERS, "users": USERS, "calls": self.calls,
                 "form_submissions": self.forms, "tags": TAGS}  # fmt: skip
        if name in lists:
            return self._page(request, name, lists[name])
        if name == "text-messages":
            return self._page(request, "conversations", [{**each, "recent_messages": []} for each in self.texts])
        if name.startswith("text-messages/"):
            return httpx2.Response(200, json=next(each for each in self.texts if name.endswith(each["id"])))
        if name.endswith("/recording"):
            return httpx2.Response(200, json={"url": "https://files.example.com/recording?signature=abc"})
        return httpx2.Response(404, json={"error": "Not found"})

    @staticmethod
    def _page(request: httpx2.Request, key: str, rows: list[dict[str, Any]]) -> httpx2.Response:
        page, size = int(request.url.params.get("page", 1)), int(request.url.params.get("per_page", 100))
        pages = -(-len(rows) // size)
        return httpx2.Response(
            200,
            json={"page": page, "per_page": size, "total_pages": pages, "total_records": len(rows),
                  key: rows[(page - 1) * size : page * size]},
        )  # fmt: skip

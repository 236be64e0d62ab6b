"""A fake of Twilio's Lookup v2 API on loopback, with its path, fields and errors."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import phonenumbers

from hub.api import JsonObject, phone_number
from hub.api.sandbox import HeardRequest, HttpSandbox, VendorRules, answer_reply, json_reply, received, routed

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

PACKAGES = (
    "caller_name", "sim_swap", "call_forwarding", "line_status", "line_type_intelligence", "identity_match",
    "reassigned_number", "sms_pumping_risk", "phone_number_quality_score", "pre_fill",
)  # fmt: skip
"""The packages that may be requested. Source: twilio_lookups_v2.json."""
RULES = VendorRules(Path(__file__).with_name("rules.yaml"))


class Sandbox(HttpSandbox):
    """Twilio with one account. `lines` and `names` are its data by E.164 number; `missing` are numbers that get a
    404, and `charged` every package that was looked up, in order."""

    known_number = "+13125550142"
    rules = RULES

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.account_sid = "AC" + "5b" * 16
        self.auth_token = "stand-in-token-of-lookup"  # noqa: S105
        self.lines: dict[str, JsonObject] = {self.known_number: {"type": "mobile", "carrier_name": "Example Wireless"}}
        self.names: dict[str, JsonObject] = {self.known_number: {"caller_name": "PAT DOE", "caller_type": "CONSUMER"}}
        self.missing: set[str] = set()
        self.charged: list[str] = []

    def settings(self) -> JsonObject:
        return {
            "account_sid": self.account_sid,
            "auth_token": self.auth_token,
            "rest_key_sid": None,
            "rest_key_secret": None,
            "fields": ("line_type_intelligence", "caller_name"),
            "base_url": self.url,
        }

    def authorized(self, request: HeardRequest) -> HeardRequest:
        return request.with_basic(self.account_sid, self.auth_token)

    def app(self) -> Starlette:
        return routed([("/v2/PhoneNumbers/{number}", self._look_up, ["GET"])])

    async def _look_up(self, request: Request) -> Response:
        pair = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            return answer_reply(RULES.answer("credentials"))
        said, number = RULES.check(await received(request), self.clock()), request.path_params["number"]
        if said.answer or number in self.missing:
            return answer_reply(RULES.answer(said.answer or "no_number"))
        query = [name for name in request.query_params.get("Fields", "validation").split(",") if name != "validation"]
        return self._answer(number, query)

    def _answer(self, number: str, request: list[str]) -> Response:
        good = phone_number(number)
        body: dict[str, object] = {
            "calling_country_code": None,
            "country_code": None,
            "phone_number": number,
            "national_format": None,
            "valid": good is not None,
            "validation_errors": None if good else ["INVALID_LENGTH"],
            **dict.fromkeys(PACKAGES),
            "url": f"{self.url}/v2/PhoneNumbers/{number}",
        }
        if good:
            parsed = phonenumbers.parse(number)
            body["calling_country_code"] = str(parsed.country_code)
            body["country_code"] = phonenumbers.region_code_for_number(parsed)
            body["national_format"] = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
            self.charged += request
            body |= {name: self._package(name, number) for name in request}
        return json_reply(body)

    def _package(self, name: str, number: str) -> Mapping[str, object]:
        if name == "caller_name" and not number.startswith("+1"):
            return {"error_code": 60600, "caller_name": None, "caller_type": None}
        if name == "caller_name":
            return {"error_code": None, "caller_name": None, "caller_type": None} | self.names.get(number, {})
        if name == "line_type_intelligence":
            empty = {"mobile_country_code": None, "mobile_network_code": None, "carrier_name": None, "type": "unknown"}
            return {"error_code": None, **empty} | self.lines.get(number, {})
        return {"error_code": 60601}

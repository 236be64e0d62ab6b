"""The fake's numbers and its application, as Vonage's APIs show them.

Source: developer.vonage.com/en/api/numbers and /en/api/application.v2.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from hub.api.oauth import public_key
from plugins.carriers.vonage.sandbox.account import Account, private_key
from plugins.carriers.vonage.sandbox.errors import VonageError, body, form

TYPES = {"mobile-lvn": "1", "landline-toll-free": "8"}
"""The digit in which the fake's numbers of the types differ. They are all North American, of which none is a `landline`:
rest.nexmo.com's answer to `country=US` has `mobile-lvn` (developer.vonage.com/en/numbers/guides/numbers-cli)."""


class Numbers:
    """Numbers of the account, numbers for sale, and the application."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    def own(self, number: str, country: str) -> None:
        """Add a number to the account."""
        digits = number.removeprefix("+")
        features = ["VOICE", "SMS", "MMS"]
        kind = "mobile-lvn" if digits.startswith("1") else "landline"
        self.sandbox.numbers[digits] = {"country": country, "msisdn": digits, "type": kind, "features": features}

    async def list(self, request: Request) -> Response:
        query = request.query_params
        wanted = [
            one
            for one in self.sandbox.numbers.values()
            if query.get("application_id") in (None, one.get("app_id")) and _matches(one["msisdn"], query)
        ]
        return _page(wanted, query)

    async def search(self, request: Request) -> Response:
        query = request.query_params
        area = query.get("pattern", "")[1:4] if query.get("search_pattern", "0") == "0" else ""
        area = area if len(area) == 3 else "312"
        kind = query.get("type", "mobile-lvn")
        found = [
            {"country": query["country"], "msisdn": digits, "type": kind, "cost": "0.90", "features": ["SMS", "VOICE"]}
            for line in range(100 if kind in TYPES else 0)
            if (digits := f"1{area}5550{TYPES[kind]}{line:02d}") not in self.sandbox.numbers and _matches(digits, query)
        ]
        return _page(found, query)

    async def buy(self, request: Request) -> Response:
        wanted = await form(request)
        if wanted["msisdn"] in self.sandbox.numbers:
            raise VonageError("numbers_refused")
        self.own(wanted["msisdn"], wanted["country"])
        return _done()

    async def cancel(self, request: Request) -> Response:
        wanted = await form(request)
        self._owned(wanted)
        del self.sandbox.numbers[wanted["msisdn"]]
        return _done()

    async def update(self, request: Request) -> Response:
        """A change of the application; forwarding is set only by hand."""
        wanted = await form(request)
        if wanted.get("app_id", self.sandbox.account_sid) != self.sandbox.account_sid:
            raise VonageError("invalid", "app_id")
        self._owned(wanted)["app_id"] = wanted.get("app_id")
        return _done()

    async def application(self, request: Request) -> Response:
        """Show the application, or replace it."""
        ours = self.sandbox.application
        if request.path_params["id"] != ours["id"]:
            raise VonageError("not_found")
        if request.method == "PUT":
            changed = await body(request)
            for name in ("name", "capabilities", "privacy"):
                ours[name] = changed.get(name, {})
        return JSONResponse({**ours, "keys": {"public_key": public_key(private_key())}})

    def _owned(self, wanted: Mapping[str, str]) -> JsonObject:
        found = self.sandbox.numbers.get(wanted["msisdn"])
        if found is None or found["country"] != wanted["country"]:
            raise VonageError("numbers_refused")
        return found


def _matches(digits: str, query: Mapping[str, str]) -> bool:
    pattern, strategy = query.get("pattern", ""), query.get("search_pattern", "0")
    tests = {"0": digits.startswith(pattern), "1": pattern in digits, "2": digits.endswith(pattern)}
    return tests[strategy]


def _page(items: list[JsonObject], query: Mapping[str, str]) -> Response:
    """A page; without any number an empty object."""
    size, index = int(query.get("size", "10")), int(query.get("index", "1"))
    shown = items[(index - 1) * size : index * size]
    return JSONResponse({"count": len(items), "numbers": shown} if items else {})


def _done() -> Response:
    return JSONResponse({"error-code": "200", "error-code-label": "success"})

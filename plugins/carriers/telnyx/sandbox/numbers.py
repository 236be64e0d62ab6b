"""The fake's numbers: for sale, ordered and filled a little later, owned, with webhooks set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.errors import TelnyxError, body, page, whole

PLACES = {"312": ("Chicago", "IL"), "212": ("New York", "NY"), "415": ("San Francisco", "CA"), "416": ("Toronto", "ON")}
AREAS = {
    ("US", "local"): ("312", "212", "415"),
    ("US", "toll_free"): ("800", "888"),
    ("CA", "local"): ("416",),
}
MONTHLY = {"local": "1.00", "toll_free": "1.50", "mobile": "2.00"}
FOR_SALE = re.compile(r"\+1\d{3}55501\d\d|\+447700900\d{3}")
CHANGEABLE = ("connection_id", "customer_reference", "tags", "billing_group_id", "external_pin", "hd_voice_enabled")


class Numbers:
    """Numbers, their orders, and the application and profile that hold their addresses."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    async def search(self, request: Request) -> Response:
        query = request.query_params
        country = query.get("filter[country_code]", "US")
        kind = query.get("filter[phone_number_type]", "local")
        area = query.get("filter[national_destination_code]")
        contains = query.get("filter[phone_number][contains]", "")
        if not contains.isdecimal() and contains:
            raise TelnyxError("10002")
        owned = {number["phone_number"] for number in self.sandbox.numbers.values()}
        found = [
            _offer(number, code, country, kind)
            for number, code in _for_sale(country, kind, area)
            if number not in owned and contains in number
        ]
        limit = whole(query.get("filter[limit]"), 100)
        meta = {"total_results": len(found), "best_effort_results": 0}
        return JSONResponse({"data": found[:limit], "meta": meta, "metadata": meta})

    async def order(self, request: Request) -> Response:
        wanted = await body(request)
        numbers = [one["phone_number"] for one in wanted["phone_numbers"]]
        order_id, now = self.sandbox.new_id("order"), self.sandbox.stamp(self.sandbox.clock())
        order = {
            "id": order_id,
            "record_type": "number_order",
            "status": "pending",
            "phone_numbers": [
                {
                    "id": self.sandbox.new_id("number"),
                    "phone_number": one,
                    "status": "pending",
                    "record_type": "number_order_phone_number",
                }
                for one in numbers
            ],
            "phone_numbers_count": len(numbers),
            "connection_id": wanted.get("connection_id"),
            "messaging_profile_id": wanted.get("messaging_profile_id"),
            "customer_reference": wanted.get("customer_reference"),
            "requirements_met": True,
            "sub_number_orders_ids": [self.sandbox.new_id("sub order")],
            "created_at": now,
            "updated_at": now,
        }
        self.sandbox.orders[order_id] = order | {"looks": 0}
        return JSONResponse({"data": order})

    async def show_order(self, request: Request) -> Response:
        order = self.sandbox.orders.get(request.path_params["id"])
        if order is None:
            raise TelnyxError("10005")
        order["looks"] += 1
        if order["status"] == "pending" and order["looks"] >= self.sandbox.looks_until_filled:
            self._fill(order)
        return JSONResponse({"data": {name: value for name, value in order.items() if name != "looks"}})

    def _fill(self, order: JsonObject) -> None:
        owned = {number["phone_number"] for number in self.sandbox.numbers.values()}
        taken = [
            one
            for one in order["phone_numbers"]
            if one["phone_number"] in owned or not FOR_SALE.fullmatch(one["phone_number"])
        ]
        order["status"] = "failure" if taken else "success"
        for one in order["phone_numbers"]:
            one["status"] = order["status"]
            if not taken:
                self.own(one["phone_number"], one["id"], order)

    def own(self, phone_number: str, number_id: str, order: dict[str, object]) -> None:
        """Add a number to the account."""
        now = self.sandbox.stamp(self.sandbox.clock())
        self.sandbox.numbers[number_id] = {
            "id": number_id,
            "record_type": "phone_number",
            "phone_number": phone_number,
            "country_iso_alpha2": "GB" if phone_number.startswith("+44") else "US",
            "phone_number_type": "local",
            "status": "active",
            "connection_id": order.get("connection_id"),
            "connection_name": None,
            "messaging_profile_id": order.get("messaging_profile_id"),
            "messaging_profile_name": None,
            "customer_reference": order.get("customer_reference"),
            "tags": [],
            "deletion_lock_enabled": False,
            "created_at": now,
            "purchased_at": now,
            "source_type": "number_order",
        }

    async def list(self, request: Request) -> Response:
        wanted = request.query_params.get("filter[phone_number]", "")
        readable = not wanted or wanted.isdecimal()
        found = [one for one in self.sandbox.numbers.values() if readable and wanted in one["phone_number"]]
        return page(request, found)

    def _find(self, request: Request) -> JsonObject:
        found = self.sandbox.numbers.get(request.path_params["id"])
        if found is None:
            raise TelnyxError("10005")
        return found

    async def one(self, request: Request) -> Response:
        number = self._find(request)
        if request.method == "PATCH":
            changes = await body(request)
            if changes.get("connection_id") not in (None, "", self.sandbox.application_id):
                raise TelnyxError("10005")
            number |= {name: value for name, value in changes.items() if name in CHANGEABLE}
        if request.method == "DELETE":
            del self.sandbox.numbers[number["id"]]
            kept = number.keys() - {"country_iso_alpha2", "source_type"}
            number = {name: number[name] for name in kept} | {"status": "deleted"}
        return JSONResponse({"data": number})

    async def messaging(self, request: Request) -> Response:
        number = self._find(request)
        if request.method == "PATCH":
            profile = (await body(request)).get("messaging_profile_id")
            if profile not in (None, "", self.sandbox.profile_id):
                raise TelnyxError("10005")
            if profile is not None:
                number["messaging_profile_id"] = profile or None
        shown = {name: number[name] for name in ("id", "phone_number", "messaging_profile_id", "tags")}
        return JSONResponse({"data": shown | {"record_type": "messaging_settings", "type": "long-code"}})

    async def application(self, request: Request) -> Response:
        if request.path_params["id"] != self.sandbox.application_id:
            raise TelnyxError("10005")
        if request.method == "PATCH":
            self.sandbox.application |= await body(request)
        return JSONResponse({"data": self.sandbox.application})

    async def profile(self, request: Request) -> Response:
        if request.path_params["id"] != self.sandbox.profile_id:
            raise TelnyxError("10005")
        if request.method == "PATCH":
            self.sandbox.profile |= await body(request)
        return JSONResponse({"data": self.sandbox.profile})


def _for_sale(country: str, kind: str, area: str | None) -> Iterator[tuple[str, str]]:
    """The fictional numbers that are for sale, each with its area code."""
    if (country, kind) == ("GB", "mobile"):
        yield from ((f"+447700900{line:03}", "7700") for line in range(100))
        return
    areas = AREAS.get((country, kind), ())
    for code in (area,) if area and areas else areas:
        yield from ((f"+1{code}55501{line:02}", code) for line in range(100))


def _offer(number: str, area: str, country: str, kind: str) -> dict[str, object]:
    city, state = PLACES.get(area, (None, None))
    regions = [("country_code", country), ("rate_center", city), ("state", state)]
    features = ("voice", "sms", "mms") if country in ("US", "CA") else ("voice", "sms")
    return {
        "record_type": "available_phone_number",
        "phone_number": number,
        "vanity_format": None,
        "best_effort": False,
        "quickship": True,
        "reservable": True,
        "region_information": [{"region_type": kind, "region_name": name} for kind, name in regions if name],
        "cost_information": {"monthly_cost": MONTHLY[kind], "upfront_cost": "0.00", "currency": "USD"},
        "features": [{"name": name} for name in features],
    }

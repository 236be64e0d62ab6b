"""The fake's Google Ads API over REST: which accounts a person reaches, an account's conversion actions and costs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.api.sandbox import answer_reply, json_reply, received
from plugins.ads.google_ads.sandbox.spending import ROWS_PER_PAGE, BadQuery, spending_rows

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from plugins.ads.google_ads.sandbox.account import Account


@dataclass(frozen=True)
class Customer:
    """A Google Ads account as its hierarchy shows it."""

    id: str
    name: str
    manager: str = ""
    """The id of the manager account above it."""
    is_manager: bool = False
    status: str = "ENABLED"
    time_zone: str = "America/Chicago"


CUSTOMERS = (
    Customer("1002003000", "Blue Wrench Marketing", is_manager=True),
    Customer("1234567890", "Blue Wrench, clients", "1002003000"),
    Customer("3216540987", "Northgate Drains", "1002003000", time_zone="America/Detroit"),
    Customer("5550100199", "Lakeside, old", "1002003000", status="CANCELED", time_zone="America/New_York"),
    Customer("7770100177", "Somebody else"),
)
SHARED = {
    "ads@bluewrench.example.com": ("1002003000", "1234567890"),
    "somebody@else.example.com": ("7770100177",),
}
"""Person → the accounts that were shared with them directly."""
TAG = {
    "id": "222000111",
    "name": "Page view",
    "type": "WEBPAGE",
    "status": "ENABLED",
    "primaryForGoal": True,
    "countingType": "ONE_PER_CLICK",
}


class AdsRest:
    """The two requests that connecting an account and reading its costs need."""

    def __init__(self, google: Account) -> None:
        self._google = google

    async def accessible(self, request: Request) -> Response:
        """`customers:listAccessibleCustomers`."""
        person = self._google.tokens.account_of(request.headers.get("authorization", ""))
        if person is None:
            return _refused(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        return json_reply({"resourceNames": [f"customers/{each}" for each in SHARED.get(person, ())]})

    async def search(self, request: Request) -> Response:
        """`googleAds:search`, for the queries of the plugin."""
        person = self._google.tokens.account_of(request.headers.get("authorization", ""))
        if person is None:
            return _refused(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        heard = await received(request)
        said = self._google.rules.check(heard, self._google.clock())
        if said.answer:
            return answer_reply(self._google.rules.answer(said.answer), field=said.field)
        customer = request.path_params["customer"]
        manager = request.headers.get("login-customer-id", "")
        if not self._may_use(person, manager, customer):
            return _failed(403, "PERMISSION_DENIED", {"authorizationError": "USER_PERMISSION_DENIED"})
        query = said.request["body"]
        found = re.search(r"\bFROM (\w+)", query["query"])
        if found is not None and found[1] in ("customer_client", "conversion_action"):
            rows = self._clients(customer) if found[1] == "customer_client" else self._actions(customer)
            return json_reply({"results": rows, "fieldMask": ""})
        return self._spending(query, customer)

    def _spending(self, request: Mapping[str, Any], customer: str) -> Response:
        with self._google.lock:
            hidden, costs = self._google.hides_reports, tuple(self._google.costs)
        if hidden:
            return _failed(403, "PERMISSION_DENIED", {"authorizationError": hidden})
        try:
            rows = spending_rows(request["query"], costs, customer)
        except BadQuery as error:
            return _failed(400, "INVALID_ARGUMENT", {"queryError": str(error)})
        token = str(request.get("pageToken") or "0")
        if not (token.isdecimal() and int(token) <= len(rows)):
            return _failed(400, "INVALID_ARGUMENT", {"requestError": "INVALID_PAGE_TOKEN"})
        end = int(token) + ROWS_PER_PAGE
        more = {"nextPageToken": str(end)} if end < len(rows) else {}
        return json_reply({"results": rows[int(token) : end], "fieldMask": "", **more})

    def _may_use(self, person: str, manager: str, customer: str) -> bool:
        known = {each.id: each for each in CUSTOMERS}
        shared = SHARED.get(person, ())
        named = known.get(customer)
        if named is None or manager not in shared or named.status != "ENABLED":
            return False
        return customer == manager or named.manager == manager

    def _clients(self, customer: str) -> list[Mapping[str, object]]:
        shown = [each for each in CUSTOMERS if customer in (each.id, each.manager)]
        return [
            {
                "customerClient": {
                    "id": each.id,
                    "descriptiveName": each.name,
                    "currencyCode": "USD",
                    "timeZone": each.time_zone,
                    "manager": each.is_manager,
                    "status": each.status,
                }
            }
            for each in shown
        ]

    def _actions(self, customer: str) -> list[Mapping[str, Any]]:
        names = ("Qualified call", "Sale", "Contact form")
        uploads = [
            {
                "id": number,
                "name": names[place] if place < len(names) else f"Action {number}",
                "type": "UPLOAD_CLICKS",
                "status": "ENABLED",
                "primaryForGoal": place == 0,
                "countingType": "ONE_PER_CLICK" if number in self._google.one_per_click else "MANY_PER_CLICK",
            }
            for place, number in enumerate(self._google.conversion_actions)
        ]
        calls = [
            TAG | {"id": number, "name": "Call from an ad", "type": "UPLOAD_CALLS"}
            for number in self._google.call_actions
        ]
        prefix = f"customers/{self._google.customer_id}/conversionActions"
        return [
            {"conversionAction": {"resourceName": f"{prefix}/{action['id']}", **action}}
            for action in (*uploads, TAG, *calls)
        ]


def _failed(code: int, status: str, error_code: Mapping[str, str]) -> Response:
    """An error with a GoogleAdsFailure."""
    version = "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure"
    errors = [{"errorCode": error_code, "message": "Refused by the stand-in."}]
    detail = {"@type": version, "errors": errors, "requestId": "stand-in-request"}
    error = {"code": code, "message": "Refused by the stand-in.", "status": status, "details": [detail]}
    return json_reply({"error": error}, code)


def _refused(code: int, status: str, message: str) -> Response:
    return json_reply({"error": {"code": code, "message": message, "status": status}}, code)

"""A stand-in of Close: contacts with a lead each, calls and opportunities. Source: developer.close.com/api/resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hub.api import JsonObject, phone_number
from hub.api.crm import CrmStandIn

from .. import Close
from ..translate import call_key

if TYPE_CHECKING:
    from starlette.requests import Request

API = "/api/v1"


class Sandbox(CrmStandIn):
    """One organization."""

    network = Close
    ids = {"contact": "cont_{}", "deal": "oppo_{}", "call": "acti_{}"}

    def contact(self, name: str, phone_number: str, email: str | None) -> JsonObject:
        emails = [{"email": email, "type": "office"}] if email else []
        phones = [{"phone": phone_number, "type": "office"}]
        return {"name": name, "title": "", "lead_id": f"lead_{self.made}", "phones": phones, "emails": emails}

    def deal(self, contact: JsonObject, stage: str, amount: Decimal, currency: str) -> JsonObject:
        now = self.clock().isoformat()
        return {
            "lead_id": contact["lead_id"],
            "contact_id": contact["id"],
            "status_type": "active" if stage == "qualified" else stage,
            "status_label": stage.title(),
            "value": int(amount * 100),
            "value_currency": currency,
            "date_updated": now,
            "date_won": now if stage == "won" else None,
            "date_lost": now if stage == "lost" else None,
        }

    def call_key(self, call: Mapping[str, Any]) -> str:
        return call_key(call)

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Any]]]:
        return [
            ("GET", f"{API}/me/", lambda request, body: {"id": "user_1", "organizations": [{"id": "orga_1"}]}),
            ("POST", f"{API}/data/search/", self.search),
            ("GET", f"{API}/activity/call/", self.calls),
            ("POST", f"{API}/activity/call/", lambda request, body: self.log({"_type": "Call", **body})),
            ("GET", f"{API}/activity/call/{{id}}/", lambda request, body: self.one(request, "call")),
            ("DELETE", f"{API}/activity/call/{{id}}/", lambda request, body: self.deleted(request, "call")),
            ("PUT", f"{API}/contact/{{id}}/", self.change),
            ("DELETE", f"{API}/contact/{{id}}/", lambda request, body: self.deleted(request, "contact")),
            ("GET", f"{API}/lead/{{id}}/", self.lead),
            ("GET", f"{API}/opportunity/", self.deals),
        ]  # fmt: skip

    def search(self, request: Request, body: Any) -> JsonObject:
        wanted = body["query"]["queries"][1]["related_query"]
        field, value = wanted["field"]["field_name"], wanted["condition"]["value"].lower()
        found = [
            {"__object_type": "contact", **each}
            for each in self.held("contact")
            if value in [_indexed(field, entry[field]) for entry in each[f"{field}s"]]
        ]
        start = int(body.get("cursor") or 0)
        end = start + self.page_size(body["_limit"])
        count = {"limited": len(found), "total": len(found)}
        return {"data": found[start:end], "cursor": str(end) if end < len(found) else None, "count": count}

    def calls(self, request: Request, body: Any) -> JsonObject:
        query = request.query_params
        after, before = query.get("date_created__gt", ""), query.get("date_created__lt", "9")
        calls = self.held("call", **({"lead_id": query["lead_id"]} if "lead_id" in query else {}))
        return self.page(request, [each for each in calls if after < each["date_created"] < before])

    def change(self, request: Request, body: Any) -> JsonObject:
        contact = self.one(request, "contact")
        contact |= body
        return contact

    def lead(self, request: Request, body: Any) -> JsonObject:
        lead = request.path_params["id"]
        return {"id": lead, "contacts": self.held("contact", lead_id=lead)}

    def deals(self, request: Request, body: Any) -> JsonObject:
        since = request.query_params.get("date_updated__gte", "")
        changed = [each for each in self.held("deal") if each["date_updated"] >= since]
        return self.page(request, sorted(changed, key=lambda each: str(each["date_updated"])))

    def page(self, request: Request, records: Sequence[JsonObject]) -> JsonObject:
        """The page of a list for which a request asks."""
        start = int(request.query_params["_skip"])
        end = start + self.page_size(int(request.query_params["_limit"]))
        return {"data": records[start:end], "has_more": end < len(records)}


def _indexed(field: str, value: str) -> str:
    """What a search compares: numbers in E.164, addresses in lower case."""
    return phone_number(value) or value if field == "phone" else value.lower()

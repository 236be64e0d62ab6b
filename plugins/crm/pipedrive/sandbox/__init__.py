"""A stand-in of Pipedrive: persons, activities and deals. Source: developers.pipedrive.com/docs/api/v1, version v2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hub.api import JsonObject
from hub.api.crm import CrmStandIn

from .. import Pipedrive
from ..translate import call_key, whole_second

if TYPE_CHECKING:
    from starlette.requests import Request

API = "/api/v2"
STAGES = {1: "Qualified", 2: "Contact Made"}


class Sandbox(CrmStandIn):
    """One company."""

    network = Pipedrive
    ids = {"contact": "{}", "deal": "{}", "call": "{}"}

    def contact(self, name: str, phone_number: str, email: str | None) -> JsonObject:
        emails = [{"value": email, "primary": True, "label": "work"}] if email else []
        phones = [{"value": phone_number, "primary": True, "label": "work"}]
        return {"name": name, "phones": phones, "emails": emails}

    def deal(self, contact: JsonObject, stage: str, amount: Decimal, currency: str) -> JsonObject:
        now = whole_second(self.clock())
        return {
            "person_id": int(contact["id"]),
            "status": "open" if stage == "qualified" else stage,
            "stage_id": 1,
            "value": float(amount),
            "currency": currency,
            "update_time": now,
            "stage_change_time": now,
            "won_time": now if stage == "won" else None,
            "lost_time": now if stage == "lost" else None,
        }

    def call_key(self, call: Mapping[str, Any]) -> str:
        return call_key(call)

    def activities(self) -> Sequence[Mapping[str, Any]]:
        return [{**each, "contact_id": each["person_id"] and str(each["person_id"])} for each in super().activities()]

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Any]]]:
        return [
            ("GET", f"{API}/stages", self.stages),
            ("GET", f"{API}/persons/search", self.search),
            ("GET", f"{API}/persons", lambda request, body: self.listed(request, "contact")),
            ("PATCH", f"{API}/persons/{{id}}", self.change),
            ("DELETE", f"{API}/persons/{{id}}", lambda request, body: self.gone(request, "contact")),
            ("GET", f"{API}/activities", lambda request, body: self.listed(request, "call")),
            ("POST", f"{API}/activities", self.new_call),
            ("DELETE", f"{API}/activities/{{id}}", lambda request, body: self.gone(request, "call")),
            ("GET", f"{API}/deals", lambda request, body: self.listed(request, "deal")),
        ]  # fmt: skip

    def stages(self, request: Request, body: Any) -> JsonObject:
        return self.page(request, [{"id": number, "name": name} for number, name in STAGES.items()])

    def search(self, request: Request, body: Any) -> JsonObject:
        """What contains the term, or is the term if the match is to be exact, in upper or lower case."""
        query = request.query_params
        listed, term, exact = f"{query['fields']}s", query["term"].lower(), query.get("exact_match") == "true"
        hits = []
        for person in self.held("contact"):
            texts = {name: [entry["value"] for entry in person[name]] for name in ("phones", "emails")}
            if any(term == text.lower() if exact else term in text.lower() for text in texts[listed]):
                hits.append({"result_score": 0.5, "item": {"type": "person", **_numbered(person), **texts}})
        page = self.page(request, hits)
        return {**page, "data": {"items": page["data"]}}

    def new_call(self, request: Request, body: Any) -> JsonObject:
        people = [each["person_id"] for each in body.get("participants", ()) if each.get("primary")]
        changed = {"person_id": next(iter(people), None), "update_time": whole_second(self.clock())}
        return {"success": True, "data": _numbered(self.log({**body, **changed}))}

    def change(self, request: Request, body: Any) -> JsonObject:
        person = self.one(request, "contact")
        person |= body
        return {"success": True, "data": _numbered(person)}

    def gone(self, request: Request, kind: str) -> JsonObject:
        self.deleted(request, kind)
        return {"success": True, "data": {"id": int(request.path_params["id"])}}

    def listed(self, request: Request, kind: str) -> JsonObject:
        """The records of a kind that a list is asked for, in the order of their changes if it is asked so."""
        query = request.query_params
        ids, person, since = query.get("ids"), query.get("person_id"), query.get("updated_since", "")
        found = [
            _numbered(each)
            for each in self.held(kind)
            if (ids is None or each["id"] in ids.split(",")) and (person is None or str(each["person_id"]) == person)
            if each.get("update_time", "") >= since
        ]
        return self.page(request, sorted(found, key=lambda each: (str(each.get(query.get("sort_by", ""))), each["id"])))

    def page(self, request: Request, records: Sequence[JsonObject]) -> JsonObject:
        """The page of a list for which a request asks."""
        start = int(request.query_params.get("cursor", 0))
        end = start + self.page_size(int(request.query_params["limit"]))
        mark = {"next_cursor": str(end) if end < len(records) else None}
        return {"success": True, "data": list(records[start:end]), "additional_data": mark}


def _numbered(record: JsonObject) -> JsonObject:
    return {**record, "id": int(record["id"])}

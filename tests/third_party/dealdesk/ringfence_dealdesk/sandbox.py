"""A stand-in of Dealdesk: leads, calls and a feed of changed opportunities."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from hub.api.sandbox import HttpSandbox

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import JSONResponse

API_KEY = "key of the stand-in of Dealdesk"
PAGE = 2
"""As small as a page can be, so that whoever reads only the first one is noticed."""
Stage = Literal["qualified", "won", "lost"]


class Sandbox(HttpSandbox):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ids = itertools.count(1)
        self._records: dict[str, dict[str, dict[str, Any]]] = {"lead": {}, "call": {}}
        self._deals: dict[str, dict[str, Any]] = {}
        self._refused: set[str] = set()

    def settings(self) -> dict[str, Any]:
        return {"api_key": API_KEY, "base_url": self.url}

    def add_contact(self, name: str, phone_number: str, email: str | None = None) -> str:
        return self._add("lead", {"name": name, "phone": phone_number, "email": email})

    def add_deal(self, contact_id: str, stage: Stage, amount: str, currency: str) -> str:
        deal_id = f"oppo_{next(self._ids)}"
        self._deals[deal_id] = {"id": deal_id, "lead_id": contact_id, "value_currency": currency}
        self.move_deal(deal_id, stage, amount)
        return deal_id

    def move_deal(self, deal_id: str, stage: Stage, amount: str) -> None:
        change = {"status": stage, "value": int(Decimal(amount) * 100), "changed_at": self.clock().isoformat()}
        self._deals[deal_id] |= {**change, "sequence": next(self._ids)}

    def activities(self) -> Sequence[Mapping[str, Any]]:
        calls = self._records["call"].values()
        return [{**call, "key": call["external_id"], "contact_id": call["lead_id"]} for call in calls]

    def refuse(self, key: str) -> None:
        self._refused.add(key)

    def held_ids(self) -> Sequence[str]:
        return [record_id for records in self._records.values() for record_id in records]

    def app(self) -> Any:
        from starlette.applications import Starlette
        from starlette.routing import Route

        def route(path: str, endpoint: Any, method: str) -> Route:
            async def serve(request: Request) -> JSONResponse:
                credentials = base64.b64encode(f"{API_KEY}:".encode()).decode()
                if request.headers.get("authorization") != f"Basic {credentials}":
                    return _json({"code": "BAD_KEY"}, 401)
                body = await request.json() if method in ("POST", "PUT") else {}
                status, reply = endpoint(request, body)
                return _json(reply, status)

            return Route(path, serve, methods=[method])

        return Starlette(
            routes=[
                route("/api/v1/me", lambda request, body: (200, {"name": "Example Plumbing"}), "GET"),
                route("/api/v1/event", self._changes, "GET"),
                route("/api/v1/{kind}/search", self._search, "POST"),
                route("/api/v1/call", self._log, "POST"),
                route("/api/v1/call/{id}", self._log, "PUT"),
                route("/api/v1/{kind}/{id}", self._delete, "DELETE"),
            ]
        )

    def _add(self, kind: str, record: dict[str, Any]) -> str:
        record_id = f"{kind}_{next(self._ids)}"
        self._records[kind][record_id] = {"id": record_id, **record}
        return record_id

    def _search(self, request: Request, body: dict[str, Any]) -> tuple[int, Any]:
        records = self._records[request.path_params["kind"]].values()
        found = [each for each in records if body["query"].items() <= each.items()]
        start = body["cursor"] or 0
        after = start + PAGE
        return 200, {"data": found[start:after], "cursor": after if after < len(found) else None}

    def _log(self, request: Request, body: dict[str, Any]) -> tuple[int, Any]:
        if body["external_id"] in self._refused:
            return 422, {"code": "CALL_NOT_VALID", "message": "The call is not valid."}
        call_id = request.path_params.get("id")
        if call_id is None:
            return 200, {"id": self._add("call", body)}
        if call_id not in self._records["call"]:
            return 404, {"code": "NOT_FOUND"}
        self._records["call"][call_id] |= body
        return 200, {"id": call_id}

    def _delete(self, request: Request, body: dict[str, Any]) -> tuple[int, Any]:
        gone = self._records[request.path_params["kind"]].pop(request.path_params["id"], None)
        return (200, {}) if gone else (404, {"code": "NOT_FOUND"})

    def _changes(self, request: Request, body: dict[str, Any]) -> tuple[int, Any]:
        after = int(request.query_params["after"])
        newer = [deal for deal in self._deals.values() if deal["sequence"] > after]
        newer.sort(key=lambda deal: deal["sequence"])
        leads = self._records["lead"]
        shown = [
            {**deal, **{name: leads.get(deal["lead_id"], {}).get(name) for name in ("phone", "email")}}
            for deal in newer[:PAGE]
        ]
        return 200, {"data": shown, "has_more": len(newer) > PAGE}


def _json(body: Any, status: int) -> JSONResponse:
    from starlette.responses import JSONResponse

    return JSONResponse(body, status)

"""The fake's porting API: drafts, documents, and the submission of complete orders."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.errors import TelnyxError, body, page

WANTED = {
    "admin": ("entity_name", "auth_person_name", "account_number"),
    "location": ("street_address", "locality", "administrative_area", "postal_code"),
}


class Ports:
    """Port orders and their documents."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    async def upload(self, request: Request) -> Response:
        document = await body(request)
        try:
            data = base64.b64decode(document["file"], validate=True)
        except (KeyError, TypeError, binascii.Error):
            raise TelnyxError("10004") from None
        document_id = self.sandbox.new_id("document")
        self.sandbox.documents[document_id] = data
        shown = {
            "id": document_id,
            "record_type": "document",
            "filename": document.get("filename"),
            "status": "pending",
        }
        return JSONResponse({"data": shown})

    async def create(self, request: Request) -> Response:
        wanted = await body(request)
        numbers = wanted["phone_numbers"]
        order_id, now = self.sandbox.new_id("port"), self.sandbox.stamp(self.sandbox.clock())
        self.sandbox.port_orders[order_id] = {
            "id": order_id,
            "record_type": "porting_order",
            "status": {"value": "draft", "details": []},
            "phone_numbers": [{"phone_number": one, "record_type": "porting_phone_number"} for one in numbers],
            "porting_phone_numbers_count": len(numbers),
            "customer_reference": wanted.get("customer_reference"),
            "requirements_met": False,
            "documents": {"loa": None, "invoice": None},
            "end_user": {"admin": None, "location": None},
            "activation_settings": {"foc_datetime_requested": None, "foc_datetime_actual": None},
            "phone_number_configuration": {},
            "created_at": now,
            "updated_at": now,
        }
        return JSONResponse({"data": [self.sandbox.port_orders[order_id]]}, status_code=201)

    async def list(self, request: Request) -> Response:
        wanted = request.query_params.get("filter[customer_reference]")
        found = [one for one in self.sandbox.port_orders.values() if wanted in (None, one["customer_reference"])]
        shown = [
            one if request.query_params.get("include_phone_numbers") == "true" else one | {"phone_numbers": []}
            for one in found
        ]
        return page(request, shown[::-1])

    def _find(self, request: Request) -> JsonObject:
        found = self.sandbox.port_orders.get(request.path_params["id"])
        if found is None:
            raise TelnyxError("10005")
        return found

    async def one(self, request: Request) -> Response:
        order = self._find(request)
        if request.method == "PATCH":
            changes = await body(request)
            for name in ("documents", "end_user", "activation_settings", "phone_number_configuration"):
                order[name] = order[name] | (changes.get(name) or {})
            order["requirements_met"] = self._complete(order)
            order["updated_at"] = self.sandbox.stamp(self.sandbox.clock())
        return JSONResponse({"data": order, "meta": {}})

    def _complete(self, order: JsonObject) -> bool:
        complete = all((order["end_user"][part] or {}).get(name) for part, names in WANTED.items() for name in names)
        letter = self.sandbox.letter_on_file or order["documents"]["loa"]
        return bool(complete and letter and order["documents"]["invoice"] in self.sandbox.documents)

    async def confirm(self, request: Request) -> Response:
        order = self._find(request)
        if not order["requirements_met"]:
            raise TelnyxError("10004")
        order["status"] = {"value": "submitted", "details": []}
        return JSONResponse({"data": order, "meta": {}})

    async def cancel(self, request: Request) -> Response:
        order = self._find(request)
        order["status"] = {
            "value": "cancelled" if order["status"]["value"] == "draft" else "cancel-pending",
            "details": [],
        }
        return JSONResponse({"data": order, "meta": {}})

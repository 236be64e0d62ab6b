"""The fake's porting API: it accepts bills, and accepts, lists and shows orders."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from plugins.carriers.twilio.sandbox.account import Account
from plugins.carriers.twilio.sandbox.errors import TwilioError, json_object

PAGE_SIZE = 20


class Ports:
    """Port orders of the account."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    async def upload(self, request: Request) -> Response:
        body = await request.body()
        kind = request.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data") or b'name="File"' not in body or b"utility_bill" not in body:
            raise TwilioError(20422)
        sid = self.sandbox.new_sid("RD")
        self.sandbox.documents[sid] = body
        shown = {"sid": sid, "account_sid": self.sandbox.account_sid, "document_type": "utility_bill", "version": 1}
        return JSONResponse(shown | {"mime_type": "application/pdf", "status": "draft"}, status_code=201)

    async def order(self, request: Request) -> Response:
        body = await json_object(request)
        losing, phones = body["losing_carrier_information"], body["phone_numbers"]
        known = [one for one in body["documents"] if one in self.sandbox.documents]
        if not known:
            raise TwilioError(20422)
        sid = self.sandbox.new_sid("KW")
        order: dict[str, object] = {
            "port_in_request_sid": sid,
            "url": f"{self.sandbox.origin}/v1/Porting/PortIn/{sid}",
            "account_sid": self.sandbox.account_sid,
            "notification_emails": body.get("notification_emails") or [],
            "target_port_in_date": body.get("target_port_in_date"),
            "target_port_in_time_range_start": None,
            "target_port_in_time_range_end": None,
            "port_in_request_status": "Waiting for Signature",
            "order_cancellation_reason": None,
            "losing_carrier_information": losing,
            "phone_numbers": [self._phone(phone) for phone in phones],
            "documents": known,
            "date_created": self.sandbox.clock().isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        self.sandbox.port_orders[sid] = order
        return JSONResponse(order, status_code=202)

    def _phone(self, phone: dict[str, object]) -> JsonObject:
        return {
            "phone_number": phone["phone_number"],
            "pin": phone.get("pin"),
            "portable": True,
            "not_portability_reason": None,
            "not_portability_reason_code": None,
            "port_in_phone_number_sid": self.sandbox.new_sid("PU"),
            "port_in_phone_number_status": "In Review",
        }

    async def list(self, request: Request) -> Response:
        size = int(request.query_params.get("Size", PAGE_SIZE))
        start = int(request.query_params.get("Token") or 0)
        orders = list(reversed(self.sandbox.port_orders.values()))
        shown = [
            {
                "port_in_request_sid": order["port_in_request_sid"],
                "port_in_request_status": order["port_in_request_status"],
                "status_last_updated_timestamp": order["date_created"],
                "phone_numbers_requested": len(order["phone_numbers"]),
                "phone_numbers_ported": 0,
                "suggested_action": order.get("suggested_action"),
            }
            for order in orders[start : start + size]
        ]
        address = f"{self.sandbox.origin}{request.url.path}"
        more = start + size < len(orders)
        following = f"{address}?{urlencode({'Size': size, 'Token': start + size})}" if more else None
        meta = {"page_size": size, "next_page_url": following, "url": address, "key": "port_in_requests"}
        return JSONResponse({"port_in_requests": shown, "meta": meta})

    async def one(self, request: Request) -> Response:
        order = self.sandbox.port_orders.get(request.path_params["sid"])
        if order is None:
            raise TwilioError(20404)
        if request.method == "DELETE":
            order["port_in_request_status"] = "Canceled"
            return Response(status_code=204)
        return JSONResponse({name: value for name, value in order.items() if name != "suggested_action"})

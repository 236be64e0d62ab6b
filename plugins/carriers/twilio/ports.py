"""Port numbers to Twilio: upload the bill, then place the order. Twilio emails the letter to sign.

Source: twilio.com/docs/phone-numbers/port-in/port-in-request-api and /document-apis (public beta; US local and mobile
numbers only).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub.api import Rejected, RetryLater, hookimpl, phone_number
from hub.api.carriers import PortOrder, PortRequest, PortStatus
from plugins.carriers.twilio.rest import Account

MAX_NUMBERS_PER_ORDER = 1000
MAX_BILL_BYTES = 10 * 1024 * 1024
STATUSES: Mapping[str, PortStatus] = {
    "waiting for signature": "draft",
    "in review": "submitted",
    "in progress": "submitted",
    "action required": "action_required",
    "completed": "ported",
    "expired": "rejected",
    "canceled": "cancelled",
}
"""Twilio's `port_in_request_status`, which it writes with varying spaces, hyphens and capitals."""
SUGGESTED = "suggested_action"
"""A field that only the list has."""
DETAILS: Mapping[PortStatus, str] = {
    "draft": "The letter of authorization waits for its signature; Twilio mailed it to the authorized person.",
    "action_required": "Twilio or the losing carrier asks for something; open the order in Twilio's console.",
    "rejected": "The order expired without a signature; order again.",
}


class Ports(Account):
    """Upload the bill, then place the order. Twilio emails the letter to sign."""

    @hookimpl
    def order_port(self, request: PortRequest) -> PortOrder:
        """Order a port with its bill; Twilio emails the letter to sign."""
        if request.country != "US":
            raise Rejected("Twilio's porting API accepts US numbers only; order this port in Twilio's console.")
        if not request.bill:
            raise Rejected("Twilio wants the losing carrier's latest bill as a PDF, not older than 30 days.")
        if not request.bill.startswith(b"%PDF-") or len(request.bill) > MAX_BILL_BYTES:
            raise Rejected("The bill must be a PDF of at most 10 MB.")
        if not 0 < len(request.numbers) <= MAX_NUMBERS_PER_ORDER:
            raise Rejected(f"Twilio accepts between one and {MAX_NUMBERS_PER_ORDER} numbers an order.")
        document = self.rest.upload(
            f"{self.settings.upload_url}/v1/Documents",
            {"document_type": "utility_bill", "friendly_name": f"bill {request.key}"},
            "bill.pdf",
            "application/pdf",
            request.bill,
        )
        if not document.get("sid"):
            raise RetryLater("Twilio accepted the bill without giving it an id.")
        body = _body(request, str(document["sid"]), self.settings.account_sid)
        return port_order(self.rest.post_json(f"{self.settings.porting_url}/v1/Porting/PortIn", body))

    @hookimpl
    def list_ports(self) -> Sequence[PortOrder]:
        """All orders, newest first. The list has no numbers, so each order is read with its own request; one that cannot be
        read does not hide the others."""
        base = f"{self.settings.porting_url}/v1/Porting/PortIn"
        found = []
        for item in self.rest.listed(f"{base}/PortInRequests", "port_in_requests"):
            shown = self.rest.find(f"{base}/{item.get('port_in_request_sid')}") or {}
            try:
                found.append((str(shown.get("date_created")), port_order(shown | {SUGGESTED: item.get(SUGGESTED)})))
            except RetryLater:
                self.services.log.warning("a port order in Twilio's list could not be read")
        return [order for _, order in sorted(found, key=lambda one: one[0], reverse=True)]

    @hookimpl
    def cancel_port(self, order_id: str) -> None:
        """Cancel an order; one that Twilio does not have anymore is cancelled."""
        if not re.fullmatch(r"KW[0-9a-fA-F]{32}", order_id):
            raise Rejected("That is not a Twilio port order.")
        self.rest.delete(f"{self.settings.porting_url}/v1/Porting/PortIn/{order_id}")


def _body(request: PortRequest, document: str, account_sid: str) -> dict[str, object]:
    address = {
        "street": request.street,
        "city": request.city,
        "state": request.region,
        "zip": request.postal_code,
        "country": "USA",
    }
    losing: dict[str, object] = {
        "customer_type": "Business",
        "customer_name": request.business_name,
        "authorized_representative": request.authorized_person or "",
        "authorized_representative_email": request.email or "",
        "account_telephone_number": request.numbers[0],
        "address": address,
    }
    if request.account_number:
        losing["account_number"] = request.account_number
    body: dict[str, object] = {
        "account_sid": account_sid,
        "documents": [document],
        "losing_carrier_information": losing,
        "phone_numbers": [
            {"phone_number": number} | ({"pin": request.pin} if request.pin else {}) for number in request.numbers
        ],
    }
    if request.wanted_on:
        body["target_port_in_date"] = request.wanted_on.isoformat()
    return body


def port_order(item: Mapping[str, Any]) -> PortOrder:
    """An order as Twilio shows it. It has no agreed date: the target date is only what we asked for."""
    order_id, word = item.get("port_in_request_sid"), str(item.get("port_in_request_status") or "")
    phones = item.get("phone_numbers")
    if not isinstance(order_id, str) or not isinstance(phones, list):
        raise RetryLater("Twilio did not return a port order.")
    status = STATUSES.get(word.lower().replace("-", " ").replace("_", " "), "submitted")
    return PortOrder(
        order_id=order_id,
        numbers=tuple(filter(None, (phone_number(p.get("phone_number")) for p in phones if isinstance(p, dict)))),
        status=status,
        detail=_detail(status, item, phones),
    )


def _detail(status: PortStatus, item: Mapping[str, object], phones: list[object]) -> str:
    """Twilio's messages about an order: why it was canceled, what to do, and why a number cannot be ported."""
    said = [str(item.get("order_cancellation_reason") or ""), str(item.get(SUGGESTED) or "")]
    said += [str(phone.get("not_portability_reason") or "") for phone in phones if isinstance(phone, dict)]
    reported_by_twilio = "; ".join(dict.fromkeys(filter(None, said)))[:200]
    return reported_by_twilio or DETAILS.get(status, "")

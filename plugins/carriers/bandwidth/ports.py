"""Port numbers to Bandwidth: order, list, cancel, through its port-in API.

Source: dev.bandwidth.com/docs/numbers/porting/port-ins and Bandwidth's own CLI. An order that is not a draft is found again by
our key (customerOrderId), so a second try continues the same order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from hub.api import BadPayload, Rejected, RetryLater, hookimpl, without_personal_data
from hub.api.carriers import PortOrder, PortRequest, PortStatus
from hub.api.twiml import moment
from plugins.carriers.bandwidth.numbers import e164, national
from plugins.carriers.bandwidth.rest import Account, Rest, element, errors_of, said

STATUSES: Mapping[str, PortStatus] = {
    "DRAFT": "draft",
    "VALIDATE_DRAFT_TFNS": "draft",
    "VALID_DRAFT_TFNS": "draft",
    "INVALID_DRAFT_TFNS": "action_required",
    "PENDING_DOCUMENTS": "draft",
    "MISSING_REQUIREMENTS": "action_required",
    "INVALID_TFNS": "action_required",
    "EXCEPTION": "action_required",
    "FOC": "scheduled",
    "COMPLETE": "ported",
    "SNAPBACK": "rejected",
    "REQUESTED_CANCEL": "cancelled",
    "CANCELLED": "cancelled",
}
"""Every other status is one more step on the way."""
ENDED = frozenset({"ported", "rejected", "cancelled"})
MISSING = "Bandwidth waits for the signed letter of authorization; add it to the order in its app."
MAX_KEY_CHARACTERS, PAGE_SIZE = 40, 100
ORDER_ID = re.compile(r"[0-9a-fA-F-]{8,64}")


class Ports(Account):
    """Order, list, cancel, through its port-in API."""

    @hookimpl
    def order_port(self, request: PortRequest) -> PortOrder:
        """Order a port of numbers that one carrier has under one account."""
        rest = self._rest
        key = _key(request.key)
        for held in rest.pages("/portins", "lnpPortInfoForGivenStatus", {"customerOrderId": key}, PAGE_SIZE):
            if said(held, "CustomerOrderId") in ("", key):
                return _shown(rest, said(held, "OrderId"))
        placed = rest.write("POST", "/portins", _filled_in(rest, request, key))
        order_id = said(placed, "OrderId")
        if not ORDER_ID.fullmatch(order_id):
            raise RetryLater("Bandwidth answered without an order; look with hub numbers ports before you try again.")
        if request.bill:
            sent = {"content": request.bill, "headers": {"content-type": "application/pdf"}}
            rest.write("POST", f"/portins/{order_id}/loas", None, params={"documentType": "INVOICE"}, **sent)
        return _shown(rest, order_id)

    @hookimpl
    def list_ports(self) -> Sequence[PortOrder]:
        """All port orders. One that has ended is shown as the list shows it, with its first number; one that cannot be read
        does not hide the others."""
        rest = self._rest
        found = []
        for item in rest.pages("/portins", "lnpPortInfoForGivenStatus", {}, PAGE_SIZE):
            order_id = said(item, "OrderId")
            try:
                if STATUSES.get(said(item, "ProcessingStatus").upper()) in ENDED:
                    found.append(port_order(order_id, item))
                else:
                    found.append(_shown(rest, order_id))
            except RetryLater:
                rest.log.warning("a port order in Bandwidth's list could not be read")
        return found

    @hookimpl
    def cancel_port(self, order_id: str) -> None:
        """Cancel an order that has not ended."""
        if _shown(self._rest, order_id).status not in ENDED:
            self._rest.write("DELETE", f"/portins/{_checked(order_id)}", None)


def _key(key: str) -> str:
    return key if len(key) <= MAX_KEY_CHARACTERS else hashlib.sha256(key.encode()).hexdigest()[:MAX_KEY_CHARACTERS]


def _filled_in(rest: Rest, request: PortRequest, key: str) -> Element:
    house, _, street = request.street.strip().partition(" ")
    if not street or not house[:1].isdigit():
        raise Rejected("give the street of the bill with the house number first, like 1 Example Street.")
    numbers = [national(each) for each in request.numbers]
    return element(
        "LnpOrder",
        {
            "CustomerOrderId": key,
            "RequestedFocDate": f"{request.wanted_on}T16:00:00.000Z" if request.wanted_on else "",
            "BillingTelephoneNumber": numbers[0],
            "SiteId": rest.settings.site_id,
            "PeerId": rest.settings.location_id,
            "Subscriber": {
                "SubscriberType": "BUSINESS",
                "BusinessName": request.business_name,
                "ServiceAddress": {
                    "HouseNumber": house,
                    "StreetName": street,
                    "City": request.city,
                    "StateCode": request.region,
                    "Zip": request.postal_code,
                    "Country": {"US": "United States", "CA": "Canada"}.get(request.country, request.country),
                },
            },
            "LoaAuthorizingPerson": request.authorized_person or "",
            **_account(request),
            "ListOfPhoneNumbers": {"PhoneNumber": numbers},
        },
    )


def _account(request: PortRequest) -> dict[str, object]:
    wanted = {"AccountNumber": request.account_number, "PinNumber": request.pin or ""}
    return {"WirelessInfo": wanted} if any(wanted.values()) else {}


def _shown(rest: Rest, order_id: str) -> PortOrder:
    return port_order(order_id, rest.must_read(f"/portins/{_checked(order_id)}"))


def _checked(order_id: str) -> str:
    if not ORDER_ID.fullmatch(order_id):
        raise Rejected("this is not a port order of Bandwidth.")
    return order_id


def port_order(order_id: str, item: Element) -> PortOrder:
    """An order as Bandwidth shows it, without data of the end user."""
    status = STATUSES.get(said(item, "ProcessingStatus").upper(), "submitted")
    numbers = [e164((each.text or "").strip()) for each in item.iter("PhoneNumber")]
    reasons = list(dict.fromkeys(words for _, words in errors_of(item) if words))
    detail = " ".join(reasons) if status in ("action_required", "rejected") else MISSING if status == "draft" else ""
    return PortOrder(
        order_id=_checked(order_id),
        numbers=tuple(numbers) or tuple(filter(None, [e164(said(item, "FullNumber"))])),
        status=status,
        detail=without_personal_data(detail),
        ports_at=_ports_at(item) if status in ("scheduled", "ported") else None,
    )


def _ports_at(item: Element) -> datetime | None:
    try:
        return moment(said(item, "ActualFocDate", "RequestedFocDate", "RequestedFOCDate"), "the date of the port")
    except BadPayload:
        return None

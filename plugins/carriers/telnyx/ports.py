"""Port numbers to Telnyx: make a draft, fill it in, submit it if nothing is missing, and report its status.

Source: developers.telnyx.com/docs/numbers/porting (getting started, requirements) and the model PortingOrder.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from hub.api import BadPayload, RetryLater, hookimpl
from hub.api.carriers import PortOrder, PortRequest, PortStatus
from hub.api.twiml import moment
from plugins.carriers.telnyx.rest import Account, Rest
from plugins.carriers.telnyx.translate import uuid

STATUSES: Mapping[str, PortStatus] = {
    "draft": "draft",
    "in-process": "submitted",
    "submitted": "submitted",
    "exception": "action_required",
    "foc-date-confirmed": "scheduled",
    "ported": "ported",
    "cancelled": "cancelled",
    "cancel-pending": "cancelled",
}
"""Telnyx never rejects an order: it asks for corrections until the order is canceled."""
MISSING = "Telnyx still wants a signed letter of authorization or other documents; add them to the order in its portal."


class Ports(Account):
    """Make a draft, fill it in, submit it if nothing is missing, and report its status."""

    @hookimpl
    def order_port(self, request: PortRequest) -> PortOrder:
        """Order a port of numbers. A second try with the same key continues the same order.

        Telnyx may split the numbers into several orders, one per losing carrier. All are filled in; the first is returned.
        """
        rest = self._rest
        drafts = list(rest.pages("/porting_orders", {"filter[customer_reference]": request.key, **WITH_NUMBERS}))
        if not drafts:
            body = {"phone_numbers": list(request.numbers), "customer_reference": request.key}
            made = rest.post("/porting_orders", body).get("data")
            drafts = [made] if isinstance(made, dict) else made if isinstance(made, list) else []
        if not drafts:
            raise RetryLater("Telnyx answered without an order; check with hub numbers ports.")
        invoice = _upload(rest, request) if request.bill and any(_status(one) == "draft" for one in drafts) else None
        orders = [_submit(rest, one, request, invoice) for one in drafts]
        first = port_order(
            orders[0]
            | {"phone_numbers": orders[0].get("phone_numbers") or [{"phone_number": n} for n in request.numbers]}
        )
        if len(orders) == 1:
            return first
        split = f"Telnyx split the numbers into {len(orders)} orders. {first.detail}".strip()
        return PortOrder(
            order_id=first.order_id, numbers=first.numbers, status=first.status, detail=split, ports_at=first.ports_at
        )

    @hookimpl
    def list_ports(self) -> Sequence[PortOrder]:
        """All port orders, newest first, which is Telnyx' own order; one that cannot be read does not hide the others."""
        found = []
        for item in self._rest.pages("/porting_orders", {"sort[value]": "-created_at", **WITH_NUMBERS}):
            try:
                found.append(port_order(item))
            except RetryLater:
                self.services.log.warning("a port order in Telnyx' list could not be read")
        return found

    @hookimpl
    def cancel_port(self, order_id: str) -> None:
        """Cancel an order. Telnyx asks the losing carrier first if the order was submitted."""
        path = f"/porting_orders/{uuid(order_id, 'the port order')}"
        if STATUSES.get(_status(self._rest.one(path))) != "cancelled":
            self._rest.post(f"{path}/actions/cancel")


WITH_NUMBERS = {"include_phone_numbers": "true"}


def _upload(rest: Rest, request: PortRequest) -> str:
    document = {
        "file": base64.b64encode(request.bill or b"").decode(),
        "filename": "bill.pdf",
        "customer_reference": request.key,
    }
    made = rest.post("/documents", document).get("data")
    return uuid(made.get("id") if isinstance(made, dict) else None, "the document's id")


def _submit(rest: Rest, draft: Mapping[str, object], request: PortRequest, invoice: str | None) -> dict[str, object]:
    if _status(draft) != "draft":
        return dict(draft)
    path = f"/porting_orders/{_id(draft)}"
    filled = rest.patch(path, _filled_in(rest, request, invoice))
    if not filled.get("requirements_met"):
        return filled
    confirmed = rest.post(f"{path}/actions/confirm").get("data")
    return confirmed if isinstance(confirmed, dict) else filled


def _filled_in(rest: Rest, request: PortRequest, invoice: str | None) -> dict[str, object]:
    admin = {
        "entity_name": request.business_name,
        "auth_person_name": request.authorized_person,
        "account_number": request.account_number,
        "pin_passcode": request.pin,
    }
    location = {
        "street_address": request.street,
        "locality": request.city,
        "administrative_area": request.region,
        "postal_code": request.postal_code,
        "country_code": request.country,
    }
    configuration = {
        "connection_id": rest.settings.application_id,
        "messaging_profile_id": rest.settings.messaging_profile_id,
    }
    body: dict[str, object] = {
        "end_user": {"admin": _given(admin), "location": _given(location)},
        "phone_number_configuration": _given(configuration),
    }
    if request.wanted_on:
        # The middle of the working day in the Americas; Telnyx moves it into an allowed window.
        wanted = datetime.combine(request.wanted_on, time(16, 0), UTC)
        body["activation_settings"] = {"foc_datetime_requested": wanted.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if invoice:
        body["documents"] = {"invoice": invoice}
    return body


def _given(fields: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def port_order(item: Mapping[str, Any]) -> PortOrder:
    """An order as Telnyx shows it, without data of the end user."""
    # A status that is not in the list is one more step on the way.
    status = STATUSES.get(_status(item), "submitted")
    numbers = item.get("phone_numbers")
    held = item.get("status")
    details = held.get("details") if isinstance(held, dict) else None
    reasons = [str(one.get("description") or one.get("code")) for one in details or [] if isinstance(one, dict)]
    detail = " ".join(reasons) or (MISSING if status == "draft" and not item.get("requirements_met") else "")
    return PortOrder(
        order_id=_id(item),
        numbers=tuple(str(one.get("phone_number")) for one in numbers or [] if isinstance(one, dict)),
        status=status,
        detail=detail,
        ports_at=_ports_at(item) if status in ("scheduled", "ported") else None,
    )


def _status(item: Mapping[str, object]) -> str:
    status = item.get("status")
    return str(status.get("value") if isinstance(status, dict) else status)


def _id(item: Mapping[str, object]) -> str:
    try:
        return uuid(item.get("id"), "the order's id")
    except BadPayload as error:
        raise RetryLater("Telnyx answered with a port order that has no id.") from error


def _ports_at(item: Mapping[str, object]) -> datetime | None:
    settings = item.get("activation_settings")
    times = settings if isinstance(settings, dict) else {}
    agreed = times.get("foc_datetime_actual") or times.get("foc_datetime_requested")
    try:
        return moment(agreed, "the date of the port") if agreed else None
    except BadPayload:
        return None

"""Calls written into HubSpot: once each, by a unique property, and put on the caller's contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.api import CallActivity, ConfigError, Memory, Receipt, Rejected, RetryLater

from . import contacts
from .client import Client
from .objects import listed
from .refusals import UNREADABLE, Refusal, without_personal_data
from .settings import HubSpotSettings
from .translate import call_properties

CALL_TO_CONTACT = 194
"""HubSpot's own association type from a call to a contact (source: its table of association types)."""
PROPERTY_GROUP = "ringfence"
AGAIN = frozenset({"RATE_LIMITS", "CONFLICT", "INTERNAL_ERROR", "TIMEOUT"})
"""Categories of an item's error that pass by themselves."""


def log_calls(
    client: Client, settings: HubSpotSettings, memory: Memory, activities: Sequence[CallActivity]
) -> list[Receipt]:
    """Write the calls and return one receipt each."""
    if not activities:
        return []
    ensure_call_property(client, settings, memory)
    numbers = sorted({call.caller_number for call in activities if call.caller_number})
    known = contacts.by_phone(client, numbers, settings.country)
    receipts = upsert(client, settings.call_property, list({call.key: call for call in activities}.values()))
    pairs = {}
    for call in activities:
        reference = receipts[call.key].reference
        if reference and known.get(call.caller_number or ""):
            pairs[reference] = known[call.caller_number or ""][0][0]
    unlinked = associate(client, pairs)
    if unlinked:
        reason = f"logged, but not on the contact: {unlinked}"
        receipts |= {
            key: Receipt(key=key, status=receipt.status, reference=receipt.reference, reason=reason)
            for key, receipt in receipts.items()
            if receipt.reference in pairs
        }
    return [receipts[call.key] for call in activities]


def ensure_call_property(client: Client, settings: HubSpotSettings, memory: Memory) -> None:
    """Make the unique property that keeps a call from being logged twice, unless it is there.

    There is no other road: search trails behind writes, so looking for a call before writing it would still make
    doubles. ConfigError says what a person must do where we may not.
    """
    name = settings.call_property
    if memory.get("call_property") == name:
        return
    wanted = f"Make a single-line text property {name!r} with unique values on calls in HubSpot"
    try:
        found = client.call(lambda crm: crm.properties.core_api.get_by_name("calls", name))
    except Refusal as refusal:
        if refusal.status != 404:
            raise refusal.error() from None
        _create_call_property(client, name, wanted)
    else:
        if found is None or found.name != name:
            raise RetryLater(UNREADABLE)
        if not found.has_unique_value:
            raise ConfigError(f"{wanted}; the one that is there allows doubles, so choose another `call_property`.")
    memory.put("call_property", name)


def _create_call_property(client: Client, name: str, wanted: str) -> None:
    group = {"name": PROPERTY_GROUP, "label": "Ringfence", "displayOrder": -1}
    definition = {
        "name": name,
        "label": "Ringfence call id",
        "groupName": PROPERTY_GROUP,
        "type": "string",
        "fieldType": "text",
        "hasUniqueValue": True,
    }
    try:
        _unless_there(client, lambda crm: crm.properties.groups_api.create("calls", group))
        _unless_there(client, lambda crm: crm.properties.core_api.create("calls", definition))
    except Refusal as refusal:
        if refusal.status in (400, 403):
            raise ConfigError(f"{wanted}, or give the app the scope to make it.") from None
        raise refusal.error() from None


def _unless_there(client: Client, create: Any) -> None:
    try:
        client.call(create)
    except Refusal as refusal:
        if refusal.status != 409:
            raise


def upsert(client: Client, call_property: str, calls: Sequence[CallActivity]) -> dict[str, Receipt]:
    """Write a batch. HubSpot may refuse a whole batch for one bad call: it is halved until that call stands alone."""
    inputs = [
        {
            "idProperty": call_property,
            "id": call.key,
            "objectWriteTraceId": call.key,
            "properties": call_properties(call, call_property),
        }
        for call in calls
    ]
    try:
        answer = client.call(lambda crm: crm.objects.calls.batch_api.upsert({"inputs": inputs}))
    except Refusal as refusal:
        if refusal.status not in (400, 409):
            raise refusal.error() from None
        if len(calls) == 1:
            category = "CONFLICT" if refusal.status == 409 else refusal.category
            return {calls[0].key: refused(calls[0], category, refusal.message)}
        half = len(calls) // 2
        return upsert(client, call_property, calls[:half]) | upsert(client, call_property, calls[half:])
    written = {(record.properties or {}).get(call_property): record for record in listed(answer)}
    errors = _errors_by_key(getattr(answer, "errors", None) or ())
    return {call.key: _receipt(call, written.get(call.key), errors.get(call.key)) for call in calls}


def _receipt(call: CallActivity, record: Any, error: Any) -> Receipt:
    if record is not None and record.id:
        return Receipt(key=call.key, status="delivered" if record.new else "duplicate", reference=str(record.id))
    if error is not None:
        return refused(call, error.category, error.message)
    return Receipt(key=call.key, status="retry", reason="HubSpot said nothing of this call")


def refused(call: CallActivity, category: str | None, message: Any) -> Receipt:
    """The receipt of a call that HubSpot does not take, with its words; some refusals pass by themselves."""
    sent = (call.caller_number, call.caller_name, call.landing_page, call.recording_url, call.tracking_number)
    reason = without_personal_data(message, sent)
    return Receipt(key=call.key, status="retry" if category in AGAIN else "rejected", code=category, reason=reason)


def _errors_by_key(errors: Sequence[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for error in errors:
        context = error.context or {}
        for names in (context.get("objectWriteTraceId"), context.get("ids"), context.get("id")):
            named.update({name: error for name in names or () if isinstance(name, str)})
    return named


def associate(client: Client, pairs: Mapping[str, str]) -> str | None:
    """Put calls (by HubSpot's id) on contacts; the same pair twice is one. What was refused, in HubSpot's words."""
    if not pairs:
        return None
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": CALL_TO_CONTACT}
    inputs = [{"from": {"id": call}, "to": {"id": contact}, "types": [kind]} for call, contact in pairs.items()]
    try:
        answer = client.ask(lambda crm: crm.associations.v4.batch_api.create("calls", "contacts", {"inputs": inputs}))
    except Rejected as refusal:
        return refusal.code or "refused"
    listed(answer)
    errors = getattr(answer, "errors", None) or ()
    return without_personal_data(errors[0].message) if errors else None

"""Write calls into HubSpot once each (by a unique property), associated with the caller's contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.api import ConfigError, JsonObject, Receipt, Rejected, RetryLater, hookimpl, without_personal_data
from hub.api.crm import CallActivity
from plugins.crm.hubspot import contacts
from plugins.crm.hubspot.client import Account, Client
from plugins.crm.hubspot.objects import listed
from plugins.crm.hubspot.refusals import UNREADABLE, Refused
from plugins.crm.hubspot.settings import HubSpotSettings
from plugins.crm.hubspot.translate import call_properties

CALL_TO_CONTACT = 194
"""HubSpot's own association type from a call to a contact (source: its table of association types)."""
PROPERTY_GROUP = "ringfence"
AGAIN = frozenset({"RATE_LIMITS", "CONFLICT", "INTERNAL_ERROR", "TIMEOUT"})
"""Categories of temporary errors of an item."""


class Calls(Account):
    """Write calls into HubSpot once each (by a unique property), associated with the caller's contact."""

    @hookimpl
    def log_calls(self, activities: Sequence[CallActivity]) -> Sequence[Receipt]:
        """Calls as HubSpot's call engagements, each on the contact that has the caller's number."""
        client = self._client
        if not activities:
            return []
        if not has_call_property(client, self.settings.call_property):
            _create_call_property(client, self.settings.call_property)
        known, unsearched = _contacts(client, self.settings, activities)
        receipts = upsert(client, self.settings.call_property, list({call.key: call for call in activities}.values()))
        callers = {
            str(receipts[call.key].reference): call.caller_number or ""
            for call in activities
            if receipts[call.key].reference
        }
        pairs = {reference: known[caller] for reference, caller in callers.items() if caller in known}
        refusal = associate(client, pairs)
        unlinked = {reference: unsearched[caller] for reference, caller in callers.items() if caller in unsearched}
        if refusal:
            unlinked |= dict.fromkeys(pairs, f"HubSpot refuses the association ({refusal})")
        for receipt in list(receipts.values()):
            if receipt.reference in unlinked:
                reason = f"logged, but not on the contact: {unlinked[receipt.reference]}"
                receipts[receipt.key] = replace(receipt, reason=reason)
        return [receipts[call.key] for call in activities]


def _contacts(
    client: Client, settings: HubSpotSettings, activities: Sequence[CallActivity]
) -> tuple[dict[str, str], dict[str, str]]:
    """The id of each caller's contact, and why HubSpot refused to search for a caller. A refused search decides nothing
    about a call's own data, so these calls are written without a contact."""
    known: dict[str, str] = {}
    unsearched: dict[str, str] = {}
    for numbers in contacts.by_search(call.caller_number for call in activities if call.caller_number):
        try:
            found = contacts.by_phone(client, numbers, settings.country)
        except Rejected as refusal:
            unsearched |= dict.fromkeys(
                numbers, f"HubSpot refuses the search for contacts ({refusal.code or 'no code'})"
            )
        else:
            known |= {number: people[0][0] for number, people in found.items() if people}
    return known, unsearched


def has_call_property(client: Client, name: str) -> bool:
    """Check that the unique property exists that prevents double calls. Checked for every batch, because an
    administrator may delete it at any time. Raises ConfigError if the property exists but allows duplicates."""
    try:
        found = client.call(lambda crm: crm.properties.core_api.get_by_name("calls", name))
    except Refused as refusal:
        if refusal.status == 404:
            return False
        raise refusal.error() from None
    if found is None or found.name != name:
        raise RetryLater(UNREADABLE)
    if not found.has_unique_value:
        raise ConfigError(f"{_wanted(name)}; the existing one allows duplicates, so set another `call_property`.")
    return True


def _wanted(name: str) -> str:
    return f"Make a single-line text property {name!r} with unique values on calls in HubSpot"


def _create_call_property(client: Client, name: str) -> None:
    """There is no other way: search lags behind writes, so a search before each write would still make duplicates.
    If we lack the permission, ConfigError says what a person must do."""
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
    except Refused as refusal:
        if refusal.status in (400, 403):
            raise ConfigError(f"{_wanted(name)}, or give the app the scope to create it.") from None
        raise refusal.error() from None


def _unless_there(client: Client, create: Any) -> None:
    try:
        client.call(create)
    except Refused as refusal:
        if refusal.status != 409:
            raise


def upsert(client: Client, call_property: str, calls: Sequence[CallActivity]) -> dict[str, Receipt]:
    """Write a batch. HubSpot may refuse a whole batch for one bad call: the batch is halved until that call is alone."""
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
    except Refused as refusal:
        if refusal.status not in (400, 409):
            raise refusal.error() from None
        if len(calls) == 1:
            category = "CONFLICT" if refusal.status == 409 else refusal.category
            return {calls[0].key: refused(calls[0], category, refusal.message)}
        return _halved(client, call_property, calls)
    written = {(record.properties or {}).get(call_property): record for record in listed(answer)}
    errors = _errors_by_key(getattr(answer, "errors", None) or ())
    return {call.key: _receipt(call, written.get(call.key), errors.get(call.key)) for call in calls}


def _halved(client: Client, call_property: str, calls: Sequence[CallActivity]) -> dict[str, Receipt]:
    """Write each half separately. Finished receipts are kept if HubSpot's rate limit ends the work early."""
    half = len(calls) // 2
    receipts: dict[str, Receipt] = {}
    for part in (calls[:half], calls[half:]):
        try:
            receipts |= upsert(client, call_property, part)
        except RetryLater as later:
            for call in part:
                reason, wait = str(later), later.after
                receipts[call.key] = Receipt(key=call.key, status="retry", reason=reason, retry_after=wait)
    return receipts


def _receipt(call: CallActivity, record: Any, error: Any) -> Receipt:
    if record is not None and record.id:
        return Receipt(key=call.key, status="delivered" if record.new else "duplicate", reference=str(record.id))
    if error is not None:
        return refused(call, error.category, error.message)
    return Receipt(key=call.key, status="retry", reason="HubSpot reported nothing about this call")


def refused(call: CallActivity, category: str | None, message: object) -> Receipt:
    """The receipt of a call that HubSpot refuses, with HubSpot's message; some refusals are temporary."""
    sent = (call.caller_number, call.caller_name, call.landing_page, call.recording_url, call.tracking_number)
    reason = without_personal_data(message, sent)
    return Receipt(key=call.key, status="retry" if category in AGAIN else "rejected", code=category, reason=reason)


def _errors_by_key(errors: Sequence[Any]) -> JsonObject:
    named: dict[str, object] = {}
    for error in errors:
        context = error.context or {}
        for names in (context.get("objectWriteTraceId"), context.get("ids"), context.get("id")):
            named.update({name: error for name in names or () if isinstance(name, str)})
    return named


def associate(client: Client, pairs: Mapping[str, str]) -> str | None:
    """Associate calls (by HubSpot's id) with contacts; duplicate pairs count once. Returns HubSpot's message if refused."""
    if not pairs:
        return None
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": CALL_TO_CONTACT}
    inputs = [{"from": {"id": call}, "to": {"id": contact}, "types": [kind]} for call, contact in pairs.items()]
    try:
        answer = client.ask(lambda crm: crm.associations.v4.batch_api.create("calls", "contacts", {"inputs": inputs}))
    except Rejected as refusal:
        return refusal.code or "no code"
    listed(answer)
    errors = getattr(answer, "errors", None) or ()
    return without_personal_data(errors[0].message) if errors else None

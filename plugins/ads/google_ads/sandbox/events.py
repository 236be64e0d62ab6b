"""What Google checks in a Data Manager request besides the rules of `rules.yaml`: what depends on the account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugins.ads.google_ads.sandbox.account import Account

_CONSENT = ("CONSENT_STATUS_UNSPECIFIED", "CONSENT_GRANTED", "CONSENT_DENIED")
ENUMS: Mapping[str, tuple[str, ...]] = {
    "adUserData": _CONSENT,
    "adPersonalization": _CONSENT,
    "encoding": ("ENCODING_UNSPECIFIED", "HEX", "BASE64"),
    "eventSource": ("EVENT_SOURCE_UNSPECIFIED", "WEB", "APP", "IN_STORE", "PHONE", "OTHER", "MESSAGE"),
    "accountType": ("ACCOUNT_TYPE_UNSPECIFIED", "GOOGLE_ADS"),
}
"""The words of the enums of IngestEventsRequest, by their numbers."""
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def normalized(value: object) -> Any:
    """`value` with the names and enum values of protobuf's JSON, which also takes snake case and numbers."""
    if isinstance(value, list):
        return [normalized(item) for item in value]
    if not isinstance(value, dict):
        return value
    content: dict[str, object] = {}
    for written, each in value.items():
        name = re.sub(r"_([a-z])", lambda found: found[1].upper(), written)
        words = ENUMS.get(name, ())
        is_number = isinstance(each, int) and not isinstance(each, bool) and 0 <= each < len(words)
        content[name] = words[each] if is_number else normalized(each)
    return content


def moment(text: object) -> datetime | None:
    """A RFC 3339 time, or None."""
    if not isinstance(text, str) or not _RFC3339.match(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def account_violations(request: Mapping[str, Any], google: Account) -> Iterator[Mapping[str, str]]:
    """The field violations of destinations and events that do not fit the account or each other."""
    destinations: list[Any] = request["destinations"]
    references = [destination.get("reference", "") for destination in destinations]
    for place, destination in enumerate(destinations):
        field = f"destinations.destinations[{place}]"
        if references.count(references[place]) > 1:
            yield violation(field, "DUPLICATE_DESTINATION_REFERENCE", "Destinations must not share a reference.")
        if destination["operatingAccount"]["accountId"] != google.customer_id:
            yield violation(f"{field}.operating_account", "INVALID_DESTINATION", "This Destination is not valid.")
        elif destination["productDestinationId"] not in (*google.conversion_actions, *google.call_actions):
            words = "The conversion action ID is not valid."
            yield violation(f"{field}.product_destination_id", "INVALID_CONVERSION_ACTION_ID", words)
    for place, event in enumerate(request["events"]):
        field, chosen = f"events.events[{place}].destination_references[0]", event.get("destinationReferences") or ()
        if not set(chosen) <= set(references):
            yield violation(field, "INVALID_DESTINATION", "This Destination is not valid.")
        takes = [each for each in destinations if not chosen or each.get("reference") in chosen]
        if any((each["productDestinationId"] in google.call_actions) != ("callInfo" in event) for each in takes):
            words = "The conversion action type does not fit the event."
            yield violation(field, "INVALID_CONVERSION_ACTION_TYPE", words)


def violation(field: str, reason: str, description: str) -> Mapping[str, str]:
    """One `google.rpc.BadRequest.FieldViolation`."""
    return {"field": field, "reason": reason, "description": description}

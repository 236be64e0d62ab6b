"""What the fake checks in a Data Manager request: known fields, limits, and each event's content."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugins.ads.google_ads.sandbox.account import Account

Shape = Mapping[str, Any]
SCALAR: Shape = {}
_ACCOUNT: Shape = {"accountType": SCALAR, "accountId": SCALAR, "product": SCALAR}
_CONSENT: Shape = {"adUserData": SCALAR, "adPersonalization": SCALAR}
_DEVICE: Shape = {"userAgent": SCALAR, "ipAddress": SCALAR}
_EVENT: Shape = {
    "destinationReferences": SCALAR,
    "transactionId": SCALAR,
    "eventTimestamp": SCALAR,
    "lastUpdatedTimestamp": SCALAR,
    "userData": {"userIdentifiers": {"emailAddress": SCALAR, "phoneNumber": SCALAR, "address": None}},
    "consent": _CONSENT,
    "callInfo": {"startTimestamp": SCALAR},
    "adIdentifiers": {
        "sessionAttributes": SCALAR,
        "gclid": SCALAR,
        "gbraid": SCALAR,
        "wbraid": SCALAR,
        "landingPageDeviceInfo": _DEVICE,
    },
    "currency": SCALAR,
    "conversionValue": SCALAR,
    "conversionCount": SCALAR,
    "eventSource": SCALAR,
    "eventDeviceInfo": _DEVICE,
    "cartData": None,
    "customVariables": None,
    "userProperties": None,
    "eventLocation": None,
    "eventName": SCALAR,
}
REQUEST: Shape = {
    "destinations": {
        "reference": SCALAR,
        "loginAccount": _ACCOUNT,
        "linkedAccount": _ACCOUNT,
        "operatingAccount": _ACCOUNT,
        "productDestinationId": SCALAR,
    },
    "events": _EVENT,
    "consent": _CONSENT,
    "validateOnly": SCALAR,
    "encoding": SCALAR,
    "encryptionInfo": None,
}
"""The fields of IngestEventsRequest that offline conversions use; None stands for a message that is not checked."""

_CONSENT_WORDS = ("CONSENT_STATUS_UNSPECIFIED", "CONSENT_GRANTED", "CONSENT_DENIED")
ENUMS: Mapping[str, Mapping[int, str]] = {
    "adUserData": dict(enumerate(_CONSENT_WORDS)),
    "adPersonalization": dict(enumerate(_CONSENT_WORDS)),
    "encoding": {0: "ENCODING_UNSPECIFIED", 1: "HEX", 2: "BASE64"},
    "eventSource": {
        0: "EVENT_SOURCE_UNSPECIFIED",
        1: "WEB",
        2: "APP",
        3: "IN_STORE",
        4: "PHONE",
        5: "OTHER",
        6: "MESSAGE",
    },
    "accountType": {0: "ACCOUNT_TYPE_UNSPECIFIED", 1: "GOOGLE_ADS"},
}

MAX_EVENTS = 2000
MAX_DESTINATIONS = 10
MAX_IDENTIFIERS = 10
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Fault:
    """One field violation."""

    field: str
    reason: str
    description: str


def normalized(value: object, shape: Shape | None, path: str, faults: list[Fault]) -> Any:
    """`value` with the names and enum values of protobuf's JSON; unknown names become faults."""
    if isinstance(value, list):
        return [normalized(item, shape, f"{path}[{place}]", faults) for place, item in enumerate(value)]
    if not shape:
        return value
    if not isinstance(value, dict):
        faults.append(Fault(path, "", f"Invalid value at '{path}'."))
        return {}
    content: dict[str, object] = {}
    for written, held in value.items():
        name = re.sub(r"_([a-z])", lambda found: found[1].upper(), written) if "_" in written else written
        if name not in shape:
            where = f" at '{path}'" if path else ""
            words = f'Invalid JSON payload received. Unknown name "{written}"{where}: Cannot find field.'
            faults.append(Fault(path, "", words))
            continue
        if name in ENUMS and isinstance(held, int):
            held = ENUMS[name].get(held, held)
        inner = shape[name]
        content[name] = normalized(held, inner, f"{path}.{name}" if path else name, faults) if inner else held
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


def request_faults(request: Mapping[str, Any], google: Account) -> Iterator[Fault]:
    """What is wrong with the request as a whole and with its destinations."""
    destinations, events = request.get("destinations") or [], request.get("events") or []
    if not destinations:
        yield Fault("destinations", "REQUIRED_FIELD_MISSING", "Required field is missing.")
    if len(destinations) > MAX_DESTINATIONS:
        yield Fault("destinations", "TOO_MANY_DESTINATIONS", "At most 10 destinations per request are allowed.")
    if not events:
        yield Fault("events", "REQUIRED_FIELD_MISSING", "Required field is missing.")
    if len(events) > MAX_EVENTS:
        yield Fault("events", "TOO_MANY_EVENTS", "At most 2,000 events per request are allowed.")
    if request.get("encoding") not in ("HEX", "BASE64"):
        yield Fault("encoding", "REQUIRED_FIELD_MISSING", "Required field is missing.")
    references = [destination.get("reference") for destination in destinations]
    for place, destination in enumerate(destinations):
        field = f"destinations.destinations[{place}]"
        if references.count(destination.get("reference")) > 1:
            yield Fault(field, "DUPLICATE_DESTINATION_REFERENCE", "Destinations must not share a reference.")
        account = destination.get("operatingAccount") or {}
        if account.get("accountType") != "GOOGLE_ADS" or account.get("accountId") != google.customer_id:
            yield Fault(f"{field}.operating_account", "INVALID_DESTINATION", "This Destination is not valid.")
        elif destination.get("productDestinationId") not in (*google.conversion_actions, *google.call_actions):
            words = "The conversion action ID is not valid."
            yield Fault(f"{field}.product_destination_id", "INVALID_CONVERSION_ACTION_ID", words)


def event_faults(place: int, event: Mapping[str, Any], references: Sequence[str], now: datetime) -> Iterator[Fault]:
    """What is wrong with one event."""
    field = f"events.events[{place}]"
    if not set(event.get("destinationReferences") or ()) <= set(references):
        yield Fault(f"{field}.destination_references[0]", "INVALID_DESTINATION", "This Destination is not valid.")
    at = moment(event.get("eventTimestamp"))
    if at is None or at > now + timedelta(hours=1):
        yield Fault(f"{field}.event_timestamp", "EVENT_TIME_INVALID", "The event time is not valid.")
    updated = event.get("lastUpdatedTimestamp")
    if updated is not None and moment(updated) is None:
        yield Fault(f"{field}.last_updated_timestamp", "INVALID_FORMAT", "Format is invalid.")
    if not re.fullmatch(r"[\x20-\x7e]{0,512}", str(event.get("transactionId") or "")):
        yield Fault(f"{field}.transaction_id", "FIELD_VALUE_TOO_LONG", "The value is too long.")
    value = event.get("conversionValue")
    if value is not None and not (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0):
        yield Fault(f"{field}.conversion_value", "INVALID_NUMBER_FORMAT", "Number format is invalid.")
    if not re.fullmatch(r"([A-Z]{3})?", str(event.get("currency") or "")):
        yield Fault(f"{field}.currency", "INVALID_CURRENCY_CODE", "Currency code is not in ISO 4217 format.")
    yield from _enum_faults(field, event)
    yield from _identifier_faults(field, event)


def call_faults(
    place: int, event: Mapping[str, Any], request: Mapping[str, Any], call_actions: Sequence[str]
) -> Iterator[Fault]:
    """What is wrong with an event as a call from an ad, or with where it goes. An action takes either such calls or clicks."""
    field, call = f"events.events[{place}]", event.get("callInfo")
    chosen = set(event.get("destinationReferences") or ())
    destinations = [each for each in request.get("destinations") or () if not chosen or each.get("reference") in chosen]
    if any((each.get("productDestinationId") in call_actions) != (call is not None) for each in destinations):
        words = "The conversion action type does not fit the event."
        yield Fault(f"{field}.destination_references[0]", "INVALID_CONVERSION_ACTION_TYPE", words)
    if call is None:
        return
    started_at, at = moment(call.get("startTimestamp")), moment(event.get("eventTimestamp"))
    if started_at is None:
        yield Fault(f"{field}.call_info.start_timestamp", "REQUIRED_FIELD_MISSING", "Required field is missing.")
    elif at is not None and at < started_at:
        yield Fault(f"{field}.event_timestamp", "EVENT_TIME_INVALID", "The event time is not valid.")
    people = (event.get("userData") or {}).get("userIdentifiers") or []
    if not any(person.get("phoneNumber") for person in people):
        yield Fault(f"{field}.user_data", "NO_IDENTIFIERS_PROVIDED", "At least one identifier must be provided.")


def _enum_faults(field: str, event: Mapping[str, Any]) -> Iterator[Fault]:
    consent = event.get("consent") or {}
    for name, word in (("eventSource", event.get("eventSource")), *consent.items()):
        if word is not None and word not in ENUMS[name].values():
            yield Fault(f"{field}.{name}", "INVALID_ENUM_VALUE", "Enum value cannot be used.")


def _identifier_faults(field: str, event: Mapping[str, Any]) -> Iterator[Fault]:
    clicks = event.get("adIdentifiers") or {}
    people = (event.get("userData") or {}).get("userIdentifiers") or []
    if not any(clicks.get(name) for name in ("gclid", "gbraid", "wbraid")) and not people:
        yield Fault(field, "NO_IDENTIFIERS_PROVIDED", "At least one identifier must be provided.")
    if clicks.get("gbraid") and clicks.get("wbraid"):
        yield Fault(f"{field}.ad_identifiers", "INVALID_EVENT", "Event is invalid: gbraid and wbraid are both set.")
    if len(people) > MAX_IDENTIFIERS:
        words = "At most 10 user identifiers per event are allowed."
        yield Fault(f"{field}.user_data", "TOO_MANY_USER_IDENTIFIERS", words)
    for place, person in enumerate(people):
        where = f"{field}.user_data.user_identifiers[{place}]"
        if len(person) != 1:
            yield Fault(where, "INVALID_FORMAT", "Format is invalid: an identifier is a number, an address or a name.")
        for text in (person.get("phoneNumber"), person.get("emailAddress")):
            if text is None:
                continue
            if not re.fullmatch(r"([0-9a-fA-F]{2})+", text):
                yield Fault(where, "INVALID_HEX_ENCODING", "The HEX encoded value is malformed.")
            elif not _SHA256.fullmatch(text):
                yield Fault(where, "INVALID_SHA256_FORMAT", "The SHA256 encoded value is malformed.")

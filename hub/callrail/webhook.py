"""Calls, texts and forms as CallRail's webhooks send them: the fields of the API, older names of the same, and empty texts
where the API has null.

`call_body`, `text_body` and `form_body` make the whole JSON object. Source: CallRail's documentation of webhooks; the fields
that only webhooks have are theirs too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.callrail import formatted
from hub.callrail.calls import Place, business_number, call_record, zone_of
from hub.callrail.dates import local_time
from hub.callrail.fields import CALL, FORM_SUBMISSION, words
from hub.callrail.forms import form_record
from hub.callrail.ids import CALL as CALL_ID
from hub.callrail.ids import COMPANY, PERSON, TEXT, THREAD, TRACKER, number_of, wire_id
from hub.callrail.people import is_good_lead, lead_status
from hub.callrail.sources import source_slug
from hub.model import Company, Lead, TextMessage
from hub.model.states import WebhookType
from hub.queries.contact.view import ContactView

OF_THE_API_ALONE = frozenset({"abandoned", "notice", "person_id", "source", "waveforms", "zip_code", "company_id"})
BEGINNING = words(
    "answered call_type company_id company_name company_resource_id company_time_zone created_at customer_city "
    "customer_country customer_name customer_phone_number customer_state direction duration first_call "
    "formatted_call_type formatted_customer_location formatted_customer_name formatted_customer_name_or_phone_number "
    "formatted_customer_phone_number formatted_duration formatted_tracking_phone_number id person_resource_id "
    "prior_calls resource_id source_name start_time total_calls tracker_resource_id tracking_phone_number voicemail "
    "callercity callercountry callername callernum callerstate datetime timestamp trackingnum integration_data"
)
"""The fields of a call that has just begun."""
ROUTED = BEGINNING + words(
    "business_phone_number formatted_business_phone_number destinationnum tags tag callsource campaign keywords medium "
    "formatted_tracking_source keypad_entries"
)
"""The fields of a call of which it is known where it went."""


def call_body(facts: ContactView, place: Place, event: WebhookType, changes: Sequence[str] = ()) -> dict[str, Any]:
    """A call. Before it is over it has fewer fields, and those of a call that nobody has answered yet."""
    names = [name for name in CALL.all if name not in OF_THE_API_ALONE]
    body = {**call_record(facts, names, place), **_ids(facts), **_older_names(facts)}
    if event in (WebhookType.PRE_CALL, WebhookType.ROUTED):
        unanswered = {"answered": False, "call_type": "missed", "formatted_call_type": "Missed", "voicemail": False}
        begun = event == WebhookType.PRE_CALL
        body |= {**(unanswered if begun else {}), "duration": 0, "formatted_duration": formatted.duration(0)}
        body = {name: body[name] for name in (BEGINNING if begun else ROUTED)}
    else:
        body["duration"] = str(facts.call.duration or 0)
    if event == WebhookType.MODIFIED:
        body["changes"] = list(changes)
    if event == WebhookType.OUTBOUND:
        body |= {"direction": "outbound", "call_type": "outbound", "formatted_call_type": "Outbound"}
        body = {name: str(value).lower() if isinstance(value, bool) else value for name, value in body.items()}
        body["type"] = "outboundpostcall"
    return {name: "" if value is None else value for name, value in body.items()}


def _ids(facts: ContactView) -> dict[str, Any]:
    call, tracker = facts.call, facts.tracker
    return {
        "id": number_of(call.id),
        "resource_id": wire_id(CALL_ID, call.id),
        "company_id": number_of(facts.company.id),
        "company_resource_id": wire_id(COMPANY, facts.company.id),
        "tracker_id": number_of(tracker.id) if tracker else None,
        "tracker_resource_id": wire_id(TRACKER, tracker.id) if tracker else None,
        "person_resource_id": wire_id(PERSON, call.person_id) if call.person_id else None,
    }


def _older_names(facts: ContactView) -> dict[str, Any]:
    """The names that CallRail's first webhooks had."""
    call, cause, tracker = facts.call, facts.cause, facts.tracker
    source, medium = (
        (cause.source, cause.medium) if cause else (tracker.source, tracker.medium) if tracker else (None,) * 2
    )
    place = facts.places.get("place", "")
    return {
        "callercity": place.partition(",")[0].strip() if "," in place else "",
        "callercountry": facts.places.get("country"),
        "callername": formatted.name(facts.name),
        "callernum": call.caller_number,
        "callerstate": facts.places.get("region", "").rpartition("-")[2],
        "callsource": source_slug(source, medium),
        "custom": "",
        "datetime": call.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "destinationnum": business_number(facts),
        "integration_data": [{"integration": "Webhooks", "data": None}],
        "ip": "",
        "kissmetrics_id": "",
        "landingpage": cause.landing_page if cause else None,
        "referrer": facts.visit.referrer if facts.visit else None,
        "referrermedium": cause.medium if cause else None,
        "score": 1 if is_good_lead(facts.lead) else 0,
        "tag": ",".join(facts.tags),
        "timestamp": local_time(call.started_at, zone_of(facts)),
        "trackingnum": call.tracking_number,
    }


@dataclass(frozen=True, kw_only=True)
class TextFacts:
    """One text with what is known of it."""

    text: TextMessage
    company: Company
    first_id: str
    """The id of the first text of the conversation."""
    name: str | None = None
    content: str | None = None
    pictures: Sequence[str] = ()
    lead: Lead | None = None


def text_body(facts: TextFacts) -> dict[str, object]:
    """A text that came or went. Ringfence does not note which user wrote one, so `agent` is empty."""
    text = facts.text
    incoming = text.direction == "in"
    person, ours = formatted.phone(text.person_number), formatted.phone(text.tracking_number)
    body: dict[str, object] = {
        "id": number_of(text.id),
        "resource_id": wire_id(TEXT, text.id),
        "source_number": person if incoming else ours,
        "destination_number": ours if incoming else person,
        "content": facts.content,
        "message_type": "mms" if facts.pictures else "sms",
        "media_urls": list(facts.pictures),
        "timestamp": text.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "lead_status": lead_status(facts.lead),
        "conversation_id": wire_id(THREAD, facts.first_id),
        "company_resource_id": wire_id(COMPANY, facts.company.id),
        "person_resource_id": wire_id(PERSON, text.person_id) if text.person_id else None,
    }
    if not incoming:
        body["agent"] = ""
    return {name: "" if value is None else value for name, value in body.items()}


def notice_body(name: str, at: datetime, company: Company, contacts: Sequence[tuple[str, str]]) -> dict[str, object]:
    """A notice about a person, which CallRail has not: `contacts` are a prefix of a wire id and the id of each contact."""
    return {
        "type": name,
        "timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "company_id": number_of(company.id),
        "company_resource_id": wire_id(COMPANY, company.id),
        "resource_ids": [wire_id(kind, each) for kind, each in contacts],
    }


def form_body(facts: ContactView, place: Place) -> dict[str, Any]:
    """A form: the fields of the API, and the names under which webhooks know its ids."""
    record, cause = form_record(facts, FORM_SUBMISSION.all, place), facts.cause
    body = {
        **record,
        "resource_id": record["id"],
        "company_resource_id": record["company_id"],
        "person_resource_id": record["person_id"],
        "company_id": number_of(facts.company.id),
        "callsource": source_slug(cause.source, cause.medium) if cause else "",
    }
    return {name: "" if value is None else value for name, value in body.items()}

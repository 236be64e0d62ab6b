"""A call in CallRail's shape.

`call_record(facts, fields, place)` makes the object with exactly these fields. Webhooks use the same with all fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from hub.callrail import formatted
from hub.callrail.dates import local_time
from hub.callrail.ids import ACCOUNT, CALL, COMPANY, PERSON, TRACKER, number_of, wire_id
from hub.callrail.milestones import milestones
from hub.callrail.people import is_good_lead, lead_status
from hub.callrail.sources import source_name
from hub.callrail.visits import device_type, parameter
from hub.contracts.phones import e164
from hub.model import Call
from hub.queries.contact.view import ContactView
from hub.reports.touches import ABANDONED_SECONDS

UTM = ("utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign")


@dataclass(frozen=True)
class Place:
    """Where the record's links lead: the hub's public address and the account."""

    public_url: str
    account_id: str

    def api(self, path: str) -> str:
        """The address of something in this API."""
        return f"{self.public_url.rstrip('/')}/v3/a/{wire_id(ACCOUNT, self.account_id)}/{path}"

    def page(self, path: str) -> str:
        """The address of a page of the web interface."""
        return f"{self.public_url.rstrip('/')}/{path}"


def call_record(facts: ContactView, fields: Sequence[str], place: Place) -> dict[str, Any]:
    """The call with these fields, in their order."""
    return {name: READERS[name](facts, place) for name in fields}


def call_type(call: Call) -> str:
    """`voicemail`, `missed`, `first_call` or `inbound`."""
    if call.voicemail:
        return "voicemail"
    if not call.answered:
        return "missed"
    return "first_call" if call.first_time_caller else "inbound"


def is_abandoned(call: Call) -> bool:
    """Whether the caller hung up at once."""
    short = call.duration is not None and call.duration < ABANDONED_SECONDS
    return call.over and not (call.answered or call.voicemail or not short)


def business_number(facts: ContactView) -> str | None:
    """The number at which the call was answered, else the one to which the tracker's flow leads."""
    return e164(facts.call.answered_by) or facts.forward


def zone_of(facts: ContactView) -> ZoneInfo:
    """The company's time zone."""
    return ZoneInfo(facts.company.time_zone)


def city_of(places: Mapping[str, str]) -> str | None:
    """The city, from a fact like `Chicago, IL`; a fact that names only a region gives none."""
    place = places.get("place", "")
    return place.partition(",")[0].strip() or None if "," in place else None


def state_of(places: Mapping[str, str]) -> str | None:
    """The code of the state or province."""
    return places.get("region", "").rpartition("-")[2] or None


def _recording(facts: ContactView, place: Place) -> str | None:
    row = facts.recording
    return place.api(f"calls/{wire_id(CALL, facts.call.id)}/recording.json") if row else None


def _player(facts: ContactView, place: Place) -> str | None:
    return place.page(f"calls/{facts.call.id}") if facts.recording else None


def _location(facts: ContactView) -> str | None:
    return formatted.location(city_of(facts.places), state_of(facts.places))


def _source(facts: ContactView) -> str | None:
    cause, tracker = facts.cause, facts.tracker
    if cause is not None:
        return source_name(cause.source, cause.medium)
    return source_name(tracker.source, tracker.medium) if tracker else None


def _domain(facts: ContactView) -> str | None:
    referrer = facts.visit.referrer if facts.visit else None
    return urlsplit(referrer).hostname if referrer else None


def _transcription(facts: ContactView) -> str | None:
    return " ".join(part.text for part in facts.transcript if part.text) or None


def _transcript(facts: ContactView) -> list[dict[str, Any]] | None:
    speakers = {"caller": "Caller", "business": "Agent"}
    parts = [
        {"speaker": speakers.get(part.channel, "Speaker"), "phrase": part.text, "start": part.start}
        for part in facts.transcript
    ]
    return parts or None


def _speaking(facts: ContactView) -> dict[str, int] | None:
    """Who spoke how much, in percent of the time that both spoke."""
    spoken = dict.fromkeys(("business", "caller"), 0.0)
    for part in facts.transcript:
        if part.channel in spoken:
            spoken[part.channel] += part.end - part.start
    whole = sum(spoken.values())
    if not whole:
        return None
    agent = round(100 * spoken["business"] / whole)
    return {"agent": agent, "customer": 100 - agent}


def _lead_time(facts: ContactView) -> str | None:
    return local_time(facts.lead.marked_at, zone_of(facts)) if is_good_lead(facts.lead) and facts.lead else None


def _name(facts: ContactView) -> str | None:
    return formatted.name(facts.name)


Reader = Callable[[ContactView, Place], Any]


def _click(name: str) -> Reader:
    return lambda facts, place: (facts.cause.click_ids if facts.cause else {}).get(name)


def _utm(name: str) -> Reader:
    return lambda facts, place: parameter(facts.visit, name)


def _nothing(facts: ContactView, place: Place) -> None:
    """For what Ringfence does not know."""


READERS: Mapping[str, Reader] = {
    "answered": lambda facts, place: facts.call.answered,
    "business_phone_number": lambda facts, place: business_number(facts),
    "customer_city": lambda facts, place: city_of(facts.places),
    "customer_country": lambda facts, place: facts.places.get("country"),
    "customer_name": lambda facts, place: _name(facts),
    "customer_phone_number": lambda facts, place: facts.call.caller_number,
    "customer_state": lambda facts, place: state_of(facts.places),
    "direction": lambda facts, place: "inbound",
    "duration": lambda facts, place: facts.call.duration or 0,
    "id": lambda facts, place: wire_id(CALL, facts.call.id),
    "recording": _recording,
    "recording_duration": lambda facts, place: facts.recording.duration if facts.recording else None,
    "recording_player": _player,
    "start_time": lambda facts, place: local_time(facts.call.started_at, zone_of(facts)),
    "tracking_phone_number": lambda facts, place: facts.call.tracking_number,
    "voicemail": lambda facts, place: facts.call.voicemail,
    "call_type": lambda facts, place: call_type(facts.call),
    "company_id": lambda facts, place: wire_id(COMPANY, facts.company.id),
    "company_name": lambda facts, place: facts.company.title,
    "company_time_zone": lambda facts, place: facts.company.time_zone,
    "created_at": lambda facts, place: local_time(facts.call.started_at, zone_of(facts)),
    "device_type": lambda facts, place: device_type(facts.visit),
    "first_call": lambda facts, place: bool(facts.call.first_time_caller),
    "formatted_call_type": lambda facts, place: formatted.title(call_type(facts.call)),
    "formatted_customer_location": lambda facts, place: _location(facts),
    "formatted_business_phone_number": lambda facts, place: formatted.phone(business_number(facts)),
    "formatted_customer_name": lambda facts, place: _name(facts),
    "formatted_customer_name_or_phone_number": lambda facts, place: (
        _name(facts) or formatted.phone(facts.call.caller_number)
    ),
    "formatted_customer_phone_number": lambda facts, place: formatted.phone(facts.call.caller_number),
    "formatted_duration": lambda facts, place: formatted.duration(facts.call.duration),
    "formatted_tracking_phone_number": lambda facts, place: formatted.phone(facts.call.tracking_number),
    "formatted_tracking_source": lambda facts, place: _source(facts),
    "formatted_value": lambda facts, place: formatted.value(*_value(facts)),
    "good_lead_call_id": lambda facts, place: number_of(facts.call.id) if is_good_lead(facts.lead) else None,
    "good_lead_call_time": lambda facts, place: _lead_time(facts),
    "lead_status": lambda facts, place: lead_status(facts.lead),
    "note": lambda facts, place: "\n".join(facts.notes),
    "source": lambda facts, place: _source(facts),
    "source_name": lambda facts, place: facts.tracker.shown_name if facts.tracker else None,
    "tags": lambda facts, place: list(facts.tags),
    "total_calls": lambda facts, place: facts.call_counts[1],
    "prior_calls": lambda facts, place: facts.call_counts[0],
    "value": lambda facts, place: formatted.amount(_value(facts)[0]),
    "tracker_id": lambda facts, place: wire_id(TRACKER, facts.tracker.id) if facts.tracker else None,
    "keywords": lambda facts, place: facts.cause.keyword if facts.cause else None,
    "medium": lambda facts, place: facts.cause.medium if facts.cause else None,
    "campaign": lambda facts, place: facts.cause.campaign if facts.cause else None,
    "referring_url": lambda facts, place: facts.visit.referrer if facts.visit else None,
    "landing_page_url": lambda facts, place: facts.cause.landing_page if facts.cause else None,
    "last_requested_url": lambda facts, place: facts.last_page,
    "referrer_domain": lambda facts, place: _domain(facts),
    **{name: _utm(name) for name in UTM},
    **dict.fromkeys(("utma", "utmb", "utmc", "utmv", "utmz", "ga"), _nothing),
    **{name: _click(name) for name in ("gclid", "fbclid", "msclkid")},
    "milestones": lambda facts, place: milestones(facts.call, facts.cause, facts.visit, facts.lead, zone_of(facts)),
    "timeline_url": lambda facts, place: place.page(f"calls/{facts.call.id}"),
    **dict.fromkeys(("keywords_spotted", "call_highlights", "detail_tags"), lambda facts, place: []),
    **dict.fromkeys(("call_summary", "sentiment", "waveforms", "custom", "notice"), _nothing),
    "agent_email": lambda facts, place: facts.agent.email if facts.agent and facts.call.answered else None,
    "keypad_entries": lambda facts, place: facts.keys_pressed,
    "zip_code": lambda facts, place: facts.places.get("postal_code"),
    "person_id": lambda facts, place: wire_id(PERSON, facts.call.person_id) if facts.call.person_id else None,
    "speaker_percent": lambda facts, place: _speaking(facts),
    "transcription": lambda facts, place: _transcription(facts),
    "conversational_transcript": lambda facts, place: _transcript(facts),
    "spam": lambda facts, place: facts.spam,
    "recording_redirect": _recording,
    "abandoned": lambda facts, place: is_abandoned(facts.call),
}
"""Field → its value. The fields of CallRail's conversation intelligence that Ringfence has not are null or empty."""
TRANSCRIBED = frozenset({"transcription", "conversational_transcript", "speaker_percent"})
"""The fields that say what was spoken."""


def _value(facts: ContactView) -> tuple[Any, str | None]:
    return (facts.lead.amount, facts.lead.currency) if facts.lead else (None, None)

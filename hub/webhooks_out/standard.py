"""The hub's own events: small JSON objects with `type`, `timestamp` and `data`, as Standard Webhooks recommends.

The fields of `data` are always all there; what is not known, or withheld, is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.callrail.calls import Place, city_of, state_of
from hub.callrail.webhook import TextFacts
from hub.model import Attribution, Company, Lead, Tracker
from hub.model.states import PersonNotice, WebhookType
from hub.queries.contact.view import ContactView

NAMES: Mapping[str, str] = {
    WebhookType.PRE_CALL: "call.started",
    WebhookType.ROUTED: "call.routed",
    WebhookType.POST_CALL: "call.ended",
    WebhookType.MODIFIED: "call.changed",
    WebhookType.OUTBOUND: "call.placed",
    WebhookType.TEXT_RECEIVED: "text.received",
    WebhookType.TEXT_SENT: "text.sent",
    WebhookType.FORM: "form.submitted",
    PersonNotice.ERASED: "person.erased",
    PersonNotice.OPTED_OUT: "person.opted_out",
}
"""The `type` of each event."""


def document(event: WebhookType | PersonNotice, at: datetime, data: dict[str, object]) -> dict[str, Any]:
    """The whole object."""
    return {"type": NAMES[event], "timestamp": _time(at), "data": data}


def call_data(facts: ContactView, place: Place, event: WebhookType, changes: Sequence[str]) -> dict[str, Any]:
    """What is known of a call now; `changes` names what changed."""
    call = facts.call
    data = {
        **_of(call.id, facts.company, call.person_id, place),
        "tracker": facts.tracker.name if facts.tracker else None,
        "direction": "outbound" if event == WebhookType.OUTBOUND else "inbound",
        "status": call.status,
        "answered": call.answered,
        "voicemail": call.voicemail,
        "started_at": _time(call.started_at),
        "answered_at": _time(call.answered_at),
        "ended_at": _time(call.ended_at),
        "duration_seconds": call.duration,
        "failure": call.failure,
        "first_time_caller": call.first_time_caller,
        "tracking_number": call.tracking_number,
        "answered_by": call.answered_by,
        "phone_number": call.caller_number,
        "name": facts.name,
        "city": city_of(facts.places),
        "region": state_of(facts.places),
        "country": facts.places.get("country"),
        **_cause(facts.cause, facts.tracker),
        **_lead(facts.lead),
        "tags": list(facts.tags),
        "notes": list(facts.notes) or None,
        "keys_pressed": facts.keys_pressed,
        "recording_url": place.page(f"calls/{call.id}") if facts.recording else None,
        "recording_seconds": facts.recording.duration if facts.recording else None,
        "transcript": [{"speaker": each.channel, "text": each.text} for each in facts.transcript if each.text] or None,
    }
    return {**data, "changes": list(changes)} if event == WebhookType.MODIFIED else data


def text_data(facts: TextFacts, place: Place) -> dict[str, object]:
    """What is known of a text."""
    text = facts.text
    return {
        **_of(text.id, facts.company, text.person_id, place),
        "conversation_id": facts.first_id,
        "direction": "inbound" if text.direction == "in" else "outbound",
        "at": _time(text.at),
        "tracking_number": text.tracking_number,
        "phone_number": text.person_number,
        "name": facts.name,
        "message": facts.content,
        "pictures": len(facts.pictures),
        **_lead(facts.lead),
    }


def form_data(facts: ContactView, place: Place) -> dict[str, Any]:
    """What is known of a form."""
    form = facts.form
    return {
        **_of(form.id, facts.company, form.person_id, place),
        "at": _time(form.submitted_at),
        "form": form.form_id,
        "page": form.page,
        "first_time_contact": form.first_time_contact,
        "phone_number": form.phone_number,
        "email": form.email,
        "name": facts.name,
        "fields": dict(facts.entries) or None,
        **_cause(facts.cause, None),
        **_lead(facts.lead),
        "tags": list(facts.tags),
        "notes": list(facts.notes) or None,
    }


def notice_data(company: Company, contacts: Sequence[str]) -> dict[str, object]:
    """A notice about a person: `ids` are those of the contacts that the endpoint was sent."""
    return {"company": company.name, "company_title": company.title, "ids": list(contacts)}


def _of(subject_id: str, company: Company, person_id: str | None, place: Place) -> dict[str, Any]:
    return {
        "id": subject_id,
        "company": company.name,
        "company_title": company.title,
        "person_id": person_id,
        "url": place.page(f"calls/{subject_id}"),
    }


def _cause(cause: Attribution | None, tracker: Tracker | None) -> dict[str, object]:
    known: Any = cause or tracker
    return {
        "source": known.source if known else None,
        "medium": known.medium if known else None,
        "campaign": known.campaign if known else None,
        "keyword": cause.keyword if cause else None,
        "landing_page": cause.landing_page if cause else None,
        "click_ids": dict(cause.click_ids) or None if cause else None,
    }


def _lead(lead: Lead | None) -> dict[str, object]:
    return {
        "lead_status": lead.status or None if lead else None,
        "value": str(lead.amount) if lead and lead.amount is not None else None,
        "currency": lead.currency if lead else None,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None

"""What an event says: read when it is sent, in the endpoint's format, without what the endpoint must not get.

Every field of a body belongs to a part (`hub.contracts.webhook_data`). A field whose part is withheld is empty. Numbers, email
addresses and names may stand in every other field too, because people write and say them: they are removed there if they are
withheld, and recorded if they are not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from hub.callrail.calls import Place
from hub.callrail.ids import CALL, FORM, TEXT
from hub.callrail.webhook import TextFacts, call_body, form_body, notice_body, text_body
from hub.config.sections.webhooks import WebhookSection
from hub.contracts.values import personal_fields
from hub.contracts.webhook_data import KINDS, NEWS
from hub.flow.case import Case
from hub.model import Call, Company, FormSubmission, Lead, Person, TextMedia, TextMessage, WebhookEvent
from hub.model.states import PersonNotice, WebhookType
from hub.queries.contact.view import view_of
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import names_of
from hub.texts.bodies import open_body
from hub.webhooks_out import standard
from hub.webhooks_out.content import NOTHING_KNOWN, Content
from hub.webhooks_out.content import PARTS as CONTACT_PARTS
from hub.webhooks_out.endpoints import CALLRAIL, Endpoint

PARTS: Mapping[str, tuple[str, ...]] = {
    "phone_number": (
        "phone_number", "customer_phone_number", "formatted_customer_phone_number", "callernum",
        "formatted_customer_name_or_phone_number", "source_number", "destination_number",
    ),
    "name": (
        "name", "customer_name", "formatted_customer_name", "callername", "formatted_customer_name_or_phone_number",
    ),
    "email": ("email",),
    "place": (
        "city", "region", "country", "customer_city", "customer_state", "customer_country",
        "formatted_customer_location", "callercity", "callerstate", "callercountry",
    ),
    "pages": (
        "landing_page", "page", "landing_page_url", "landingpage", "referrer", "referring_url", "referrer_domain",
        "last_requested_url", "form_url", "milestones", "device_type", "utm_source", "utm_medium", "utm_term", "utm_content",
        "utm_campaign", "utma", "utmb", "utmc", "utmv", "utmz",
    ),
    "click_ids": ("click_ids", "gclid", "fbclid", "msclkid", "ga"),
    "recording": (
        "recording_url", "recording_seconds", "recording", "recording_duration", "recording_player", "recording_redirect",
    ),
    "transcript": (
        "transcript", "transcription", "conversational_transcript", "call_summary", "call_highlights", "keywords_spotted",
        "sentiment", "speaker_percent",
    ),
    "message": ("message", "content", "media_urls"),
    "fields": ("fields", "form_data"),
    "notes": ("notes", "note"),
    "person": ("person_id", "person_resource_id"),
}  # fmt: skip
"""Part → the fields that hold it, in both formats. All other fields are about the contact itself."""
STRUCTURE = frozenset(
    (
        "agent", "agent_email", "answered_at", "answered_by", "at", "business_phone_number", "company", "company_id",
        "company_name", "company_resource_id", "company_time_zone", "company_title", "conversation_id", "created_at",
        "datetime", "destinationnum", "ended_at", "formatted_business_phone_number", "formatted_tracking_phone_number",
        "good_lead_call_id", "good_lead_call_time", "id", "integration_data", "media_urls", "recording",
        "recording_player", "recording_redirect", "recording_url", "resource_id", "source_name", "start_time",
        "started_at", "submitted_at", "timeline_url", "timestamp", "tracker", "tracker_id", "tracker_resource_id",
        "tracking_number", "tracking_phone_number", "trackingnum", "url", *PARTS["person"], *PARTS["click_ids"],
    )
)  # fmt: skip
"""Fields that hold ids, times, the business's own numbers and names, and addresses of the hub's own pages."""
NUMBER_FIELD = {WebhookType.TEXT_RECEIVED: "destination_number", WebhookType.TEXT_SENT: "source_number"}
"""Of texts in CallRail's form: the field with the business's own number."""


@dataclass(frozen=True)
class Body:
    """What is sent, and which categories of data are in it."""

    data: bytes
    categories: frozenset[str]


def body_of(hub: Hub, session: Session, endpoint: Endpoint, event: WebhookEvent, case: Case) -> Body:
    """The body of an event about a call, text or form, with what is known of it now."""
    kind = WebhookType(event.type)
    fields = _fields(hub, session, endpoint, event, kind, case.subject)
    own = NUMBER_FIELD.get(kind)
    kept, parts = stripped(fields, endpoint.section, own, _content(hub, session, fields, case))
    whole = kept if endpoint.section.format == CALLRAIL else standard.document(kind, event.at, kept)
    categories = personal_fields(NEWS[KINDS[kind]])
    return Body(encoded(whole), frozenset(categories[part] for part in parts if part in categories))


def notice_of(session: Session, endpoint: Endpoint, event: WebhookEvent, contacts: Sequence[str]) -> Body:
    """The body of a notice about a person. It names contacts by the ids that the endpoint has, and nobody."""
    kind = PersonNotice(event.type)
    if endpoint.section.format != CALLRAIL:
        return Body(
            encoded(standard.document(kind, event.at, standard.notice_data(endpoint.company, contacts))), frozenset()
        )
    kinds: dict[str, str] = {}
    for table, prefix in ((TextMessage, TEXT), (FormSubmission, FORM)):
        ids: Any = table.id
        kinds |= dict.fromkeys(session.exec(select(ids).where(ids.in_(contacts))), prefix)
    named = [(kinds.get(each, CALL), each) for each in contacts]
    return Body(encoded(notice_body(standard.NAMES[kind], event.at, endpoint.company, named)), frozenset())


def encoded(document: Mapping[str, object]) -> bytes:
    """The bytes that are sent and signed."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace")


def stripped(
    fields: Mapping[str, Any], section: WebhookSection, own: str | None = None, content: Content = NOTHING_KNOWN
) -> tuple[dict[str, Any], frozenset[str]]:
    """The fields without what the endpoint must not get, and the parts that are really in them. `own` is a field that is
    the business's, though it may hold a person's data in other events; `content` is what is known of the person."""
    empty = "" if section.format == CALLRAIL else None
    kept, present = {}, {"contact"}
    for name, value in fields.items():
        parts = [part for part, names in PARTS.items() if name in names] if name != own else []
        if any(part in section.withhold for part in parts):
            kept[name] = empty
            continue
        is_text = name not in STRUCTURE and name != own and not any(part in CONTACT_PARTS for part in parts)
        kept[name] = content.without(value, section.withhold) if is_text else value
        if value not in ("", None, [], {}):
            present.update(parts if len(parts) == 1 else ())
            present.update(content.parts_in(kept[name]) if is_text or len(parts) > 1 else ())
    return kept, frozenset(present)


def _content(hub: Hub, session: Session, fields: Mapping[str, Any], case: Case) -> Content:
    """What is known of the person and of the business's numbers, to find both in texts."""
    person = case.person
    numbers = {case.phone_number, person.phone_number if person else None}
    ours = {getattr(case.subject, name, None) for name in ("tracking_number", "answered_by")}
    said = {
        fields.get("name"),
        fields.get("customer_name"),
        *names_of(hub.vault, session, [person] if person else []).values(),
    }
    return Content(frozenset(filter(None, numbers)), frozenset(filter(None, said)), frozenset(filter(None, ours)))


def _fields(
    hub: Hub, session: Session, endpoint: Endpoint, event: WebhookEvent, kind: WebhookType, subject: object
) -> dict[str, object]:
    place = Place(str(hub.config.hub.public_url), event.account_id)
    of_callrail = endpoint.section.format == CALLRAIL
    if isinstance(subject, TextMessage):
        text = _text_facts(hub, session, subject, endpoint.company)
        return text_body(text) if of_callrail else standard.text_data(text, place)
    if isinstance(subject, FormSubmission):
        form = view_of(session, hub.vault, subject)
        return form_body(form, place) if of_callrail else standard.form_data(form, place)
    assert isinstance(subject, Call)
    call = view_of(session, hub.vault, subject)
    if of_callrail:
        return call_body(call, place, kind, event.changes)
    return standard.call_data(call, place, kind, event.changes)


def _text_facts(hub: Hub, session: Session, text: TextMessage, company: Company) -> TextFacts:
    same = (TextMessage.company_id == text.company_id, TextMessage.person_number == text.person_number)
    first = session.exec(select(TextMessage.id).where(*same).order_by(col(TextMessage.at), col(TextMessage.id))).first()
    person = session.get(Person, text.person_id) if text.person_id else None
    pictures = session.exec(select(TextMedia.id).where(TextMedia.text_id == text.id)).all()
    return TextFacts(
        text=text,
        company=company,
        first_id=first or text.id,
        name=names_of(hub.vault, session, [person]).get(person.id) if person else None,
        content=open_body(hub.vault, session, text),
        pictures=[f"{str(hub.config.hub.public_url).rstrip('/')}/texts/media/{each}" for each in pictures],
        lead=session.get(Lead, text.id),
    )

"""May a text go to this person now? Builds the question, with all their possible time zones and their own first
contact."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.contracts.consent import ConsentQuestion, ConsentRecord, Place
from hub.contracts.disclosure import declared_categories
from hub.contracts.manifest import Manifest
from hub.contracts.places import places_of_number
from hub.contracts.texts import OutboundText
from hub.flow.case import Case
from hub.flow.consent import StoredDecision, decide, question_about
from hub.model import AlertPhone, Call, TextMessage
from hub.model.purposes import LEGAL, SERVICE, USES
from hub.runtime import Hub
from hub.texts.queue import SEND

CONTACT = "contact"
"""The channel of the record that says: the person called or wrote first, and so expects an answer."""

CONFIRMED = "confirmed"
"""The channel of the record that says: a user of the hub confirmed the number for alerts."""


def ask_about_text(hub: Hub, session: Session, case: Case, connector: str, now: datetime) -> StoredDecision:
    """The ruling on the outbound text that `case` is about; its subject's purpose says for which use."""
    question = question_about_text(session, case, hub.plugins.connectors[connector].manifest, now)
    return decide(hub, [case], connector, "send", [question])[0]


def question_about_text(session: Session, case: Case, manifest: Manifest, now: datetime) -> ConsentQuestion:
    """What is asked before the carrier of `manifest` sends the outbound text that `case` is about."""
    text = case.subject
    assert isinstance(text, TextMessage) and text.purpose is not None
    use = USES[text.purpose]  # type: ignore[index]
    categories = declared_categories(manifest, SEND, OutboundText)
    question = question_about(case, manifest=manifest, use=use, categories=categories, now=now)
    business = tuple(replace(place, time_zones=(case.company.time_zone,)) for place in question.business_places)
    places = places_of_person(text.person_number, question)
    question = replace(question, person_places=places, business_places=business)
    if text.purpose == "staff_alert":
        question = replace(question, records=(*question.records, *staff_records(session, question, text.person_number)))
    elif use == SERVICE:
        at = last_contact(session, text.company_id, text.person_number)
        question = replace(question, records=(*question.records, *contact_records(question, at)))
    if use == LEGAL:
        # This answers what the person has just asked for; their refusals concern other texts.
        question = replace(question, records=())
    return question


def staff_records(session: Session, question: ConsentQuestion, number: str | None) -> tuple[ConsentRecord, ...]:
    """A user's confirmation of the number, as consent to alerts; none if the number has stopped texts since. It counts from
    now, because the user keeps the alert switched on and chooses the quiet hours: an alert at night is wanted."""
    mine = (AlertPhone.number == number, col(AlertPhone.verified_at).is_not(None))
    confirmed = session.exec(select(AlertPhone.user_id).where(*mine)).first()
    record = question.latest_record()
    if confirmed is None or (record is not None and record.state != "given"):
        return ()
    evidence = "they confirmed the number with a code, and keep the alert switched on"
    return (ConsentRecord(state="given", use=question.use, channel=CONFIRMED, at=question.at, evidence=evidence),)


def places_of_person(number: str | None, question: ConsentQuestion) -> tuple[Place, ...]:
    """Where the person may be: everywhere that the number could be from, each with its time zones, and what else is
    known."""
    return tuple(dict.fromkeys([*places_of_number(number), *question.person_places]))


def contact_records(question: ConsentQuestion, at: datetime | None) -> tuple[ConsentRecord, ...]:
    """The person's last contact, as consent to an answer; none if they have refused, because a call does not take that
    back."""
    record = question.latest_record()
    if at is None or (record is not None and record.state != "given"):
        return ()
    evidence = "their own call, text or form"
    return (ConsentRecord(state="given", use=question.use, channel=CONTACT, at=at, evidence=evidence),)


def last_contact(session: Session, company_id: str | None, number: str | None) -> datetime | None:
    """When the person last called or wrote from the number."""
    called = select(func.max(col(Call.started_at))).where(Call.company_id == company_id, Call.caller_number == number)
    wrote = select(func.max(col(TextMessage.at))).where(
        TextMessage.company_id == company_id, TextMessage.person_number == number, TextMessage.direction == "in"
    )
    times = (session.exec(called).one(), session.exec(wrote).one())
    return max((at for at in times if at is not None), default=None)

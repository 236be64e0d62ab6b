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
from hub.model import Call, TextMessage
from hub.model.purposes import LEGAL, SERVICE, USES
from hub.runtime import Hub
from hub.texts.queue import SEND

CONTACT = "contact"
"""The channel of the record that says: the person called or wrote first, and so expects an answer."""


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
    question = replace(question, person_places=_places(text.person_number, question), business_places=business)
    if use == SERVICE:
        question = replace(question, records=(*question.records, *_contact(session, text, question)))
    if use == LEGAL:
        # This answers what the person has just asked for; their refusals concern other texts.
        question = replace(question, records=())
    return question


def _places(number: str | None, question: ConsentQuestion) -> tuple[Place, ...]:
    """Where the person may be: everywhere that the number could be from, each with its time zones, and what else is
    known."""
    return tuple(dict.fromkeys([*places_of_number(number), *question.person_places]))


def _contact(session: Session, text: TextMessage, question: ConsentQuestion) -> tuple[ConsentRecord, ...]:
    """The person's last call or text, as consent to an answer; none if they have refused, because a call does not
    take that back."""
    record = question.latest_record()
    if record is not None and record.state != "given":
        return ()
    called = select(func.max(col(Call.started_at))).where(
        Call.company_id == text.company_id, Call.caller_number == text.person_number
    )
    wrote = select(func.max(col(TextMessage.at))).where(
        TextMessage.company_id == text.company_id,
        TextMessage.person_number == text.person_number,
        TextMessage.direction == "in",
    )
    times = [at for at in (session.exec(called).one(), session.exec(wrote).one()) if at is not None]
    if not times:
        return ()
    evidence = "their own call or text"
    return (ConsentRecord(state="given", use=SERVICE, channel=CONTACT, at=max(times), evidence=evidence),)

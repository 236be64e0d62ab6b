"""May this conversation be recorded? Asks the consent plugins about every place where the caller may be."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from datetime import datetime

from sqlalchemy import Table, and_, bindparam, select
from sqlmodel import Session

from hub.answering.call_context import AnswerRequest
from hub.config.callflow.context import CallContext, Permission
from hub.contracts.consent import ConsentQuestion, ConsentRecord, Place
from hub.flow.consent import decision_values, record_of
from hub.model import ConsentDecision, ConsentEntry, Person
from hub.model.columns import new_id
from hub.model.people import TYPED
from hub.privacy.policies.gate import hold_to_policies
from hub.privacy.restriction import IS_HELD, hold_to_restrictions, outside_transcriber
from hub.runtime import Hub
from hub.store.rows import Columns

USE, CATEGORY = "telephony.recording", "user.telephony.recording"
CONSENT_SECONDS = 0.4
"""Seconds for each consent connector. A caller waits, and no answer means that nothing is recorded."""


PEOPLE: Table = Person.__table__
ENTRIES: Table = ConsentEntry.__table__
SAID = [
    ENTRIES.c[name]
    for name in ("id", "state", "use", "channel", "stated_at", "lapses_at", "basis", "recipients", "categories")
]
"""What a consent record consists of (hub.flow.consent.record_of)."""
CALLERS = (
    select(PEOPLE.c.company_id.label("told_company"), PEOPLE.c.phone_number, IS_HELD.label("is_held"), *SAID)
    .outerjoin(ENTRIES, and_(ENTRIES.c.person_id == PEOPLE.c.id, ENTRIES.c.scope == "person"))
    .where(
        PEOPLE.c.phone_number.in_(bindparam("numbers", expanding=True)),
        PEOPLE.c.phone_learnt != TYPED,
        PEOPLE.c.company_id.in_(bindparam("companies", expanding=True)),
    )
    .order_by(ENTRIES.c.stated_at)
)
"""The people of some numbers at some companies, whether their data may only be stored, and what they have said. Built one
time and without ORM objects, because a caller waits."""


def ask_to_record(
    hub: Hub, session: Session | None, requests: Sequence[tuple[AnswerRequest, CallContext]], now: datetime
) -> list[tuple[Permission, Columns]]:
    """The permission for each call, with the decision as a row to store; its subject is not yet known.

    Callers with equal data ask the same question, so it is asked one time.
    """
    if not requests:
        return []
    callers = {each.caller for each, _ in requests if each.point.caller_number}
    records, held = known_callers(session, callers) if session and callers else ({}, set())
    alike: dict[Hashable, list[int]] = {}
    for index, (each, known) in enumerate(requests):
        differs = (each.connector, each.line.company.id, known.places, records.get(each.caller), each.caller in held)
        alike.setdefault(differs, []).append(index)
    firsts = [requests[indexes[0]] for indexes in alike.values()]
    questions = [_question(hub, each, known, records.get(each.caller, ()), now) for each, known in firsts]
    decisions = hub.plugins.judge(questions, CONSENT_SECONDS)
    if session:
        accounts = [each.line.company.account_id for each, _ in firsts]
        decisions = hold_to_policies(session, accounts, questions, decisions)
        decisions = hold_to_restrictions([each.caller in held for each, _ in firsts], questions, decisions)
    answers: dict[int, tuple[Permission, Columns]] = {}
    for indexes, question, decision in zip(alike.values(), questions, decisions, strict=True):
        values, duties = decision_values(question, decision, now), decision.duties
        connector = requests[indexes[0]][0].connector
        alike_row = ConsentDecision.columns(subject_id="", connector=connector, moment="answer", **values)
        for index in indexes:
            row = alike_row | {"id": new_id()}
            answers[index] = Permission(allowed=decision.allowed, duties=duties, decision_id=row["id"]), row
    return [answers[index] for index in range(len(requests))]


def _question(
    hub: Hub, each: AnswerRequest, known: CallContext, records: tuple[ConsentRecord, ...], now: datetime
) -> ConsentQuestion:
    manifest, company = hub.plugins.connectors[each.connector].manifest, each.line.company
    transcriber = outside_transcriber(hub.config, company.name)
    is_outside = manifest.recipient.role != "none" and not manifest.understands_here
    if each.flow.converses and is_outside:  # the carrier turns into text what the caller says
        transcriber = manifest.recipient
    return ConsentQuestion(
        use=USE,
        categories=frozenset({CATEGORY}),
        recipient=manifest.recipient,
        recipient_regions=manifest.regions,
        at=now,
        person_places=known.places,
        business_places=(Place(country=company.country, region=company.region, basis="business"),),
        records=records,
        transcribed_by=transcriber.name if transcriber else None,
    )


def known_callers(
    session: Session, callers: Collection[tuple[str, str]]
) -> tuple[dict[tuple[str, str], tuple[ConsentRecord, ...]], set[tuple[str, str]]]:
    """What each (company id, phone number) has said about the use of their data, in the order in which it was said; and
    those whose data may only be stored."""
    wanted = {
        "numbers": list({number for _, number in callers}),
        "companies": list({company for company, _ in callers}),
    }
    records: dict[tuple[str, str], tuple[ConsentRecord, ...]] = {}
    held = set()
    for row in session.connection().execute(CALLERS, wanted):
        caller = (row.told_company, row.phone_number)
        if row.is_held:
            held.add(caller)
        if row.id is not None:
            records[caller] = (*records.get(caller, ()), record_of(row))
    return records, held

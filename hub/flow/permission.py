"""May this conversation be recorded? The consent plugins are asked, for every place where the caller may be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from hub.assembly import Hub
from hub.callflow.circumstances import Circumstances, Permission
from hub.contracts.consent import ConsentQuestion, Place
from hub.flow.circumstances import Asked
from hub.flow.consent import decision_row, record_of
from hub.model import ConsentDecision, ConsentEntry, Person
from hub.privacy.policies.gate import hold_to_policies
from hub.privacy.restriction import hold_to_restrictions, restricted_callers

USE, CATEGORY = "telephony.recording", "user.telephony.recording"
DEADLINE = 0.4
"""Seconds for each consent connector: a caller waits, and silence means that nothing is recorded."""


def ask_to_record(
    hub: Hub, session: Session | None, asked: Sequence[tuple[Asked, Circumstances]], now: datetime
) -> list[tuple[Permission, ConsentDecision]]:
    """The permission for each call, with the decision as it is to be stored; its subject is not yet known."""
    if not asked:
        return []
    words = _words(session, [each for each, _ in asked]) if session else {}
    questions = [_question(hub, each, known, words.get(each.caller, []), now) for each, known in asked]
    decisions = hub.plugins.judge(questions, DEADLINE)
    if session:
        accounts = [each.line.company.account_id for each, _ in asked]
        decisions = hold_to_policies(session, accounts, questions, decisions)
        held = restricted_callers(session, {each.caller for each, _ in asked if each.point.caller_number})
        decisions = hold_to_restrictions([each.caller in held for each, _ in asked], questions, decisions)
    answers = []
    for (each, _), question, decision in zip(asked, questions, decisions, strict=True):
        row = decision_row("", each.connector, "answer", question, decision, now)
        answers.append((Permission(allowed=decision.allowed, duties=decision.duties, decision_id=row.id), row))
    return answers


def _question(
    hub: Hub, each: Asked, known: Circumstances, words: Sequence[ConsentEntry], now: datetime
) -> ConsentQuestion:
    manifest, company = hub.plugins.connectors[each.connector].manifest, each.line.company
    return ConsentQuestion(
        use=USE,
        categories=frozenset({CATEGORY}),
        recipient=manifest.recipient,
        recipient_regions=manifest.regions,
        at=now,
        person_places=known.places,
        business_places=(Place(country=company.country, region=company.region, basis="business"),),
        records=tuple(map(record_of, words)),
    )


def _words(session: Session, asked: Sequence[Asked]) -> dict[tuple[str, str], list[ConsentEntry]]:
    """What each caller has said on how their data is used, in the order in which it was said."""
    people = {each.caller for each in asked if each.point.caller_number}
    if not people:
        return {}
    said = (
        select(Person.company_id, Person.phone_number, ConsentEntry)
        .join(ConsentEntry, col(ConsentEntry.person_id) == col(Person.id))
        .where(
            col(Person.phone_number).in_({number for _, number in people}),
            col(Person.company_id).in_({company for company, _ in people}),
            ConsentEntry.scope == "person",
        )
        .order_by(col(ConsentEntry.spoken_at))
    )
    words: dict[tuple[str, str], list[ConsentEntry]] = {}
    for company, number, word in session.exec(said):
        words.setdefault((company, number or ""), []).append(word)
    return words

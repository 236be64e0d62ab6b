"""Restriction: a person's data is kept and not used; whatever would use it is refused. Source: GDPR Art. 18(2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from hub.contracts.consent import ConsentQuestion, Decision, Opinion, strictest
from hub.model import Person, Restriction
from hub.model.people import TYPED

RULE = "person.restricted"
SPEAKER = "hub"
LEGAL = "essential.legal_obligation"
"""Asked and done for the person's own claims, so a restriction does not stop it (Art. 18(2))."""
HELD_NUMBERS = (
    select(Person.company_id, Person.phone_number)
    .join(Restriction, col(Restriction.person_id) == col(Person.id))
    .where(
        col(Person.phone_number).in_(bindparam("numbers", expanding=True)),
        col(Person.phone_learnt) != TYPED,
        col(Restriction.lifted_at).is_(None),
    )
)
"""Made once, for a ringing call waits for it."""


def restricted(session: Session, person_ids: Collection[str]) -> set[str]:
    """Those of the people whose data may be kept only."""
    if not person_ids:
        return set()
    live = select(Restriction.person_id).where(
        col(Restriction.person_id).in_(set(person_ids)), col(Restriction.lifted_at).is_(None)
    )
    return set(session.exec(live))


def restricted_callers(session: Session, callers: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the (company id, phone number) whose data may be kept only."""
    if not callers:
        return set()
    numbers = list({number for _, number in callers})
    return {(company, number) for company, number in session.connection().execute(HELD_NUMBERS, {"numbers": numbers})}


def hold_to_restrictions(
    held: Sequence[bool], questions: Sequence[ConsentQuestion], decisions: Sequence[Decision]
) -> list[Decision]:
    """The decisions, with a no added for everybody whose processing is restricted (`held`). All three go side by side."""
    no = Opinion(
        verdict="deny",
        rule_id=RULE,
        reason="The person has had the use of their data restricted; it is kept and not used.",
    )
    return [
        strictest([(SPEAKER, no), *decision.opinions]) if stop and not question.use.startswith(LEGAL) else decision
        for stop, question, decision in zip(held, questions, decisions, strict=True)
    ]

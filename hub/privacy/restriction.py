"""Restriction: a person's data is stored but not used; every use is refused. Source: GDPR Art. 18(2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import exists
from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.contracts.consent import ConsentQuestion, Decision, Opinion, strictest
from hub.contracts.manifest import Recipient
from hub.model import Person, Restriction

RESTRICTION_RULE = "person.restricted"
SPEAKER = "hub"
LEGAL = "essential.legal_obligation"
"""For the person's own legal claims, so a restriction does not stop it (Art. 18(2))."""
IS_HELD = exists().where(col(Restriction.person_id) == col(Person.id), col(Restriction.lifted_at).is_(None))
"""Whether a person's data may only be stored."""


def restricted(session: Session, person_ids: Collection[str]) -> set[str]:
    """The ids of the people whose data may only be stored."""
    if not person_ids:
        return set()
    live = select(Restriction.person_id).where(
        col(Restriction.person_id).in_(set(person_ids)), col(Restriction.lifted_at).is_(None)
    )
    return set(session.exec(live))


def hold_to_restrictions(
    held: Sequence[bool], questions: Sequence[ConsentQuestion], decisions: Sequence[Decision]
) -> list[Decision]:
    """The decisions, with a no added for every person under restriction (`held`). The three sequences have the same
    order.
    """
    no = Opinion(
        verdict="deny",
        rule_id=RESTRICTION_RULE,
        reason="The person has restricted the use of their data; it is kept but not used.",
    )
    return [
        strictest([(SPEAKER, no), *decision.opinions]) if stop and not question.use.startswith(LEGAL) else decision
        for stop, question, decision in zip(held, questions, decisions, strict=True)
    ]


def outside_transcriber(config: Config, company: str) -> Recipient | None:
    """The recipient of `recordings: transcribe:`, or of the company's `insights: read_by:`, if another company hears the
    audio of this one's calls or reads what was said; None if nobody does, or all of that happens on this machine.

    A provider that works under a contract counts too: it is enough that it could use what it hears (Ambriz v. Google LLC,
    N.D. Cal. 2025, on Cal. Penal Code 631).
    """
    section = config.companies_by_name.get(company)
    for name in (config.recordings.transcribe, section.insights.read_by if section and section.insights else None):
        entry = config.connectors.get(name or "")
        if entry is None or not entry.serves(company):
            return None
        recipient = entry.connector_class.manifest.recipient
        if recipient.role != "none":
            return recipient
    return None

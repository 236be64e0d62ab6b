"""Do not contact: a person's no to a company's texts, calls or both, by whatever way they said it.

Source: 47 CFR 64.1200(a)(10): a person may revoke consent by any reasonable means. Pages, the API, commands, the privacy
officer, forms, transcripts and imports all come here. The no is in the ledger, and on the suppression list as a keyed hash, so
it outlasts an erasure. Only the person's own later act lifts it, or a yes that an officer records with evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from hub.errors import CannotDo
from hub.model import Suppression
from hub.model.people import CARRIER, PROVEN, Learned
from hub.model.purposes import CALL_BACK, LISTED_USES, MARKETING, SERVICE, TEXT_USES
from hub.privacy.ledger import ConsentStatement
from hub.privacy.withdrawal import take_effect
from hub.runtime import Hub
from hub.store import audit
from hub.store.locks import hold_locks
from hub.texts.suppression import number_lock_key, person_of, stop

Refused = Literal["texts", "calls", "both"]
USES_OF: Mapping[str, tuple[str, ...]] = {"texts": TEXT_USES, "calls": (CALL_BACK,), "both": LISTED_USES}
"""The data uses that each refusal ends."""
AGAIN: Mapping[str, str] = {"texts": SERVICE, "calls": CALL_BACK}
"""What a person may allow again. Marketing texts need a consent of their own."""
LOCK_WAIT_SECONDS = 5.0
"""Seconds for which a refusal waits for a text or a call that is under way to the person."""
MAX_DETAIL = 500


@dataclass(frozen=True)
class ContactRefusals:
    """Since when the company must not contact a person; None if it may."""

    texts: datetime | None = None
    marketing: datetime | None = None
    """Marketing texts; an objection ends these alone."""
    calls: datetime | None = None


def refuse_contact(
    hub: Hub,
    company_id: str,
    numbers: Collection[str],
    refused: str,
    *,
    channel: str,
    actor: str,
    subject_id: str | None = None,
    detail: str | None = None,
    learned: Learned = CARRIER,
) -> bool:
    """Record, with its audit entry, that the person with these E.164 numbers wants no texts, no calls, or neither. From
    now on nothing is sent. Returns False if all of it was in force before. CannotDo if there is nothing to refuse.

    `channel` says how they said it; `subject_id` is the call, text, form or request that shows it, or their person;
    `detail` is what they said, encrypted under their key. `actor` is a user's id, or the account at the machine.
    """
    if refused not in USES_OF:
        raise CannotDo(f"Choose what the person does not want: {', '.join(USES_OF)}.")
    if not numbers:
        raise CannotDo("No number of this person is known, so there is nobody to leave alone.")
    keys = [number_lock_key(company_id, number) for number in numbers]
    with hold_locks(hub.store, keys, LOCK_WAIT_SECONDS), hub.store.writing() as session:
        now = hub.clock()
        new = [
            record_refusal(
                session,
                hub,
                company_id,
                number,
                refused,
                channel=channel,
                evidence=subject_id,
                at=now,
                now=now,
                detail=detail,
                learned=learned,
            )
            for number in sorted(numbers)
        ]
        subject = subject_id or person_of(session, company_id, min(numbers), now, learned).id
        audit.note(session, now, actor, "contact.refuse", subject, refused)
    return any(new)


def record_refusal(
    session: Session,
    hub: Hub,
    company_id: str,
    number: str,
    refused: str,
    *,
    channel: str,
    evidence: str | None,
    at: datetime,
    now: datetime,
    detail: str | None = None,
    learned: Learned = CARRIER,
) -> bool:
    """Write a refusal within `session`, a writing one; False if it was in force before. `evidence` is the id of the row
    that shows it, `at` when the person said it, and `learned` how it is known that the number is theirs.

    Hold the lock `number_lock_key` around the transaction, so that a text or call under way to the person ends first.
    """
    said = detail.strip()[:MAX_DETAIL] if detail else None
    return stop(
        session,
        hub,
        company_id,
        number,
        channel=channel,
        evidence=evidence,
        at=at,
        now=now,
        uses=USES_OF[refused],
        detail=said or None,
        learned=learned,
    )


def allow_contact(
    hub: Hub, company_id: str, number: str, what: str, *, channel: str, actor: str, evidence: str
) -> bool:
    """Record, with its audit entry, that the person with this E.164 number takes a refusal of texts or calls back
    themselves. `evidence` is how that is known, encrypted under their key. False if nothing was refused.
    """
    use = AGAIN[what]
    with hub.store.writing() as session:
        now = hub.clock()
        if use not in _since(session, hub, company_id, number):
            return False
        person = person_of(session, company_id, number, now, PROVEN)
        yes = ConsentStatement(
            company_id=company_id,
            person_id=person.id,
            state="given",
            use=use,
            channel=channel,
            detail=evidence,
            stated_at=now,
        )
        take_effect(session, hub.config, hub.vault, [yes], now)
        audit.note(session, now, actor, "contact.allow", person.id, what)
    return True


def contact_refusals(session: Session, hub: Hub, company_id: str, numbers: Collection[str]) -> ContactRefusals:
    """What is in force for a person; for one with several numbers, what is in force for all of them."""
    since = [_since(session, hub, company_id, number) for number in numbers]
    return ContactRefusals(
        *(
            max(each[use] for each in since) if since and all(use in each for each in since) else None
            for use in (SERVICE, MARKETING, CALL_BACK)
        )
    )


def _since(session: Session, hub: Hub, company_id: str, number: str) -> dict[str, datetime]:
    fingerprint = hub.vault.fingerprint(session, company_id, number)
    wanted = select(Suppression.use, Suppression.since).where(col(Suppression.fingerprint) == fingerprint)
    return dict(session.exec(wanted).all())

"""A person's stop and start, with all their effects in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import and_, or_, update
from sqlmodel import Session, col, select

from hub.model import ConsentEntry, Delivery, DoubtfulRefusal, Person, Suppression, TextMessage
from hub.model.columns import CALL_RETENTION
from hub.model.doubtful_refusals import OPEN_DOUBTS
from hub.model.people import CARRIER, TYPED, Learned, has_known_number
from hub.model.purposes import CALL_BACK, MARKETING, SERVICE, TEXT_USES, USES
from hub.model.states import DeliveryState, Doubt, MessageStatus
from hub.privacy.ledger import ConsentStatement, append
from hub.privacy.suppression_list import add_suppressions, lift_suppressions
from hub.runtime import Hub
from hub.store.rows import write_rows

STOPPED = "stopped"
STOPPED_REASON = "The person has asked the company to stop texts."


def number_lock_key(company_id: str, number: str) -> str:
    """The lock (hub.store.locks) that a person's stop, and every text to them, must take."""
    return f"text/{company_id}/{number}"


def is_suppressed(session: Session, hub: Hub, company_id: str, number: str, use: str) -> bool:
    """Whether the person has stopped texts for this use. `session` must be a writing one."""
    fingerprint = hub.vault.fingerprint(session, company_id, number)
    wanted = (Suppression.fingerprint == fingerprint, Suppression.use == use)
    return session.exec(select(Suppression.use).where(*wanted)).first() is not None


def stop(
    session: Session,
    hub: Hub,
    company_id: str,
    number: str,
    *,
    channel: str,
    evidence: str | None,
    at: datetime,
    now: datetime,
    uses: tuple[str, ...] = TEXT_USES,
    detail: str | None = None,
    learned: Learned = CARRIER,
) -> bool:
    """Withdraw the person's consent to `uses` (hub.model.purposes.LISTED_USES), cancel queued texts, and settle doubtful
    ones. False if it was withdrawn before. `evidence` is the id of the text that says so; `at` is when the person said it;
    `detail` is free text, encrypted under their key.
    """
    person = person_of(session, company_id, number, now, learned)
    _say(session, hub, person, "withdrawn", uses, channel, evidence, min(at, now), now, detail)
    if MARKETING in uses:
        _cancel_queued(session, company_id, number, uses, now)
    settle(session, company_id, number, Doubt.STOP, now, uses)
    fingerprint = hub.vault.fingerprint(session, company_id, number)
    before = session.exec(select(Suppression.use).where(Suppression.fingerprint == fingerprint)).all()
    add_suppressions(session, fingerprint, uses, min(at, now), now)
    return not set(uses) <= set(before)


def settle(
    session: Session, company_id: str, number: str, verdict: Doubt, before: datetime, uses: tuple[str, ...]
) -> None:
    """Decide on what the person may have refused at or before `before`, as far as a word on `uses` answers it. A word on
    texts answers their doubtful texts; what may refuse calls too stays open for a user.
    """
    refused, covered = col(DoubtfulRefusal.refused), []
    if SERVICE in uses:
        covered.append(or_(refused == "texts", and_(col(DoubtfulRefusal.source) == "text", refused == "both")))
    if CALL_BACK in uses:
        covered.append(refused.in_(("calls", "both")) if SERVICE in uses else refused == "calls")
    if not covered:
        return
    theirs = (col(DoubtfulRefusal.company_id) == company_id, col(DoubtfulRefusal.person_number) == number)
    settled = update(DoubtfulRefusal).where(OPEN_DOUBTS, *theirs, col(DoubtfulRefusal.at) <= before, or_(*covered))
    session.execute(settled.values(state=verdict).execution_options(synchronize_session=False))


def start(
    session: Session,
    hub: Hub,
    company_id: str,
    number: str,
    *,
    channel: str,
    evidence: str,
    at: datetime,
    now: datetime,
) -> bool:
    """Lift a stop. False if nothing was stopped, or only by a stop that the person said after this start (which arrived
    late). Marketing texts are sent back only for a person who had said yes to them.

    An objection to marketing differs from a stop: a start does not lift it (GDPR Art. 21(3)), only an express yes does.
    The list keeps the difference after an erasure too, because a stop covers every use and an objection only marketing.
    """
    fingerprint, said_at = hub.vault.fingerprint(session, company_id, number), min(at, now)
    settle(session, company_id, number, Doubt.NOT_STOP, said_at, TEXT_USES)
    before = (Suppression.fingerprint == fingerprint, Suppression.since <= said_at)
    if SERVICE not in session.exec(select(Suppression.use).where(*before)).all():
        return False
    person = person_of(session, company_id, number, now)
    latest = select(ConsentEntry.state).where(
        ConsentEntry.person_id == person.id,
        col(ConsentEntry.use).in_((MARKETING, "marketing.communications", "marketing")),
        or_(col(ConsentEntry.use) != "marketing", col(ConsentEntry.state) == "objected"),
    )
    said = set(session.exec(latest).all())
    taken = TEXT_USES if "objected" not in said else (SERVICE,)
    lift_suppressions(session, fingerprint, taken, said_at, now)
    uses = TEXT_USES if "given" in said and "objected" not in said else (SERVICE,)
    _say(session, hub, person, "given", uses, channel, evidence, said_at, now)
    return True


def person_of(session: Session, company_id: str, number: str, now: datetime, learned: Learned = CARRIER) -> Person:
    """The company's person with this number; created if there is none yet. If the number was only typed into a form, and
    belongs to no known person, it is the person of such forms.
    """
    wanted = [select(Person).where(Person.company_id == company_id, has_known_number(number))]
    if learned == TYPED:
        wanted.append(select(Person).where(Person.company_id == company_id, Person.phone_number == number))
    person = next((found for query in wanted if (found := session.exec(query.order_by(Person.id)).first())), None)
    if person is None:
        made = Person(
            company_id=company_id,
            phone_number=number,
            phone_learnt=learned,
            first_seen_at=now,
            expires_at=now + CALL_RETENTION,
        )
        write_rows(session, Person, [made])
        person = session.exec(wanted[-1]).one()  # another worker's row, if it was first
    return person


def _say(
    session: Session,
    hub: Hub,
    person: Person,
    state: Literal["given", "withdrawn"],
    uses: tuple[str, ...],
    channel: str,
    evidence: str | None,
    at: datetime,
    now: datetime,
    detail: str | None = None,
) -> None:
    statements = [
        ConsentStatement(
            company_id=person.company_id,
            person_id=person.id,
            state=state,
            use=use,
            channel=channel,
            evidence=evidence,
            detail=detail,
            stated_at=at,
        )
        for use in uses
    ]
    append(session, statements, now, hub.vault)


def _cancel_queued(session: Session, company_id: str, number: str, uses: tuple[str, ...], now: datetime) -> None:
    """Cancel the texts that wait for the person. One that is being sent right now counts as sent
    (hub.delivery.send_texts).
    """
    theirs = select(TextMessage.id).where(
        TextMessage.company_id == company_id,
        TextMessage.person_number == number,
        TextMessage.direction == "out",
        col(TextMessage.purpose).in_([purpose for purpose, use in USES.items() if use in uses]),
    )
    waiting = (
        col(Delivery.subject_id).in_(theirs),
        col(Delivery.hook) == "send_text",
        col(Delivery.state) == DeliveryState.READY,
    )
    cancelled = session.scalars(select(Delivery.subject_id).where(*waiting)).all()
    for statement in (
        update(TextMessage)
        .where(col(TextMessage.id).in_(cancelled))
        .values(status=MessageStatus.REFUSED, code=STOPPED, reason=STOPPED_REASON),
        update(Delivery)
        .where(*waiting)
        .values(state=DeliveryState.HELD, code=STOPPED, reason=STOPPED_REASON, finished_at=now),
    ):
        session.execute(statement.execution_options(synchronize_session=False))

"""Legal duties: holds on a person or on a whole company, and what authorities were given; each is in the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from hub.contracts.categories import CATEGORIES
from hub.contracts.phones import phone_number
from hub.model import AuthorityDisclosure, Company, LegalHold, PrivacyRequest
from hub.model.requests import EVERYBODY
from hub.model.states import RequestState
from hub.privacy_requests.officer import reason_in_words
from hub.privacy_requests.people import set_hold
from hub.privacy_requests.steps import RequestRefused, email_address, fingerprint_of
from hub.runtime import Hub
from hub.store import audit


def place_hold(
    session: Session,
    hub: Hub,
    company: Company,
    *,
    phone: str | None,
    email: str | None,
    everybody: bool,
    reason: str,
    actor: str,
) -> LegalHold:
    """Set a legal hold: nothing of this person, or of anyone at the company, is erased or deleted until it is lifted."""
    if [bool(phone), bool(email), everybody].count(True) != 1:
        raise RequestRefused("Say who it covers: a phone number, an email address, or everybody at the company.")
    matter = reason_in_words(reason)
    number, address = phone_number(phone, company.country) if phone else None, email_address(email)
    if not everybody and number is None and address is None:
        raise RequestRefused("The number or address is not valid; write +13125550142 or pat@example.com.")
    hold = set_hold(session, hub, company.id, number, address, matter, actor)
    session.flush()
    audit.note(session, hub.clock(), actor, "privacy.hold.set", hold.id)
    return hold


def lift_hold(session: Session, hub: Hub, hold: LegalHold, actor: str) -> int:
    """Lift a hold. Returns how many requests at its company are held, which can be run again."""
    if hold.lifted_at is not None:
        raise RequestRefused(f"This hold was lifted on {hold.lifted_at:%Y-%m-%d at %H:%M} UTC already.")
    hold.lifted_at, hold.lifted_by = hub.clock(), actor
    session.add(hold)
    session.flush()
    audit.note(session, hub.clock(), actor, "privacy.hold.lift", hold.id)
    held = select(PrivacyRequest.id).where(
        PrivacyRequest.state == RequestState.HELD, PrivacyRequest.company_id == hold.company_id
    )
    return len(session.exec(held).all())


def record_disclosure(
    session: Session,
    hub: Hub,
    company: Company,
    *,
    authority: str,
    reference: str,
    legal_basis: str,
    categories: Sequence[str],
    actor: str,
    phone: str | None = None,
    email: str | None = None,
    everybody: bool = False,
    disclosed_at: datetime | None = None,
    withheld_until: datetime | None = None,
    note: str = "",
) -> AuthorityDisclosure:
    """Record, within `session`, what an authority was given of one person or of everybody at the company. The person finds it
    in the access file, unless it is withheld until a time because the authority or a court forbids a notice. It is evidence in
    the journal and is never changed. RequestRefused if it does not say who got what of whom."""
    if [bool(phone), bool(email), everybody].count(True) != 1:
        raise RequestRefused("Say whose data it was: a phone number, an email address, or everybody at the company.")
    number, address = phone_number(phone, company.country) if phone else None, email_address(email)
    if not everybody and number is None and address is None:
        raise RequestRefused("The number or address is not valid; write +13125550142 or pat@example.com.")
    if not categories or not CATEGORIES.issuperset(categories):
        raise RequestRefused(
            f"Name the categories of data that were given, such as {', '.join(sorted(CATEGORIES)[:3])}."
        )
    now = hub.clock()
    _check_times(now, disclosed_at, withheld_until)
    row = AuthorityDisclosure(
        company_id=company.id,
        fingerprint=EVERYBODY if everybody else fingerprint_of(session, hub, company.id, number, address),
        authority=reason_in_words(authority, "The authority"),
        reference=reason_in_words(reference, "The reference"),
        legal_basis=reason_in_words(legal_basis, "The legal basis"),
        categories=sorted(set(categories)),
        note=reason_in_words(note, "The note") if note else "",
        disclosed_at=disclosed_at or now,
        withheld_until=withheld_until,
        recorded_by=actor,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    audit.note(session, now, actor, "privacy.authority.record", row.id, "withheld" if withheld_until else "")
    return row


def _check_times(now: datetime, disclosed_at: datetime | None, withheld_until: datetime | None) -> None:
    """RequestRefused if a disclosure is not made yet, or is withheld until a time that is over."""
    if disclosed_at is not None and disclosed_at > now:
        raise RequestRefused("The disclosure is in the future; record it after it was made.")
    if withheld_until is not None and withheld_until <= now:
        raise RequestRefused("The day until which it is withheld is over already; name a day in the future.")


def disclosures_of(session: Session, companies: Collection[str]) -> list[AuthorityDisclosure]:
    """What authorities were given of people at some companies (ids), newest first."""
    query = select(AuthorityDisclosure).where(col(AuthorityDisclosure.company_id).in_(companies))
    return list(session.exec(query.order_by(col(AuthorityDisclosure.disclosed_at).desc(), col(AuthorityDisclosure.id))))

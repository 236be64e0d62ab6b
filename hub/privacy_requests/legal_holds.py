"""Legal holds: set one on a person or on a whole company, and lift it; both are in the audit trail."""

from __future__ import annotations

from sqlmodel import Session, select

from hub.contracts.phones import phone_number
from hub.model import Company, LegalHold, PrivacyRequest
from hub.model.states import RequestState
from hub.privacy_requests.officer import reason_in_words
from hub.privacy_requests.people import set_hold
from hub.privacy_requests.steps import RequestRefused, email_address
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
        raise RequestRefused("Say who it covers: a phone number, an e-mail address, or everybody at the company.")
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

"""Objection, restriction and correction: they take effect at once, everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.contracts.people import Correction, PersonReference
from hub.model import Company, OutgoingCall, Person, PrivacyRequest, Restriction
from hub.model.people import PROVEN, has_known_number
from hub.model.states import PersonNotice, RequestState
from hub.privacy.erasure import PersonData, reach_of
from hub.privacy.ledger import ConsentStatement, keep_notice
from hub.privacy.receivers import notify_receivers, receivers_of
from hub.privacy.translations import texts_in
from hub.privacy.withdrawal import exclusive_person_lock, take_effect
from hub.privacy_requests.people import known_people
from hub.privacy_requests.steps import RequestRefused, take_step
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import correction_in, seal_names

ALL_MARKETING = "marketing"
OPT_IN_NOTICE = "opt_in.notice"
"""The text that says what an opt-in means (hub.privacy.translations). The page shows its words, and the ledger stores them."""


def say_no(hub: Hub, request_id: str, actor: str) -> None:
    """Carry out an objection or a restriction. It waits for sends to the person that are under way; all later sends
    respect it.
    """
    now = hub.clock()
    with hub.store.writing() as session:
        people = known_people(session, session.get_one(PrivacyRequest, request_id), now)
    with exclusive_person_lock(hub.store, people, "objected"), hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        effect = _restrict if request.kind == "restriction" else _object
        action, held = effect(session, hub, request, people, now)
        request.outcome = {"people": len(people), "held": held}
        reported = f"{len(people)} people, {held} queued items held"
        take_step(session, request, actor, action, reported, now, RequestState.DONE)


def _object(
    session: Session, hub: Hub, request: PrivacyRequest, people: Sequence[Person], now: datetime
) -> tuple[str, int]:
    """Write the objection into the ledger, hold what is queued, never text the person for marketing again, and notify the
    addresses of webhooks that were sent something of the person.

    Source: GDPR Art. 21(2)-(3), which has no exception; Cal. Civ. Code 1798.120.
    """
    statements = _statements(request, people, state="objected", basis="objection", stated_at=request.received_at)
    reach = PersonData()
    for person in people:
        reach |= reach_of(session, hub.config, person)
    company = session.get_one(Company, request.company_id)
    notified = receivers_of(session, hub.config, company, reach.people, reach.subjects | reach.outgoing_calls)
    notify_receivers(session, PersonNotice.OPTED_OUT, notified, request.id, now)
    return "objected", take_effect(session, hub.config, hub.vault, statements, now)


def _restrict(
    session: Session, hub: Hub, request: PrivacyRequest, people: Sequence[Person], now: datetime
) -> tuple[str, int]:
    """From now on the person's data is stored but not used (hub.privacy.restriction). Queued items are refused when
    they are due.
    """
    for person in people:
        session.add(Restriction(company_id=person.company_id, person_id=person.id, request_id=request.id, since=now))
    return "restricted", 0


def _statements(request: PrivacyRequest, people: Sequence[Person], **said: Any) -> list[ConsentStatement]:
    """The consent records for all marketing that this request creates, one for each of the person's rows."""
    return [
        ConsentStatement(
            company_id=person.company_id,
            person_id=person.id,
            use=ALL_MARKETING,
            channel="request",
            evidence=request.id,
            jurisdictions=request.places,
            **said,
        )
        for person in people
    ]


def confirm_opt_in(session: Session, request: PrivacyRequest, language: str, now: datetime) -> None:
    """The second step of an opt-in: the person has read in `language` what it means (`OPT_IN_NOTICE`) and confirms it."""
    request.language = language
    request.outcome = {**request.outcome, "confirmed_at": now.isoformat()}
    take_step(session, request, "the person", "confirmed", "opt-in", now)


def opt_in(hub: Hub, request_id: str, actor: str) -> None:
    """Write the person's yes to advertising into the ledger. It lifts their objection or opt-out; items held before
    stay held.

    RequestRefused if the person has not confirmed it and no officer has noted evidence. Source: 11 CCR 7028(a): an
    opt-in after an opt-out takes two steps, a request and its confirmation.
    """
    now = hub.clock()
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        if "confirmed_at" not in request.outcome and not request.evidence:
            raise RequestRefused(
                "The person must confirm it on their page, or you note the evidence of both steps as a proof."
            )
        company = session.get_one(Company, request.company_id)
        texts = texts_in(request.language)
        notice = keep_notice(session, texts.plain(OPT_IN_NOTICE, company=company.title), texts.language, now)
        people = known_people(session, request, now)
        said = {"notice_hash": notice, "language": texts.language, "stated_at": now}
        statements = _statements(request, people, state="given", **said)
        take_effect(session, hub.config, hub.vault, statements, now)
        request.outcome = {**request.outcome, "people": len(people)}
        take_step(session, request, actor, "opted_in", f"{len(people)} people", now, RequestState.DONE)


def lift_restriction(hub: Hub, request_id: str, actor: str, reason: str) -> int:
    """Allow use of the data again. Returns for how many people. The person must be informed before. Source: GDPR Art.
    18(3).
    """
    now = hub.clock()
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        live = select(Restriction).where(Restriction.request_id == request_id, col(Restriction.lifted_at).is_(None))
        lifted = session.exec(live).all()
        if not lifted:
            raise RequestRefused("No restriction of this request is in force.")
        for restriction in lifted:
            restriction.lifted_at = now
            session.add(restriction)
        take_step(session, request, actor, "unrestricted", reason, now)
    return len(lifted)


def correct(session: Session, hub: Hub, request: PrivacyRequest, people: list[Person]) -> int:
    """Replace the old name, number or address by the new one, within `session`. Returns how many people were changed.

    Calls, texts and forms are not changed, because they record what happened. RequestRefused if somebody else has the
    number, or if no one has noted how the company knows that a new number or address belongs to the person: a proof of
    the old one does not show that, and the new one then gives access to all of the person's data.
    """
    new = correction_in(hub.vault, session, request)
    if not any(new.values()):
        raise RequestRefused("There is nothing to correct; give --name, --new-email or --new-phone.")
    number = new.get("phone_number")
    if (number or new.get("email")) and not request.evidence:
        raise RequestRefused(
            "It is not proven that the new number or address is theirs; note how you verified it as a proof."
        )
    if number:
        others = select(Person.id).where(Person.company_id == request.company_id, has_known_number(number))
        if set(session.exec(others)) - {person.id for person in people} or len(people) > 1:
            raise RequestRefused("The new number belongs to another person at this company; check both first.")
    for person in people:
        if number and person.phone_number and number != person.phone_number:
            hub.vault.hand_over(session, person.company_id, person.phone_number, number)
            # Calls that users placed to them are found by this number alone.
            old = col(OutgoingCall.person_number) == person.phone_number
            placed = update(OutgoingCall).where(col(OutgoingCall.company_id) == person.company_id, old)
            session.execute(placed.values(person_number=number))
        if number:
            person.phone_number, person.phone_learnt = number, PROVEN
        if new.get("email"):
            person.email, person.email_learnt = new["email"], PROVEN
        session.add(person)
    if called := new.get("name"):
        seal_names(hub.vault, session, [(person, called) for person in people])
    return len(people)


def correction_of(new: Mapping[str, str], person: PersonReference) -> Correction:
    """The correct values, as plugins get them."""
    return Correction(
        phone_numbers=person.phone_numbers,
        emails=person.emails,
        new_name=new.get("name"),
        new_email=new.get("email"),
        new_phone_number=new.get("phone_number"),
    )

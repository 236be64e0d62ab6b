"""Notifies the addresses of webhooks that a person was erased or opted out, with the ids of what each was sent of them.

The events are written to the outbox of `hub.webhooks_out` in the transaction of the erasure or the opt-out. They hold no
personal data, so no consent is asked for them, and an address that is disabled by now gets them too.
Source: GDPR Art. 19; Cal. Civ. Code 1798.105(c)(1), 1798.140(ad)(2)(B); 11 CCR 7022(b)(2)-(3), 7026(f)(2).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.model import Company, Disclosure, Person, Visit, WebhookEndpoint, WebhookEvent
from hub.model.states import PersonNotice
from hub.privacy.datamap.recipients import recipient_name
from hub.privacy.erasure.reach import reach_of
from hub.privacy.opt_outs import browser_mark
from hub.store.encryption.vault import Vault
from hub.store.rows import write_rows
from hub.store.writers.webhook_events import EVENT_LIFETIME

ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Receiver:
    """An address in config.yaml that was sent something of a person."""

    endpoint: WebhookEndpoint
    connector: str
    """Its name in the record of disclosures."""
    recipient: str
    """Who runs it."""
    contacts: tuple[str, ...]
    """Ids of the calls, texts and forms that it was sent."""


def receivers_of(
    session: Session, config: Config, company: Company, people: Collection[str], contacts: Collection[str]
) -> list[Receiver]:
    """The company's addresses whose operators were sent something of these people, or of these calls, texts and forms; by
    name. One that another operator ran then is left out."""
    configured = select(WebhookEndpoint).where(
        WebhookEndpoint.company_id == company.id, col(WebhookEndpoint.retired_at).is_(None)
    )
    endpoints = session.exec(configured.order_by(col(WebhookEndpoint.name))).all()
    found = (_receiver(session, config, company, endpoint, people, contacts) for endpoint in endpoints)
    return [each for each in found if each is not None and each.contacts]


def notify_receivers(
    session: Session, kind: PersonNotice, receivers: Sequence[Receiver], cause_id: str, now: datetime
) -> None:
    """Write one event for each receiver, within `session`; the same for the same cause is written one time. `cause_id` is
    the id of the request or of the opt-out."""
    rows = [_event(kind, each.endpoint, cause_id, cause_id, each.contacts, now) for each in receivers]
    write_rows(session, WebhookEvent, rows)


def note_opt_out(session: Session, company_id: str, opt_out_id: str, now: datetime) -> None:
    """Write the event of an opt-out for each address of the company, within `session`, without looking up whether anybody
    is known: `contacts_of_opt_out` does that when the event is sent."""
    configured = select(WebhookEndpoint).where(
        WebhookEndpoint.company_id == company_id, col(WebhookEndpoint.retired_at).is_(None)
    )
    key = f"{opt_out_id}/{now.isoformat()}"
    rows = [_event(PersonNotice.OPTED_OUT, each, opt_out_id, key, (), now) for each in session.exec(configured)]
    write_rows(session, WebhookEvent, rows)


def contacts_of_opt_out(
    session: Session, config: Config, vault: Vault, endpoint: WebhookEndpoint, fingerprint: str
) -> tuple[str, ...]:
    """Ids of what the address was sent of the number or the browser that has this mark in an opt-out."""
    company = session.get_one(Company, endpoint.company_id)
    people: set[str] = set()
    contacts: set[str] = set()
    for person in _people_with(session, vault, company.id, fingerprint):
        reach = reach_of(session, config, person)
        people |= reach.people
        contacts |= reach.subjects | reach.outgoing_calls
    found = _receiver(session, config, company, endpoint, people, contacts)
    return found.contacts if found else ()


def _people_with(session: Session, vault: Vault, company_id: str, fingerprint: str) -> list[Person]:
    """People of the company with the number, or on whose own visits the browser was. An opt-out holds only a hash of
    either, so all are compared."""
    numbers = select(Person.id, Person.phone_number).where(
        Person.company_id == company_id, col(Person.phone_number).is_not(None)
    )
    browsers = (
        select(Visit.person_id, Visit.visitor_id)
        .where(Visit.company_id == company_id, col(Visit.person_id).is_not(None), col(Visit.visitor_id).is_not(None))
        .distinct()
    )
    ids = {
        person_id
        for person_id, number in session.exec(numbers.execution_options(yield_per=ROWS_AT_ONCE))
        if number and vault.fingerprint(session, company_id, number) == fingerprint
    }
    ids |= {
        person_id
        for person_id, visitor_id in session.exec(browsers.execution_options(yield_per=ROWS_AT_ONCE))
        if person_id and visitor_id and browser_mark(company_id, visitor_id) == fingerprint
    }
    return list(session.exec(select(Person).where(col(Person.id).in_(ids)))) if ids else []


def _receiver(
    session: Session,
    config: Config,
    company: Company,
    endpoint: WebhookEndpoint,
    people: Collection[str],
    contacts: Collection[str],
) -> Receiver | None:
    own = next((each.webhooks for each in config.companies if each.name == company.name), ())
    section = next((each for each in own if each.name == endpoint.name), None)
    if section is None:
        return None
    connector, recipient = recipient_name(company.name, endpoint.name), section.recipient_name
    theirs = or_(col(Disclosure.person_id).in_(people), col(Disclosure.subject_id).in_(contacts))
    to_it = (Disclosure.connector == connector, Disclosure.recipient == recipient)
    sent = session.exec(select(Disclosure.subject_id).where(*to_it, theirs).distinct())
    return Receiver(endpoint, connector, recipient, tuple(sorted(sent)))


def _event(
    kind: PersonNotice, endpoint: WebhookEndpoint, cause_id: str, key: str, contacts: Sequence[str], now: datetime
) -> WebhookEvent:
    return WebhookEvent(
        endpoint_id=endpoint.id,
        account_id=endpoint.account_id,
        company_id=endpoint.company_id,
        type=kind,
        subject_id=cause_id,
        changes=list(contacts),
        dedup_key=f"{kind}/{key}",
        at=now,
        due_at=now,
        expires_at=now + EVENT_LIFETIME,
    )

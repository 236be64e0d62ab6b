"""Sends a person's identifiers to a provider for export, correction or erasure: only declared fields, and logged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hub.contracts.people import Correction, PersonReference
from hub.model import HUB_CHAIN, Disclosure, Person, PrivacyRequest
from hub.model.columns import CONSENT_RETENTION
from hub.model.people import has_known_email, has_known_number
from hub.privacy.restriction import LEGAL
from hub.runtime import Hub
from hub.store.audit import account_of
from hub.store.journal import write_evidence
from hub.store.rows import indexless

Named = TypeVar("Named", PersonReference, Correction)


def hand_over(hub: Hub, request: PrivacyRequest, connector: str, names: Named, hook: str) -> Named:
    """`names` as the connector may get them through `hook`. Call it right before you ask the connector.

    The disclosure is logged before any data leaves: one time per request and connector, under each person who is known
    by these names. Subject and decision of the log entry are the request, because a legal duty and not consent is the
    reason to send. Fields that the manifest does not declare are counted as refused.
    """
    plugin = hub.plugins.connectors[connector]
    disclosed = hub.refusals.disclose(plugin, names, hook)
    with hub.store.reading() as session:
        people = _known_by(session, request, names)
    note_disclosure(hub, request, connector, disclosed.categories, people)
    return disclosed.value


def note_disclosure(
    hub: Hub, request: PrivacyRequest, connector: str, categories: Collection[str], people: Sequence[str | None]
) -> None:
    """Log, before any data leaves, that a provider gets `categories` because of a request. What it already got for the
    same request is not logged again.
    """
    now = hub.clock()
    with hub.store.writing() as session:
        before = select(Disclosure.categories).where(
            Disclosure.subject_id == request.id, Disclosure.connector == connector
        )
        if set(categories) <= set().union(*session.exec(before)):
            return
        rows = [
            Disclosure(
                person_id=person_id,
                subject_id=request.id,
                connector=connector,
                recipient=hub.plugins.connectors[connector].manifest.recipient.name,
                use=LEGAL,
                categories=sorted(categories),
                decision_id=request.id,
                disclosed_at=now,
                expires_at=now + CONSENT_RETENTION,
            )
            for person_id in people
        ]
        write_evidence(session, Disclosure, rows, {request.id: account_of(session, request.id) or HUB_CHAIN})


def _known_by(session: Session, request: PrivacyRequest, names: PersonReference | Correction) -> list[str | None]:
    """Ids of the people with these names; a single None if there are none (any more)."""
    numbers, emails = list(names.phone_numbers), list(names.emails)
    if isinstance(names, Correction):
        # The hub corrects them before it asks providers.
        numbers += [names.new_phone_number] if names.new_phone_number else []
        emails += [names.new_email] if names.new_email else []
    same = or_(has_known_number(*numbers), has_known_email(*emails))
    found = select(Person.id).where(indexless(Person.company_id) == request.company_id, same).order_by(col(Person.id))
    return [*session.exec(found)] or [None]

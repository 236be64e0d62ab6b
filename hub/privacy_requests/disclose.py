"""Hand a person's names to a provider that must show, correct or erase them: only what is declared, and written down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hub.contracts.people import Correction, PersonReference
from hub.model import HUB_CHAIN, Disclosure, Person, PrivacyRequest
from hub.model.columns import CONSENT_LIFE
from hub.model.people import has_known_email, has_known_number
from hub.privacy.restriction import LEGAL
from hub.runtime import Hub
from hub.store.audit import account_of
from hub.store.journal import write_evidence

Named = TypeVar("Named", PersonReference, Correction)


def hand_over(hub: Hub, request: PrivacyRequest, connector: str, names: Named, hook: str) -> Named:
    """`names` as the connector may get them through `hook`; to be called right before it is asked.

    The disclosure is on record before anything leaves, once a request and connector however often it is asked, under each
    person who is known by these names. Its subject and its decision are the request: a legal duty, no consent, has it sent.
    Fields that the manifest does not declare are counted as refused.
    """
    plugin = hub.plugins.connectors[connector]
    told = hub.refusals.disclose(plugin, names, hook)
    with hub.store.reading() as session:
        people = _known_by(session, request, names)
    note_disclosure(hub, request, connector, told.categories, people)
    return told.value


def note_disclosure(
    hub: Hub, request: PrivacyRequest, connector: str, categories: Collection[str], people: Sequence[str | None]
) -> None:
    """Write down, before anything leaves, that a provider gets `categories` because of a request; what it got for the same
    request before is not written again."""
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
                expires_at=now + CONSENT_LIFE,
            )
            for person_id in people
        ]
        write_evidence(session, Disclosure, rows, {request.id: account_of(session, request.id) or HUB_CHAIN})


def _known_by(session: Session, request: PrivacyRequest, names: PersonReference | Correction) -> list[str | None]:
    """Ids of the people with these names; a single None where nobody has them, or not any more."""
    numbers, emails = list(names.phone_numbers), list(names.emails)
    if isinstance(names, Correction):
        # They were corrected here first.
        numbers += [names.new_phone_number] if names.new_phone_number else []
        emails += [names.new_email] if names.new_email else []
    same = or_(has_known_number(*numbers), has_known_email(*emails))
    found = select(Person.id).where(Person.company_id == request.company_id, same).order_by(col(Person.id))
    return [*session.exec(found)] or [None]

"""The scope of a request at each provider: the company's own numbers, the ids of its records, and what companies share.

Several companies of the hub may use one account at a carrier or a CRM. A request to one company must then neither show
nor erase what belongs to another, which may be under a legal hold. A number that two companies had, one after the
other, proves nothing; records of such a number are found by their ids alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hub.contracts.people import PersonReference
from hub.model import (
    Call,
    Company,
    Delivery,
    Disclosure,
    OutcomeRow,
    Person,
    PrivacyRequest,
    Recording,
    TextMessage,
    Tracker,
    TrackingNumber,
)
from hub.model.conversions import LOG
from hub.privacy.erasure import PersonData
from hub.privacy_requests.people import covering_holds
from hub.runtime import Hub

KEEPS_RECORDS = frozenset({"carrier", "crm"})
"""Kinds of plugins whose providers hold records of people even if the hub never sent them anything."""
SCOPES_KEY = "scopes"
"""Key in `PrivacyRequest.known_as` that keeps the scopes until every provider has answered."""

Scope = Mapping[str, Sequence[str]]
"""`tracking_numbers`, `provider_ids` and `item_keys` of a `PersonReference`."""
EMPTY_SCOPE: Scope = {"tracking_numbers": (), "provider_ids": (), "item_keys": ()}
"""The scope of a connector that is not asked."""


def scopes_of(session: Session, hub: Hub, request: PrivacyRequest, reach: PersonData, hook: str) -> dict[str, Scope]:
    """The connectors that implement `hook` and are asked for a request, each with its scope.

    A carrier is not asked if the company has and had no number there and no record is known: the question would only
    disclose the person's number. The same applies to a provider that keeps no records of its own and was never given
    anything.
    """
    company = session.get_one(Company, request.company_id)
    numbers = _numbers_by_connector(session, company.id)
    everywhere = sorted(set().union(*numbers.values()))
    found: dict[str, Scope] = {}
    for name in hub.plugins.with_hook(hook):
        entry = hub.config.connectors[name]
        if not entry.serves(company.name):
            continue
        ids = sorted(set(_provider_ids(session, name, reach)))
        keys = sorted(set(_item_keys(session, name, reach)))
        own = sorted(numbers.get(name, ())) if entry.kind == "carrier" else everywhere
        known = bool(ids or keys)
        if entry.kind == "carrier" and not own and not known:
            continue
        if entry.kind not in KEEPS_RECORDS and not known and not _was_given(session, name, reach):
            continue
        found[name] = {"tracking_numbers": own, "provider_ids": ids, "item_keys": keys}
    return found


def scoped(
    session: Session, hub: Hub, request: PrivacyRequest, connector: str, names: PersonReference, scope: Scope
) -> PersonReference:
    """`names` for one connector: with its scope, and whether other companies share the records."""
    return replace(
        names,
        **{name: tuple(values) for name, values in scope.items()},
        shared=_is_shared(session, hub, request, connector, names),
    )


def _numbers_by_connector(session: Session, company_id: str) -> dict[str, set[str]]:
    """Carrier → the numbers that the company has or had there, except those that another company has or had too.

    The history comes from the numbers, the calls and the texts: a number that was moved to another company belongs to
    its new tracker, and only the calls still show the earlier company.
    """
    found: dict[str, set[str]] = {}
    held = select(Tracker.carrier, TrackingNumber.number).join(
        Tracker, col(Tracker.id) == col(TrackingNumber.tracker_id)
    )
    seen: list[Any] = [held.where(Tracker.company_id == company_id)]
    for table in (Call, TextMessage):
        used = select(table.connector, table.tracking_number).where(table.company_id == company_id)
        seen.append(used.where(col(table.tracking_number).is_not(None)).distinct())
    for query in seen:
        for connector, number in session.execute(query):
            found.setdefault(connector, set()).add(number)
    others = _of_others(session, company_id, set().union(*found.values()))
    return {connector: own for connector, numbers in found.items() if (own := numbers - others)}


def _of_others(session: Session, company_id: str, numbers: Collection[str]) -> set[str]:
    """The ones among `numbers` that another company has or had."""
    held = select(TrackingNumber.number).join(Tracker, col(Tracker.id) == col(TrackingNumber.tracker_id))
    found = set(session.exec(held.where(Tracker.company_id != company_id, col(TrackingNumber.number).in_(numbers))))
    for table in (Call, TextMessage):
        number: Any = table.tracking_number
        used = select(number).where(number.in_(numbers), col(table.company_id) != company_id).distinct()
        found |= set(session.scalars(used))
    return found


def _provider_ids(session: Session, connector: str, reach: PersonData) -> Iterator[str]:
    """The provider's ids of the person's records."""
    tables: tuple[tuple[Any, Any, Any, Collection[str]], ...] = (
        (Call, Call.carrier_call_id, Call.id, reach.calls),
        (Recording, Recording.carrier_recording_id, Recording.call_id, reach.calls),
        (TextMessage, TextMessage.carrier_message_id, TextMessage.id, reach.texts),
        (OutcomeRow, OutcomeRow.external_id, OutcomeRow.subject_id, reach.subjects),
    )
    for table, wanted, by, ids in tables:
        rows = select(wanted).where(table.connector == connector, by.in_(ids), wanted.is_not(None))
        yield from session.scalars(rows)
    for delivery in _deliveries(session, connector, reach):
        # An ad network's reference stands for a whole upload, not for one record.
        if delivery.hook == LOG and delivery.reference:
            yield delivery.reference


def _item_keys(session: Session, connector: str, reach: PersonData) -> Iterator[str]:
    """The keys of the items that were sent, or may have been."""
    for delivery in _deliveries(session, connector, reach):
        if delivery.first_tried_at is not None:
            yield delivery.item_key


def _deliveries(session: Session, connector: str, reach: PersonData) -> Iterator[Delivery]:
    mine = select(Delivery).where(Delivery.connector == connector, col(Delivery.subject_id).in_(reach.subjects))
    yield from session.exec(mine)


def _was_given(session: Session, connector: str, reach: PersonData) -> bool:
    """Whether the record of disclosures says that the connector got data of the person."""
    theirs = or_(col(Disclosure.person_id).in_(reach.people), col(Disclosure.subject_id).in_(reach.subjects))
    query = select(Disclosure.id).where(Disclosure.connector == connector, theirs).limit(1)
    return session.exec(query).first() is not None


def _is_shared(session: Session, hub: Hub, request: PrivacyRequest, connector: str, names: PersonReference) -> bool:
    """Whether another company with the same account knows the person, or has a legal hold that covers them."""
    others = _companies_beside(session, hub, request.company_id, connector)
    if not others:
        return False
    same = or_(col(Person.phone_number).in_(names.phone_numbers), col(Person.email).in_(names.emails))
    if session.exec(select(Person.id).where(col(Person.company_id).in_(others), same).limit(1)).first():
        return True
    return bool(covering_holds(session, hub, others, names))


def _companies_beside(session: Session, hub: Hub, company_id: str, connector: str) -> list[str]:
    """Ids of the other companies with the same account: through this connector, or through another one with equal
    settings.
    """
    entry = hub.config.connectors[connector]
    same = [
        each
        for each in hub.config.connectors.values()
        if each.name == connector or (each.common.plugin == entry.common.plugin and each.settings == entry.settings)
    ]
    companies = session.exec(select(Company.id, Company.name).where(Company.id != company_id))
    return [id_ for id_, name in companies if any(each.serves(name) for each in same)]

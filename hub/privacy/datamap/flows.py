"""Data flows to recipients: as the manifests declare them, and as disclosures show them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.config.models import ConnectorEntry
from hub.contracts.categories import HEALTH
from hub.contracts.titles import titled
from hub.contracts.values import personal_fields
from hub.contracts.webhook_data import NEWS
from hub.hookspecs import PERSONAL_VALUES
from hub.model import Disclosure, Person, PrivacyRequest
from hub.model.columns import CONSENT_RETENTION
from hub.model.conversions import UPLOAD
from hub.model.purposes import USES as TEXT_PURPOSES
from hub.privacy.restriction import LEGAL

SEND_TEXT = "send_text"
VALUES = {**PERSONAL_VALUES, **NEWS}


@dataclass(frozen=True)
class Seen:
    """How often something was disclosed, and the last time."""

    count: int
    last: datetime

    def __add__(self, other: Seen) -> Seen:
        return Seen(self.count + other.count, max(self.last, other.last))


@dataclass(frozen=True)
class Flow:
    """One data category that goes to one recipient for one use."""

    connector: str
    plugin: str
    recipient: str
    role: str
    regions: tuple[str, ...]
    hook: str
    field: str
    category: str
    use: str
    transform: str
    kept: str
    """How long the recipient keeps it, in its own words."""
    deletable: bool
    transfer: str = ""
    """By which mechanism data may go to its country (hub.contracts.transfers); empty if none is stated."""
    opt_out_url: str | None = None
    """Where the recipient itself lets people choose which ads they see."""
    seen: Seen | None = None

    @property
    def leaves(self) -> bool:
        """Whether the data leaves this machine."""
        return self.role != "none"

    @property
    def party(self) -> Party:
        """The recipient in this role: one that works on behalf of the business for some uses and decides for itself for
        others is two."""
        return (self.recipient, self.role)

    @property
    def key(self) -> Key:
        """The key by which an observation is matched."""
        return (self.connector, self.recipient, self.use, self.category)


Party = tuple[str, str]
"""Recipient, role."""
Key = tuple[str, str, str, str]
"""Connector, recipient, use, category."""


def declared(entries: Mapping[str, ConnectorEntry]) -> Iterator[Flow]:
    """Every flow that the manifests of the configured connectors declare.

    A business may text for any purpose (hub.model.purposes), so a carrier's flow of texts is listed for each of them.
    """
    for name, entry in entries.items():
        manifest = entry.connector_class.manifest
        for flow in manifest.flows:
            categories = personal_fields(VALUES[flow.hook])
            uses = sorted({flow.use, *TEXT_PURPOSES.values()}) if flow.hook == SEND_TEXT else [flow.use]
            for share in flow.shares:
                for use in uses:
                    yield Flow(
                        connector=name,
                        plugin=manifest.name,
                        recipient=manifest.recipient.name,
                        role=manifest.recipient.role,
                        regions=manifest.regions,
                        hook=flow.hook,
                        field=share.field,
                        category=categories[share.field],
                        use=use,
                        transform=share.transform_name,
                        kept=manifest.retention,
                        deletable=manifest.deletion.supported,
                        transfer=transfer_of(entry),
                        opt_out_url=manifest.recipient.opt_out_url,
                    )


def transfer_of(entry: ConnectorEntry) -> str:
    """The mechanism by which data may go to the recipient's country, as config.yaml or else the manifest states it."""
    return entry.common.transfer or entry.connector_class.manifest.recipient.transfer or ""


def observed(
    session: Session,
    since: datetime | None = None,
    until: datetime | None = None,
    companies: Collection[str] | None = None,
) -> dict[Key, Seen]:
    """Every flow in the record of disclosures, whether or not it is declared now; of people of `companies` (ids) alone if
    they are given.
    """
    # Grouped in the database by the whole list of categories: millions of disclosures give a few dozen rows.
    columns: list[Any] = [Disclosure.connector, Disclosure.recipient, Disclosure.use, Disclosure.categories]
    request: list[Any] = [*columns, func.count(), func.max(Disclosure.disclosed_at)]
    query = select(*request).group_by(*columns)
    if since is not None:
        # The end of its retention period has an index, and the time of the disclosure has none.
        ends = col(Disclosure.expires_at) >= since + CONSENT_RETENTION
        query = query.where(ends, col(Disclosure.disclosed_at) >= since)
    if until is not None:
        query = query.where(col(Disclosure.disclosed_at) < until)
    if companies is not None:
        people = select(Person.id).where(col(Person.company_id).in_(companies))
        requests = select(PrivacyRequest.id).where(col(PrivacyRequest.company_id).in_(companies))
        query = query.where(col(Disclosure.person_id).in_(people) | col(Disclosure.subject_id).in_(requests))
    seen: dict[Key, Seen] = {}
    for connector, recipient, use, categories, count, last in session.execute(query):
        for category in categories if isinstance(categories, list) else json.loads(categories):
            key = (connector, recipient, use, category)
            one = Seen(count, last)
            seen[key] = seen[key] + one if key in seen else one
    return seen


def undeclared(flows: Iterable[Flow], seen: Mapping[Key, Seen]) -> dict[Key, Seen]:
    """Disclosures that no manifest declares any more. That data is about health is declared by the company (`sensitive:`), and
    what takes a conversion back when a person is erased is what the network got of it."""
    declared = list(flows)
    known = {flow.key for flow in declared}
    known |= {(flow.connector, flow.recipient, LEGAL, flow.category) for flow in declared if flow.hook == UPLOAD}
    known |= {(flow.connector, flow.recipient, flow.use, HEALTH) for flow in declared}
    return {key: one for key, one in sorted(seen.items()) if key not in known}


def misfit(key: Key, flows: Iterable[Flow]) -> str:
    """Why a disclosure matches none of `flows`, in a sentence."""
    connector, recipient, use, category = key
    mine = [flow for flow in flows if flow.connector == connector]
    if not mine:
        what = f"no connector {connector} in config.yaml declares anything"
    elif all(flow.recipient != recipient for flow in mine):
        what = f"{connector} declares another recipient, {mine[0].recipient}"
    elif all(flow.use != use for flow in mine):
        what = f"{connector} does not declare that use"
    else:
        what = f"{connector} does not declare that category for it"
    return f"{recipient} got {titled('category', category)} for {titled('purpose', use)}, but {what}."


def said(flows: Iterable[Flow], name: str) -> tuple[str, ...]:
    """The distinct values of one field of the flows."""
    values: list[object] = [getattr(flow, name) for flow in flows]
    return tuple(sorted({part for each in values for part in (each if isinstance(each, tuple) else (each,))}))


def by_party(flows: Iterable[Flow]) -> dict[Party, list[Flow]]:
    """Flows that leave the machine, grouped by their recipient's legal name and its role."""
    grouped: defaultdict[Party, list[Flow]] = defaultdict(list)
    for flow in flows:
        if flow.leaves:
            grouped[flow.party].append(flow)
    return {party: grouped[party] for party in sorted(grouped)}

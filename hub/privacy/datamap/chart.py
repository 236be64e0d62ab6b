"""The complete data map of one hub at one moment: flows, stored data, violations, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.config.models import Config, ConnectorEntry
from hub.config.retention import spell_life
from hub.model import Refusal
from hub.privacy.datamap.flows import Flow, Key, Seen, declared, misfit, observed, undeclared
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.datamap.trust import what_it_rests_on
from hub.privacy.datamap.versions import recent_changes, versions, was_declared
from hub.privacy.holds import on_hold
from hub.privacy.retention import Holding, holdings

REFUSALS_SHOWN = timedelta(days=90)


@dataclass(frozen=True)
class Refused:
    """How often undeclared data or hosts were refused for one connector recently."""

    connector: str
    kind: str
    name: str
    count: int
    last: Any
    """The last day on which it happened."""


@dataclass(frozen=True)
class DataMap:
    """Declared flows with what was observed, undeclared disclosures, data stored in the hub, violations and findings."""

    at: datetime
    controllers: tuple[str, ...]
    """The titles of the companies that are controllers of the data."""
    flows: tuple[Flow, ...]
    undeclared: Mapping[Key, Seen]
    """Disclosures that were not declared at their time either, as far as is known."""
    former: Mapping[Key, Seen]
    """Disclosures under a declaration that has ended."""
    storage: tuple[Holding, ...]
    refusals: tuple[Refused, ...]
    changes: tuple[str, ...]
    """Recipients that changed recently, in sentences."""
    sandboxed: frozenset[str]
    """Connectors that talk to a stand-in, so their data does not reach the recipient."""
    rests_on: str = ""
    """What the map cannot know, in words."""

    def problems(self) -> tuple[str, ...]:
        """The findings, in sentences."""
        return (*(misfit(key, self.flows) for key in self.undeclared), *self.changes)

    def recipients(self) -> tuple[str, ...]:
        """Recipients outside this machine, by their legal names."""
        return tuple(sorted({flow.recipient for flow in self.flows if flow.leaves}))

    def as_data(self) -> dict[str, object]:
        """The map for JSON."""
        return {
            "at": self.at,
            "controllers": list(self.controllers),
            "flows": [{**asdict(flow), "sandboxed": flow.connector in self.sandboxed} for flow in self.flows],
            "undeclared": _as_data(self.undeclared),
            "former": _as_data(self.former),
            "storage": [{**asdict(each), "life": spell_life(each.life)} for each in self.storage],
            "refusals": [asdict(each) for each in self.refusals],
            "findings": list(self.problems()),
            "rests_on": self.rests_on,
        }


def _as_data(seen: Mapping[Key, Seen]) -> list[dict[str, object]]:
    return [
        {"connector": connector, "recipient": recipient, "use": use, "category": category, **asdict(one)}
        for (connector, recipient, use, category), one in seen.items()
    ]


def draw(session: Session, config: Config, now: datetime) -> DataMap:
    """Build the data map as of now."""
    seen = observed(session)
    known = list(declared(recipients_of(config)))
    unknown, former = undeclared(known, seen), versions(session)
    flows = [replace(flow, seen=seen.get(flow.key)) for flow in known]
    return DataMap(
        at=now,
        controllers=tuple(company.title for company in config.companies),
        flows=tuple(
            sorted(flows, key=lambda flow: (flow.recipient, flow.connector, flow.category, flow.use, flow.hook))
        ),
        undeclared={key: one for key, one in unknown.items() if not was_declared(former, key, one)},
        former={key: one for key, one in unknown.items() if was_declared(former, key, one)},
        storage=tuple(holdings(session, config.retention, now, on_hold(session, config, now))),
        refusals=tuple(refusals(session, now)),
        changes=tuple(recent_changes(former, now)),
        sandboxed=frozenset(name for name, entry in config.connectors.items() if entry.common.sandbox),
        rests_on=what_it_rests_on(config.connectors),
    )


def problems(session: Session, entries: Mapping[str, ConnectorEntry], now: datetime) -> list[str]:
    """Undeclared disclosures, and recipients that changed recently, in sentences."""
    flows, rows = list(declared(entries)), versions(session)
    unknown = undeclared(flows, observed(session)).items()
    misfits = [misfit(key, flows) for key, one in unknown if not was_declared(rows, key, one)]
    return [*misfits, *recent_changes(rows, now)]


def refusals(session: Session, now: datetime) -> list[Refused]:
    """What was refused within `REFUSALS_SHOWN`, by connector."""
    what: list[Any] = [Refusal.connector, Refusal.kind, Refusal.name]
    request: list[Any] = [*what, func.sum(Refusal.count), func.max(Refusal.day)]
    query = select(*request).where(col(Refusal.day) >= (now - REFUSALS_SHOWN).date()).group_by(*what).order_by(*what)
    return [
        Refused(connector, kind, name, int(count), last)
        for connector, kind, name, count, last in session.execute(query)
    ]

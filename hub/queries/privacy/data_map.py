"""Who gets what: the data map of some companies, as declared and as it was really sent in a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from hub.config.models import Config
from hub.model import Company
from hub.privacy.datamap.chart import DataMap, Refused, refusals
from hub.privacy.datamap.flows import Flow, Seen, by_party, declared, misfit, observed, undeclared
from hub.privacy.datamap.papers import Processor, processors
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.datamap.trust import what_it_rests_on
from hub.privacy.datamap.versions import Notice, in_use_since, notices, recent_changes, versions, was_declared
from hub.queries.privacy.retention import is_whole_hub


@dataclass(frozen=True)
class Recipient:
    """One recipient with the data that it gets."""

    processor: Processor
    sandboxed: bool
    """A stand-in answers in its place, so the recipient gets nothing."""
    given: Sequence[Given]

    @property
    def sent(self) -> int:
        """How often something was sent to it in the period."""
        return sum(each.seen.count for each in self.given if each.seen)


@dataclass(frozen=True)
class Given:
    """One category for one use."""

    category: str
    use: str
    transforms: tuple[str, ...]
    """How it is sent: plain, or as a hash."""
    connectors: tuple[str, ...]
    seen: Seen | None


@dataclass(frozen=True)
class DataMapShown:
    """The content of the page."""

    recipients: Sequence[Recipient]
    findings: Sequence[str]
    refusals: Sequence[Refused]
    changes: Sequence[Notice]
    rests_on: str


def data_map(
    session: Session, config: Config, companies: Sequence[Company], since: datetime, until: datetime, now: datetime
) -> DataMapShown:
    """The flows of the connectors that serve the companies. `session` must not be one account's: the versions of
    recipients belong to no account.
    """
    serving = serving_connectors(config, companies)
    ids = [each.id for each in companies]
    seen = observed(session, since, until, None if is_whole_hub(session, ids) else ids)
    flows = [replace(flow, seen=seen.get(flow.key)) for flow in declared(recipients_of(config))]
    rows = versions(session)
    unknown = {key: one for key, one in undeclared(flows, seen).items() if not was_declared(rows, key, one)}
    mine = [flow for flow in flows if flow.connector in serving]
    chart = replace(DataMap(now, (), (), {}, {}, (), (), (), frozenset()), flows=tuple(mine))
    return DataMapShown(
        [_recipient(config, each, mine) for each in processors(chart, recipients_of(config), in_use_since(rows))],
        [*(misfit(key, flows) for key in unknown), *recent_changes([r for r in rows if r.connector in serving], now)],
        [each for each in refusals(session, now) if each.connector in serving],
        [each for each in notices(rows) if each.connector in serving],
        what_it_rests_on({name: recipients_of(config)[name] for name in serving}),
    )


def serving_connectors(config: Config, companies: Sequence[Company]) -> list[str]:
    """The connectors to which data of one of the companies may go."""
    return [name for name, entry in recipients_of(config).items() if any(entry.serves(each.name) for each in companies)]


def narrowed(chart: DataMap, config: Config, companies: Sequence[Company]) -> tuple[DataMap, Config]:
    """A data map and a configuration with only what belongs to the companies, for their documents."""
    serving, names = serving_connectors(config, companies), {each.name for each in companies}
    accounts = tuple(
        account.model_copy(update={"companies": tuple(each for each in account.companies if each.name in names)})
        for account in config.accounts
        if any(each.name in names for each in account.companies)
    )
    flows = tuple(flow for flow in chart.flows if flow.connector in serving)
    return replace(chart, flows=flows, controllers=tuple(names)), replace(config, accounts=accounts)


def _recipient(config: Config, processor: Processor, flows: Sequence[Flow]) -> Recipient:
    theirs = by_party(flows)[processor.recipient, processor.role]
    grouped: dict[tuple[str, str], list[Flow]] = {}
    for flow in theirs:
        grouped.setdefault((flow.category, flow.use), []).append(flow)
    given = [
        Given(
            category,
            use,
            tuple(sorted({flow.transform for flow in each})),
            tuple(sorted({flow.connector for flow in each})),
            _sum({flow.connector: flow.seen for flow in each}),
        )
        for (category, use), each in sorted(grouped.items())
    ]
    return Recipient(processor, all(recipients_of(config)[name].common.sandbox for name in processor.connectors), given)


def _sum(seen: Mapping[str, Seen | None]) -> Seen | None:
    """What was seen through all connectors; several hooks of one connector are seen as one."""
    found: Seen | None = None
    for one in seen.values():
        found = one if found is None else found + one if one else found
    return found

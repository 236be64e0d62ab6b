"""Pull what an ad account's campaigns cost, and store it as the rows of its days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete
from sqlmodel import Session, col

from hub.contracts.costs import Cost, Days
from hub.errors import AuthError, ConfigError, NotSupported
from hub.hookspecs import CostHooks
from hub.model import CostRow
from hub.model.columns import storable
from hub.model.costs import MAX_CAMPAIGN_CHARACTERS
from hub.model.syncs import ConnectorNote, Cursor
from hub.numbers.directory import Directory
from hub.runtime import Hub
from hub.sources.costs.owners import CostOwners
from hub.sources.costs.visit_names import learn_visit_names
from hub.store.connectors import StoredNotes, move_cursor
from hub.store.rows import write_rows

log = structlog.get_logger(__name__)
STREAM = NOTE = "costs"
"""The cursor holds the day up to which the last 30 days were pulled; the note why nothing can be pulled, if so."""
PULL_EVERY, ASK_AGAIN = timedelta(hours=3), timedelta(days=1)
RECENT_DAYS, RESTATED_DAYS, FIRST_DAYS = 3, 30, 90
"""How many days are pulled each time, once a day, and the first time."""
MAX_SOURCE_CHARACTERS, MAX_ID_CHARACTERS = 100, 64


def pull_costs(hub: Hub, directory: Directory, connector: str) -> Counter[str]:
    """Pull the costs of the last days, if it is time to; a pull that is repeated changes nothing.

    A refusal is noted and logged once. It never stops the connector's uploads, which have a permission of their own.
    """
    now = hub.clock()
    with hub.store.reading() as session:
        cursor = session.get(Cursor, (connector, STREAM))
        note = session.get(ConnectorNote, (connector, NOTE))
        refused = note.value if note else None
    owners = CostOwners.of(hub.config.connectors[connector], directory.companies.values())
    if cursor is not None:
        learn_visit_names(hub.store, connector, [company.id for company in owners.companies], now)
    if cursor is not None and now - cursor.moved_at < (ASK_AGAIN if refused else PULL_EVERY):
        return Counter()
    notes = StoredNotes(hub.store, connector)
    today = min((now.astimezone(ZoneInfo(each.time_zone)).date() for each in owners.companies), default=now.date())
    pulled_to = cursor.value if cursor else None
    rows = 0
    try:
        for days in _due(date.fromisoformat(pulled_to) if pulled_to else None, today):
            costs = hub.plugins.call(connector, CostHooks.pull_costs, days)
            rows += _replace(hub, connector, owners, days, costs, now)
    except (NotSupported, AuthError, ConfigError) as error:
        if str(error) != refused:
            log.warning("costs cannot be pulled", connector=connector, reason=str(error))
        notes.put(NOTE, str(error))
    else:
        pulled_to = today.isoformat()
        if refused:
            notes.put(NOTE, "")
    with hub.store.writing() as session:
        owners.assign_again(session)
        move_cursor(session, connector, STREAM, pulled_to, now)
    return Counter(rows=rows)


def _due(pulled_to: date | None, today: date) -> Iterator[Days]:
    """The days to pull, at most 30 at a time, the latest first."""
    if pulled_to is None:
        first = today - timedelta(days=FIRST_DAYS - 1)
    elif pulled_to >= today:
        first = today - timedelta(days=RECENT_DAYS - 1)
    else:
        first = pulled_to - timedelta(days=RESTATED_DAYS - 2)
    last = today
    while last >= first:
        begins = max(first, last - timedelta(days=RESTATED_DAYS - 1))
        yield Days(begins, last)
        last = begins - timedelta(days=1)


def _replace(hub: Hub, connector: str, owners: CostOwners, days: Days, costs: Sequence[Cost], now: datetime) -> int:
    rows = [_row(connector, owners, cost, now) for cost in costs if days.first <= cost.day <= days.last]
    if len(rows) < len(costs):
        log.warning("costs of other days left out", connector=connector, rows=len(costs) - len(rows))
    with hub.store.writing() as session:
        _delete(session, connector, days)
        write_rows(session, CostRow, rows)
    return len(rows)


def _delete(session: Session, connector: str, days: Days) -> None:
    day = col(CostRow.day)
    session.execute(delete(CostRow).where(col(CostRow.connector) == connector, day.between(days.first, days.last)))


def _row(connector: str, owners: CostOwners, cost: Cost, now: datetime) -> CostRow:
    account_id, company_id = owners.owner(cost.campaign, cost.campaign_id)
    return CostRow(
        connector=connector,
        account_id=account_id,
        company_id=company_id,
        day=cost.day,
        source=storable(cost.source)[:MAX_SOURCE_CHARACTERS],
        medium=storable(cost.medium)[:MAX_SOURCE_CHARACTERS],
        campaign=_text(cost.campaign, MAX_CAMPAIGN_CHARACTERS),
        campaign_id=_text(cost.campaign_id, MAX_ID_CHARACTERS),
        ad_group=_text(cost.ad_group, MAX_CAMPAIGN_CHARACTERS),
        ad_group_id=_text(cost.ad_group_id, MAX_ID_CHARACTERS),
        amount=round(cost.cost.amount, 4),
        currency=cost.cost.currency,
        clicks=cost.clicks,
        impressions=cost.impressions,
        saved_at=now,
    )


def _text(text: str | None, most: int) -> str | None:
    return storable(text)[:most] if text else None

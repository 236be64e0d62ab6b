"""Pull what an ad account's campaigns cost, and store it as the rows of its days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, select

from hub.config.models import ConnectorEntry
from hub.contracts.costs import Cost, Days
from hub.errors import AuthError, ConfigError, NotSupported
from hub.hookspecs import CostHooks
from hub.model import Attribution, Company, CostRow
from hub.model.columns import storable
from hub.model.costs import MAX_CAMPAIGN_CHARACTERS
from hub.model.syncs import ConnectorNote, Cursor
from hub.numbers.directory import Directory
from hub.runtime import Hub
from hub.store.connectors import StoredNotes, move_cursor
from hub.store.engine import Store
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


@dataclass(frozen=True)
class CostOwners:
    """The companies that one connector serves, and which campaigns are whose."""

    connector: str
    companies: tuple[Company, ...]
    campaigns: Mapping[str, tuple[str, ...]]
    """Company → patterns of names or ids of campaigns."""

    @classmethod
    def of(cls, entry: ConnectorEntry, companies: Iterable[Company]) -> CostOwners:
        """The owners of a connector's costs by config.yaml."""
        served = tuple(company for company in companies if entry.serves(company.name))
        return cls(entry.name, served, entry.common.costs)

    def owner(self, campaign: str | None, campaign_id: str | None) -> tuple[str | None, str | None]:
        """The ids of the account and of the company that a campaign's costs belong to.

        Only the account is known if the connector serves several companies and no pattern names the campaign; neither is
        if they belong to several accounts.
        """
        if len(self.companies) == 1:
            return self.companies[0].account_id, self.companies[0].id
        words = [word.casefold() for word in (campaign, campaign_id) if word]
        for company in self.companies:
            patterns = [pattern.casefold() for pattern in self.campaigns.get(company.name, ())]
            if any(fnmatchcase(word, pattern) for word in words for pattern in patterns):
                return company.account_id, company.id
        accounts = {company.account_id for company in self.companies}
        return (accounts.pop() if len(accounts) == 1 else None), None

    def assign_again(self, session: Session) -> None:
        """Assign the stored costs as config.yaml says now."""
        row = CostRow
        campaigns = select(row.campaign, row.campaign_id, row.account_id, row.company_id).distinct()
        mine = col(row.connector) == self.connector
        for campaign, campaign_id, *owner in session.execute(campaigns.where(mine)).all():
            account_id, company_id = self.owner(campaign, campaign_id)
            if owner != [account_id, company_id]:
                same = (
                    col(row.campaign).is_(campaign) if campaign is None else col(row.campaign) == campaign,
                    col(row.campaign_id).is_(None) if campaign_id is None else col(row.campaign_id) == campaign_id,
                )
                session.execute(update(row).where(mine, *same).values(account_id=account_id, company_id=company_id))


ID_PARAMETERS = ("gad_campaignid", "utm_id")
LOOK_BACK = timedelta(days=35)
MAX_LINKS = 20_000


def learn_visit_names(store: Store, connector: str, companies: Collection[str], now: datetime) -> int:
    """Name the connector's recent costs as the visits name their campaigns; returns how many campaigns were named."""
    with store.reading() as session:
        names = _names_of_costs(session, connector, companies, now)
    if names:
        with store.writing() as session:
            for number, name in names.items():
                mine = (col(CostRow.connector) == connector, col(CostRow.campaign_id) == number)
                session.execute(update(CostRow).where(*mine).values(visit_campaign=name))
    return len(names)


def _names_of_costs(session: Session, connector: str, companies: Collection[str], now: datetime) -> dict[str, str]:
    """Campaign's id → name, of the costs that have none."""
    row = CostRow
    unnamed = (
        col(row.connector) == connector,
        col(row.visit_campaign).is_(None),
        col(row.day) >= (now - LOOK_BACK).date(),
    )
    ids = set(session.exec(select(row.campaign_id).where(*unnamed, col(row.campaign_id).is_not(None)).distinct()))
    if not ids:
        return {}
    names = _names(session, companies, now)
    return {number: name for number, name in names.items() if number in ids and name != number}


def _names(session: Session, companies: Collection[str], now: datetime) -> dict[str, str]:
    """Campaign's id → the name that most calls, texts and forms came with."""
    cause: Any = Attribution
    links = [cause.landing_page.contains(f"{name}=") for name in ID_PARAMETERS]
    query: Any = select(cause.campaign, cause.landing_page).where(
        cause.company_id.in_(companies), cause.campaign.is_not(None), cause.made_at >= now - LOOK_BACK, or_(*links)
    )
    counts: Counter[tuple[str, str]] = Counter()
    for campaign, link in session.execute(query.limit(MAX_LINKS)):
        found = _parameters(link)
        number = next((found[name][0] for name in ID_PARAMETERS if name in found), None)
        if number:
            counts[number, campaign] += 1
    names: dict[str, str] = {}
    for (number, campaign), _ in counts.most_common():
        names.setdefault(number, campaign)
    return names


def _parameters(link: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(link).query)
    except ValueError:
        return {}

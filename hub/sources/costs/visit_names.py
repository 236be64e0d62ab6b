"""What the links of visits call a campaign: learned from visits whose link carries the campaign's id too.

Google adds `gad_campaignid` to its links, and advertisers often `utm_id`, beside a utm_campaign of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from hub.model import Attribution, CostRow
from hub.store.engine import Store

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

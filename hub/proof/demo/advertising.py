"""What the ads cost: for each caller who came from an ad, some who clicked and did not call."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.config.models import CompanySection, Config
from hub.contracts.costs import Cost
from hub.contracts.sandbox import CostSandbox
from hub.contracts.values import Money
from hub.model import ConnectorNote, CostRow
from hub.plugin_host.sandboxes import RunningSandboxes
from hub.proof.demo.check import Check
from hub.proof.demo.scenario import Story, campaign_id
from hub.sources.costs.pull import NOTE

CLICKS_A_CALLER = (2, 5)
CLICK_CENTS = (550, 1250)
IMPRESSIONS_A_CLICK = 18


def advertise(config: Config, sandboxes: RunningSandboxes, stories: Sequence[Story], seed: int) -> None:
    """Let the networks' stand-ins spend what the visitors of each day cost, each company's through the first connector that
    serves it and reads its click id."""
    chance = random.Random(seed)  # noqa: S311 - a play, not a secret
    visits = Counter(_ads_of(config, sandboxes, stories))
    for (connector, company, campaign, day), callers in sorted(visits.items()):
        sandbox = sandboxes.of(connector)
        assert isinstance(sandbox, CostSandbox)
        section = next(each for each in config.companies if each.name == company)
        sandbox.spend(_cost(section, campaign, callers, chance, day))


def cost_checks(session: Session, sandboxes: RunningSandboxes) -> list[Check]:
    """For each network whose costs can be pulled: they equal what its account spent, to the cent."""
    checks: list[Check] = []
    for name in sandboxes:
        sandbox = sandboxes.of(name)
        refused = session.get(ConnectorNote, (name, NOTE))
        if isinstance(sandbox, CostSandbox) and sandbox.spent() and not (refused and refused.value):
            spent = sum((cost.cost.amount for cost in sandbox.spent()), Decimal(0))
            pulled = session.exec(select(func.sum(CostRow.amount)).where(col(CostRow.connector) == name)).one() or 0
            checks.append(
                Check(f"{name} costs what its account spent", spent == Decimal(pulled), f"{spent:.2f} and {pulled:.2f}")
            )
    return checks


def _ads_of(
    config: Config, sandboxes: RunningSandboxes, stories: Sequence[Story]
) -> Iterator[tuple[str, str, str, date]]:
    """(connector, company, campaign, day) of each visit that came from an ad. Costs are pulled up to the day that it is at
    every company, so that is the day of the accounts."""
    zones = {ZoneInfo(company.time_zone) for company in config.companies}
    readers = {
        name: {key for flow in entry.connector_class.manifest.flows for share in flow.shares for key in share.keys}
        for name, entry in config.connectors.items()
        if name in set(sandboxes) and isinstance(sandboxes.of(name), CostSandbox)
    }
    for story in stories:
        request = parse_qs(urlsplit(story.landing_page or "").query)
        campaign = request.get("utm_campaign", [""])[0]
        serving = (
            name
            for name, keys in readers.items()
            if config.connectors[name].serves(story.company) and keys & request.keys()
        )
        if campaign and (connector := next(serving, None)):
            yield connector, story.company, campaign, min(story.at.astimezone(zone).date() for zone in zones)


def _cost(company: CompanySection, campaign: str, callers: int, chance: random.Random, day: date) -> Cost:
    clicks = sum(chance.randint(*CLICKS_A_CALLER) for _ in range(callers))
    cents = sum(chance.randint(*CLICK_CENTS) for _ in range(clicks))
    return Cost(
        day=day,
        source="ads",
        medium="cpc",
        campaign=campaign,
        campaign_id=campaign_id(company.name, campaign),
        ad_group="All keywords",
        ad_group_id=f"9{campaign_id(company.name, campaign)}",
        cost=Money(Decimal(cents) / 100, "USD"),
        clicks=clicks,
        impressions=clicks * IMPRESSIONS_A_CLICK,
    )

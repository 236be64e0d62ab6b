"""The filter of the page of deliveries, from its URL and back."""

from __future__ import annotations

from hub.model.conversions import LOG, UPLOAD
from hub.queries.lists.delivery_filter import TEXTS, DeliveryFilter, delivery_filter_of
from hub.reports.calendar import own_days
from hub.web.pages.request import PageRequest


def choice_of(page: PageRequest) -> DeliveryFilter:
    """What the URL asks for."""
    period = page.period()
    return delivery_filter_of(page.query, page.company_ids, own_days(page.shown_companies, period.first, period.last))


def same_choice(page: PageRequest, **changes: str | None) -> dict[str, str | None]:
    """The parameters that lead to the same choice, for links to other pages about it."""
    kept = {name: page.query.get(name) for name in ("state", "period", "first", "last", *TEXTS)}
    return {**kept, **changes}


def connectors_of(page: PageRequest) -> list[str]:
    """The connectors that get conversions or calls of the shown companies."""
    shown = page.shown_companies
    plugins = page.hub.plugins
    senders = sorted({*plugins.with_hook(UPLOAD), *plugins.with_hook(LOG)})
    entries = page.hub.config.connectors
    return [name for name in senders if any(entries[name].serves(company.name) for company in shown)]


def rules_of(page: PageRequest) -> list[str]:
    """The rules that send to one of these connectors."""
    there = set(connectors_of(page))
    return [rule.name for rule in page.hub.config.conversions if there & rule.send_to.keys()]

"""The filter of the page of deliveries, from its URL and back."""

from __future__ import annotations

from hub.contracts.conversions import UNVERIFIABLE
from hub.model.conversions import LOG, UPLOAD
from hub.model.states import DeliveryState
from hub.queries.deliveries.choice import DRIFT, NEEDS_YOU, SET_ASIDE, DeliveryChoice
from hub.web.pages.request import PageRequest

FILTERS = ("connector", "rule", "code", "subject")
MAX_FILTER = 200
STATES = (*map(str, DeliveryState), UNVERIFIABLE, NEEDS_YOU, SET_ASIDE, DRIFT)


def choice_of(page: PageRequest) -> DeliveryChoice:
    """What the URL asks for. A call's own deliveries are shown whatever the period."""
    values = filters_of(page)
    period = None if "subject" in values else page.period()
    state = page.query.get("state")
    return DeliveryChoice(
        companies=page.company_ids,
        since=period.begins if period else None,
        until=period.ends if period else None,
        state=state if state in STATES else None,
        **values,
    )


def filters_of(page: PageRequest) -> dict[str, str]:
    """The filters beside state and period that the URL names."""
    found = {name: page.query.get(name, "").replace("\0", "")[:MAX_FILTER].strip() for name in FILTERS}
    return {name: value for name, value in found.items() if value}


def same_choice(page: PageRequest, **changes: str | None) -> dict[str, str | None]:
    """The parameters that lead to the same choice, for links to other pages about it."""
    kept = {name: page.query.get(name) for name in ("state", "period", "first", "last", *FILTERS)}
    return {**kept, **changes}


def connectors_of(page: PageRequest) -> list[str]:
    """The connectors that get conversions or calls of the shown companies."""
    shown = [page.company] if page.company else page.companies
    plugins = page.hub.plugins
    senders = sorted({*plugins.with_hook(UPLOAD), *plugins.with_hook(LOG)})
    entries = page.hub.config.connectors
    return [name for name in senders if any(entries[name].serves(company.name) for company in shown)]


def rules_of(page: PageRequest) -> list[str]:
    """The rules that send to one of these connectors."""
    there = set(connectors_of(page))
    return [rule.name for rule in page.hub.config.conversions if there & rule.send_to.keys()]

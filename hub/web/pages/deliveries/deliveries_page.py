"""`/deliveries`: what needs somebody, and the list of deliveries."""

from __future__ import annotations

from datetime import date, datetime
from itertools import groupby

from starlette.responses import Response

from hub.contracts.titles import connector_title
from hub.platform.formats import phone, zone_name
from hub.queries.contact.view import ContactView
from hub.queries.deliveries.advice import Advice, advice_on
from hub.queries.deliveries.delivery_list import (
    MAX_COUNTED,
    DeliveryReason,
    count_by_state,
    page_of_deliveries,
    reasons,
)
from hub.queries.lists.delivery_filter import DRIFT, NEEDS_YOU
from hub.web.pages.deliveries.choices import choice_of, connectors_of, rules_of, same_choice
from hub.web.pages.deliveries.delivery_labels import KINDS, STATES, TABS
from hub.web.pages.guard import Page
from hub.web.pages.periods import PRESETS
from hub.web.pages.request import PageRequest

ROWS = 50


def deliveries(page: PageRequest) -> Response:
    """The list, with what needs somebody above it."""
    choice = choice_of(page)
    with page.session() as session:
        found = page_of_deliveries(session, page.scope, page.hub.vault, choice, page.query.get("after"), ROWS)
        counts = {} if choice.texts else count_by_state(session, page.scope, choice)
        wanted = [] if choice.texts or choice.state not in (None, NEEDS_YOU) else reasons(session, page.scope, choice)
    return page.render(
        "deliveries.html",
        title="Deliveries",
        rows=found.items,
        older=page.here(after=found.next) if found.next else None,
        newest=page.here(after=None) if page.query.get("after") else None,
        tabs=[
            (state, word, _counted(counts, state), page.here(state=state))
            for state, word in TABS
            if state in (NEEDS_YOU, None, choice.state) or _counted(counts, state) != "0"
        ],
        days=[(day, list(each)) for day, each in groupby(found.items, lambda each: _day(page, each.delivery.made_at))],
        chosen=choice.state,
        reasons=[_reason(page, each) for each in wanted],
        filters=choice.texts,
        connectors=[(name, connector_title(name, page.hub.plugins.connectors)) for name in connectors_of(page)],
        rules=rules_of(page),
        period=page.period(),
        presets=[(name, words) for name, (words, _) in PRESETS.items()],
        zone=zone_name(page.zone),
        csv=page.link("/deliveries.csv", **same_choice(page)),
        states=STATES,
        kinds=KINDS,
        recipient=lambda name: connector_title(name, page.hub.plugins.connectors),
        whose=whose,
        titles={each.id: each.title for each in page.companies},
    )


def _day(page: PageRequest, at: datetime) -> date:
    return at.astimezone(page.zone).date()


def _counted(counts: dict[str, int], state: str | None) -> str | None:
    if not counts or state == DRIFT:
        return None
    number = counts.get(state, 0) if state else sum(counts.get(each, 0) for each in STATES)
    return f"{MAX_COUNTED:,}+" if number > MAX_COUNTED else f"{number:,}"


def _reason(page: PageRequest, reason: DeliveryReason) -> tuple[DeliveryReason, Advice, str, str]:
    """A reason, what to do about it, the link to its deliveries and that to its deed."""
    advice = advice_on(reason, connector_title(reason.connector, page.hub.plugins.connectors))
    chosen = same_choice(page, state=NEEDS_YOU, connector=reason.connector, code=reason.code or "none")
    return (
        reason,
        advice,
        page.link("/deliveries", **chosen),
        page.link("/deliveries/bulk", deed=advice.action, **chosen),
    )


def whose(subject: ContactView | None) -> str:
    """A call, text or form as a list names it."""
    if subject is None:
        return "No longer there"
    kind = {"call": "Call from", "text": "Text from", "form": "Form of"}[subject.kind]
    return f"{kind} {person_of(subject)}"


def person_of(subject: ContactView) -> str:
    """The person by name, else by number."""
    if subject.erased:
        return "Erased person"
    nobody = "a person without a name" if subject.kind == "form" else "a hidden number"
    return subject.name or (phone(subject.number) if subject.number else nobody)


PAGES = (Page("/deliveries", deliveries, "deliveries"),)

"""`/numbers/health`: what is wrong with numbers, with what mends it, and what they cost by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from starlette.responses import Response

from hub.contracts.values import Money
from hub.errors import CannotDo, existing
from hub.hookspecs import NumberHooks
from hub.numbers.health.assign import assign_number
from hub.numbers.health.audit import audit_numbers
from hub.numbers.health.kinds import ABSENT, ELSEWHERE, OVER_CAP, REST_OVER, RINGS, UNASSIGNED, UNUSED, WAITS
from hub.numbers.pointing import point_here
from hub.numbers.rest.rest_actions import release_number
from hub.platform.formats import money
from hub.queries.numbers.health import Finding, list_findings
from hub.queries.numbers.spending import spending
from hub.web.pages.guard import Page
from hub.web.pages.numbers import number_labels
from hub.web.pages.numbers.offers import Choice, chosen_tracker, trackers_of
from hub.web.pages.request import PageRequest

PATH = "/numbers/health"
TO_THE_NUMBER: Mapping[str, str] = {
    UNUSED: "Take it out of use…",
    REST_OVER: "Give it back…",
    WAITS: "End its rest…",
}
"""Kinds that are mended on the number's own page, where the deed warns."""


def health(page: PageRequest) -> Response:
    """The findings of the chosen companies."""
    names = [page.company.name] if page.company else [each.name for each in page.companies]
    with page.session() as session:
        found = list_findings(session, page.scope, page.company_ids)
        months = spending(session, page.hub.config, page.scope, names, page.zone, page.now)
    return page.render(
        "numbers_health.html",
        title="Health of numbers",
        words=number_labels,
        groups=[(kind, list(group)) for kind, group in groupby(found, lambda each: each.kind)],
        wrong=sum(each.kind.is_wrong for each in found),
        titles={each.id: each.title for each in page.companies},
        trackers={(each.company.id, each.tracker.name): each.tracker.shown_name for each in trackers_of(page)},
        months=months,
        sums=sums,
        minute_price=page.hub.config.numbers.minute_price,
        to_number=TO_THE_NUMBER,
        absent=ABSENT,
        over_cap=OVER_CAP,
        elsewhere=ELSEWHERE,
        assignable=(RINGS, UNASSIGNED),
        unassigned=UNASSIGNED,
        choices=lambda finding: _choices(page, finding),
        can_audit=bool(_carriers(page)),
    )


def look(page: PageRequest) -> Response:
    """Ask the carriers of the user's trackers, and judge all numbers."""
    troubles = audit_numbers(page.hub, _carriers(page)).troubles
    if troubles:
        names = " and ".join(number_labels.carrier_name(page, each) for each in sorted(troubles))
        raise CannotDo(f"{names} did not answer; the other numbers were looked at. Try again later.")
    page.context.directory.refresh()
    return page.redirect(page.link(PATH), "Looked at all numbers.")


def point(page: PageRequest) -> Response:
    """Point a number here."""
    found = _finding(page, ELSEWHERE)
    line = page.directory.line(found.number, page.now)
    if line is None:
        raise CannotDo("Its company is not in config.yaml anymore; its calls are for nobody.")
    point_here(page.hub, line, page.user.id)
    return _repaired(page, "Its calls come here.")


def point_all(page: PageRequest) -> Response:
    """Point all numbers of the chosen companies here that point elsewhere."""
    with page.session() as session:
        found = list_findings(session, page.scope, page.company_ids)
    for line in [page.directory.line(each.number, page.now) for each in found if each.kind.key == ELSEWHERE]:
        if line is not None:
            point_here(page.hub, line, page.user.id)
    return _repaired(page, "Their calls come here.")


def assign(page: PageRequest) -> Response:
    """Give a number a tracker."""
    found = _finding(page, RINGS, UNASSIGNED)
    choice = chosen_tracker(page, page.value("for"))
    if choice is None or choice.tracker.carrier != found.connector:
        raise CannotDo("Choose a tracker of the carrier that has the number.")
    price = Money.parse(found.facts["price"].replace(",", "")) if "price" in found.facts else None
    assign_number(page.hub, found.number, found.connector, choice.company, choice.tracker, price, page.user.id)
    return _repaired(page, f"{choice.title} has it now, and its calls come here.")


def release(page: PageRequest) -> Response:
    """Give a number without a tracker back to its carrier."""
    found = _finding(page, UNASSIGNED)
    if page.value("sure") != "yes":
        raise CannotDo("Tick the box: a number that is given back is lost.")
    release_number(page.hub, found.number, page.user.id, connector=found.connector)
    return _repaired(page, "It was given back.", [found.connector])


def sums(costs: Mapping[str, Decimal]) -> str:
    """$32.05 and 4.00 EUR; a dash if nothing has a price."""
    return " and ".join(money(amount, currency) for currency, amount in costs.items()) or money(None, None)


def _repaired(page: PageRequest, notice: str, ask: Sequence[str] = ()) -> Response:
    """Judge again, so that the page no longer lists what was mended."""
    audit_numbers(page.hub, ask)
    page.context.directory.refresh()
    return page.redirect(page.link(PATH), notice)


def _finding(page: PageRequest, *kinds: str) -> Finding:
    with page.session() as session:
        found = list_findings(session, page.scope, [each.id for each in page.companies])
    return existing(
        next((each for each in found if each.id == page.path("finding_id") and each.kind.key in kinds), None)
    )


def _choices(page: PageRequest, finding: Finding) -> list[Choice]:
    return [each for each in trackers_of(page) if each.tracker.carrier == finding.connector]


def _carriers(page: PageRequest) -> list[str]:
    """The carriers of the user's trackers that list numbers."""
    mine = {each.tracker.carrier for each in trackers_of(page)}
    return [each for each in page.hub.plugins.with_hook(NumberHooks.list_numbers) if each in mine]


PAGES = (
    Page(PATH, health, action="setup"),
    Page("/numbers/health/look", look, action="configure", method="POST", again=health),
    Page("/numbers/health/point", point_all, action="configure", method="POST", again=health),
    Page("/numbers/health/{finding_id}/point", point, action="configure", method="POST", again=health),
    Page("/numbers/health/{finding_id}/assign", assign, action="configure", method="POST", again=health),
    Page("/numbers/health/{finding_id}/release", release, action="configure", method="POST", again=health),
)

"""`/numbers/{id}`: one number, and its deeds: point it here, take it out of use, use it again, give it back."""

from __future__ import annotations

from starlette.responses import Response

from hub.errors import CannotDo, NotFound
from hub.hookspecs import NumberHooks
from hub.numbers.pointing import check_carriers, point_here
from hub.numbers.rest.rest_actions import end_rest, put_back, put_to_rest, release_number
from hub.numbers.rest.rules import REST
from hub.platform.formats import phone
from hub.queries.numbers.number_list import NumberEntry, NumberRow, list_numbers
from hub.web.pages.guard import Page
from hub.web.pages.numbers import number_labels
from hub.web.pages.request import PageRequest


def number_of(page: PageRequest) -> NumberRow:
    """The number of the page's path; NotFound if the user may not see it."""
    with page.session() as session:
        found = list_numbers(
            session, page.scope, [each.id for each in page.companies], page.now, number_id=page.path("number_id")
        )
    if not found:
        raise NotFound("Not found")
    return found[0]


def rest(page: PageRequest) -> Response:
    """Take a bought number out of use."""
    row = number_of(page)
    put_to_rest(page.hub, row.number, page.user.id)
    return _done(page, row, "It is out of use and rests now.")


def use(page: PageRequest) -> Response:
    """Use a resting number again."""
    row = number_of(page)
    put_back(page.hub, row.number, page.user.id)
    return _done(page, row, "It is in use again.")


def end(page: PageRequest) -> Response:
    """End the rest of a number early."""
    row = number_of(page)
    if page.value("sure") != "yes":
        raise CannotDo("Tick the box: late callers are counted wrongly or lost.")
    end_rest(page.hub, row.number, page.user.id)
    return _done(page, row, "Its rest is over.")


def point(page: PageRequest) -> Response:
    """Point the number's webhooks at this hub."""
    row = number_of(page)
    line = page.directory.line(row.number, page.now)
    if line is None:
        raise CannotDo("Its company is not in config.yaml anymore; its calls are for nobody.")
    point_here(page.hub, line, page.user.id)
    return _done(page, row, "Its calls come here.")


def release(page: PageRequest) -> Response:
    """Give a number back to the carrier."""
    row = number_of(page)
    if page.value("sure") != "yes":
        raise CannotDo("Tick the box: a number that is given back is lost.")
    release_number(page.hub, row.number, page.user.id)
    page.context.directory.refresh()
    return page.redirect(page.link("/numbers"), f"{phone(row.number)} was given back.")


def compare(page: PageRequest) -> Response:
    """Ask every carrier for its list and note how each number stands there."""
    mine = {each.carrier for company in page.companies for each in page.directory.trackers.get(company.id, ())}
    able = [each for each in page.hub.plugins.with_hook(NumberHooks.list_numbers) if each in mine]
    sides = check_carriers(page.hub, page.directory, able)
    silent = [number_labels.carrier_name(page, side.connector) for side in sides if side.trouble is not None]
    if silent:
        raise CannotDo(f"{' and '.join(silent)} did not answer; the other numbers were compared. Try again later.")
    return page.redirect(page.link("/numbers"), "Compared with what the carriers have.")


def _done(page: PageRequest, row: NumberRow, notice: str) -> Response:
    page.context.directory.refresh()
    return page.redirect(page.link(f"/numbers/{row.id}"), notice)


def number(page: PageRequest) -> Response:
    """One number."""
    row = number_of(page)
    listed = any(row.number in tracker.numbers for company in page.hub.config.companies for tracker in company.trackers)
    return page.render(
        "number.html",
        title=phone(row.number),
        row=row,
        entry=NumberEntry((row,)),
        words=number_labels,
        listed=listed,
        tracked=any(each.id == row.tracker_id for each in page.directory.trackers.get(row.company_id, ())),
        company=next(each for each in page.companies if each.id == row.company_id),
        rest_days=REST.days,
        may_release=row.rest_ends is not None and row.rest_ends <= page.now,
    )


PAGES = (
    Page("/numbers/compare", compare, action="configure", method="POST"),
    Page("/numbers/{number_id}", number, action="setup"),
    Page("/numbers/{number_id}/rest", rest, action="configure", method="POST", again=number),
    Page("/numbers/{number_id}/end-rest", end, action="configure", method="POST", again=number),
    Page("/numbers/{number_id}/use", use, action="configure", method="POST", again=number),
    Page("/numbers/{number_id}/point", point, action="configure", method="POST", again=number),
    Page("/numbers/{number_id}/release", release, action="configure", method="POST", again=number),
)

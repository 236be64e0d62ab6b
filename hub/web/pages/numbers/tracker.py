"""`/numbers/trackers/{company}/{tracker}`: one tracker with its numbers; configure it, retire it.

A tracker stands in config.yaml, so each of these is an edit of the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from starlette.responses import Response

from hub.config.edit import REMOVED, Change
from hub.config.models import CompanySection, TrackerSection
from hub.errors import existing
from hub.model import Company
from hub.numbers.rest.rules import REST
from hub.platform.formats import phone
from hub.queries.numbers.number_list import NumberEntry, list_numbers
from hub.web.forms.companies import company_and_section, place_of_company
from hub.web.forms.config_edit import edit_config, save_section
from hub.web.forms.derive import fields_of, said
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.numbers import number_labels
from hub.web.pages.request import PageRequest

OWN_ROUTE = "own route"
"""The choice of a tracker whose route is written at the tracker itself; a flow's name has no blank."""
SOURCE_WORDS = {
    "source": said("Source", "Reports show it, like yellow_pages", required=True,
                   wrong="Say where its calls come from, like yellow_pages."),
    "medium": said("Medium", "Like print"),
    "campaign": said("Campaign"),
    "default": said("The default number", "Visitors see it if no number of a pool is free"),
    "signals": said("The number for privacy signals", "Only visitors who say no to ads see it, such as browsers with Global "
                    "Privacy Control; its callers are never reported to advertisers"),
}  # fmt: skip
POOL_WORDS = {
    "hold": said("Hold", "How long a visitor keeps a number after the last activity"),
    "cool_down": said("Cool-down", "How long after that a call still counts for the last visitor"),
    "reserve": said("Reserve, percent", "Kept for visitors from networks with few recent visitors", kind="share",
                    wrong="Write a share from 0 to 99."),
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A tracker of the user's, with what config.yaml says of it."""

    place: tuple[str, ...]
    company: Company
    section: CompanySection
    tracker: TrackerSection
    fields: tuple[Field, ...]

    @property
    def path(self) -> str:
        """The path of its page."""
        return f"/numbers/trackers/{self.company.name}/{self.tracker.name}"


def tracker_fields(page: PageRequest, kind: str, flows: Iterable[str]) -> tuple[Field, ...]:
    """The fields of a tracker of a type that is answered by one of these flows."""
    of_kind = POOL_WORDS if kind == "session" else SOURCE_WORDS
    flow = said(
        "Callers hear",
        kind="choice",
        choices=tuple((name, name if name != OWN_ROUTE else "A route of its own") for name in flows),
        empty="What the company's callers hear",
        clean=lambda text: "" if text == OWN_ROUTE else text,
    )
    return fields_of(
        TrackerSection,
        {
            "title": said("What you call it"),
            "carrier": said("Carrier", kind="choice", choices=carrier_choices(page)),
            **of_kind,
            "flow": flow,
        },
    )


def carrier_choices(page: PageRequest) -> tuple[tuple[str, str], ...]:
    """The connected carriers: connector and words."""
    connectors = page.hub.config.connectors
    carriers = [name for name, entry in connectors.items() if entry.connector_class.manifest.kind == "carrier"]
    titles = [(name, number_labels.carrier_name(page, name)) for name in carriers]
    return tuple((name, title if name == title.lower() else f"{title} ({name})") for name, title in titles)


def tracker(page: PageRequest) -> Response:
    """One tracker."""
    found = _found(page)
    return _page(page, found, _form(found))


def save(page: PageRequest) -> Response:
    """Write the form into config.yaml; a flow takes the place of the tracker's own route."""
    found = _found(page)
    form = Form(found.fields, page.form, country=found.section.country)
    loses_route = found.tracker.route is not None and form.value("flow") != OWN_ROUTE
    return save_section(
        page,
        form,
        found.tracker,
        found.place,
        lambda form: _page(page, found, form),
        notice="It is saved.",
        to=page.link(found.path),
        first=[Change((*found.place, "route"), REMOVED)] if loses_route else (),
    )


def remove(page: PageRequest) -> Response:
    """Take a number out of config.yaml; it rests from then on."""
    found, number = _found(page), page.value("number")
    form = _form(found)
    if number not in found.tracker.numbers:
        form.problems.append("config.yaml does not list that number here anymore.")
    rest = [each for each in found.tracker.numbers if each != number]
    change = Change((*found.place, "numbers"), rest or REMOVED)
    return _edit(page, found, form, [change], f"{phone(number)} is out of use and rests.", found.path)


def retire(page: PageRequest) -> Response:
    """Remove the tracker from config.yaml; its calls keep their history."""
    found = _found(page)
    form = _form(found)
    if page.value("sure") != "yes":
        form.problems.append("Tick the box first: its numbers are out of use then.")
    notice = f"{found.tracker.shown_name} is retired; its numbers rest."
    return _edit(page, found, form, [Change(found.place, REMOVED)], notice, "/numbers")


def _form(found: Found) -> Form:
    form = Form.of(found.fields, found.tracker)
    own = {"flow": [OWN_ROUTE]} if found.tracker.route is not None else {}
    return replace(form, values={**form.values, **own})


def _edit(page: PageRequest, found: Found, form: Form, edits: Iterable[Change], notice: str, to: str) -> Response:
    return edit_config(
        page,
        form,
        edits,
        lambda form: _page(page, found, form),
        place=found.place,
        notice=notice,
        to=page.link(to),
    )


def _found(page: PageRequest) -> Found:
    company, section = company_and_section(page, page.path("company_name"))
    name = page.path("tracker_name")
    written = existing(next((each for each in section.trackers if each.name == name), None))
    place = place_of_company(page, company.name, "trackers", name)
    flows = [*(each.name for each in section.flows), *([OWN_ROUTE] if written.route is not None else [])]
    return Found(place, company, section, written, tracker_fields(page, written.type, flows))


def _page(page: PageRequest, found: Found, form: Form) -> Response:
    ids = {each.name: each.id for each in page.directory.trackers.get(found.company.id, ())}
    with page.session() as session:
        rows = list_numbers(
            session, page.scope, [found.company.id], page.now, tracker_id=ids.get(found.tracker.name, "")
        )
    return page.render(
        "tracker.html",
        form.status,
        title=found.tracker.shown_name,
        found=found,
        form=form,
        numbers=[NumberEntry((row,)) for row in rows],
        rest_days=REST.days,
        words=number_labels,
    )


PAGES = (
    Page("/numbers/trackers/{company_name}/{tracker_name}", tracker, action="setup"),
    Page("/numbers/trackers/{company_name}/{tracker_name}", save, action="configure", method="POST"),
    Page("/numbers/trackers/{company_name}/{tracker_name}/remove", remove, action="configure", method="POST"),
    Page("/numbers/trackers/{company_name}/{tracker_name}/retire", retire, action="configure", method="POST"),
)

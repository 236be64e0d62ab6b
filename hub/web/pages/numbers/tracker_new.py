"""`/numbers/trackers/new`: add a tracker to config.yaml."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.models import TrackerSection
from hub.web.forms.companies import chosen_company, company_field, place_of_company
from hub.web.forms.config_edit import save_section
from hub.web.forms.derive import fields_of, said
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.numbers.tracker import tracker_fields
from hub.web.pages.request import PageRequest

NOT_A_NUMBER = "One of these is not a phone number; write one a line, like +1 312 555 0100."
NUMBERS_HINT = {
    "session": "One a line; leave it empty to buy some afterwards",
    "source": "At most one; leave it empty to buy one afterwards",
}


def new(page: PageRequest) -> Response:
    """The form of a new tracker."""
    kind = "session" if page.query.get("type") == "session" else "source"
    fields = _fields(page, kind)
    form = Form.of(fields, {"type": kind})
    carriers = form["carrier"].choices
    chosen = {"for_company": [page.company.name]} if page.company else {}
    form.values = {**form.values, **chosen, "carrier": [carriers[0][0]] if len(carriers) == 1 else []}
    return _page(page, form)


def add(page: PageRequest) -> Response:
    """Add a tracker to config.yaml."""
    kind = "session" if page.value("type") == "session" else "source"
    form = Form(_fields(page, kind), {**page.form, "type": [kind]})
    section, name = chosen_company(page, form, "for_company"), form.value("name")
    form.country = section.country if section else form.country
    form.check_name({each.name for each in section.trackers} if section else ())
    return save_section(
        page,
        form,
        TrackerSection,
        place_of_company(page, section.name if section else "", "trackers", name),
        lambda form: _page(page, form),
        notice=f"The tracker {name} is added.",
        to=page.link("/numbers", tracker=name),
    )


def _fields(page: PageRequest, kind: str) -> tuple[Field, ...]:
    own = fields_of(
        TrackerSection,
        {
            "name": said("Name", "Small letters, digits, - and _; it stays"),
            "type": said("Kind"),
            "numbers": said("Numbers that you have already", NUMBERS_HINT[kind], kind="phones", wrong=NOT_A_NUMBER),
        },
    )
    companies = {each.name for each in page.companies}
    flows = {flow.name for each in page.hub.config.companies if each.name in companies for flow in each.flows}
    return (company_field(page, "for_company"), *own, *tracker_fields(page, kind, sorted(flows)))


def _page(page: PageRequest, form: Form) -> Response:
    return page.render("tracker_new.html", form.status, title="Add a tracker", form=form)


PAGES = (
    Page("/numbers/trackers/new", new, action="configure"),
    Page("/numbers/trackers/new", add, action="configure", method="POST"),
)

"""`/flows/new`: begin a new flow, or turn a route into a flow of its own. Both are drafts until they are published."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from hub.config.callflow.route import ROUTE_STEP
from hub.config.callflow.written import written_flow
from hub.config.parts import name_of
from hub.contracts.phones import phone_number
from hub.errors import existing
from hub.numbers.flow_drafts import save_draft
from hub.queries.flows.current import current_flows
from hub.queries.flows.flow_list import own_drafts
from hub.web.forms.companies import chosen_company, company_and_section, company_field
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.flows.flow_labels import flow_title
from hub.web.pages.flows.step_form import BEFORE_START
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

FIRST_STEPS = {
    "desk": {"do": "dial", "number": "", "unanswered": "message"},
    "message": {"do": "voicemail", "say": "Nobody can take your call now. Please leave a message after the tone."},
}
"""What a new flow begins with: it rings a phone, then takes a message."""


FIELDS = (
    Field(name="title", label="What you call it", required=True, maximum=80,
          hint="Like Office hours. You can change it at any time.",
          wrong="Write a name with letters or digits, like Office hours."),
    Field(name="number", label="Phone that rings", kind="phone", required=True, maximum=40,
          wrong="Write a phone number, like +1 312 555 0142."),
)  # fmt: skip


def new(page: PageRequest) -> Response:
    """The form."""
    return _show(page, Form((company_field(page), *FIELDS), {"company": [page.company.name if page.company else ""]}))


def _show(page: PageRequest, form: Form) -> Response:
    return page.render("flow_new.html", form.status, title="New flow", form=form)


def begin(page: PageRequest) -> Response:
    """Save the first draft, and go to its page."""
    form = Form((company_field(page), *FIELDS), page.form)
    section = chosen_company(page, form)
    if section is None:
        return _show(page, form)
    number = phone_number(form.value("number")) or phone_number(form.value("number"), section.country)
    if number is None:
        form.errors["number"] = FIELDS[1].wrong
    name = _free_name(page, section.name, form.value("title"))
    if not name:
        form.errors["title"] = FIELDS[0].wrong
    if form.is_refused:
        return _show(page, form)
    return _made(page, section.name, name, first_flow(name, form.value("title"), str(number)))


def from_route(page: PageRequest) -> Response:
    """Turn the route that the path names into the draft of a flow that can be changed, and go to its page."""
    company, wanted = page.path("company"), page.path("flow")
    company_and_section(page, company)
    routes = (each for each in current_flows(page.hub.config, (company,)) if each.is_route and each.flow.name == wanted)
    route = existing(next(routes, None))
    title = flow_title(route.flow)
    name = _free_name(page, company, title)
    return _made(page, company, name, {**written_flow(route.flow), "name": name, "title": title}, replaces=wanted)


def first_flow(name: str, title: str, number: str) -> dict[str, object]:
    """A new flow as config.yaml has it: it rings a phone, then takes a message."""
    steps = {**FIRST_STEPS, "desk": {**FIRST_STEPS["desk"], "number": number}}
    return {"name": name, "title": title, "forward": number, "start": "desk", "steps": steps}


def _free_name(page: PageRequest, company: str, title: str) -> str:
    """A name for a flow of the company that no flow, no draft of the user's and no route has; empty if the title gives none."""
    row, _ = company_and_section(page, company)
    with page.session() as session:
        drafted = {each.name for each in own_drafts(session, page.scope, [row.id])}
    flows = {each.flow.name for each in current_flows(page.hub.config, (company,))}
    name = name_of(title, flows | drafted)
    return f"flow_{name}" if name == ROUTE_STEP or name.startswith(f"{ROUTE_STEP}-") else name


def _made(
    page: PageRequest, company: str, name: str, tree: Mapping[str, object], replaces: str | None = None
) -> Response:
    row, _ = company_and_section(page, company)
    with page.hub.store.writing() as session:
        save_draft(session, page.user.id, row.id, name, tree, page.now, what="begun", before={}, replaces=replaces)
    hours = {"add": BEFORE_START, "do": "schedule"} if page.value("deed") == "hours" else {}
    to = page.link(f"/flows/{company}/{name}", **hours) + ("#open" if hours else "")
    return page.redirect(to, "The draft is made. Publish it when it is right.")


PAGES = (
    Page("/flows/new", new, "configure"),
    Page("/flows/new", begin, "configure", method="POST"),
    Page("/flows/{company}/{flow}/change", from_route, "configure", method="POST"),
)

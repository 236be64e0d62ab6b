"""`/flows/new`: begin a new flow, or turn a route into a flow of its own. Both are drafts until they are published."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.callflow.definition import Flow
from hub.config.callflow.route import ROUTE_STEP
from hub.config.callflow.written import written_flow
from hub.config.error_messages import validated
from hub.contracts.phones import phone_number
from hub.errors import NotFound
from hub.numbers.flow_drafts import draft_of, save_draft
from hub.queries.flows.current import CurrentFlow, current_flows
from hub.web.forms.companies import chosen_company, company_and_section, company_field
from hub.web.forms.field import Field, Values
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

FIRST_STEPS = {
    "desk": {"do": "dial", "number": "", "unanswered": "message"},
    "message": {"do": "voicemail", "say": "Nobody can take your call now. Please leave a message after the tone."},
}
"""What a new flow begins with: it rings a phone, then takes a message."""


def new(page: PageRequest) -> Response:
    """The form."""
    form = _form(page, _route(page), {"company": [page.company.name if page.company else ""]})
    return _show(page, form)


def _form(page: PageRequest, route: CurrentFlow | None, values: Values) -> Form:
    name = Field(name="name", label="Name", required=True, maximum=64,
                 hint="Small letters, like office or summer-hours. It stays as it is.")  # fmt: skip
    number = Field(name="number", label="Phone that rings", kind="phone", required=True, maximum=40,
                   hint="With the country's code, like +1 312 555 0142.")  # fmt: skip
    return Form((name,) if route else (company_field(page), name, number), values)


def _show(page: PageRequest, form: Form) -> Response:
    route = _route(page)
    title = "Turn a route into a flow" if route else "New flow"
    return page.render("flow_new.html", form.status, title=title, route=route, form=form)


def _route(page: PageRequest) -> CurrentFlow | None:
    """The route that the URL names; NotFound if it is not a route."""
    wanted, company = page.query.get("route"), page.query.get("company", "")
    if wanted is None:
        return None
    company_and_section(page, company)
    for each in current_flows(page.hub.config, (company,)):
        if each.is_route and each.flow.name == wanted:
            return each
    raise NotFound("Not found")


def begin(page: PageRequest) -> Response:
    """Save the first draft, and go to its page."""
    route = _route(page)
    form, name = _form(page, route, page.form), page.value("name")
    if route is None and chosen_company(page, form) is None:
        return _show(page, form)
    company, section = company_and_section(page, route.company.name if route else page.value("company"))
    taken = {each.flow.name for each in current_flows(page.hub.config, (company.name,))}
    with page.session() as session:
        drafted = draft_of(session, page.user.id, company.id, name)
    form.check_name({*taken, name} if drafted else taken)
    if name == ROUTE_STEP or name.startswith(f"{ROUTE_STEP}-"):
        form.errors["name"] = "This is the name of a route. Use another one."
    if route:
        tree = {**written_flow(route.flow), "name": name}
    else:
        typed = page.value("number")
        number = phone_number(typed) or phone_number(typed, section.country) or typed
        steps = {**FIRST_STEPS, "desk": {**FIRST_STEPS["desk"], "number": number}}
        tree = {"name": name, "forward": number, "start": "desk", "steps": steps}
        if any(place == ("forward",) for place, _, _ in validated(Flow, {**tree, "name": "new"})[1]):
            form.errors["number"] = "Write a phone number with its country's code, like +1 312 555 0142."
    if form.is_refused:
        return _show(page, form)
    with page.hub.store.writing() as session:
        save_draft(
            session, page.user.id, company.id, name, tree, page.now,
            what="begun", before={}, replaces=route.flow.name if route else None,
        )  # fmt: skip
    return page.redirect(page.link(f"/flows/{company.name}/{name}"), "The draft is made. Publish it when it is right.")


PAGES = (
    Page("/flows/new", new, "configure"),
    Page("/flows/new", begin, "configure", method="POST"),
)

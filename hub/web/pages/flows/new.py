"""`/flows/new`: begin a new flow, or turn a route into a flow of its own. Both are drafts until they are published."""

from __future__ import annotations

import re

from starlette.responses import Response

from hub.config.callflow.definition import Flow
from hub.config.callflow.route import ROUTE_STEP
from hub.config.callflow.written import written_flow
from hub.config.error_messages import validated
from hub.contracts.phones import phone_number
from hub.errors import NotFound
from hub.numbers.flow_drafts import draft_of, save_draft
from hub.queries.flows.current import CurrentFlow, current_flows
from hub.web.pages.flows.opened import company_named
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
BAD_NAME = "Use small letters, digits, - and _, at most 64 of them; begin with a letter or a digit."
FIRST_STEPS = {
    "desk": {"do": "dial", "number": "", "unanswered": "message"},
    "message": {"do": "voicemail", "say": "Nobody can take your call now. Please leave a message after the tone."},
}
"""What a new flow begins with: it rings a phone, then takes a message."""


def form(page: PageRequest) -> Response:
    """The form."""
    return _show(page)


def _show(page: PageRequest, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    route = _route(page)
    return page.render(
        "flow_new.html",
        status,
        title="Turn a route into a flow" if route else "New flow",
        route=route,
        errors=errors or {},
        chosen=page.value("company") or (page.company.name if page.company else ""),
    )


def _route(page: PageRequest) -> CurrentFlow | None:
    """The route that the URL names; NotFound if it is not a route."""
    wanted, company = page.query.get("route"), page.query.get("company", "")
    if wanted is None:
        return None
    company_named(page, company)
    for each in current_flows(page.hub.config, (company,)):
        if each.is_route and each.flow.name == wanted:
            return each
    raise NotFound("Not found")


def begin(page: PageRequest) -> Response:
    """Save the first draft, and go to its page."""
    route = _route(page)
    company, section = company_named(page, route.company.name if route else page.value("company"))
    name, errors = page.value("name"), dict[str, str]()
    taken = {each.flow.name for each in current_flows(page.hub.config, (company.name,))}
    with page.session() as session:
        drafted = draft_of(session, page.user.id, company.id, name)
    if not NAME.fullmatch(name):
        errors["name"] = BAD_NAME
    elif name == ROUTE_STEP or name.startswith(f"{ROUTE_STEP}-"):
        errors["name"] = "This is the name of a route. Use another one."
    elif name in taken or drafted:
        errors["name"] = f"{company.title} has a flow of this name already. Use another one."
    if route:
        tree = {**written_flow(route.flow), "name": name}
    else:
        typed = page.value("number")
        number = phone_number(typed) or phone_number(typed, section.country) or typed
        steps = {**FIRST_STEPS, "desk": {**FIRST_STEPS["desk"], "number": number}}
        tree = {"name": name, "forward": number, "start": "desk", "steps": steps}
        if any(place == ("forward",) for place, _, _ in validated(Flow, {**tree, "name": "new"})[1]):
            errors["number"] = "Write a phone number with its country's code, like +1 312 555 0142."
    if errors:
        return _show(page, 422, errors)
    with page.hub.store.writing() as session:
        save_draft(
            session, page.user.id, company.id, name, tree, page.now,
            what="begun", before={}, replaces=route.flow.name if route else None,
        )  # fmt: skip
    return page.redirect(page.link(f"/flows/{company.name}/{name}"), "The draft is made. Publish it when it is right.")


PAGES = (
    Page("/flows/new", form, "configure"),
    Page("/flows/new", begin, "configure", method="POST"),
)

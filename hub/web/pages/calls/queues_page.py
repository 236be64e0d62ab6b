"""`/queues`: who waits for an agent and who talks, agents who sign in and out, and how long callers waited."""

from __future__ import annotations

from starlette.responses import Response

from hub.answering.queue_agents import BY_PHONE, BY_QUEUE, may_sign, sign_agent
from hub.contracts.titles import titled
from hub.errors import CannotDo
from hub.model.queues import AgentState
from hub.queries.activity.queues import agents_now, queues_now
from hub.web.pages.guard import Page
from hub.web.pages.periods import PRESETS
from hub.web.pages.request import PageRequest

AGENT_STATES = {
    "free": ("good", "Free"),
    "rings": ("live", "Phone rings"),
    "talks": ("live", "Talks"),
    "busy": ("warn", "In another call"),
    "rests": ("warn", "Pause"),
    "off_hours": ("warn", "Outside the hours"),
    "break": ("warn", "On a break"),
    "signed_out": ("bad", "Signed out"),
}
CHANGES = {
    "break": (("in", "End break"), ("out", "Sign out")),
    "signed_out": (("in", "Sign in"),),
}
"""What an agent may do next; the others are signed in."""
SIGNED_IN = (("break", "Take a break"), ("out", "Sign out"))
CHANGED = {
    AgentState.SIGNED_IN: "signed in",
    AgentState.ON_BREAK: "on a break",
    AgentState.SIGNED_OUT: "signed out",
}
BY = {BY_QUEUE: "the hub", BY_PHONE: "phone"}


def show(page: PageRequest) -> Response:
    """Now, and the figures of the period; for the browser's script only what changes while the page is open."""
    period = page.period("7d")
    with page.session() as session:
        days = (period.first, period.last)
        queues = queues_now(session, page.scope, page.shown_companies, page.hub.config, days, page.now)
    return page.render(
        "queues.html",
        block="now" if page.is_partial else None,
        title="Queues",
        queues=queues,
        states=AGENT_STATES,
        changes=lambda agent: CHANGES.get(agent.doing, SIGNED_IN) if may_sign(page.user, agent.agent) else (),
        by=BY,
        companies={each.name: each.title for each in page.shown_companies},
        titled=titled,
        period=period,
        presets=[(name, words) for name, (words, _) in PRESETS.items()],
    )


def sign(page: PageRequest) -> Response:
    """Sign an agent in or out, or send them on a break."""
    with page.session() as session:
        agents = agents_now(session, page.companies, page.hub.config, page.now)
    wanted = (page.value("of"), page.value("phone"))
    found = next((each for each in agents if (each.company_id, each.phone) == wanted), None)
    if found is None or page.value("do") not in CHANGED:
        raise CannotDo("No agent of a queue has this phone; load the page again.")
    state = AgentState(page.value("do"))
    with page.hub.store.writing() as session:
        sign_agent(session, page.user, found.company_id, found.agent, state, page.now)
    return page.redirect(page.link("/queues"), f"{found.name} is {CHANGED[state]}.")


PAGES = (Page("/queues", show), Page("/queues", sign, method="POST", again=show))

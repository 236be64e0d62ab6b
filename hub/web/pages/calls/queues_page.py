"""`/queues`: who waits for an agent and who talks, agents who sign in and out, and how long callers waited."""

from __future__ import annotations

from starlette.responses import Response

from hub.answering.queue_agents import sign_agent
from hub.contracts.titles import titled
from hub.delivery.queue_call_back import phones_of
from hub.errors import CannotDo
from hub.model.queues import QueueState
from hub.queries.activity.queues import AgentNow, agents_now, queue_figures, waits_now
from hub.reports.calendar import own_days
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
    "signed_out": ("bad", "Signed out"),
}


def show(page: PageRequest) -> Response:
    """Now, and the figures of the period; for the browser's script only what changes while the page is open."""
    period = page.period("7d")
    companies = {each.id: each for each in page.shown_companies}
    with page.session() as session:
        waits = waits_now(session, page.scope, page.company_ids)
        agents = agents_now(session, page.shown_companies, page.hub.config, waits, page.now)
        days = own_days(page.shown_companies, period.first, period.last)
        figures = queue_figures(session, page.scope, days)
    return page.render(
        "queues.html",
        block="now" if page.is_partial else None,
        title="Queues",
        waiting=[each for each in waits if not each.entry.agent],
        called=(QueueState.CALL_BACK, QueueState.CALLING_BACK),
        agents=agents,
        states=AGENT_STATES,
        mine=_mine(page, agents),
        figures=figures,
        companies=companies,
        shows_callers=page.scope.reach == "account",
        titled=titled,
        period=period,
        presets=[(name, words) for name, (words, _) in PRESETS.items()],
    )


def sign(page: PageRequest) -> Response:
    """Sign an agent in or out."""
    with page.session() as session:
        agents = agents_now(session, page.companies, page.hub.config, (), page.now)
    wanted = (page.value("of"), page.value("phone"))
    agent = next((each for each in agents if (each.company_id, each.phone) == wanted), None)
    if agent is None or wanted not in _mine(page, agents):
        raise CannotDo("This is no agent whom you may sign in or out.")
    signed_in = page.value("do") == "in"
    with page.hub.store.writing() as session:
        sign_agent(session, page.user, agent.company_id, agent.phone, signed_in, page.now)
    return page.redirect(page.link("/queues"), f"{agent.name} is signed {'in' if signed_in else 'out'}.")


def _mine(page: PageRequest, agents: list[AgentNow]) -> set[tuple[str, str]]:
    """The agents whom the user may sign in and out: those with a phone of the user's, or all for who may call people back."""
    own = phones_of(page.user)
    return {(each.company_id, each.phone) for each in agents if page.may("contact") or each.phone in own}


PAGES = (Page("/queues", show), Page("/queues", sign, method="POST", again=show))

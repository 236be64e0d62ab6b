"""`/flows`: the call flows of the chosen companies."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.callflow.open_now import open_now
from hub.contracts.titles import connector_title
from hub.numbers.flow_drafts import flow_of_draft
from hub.queries.flows.current import current_flows
from hub.queries.flows.flow_list import list_flows, own_drafts
from hub.queries.flows.shares import MIN_CALLS, shares_of
from hub.queries.flows.versions import MAX_COUNTED
from hub.web.pages.flows.flow_labels import flow_title
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def flows(page: PageRequest) -> Response:
    """The flows, each with what uses it."""
    chosen = page.shown_companies
    with page.session() as session:
        listed = list_flows(session, page.scope, page.hub.config, chosen, page.now)
        shares = shares_of(session, page.company_ids, page.now)
        drafts = own_drafts(session, page.scope, page.company_ids) if page.may("configure") else []
    names = {company.id: company for company in chosen}
    known = {
        (company.name, each.flow.name) for company in chosen for each in current_flows(page.hub.config, (company.name,))
    }
    return page.render(
        "flows.html",
        title="Call flows",
        flows=listed,
        flow_title=flow_title,
        shares=shares,
        min_calls=MIN_CALLS,
        companies=names,
        opening=lambda each: open_now(each.current.flow, page.now, each.company.time_zone),
        new=[(names[draft.company_id], draft, flow_title(flow_of_draft(draft))) for draft in drafts
             if (names[draft.company_id].name, draft.name) not in known],
        max_counted=MAX_COUNTED,
        carrier_names=lambda now: ", ".join(connector_title(name, page.hub.plugins.connectors) for name in now.carriers),
    )  # fmt: skip


PAGES = (Page("/flows", flows, "setup"),)

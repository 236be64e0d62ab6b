"""Visits of the companies' websites, and the calls, texts and forms that somebody marked as a lead."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Query

from hub.contracts.leads import LeadStatus
from hub.queries.activity.visits import VisitFilter, list_visits
from hub.queries.lists.contact_list import list_contacts
from hub.queries.lists.filters import MARKED, ContactKind
from hub.web.api.auth import MayCalls, MayReports
from hub.web.api.paging import (
    After,
    CompanyName,
    LeadFilters,
    Limit,
    Since,
    Until,
    Words,
    companies_of,
    company_ids,
    contact_filter,
)
from hub.web.api.schemas import Answer, ContactAnswer, Page, shaped

Text = Annotated[Words | None, Query()]


class VisitAnswer(Answer):
    """One visit; `number` is the tracking number that was shown, `click_ids` names whose ad was clicked."""

    id: str
    company_id: str
    started_at: datetime
    source: str
    medium: str
    campaign: str | None
    keyword: str | None
    landing_page: str | None
    pages: int
    number: str | None
    tracker: str | None
    click_ids: tuple[str, ...]


class LeadAnswer(ContactAnswer):
    """One call, text or form that is marked; `at` is when it came in."""

    id: str
    kind: str
    company_id: str
    at: datetime
    number: str | None
    name: str | None
    email: str | None
    outcome: str | None
    duration: int | None


class Visits(Page):
    """Some visits."""

    visits: list[VisitAnswer]


class Leads(Page):
    """Some leads."""

    leads: list[LeadAnswer]


def add_visits_and_leads(api: FastAPI) -> None:
    """Add the routes."""

    @api.get("/visits", operation_id="listVisits")
    def visits(
        authorized: MayReports,
        company: CompanyName = None,
        source: Text = None,
        medium: Text = None,
        campaign: Text = None,
        tracker: Annotated[Words | None, Query(description="The name of the tracker whose number was shown.")] = None,
        known: Annotated[
            Literal["yes", "no"] | None, Query(description="Whether the visitor is known from a call, text or form.")
        ] = None,
        since: Since = None,
        until: Until = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Visits:
        """Visits of the companies' websites, the newest first."""
        wanted = VisitFilter(
            source=source, medium=medium, campaign=campaign, tracker=tracker, begins=since, ends=until,
            known=None if known is None else known == "yes",
        )  # fmt: skip
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            found = list_visits(session, authorized.scope, ids, wanted, after=after, limit=limit)
        return Visits(visits=shaped(VisitAnswer, found.items), next=found.next)

    @api.get("/leads", operation_id="listLeads")
    def leads(
        authorized: MayCalls,
        company: CompanyName = None,
        status: LeadStatus | None = None,
        kind: ContactKind | None = None,
        filters: Any = Depends(LeadFilters),
        since: Since = None,
        until: Until = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Leads:
        """Calls, texts and forms that somebody marked as a lead, the newest first."""
        sent = {**filters.model_dump(), "lead": status or MARKED}
        with authorized.session() as session:
            rows = companies_of(session, authorized.scope, company)
            wanted, ids = contact_filter(authorized, rows, sent, since, until, kind), [each.id for each in rows]
            found = list_contacts(
                session, authorized.scope, authorized.hub.vault, ids, wanted, after=after, limit=limit
            )
            return Leads(leads=shaped(LeadAnswer, found.items), next=found.next)

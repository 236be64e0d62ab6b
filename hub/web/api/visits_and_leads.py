"""Visits of the companies' websites, and the calls, texts and forms that somebody marked as a lead."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query
from pydantic import Field

from hub.contracts.leads import LeadStatus
from hub.queries.activity.visits import VisitFilter, list_visits
from hub.queries.lists.contact_list import list_contacts
from hub.queries.lists.filters import MARKED, ContactFilter
from hub.web.api.auth import MayCalls, MayReports
from hub.web.api.calls import CompanyName, ContactFilters, company_ids
from hub.web.api.paging import After, Limit, Since, Until
from hub.web.api.schemas import Answer, Page, shaped

Words = Annotated[str | None, Query(max_length=300)]


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


class LeadAnswer(Answer):
    """One call, text or form that is marked; `at` is when it came in."""

    id: str
    kind: str
    company_id: str
    at: datetime
    number: str | None
    name: str | None
    email: str | None
    tracker: str | None = Field(validation_alias="tracker_name")
    outcome: str | None
    duration: int | None
    source: str | None
    medium: str | None
    campaign: str | None
    lead: str | None = Field(validation_alias="lead_status")
    amount: Any
    currency: str | None
    tags: tuple[str, ...]


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
        source: Words = None,
        campaign: Words = None,
        since: Since = None,
        until: Until = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Visits:
        """Visits of the companies' websites, the newest first."""
        wanted = VisitFilter(source=source, campaign=campaign, begins=since, ends=until)
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            found = list_visits(session, authorized.scope, ids, wanted, after=after, limit=limit)
        return Visits(visits=shaped(VisitAnswer, found.items), next=found.next)

    @api.get("/leads", operation_id="listLeads")
    def leads(
        authorized: MayCalls,
        company: CompanyName = None,
        status: LeadStatus | None = None,
        filters: Any = Depends(ContactFilters),
        since: Since = None,
        until: Until = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Leads:
        """Calls, texts and forms that somebody marked as a lead, the newest first."""
        wanted = ContactFilter(lead=status or MARKED, begins=since, ends=until, **filters.model_dump())
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            found = list_contacts(
                session, authorized.scope, authorized.hub.vault, ids, wanted, after=after, limit=limit
            )
            return Leads(leads=shaped(LeadAnswer, found.items), next=found.next)

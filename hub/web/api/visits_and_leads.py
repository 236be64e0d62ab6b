"""Visits of the companies' websites, and the calls, texts and forms that somebody marked as a lead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import Depends, FastAPI
from sqlmodel import Session

from hub.access.users import may
from hub.contracts.leads import LeadStatus
from hub.queries.activity.visits import VisitFilter, contacts_of_visits, list_visits, page_views_of
from hub.queries.lists.contact_list import list_contacts
from hub.queries.lists.filters import MARKED, ContactKind
from hub.web.api.auth import AuthorizedRequest, MayCalls, MayReports
from hub.web.api.paging import (
    After,
    CompanyName,
    LeadFilters,
    Limit,
    Since,
    Until,
    VisitFilters,
    companies_of,
    company_ids,
    contact_filter,
    expandable,
    words_in,
)
from hub.web.api.schemas import Answer, Page, SubjectAnswer, shaped

Expand: Any = expandable("contacts", "page_views")


class PageViewAnswer(Answer):
    """One page of a visit."""

    at: datetime
    url: str | None
    title: str | None


class VisitAnswer(Answer):
    """One visit; `number` is the tracking number that was shown, `click_ids` names whose ad was clicked. `contacts`, the calls,
    texts and forms that it led to, and `page_views`, its newest 100 pages, are null if `expand` does not ask for them, or the
    role of the key's user does not see them."""

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
    contacts: list[SubjectAnswer] | None = None
    page_views: list[PageViewAnswer] | None = None


class LeadAnswer(SubjectAnswer):
    """One call, text or form that is marked; `at` is when it came in."""


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
        filters: Any = Depends(VisitFilters),
        since: Since = None,
        until: Until = None,
        expand: Expand = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Visits:
        """Visits of the companies' websites, the newest first."""
        wanted = VisitFilter(**filters.model_dump(), since=since, until=until)
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            found = list_visits(session, authorized.scope, ids, wanted, after=after, limit=limit)
            rows = shaped(VisitAnswer, found.items)
            _expand(session, authorized, rows, words_in(expand))
        return Visits(visits=rows, next=found.next)

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


def _expand(
    session: Session, authorized: AuthorizedRequest, rows: Sequence[VisitAnswer], expand: Sequence[str]
) -> None:
    """Give visits what `expand` asks for, each read at once for all of them."""
    ids = [each.id for each in rows]
    if "contacts" in expand and may(authorized.user, "calls"):
        contacts = contacts_of_visits(session, authorized.scope, authorized.hub.vault, ids)
        for each in rows:
            each.contacts = shaped(SubjectAnswer, contacts.get(each.id, ()))
    if "page_views" in expand:
        pages = page_views_of(session, ids)
        for each in rows:
            each.page_views = shaped(PageViewAnswer, pages.get(each.id, ()))

"""`form_submissions`, and `forms/summary`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import false
from sqlmodel import Session, col

from hub.callrail import fields
from hub.callrail.dates import Period
from hub.callrail.forms import form_record
from hub.callrail.ids import FORM, PERSON, row_id
from hub.callrail.people import GOOD_LEAD, NOT_A_LEAD, NOT_SCORED
from hub.contracts.leads import LeadStatus
from hub.marks.spam import is_spam
from hub.model import FormSubmission
from hub.queries.contact.view import contact_views
from hub.queries.lists import kinds
from hub.queries.lists.filters import GOOD, UNSCORED, ContactFilter, ContactKind
from hub.queries.lists.keyset import count_rows
from hub.queries.lists.paging import ContactList
from hub.queries.lists.totals import FORM_GROUPS, form_totals_by
from hub.web.callrail.call_reports import key_of, range_of
from hub.web.callrail.calls import LEAD_STATUSES, asked_period
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint, Fields, Records, Resource


def _visible(request: CallRailRequest, session: Session) -> Any:
    """The forms that the user may see and that are not marked as spam; who sees only own calls sees none."""
    query = request.scope.select(FormSubmission).where(~is_spam(col(FormSubmission.id)))
    return query if request.scope.reach == "account" else query.where(false())


def _forms(request: CallRailRequest, session: Session) -> tuple[ContactList, Period]:
    sent, company = request.parameters, request.company(session)
    span = asked_period(request, session, company)
    leads = {GOOD_LEAD: GOOD, NOT_A_LEAD: LeadStatus.NOT_A_LEAD, NOT_SCORED: UNSCORED, None: None}
    person = sent.text("person_id")
    wanted = ContactFilter(
        kind=ContactKind.FORM,
        spam="no",
        begins=span.begins,
        ends=span.ends,
        person_id=(row_id(PERSON, person) or "none") if person else None,
        lead=leads[sent.choice("lead_status", LEAD_STATUSES)],
        tags=sent.list("tags"),
        search=sent.text("search"),
    )
    return ContactList(session, request.scope, (company.id,) if company else None, wanted), span


def _records(request: CallRailRequest, session: Session, rows: Sequence[FormSubmission], names: Fields) -> Records:
    views = contact_views(session, request.hub.vault, rows, request.scope.user)
    return [form_record(each, names, request.place) for each in views]


def summary(request: CallRailRequest) -> Answer:
    """How many forms were sent, in all and for each value of `group_by`."""
    group = request.parameters.choice("group_by", FORM_GROUPS)
    with request.session() as session:
        forms, span = _forms(request, session)
        query = forms.query(kinds.FORMS)
        body = range_of(request, span)
        body["total_results"] = {"total_forms": count_rows(session, forms.parts())}
        if group is not None:
            totals: dict[str | None, int] = {}
            for values, number in form_totals_by(session, query, group):
                key = key_of(values, group)
                totals[key] = totals.get(key, 0) + number
            body["grouped_results"] = [{"key": key, "total_forms": number} for key, number in totals.items()]
    return body


FORMS = Resource(
    path="form_submissions",
    actions=("calls",),
    prefix=FORM,
    fields=fields.FORM_SUBMISSION,
    parts=lambda request, session: _forms(request, session)[0].parts,
    one_query=_visible,
    records=_records,
    orders={"submitted_at": kinds.FORMS.order.columns},
)
ENDPOINTS = (Endpoint("GET", "forms/summary", ("calls",), summary),)

"""`form_submissions`, and `forms/summary`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from hub.callrail import fields
from hub.callrail.dates import Period
from hub.callrail.forms import form_record
from hub.callrail.ids import FORM, PERSON, row_id
from hub.callrail.leads import GOOD_LEAD, NOT_A_LEAD, STATUSES
from hub.model import FormSubmission
from hub.queries.listings.forms import FormFilter, facts_of_forms, form_order, forms_query, visible_forms
from hub.queries.listings.paging import count_of, in_order
from hub.queries.listings.totals import FORM_GROUPS, form_totals_by
from hub.web.callrail.call_reports import key_of, range_of
from hub.web.callrail.calls import LEAD_STATUSES, asked_period, bounds_of
from hub.web.callrail.request import Asked
from hub.web.callrail.resource import Answer, Endpoint, Fields, Resource


def _visible(asked: Asked, session: Session) -> Any:
    return visible_forms(asked.scope)


def _filter(asked: Asked, session: Session) -> tuple[FormFilter, Period]:
    sent, company = asked.parameters, asked.company(session)
    span = asked_period(asked, session, company)
    begins, ends = bounds_of(asked, span)
    statuses = {GOOD_LEAD: STATUSES[GOOD_LEAD], NOT_A_LEAD: STATUSES[NOT_A_LEAD], None: None}
    person = sent.text("person_id")
    return FormFilter(
        begins=begins,
        ends=ends,
        company_id=company.id if company else None,
        person_id=(row_id(PERSON, person) or "none") if person else None,
        lead_statuses=statuses.get(sent.choice("lead_status", LEAD_STATUSES), ()),
        tags=sent.list("tags"),
        search=sent.text("search"),
    ), span


def _query(asked: Asked, session: Session) -> Any:
    return forms_query(asked.scope, _filter(asked, session)[0])


def _records(asked: Asked, session: Session, ids: Sequence[str], names: Fields) -> Sequence[Mapping[str, Any]]:
    rows = in_order(session.exec(select(FormSubmission).where(col(FormSubmission.id).in_(ids))).all(), ids)
    facts = facts_of_forms(session, asked.hub.vault, rows, with_notes="note" in names, user=asked.scope.user)
    return [form_record(each, names, asked.place) for each in facts]


def summary(asked: Asked) -> Answer:
    """How many forms were sent, in all and for each value of `group_by`."""
    group = asked.parameters.choice("group_by", FORM_GROUPS)
    with asked.session() as session:
        wanted, span = _filter(asked, session)
        query = forms_query(asked.scope, wanted)
        body = range_of(asked, span)
        body["total_results"] = {"total_forms": count_of(session, query, col(FormSubmission.id))}
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
    query=_query,
    one_query=_visible,
    records=_records,
    orders={"submitted_at": lambda descending: form_order(descending=descending)},
)
ENDPOINTS = (Endpoint("GET", "forms/summary", ("calls",), summary),)

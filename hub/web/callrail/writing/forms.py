"""Send a form for a website, mark one, and name fields that are never kept."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, select
from starlette.responses import Response

from hub.callrail.ids import COMPANY, FORM, wire_id
from hub.config.edit import Change
from hub.errors import CannotDo
from hub.model import Company, FormSubmission, Visit
from hub.model.columns import new_id
from hub.visits.forms import SentForm, read_form, store_form
from hub.web.callrail.forms import FORMS
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint
from hub.web.callrail.writing.config_edits import edits_of
from hub.web.callrail.writing.marks import write_marks
from hub.web.callrail.writing.members import companies_in, company_in, list_in, object_in, text_in

MAX_FIELDS = 100


def create(request: CallRailRequest) -> Response:
    """Store a form that a site sent by its own server. Its fields may stand in `form_submission`, or in the body itself."""
    body: Mapping[str, object] = object_in(request.body, "form_submission") or request.body
    fields = object_in(body, "form_data")
    if not fields:
        raise CannotDo("form_data is missing; send the form's fields as an object.")
    texts = {str(name): _value(value) for name, value in list(fields.items())[:MAX_FIELDS]}
    now = request.hub.clock()
    with request.session() as session:
        company = company_in(request, session, body)
        visit = text_in(body, "session_id")
        known = session.get(Visit, visit) if visit else None
        if visit and (known is None or known.company_id != company.id):
            raise CannotDo("session_id names no visit; leave it out if you do not know it.")
    sent = SentForm(
        key=f"api/{new_id()}",
        fields=texts,
        visit_id=visit or None,
        form_id=text_in(body, "form_name") or None,
        page=text_in(body, "form_url", "landing_page_url") or None,
        phone=text_in(body, "customer_phone_number") or None,
        email=text_in(body, "customer_email") or None,
        name=text_in(body, "customer_name") or None,
    )
    form = read_form(company, sent, now)

    def action(session: Session) -> dict[str, str]:
        store_form(session, request.hub.vault, form, now)
        row = select(FormSubmission.id).where(FormSubmission.submission_key == form.submission_key)
        return {"id": session.exec(row).one()}

    done = request.once.do(request.authorized, action, 201)
    return FORMS.written(request, done["id"])


def change(request: CallRailRequest) -> Answer:
    """Tags, note, value and lead of a form."""
    form_id = request.row_id(FORM)
    write_marks(request, form_id)
    return FORMS.written(request, form_id, 200)


def ignored(request: CallRailRequest) -> Answer:
    """The fields that are not kept, by company."""
    with request.session() as session:
        query = request.scope.select(Company).order_by(Company.name)
        one = request.company(session)
        companies = [one] if one else list(session.exec(query))
    found = [
        {"company_id": wire_id(COMPANY, each.id), "field_names": list(each.website.get("ignored_fields", ()))}
        for each in companies
    ]
    return {"ignored_fields": found}


def ignore(request: CallRailRequest) -> Answer:
    """Never keep these fields of new forms of some companies; what is ignored already stays so."""
    names = list_in(request.body, "field_names")
    if not names:
        raise CannotDo("field_names is missing.")
    with request.session() as session:
        companies = companies_in(request, session)
        places = {each.id: edits_of(request).place_of_company(session, each.name) for each in companies}

    def action() -> dict[str, str]:
        edits = []
        for each in companies:
            before = edits_of(request).section_of(each).website.ignored_fields
            more = [name for name in names if name not in before]
            if more:
                edits.append(Change((*places[each.id], "website", "ignored_fields"), [*before, *more]))
        edits_of(request).apply(edits, {"website.ignored_fields": "field_names"})
        return {}

    request.once.do_alone(request.authorized, action, harmless=True)
    return {"company_ids": [wire_id(COMPANY, each.id) for each in companies], "field_names": names}


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


ENDPOINTS = (
    Endpoint("POST", "form_submissions", ("contact", "setup"), create),
    Endpoint("GET", "form_submissions/ignored_fields", ("setup",), ignored),
    Endpoint("POST", "form_submissions/ignored_fields", ("configure",), ignore),
    Endpoint("PUT", "form_submissions/{id}", ("marks",), change),
)

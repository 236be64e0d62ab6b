"""`caller_ids`: the tracking numbers that people see when a user calls them; `message-flows`: the answer to incoming texts."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session
from starlette.responses import Response

from hub.callrail.accounts import made_at
from hub.callrail.dates import utc_time
from hub.callrail.ids import COMPANY, number_of, wire_id
from hub.config.edit import REMOVED, Change
from hub.config.models import CompanySection
from hub.delivery.call_back_consent import PLACE
from hub.errors import CannotDo, NotFound, existing
from hub.model import Company
from hub.numbers.directory import Line
from hub.web.callrail.not_taken import NOT_OURS, ONE_ANSWER
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint, json_answer
from hub.web.callrail.small_lists import small_list
from hub.web.callrail.writing.config_edits import edits_of, running_section
from hub.web.callrail.writing.members import company_in, number_in, object_in, text_in

FLOW, STEP = "MFL", "response-01"


def _lines(request: CallRailRequest, company: Company | None) -> list[Line]:
    """The numbers from which calls can be placed, of the companies that the user sees."""
    with request.session() as session:
        seen = {company.id} if company else {each.id for each in session.exec(request.scope.select(Company))}
    lines = request.directory.lines.values()
    can = [
        each
        for each in lines
        if each.company.id in seen and request.hub.plugins.implements(each.tracker.carrier, PLACE)
    ]
    return sorted(can, key=lambda each: each.number.number)


def caller_id(line: Line) -> dict[str, object]:
    """One caller ID."""
    return {
        "id": number_of(line.number.id),
        "company_id": wire_id(COMPANY, line.company.id),
        "name": line.tracker.name,
        "phone_number": line.number.number,
        "verified": True,
        "created_at": utc_time(made_at(line.number.id)),
    }


def list_caller_ids(request: CallRailRequest) -> Response:
    """The caller IDs, of one company or of all."""
    with request.session() as session:
        company = request.company(session)
    return small_list(request, "caller_ids", [caller_id(each) for each in _lines(request, company)])


def one_caller_id(request: CallRailRequest) -> Answer:
    """One of them."""
    return caller_id(_caller_id(request))


def add_caller_id(request: CallRailRequest) -> Response:
    """A tracking number needs no verification, and no other number can be one."""
    with request.session() as session:
        company = company_in(request, session)
    number = number_in(request.body, "phone_number", company.country)
    found = next((each for each in _lines(request, company) if each.number.number == number), None)
    if found is None:
        raise NOT_OURS.refusal() if number else CannotDo("phone_number is missing.")
    return json_answer(caller_id(found), 201)


def _caller_id(request: CallRailRequest) -> Line:
    return existing(
        next((each for each in _lines(request, None) if request.ids["id"] == str(number_of(each.number.id))), None)
    )


def flow_record(company: Company, section: CompanySection) -> dict[str, object]:
    """The answer to incoming texts, as a flow of one step."""
    step = {"type": "sms_response", "message": section.texts.auto_reply, "next_step_id": None}
    return {
        "id": wire_id(FLOW, company.id),
        "company_id": wire_id(COMPANY, company.id),
        "name": "Automatic reply",
        "initial_step_id": STEP,
        "steps": {STEP: step},
    }


def list_flows(request: CallRailRequest) -> Response:
    """The flows of the companies that answer incoming texts."""
    with request.session() as session:
        one = request.company(session)
        companies = [one] if one else list(session.exec(request.scope.select(Company).order_by(Company.name)))
    found = [(each, running_section(request, each)) for each in companies]
    shown = [flow_record(each, at) for each, at in found if at is not None and at.texts.auto_reply]
    return small_list(request, "message_flows", shown)


def one_flow(request: CallRailRequest) -> Answer:
    """One of them."""
    company = _flow_of(request)
    section = running_section(request, company)
    if section is None or not section.texts.auto_reply:
        raise NotFound("Not found")
    return flow_record(company, section)


def create_flow(request: CallRailRequest) -> Response:
    """Answer a company's incoming texts."""
    with request.session() as session:
        company = company_in(request, session)
    return json_answer(_save_flow(request, company, _message(request), 201), 201)


def change_flow(request: CallRailRequest) -> Answer:
    """Change the answer."""
    return _save_flow(request, _flow_of(request), _message(request), 200)


def remove_flow(request: CallRailRequest) -> None:
    """Answer no incoming texts any more."""
    _save_flow(request, _flow_of(request), None, 204)


def _save_flow(request: CallRailRequest, company: Company, message: str | None, status: int) -> Mapping[str, object]:
    with request.session() as session:
        place = (*edits_of(request).place_of_company(session, company.name), "texts", "auto_reply")

    def action() -> dict[str, str]:
        answers = edits_of(request).section_of(company).texts.auto_reply
        if status == 201 and answers:
            raise CannotDo("The company answers incoming texts already; change that flow.")
        if status != 201 and not answers:
            raise NotFound("Not found")
        edits_of(request).apply([Change(place, REMOVED if message is None else message)], {"texts.auto_reply": "steps"})
        return {}

    request.once.do_alone(request.authorized, action, status, harmless=True)
    return flow_record(company, edits_of(request).section_of(company))


def _message(request: CallRailRequest) -> str:
    steps = object_in(request.body, "steps")
    if len(steps) != 1 or not all(isinstance(each, dict) for each in steps.values()):
        raise ONE_ANSWER.refusal()
    (step,) = steps.values()
    message = text_in(step, "message", "content", "body", "text")
    if step.get("type") != "sms_response" or step.get("next_step_id") or not message:
        raise ONE_ANSWER.refusal()
    return message


def _flow_of(request: CallRailRequest) -> Company:
    with request.session() as session:
        return _company_of_flow(request, session)


def _company_of_flow(request: CallRailRequest, session: Session) -> Company:
    company: Company = request.scope.one(session, Company, request.row_id(FLOW))
    return company


ENDPOINTS = (
    Endpoint("GET", "caller_ids", ("contact", "setup"), list_caller_ids),
    Endpoint("GET", "caller_ids/{id}", ("contact", "setup"), one_caller_id),
    Endpoint("POST", "caller_ids", ("configure",), add_caller_id),
    Endpoint("GET", "message-flows", ("setup",), list_flows),
    Endpoint("GET", "message-flows/{id}", ("setup",), one_flow),
    Endpoint("POST", "message-flows", ("configure",), create_flow),
    Endpoint("PUT", "message-flows/{id}", ("configure",), change_flow),
    Endpoint("DELETE", "message-flows/{id}", ("configure",), remove_flow),
)

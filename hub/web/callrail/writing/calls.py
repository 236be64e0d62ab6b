"""Change a call, and place one: the user's phone rings first, then the person's."""

from __future__ import annotations

from sqlmodel import Session, col, select
from starlette.responses import Response

from hub.callrail.ids import CALL, USER, row_id
from hub.delivery.queue_call_back import queue_call_back
from hub.errors import CannotDo
from hub.flow.case import Subject, time_of
from hub.marks.spam import spam_among
from hub.model import Call, Company, FormSubmission, TextMessage, User
from hub.store.rows import indexless
from hub.web.callrail.calls import CALLS
from hub.web.callrail.not_taken import NOBODY_CALLED
from hub.web.callrail.outbound import OUTBOUND
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint
from hub.web.callrail.writing.marks import write_marks
from hub.web.callrail.writing.members import company_or_number_in, number_in, text_in


def update(request: CallRailRequest) -> Answer:
    """Change a call; the answer has it even if it is spam now."""
    call_id = request.row_id(CALL)
    write_marks(request, call_id)
    with request.session() as session:
        (record,) = CALLS.read(request, session, [call_id])
        spam = {"spam": call_id in spam_among(session, [call_id])}
    return {name: spam.get(name, value) for name, value in record.items()}


def place(request: CallRailRequest) -> Response:
    """Call a person who has been in contact with the company. Consent and the law's hours are asked as on the pages."""
    with request.session() as session:
        company = company_or_number_in(request, session, "caller_id")
        person = number_in(request.body, "customer_phone_number", company.country)
        if person is None:
            raise CannotDo("customer_phone_number is missing.")
        caller_id = number_in(request.body, "caller_id", company.country)
        subject = newest_contact(session, company, person)
        own = number_in(request.body, "business_phone_number", company.country) or _agent(session, request)
    if subject is None:
        raise NOBODY_CALLED.refusal()

    def action(session: Session) -> dict[str, str]:
        row = queue_call_back(
            session, request.scope, request.hub, request.directory, subject, own, request.scope.user.id, shown=caller_id
        )
        return {"id": row.id}

    done = request.once.do(request.authorized, action, 201)
    return OUTBOUND.written(request, done["id"])


def newest_contact(session: Session, company: Company, number: str) -> Subject | None:
    """The person's newest call, text or form at a company."""
    called = select(Call).where(Call.caller_number == number, Call.company_id == company.id)
    wrote = select(TextMessage).where(
        TextMessage.person_number == number, TextMessage.company_id == company.id, TextMessage.direction == "in"
    )
    of_company = indexless(FormSubmission.company_id) == company.id
    sent = select(FormSubmission).where(FormSubmission.phone_number == number, of_company)
    found: tuple[Subject | None, ...] = (
        session.exec(called.order_by(col(Call.started_at).desc()).limit(1)).first(),
        session.exec(wrote.order_by(col(TextMessage.at).desc()).limit(1)).first(),
        session.exec(sent.order_by(col(FormSubmission.submitted_at).desc()).limit(1)).first(),
    )
    return max((each for each in found if each is not None), key=time_of, default=None)


def _agent(session: Session, request: CallRailRequest) -> str | None:
    """The first phone of the user that `agent_id` names."""
    wanted = text_in(request.body, "agent_id")
    if not wanted:
        return None
    user_id = row_id(USER, wanted)
    query = select(User).where(User.account_id == request.scope.user.account_id, User.id == (user_id or ""))
    user = session.exec(query).first()
    numbers = (user.phone_numbers or "").split() if user and user.disabled_at is None else []
    if not numbers:
        raise CannotDo("agent_id names no user with a phone; send business_phone_number.")
    return numbers[0]


ENDPOINTS = (
    Endpoint("PUT", "calls/{id}", ("marks",), update),
    Endpoint("POST", "calls", ("contact",), place),
)

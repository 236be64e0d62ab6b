"""The only module that queues calls back, and shows before whether one is possible. The worker places the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.access.user_changes import set_call_back_number
from hub.contracts.dialing import costs_extra, countries_of
from hub.contracts.phones import own_phone, phone_number
from hub.delivery.call_back_consent import NO_CALLS, PLACE, ask_about_call_back, why_suppressed
from hub.errors import RingfenceError
from hub.flow.case import Subject
from hub.flow.case_loading import load_cases
from hub.model import Call, Company, FormSubmission, OutgoingCall, TextMessage, TrackingNumber, User
from hub.model.columns import CALL_RETENTION, new_id
from hub.model.outgoing_calls import OutgoingCallStatus
from hub.model.purposes import CALL_BACK
from hub.model.states import OutgoingCallState as State
from hub.numbers.directory import Directory, Line
from hub.runtime import Hub
from hub.store import audit
from hub.store.connectors import paused_connectors
from hub.texts.spending import has_contacted
from hub.texts.suppression import is_suppressed

UNKNOWN_NUMBER = "The person's number is not known, so nobody can be called back."
NO_COMPANY = "The company or the tracking number is no longer in config.yaml."

MAX_CALLS_A_DAY = 200
"""Calls back of one company within 24 hours, so that a stolen session cannot run up a bill."""
ACTIVE_FOR = timedelta(hours=4)
"""A call that is not over after this time no longer keeps another call to the same person from being placed."""
TOO_LATE = "There is no call back of yours from the last ten minutes with this id to take back."
UNDO_WITHIN = timedelta(minutes=10)
"""A call back that was noted by mistake can be taken back for this long."""
ACTIVE = (OutgoingCallStatus.QUEUED, OutgoingCallStatus.PLACED, OutgoingCallStatus.ANSWERED)


class CannotCall(RingfenceError):
    """The call must not be queued; the message says why, and what to do."""


def queue_call_back(
    session: Session,
    scope: AccessScope,
    hub: Hub,
    directory: Directory,
    subject: Subject,
    user_number: str | None = None,
    actor: str | None = None,
    *,
    shown: str | None = None,
    remember: bool = True,
) -> OutgoingCall:
    """Queue a call back to the person of a missed call, a text or a form, and note it in the audit log, within `session`.

    `scope` is the user's for the action `contact`. `user_number` is the phone that rings first, and is kept for the next time
    with `remember`; None: the one that was kept, or else the user's first. `shown` is the company's tracking number that the
    person sees; None: the one that they know.
    A call that may never be made ends at once as `refused`, with the reason. CannotCall if something is missing or wrong,
    so that the user can mend it. After the commit the worker asks consent and the quiet hours, and places the call.
    """
    scope.one(session, type(subject), subject.id)
    company = directory.company(subject.company_id or "")
    person_number = person_number_of(subject)
    if company is None or person_number is None:
        raise CannotCall(UNKNOWN_NUMBER)
    line = line_for(hub, directory, company, subject, shown)
    own = _user_number(scope.user, user_number, company)
    if own_phone(own) and "phone" not in hub.plugins.connectors[line.tracker.carrier].manifest.abilities:
        raise CannotCall("The carrier of that tracking number rings no phones of your own; choose a telephone number.")
    now = hub.clock()
    # One at a time for each company, so that two clicks make one call and the cap holds.
    session.exec(select(Company.id).where(Company.id == company.id).with_for_update())
    _check_numbers(session, line, own, person_number, now)
    reason = _never(session, hub, scope.user, company, own, person_number, now)
    call = OutgoingCall(
        id=new_id(),
        connector=line.tracker.carrier,
        company_id=company.id,
        subject_id=subject.id,
        user_id=scope.user.id,
        user_number=own,
        tracking_number=line.number.number,
        person_number=person_number,
        status=OutgoingCallStatus.REFUSED if reason else OutgoingCallStatus.QUEUED,
        reason=reason,
        state=State.DONE if reason else State.READY,
        made_at=now,
        due_at=now,
        expires_at=now + CALL_RETENTION,
    )
    session.add(call)
    if not reason and remember:
        set_call_back_number(session, session.get_one(User, scope.user.id), own, now)
    session.flush()
    audit.note(session, now, actor or scope.user.name, "calls.back", subject.id, "refused" if reason else call.id)
    return call


def record_call_back(session: Session, scope: AccessScope, call: Call, now: datetime) -> OutgoingCall:
    """Note, with its audit entry, that the user has called a missed caller from a phone of their own: the caller waits no
    longer. Nothing is dialed. `scope` is the user's for the action `contact`. CannotCall if the caller's number is unknown."""
    scope.one(session, Call, call.id)
    if call.caller_number is None or call.company_id is None or call.tracking_number is None:
        raise CannotCall(UNKNOWN_NUMBER)
    made = OutgoingCall(
        id=new_id(),
        connector=call.connector,
        company_id=call.company_id,
        subject_id=call.id,
        user_id=scope.user.id,
        tracking_number=call.tracking_number,
        person_number=call.caller_number,
        status=OutgoingCallStatus.COMPLETED,
        state=State.DONE,
        made_at=now,
        due_at=now,
        answered_at=now,
        ended_at=now,
        expires_at=now + CALL_RETENTION,
    )
    session.add(made)
    session.flush()
    audit.note(session, now, scope.user.id, "calls.back_by_hand", call.id, made.id)
    return made


def take_back_call_back(session: Session, scope: AccessScope, row_id: str, now: datetime) -> bool:
    """Take back what the user noted with `record_call_back` in the last ten minutes, with its audit entry: the caller waits
    again. False if there is nothing to take back."""
    row = session.exec(scope.select(OutgoingCall).where(OutgoingCall.id == row_id)).first()
    if row is None or not row.is_by_hand or row.user_id != scope.user.id or now - row.made_at > UNDO_WITHIN:
        return False
    session.delete(row)
    audit.note(session, now, scope.user.id, "calls.back_undone", row.subject_id or row.company_id, row.id)
    return True


def person_number_of(subject: Subject) -> str | None:
    match subject:
        case Call():
            return phone_number(subject.caller_number)
        case TextMessage():
            return phone_number(subject.person_number)
        case FormSubmission():
            return phone_number(subject.phone_number)


def line_for(hub: Hub, directory: Directory, company: Company, subject: Subject, shown: str | None = None) -> Line:
    """The number `shown`, or the one that the person called or wrote to, or else the company's shared one; its carrier
    must place calls."""
    showable = directory.showable(company)
    shared = (showable.shared,) if showable.shared else ()
    known = None if isinstance(subject, FormSubmission) else directory.lines.get(subject.tracking_number or "")
    among: tuple[Line | None, ...] = (known, *shared, *showable.fixed)
    if shown is not None:
        among = (directory.lines.get(shown),)
    lines = [each for each in among if each is not None and each.company.id == company.id]
    if shown is not None and not lines:
        raise CannotCall("A caller ID is one of the company's tracking numbers; that number is none of them.")
    if not lines:
        raise CannotCall("The company has no tracking number of its own from which somebody could be called.")
    can = [line for line in lines if hub.plugins.implements(line.tracker.carrier, PLACE)]
    if not can:
        raise CannotCall(f"The connector {lines[0].tracker.carrier!r} places no calls; call the person by phone.")
    with hub.store.reading() as session:
        paused = paused_connectors(session).get(can[0].tracker.carrier)
    if paused is not None:
        raise CannotCall(f"The connector {can[0].tracker.carrier!r} is paused: {paused}")
    return can[0]


def phones_of(user: User) -> list[str]:
    """A user's phones that can ring first: the remembered one, then those at which they answer."""
    phones = (user.call_back_number, *(user.phone_numbers or "").split())
    return list(dict.fromkeys(each for each in phones if each))


def _user_number(user: User, written: str | None, company: Company) -> str:
    own = phones_of(user)
    if not written and not own:
        raise CannotCall("It is not known which phone is yours; write its number in E.164, like +13125550190.")
    number = own_phone(written) or phone_number(written, company.country) if written else own[0]
    if number is None:
        raise CannotCall("Your phone's number is no number that could be dialed; write it in E.164, like +13125550190.")
    return number


def _check_numbers(session: Session, line: Line, own: str, person_number: str, now: datetime) -> None:
    ours = select(TrackingNumber.number).where(col(TrackingNumber.number).in_((own, person_number)))
    if session.exec(ours).first() is not None:
        raise CannotCall("That is a tracking number of this hub; a call to it would come back in.")
    if own == person_number:
        raise CannotCall("Your phone and the person's have the same number; choose another phone of yours.")
    active = select(OutgoingCall.id).where(
        OutgoingCall.company_id == line.company.id,
        OutgoingCall.person_number == person_number,
        col(OutgoingCall.status).in_(ACTIVE),
        OutgoingCall.state != State.HELD,
        OutgoingCall.made_at > now - ACTIVE_FOR,
    )
    if session.exec(active).first() is not None:
        raise CannotCall("A call to this person is under way; wait until it has ended.")


def _never(
    session: Session, hub: Hub, user: User, company: Company, own: str, person_number: str, now: datetime
) -> str | None:
    """Why these two numbers are not dialed at all."""
    if is_suppressed(session, hub, company.id, person_number, CALL_BACK):
        return NO_CALLS
    is_number = own_phone(own) is None
    if costs_extra(person_number) or (is_number and costs_extra(own)):
        return "Calls to premium-rate numbers are not placed."
    if is_number and own not in (user.phone_numbers or "").split() and countries_of(own) != {company.country}:
        return "Your phone is in another country; an owner can add its number to your user."
    if countries_of(person_number) != {company.country} and not has_contacted(session, company.id, person_number):
        return "The number is in another country, and nobody has called or written from it."
    recent = select(func.count()).where(
        OutgoingCall.company_id == company.id,
        OutgoingCall.made_at > now - timedelta(days=1),
        OutgoingCall.status != OutgoingCallStatus.REFUSED,
        col(OutgoingCall.user_number).is_not(None),
    )
    if session.exec(recent).one() >= MAX_CALLS_A_DAY:
        return f"The company has placed {MAX_CALLS_A_DAY} calls within 24 hours; try again tomorrow."
    return None


@dataclass(frozen=True)
class CallBackPreview:
    """Whether a call back is possible now, and from which number. `why_not` is None if nothing stands against it."""

    tracking_number: str | None = None
    why_not: str | None = None
    not_before: datetime | None = None
    """When it may be possible again."""


def preview_call_back(hub: Hub, directory: Directory, subject: Subject, now: datetime) -> CallBackPreview:
    """What a call back to the person of a call, text or form would meet now. Nothing is stored."""
    company = directory.company(subject.company_id or "")
    if person_number_of(subject) is None:
        return CallBackPreview(why_not=UNKNOWN_NUMBER)
    if company is None:
        return CallBackPreview(why_not=NO_COMPANY)
    try:
        line = line_for(hub, directory, company, subject)
    except CannotCall as error:
        return CallBackPreview(why_not=str(error))
    shown = line.number.number
    with hub.store.reading() as session:
        cases = load_cases(session, directory, [subject], now)
        ruling = ask_about_call_back(hub, session, cases[0], line.tracker.carrier, now) if cases else None
    if ruling is None:
        return CallBackPreview(shown, NO_COMPANY)
    with hub.store.writing() as session:
        suppressed = why_suppressed(session, hub, cases[0])
    if suppressed is not None:
        return CallBackPreview(shown, suppressed)
    if not ruling.allowed:
        return CallBackPreview(shown, ruling.decision.ruling.reason, ruling.decision.not_before)
    return CallBackPreview(shown)

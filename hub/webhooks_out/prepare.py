"""Before an event is sent: is there something to send, and may this endpoint have it? Consent is asked each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from hub.contracts.disclosure import declared_categories
from hub.contracts.webhook_data import KINDS, NEWS
from hub.flow.case import Case, Subject
from hub.flow.case_loading import load_cases
from hub.flow.consent import StoredDecision, decide, question_about
from hub.flow.convert import asked_again_at
from hub.flow.subjects import lock_keys_of_ids, read_subjects
from hub.model import Call, OptOut, OutgoingCall, WebhookEvent
from hub.model.states import CallStatus, OptOutState, PersonNotice, SubjectState, WebhookEventState
from hub.numbers.directory import Directory
from hub.privacy.receivers import contacts_of_opt_out
from hub.privacy.withdrawal import person_lock_keys
from hub.runtime import Hub
from hub.webhooks_out.answers import Verdict
from hub.webhooks_out.bodies import Body, body_of, notice_of
from hub.webhooks_out.endpoints import Endpoint

FLOW_WAIT = timedelta(seconds=1)
"""How long an event waits if the flow has not come to its call, text or form yet."""
IN_THE_FLOW = (SubjectState.NEW, SubjectState.READY, SubjectState.LEASED)
ERASED = "The person was erased, or the retention period is over."
NOTHING_SENT = "This address was never sent anything of the person."
MOMENT = "send"
NOTICES = frozenset(PersonNotice)


@dataclass(frozen=True)
class Prepared:
    """An event that may be sent. A notice about a person has neither case nor ruling: it holds no personal data."""

    body: Body
    case: Case | None = None
    ruling: StoredDecision | None = None


Ended = tuple[Verdict, StoredDecision | None]
"""What becomes of an event that is not sent, and the ruling that says so, if one does."""


def subject_of(session: Session, event: WebhookEvent, directory: Directory) -> Subject | None:
    """The call, text or form of an event; a call that a user placed in the form of a call. None if there is nothing left
    to send about it."""
    outgoing = session.get(OutgoingCall, event.subject_id)
    if outgoing is not None:
        return _as_call(outgoing, directory)
    found = next(iter(read_subjects(session, [event.subject_id])), None)
    return None if found is None or found.state == SubjectState.ERASED or found.expires_at is None else found


def lock_keys_of(session: Session, event: WebhookEvent) -> set[str]:
    """The locks of the person of an event (hub.privacy.withdrawal)."""
    outgoing = session.get(OutgoingCall, event.subject_id)
    if outgoing is not None:
        return person_lock_keys(outgoing.company_id, None, outgoing.person_number)
    return lock_keys_of_ids(session, [event.subject_id])


def prepare(
    hub: Hub, directory: Directory, endpoint: Endpoint, event: WebhookEvent
) -> Prepared | tuple[Verdict, StoredDecision | None]:
    """The event ready to go, or what becomes of it instead."""
    if event.type in NOTICES:
        return _notice(hub, endpoint, event)
    now = hub.clock()
    with hub.store.reading() as session:
        subject = subject_of(session, event, directory)
        if subject is not None and subject.state in IN_THE_FLOW and subject.enriched_at is None:
            return Verdict(WebhookEventState.READY, "It is still being processed.", now + FLOW_WAIT, left=False), None
        cases = load_cases(session, directory, [subject], now) if subject is not None else []
    if not cases:
        return Verdict(WebhookEventState.DROPPED, ERASED, left=False), None
    case, entry, kind = cases[0], endpoint.entry, KINDS[event.type]
    question = question_about(
        case,
        manifest=entry.connector_class.manifest,
        use=endpoint.section.use,
        categories=declared_categories(entry.connector_class.manifest, kind, NEWS[kind]),
        now=now,
    )
    (ruling,) = decide(hub, [case], entry.name, MOMENT, [question])
    said = ruling.decision.ruling
    if ruling.is_unanswered:
        due = asked_again_at(event.at, now)
        return Verdict(WebhookEventState.READY, said.reason, due, left=False), ruling
    if not ruling.allowed:
        return Verdict(WebhookEventState.HELD, said.reason, left=False), ruling
    with hub.store.reading() as session:
        return Prepared(body_of(hub, session, endpoint, event, case), case, ruling)


def _notice(hub: Hub, endpoint: Endpoint, event: WebhookEvent) -> Prepared | Ended:
    """A notice about a person; nothing is sent if the address has nothing of the person."""
    with hub.store.reading() as session:
        contacts: Sequence[str] = event.changes
        opt_out = session.get(OptOut, event.subject_id)
        if opt_out is not None and opt_out.state == OptOutState.IN_FORCE:
            contacts = contacts_of_opt_out(session, hub.config, hub.vault, endpoint.row, opt_out.fingerprint)
        if not contacts:
            return Verdict(WebhookEventState.DROPPED, NOTHING_SENT, left=False), None
        return Prepared(notice_of(session, endpoint, event, contacts))


def _as_call(outgoing: OutgoingCall, directory: Directory) -> Call | None:
    """A call that a user placed, as a call that is not in the database: what reads calls can read it."""
    line = directory.lines.get(outgoing.tracking_number)
    if outgoing.person_number is None or outgoing.expires_at is None or line is None:
        return None
    return Call(
        id=outgoing.id,
        connector=outgoing.connector,
        carrier_call_id=outgoing.carrier_call_id or outgoing.id,
        company_id=outgoing.company_id,
        tracker_id=line.tracker.id,
        tracking_number=outgoing.tracking_number,
        caller_number=outgoing.person_number,
        status=CallStatus.COMPLETED if outgoing.answered_at else CallStatus.FAILED,
        started_at=outgoing.placed_at or outgoing.made_at,
        answered_at=outgoing.answered_at,
        ended_at=outgoing.ended_at,
        duration=outgoing.duration,
        state=SubjectState.DONE,
        due_at=outgoing.made_at,
        expires_at=outgoing.expires_at,
    )

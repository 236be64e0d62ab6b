"""What waits for a person now: callers to call back, texts to answer, connectors to fix; and the first steps of a new hub."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Call, Company, ConnectorNote, FormSubmission, OutgoingCall, TextMessage, User, Visit
from hub.model.outgoing_calls import OutgoingCallStatus
from hub.model.purposes import CALL_BACK
from hub.queries.connectors.repairs import Repair, open_repairs
from hub.queries.contact.view import ContactView, read_parts, views_at
from hub.queries.lists.kinds import Key
from hub.queries.missed_calls import MISSED_WITHIN, MissedCaller, waiting_callers
from hub.queries.texts.threads import ThreadShown, oldest_threads, stopped_people
from hub.runtime import Hub

MAX_SHOWN = 5
"""Rows of each kind that the overview shows; the rest are a link away."""
HISTORY_FILLED = "history filled"
"""The note of the hub in which a demo says how much of its history is there, in per cent."""
UNDER_WAY = (OutgoingCallStatus.QUEUED, OutgoingCallStatus.PLACED, OutgoingCallStatus.ANSWERED)


@dataclass(frozen=True, kw_only=True)
class WaitingCaller:
    """A missed caller with the newest call; `refused`: they want no calls."""

    missed: MissedCaller
    contact: ContactView
    refused: bool
    being_called: bool
    """A call back is under way."""
    last_try: OutgoingCall | None
    """The newest call back that reached nobody."""

    @property
    def said(self) -> str:
        """The transcript of the message, if the user may read it."""
        parts = self.contact.transcript if self.missed.voicemail else ()
        return " ".join(part.text for part in parts if part.text)


@dataclass(frozen=True, kw_only=True)
class NeedsNow:
    """What waits for a person; of callers and texts the first few, those that wait longest first."""

    callers: Sequence[WaitingCaller] = ()
    callers_total: int = 0
    texts: Sequence[ThreadShown] = ()
    texts_total: int = 0
    repairs: Sequence[Repair] = ()

    @property
    def total(self) -> int:
        """How many things wait."""
        return self.callers_total + self.texts_total + len(self.repairs)


def callers_to_call(
    session: Session, hub: Hub, scope: AccessScope, company_id: str | None, now: datetime
) -> tuple[list[WaitingCaller], int]:
    """The callers whom nobody has called back, who waits longest first, and how many there are in all."""
    companies = None if company_id is None else [company_id]
    missed, total = waiting_callers(session, scope, hub.vault, now, companies=companies, limit=MAX_SHOWN)
    keys = [Key(each.last_missed_at, each.call_id, "call") for each in missed]
    views = {each.id: each for each in views_at(session, hub.vault, keys, scope.user)}
    read_parts(list(views.values()), "company", "cause", "tracker", "recording", "transcript")
    people = [(each.company_id, each.caller_number) for each in missed]
    refused, tries = stopped_people(hub, people, CALL_BACK), _tries(session, missed)
    callers = []
    for each in missed:
        person = (each.company_id, each.caller_number)
        last = tries.get(person)
        under_way = last is not None and last.status in UNDER_WAY
        callers.append(
            WaitingCaller(
                missed=each,
                contact=views[each.call_id],
                refused=person in refused,
                being_called=under_way,
                last_try=None if under_way else last,
            )
        )
    return callers, total


def texts_to_answer(
    session: Session, hub: Hub, scope: AccessScope, companies: Sequence[str], now: datetime
) -> tuple[list[ThreadShown], int]:
    """The threads of the last 14 days in which somebody waits for an answer or a decision, the longest wait first, and how
    many there are in all. The lines are what people wrote, so `scope` is the user's for `bodies`."""
    return oldest_threads(session, scope, hub, companies, now - MISSED_WITHIN, MAX_SHOWN)


def connectors_to_fix(
    session: Session, hub: Hub, companies: Sequence[Company], now: datetime, user_id: str
) -> list[Repair]:
    """The repairs that stop something, or will soon, and that a person can make."""
    found = open_repairs(session, hub, companies, now, user_id)
    return [each for each in found if each.kind != "incomplete" and each.cure != "wait"]


def _tries(session: Session, missed: Sequence[MissedCaller]) -> Mapping[tuple[str, str], OutgoingCall]:
    """The newest call back to each caller since their first missed call."""
    if not missed:
        return {}
    placed = select(OutgoingCall).where(
        col(OutgoingCall.person_number).in_({each.caller_number for each in missed}),
        col(OutgoingCall.company_id).in_({each.company_id for each in missed}),
        OutgoingCall.made_at >= min(each.first_missed_at for each in missed),
    )
    rows = session.exec(placed.order_by(col(OutgoingCall.id))).all()
    return {(row.company_id, row.person_number): row for row in rows if row.person_number}


@dataclass(frozen=True)
class FirstSteps:
    """What a hub without any call, text or form still lacks; a step is True when it is done."""

    carrier: bool
    """A carrier's account is connected, not its stand-in."""
    website: bool
    """The script on the website has sent a visit."""
    invited: bool
    """The account has a second user."""


def first_steps(session: Session, hub: Hub, account_id: str, companies: Collection[str]) -> FirstSteps | None:
    """The next steps of a hub to which nobody has called, written or sent a form; None if somebody has."""
    if any(_has_some(session, table, companies) for table in (Call, TextMessage, FormSubmission)):
        return None
    users = select(func.count()).where(User.account_id == account_id, col(User.disabled_at).is_(None))
    connectors = hub.config.connectors.values()
    return FirstSteps(
        carrier=any(each.kind == "carrier" and not each.in_sandbox for each in connectors),
        website=_has_some(session, Visit, companies),
        invited=session.exec(users).one() > 1,
    )


def history_filled(session: Session) -> int | None:
    """How much of a demo's history is there, in per cent; None if all is, and in every other hub."""
    note = session.get(ConnectorNote, ("hub", HISTORY_FILLED))
    return None if note is None or int(note.value) >= 100 else int(note.value)


def _has_some(session: Session, table: Any, companies: Collection[str]) -> bool:
    return session.exec(select(table.id).where(table.company_id.in_(companies)).limit(1)).first() is not None

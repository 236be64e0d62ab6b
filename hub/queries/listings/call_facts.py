"""What is known of a page of calls, for programs: each table is asked once, and only for what is wanted."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hub.access.users import may
from hub.contracts.transcripts import TranscriptPart
from hub.marks.spam import spam_among
from hub.model import (
    Attribution,
    Call,
    CallStep,
    Company,
    FactRow,
    FlowVersion,
    Lead,
    Note,
    PageView,
    Recording,
    Tag,
    Tracker,
    TranscriptRow,
    User,
    Visit,
)
from hub.recordings.transcripts import place_in
from hub.store.encryption.encrypted_fields import decrypt_many, names_of, notes_of, values_of
from hub.store.encryption.vault import Vault

PLACES = ("country", "region", "place", "postal_code")
"""The facts that say where a caller is from."""
PRESSED = re.compile(r"key ([0-9*#]):")
"""How a step of a menu says which key was pressed (hub.config.callflow.walk)."""
EXTRAS = frozenset({"spam", "counts", "notes", "visit", "page", "keys", "agent", "transcript"})
"""What is read only if it is wanted."""


@dataclass(frozen=True, kw_only=True)
class CallFacts:
    """One call with what is known of it; what was not wanted, or what the user may not see, is empty."""

    call: Call
    company: Company
    tracker: Tracker | None = None
    forward: str | None = None
    """The phone to which the tracker's flow leads."""
    name: str | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    cause: Attribution | None = None
    lead: Lead | None = None
    tags: Sequence[str] = ()
    recording: Recording | None = None
    """Only if its audio is stored and the user may hear it."""
    visit: Visit | None = None
    last_page: str | None = None
    notes: Sequence[str] = ()
    """The oldest first."""
    earlier_calls: int = 0
    all_calls: int = 0
    keys: str | None = None
    """The phone keys that the caller pressed."""
    agent: User | None = None
    transcript: Sequence[TranscriptPart] = ()
    spam: bool = False


def facts_of_calls(
    session: Session, vault: Vault, calls: Sequence[Call], wanted: Collection[str] = (), user: User | None = None
) -> list[CallFacts]:
    """What is known of calls, which the caller must be permitted to see, in their order; calls without a company are left
    out. `wanted` are some of `EXTRAS`. A `user` who may not hear recordings or read transcripts gets none; without a
    user nothing is kept back, so the caller asks for consent.
    """
    calls = [call for call in calls if call.company_id is not None]
    ids = [call.id for call in calls]
    if not ids:
        return []
    shared = _Shared(session, calls)
    by_subject = _BySubject(session, vault, calls, ids)
    recordings = recordings_of(session, ids) if user is None or may(user, "recordings") else {}
    extras: dict[str, Mapping[str, Any]] = defaultdict(dict)
    for name in EXTRAS & set(wanted):
        extras[name] = _read(name, session, vault, calls, by_subject.causes, recordings, user)
    return [
        CallFacts(
            call=call,
            company=shared.companies[call.company_id or ""],
            tracker=shared.trackers.get(call.tracker_id or ""),
            forward=shared.forwards.get(call.tracker_id or ""),
            name=by_subject.names.get(call.id),
            places=by_subject.places.get(call.id, {}),
            cause=by_subject.causes.get(call.id),
            lead=by_subject.leads.get(call.id),
            tags=tuple(sorted(by_subject.tags.get(call.id, ()), key=str.casefold)),
            recording=recordings.get(call.id),
            visit=extras["visit"].get(call.id),
            last_page=extras["page"].get(call.id),
            notes=extras["notes"].get(call.id, ()),
            earlier_calls=extras["counts"].get(call.id, (0, 0))[0],
            all_calls=extras["counts"].get(call.id, (0, 0))[1],
            keys=extras["keys"].get(call.id),
            agent=extras["agent"].get(call.answered_by or ""),
            transcript=extras["transcript"].get(call.id, ()),
            spam=call.id in extras["spam"],
        )
        for call in calls
    ]


class _Shared:
    """Companies and trackers of a page."""

    def __init__(self, session: Session, calls: Sequence[Call]) -> None:
        companies = select(Company).where(col(Company.id).in_({call.company_id for call in calls}))
        self.companies = {each.id: each for each in session.exec(companies)}
        trackers = select(Tracker).where(col(Tracker.id).in_({call.tracker_id for call in calls if call.tracker_id}))
        self.trackers = {each.id: each for each in session.exec(trackers)}
        self.forwards = forwards_of(session, self.trackers.values())


class _BySubject:
    """What other tables say about the calls of a page."""

    def __init__(self, session: Session, vault: Vault, calls: Sequence[Call], ids: Sequence[str]) -> None:
        self.names = names_of(vault, session, calls)
        causes = select(Attribution).where(col(Attribution.subject_id).in_(ids))
        self.causes = {each.subject_id: each for each in session.exec(causes)}
        leads = select(Lead).where(col(Lead.subject_id).in_(ids))
        self.leads = {each.subject_id: each for each in session.exec(leads)}
        self.tags = tags_of(session, ids)
        self.places: dict[str, dict[str, str]] = defaultdict(dict)
        told = select(FactRow).where(col(FactRow.subject_id).in_(ids), col(FactRow.name).in_(PLACES))
        rows = session.exec(told.order_by(col(FactRow.confidence))).all()
        values = values_of(vault, session, rows)
        for row in rows:
            if row.id in values:
                self.places[row.subject_id][row.name] = values[row.id]


def forwards_of(session: Session, trackers: Collection[Tracker]) -> dict[str, str]:
    """Tracker → the phone to which its flow leads."""
    versions = {each.flow_version_id for each in trackers if each.flow_version_id}
    if not versions:
        return {}
    rows = session.exec(select(FlowVersion).where(col(FlowVersion.id).in_(versions)))
    numbers = {row.id: row.definition.get("forward") for row in rows}
    return {each.id: number for each in trackers if (number := numbers.get(each.flow_version_id or ""))}


def tags_of(session: Session, ids: Collection[str]) -> dict[str, list[str]]:
    """The tags of calls, texts or forms, by id."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = session.execute(select_columns(col(Tag.subject_id), col(Tag.name)).where(col(Tag.subject_id).in_(ids)))
    for subject_id, name in rows:
        found[subject_id].append(name)
    return found


def notes_by_subject(session: Session, vault: Vault, ids: Collection[str]) -> dict[str, list[str]]:
    """The notes on calls, texts or forms, by id, the oldest first."""
    rows = session.exec(select(Note).where(col(Note.subject_id).in_(ids)).order_by(col(Note.id))).all()
    texts = notes_of(vault, session, rows)
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.id in texts:
            found[row.subject_id].append(texts[row.id])
    return found


def visits_of(session: Session, causes: Mapping[str, Attribution]) -> dict[str, Visit]:
    """The visit that led to each call, text or form, by its id."""
    ids = {each.visit_id for each in causes.values() if each.visit_id}
    visits = {row.id: row for row in session.exec(select(Visit).where(col(Visit.id).in_(ids)))} if ids else {}
    return {subject: visits[each.visit_id] for subject, each in causes.items() if each.visit_id in visits}


def _read(
    name: str,
    session: Session,
    vault: Vault,
    calls: Sequence[Call],
    causes: Mapping[str, Attribution],
    recordings: Mapping[str, Recording],
    user: User | None,
) -> Mapping[str, Any]:
    """One of `EXTRAS`, by call; the agents by their phone."""
    match name:
        case "counts":
            return _counts(session, [call.id for call in calls])
        case "notes":
            return notes_by_subject(session, vault, [call.id for call in calls])
        case "visit":
            return visits_of(session, causes)
        case "page":
            return _last_pages(session, calls, causes)
        case "keys":
            return _keys(session, calls)
        case "spam":
            return dict.fromkeys(spam_among(session, [call.id for call in calls]), True)
        case "agent":
            return agents_of(session, {each.company_id for each in calls if each.company_id})
        case _:
            allowed = user is None or may(user, "transcripts")
            return _transcripts(session, vault, recordings) if allowed else {}


def recordings_of(session: Session, ids: Sequence[str]) -> dict[str, Recording]:
    """The longest stored recording of each call."""
    stored = select(Recording).where(col(Recording.call_id).in_(ids), col(Recording.path).is_not(None))
    rows = session.exec(stored.order_by(func.coalesce(Recording.duration, 0), col(Recording.id)))
    return {row.call_id: row for row in rows}


def _counts(session: Session, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """How often the caller had called the company before, and how often in all; of a hidden number only this call."""
    one, other = aliased(Call), aliased(Call)
    same = (col(other.caller_number) == one.caller_number, col(other.company_id) == one.company_id)
    number = select_columns(func.count()).select_from(other)
    before = number.where(*same, col(other.started_at) < one.started_at).correlate(one).scalar_subquery()
    ever = number.where(*same).correlate(one).scalar_subquery()
    rows = session.execute(select_columns(col(one.id), before, ever).where(col(one.id).in_(ids)))
    return {call_id: (int(earlier), max(1, int(all_calls))) for call_id, earlier, all_calls in rows}


def _last_pages(session: Session, calls: Sequence[Call], causes: Mapping[str, Attribution]) -> dict[str, str]:
    """The last page that each caller saw before the call."""
    of_visits = {call.id: causes[call.id].visit_id for call in calls if call.id in causes and causes[call.id].visit_id}
    if not of_visits:
        return {}
    call: Any = aliased(Call)
    page: Any = aliased(PageView)
    cause: Any = aliased(Attribution)
    latest = select_columns(func.max(page.id)).where(page.visit_id == cause.visit_id, page.at <= call.started_at)
    joined = select_columns(col(call.id), latest.correlate(call, cause).scalar_subquery())
    asked = joined.join(cause, col(cause.subject_id) == call.id).where(col(call.id).in_(of_visits))
    pages = {call_id: page_id for call_id, page_id in session.execute(asked) if page_id}
    urls = select_columns(col(PageView.id), col(PageView.url)).where(col(PageView.id).in_(set(pages.values())))
    known = dict(session.execute(urls).all())
    return {call_id: url for call_id, page_id in pages.items() if (url := known.get(page_id))}


def _keys(session: Session, calls: Sequence[Call]) -> dict[str, str]:
    """The keys that each caller pressed in menus."""
    by_carrier = {(call.connector, call.carrier_call_id): call.id for call in calls}
    pressed = select(CallStep).where(
        col(CallStep.connector).in_({each for each, _ in by_carrier}),
        col(CallStep.carrier_call_id).in_({each for _, each in by_carrier}),
        CallStep.do == "menu",
    )
    found: dict[str, str] = defaultdict(str)
    for step in session.exec(pressed.order_by(col(CallStep.at), col(CallStep.position))):
        call_id = by_carrier.get((step.connector, step.carrier_call_id))
        key = PRESSED.match(step.result or "")
        if call_id and key:
            found[call_id] += key[1]
    return found


def agents_of(session: Session, companies: Collection[str]) -> dict[str, User]:
    """Phone → the user of the companies' accounts who answers there."""
    accounts = select(Company.account_id).where(col(Company.id).in_(companies))
    phones = select(User).where(col(User.account_id).in_(accounts), col(User.phone_numbers).is_not(None))
    return {number: user for user in session.exec(phones) for number in (user.phone_numbers or "").split()}


def _transcripts(
    session: Session, vault: Vault, recordings: Mapping[str, Recording]
) -> dict[str, tuple[TranscriptPart, ...]]:
    by_recording = {row.id: call_id for call_id, row in recordings.items()}
    written = select(TranscriptRow).where(
        col(TranscriptRow.recording_id).in_(by_recording), col(TranscriptRow.sealed).is_not(None)
    )
    rows = session.exec(written).all()
    opened = decrypt_many(vault, session, [(row.sealed, place_in(row.id)) for row in rows if row.sealed])
    return {
        by_recording[row.recording_id]: tuple(TranscriptPart(**part) for part in json.loads(text))
        for row, text in zip(rows, opened, strict=True)
        if text is not None
    }

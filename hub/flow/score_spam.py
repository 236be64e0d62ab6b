"""Score: calls that have ended get their spam score, and a call whose score is high enough for its company is marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, select, update
from sqlmodel import Session, col

from hub.config.callflow.screening import FAILED, PASSED
from hub.config.sections.spam import SpamSection
from hub.flow.case import Case
from hub.model import Call, CallStep, LeadChange, Recording, RecordingPeaks, SpamMark, SpamScore
from hub.model.columns import CALL_RETENTION
from hub.model.imports import was_imported
from hub.model.marks import SPAM
from hub.model.spam import BY_SCORE
from hub.model.states import SubjectState
from hub.numbers.directory import Directory
from hub.runtime import Hub
from hub.spam.facts import CallFacts, CallKey, Challenge
from hub.spam.history import BURST, CallEnvironment, load_facts, same_lengths
from hub.spam.rules import TALK_SECONDS, Reason, Score, score
from hub.store.rows import change_rows, read, read_objects, write_rows
from hub.store.writers.webhook_events import note_changes

MIN_RECORDED_SECONDS = 5
"""A shorter recording has the length of many others by chance."""
SILENT_PEAK = 6
"""Of 255: no part of a recording is louder, so nobody speaks in it."""


_score, _step = SpamScore.__table__.c, CallStep.__table__.c
_recording, _peaks = Recording.__table__.c, RecordingPeaks.__table__.c


def _of(table: Any) -> Any:
    """The condition that a row is about a call with one of these ids, at one of these carriers."""
    return and_(
        table.connector.in_(bindparam("connectors", expanding=True)),
        table.carrier_call_id.in_(bindparam("ids", expanding=True)),
    )


# Built once: to build a statement takes longer than to run it.
_FORMER = select(*_score).where(_of(_score))
_SCORE_AGAIN = (
    update(SpamScore.__table__)
    .where(_score.connector == bindparam("of_connector"), _score.carrier_call_id == bindparam("of_call"))
    .values({name: bindparam(name) for name in ("score", "reasons", "decided_at")})
)
_CHALLENGES = (
    select(_step.connector, _step.carrier_call_id, _step.result)
    .where(_of(_step), _step.do == "challenge")
    .order_by(_step.at)
)
_PEAKS = (
    select(_recording.call_id, _peaks.channels, _peaks.peaks)
    .join(RecordingPeaks.__table__, _peaks.recording_id == _recording.id)
    .where(_recording.call_id.in_(bindparam("calls", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class ScoredCall:
    """One call with its score; `marks` if the company calls such a score spam."""

    case: Case
    call: Call
    score: Score
    marks: bool
    screened: SpamScore | None
    """What was decided before it rang, or at an earlier look."""


def score_calls(hub: Hub, session: Session, directory: Directory, cases: Sequence[Case]) -> list[ScoredCall]:
    """The scores of the calls that are over; sets `is_spam` of those that are marked. A call that a user has judged is
    left as it is, and so is one that was imported."""
    over = [(case, case.subject) for case in cases if isinstance(case.subject, Call) and case.subject.over]
    mine = [(case, call, _key(case, call)) for case, call in over if not was_imported(call)]
    former = _former(session, [call for _, call, _ in mine]) if mine else {}
    mine = [each for each in mine if not (row := former.get(each[2].key)) or row.overruled_at is None]
    if not mine:
        return []
    facts = _facts(hub, session, directory, mine, former)
    sections = hub.config.companies_by_name
    scored = []
    for case, call, key in mine:
        found = _at_least(score(facts[key.key]), former.get(key.key))
        section = sections.get(case.company.name)
        marks = (section.spam if section else SpamSection()).marks(found.points)
        case.is_spam = case.is_spam or marks
        scored.append(ScoredCall(case, call, found, marks, former.get(key.key)))
    return scored


def write_scores(session: Session, scored: Sequence[ScoredCall], cases: Sequence[Case], now: datetime) -> None:
    """Write the scores and marks of these cases, within the transaction that settles them."""
    held = {case.subject.id for case in cases}
    mine = [each for each in scored if each.call.id in held]
    new = [each for each in mine if each.screened is None]
    write_rows(session, SpamScore, [_row(each, now) for each in new])
    known = [_named(each) | _values(each, now) for each in mine if each.screened is not None]
    if known:
        session.connection().execute(_SCORE_AGAIN, known)
    marked = [each for each in mine if each.marks and not each.call.spam]
    marks = [
        SpamMark(subject_id=each.call.id, company_id=each.case.company.id, marked_at=now, marked_by=BY_SCORE)
        for each in marked
    ]
    write_rows(session, SpamMark, marks)
    change_rows(session, Call, [{"id": each.call.id, "spam": True} for each in marked])
    _retract(session, [each for each in marked if each.case.converted], now)
    note_changes(session, [each.call for each in marked], ("spam",), now)
    _look_again(session, marked, held, now)


def is_silent(channel: bytes) -> bool:
    """Whether nobody speaks on a channel, by the loudness of its parts (hub.recordings.peaks)."""
    return max(channel, default=0) <= SILENT_PEAK


def score_again(session: Session, call_id: str, now: datetime) -> None:
    """Have the worker score a call again, because more is known of it; one that the worker has now is not touched."""
    done = update(Call).where(col(Call.id) == call_id, col(Call.state) == SubjectState.DONE)
    session.execute(done.values(state=SubjectState.READY, due_at=now))


def _retract(session: Session, marked: Sequence[ScoredCall], now: datetime) -> None:
    """Have the worker take back what these calls have become before their score was high enough."""
    changes = [
        LeadChange(
            subject_id=each.call.id,
            company_id=each.case.company.id,
            status=SPAM,
            marked_at=now,
            marked_by=BY_SCORE,
            due_at=now,
        )
        for each in marked
    ]
    write_rows(session, LeadChange, changes)


def _look_again(session: Session, marked: Sequence[ScoredCall], held: set[str], now: datetime) -> None:
    """Score the first calls of a burst again: when they ended, nobody could know that more would follow."""
    bursts = {
        each.call.caller_number: each.call.started_at
        for each in marked
        if each.call.caller_number and any(reason.code in ("numbers", "calls") for reason in each.score.reasons)
    }
    for caller, at in bursts.items():
        earlier = update(Call).where(
            col(Call.caller_number) == caller,
            col(Call.started_at).between(at - BURST, at),
            col(Call.spam).is_(False),
            col(Call.state) == SubjectState.DONE,
            col(Call.id).not_in(held),
        )
        session.execute(earlier.values(state=SubjectState.READY, due_at=now))


def _key(case: Case, call: Call) -> CallKey:
    return CallKey(
        connector=call.connector,
        call_id=call.carrier_call_id,
        company_id=case.company.id,
        account_id=case.company.account_id,
        caller=call.caller_number,
        called=call.tracking_number or "",
        at=call.started_at,
    )


def _facts(
    hub: Hub,
    session: Session,
    directory: Directory,
    calls: Sequence[tuple[Case, Call, CallKey]],
    former: Mapping[tuple[str, str], SpamScore],
) -> dict[tuple[str, str], CallFacts]:
    environment = CallEnvironment.of(hub.config, directory.lines)
    signed = {key.key: call.attestation for _, call, key in calls}
    found = load_facts(session, [key for _, _, key in calls], signed, environment, scored=former)
    recorded = [
        (key, call.recording_duration)
        for _, call, key in calls
        if call.recording_duration is not None and call.recording_duration >= MIN_RECORDED_SECONDS
    ]
    lengths, silent = same_lengths(session, recorded), _silent(session, [call.id for _, call, _ in calls])
    request = [call for _, call, key in calls if key.key in former and former[key.key].action == "challenge"]
    challenges = _challenges(session, request) if request else {}
    for case, call, key in calls:
        facts = found[key.key]
        in_crm = any(fact.source in environment.crms for fact in case.facts)
        found[key.key] = replace(
            facts,
            relation="customer" if in_crm else facts.relation,
            ended=True,
            answered=call.answered,
            voicemail=call.voicemail,
            seconds=_seconds(call),
            silent=call.id in silent,
            same_length=lengths.get(key.key, 0),
            challenge=challenges.get(key.key),
        )
    return found


def _seconds(call: Call) -> int | None:
    """How long the caller stayed, from the first ring for a call that nobody answered. None if the line cut it short."""
    if call.failure and (call.duration or 0) < TALK_SECONDS:
        return None
    if call.duration is not None:
        return call.duration
    return None if call.ended_at is None else int((call.ended_at - call.started_at) / timedelta(seconds=1))


def _at_least(found: Score, screened: SpamScore | None) -> Score:
    """A call that was kept from ringing keeps the score that did so: what was known in memory then may be unknown now."""
    if screened is None or screened.action in ("none", "mark") or found.points >= screened.score:
        return found
    if any(reason.code == "challenge" and reason.points < 0 for reason in found.reasons):
        return found
    return Score(screened.score, tuple(Reason(each["code"], each["points"], each["text"]) for each in screened.reasons))


def _former(session: Session, calls: Sequence[Call]) -> dict[tuple[str, str], SpamScore]:
    rows = read_objects(session, SpamScore, _FORMER, **_ids(calls))
    return {(row.connector, row.carrier_call_id): row for row in rows}


def _challenges(session: Session, calls: Sequence[Call]) -> dict[tuple[str, str], Challenge]:
    """Who pressed the key when asked, and who did not; the last word counts."""
    words: dict[str | None, Challenge] = {PASSED: "passed", FAILED: "failed"}
    rows = read(session, _CHALLENGES, **_ids(calls))
    return {(row.connector, row.carrier_call_id): words[row.result] for row in rows if row.result in words}


def _silent(session: Session, call_ids: Sequence[str]) -> set[str]:
    """The calls with a recording in which the caller, on the first channel, is never heard."""
    return {
        call_id
        for call_id, channels, peaks in read(session, _PEAKS, calls=list(call_ids))
        if channels and peaks and is_silent(peaks[: len(peaks) // channels])
    }


def _ids(calls: Sequence[Call]) -> dict[str, list[str]]:
    return {"connectors": list({each.connector for each in calls}), "ids": [each.carrier_call_id for each in calls]}


def _named(each: ScoredCall) -> dict[str, Any]:
    return {"of_connector": each.call.connector, "of_call": each.call.carrier_call_id}


def _values(each: ScoredCall, now: datetime) -> dict[str, Any]:
    return {"score": each.score.points, "reasons": each.score.reported, "decided_at": now}


def _row(each: ScoredCall, now: datetime) -> SpamScore:
    return SpamScore(
        connector=each.call.connector,
        carrier_call_id=each.call.carrier_call_id,
        company_id=each.case.company.id,
        action="mark" if each.marks else "none",
        expires_at=now + CALL_RETENTION,
        **_values(each, now),
    )

"""Runs a call, text or form through the stages in order; one short transaction at the end writes the results of a
batch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session

from hub.flow.attribute import attribute
from hub.flow.browser_consent import refusals_of
from hub.flow.case import Case, Subject
from hub.flow.case_loading import load_cases, load_past
from hub.flow.convert import convert
from hub.flow.enrich import discloses_to_third_party, enrich
from hub.flow.fold.events import BEGINNING_WAIT
from hub.flow.form_refusals import owners_of, read_form_refusals, write_form_refusals
from hub.flow.score_spam import score_calls, write_scores
from hub.flow.subjects import lock_keys_of_subjects
from hub.flow.write_results import changes_of, finish, write_results
from hub.model import Call, FormSubmission, InboxWebhook, Person
from hub.model.columns import UTCTime
from hub.model.states import InboxState, SubjectState
from hub.numbers.directory import Directory
from hub.platform import metrics
from hub.privacy.withdrawal import MAX_WITHDRAWAL_SECONDS, exclusive_person_lock, shared_person_lock, take_effect
from hub.reports.dirty_days import lock_people, mark_dirty
from hub.runtime import Hub
from hub.store.claims import claim, complete, held_ids
from hub.store.rows import read
from hub.store.writers import webhook_events
from hub.store.writers.alert_events import note_subjects
from hub.texts.automatic import answer_calls

PIPELINE_BATCH_SIZE = 100
INBOX_WAIT = timedelta(seconds=5)
"""After how long a call whose beginning may be in the inbox is looked at again."""

_CALLS, _FORMS = Call.__table__, FormSubmission.__table__
_OTHER = _CALLS.alias()
_PEOPLE: Any = bindparam("people", expanding=True)
_INBOX = InboxWebhook.__table__
_OLDEST_IN_INBOX = (
    select(_INBOX.c.connector, func.min(_INBOX.c.received_at))
    .where(_INBOX.c.state.in_((InboxState.READY, InboxState.LEASED)))
    .group_by(_INBOX.c.connector)
)
_LATE_CALLS = (
    select(_CALLS.c.id)
    .where(
        _CALLS.c.person_id.in_(_PEOPLE),
        _CALLS.c.started_at >= bindparam("since", type_=UTCTime()),
        _CALLS.c.first_time_caller.is_(True),
        select(_OTHER.c.id)
        .where(_OTHER.c.person_id == _CALLS.c.person_id, _OTHER.c.started_at < _CALLS.c.started_at)
        .exists(),
    )
    .with_for_update(of=_CALLS, skip_locked=True)
)
_FIRST_FORMS = (
    select(_FORMS.c.id, _FORMS.c.person_id, _FORMS.c.submitted_at)
    .where(_FORMS.c.person_id.in_(_PEOPLE), _FORMS.c.first_time_contact.is_(True))
    .with_for_update(of=_FORMS, skip_locked=True)
)


def process(hub: Hub, directory: Directory, subject_table: type[Subject], batch: int = PIPELINE_BATCH_SIZE) -> int:
    """Claim calls (or texts, or forms) with something new, and process them up to the outbox; returns how many were
    claimed."""
    now = hub.clock()
    begun = time.perf_counter()
    token, subjects = claim(hub.store, subject_table, now=now, limit=batch, plain=True)
    claimed = len(subjects)
    if subject_table is Call:
        subjects = _begun(hub, token, subjects, now)
    if not subjects:
        return claimed
    with hub.heartbeat.keeping(subject_table, token):
        keys = lock_keys_of_subjects(subjects) if discloses_to_third_party(hub) else set()
        with shared_person_lock(hub.store, keys, MAX_WITHDRAWAL_SECONDS) as free:
            if not free:
                return 0  # their leases end, and they are claimed again
            with hub.store.reading() as session:
                cases = load_cases(session, directory, subjects, now)
                load_past(session, cases)

            for case in cases:
                attribute(case, now)
            enrichment = enrich(hub, cases, now)
        scored = []
        if subject_table is Call:
            with hub.store.reading() as session:
                scored = score_calls(hub, session, directory, cases)
        converted = convert(hub, cases, now)
        with hub.store.reading() as session:
            refusals = read_form_refusals(hub, session, cases)

        objectors = [*_objectors(cases), *owners_of(refusals)]
        with exclusive_person_lock(hub.store, objectors, "refused"), hub.store.writing() as session:
            held = held_ids(session, subject_table, [subject.id for subject in subjects], token)
            ours = [case for case in cases if case.subject.id in held]
            write_results(hub, session, ours, enrichment, converted)
            write_scores(session, scored, ours, now)
            take_effect(session, hub.config, hub.vault, list(refusals_of(ours)), now)
            write_form_refusals(session, hub, refusals, held, now)
            finish(session, subject_table, [subject for subject in subjects if subject.id in held], ours, now)
            correct_firsts(session, ours, now)
            wanted = [case.subject for case in ours if not case.is_spam]
            answer_calls(session, hub, directory, [subject for subject in wanted if isinstance(subject, Call)])
            note_subjects(session, wanted, now)
            webhook_events.note_subjects(session, [case.subject for case in ours], now)
            mark_dirty(session, [change for case in ours for change in changes_of(case)], now)
    metrics.FLOW.labels("pipeline", "done").inc(len(held))
    metrics.FLOW_SECONDS.labels("pipeline").observe(time.perf_counter() - begun)
    return claimed


def _begun(hub: Hub, token: str, calls: list[Call], now: datetime) -> list[Call]:
    """The calls whose beginning is known, or will not be. The others are given back: it may be among the webhooks that wait in
    the inbox since the call ended, most often because the worker that had them was killed."""
    unsure = {call.id: call for call in calls if call.ended_at and not call.start_reported}
    if not unsure:
        return calls
    with hub.store.writing() as session:
        waiting = dict(read(session, _OLDEST_IN_INBOX))
        early = [
            call_id
            for call_id, call in unsure.items()
            if call.ended_at and (since := waiting.get(call.connector)) and since <= call.ended_at + BEGINNING_WAIT
        ]
        complete(session, Call, early, token, state=SubjectState.READY, due_at=now + INBOX_WAIT)
    return [call for call in calls if call.id not in early]


def _objectors(cases: Sequence[Case]) -> list[Person]:
    """The people who refuse something in this batch."""
    refusing = {statement.person_id for statement in refusals_of(cases)}
    people = [case.person for case in cases if case.person] + [each for case in cases for each in case.named]
    return [person for person in people if person.id in refusing]


def correct_firsts(session: Session, cases: Sequence[Case], now: datetime) -> None:
    """Remove the first-contact mark from contacts that have an earlier one; such a call goes through the flow again.

    Call this after the batch's own calls, texts and forms are written, before their days are marked.
    """
    new = {case.person.id for case in cases if case.person and case.is_new_person}
    people = {case.person.id for case in cases if case.person} - new
    alike = set().union(*(case.alike for case in cases)) - new
    lock_people(session, people)
    again = {
        "first_time_caller": False,
        "state": SubjectState.READY,
        "due_at": now,
        "lease_token": None,
        "lease_until": None,
    }
    if people and (late_calls := _late_calls(session, people, min(case.at for case in cases))):
        session.execute(update(_CALLS).where(_CALLS.c.id.in_(late_calls)).values(again))
    if alike and (late_forms := _late_forms(session, cases, alike)):
        session.execute(update(_FORMS).where(_FORMS.c.id.in_(late_forms)).values(first_time_contact=False))


def _late_calls(session: Session, people: set[str], since: datetime) -> list[str]:
    """Ids of the people's calls that are marked as first and are not. The batch changes nothing for calls before `since`.

    A call that another transaction has locked is left out: that transaction waits for these people, or processes the
    call again.
    """
    return [call_id for (call_id,) in read(session, _LATE_CALLS, people=list(people), since=since)]


def _late_forms(session: Session, cases: Sequence[Case], alike: set[str]) -> list[str]:
    """Ids of the forms of these people that are marked as the first contact with their number or address although the batch
    has an earlier one."""
    return [
        form_id
        for form_id, person_id, at in read(session, _FIRST_FORMS, people=list(alike))
        if any(person_id in case.alike and (case.at, case.subject.id) < (at, form_id) for case in cases)
    ]

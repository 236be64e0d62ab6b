"""Runs a call, text or form through the stages in order; one short transaction at the end writes the results of a
batch."""

from __future__ import annotations

import time
from collections.abc import Sequence

from hub.flow.attribute import attribute
from hub.flow.browser_consent import refusals_of
from hub.flow.case import Case, Subject
from hub.flow.case_loading import load_cases, load_past
from hub.flow.convert import convert
from hub.flow.enrich import discloses_to_third_party, enrich
from hub.flow.first_contacts import correct_firsts
from hub.flow.form_refusals import owners_of, read_form_refusals, write_form_refusals
from hub.flow.score_spam import score_calls, write_scores
from hub.flow.subjects import lock_keys_of_subjects
from hub.flow.write_results import changes_of, finish, write_results
from hub.model import Call, Person
from hub.numbers.directory import Directory
from hub.platform import metrics
from hub.privacy.withdrawal import MAX_WITHDRAWAL_SECONDS, exclusive_person_lock, shared_person_lock, take_effect
from hub.reports.dirty_days import mark_dirty
from hub.runtime import Hub
from hub.store.claims import claim, held_ids
from hub.store.writers import webhook_events
from hub.store.writers.alert_events import note_subjects
from hub.texts.automatic import answer_calls

PIPELINE_BATCH_SIZE = 100


def process(hub: Hub, directory: Directory, subject_table: type[Subject], batch: int = PIPELINE_BATCH_SIZE) -> int:
    """Claim calls (or texts, or forms) with something new, and process them up to the outbox; returns how many were
    claimed."""
    now = hub.clock()
    begun = time.perf_counter()
    token, subjects = claim(hub.store, subject_table, now=now, limit=batch)
    if not subjects:
        return 0
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
    return len(subjects)


def _objectors(cases: Sequence[Case]) -> list[Person]:
    """The people who refuse something in this batch."""
    refusing = {statement.person_id for statement in refusals_of(cases)}
    people = [case.person for case in cases if case.person] + [each for case in cases for each in case.named]
    return [person for person in people if person.id in refusing]

"""Leads: turns the lead status that users give to calls, texts and forms, and the signals that were read in calls, into
conversions, changed values, retractions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.config.models import ConversionRule
from hub.flow.case import Case, Subject
from hub.flow.case_loading import load_cases, load_past
from hub.flow.convert import EVENTS, event_conversion, is_overruled, lead_conversion, matches, signal_conversion, surest
from hub.flow.settle import Wanted, settle
from hub.flow.subjects import read_subjects
from hub.model import Call, Lead, LeadChange, SignalRow
from hub.model.marks import NOT_SPAM, READ, SPAM
from hub.model.states import SubjectState, WorkState
from hub.numbers.directory import Directory
from hub.runtime import Hub
from hub.store.claims import claim, complete, held_ids
from hub.store.writers.alert_events import note_leads

LEAD_BATCH_SIZE = 100
FLOW_WAIT = timedelta(seconds=5)
"""How long a lead waits if the flow has not attributed its call, text or form yet."""


def convert_leads(hub: Hub, directory: Directory) -> int:
    """Take the waiting changes of leads through the rules; returns how many were done. Each change looks at the lead as
    it is now, so a repetition changes nothing. One worker at a time does this."""
    now = hub.clock()
    token, changes = claim(hub.store, LeadChange, now=now, limit=LEAD_BATCH_SIZE, alone=True)
    if not changes:
        return 0
    with hub.heartbeat.keeping(LeadChange, token), hub.store.writing() as session:
        held = held_ids(session, LeadChange, [change.id for change in changes], token)
        of = {change.id: change.subject_id for change in changes if change.id in held}
        subjects = read_subjects(session, set(of.values()))
        early = {subject.id for subject in subjects if _is_waiting(subject)}
        judged = {change.subject_id for change in changes if change.status in (SPAM, NOT_SPAM)}
        read = {change.subject_id for change in changes if change.status == READ}
        _settle(hub, session, directory, [each for each in subjects if each.id not in early], judged, read)
        done = [change_id for change_id, subject_id in of.items() if subject_id not in early]
        note_leads(session, [change for change in changes if change.id in set(done)], now)
        complete(session, LeadChange, done, token, state=WorkState.DONE)
        complete(
            session, LeadChange, sorted(of.keys() - set(done)), token, state=WorkState.READY, due_at=now + FLOW_WAIT
        )
    return len(done)


def _is_waiting(subject: Subject) -> bool:
    return subject.enriched_at is None and subject.state in (SubjectState.NEW, SubjectState.READY, SubjectState.LEASED)


def _settle(
    hub: Hub, session: Session, directory: Directory, subjects: list[Subject], judged: set[str], read: set[str]
) -> None:
    """Settle the rules about leads and signals for all subjects; of those that were `judged` to be spam, or not, the rules
    about the call, text or form itself too. `read` are the calls that were read again."""
    now = hub.clock()
    rules = [rule for rule in hub.config.conversions if rule.when.event != "outcome"]
    if not rules:
        return
    # What an erased person bought is sent to nobody (hub.delivery.crm_outcomes).
    cases = load_cases(session, directory, [each for each in subjects if each.state != SubjectState.ERASED], now)
    load_past(session, cases)
    ids = [case.subject.id for case in cases]
    marked = select(Lead).where(col(Lead.subject_id).in_(ids))
    leads = {lead.subject_id: lead for lead in session.exec(marked)}
    signals: dict[str, list[SignalRow]] = {}
    if any(rule.when.event == "signal" for rule in rules):
        for each in session.exec(select(SignalRow).where(col(SignalRow.subject_id).in_(ids))):
            signals.setdefault(each.subject_id, []).append(each)
    wanted: list[Wanted] = []
    for rule in rules:
        for case in cases:
            lead = leads.get(case.subject.id)
            if rule.when.event == "signal":
                wanted += _of_signal(rule, case, signals.get(case.subject.id, ()), lead, case.subject.id in read, now)
                continue
            if rule.when.event != "lead":
                if (
                    case.subject.id in judged
                    and EVENTS[type(case.subject)] == rule.when.event
                    and (not isinstance(case.subject, Call) or case.subject.over)
                ):
                    wanted.append(Wanted(rule, case, event_conversion(rule, case, now), matches(rule, case)))
                continue
            fits = lead is not None and matches(rule, case, lead=lead)
            wanted.append(Wanted(rule, case, lead_conversion(rule, case, lead, now), fits))
    settle(hub, session, wanted, now)


def _of_signal(
    rule: ConversionRule, case: Case, signals: Sequence[SignalRow], lead: Lead | None, is_read: bool, now: datetime
) -> Iterator[Wanted]:
    """What a rule makes of the surest signal that it asks for. Signals end with their transcript; a conversion stays."""
    overruled = is_overruled(rule, lead)
    signal = surest(rule, signals)
    if signal is not None or overruled or is_read:
        fits = signal is not None and not overruled and matches(rule, case, signal=signal)
        yield Wanted(rule, case, signal_conversion(rule, case, signal, lead, now), fits)

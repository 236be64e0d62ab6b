"""May this person be called back now? Asked for a page before the user decides; the worker asks again before it dials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.delivery.call_back_consent import ask_about_call_back, why_suppressed
from hub.delivery.queue_call_back import CannotCall, line_for, person_number_of
from hub.flow.case import Subject
from hub.flow.case_loading import load_cases
from hub.numbers.directory import Directory
from hub.runtime import Hub

UNKNOWN_NUMBER = "The person's number is not known, so nobody can be called back."
NO_COMPANY = "The company or the tracking number is no longer in config.yaml."


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

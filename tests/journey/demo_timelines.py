"""Walks the timelines of a played database, and names each entry that is out of order or in the future."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, select

from hub.model import Call, FormSubmission, TextMessage
from hub.queries.masking import Mask
from hub.queries.timeline.build import timeline
from hub.queries.timeline.entries import Entry
from hub.store.encryption.vault import Vault

Subject = Call | TextMessage | FormSubmission
AFTER_THE_END = ("convert", "deliver", "mark", "outcome")
HANGING_UP = timedelta(seconds=2)
"""Within this time, the carrier may tell of both ends of a call in any order, and the hub answers what it asked before."""
RANKS = {"ringing": 0, "answered": 1, "not answered": 1, "completed": 2}
STEPS = {"made": 0, "try": 1, "state": 2}


def misplaced(session: Session, vault: Vault, now: datetime) -> Iterator[str]:
    """One sentence for each entry of a call, text or form that happened too early, too late or in the future."""
    subjects: list[Subject] = [
        *session.exec(select(Call)),
        *session.exec(select(TextMessage)),
        *session.exec(select(FormSubmission)),
    ]
    for subject in subjects:
        for wrong in wrong_entries(subject, timeline(session, subject, Mask(True), vault, str), now):
            yield f"{type(subject).__name__} {subject.id}: {wrong}"


def wrong_entries(subject: Subject, entries: list[Entry], now: datetime) -> Iterator[str]:
    """The same for one timeline."""
    begins, ends = _span(subject)
    reached, delivered = (0, begins), dict[str, int]()
    for entry in entries:
        said = f"{entry.text!r} at {entry.at:%Y-%m-%d %H:%M:%S}"
        if entry.at > now:
            yield f"{said} lies in the future"
        if entry.stage == "visit":
            if entry.at > begins:
                yield f"{said} is a visit after the contact"
        elif entry.at < begins:
            yield f"{said} is before the contact began at {begins:%H:%M:%S}"
        if entry.stage in AFTER_THE_END and entry.at < ends:
            yield f"{said} is before the contact ended at {ends:%H:%M:%S}"
        if entry.stage == "answer" and entry.at > ends + HANGING_UP:
            yield f"{said} was heard after the contact ended at {ends:%H:%M:%S}"
        if (rank := RANKS.get(entry.text)) is not None:
            if rank < reached[0] and entry.at > reached[1] + HANGING_UP:
                yield f"{said} comes after what follows it"
            reached = max(reached, (rank, entry.at))
        step, delivery = entry.data.get("step"), str(entry.data.get("delivery"))
        if entry.stage == "deliver" and step in STEPS:
            if STEPS[str(step)] < delivered.get(delivery, 0):
                yield f"{said} comes after what follows it"
            delivered[delivery] = STEPS[str(step)]


def _span(subject: Subject) -> tuple[datetime, datetime]:
    if isinstance(subject, Call):
        return subject.started_at, subject.ended_at or subject.started_at
    at = subject.submitted_at if isinstance(subject, FormSubmission) else subject.at
    return at, at

"""Which problems of an import are new: what `hub import --quiet` prints, so that a run each morning is silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from hub.importing.config_plan import NOTICE, SEVERAL
from hub.importing.contacts import ERASED, EXPIRED, NOT_CHOSEN
from hub.importing.imported_calls import OUTGOING, TWICE_HERE
from hub.importing.imported_recordings import NOT_REPORTED, OLD_AUDIO
from hub.importing.steps import begin_step
from hub.model import ImportStep

STRUCTURE = "structure"
STANDING = frozenset({NOTICE, SEVERAL, ERASED, EXPIRED, NOT_CHOSEN, OUTGOING, TWICE_HERE, NOT_REPORTED, OLD_AUDIO})
"""Reasons that are rules of an import: they hold for more contacts each day, and nobody has to do anything."""


def new_problems(problems: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Of some problems those that are met more often than `known` says, with how much more often."""
    found = {}
    for reason, each in problems.items():
        more = each["count"] - known.get(reason, {"count": 0})["count"]
        if more > 0 and reason not in STANDING:
            found[reason] = {"count": more, "ids": each["ids"]}
    return found


def note_structure(
    session: Session, source: str, options: str, problems: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Keep the problems of companies, trackers, users and tags for the next run; returns those that are new."""
    step = begin_step(session, source, STRUCTURE, options, now)
    step.problems, step.moved_at, step.finished_at = dict(problems), now, now
    session.add(step)
    return new_problems(step.problems, step.known_problems)


def new_in_structure(session: Session, source: str, problems: Mapping[str, Any]) -> dict[str, Any]:
    """What `note_structure` would return; nothing is kept."""
    step = session.get(ImportStep, (source, STRUCTURE))
    return new_problems(problems, step.problems if step else {})

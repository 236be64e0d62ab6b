"""Runs an import: each list page by page, each page in one transaction with how far the import is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session

from hub.errors import CannotDo, RetryLater
from hub.importing.callrail.client import NotPermitted
from hub.importing.imported_calls import stored_calls, write_calls
from hub.importing.imported_forms import write_forms
from hub.importing.imported_recordings import AudioSource, fetch_recordings
from hub.importing.places import Places, read_places
from hub.importing.records import BEGINNING, Page, Position
from hub.importing.refusals.in_contacts import read_refusals, refusal_locks, write_refusals
from hub.importing.steps import Tally, begin_step, move_step, position_of
from hub.importing.texts import write_texts
from hub.model import ImportStep
from hub.runtime import Hub
from hub.store import audit
from hub.store.locks import hold_locks

CALLS, FORMS, TEXTS, RECORDINGS = "calls", "forms", "texts", "recordings"
RESOURCES = (CALLS, FORMS, TEXTS)
LOCK_SECONDS = 30.0
PLAN_REFUSES = "CallRail's plan, or the key, does not include this list"
Writer = Callable[[Session, Hub, Places, Sequence[Any], datetime], tuple[Tally, Sequence[Any]]]
WRITERS: Mapping[str, Writer] = {CALLS: write_calls, FORMS: write_forms, TEXTS: write_texts}
Progress = Callable[[str, int, int | None], None]
"""Called after each page: the list, how many of its records were read, and how many it has."""


class Reader(Protocol):
    """Where an import comes from."""

    @property
    def service(self) -> str:
        """The name of the service, like `callrail`."""

    @property
    def source(self) -> str:
        """Its name in our tables."""

    @property
    def options(self) -> str:
        """What was asked for."""

    def pages(self, resource: str, position: Position = BEGINNING) -> Iterator[Page]:
        """The pages of a list behind `position`."""


def import_rows(
    hub: Hub,
    reader: Reader,
    resources: Collection[str],
    actor: str,
    progress: Progress = lambda resource, done, total: None,
    *,
    audio: AudioSource | None = None,
    companies: Collection[str] = (),
) -> list[ImportStep]:
    """Bring over the lists of `resources`, and with `audio` the recordings; returns how each ended.

    It goes on where an earlier run was left, and can be repeated: what is here already is not stored again. RetryLater
    if the other service does not answer; what was stored stays.
    """
    steps = []
    for resource in [each for each in RESOURCES if each in resources] + ([RECORDINGS] if audio else []):
        with hub.store.writing() as session:
            step = begin_step(session, reader.source, resource, reader.options, hub.clock())
            places = read_places(session, reader.service, reader.source, companies)
        listed = CALLS if resource == RECORDINGS else resource
        try:
            for page in reader.pages(listed, position_of(step, step.options)):
                step = _keep(hub, step, resource, places, page, actor, audio)
                progress(resource, page.done, page.total)
        except NotPermitted:
            refused = Tally()
            refused.note(PLAN_REFUSES, None)
            with hub.store.writing() as session:
                step = move_step(session, step, refused, hub.clock(), place=step.place, total=step.total, is_last=True)
        steps.append(step)
    return steps


def _keep(
    hub: Hub, step: ImportStep, resource: str, places: Places, page: Page, actor: str, audio: AudioSource | None
) -> ImportStep:
    """Store one page."""
    now = hub.clock()
    fetched = Tally()
    if resource == RECORDINGS:
        assert audio is not None
        with hub.store.reading() as session:
            stored = stored_calls(session, places, page.records)
        fetched = fetch_recordings(hub, audio, stored)
    refusals = read_refusals(places, page.records, now) if resource != RECORDINGS else []
    with hold_locks(hub.store, refusal_locks(refusals), LOCK_SECONDS) as held:
        if not held:
            raise RetryLater("Somebody is being texted right now; run the same command again.")
        with hub.store.writing() as session:
            tally = fetched
            if resource != RECORDINGS:
                tally, placed = WRITERS[resource](session, hub, places, page.records, now)
                tally.refusals = write_refusals(session, hub, refusals, placed, now)
                for external_id, reason in page.unreadable:
                    tally.skip(reason, external_id)
            moved = move_step(session, step, tally, now, place=page.number, total=page.total, is_last=page.is_last)
            if page.is_last:
                counts = ", ".join(f"{count} {what}" for what, count in sorted(moved.counts.items()))
                audit.note(session, now, actor, f"import.{resource}", step.source, counts or "nothing")
    return moved


def check_resources(wanted: Sequence[str]) -> tuple[str, ...]:
    """The lists of `--only`; all if none is named. CannotDo names them if one is not known."""
    unknown = [each for each in wanted if each not in RESOURCES]
    if unknown:
        raise CannotDo(f"{unknown[0]} is not one of {', '.join(RESOURCES)}.")
    return tuple(each for each in RESOURCES if each in wanted) or RESOURCES

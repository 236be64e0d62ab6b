"""What all imported contacts have in common: whose they are, whether they may be stored, and their marks and causes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from sqlmodel import Session

from hub.config.retention import RetentionSection
from hub.contracts.clean_urls import clean_text, clean_url, without_click_ids
from hub.importing.callrail.vocabulary import slug
from hub.importing.imported_people import Known, erased_at, meet
from hub.importing.marks import Marked, write_marks
from hub.importing.places import Places
from hub.importing.records import CallRecord, Cause, FormRecord, TextRecord
from hub.importing.steps import CHANGED, NEW, SAME, Tally
from hub.model import Attribution, Company, Tracker
from hub.model.columns import CALL_RETENTION, CLICK_ID_RETENTION, storable
from hub.model.imports import IMPORTED
from hub.reports.dirty_days import Change, mark_dirty
from hub.runtime import Hub
from hub.store.rows import write_rows

NO_COMPANY = "its company is not brought over"
NOT_CHOSEN = "it is of a company that --company leaves out"
EXPIRED = "it is older than this hub keeps such data"
ERASED = "its person was erased here"
IN_FUTURE = "its time is in the future"
Record = TypeVar("Record", CallRecord, FormRecord, TextRecord)


FILE_ID = "csv-"
"""Begins the id of a contact from a file that has no ids; the rest is a keyed hash."""


def file_id(session: Session, hub: Hub, kind: str, *reported: object) -> str:
    """The id of a contact by what a file without ids says of it: the same line gives the same id in every export."""
    return FILE_ID + hub.vault.row_mark(session, f"imported {kind}", "|".join(map(str, reported)))[:48]


@dataclass(frozen=True)
class Placed(Generic[Record]):
    """A record with its id here, its company and its tracker."""

    id: str
    record: Record
    company: Company
    tracker: Tracker | None
    number: str | None
    """The person's number, if it certainly is theirs."""


@dataclass
class Batch(Generic[Record]):
    """The records of one page that may be stored, and what happened to all of them."""

    hub: Hub
    session: Session
    places: Places
    now: datetime
    tally: Tally = field(default_factory=Tally)

    def placed(self, records: Iterable[tuple[str, Record, str | None, str | None]], kind: str) -> list[Placed[Record]]:
        """The records with their places: of each its id here, the record, the person's number and the tracking number.
        Those that may not be stored are skipped with a reason; `kind` is their kind in `retention:`."""
        life = self.hub.config.retention.life(kind)
        found: list[Placed[Record]] = []
        for row_id, record, number, tracking in records:
            place = self.places.of(record.company, getattr(record, "tracker", None), tracking)
            if self.places.only and record.company not in self.places.only:
                self.tally.skip(NOT_CHOSEN, record.id)
            elif place is None:
                self.tally.skip(NO_COMPANY, record.id)
            elif record.at > self.now:
                self.tally.skip(IN_FUTURE, record.id)
            elif record.at + life <= self.now:
                self.tally.skip(EXPIRED, record.id)
            else:
                found.append(Placed(row_id, record, *place, number))
        gone = erased_at(self.session, self.hub.vault, {(p.company.id, p.number) for p in found if p.number})
        kept = []
        for each in found:
            ended = gone.get((each.company.id, each.number or ""))
            if ended is not None and each.record.at <= ended:
                self.tally.skip(ERASED, each.record.id)
            else:
                kept.append(each)
        return kept

    def people(self, placed: Sequence[Placed[Record]]) -> dict[Known, str]:
        """The people of the records by company and number."""
        spans: dict[Known, tuple[datetime, datetime]] = {}
        for each in placed:
            if each.number:
                first, last = spans.get((each.company.id, each.number), (each.record.at, each.record.at))
                spans[each.company.id, each.number] = min(first, each.record.at), max(last, each.record.at)
        return meet(self.session, spans, self.now)

    def finish(
        self,
        placed: Sequence[Placed[Record]],
        new: Sequence[Placed[Record]],
        people: dict[Known, str],
        *,
        marked: bool = True,
    ) -> None:
        """Write causes and marks, have the days added up again, and count."""
        rows: list[dict[str, object]] = [
            cause_row(
                each.id, each.company, each.tracker, each.record.cause, self.places.title, each.record.at, self.now,
                self.hub.config.retention,
            )
            for each in new
        ]  # fmt: skip
        write_rows(self.session, Attribution, rows)
        changed = set()
        if marked:
            changed = write_marks(
                self.session,
                self.hub.vault,
                [self._marked(each) for each in placed],
                self.places.title,
                self.now,
                self.tally,
            )
        ids = {each.id for each in new}
        touched = [each for each in placed if each.id in ids or each.id in changed]
        mark_dirty(
            self.session,
            [
                Change(each.company.id, each.record.at, people.get((each.company.id, each.number or "")))
                for each in touched
            ],
            self.now,
        )
        self.tally.counts[NEW] += len(ids)
        self.tally.counts[CHANGED] += len(changed - ids)
        self.tally.counts[SAME] += len(placed) - len(touched)

    def holder(self, each: Placed[Record]) -> str:
        """Whose key encrypts what is personal in a contact."""
        return self.hub.vault.holder(self.session, each.company.id, each.number, each.id)

    def _marked(self, each: Placed[Record]) -> Marked:
        return Marked(
            each.id, each.company.id, each.record.id or "", each.record.at, self.holder(each), each.record.marks
        )


MAX_URL_CHARACTERS = 4_096
UNKNOWN = ("unknown", "unknown")
OTHER = "other"


def cause_row(
    subject_id: str,
    company: Company,
    tracker: Tracker | None,
    cause: Cause,
    service: str,
    at: datetime,
    now: datetime,
    retention: RetentionSection,
) -> dict[str, object]:
    """The row of a contact's cause, as the service of this title reported it. Click ids are kept only as long as those of a
    visit here; nothing is ever sent because of them."""
    source, medium = _origin(cause, tracker)
    clicks = dict(cause.click_ids) if at + retention.life("click_ids") > now else {}
    page = clean_url(cause.landing_page, company.link_parameters)
    reported = f"{service} reported the source {cause.shown}" if cause.shown else f"{service} reported no source"
    return Attribution.columns(
        subject_id=subject_id,
        company_id=company.id,
        source=storable(source),
        medium=storable(medium),
        campaign=storable(cause.campaign) or (tracker.campaign if tracker else None),
        keyword=storable(clean_text(cause.keyword)) if cause.keyword else None,
        landing_page=storable(without_click_ids(page, company.own_click_ids)[:MAX_URL_CHARACTERS]) if page else None,
        click_ids=storable(clicks),
        clicked_at=at if clicks else None,
        rule=IMPORTED,
        confidence=1.0,
        trace=[storable(reported)],
        made_at=now,
        clicks_end_at=at + CLICK_ID_RETENTION if clicks else None,
        expires_at=at + CALL_RETENTION,
    )


def _origin(cause: Cause, tracker: Tracker | None) -> tuple[str, str]:
    """Source and medium: as reported, else those of the tracker. A tracker fills in the medium of its own source."""
    own = (tracker.source, tracker.medium) if tracker is not None and tracker.source else None
    source = cause.source or (slug(cause.shown) if cause.shown else None)
    if source is None:
        return (own[0] or "", own[1] or OTHER) if own else UNKNOWN
    return source, cause.medium or (own[1] if own and own[0] == source else None) or OTHER

"""Visits while the database is away: what visitors are shown from memory, and what of it waits in the spool.

A visitor whose visit this process knows keeps its number until the lease that the database knows ends; the lease is not
prolonged in memory. A new visitor is recorded with all click ids and sees the shared number: another process, or another
machine, may still reach the database, so a number of the pool could be lent to two visitors. When the database is back,
the next report of the page gets a number of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from hub.numbers.directory import Directory
from hub.visits.record import Departure
from hub.visits.visit_request import NumberShown, ParsedVisit, VisitRequest, parse_visit

SPOOLED_AS = "visit"
"""The kind of these rows in the spool."""
MAX_VISITS_KNOWN = 20_000
SAME_TIME = timedelta(seconds=2)
"""Spooled arrivals that are this near are recorded together, with the time of the first."""
Row = dict[str, Any]


class ShownNumbers:
    """What the visitors of this process were shown last, by visit."""

    def __init__(self, most: int = MAX_VISITS_KNOWN) -> None:
        self._most = most
        self._shown: OrderedDict[tuple[str, str], NumberShown] = OrderedDict()
        self._only_spooled: OrderedDict[str, None] = OrderedDict()
        """Visits that began without the database, until it has one of their reports; also those that have ended since."""

    def knows(self, job: ParsedVisit | Departure) -> bool:
        """Whether the job is of a visit that this process knows."""
        return (job.company.id, job.visit_id or "") in self._shown

    def named(self, job: ParsedVisit) -> ParsedVisit:
        """The arrival so that its visit keeps its id, even if this report reaches the database before those in the spool."""
        known = job.visit_id if job.visit_id in self._only_spooled else None
        return replace(job, new_visit_id=known) if known else job

    def note_spooled(self, job: ParsedVisit | Departure, shown: NumberShown | None) -> None:
        """As `note`, of a job that went to the spool."""
        self.note(job, shown)
        if shown is not None and shown.visit_id is not None and job.visit_id is None:
            self._only_spooled[shown.visit_id] = None
            if len(self._only_spooled) > self._most:
                self._only_spooled.popitem(last=False)

    def note_recorded(self, job: ParsedVisit | Departure, shown: NumberShown | None) -> None:
        """As `note`, of a job that is in the database."""
        self.note(job, shown)
        self._only_spooled.pop(job.visit_id or "", None)

    def note(self, job: ParsedVisit | Departure, shown: NumberShown | None) -> None:
        """Remember what a job's visitor sees now."""
        if shown is not None and shown.visit_id is not None:
            self._shown[job.company.id, shown.visit_id] = shown
            self._shown.move_to_end((job.company.id, shown.visit_id))
            if len(self._shown) > self._most:
                (_, oldest), _ = self._shown.popitem(last=False)
                self._only_spooled.pop(oldest, None)
        elif job.visit_id is not None and not self._has_newer_page(job):
            self._shown.pop((job.company.id, job.visit_id), None)

    def _has_newer_page(self, job: ParsedVisit | Departure) -> bool:
        """Whether a page ended whose visit goes on at a newer one."""
        known = self._shown.get((job.company.id, job.visit_id or ""))
        until = job.lease_until if isinstance(job, Departure) else None
        return bool(known and until and known.lease_until and known.lease_until > until)

    def without_database(self, job: ParsedVisit | Departure, now: datetime) -> NumberShown | None:
        """What a visitor is shown from memory; None if this process does not know their visit, so that the page keeps what
        it shows."""
        if isinstance(job, Departure):
            return None
        if job.denied:
            return job.unrecorded()
        known = self._shown.get((job.company.id, job.visit_id or ""))
        if known is None and job.visit_id is not None:
            return None
        if known is not None and (known.lease_until is None or known.lease_until > now):
            return known
        shared = job.unrecorded()
        return replace(
            known or NumberShown(None, visit_id=job.new_visit_id, source=job.match.source, medium=job.match.medium),
            number=shared.number,
            tracker=shared.tracker,
            lease_until=None,
            cookies=job.company.read_cookies if job.cookies is not None else (),
        )


def spool_rows(job: ParsedVisit | Departure, shown: NumberShown | None, now: datetime) -> list[Row]:
    """A job for the spool; empty if it leaves no trace: a visitor without a visit who does not allow one."""
    fixed = {"company": job.company.name, "at": now}
    if isinstance(job, Departure):
        return [{**fixed, "left": job.visit_id, "lease_until": job.lease_until}]
    if job.denied and job.visit_id is None:
        return []
    return [
        {
            **fixed,
            "request": asdict(replace(job.request, networks=())),
            "new_visit_id": job.new_visit_id,
            "page_id": job.page_id,
            "shared_number": shown.number if shown is not None and shown.lease_until is None else None,
        }
    ]


def spooled_jobs(directory: Directory, rows: Sequence[Row]) -> Iterator[tuple[datetime, list[ParsedVisit | Departure]]]:
    """The jobs of rows of the spool, those of nearly the same time together. Those of a company that is gone are left out."""
    at, jobs = None, list[ParsedVisit | Departure]()
    for row in rows:
        if at is None or row["at"] - at > SAME_TIME:
            if at is not None and jobs:
                yield at, jobs
            at, jobs = row["at"], []
        job = _job(directory, row)
        if job is not None:
            jobs.append(job)
    if at is not None and jobs:
        yield at, jobs


def _job(directory: Directory, row: Mapping[str, Any]) -> ParsedVisit | Departure | None:
    company = directory.companies.get(row["company"])
    if company is None:
        return None
    if "left" in row:
        return Departure(company, row["left"], row["lease_until"])
    # Not yet as a person: the next report of the page says it, and then a number of the pool is lent.
    request = VisitRequest(**row["request"] | {"human": False})
    named = replace(request, visit_id=request.visit_id or row["new_visit_id"])
    line = directory.lines.get(row["shared_number"] or "")
    return replace(
        parse_visit(directory, company, named),
        new_visit_id=row["new_visit_id"],
        page_id=row["page_id"],
        shown_id=line.number.id if line else None,
    )

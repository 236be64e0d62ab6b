"""Visit: records arrivals, many in one transaction, and shows each visitor a number.

A visitor from a source with its own number sees that number. A person sees a number of the pool, lent to this visit
alone. Everybody else sees the shared number: visitors without a sign of a person yet, and visitors for whom the pool
has none left. A visitor who denies analytics, or whose browser sends a privacy signal, is not recorded; who says no to ads
sees the number for privacy signals, if the company has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlmodel import Session

from hub.contracts.clean_urls import clean_url, without_click_ids
from hub.model import Company, Visit
from hub.model.columns import CLICK_ID_RETENTION, VISIT_RETENTION, storable
from hub.numbers.directory import Directory
from hub.numbers.leases import Held, Wanted, count_overflows, grant, keep, last_views
from hub.privacy.opt_outs import opted_out_browsers
from hub.runtime import Hub
from hub.store.rows import change_rows, write_rows
from hub.visits.cookies import heard, merged_cookies
from hub.visits.page_views import Look, note_first_pages, note_pages
from hub.visits.rate_limits import Limits, Share
from hub.visits.visit_request import NumberShown, ParsedVisit, VisitRequest, parse_visit

__all__ = ["Departure", "NumberShown", "VisitRequest", "end_visit", "record_visit", "record_visits"]

MAX_URL_CHARACTERS = 4_096
"""Characters of an address that are kept; its parameters are read before the cut."""


@dataclass(frozen=True)
class Departure:
    """A visitor left the page: the lease ends. The number's cool-down identifies a call that still comes."""

    company: Company
    visit_id: str
    lease_until: datetime | None = None
    """The end of the lease that the page knew. If the lease was prolonged since, it is another page's. None matches
    any lease."""


def record_visit(hub: Hub, directory: Directory, company: Company, request: VisitRequest) -> NumberShown:
    """Record one visit in its own transaction, without limits. The website's visitors use `hub.visits.batch_writer`."""
    with hub.store.writing() as session:
        shown = record_visits(session, [parse_visit(directory, company, request)], hub.clock())[0]
    assert shown is not None
    return shown


def end_visit(hub: Hub, company: Company, visit_id: str) -> None:
    """End one visit. An unknown visit, or one of another company, changes nothing."""
    with hub.store.writing() as session:
        record_visits(session, [Departure(company, visit_id)], hub.clock())


def record_visits(
    session: Session,
    jobs: Sequence[ParsedVisit | Departure],
    now: datetime,
    limits: Limits | None = None,
    *,
    lending: bool = True,
) -> list[NumberShown | None]:
    """Record arrivals and departures; returns what each arrival is shown, None for a departure.

    Without `lending`, they happened at `now` while the database was away: their pages were answered, so nobody is lent a
    number, and repeating them changes nothing.
    """
    shown: list[NumberShown | None] = [None] * len(jobs)
    # Everything except a number's row is written after the numbers are locked: two processes that lock in different
    # orders would wait for each other.
    with session.no_autoflush:
        for batch in _batches(jobs):
            for index, each in _VisitBatch(session, [jobs[i] for i in batch], now, limits, lending).record().items():
                shown[batch[index]] = each
            session.flush()
    return shown


def count_visit(limits: Limits, job: ParsedVisit, now: datetime) -> Share:
    """Count an arrival against its network; returns what it may be lent."""
    return limits.share(job.company.id, job.request.networks, job.showable.pools, job.showable.pool_size, now)


def _batches(jobs: Sequence[ParsedVisit | Departure]) -> Iterator[list[int]]:
    """The jobs in groups in which no visit occurs twice, each visit's jobs in their order."""
    left = list(range(len(jobs)))
    while left:
        seen: set[str] = set()
        batch: list[int] = []
        later: list[int] = []
        for index in left:
            visit_id = jobs[index].visit_id
            (later if visit_id in seen else batch).append(index)
            if visit_id is not None:
                seen.add(visit_id)
        yield batch
        left = later


_visit_table: Any = Visit
_KNOWN = select(_visit_table).where(
    _visit_table.id.in_(bindparam("ids", expanding=True)), _visit_table.expires_at.is_not(None)
)


class _VisitBatch:
    """Jobs of different visits within one transaction."""

    def __init__(
        self,
        session: Session,
        jobs: Sequence[ParsedVisit | Departure],
        now: datetime,
        limits: Limits | None,
        lending: bool,
    ) -> None:
        self._session, self._jobs, self._now, self._limits, self._lending = session, jobs, now, limits, lending
        self._visits: dict[int, Visit] = {}
        """Job → its visit, known or new."""
        self._new: list[Visit] = []
        self._shares: dict[int, Share] = {}
        """Job → what it may be lent, if it was counted already."""
        self._wanted: dict[int, Wanted] = {}
        self._viewed: dict[int, datetime] = {}
        """Job of a visitor who only stays on a page, and holds no number → the last page view."""
        self._opted_out: set[tuple[str, str]] = set()
        """(company id, visitor id) of the browsers that opted out on the privacy page."""

    def record(self) -> dict[int, NumberShown]:
        """What each arrival is shown."""
        known = self._known()
        browsers = [(job.company.id, job.request.visitor_id) for job in self._jobs if isinstance(job, ParsedVisit)]
        self._opted_out = opted_out_browsers(self._session, [(company, who) for company, who in browsers if who])
        staying: dict[str, int] = {}
        leaving: dict[str, datetime | None] = {}
        for index, job in enumerate(self._jobs):
            visit = known.get(job.visit_id or "")
            if visit is not None and visit.company_id != job.company.id:
                visit = None
            if isinstance(job, Departure):
                if visit is not None:
                    leaving[visit.id] = job.lease_until
            elif visit is not None:
                self._listen(visit, job)
                if self._denied(job):
                    leaving[visit.id] = None
                else:
                    staying[visit.id] = index
                    self._visits[index] = visit
            elif not self._denied(job) and self._may_record(job):
                self._visits[index] = self._begin(index, job)
        held = self._keep(known, staying, leaving)
        self._viewed = self._last_views(held)
        for index, visit in self._visits.items():
            if visit.id not in held:
                if self._lending:
                    self._want(index, visit)
                else:
                    self._show_what_was_shown(index, visit)
        write_rows(self._session, Visit, self._new)
        self._note_pages()
        held |= self._lend()
        return {
            index: self._shown(index, job, held) for index, job in enumerate(self._jobs) if isinstance(job, ParsedVisit)
        }

    def _denied(self, job: ParsedVisit) -> bool:
        return job.denied or (job.company.id, job.request.visitor_id) in self._opted_out

    def _known(self) -> dict[str, Visit]:
        ids = {job.visit_id for job in self._jobs if job.visit_id is not None}
        if not ids:
            return {}
        return {row.id: row for row in self._session.scalars(_KNOWN, {"ids": list(ids)})}

    def _listen(self, visit: Visit, job: ParsedVisit) -> None:
        """What the visitor says now counts from now on; a privacy signal that was seen stays."""
        request = job.request
        late = not self._lending and (visit.last_seen_at or self._now) > self._now
        visit.consent = heard(visit.consent, _said(request), late=late)
        visit.gpc, visit.dnt = visit.gpc or request.gpc, visit.dnt or request.dnt
        visit.cookies = merged_cookies(visit.cookies, {} if late and job.cookies else job.cookies)
        if visit.cookies:
            visit.clicks_end_at = visit.clicks_end_at or self._now + CLICK_ID_RETENTION
        visit.last_seen_at = max(visit.last_seen_at or self._now, self._now)
        if request.human and visit.human_at is None:
            visit.human_at = self._now
            # The number for everybody may be replaced later; the number of the visit's own source stays.
            if visit.number_shown_id not in {each.number.id for each in job.showable.fixed}:
                visit.number_shown_id = None
        self._session.add(visit)

    def _note_pages(self) -> None:
        """The pages of the visits: for new ones the first, for known ones each different page."""
        begun = {visit.id for visit in self._new}
        new, known = list[Look](), list[Look]()
        for index, visit in self._visits.items():
            job = self._arrival(index)
            is_new = visit.id in begun
            page = visit.landing_page if is_new else _page(job)
            look = Look(visit, page, job.request.title, job.parameters.click_ids, job.page_id)
            (new if is_new else known).append(look)
        note_first_pages(self._session, new, self._now)
        note_pages(self._session, known, self._now)

    def _may_record(self, job: ParsedVisit) -> bool:
        return self._limits is None or self._limits.may_record(job.company.id, job.request.networks, self._now)

    def _begin(self, index: int, job: ParsedVisit) -> Visit:
        visit = _visit(job, self._now)
        self._new.append(visit)
        self._shares[index] = self._share(job)
        return visit

    def _keep(
        self, known: dict[str, Visit], staying: dict[str, int], leaving: dict[str, datetime | None]
    ) -> dict[str, Held]:
        """The numbers that the visits which stay still hold. A network that holds its share already prolongs no other lease."""
        views = {visit_id: self._arrival(index).is_page_view for visit_id, index in staying.items()}
        held = keep(
            self._session, views, leaving, self._now, lambda visit_id: self._may_hold(staying[visit_id], visit_id)
        )
        if self._limits is not None:
            for visit_id in leaving.keys() - held.keys():
                self._limits.release(known[visit_id].company_id, visit_id)
        return held

    def _last_views(self, held: dict[str, Held]) -> dict[int, datetime]:
        idle = {
            index: visit
            for index, visit in self._visits.items()
            if self._asks(index, visit) and visit.id not in held and not self._arrival(index).is_page_view
        }
        known = last_views(self._session, [visit.id for visit in idle.values()])
        return {index: known.get(visit.id, visit.started_at) for index, visit in idle.items()}

    def _asks(self, index: int, visit: Visit) -> bool:
        """Whether the visitor is a person who may be lent a number; one who saw the shared number keeps it."""
        job = self._arrival(index)
        return (
            job.fixed is None
            and bool(job.showable.pools)
            and visit.human_at is not None
            and visit.number_shown_id is None
        )

    def _want(self, index: int, visit: Visit) -> None:
        """Let a person who has no number yet ask for one. Who has viewed no page for long gets none before the next."""
        job, viewed_at = self._arrival(index), self._viewed.get(index)
        if self._asks(index, visit):
            max_idle = min(pool.max_idle_seconds for pool in job.showable.pools)
            if viewed_at is not None and (self._now - viewed_at).total_seconds() >= max_idle:
                return
            share = self._shares.get(index) or self._share(job)
            if share != "none" and self._may_hold(index, visit.id):
                self._wanted[index] = Wanted(
                    visit.id,
                    job.showable.pools,
                    reserved=share == "all",
                    returns=job.visit_id == visit.id,
                    viewed_at=viewed_at,
                )
        if index not in self._wanted and visit.number_shown_id is None:
            self._show_shared(index)

    def _may_hold(self, index: int, visit_id: str) -> bool:
        job = self._arrival(index)
        company, networks, showable = job.company, job.request.networks, job.showable
        return self._limits is None or self._limits.hold(
            company.id, visit_id, networks, showable.pools, showable.pool_size, self._now
        )

    def _arrival(self, index: int) -> ParsedVisit:
        job = self._jobs[index]
        assert isinstance(job, ParsedVisit)
        return job

    def _share(self, job: ParsedVisit) -> Share:
        return count_visit(self._limits, job, self._now) if self._limits else "all"

    def _lend(self) -> dict[str, Held]:
        """A number for each visitor who wants one, until the pool is empty."""
        lent = self._ask(self._wanted)
        refused = {index: each for index, each in self._wanted.items() if each.visit_id not in lent}
        if not refused:
            return lent
        if flooding := self._recall(refused):
            keep(self._session, {}, dict.fromkeys(flooding), self._now)
            lent |= self._ask(refused)
            refused = {index: each for index, each in refused.items() if each.visit_id not in lent}
        count_overflows(self._session, list(refused.values()), self._now)
        for index, each in refused.items():
            self._show_shared(index)
            if self._limits is not None:
                self._limits.release(self._arrival(index).company.id, each.visit_id)
        shown = [self._visits[index] for index in refused]
        change_rows(
            self._session, Visit, [{"id": visit.id, "number_shown_id": visit.number_shown_id} for visit in shown]
        )
        return lent

    def _show_shared(self, index: int) -> None:
        job, visit = self._jobs[index], self._visits[index]
        if isinstance(job, ParsedVisit) and job.line is not None:
            visit.number_shown_id = job.line.number.id

    def _show_what_was_shown(self, index: int, visit: Visit) -> None:
        job = self._jobs[index]
        if isinstance(job, ParsedVisit) and visit.number_shown_id is None:
            visit.number_shown_id = job.shown_id

    def _recall(self, refused: dict[int, Wanted]) -> list[str]:
        """Visits that must give up their numbers: of networks that ask most, for visitors from quiet ones."""
        if self._limits is None:
            return []
        quiet = Counter(self._jobs[index].company.id for index, each in refused.items() if each.reserved)
        waiting = {each.visit_id for each in refused.values()}
        return [
            visit
            for company_id, count in quiet.items()
            for visit in self._limits.recall(company_id, waiting, count, self._now)
        ]

    def _ask(self, wanted: dict[int, Wanted]) -> dict[str, Held]:
        granted = grant(self._session, list(wanted.values()), self._now)
        return {each.visit_id: held for each, held in zip(wanted.values(), granted, strict=True) if held is not None}

    def _shown(self, index: int, job: ParsedVisit, held: dict[str, Held]) -> NumberShown:
        visit = self._visits.get(index)
        if visit is None:
            return job.unrecorded(opted_out=(job.company.id, job.request.visitor_id) in self._opted_out)
        own, cookies = held.get(visit.id), job.company.read_cookies if job.cookies is not None else ()
        if own is not None:
            tracker = next((each.name for each in job.showable.pools if each.id == own.tracker_id), None)
            return NumberShown(own.number, tracker, visit.id, own.until, visit.source, visit.medium, cookies)
        line = job.showable.line(visit.number_shown_id) or job.line
        if line is None:
            return NumberShown(None, None, visit.id, cookies=cookies)
        return NumberShown(line.number.number, line.tracker.name, visit.id, None, visit.source, visit.medium, cookies)


def _said(request: VisitRequest) -> dict[str, str]:
    return {**request.consent, **({"country": request.country} if request.country else {})}


def _visit(job: ParsedVisit, now: datetime) -> Visit:
    request, match, found = job.request, job.match, job.parameters
    columns = Visit.columns(
        id=job.new_visit_id,
        company_id=job.company.id,
        visitor_id=request.visitor_id,
        started_at=now,
        last_seen_at=now,
        human_at=now if request.human else None,
        landing_page=_page(job),
        referrer=_kept(clean_url(request.referrer)),
        parameters={**found.utm, **found.ad_parameters},
        click_ids=dict(found.click_ids),
        cookies=dict(job.cookies or {}),
        source=storable(match.source),
        medium=storable(match.medium),
        campaign=storable(match.campaign),
        keyword=storable(match.keyword),
        rule=match.rule,
        trace=storable(list(match.trace)),
        gpc=request.gpc,
        dnt=request.dnt,
        consent=_said(request),
        user_agent=storable(request.user_agent),
        clicks_end_at=now + CLICK_ID_RETENTION if found.click_ids or job.cookies else None,
        expires_at=now + VISIT_RETENTION,
    )
    # The row is read and written here and never part of a session, because an ORM row takes ten times as long.
    return cast(Visit, SimpleNamespace(**columns))


def _page(job: ParsedVisit) -> str | None:
    return _kept(job.request.landing_page, job.company.own_click_ids)


def _kept(address: str | None, click_ids: tuple[str, ...] = ()) -> str | None:
    return storable(without_click_ids(address, click_ids)[:MAX_URL_CHARACTERS]) if address else None

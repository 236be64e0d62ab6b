"""Roll-ups: whatever comes late, in whatever order, they equal what adding up everything anew gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import postgres
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from kept_forms import keep_form
from sqlmodel import select
from testbed import (
    ACCOUNTS,
    CALLER,
    DEAL_WON,
    EVERY_CALL,
    OTHER_CALLER,
    SHARED,
    YELLOW_PAGES,
    TestHub,
    make_config,
    open_stage,
)

from hub.access.scope import AccessScope
from hub.access.users import add_user
from hub.api import CallEvent, Money
from hub.api.carriers import MessageEvent
from hub.api.crm import Outcome, OutcomePage
from hub.delivery.crm_outcomes import pull_outcomes
from hub.marks.leads import mark_lead
from hub.model import Account, Call, Company, DirtyDay, FormSubmission, MonthRollup, TextMessage, User, YearRollup
from hub.numbers.accounts import write_accounts
from hub.reports.calendar import OwnDays, bounds, day_of, month_of, year_of
from hub.reports.credits import MODELS
from hub.reports.hours import calls_by_hour, count_hours
from hub.reports.report import make_report
from hub.reports.rollups import RollUpTurn, marked_days, roll_up, stored_days, sums_of, write_marked
from hub.reports.tally import MEASURES, Key, Tally, merge, tally_day
from hub.testing import FrozenClock
from hub.visits.forms import SentForm

Factory = Callable[..., TestHub]
CHICAGO = [
    {**ACCOUNTS[0], "companies": [{**each, "time_zone": "America/Chicago"} for each in ACCOUNTS[0]["companies"]]}
]
OPTIONS: dict[str, Any] = {"accounts": CHICAGO, "conversions": (EVERY_CALL, DEAL_WON)}
CALLERS = (CALLER, OTHER_CALLER, None)
SITES = ("google&utm_medium=cpc&utm_campaign=spring", "bing&utm_medium=cpc", "newsletter&utm_medium=email")


class Town:
    """What happens to one company, told in steps: (what, who, how many hours late or later)."""

    def __init__(self, stage: TestHub) -> None:
        self.stage = stage
        self.numbers: list[str] = [YELLOW_PAGES, SHARED]
        self.visits: list[str] = []
        self.calls: list[Call] = []
        self.told = 0

    @property
    def company(self) -> Company:
        company: Company = self.stage.directory.companies["lakeside"]
        return company

    def happen(self, what: str, who: int, hours: int) -> None:
        """One step."""
        self.told += 1
        getattr(self, what)(who, timedelta(hours=hours))
        self.stage.flow()

    def visit(self, who: int, _: timedelta) -> None:
        shown = self.stage.visit(
            landing_page=f"https://lakeside.example.com/{who}?utm_source={SITES[who]}", visitor_id=f"browser{who}"
        )
        self.numbers.append(shown.number or SHARED)
        self.visits.append(shown.visit_id or "")

    def call(self, who: int, late: timedelta) -> None:
        """A call of `late` ago that is told only now."""
        at = self.stage.clock() - late
        number = self.numbers[-1 - int(late.total_seconds() // 3_600) % len(self.numbers)]
        self.calls.append(self.stage.call_in(number, CALLERS[who], answered=late.seconds % 7_200 == 0, at=at))

    def text(self, who: int, late: timedelta) -> None:
        told = MessageEvent(
            message_id=f"SM{self.told}",
            at=self.stage.clock() - late,
            tracking_number=self.numbers[-1],
            sender_number=CALLERS[who] or CALLER,
        )
        self.stage.tell(told)

    def form(self, who: int, _: timedelta) -> None:
        form = SentForm(key=f"form{self.told}", fields={"phone": CALLERS[who] or "", "email": "kim@example.com"})
        if self.visits:
            form = SentForm(**{**vars_of(form), "visit_id": self.visits[-1 - who % len(self.visits)]})
        keep_form(self.stage.hub, self.company, form)

    def news(self, who: int, late: timedelta) -> None:
        """A call turns out to have begun earlier, and to have been answered."""
        if self.calls:
            call = self.calls[who % len(self.calls)]
            told: dict[str, Any] = {"call_id": call.carrier_call_id, "tracking_number": call.tracking_number}
            told["caller_number"] = call.caller_number
            began = call.started_at - late
            self.stage.tell(CallEvent(kind="ringing", at=began, **told), reported_by="reconcile")
            self.stage.tell(CallEvent(kind="answered", at=began + timedelta(seconds=3), **told))

    def deal(self, who: int, later: timedelta) -> None:
        """A CRM says that a call's deal is won, or lost after all."""
        if self.calls:
            call, hours = self.calls[who % len(self.calls)], int(later.total_seconds() // 3_600)
            outcome = Outcome(
                external_id=call.id[-12:],
                stage="won" if hours % 3 else "lost",
                value=Money(Decimal(hours + 1), "USD" if hours % 2 else "CAD"),
                occurred_at=self.stage.clock(),
                changed_at=self.stage.clock() + timedelta(seconds=self.told),
                call_key=call.id,
            )
            self.stage.crm.pages = {None: OutcomePage(outcomes=(outcome,), cursor=None)}
            pull_outcomes(self.stage.hub, self.stage.directory, "crm")

    def mark(self, who: int, later: timedelta) -> None:
        """A user says how far a call got."""
        if self.calls:
            call, hours = self.calls[who % len(self.calls)], int(later.total_seconds() // 3_600)
            status = (None, "new", "qualified", "booked", "not_a_lead")[hours % 5]
            with self.stage.hub.store.writing() as session:
                user = session.exec(select(User)).first() or add_user(
                    session, session.exec(select(Account)).one(), "kim", "owner", self.stage.clock()
                )
                scope = AccessScope(user)
                mark_lead(session, scope, call.id, status, self.stage.clock(), Money(Decimal(hours), "USD"))

    def wait(self, _: int, hours: timedelta) -> None:
        self.stage.clock.advance(hours=hours.total_seconds() / 3_600)

    def roll(self, who: int, _: timedelta) -> None:
        """The worker takes some of the marked days."""
        roll_up(self.stage.hub.store, most=who + 1)


def vars_of(form: SentForm) -> dict[str, Any]:
    return {name: getattr(form, name) for name in form.__dataclass_fields__}


WHAT = ["visit", "call", "call", "text", "form", "news", "deal", "mark", "wait", "wait", "roll"]
WHO = [0, 0, 0, 1, 1, 2]
steps = st.lists(
    st.tuples(st.sampled_from(WHAT), st.sampled_from(WHO), st.integers(0, 80), st.sampled_from([True, True, False])),
    min_size=6,
    max_size=16,
)


LATE_CALL = [("wait", 0, 40, True), ("call", 0, 1, True), ("call", 0, 30, True)]
"""A call on a printed number, and then one that came before it on another."""
LATE_LINK = [
    ("visit", 0, 0, True), ("wait", 0, 30, True), ("call", 0, 2, True), ("wait", 0, 60, True), ("visit", 0, 0, True),
    ("call", 0, 0, True),
]  # fmt: skip
"""A visit that turns out to be a caller's only when the next visit leads to a call."""


VISIT_THAT_MOVES = [
    ("form", 0, 31, False), ("call", 1, 20, True), ("visit", 1, 68, False), ("form", 0, 0, False), ("text", 1, 36, True),
    ("wait", 0, 65, True), ("mark", 1, 13, True), ("call", 1, 35, True), ("call", 0, 27, True), ("form", 1, 46, True),
    ("wait", 1, 66, True), ("call", 1, 39, False), ("mark", 0, 55, True),
]  # fmt: skip
"""A visit of somebody who typed a form turns out to be a caller's."""


def days_of(stage: TestHub) -> set[date]:
    """Every day on which somebody was in contact, and some more."""
    moments = [call.started_at for call in stage.rows(Call)]
    moments += [text.at for text in stage.rows(TextMessage)]
    moments += [form.submitted_at for form in stage.rows(FormSubmission)]
    moments += [stage.clock(), stage.clock() - timedelta(days=40)]
    return {day_of(at, ZoneInfo("America/Chicago")) for at in moments}


def added_up(stage: TestHub, company: Company) -> dict[date, Tally]:
    """Every day with something in it, added up anew."""
    with stage.hub.store.reading() as session:
        tallies = {day: tally_day(session, company.id, ZoneInfo(company.time_zone), day) for day in days_of(stage)}
    return {day: tally for day, tally in tallies.items() if tally}


def reports(stage: TestHub, company: Company) -> list[Any]:
    first, last = min(days_of(stage)), max(days_of(stage))
    spans = [(first, last), (last - timedelta(days=3), last), (first + timedelta(days=9), last - timedelta(days=2))]
    return [
        make_report(stage.hub.store, company, "source", "first", first, last),
        *(
            make_report(stage.hub.store, company, "campaign", model, *span)
            for model, span in zip(MODELS[2:], spans * 2, strict=False)
        ),
    ]


def check_hours(stage: TestHub, company: Company) -> None:
    """Its calls by the hour are what counting them gives, as if all days were over."""
    zone, days = ZoneInfo(company.time_zone), days_of(stage)
    own = OwnDays(zone, (company.id,), bounds(min(days), zone)[0], bounds(max(days), zone)[1])
    with stage.hub.store.reading() as session:
        found = calls_by_hour(session, [own], stage.clock() + timedelta(days=9))
        assert {at: figures for (_, at), figures in found.items()} == count_hours(session, own)


def check(stage: TestHub, company: Company) -> None:
    """Reports are right before the marks are worked off and after; then the roll-ups are what adding up gives."""
    live = reports(stage, company)
    check_hours(stage, company)
    true = added_up(stage, company)
    whole: dict[tuple[str, str], list[int]] = {}
    for tally in true.values():
        merge(
            whole,
            (
                ((key.value, key.currency), row)
                for key, row in tally.items()
                if (key.model, key.dimension) == ("first", "source")
            ),
        )
    assert {line.value: line.credits for line in live[0].lines} == {
        value: tuple(row) for (value, currency), row in whole.items() if not currency
    }
    while roll_up(stage.hub.store):
        pass
    assert stage.rows(DirtyDay) == []
    check_hours(stage, company)
    with stage.hub.store.reading() as session:
        stored = stored_days(session, company.id, list(days_of(stage)))
    assert {day: tally for day, tally in stored.items() if tally} == true
    for table, begins in ((MonthRollup, month_of), (YearRollup, year_of)):
        sums: dict[tuple[date, Key], list[int]] = {}
        for day, tally in true.items():
            merge(sums, (((begins(day), key), row) for key, row in tally.items()))
        kept = stage.rows(table, company_id=company.id)
        assert {
            (row.day, Key(row.model, row.dimension, row.value, row.currency)): [getattr(row, name) for name in MEASURES]
            for row in kept
        } == sums
    assert reports(stage, company) == live


@contextmanager
def town(databases: Path) -> Iterator[Town]:
    file = postgres.sqlite_copy(databases)
    with open_stage(f"sqlite:///{file}", FrozenClock(), **OPTIONS) as stage:
        yield Town(stage)
    file.unlink()


@pytest.mark.soak
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes, and the steps are few
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@example(steps=LATE_CALL)
@example(steps=LATE_LINK)
@example(steps=VISIT_THAT_MOVES)
@given(steps=steps)
def test_roll_ups_equal_adding_up_anew_after_late_events_in_any_order(
    databases: Path, steps: list[tuple[str, int, int, bool]]
) -> None:
    with town(databases) as lakeside:
        for *step, rolls in steps:
            lakeside.happen(*step)
            if rolls:
                roll_up(lakeside.stage.hub.store)
        check(lakeside.stage, lakeside.company)


STORY = [
    ("visit", 0, 0), ("wait", 0, 30), ("visit", 0, 0), ("call", 0, 0), ("call", 1, 5), ("roll", 2, 0), ("wait", 0, 60),
    ("text", 0, 0), ("visit", 1, 0), ("form", 0, 0), ("roll", 2, 0), ("news", 0, 40), ("deal", 0, 4), ("roll", 0, 0),
    ("call", 0, 70), ("deal", 0, 3), ("deal", 1, 7),
]  # fmt: skip


@pytest.mark.soak
def test_a_story_with_everything_late_is_right_on_both_databases(hub: Factory) -> None:
    stage = hub(**OPTIONS)
    lakeside = Town(stage)
    for step in STORY:
        lakeside.happen(*step)
        live = reports(stage, lakeside.company)
    assert live[0].total.number("calls") == 3 and live[0].total.number("texts") == live[0].total.number("forms") == 1
    check(stage, lakeside.company)


@pytest.mark.soak
def test_workers_that_roll_up_at_once_while_calls_come_in_leave_nothing_out(hub: Factory) -> None:
    stage = hub(**OPTIONS)
    lakeside, over = Town(stage), Event()

    def work() -> int:
        days = 0
        while not over.is_set():
            days += roll_up(stage.hub.store, most=2)
        return days

    with ThreadPoolExecutor(3) as crew:
        workers = [crew.submit(work) for _ in range(3)]
        try:
            for step in STORY * 2:
                lakeside.happen(*step)
        finally:
            over.set()
        assert sum(worker.result() for worker in workers) > 0
    check(stage, lakeside.company)


def test_a_mark_that_comes_while_its_day_is_added_up_stays(lite_hub: Factory) -> None:
    stage = lite_hub(**OPTIONS)
    lakeside = Town(stage)
    lakeside.happen("call", 0, 0)
    with stage.hub.store.reading() as session:
        (seen,) = marked_days(session, 10)
        old = sums_of(session, seen)
    lakeside.happen("call", 1, 0)
    assert write_marked(stage.hub.store, seen, old)
    assert len(stage.rows(DirtyDay)) == 1, "the second call's"
    assert not write_marked(stage.hub.store, seen, ({}, {})), "another worker that saw the same marks gives way"
    check(stage, lakeside.company)


def test_a_busy_day_is_added_up_once_a_turn_and_not_again_and_again(lite_hub: Factory) -> None:
    stage = lite_hub(**OPTIONS)
    lakeside = Town(stage)
    lakeside.happen("call", 0, 0)
    turn = RollUpTurn(stage.hub.store, 5)
    assert turn() == 1
    lakeside.happen("call", 1, 0)
    assert turn() == 0, "the turn is over: the second call came after it began"
    assert len(stage.rows(DirtyDay)) == 1
    assert (turn(), turn()) == (1, 0)
    check(stage, lakeside.company)


def test_another_time_zone_moves_every_call_to_its_day(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=(EVERY_CALL,))
    stage.clock.now = stage.clock().replace(hour=2)
    stage.call_in(SHARED)
    while roll_up(stage.hub.store):
        pass
    today = stage.clock().date()
    config = make_config(str(stage.hub.store.url), **OPTIONS)
    with stage.hub.store.writing() as session:
        write_accounts(session, config, stage.clock())
    company = stage.live.refresh().companies["lakeside"]
    days = [today - timedelta(days=1), today]
    found = [make_report(stage.hub.store, company, "source", "last", day, day).total.number("calls") for day in days]
    assert found == [1, 0]
    check(stage, company)

"""Pools lend each visitor a number of their own; no two visitors ever hold the same one."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select
from testbed import ACCOUNTS, HOLD, POOL, SHARED, YELLOW_PAGES, TestHub, company

from hub.model import Lease, PoolOverflow, Tracker, TrackingNumber, Visit
from hub.model.columns import VISIT_RETENTION
from hub.numbers.leases import Wanted, grant, keep
from hub.visits.record import Departure, end_visit, record_visits
from hub.visits.visit_request import VisitRequest, parse_visit

Factory = Callable[..., TestHub]


def pool_of(stage: TestHub) -> Tracker:
    """Lakeside's pool."""
    return stage.directory.lines[POOL[0]].tracker


def a_visit(stage: TestHub, session: Session, now: datetime) -> Visit:
    visit = Visit(
        company_id=stage.directory.companies["lakeside"].id,
        started_at=now,
        source="google",
        medium="cpc",
        rule="test",
        expires_at=now + VISIT_RETENTION,
    )
    session.add(visit)
    session.flush()
    return visit


def lend_to(session: Session, pool: Tracker, visit: Visit, now: datetime) -> str | None:
    """The number that a visit is lent."""
    [held] = grant(session, [Wanted(visit.id, [pool])], now)
    return held.number if held else None


def lend(stage: TestHub, now: datetime | None = None) -> str | None:
    """A new visitor's number."""
    now = now or stage.clock()
    with stage.hub.store.writing() as session:
        return lend_to(session, pool_of(stage), a_visit(stage, session, now), now)


def test_each_visitor_gets_a_number_of_their_own_until_none_is_left(hub: Factory) -> None:
    stage = hub()
    lent = [lend(stage) for _ in range(4)]
    assert sorted(filter(None, lent)) == list(POOL) and lent[3] is None


def test_a_number_is_lent_again_when_its_lease_has_run_out(hub: Factory) -> None:
    stage = hub()
    lent = [lend(stage) for _ in POOL]
    stage.clock.advance(seconds=HOLD.total_seconds() - 1)
    assert lend(stage) is None
    stage.clock.advance(seconds=1)
    assert lend(stage) in lent


def test_the_number_that_was_idle_longest_is_lent_first(hub: Factory) -> None:
    stage = hub()
    lent = []
    for _ in POOL:
        lent.append(lend(stage))
        stage.clock.advance(minutes=1)
    stage.clock.advance(hours=1)
    assert [lend(stage) for _ in POOL] == lent


def test_a_visitor_who_is_still_there_keeps_the_number(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    for _ in range(5):
        stage.clock.advance(minutes=29)
        again = stage.visit(visit_id=shown.visit_id)
        assert (again.number, again.visit_id) == (shown.number, shown.visit_id)
        assert again.lease_until == stage.clock() + HOLD
    [lease] = stage.rows(Lease, visit_id=shown.visit_id)
    assert lease.expires_at == stage.clock() + HOLD


def test_a_visitor_who_loads_the_page_again_sees_the_same_number_in_a_lease_of_its_own(hub: Factory) -> None:
    stage = hub()
    lakeside = stage.directory.companies["lakeside"]
    shown = stage.visit()
    for _ in range(3):
        end_visit(stage.hub, lakeside, shown.visit_id or "")
        stage.clock.advance(seconds=1)
        again = stage.visit(visit_id=shown.visit_id)
        assert (again.number, again.lease_until) == (shown.number, stage.clock() + HOLD)
    assert len(stage.rows(Lease, visit_id=shown.visit_id)) == 4


def test_a_number_that_another_visitor_held_since_is_not_given_back(hub: Factory) -> None:
    stage = hub()
    lakeside = stage.directory.companies["lakeside"]
    first, *others = (stage.visit() for _ in POOL)
    end_visit(stage.hub, lakeside, first.visit_id or "")
    taker = stage.visit()
    assert taker.number == first.number
    assert stage.visit(visit_id=first.visit_id).number == SHARED, "it is held now"
    later = stage.visit(human=False)
    for shown in (*others, taker):
        stage.clock.advance(minutes=1)
        end_visit(stage.hub, lakeside, shown.visit_id or "")
    returned = stage.visit(visit_id=later.visit_id)
    assert returned.number == others[0].number, "the one that was idle longest"
    assert [stage.visit(visit_id=each.visit_id).number for each in (others[1], taker)] == [
        others[1].number,
        taker.number,
    ]


def test_what_was_last_held_in_a_pool_is_given_back_out_of_that_pool_alone(hub: Factory) -> None:
    second = {"name": "more", "type": "session", "carrier": "carrier", "numbers": _numbers(2)}
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [company("lakeside", POOL[:1], SHARED, second)]}])
    with stage.hub.store.writing() as session:
        website, more = two_pools(stage)
        now = stage.clock()
        visit = a_visit(stage, session, now)
        [held] = grant(session, [Wanted(visit.id, [more])], now)
        assert held is not None
        keep(session, {}, {visit.id: None}, now)
        [other, same] = (grant(session, [Wanted(visit.id, [pool], returns=True)], now)[0] for pool in (website, more))
    assert other is not None and other.number == POOL[0]
    assert same is not None and same.number == held.number


def test_a_lease_that_ran_out_is_not_revived_and_a_new_one_is_granted(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    stage.clock.advance(minutes=31)
    with stage.hub.store.writing() as session:
        assert keep(session, {shown.visit_id or "": False}, {}, stage.clock()) == {}
    again = stage.visit(visit_id=shown.visit_id)
    assert again.number in POOL and len(stage.rows(Lease, visit_id=shown.visit_id)) == 2


def test_a_retired_number_is_never_lent(hub: Factory) -> None:
    stage = hub()
    with stage.hub.store.writing() as session:
        row = session.exec(select(TrackingNumber).where(col(TrackingNumber.number) == POOL[0])).one()
        row.retired_at = stage.clock()
        session.add(row)
    assert sorted(filter(None, [lend(stage) for _ in range(4)])) == list(POOL[1:])


def test_of_many_visitors_at_once_no_two_hold_the_same_number(hub: Factory) -> None:
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [company("lakeside", _numbers(30), SHARED)]}])
    pool = stage.directory.lines[_numbers(1)[0]].tracker
    begun = stage.clock()
    clock_lock = threading.Lock()
    lent: list[tuple[str, datetime]] = []
    failures: list[BaseException] = []

    def visitors() -> None:
        try:
            for _ in range(4):
                with clock_lock:  # time goes on, so that numbers run out and come back
                    stage.clock.advance(minutes=1)
                    now = stage.clock()
                with stage.hub.store.writing() as session:
                    number = lend_to(session, pool, a_visit(stage, session, now), now)
                if number is not None:
                    with clock_lock:
                        lent.append((number, now))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=visitors) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == [] and stage.clock() == begun + timedelta(minutes=128)
    leases = stage.rows(Lease)
    assert len(leases) == len(lent) > 60
    by_number: dict[str, list[Lease]] = {}
    for lease in leases:
        by_number.setdefault(lease.tracking_number_id, []).append(lease)
    for held in by_number.values():
        held.sort(key=lambda lease: lease.granted_at)
        for earlier, later in itertools.pairwise(held):
            assert earlier.expires_at <= later.granted_at, "two visitors held one number"


def _numbers(count: int) -> list[str]:
    return [f"+131255502{index:02}" for index in range(count)]


# Which number a visitor sees


def test_a_visitor_from_a_source_with_its_own_number_sees_that_number(hub: Factory) -> None:
    stage = hub()
    page = "https://lakeside.example.com/?utm_source=yellow_pages&utm_medium=print&utm_campaign=spring"
    shown = stage.visit(landing_page=page)
    assert shown.number == YELLOW_PAGES and shown.lease_until is None
    other = stage.visit(landing_page=page.replace("spring", "autumn"))
    assert other.number in POOL


def test_a_visitor_who_denies_analytics_is_not_recorded(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(consent={"analytics": "denied"})
    assert (shown.number, shown.visit_id) == (SHARED, None)
    assert stage.rows(Visit) == [] and stage.rows(Lease) == []


def test_a_visit_of_one_company_is_never_another_companys(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit("lakeside")
    other = stage.visit("northgate", visit_id=shown.visit_id)
    assert other.visit_id != shown.visit_id and other.number != shown.number


@pytest.fixture
def stage(hub: Factory) -> TestHub:
    """The default hub."""
    return hub()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(page=st.text(max_size=60), referrer=st.text(max_size=60), agent=st.text(max_size=30))
def test_whatever_a_browser_sends_is_recorded_or_left_out(stage: TestHub, page: str, referrer: str, agent: str) -> None:
    shown = stage.visit(landing_page="https://lakeside.example.com/?q=" + page, referrer=referrer, user_agent=agent)
    assert stage.visit_of(shown)


def test_what_no_database_takes_is_left_out_of_a_visit(hub: Factory) -> None:
    stage = hub()
    page = "https://lakeside.example.com/\0?utm_source=a%00\ud83d&gclid=x%00y&utm_term=\0"
    shown = stage.visit(landing_page=page, referrer="\0", user_agent="a\0\ud83d")
    assert "\0" not in (stage.visit_of(shown).landing_page or "")


# Reserves, and several pools


def two_pools(stage: TestHub) -> list[Tracker]:
    return list(stage.directory.showable(stage.directory.companies["lakeside"]).pools)


def test_who_may_not_touch_the_reserve_leaves_it_to_those_who_may(hub: Factory) -> None:
    pool = {"name": "website", "type": "session", "carrier": "carrier", "numbers": _numbers(10), "reserve": 0.3}
    lakeside = {**company("lakeside", (), SHARED), "trackers": [pool]}
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [lakeside]}])
    [website], now = two_pools(stage), stage.clock()
    with stage.hub.store.writing() as session:
        wanted = [Wanted(a_visit(stage, session, now).id, [website], reserved=False) for _ in range(9)]
        entitled = Wanted(a_visit(stage, session, now).id, [website])
        lent = grant(session, [*wanted, entitled], now)
    assert [each is not None for each in lent] == [*[True] * 6, *[False] * 3, True], "the one who may counts as served"


def test_a_visitor_who_finds_the_first_pool_empty_gets_a_number_of_the_next(hub: Factory) -> None:
    second = {"name": "more", "type": "session", "carrier": "carrier", "numbers": _numbers(2), "hold": "10m"}
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [company("lakeside", POOL[:1], SHARED, second)]}])
    shown = [stage.visit() for _ in range(4)]
    assert [each.tracker for each in shown] == ["website", "more", "more", "shared"]
    assert [each.lease_until and each.lease_until - stage.clock() for each in shown[:2]] == [HOLD, HOLD / 3]
    [overflow] = stage.rows(PoolOverflow)
    assert overflow.tracker_id == two_pools(stage)[0].id, "counted once, at the first"


def test_two_tabs_of_one_visit_in_one_transaction_hold_one_number(hub: Factory) -> None:
    stage = hub()
    lakeside = stage.directory.companies["lakeside"]
    first = stage.visit(human=False)
    again = parse_visit(
        stage.directory, lakeside, VisitRequest(landing_page=None, referrer=None, human=True, visit_id=first.visit_id)
    )
    with stage.hub.store.writing() as session:
        shown = record_visits(session, [again, again, Departure(lakeside, first.visit_id or ""), again], stage.clock())
    one, other, left, back = shown
    assert one is not None and back is not None
    assert one == other and left is None and back.number == one.number
    assert len(stage.rows(Lease)) == 2

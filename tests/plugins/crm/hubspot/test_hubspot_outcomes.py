"""Deals on their way back from HubSpot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.api import Money, Rejected
from hub.api.crm import Outcome
from hub.testing import FrozenClock, connect
from plugins.crm.hubspot import HubSpot
from plugins.crm.hubspot.outcomes import Cursor, Position
from plugins.crm.hubspot.sandbox import Sandbox
from plugins.crm.hubspot.translate import milliseconds, outcome, read_time

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def pages(connector: HubSpot, cursor: str | None) -> Iterator[tuple[tuple[Outcome, ...], str | None]]:
    for _ in range(50):
        page = connector.pull_outcomes(cursor)
        cursor = page.cursor
        yield page.outcomes, cursor
        if not page.more:
            return
    raise AssertionError("there are always more pages")


def sync(connector: HubSpot, cursor: str | None = None) -> tuple[list[Outcome], str | None]:
    read = list(pages(connector, cursor))
    return [one for outcomes, _ in read for one in outcomes], read[-1][1]


def test_a_deal_that_was_won_comes_back(connector: HubSpot, sandbox: Sandbox, clock: FrozenClock) -> None:
    contact = sandbox.add_contact("Ada Example", "(312) 555-0142", "ada@example.com")
    deal = sandbox.add_deal(contact, "won", "1200.50", "EUR")
    assert sync(connector)[0] == [
        Outcome(
            external_id=deal,
            stage="won",
            changed_at=clock.now,
            occurred_at=clock.now,
            value=Money(Decimal("1200.50"), "EUR"),
            phone_numbers=("+13125550142",),
            email="ada@example.com",
        )
    ]


def test_a_deal_of_a_time_that_has_not_come_is_not_listed_yet(
    connector: HubSpot, sandbox: Sandbox, clock: FrozenClock
) -> None:
    clock.advance(days=2)
    deal = sandbox.add_deal(sandbox.add_contact("Ada Example", "+13125550142"), "won", "10", "USD")
    clock.advance(days=-2)
    found, cursor = sync(connector)
    assert found == []
    clock.advance(days=2)
    found, _ = sync(connector, cursor)
    assert [one.external_id for one in found] == [deal]


def test_a_deal_with_our_call_names_the_earliest_one(connector: HubSpot, sandbox: Sandbox) -> None:
    deal = sandbox.add_deal(sandbox.add_contact("Ada Example", "+13125550142"), "won", "10", "USD")
    for key, moment in (
        ("late", "2026-11-24T12:00:00Z"),
        ("early", "2026-11-23T12:00:00Z"),
        ("", "2026-11-22T12:00:00Z"),
    ):
        logged = sandbox.add("calls", ringfence_call_id=key, hs_timestamp=moment)
        sandbox.link("deals", deal, "calls", logged, 205)
    assert [one.call_key for one in sync(connector)[0]] == ["early"]


def test_a_page_of_deals_asks_few_questions(connector: HubSpot, sandbox: Sandbox) -> None:
    contact = sandbox.add_contact("Ada Example", "+13125550142")
    for _ in range(100):
        sandbox.add_deal(contact, "won", "10", "USD")
    sandbox.requests.clear()
    assert len(connector.pull_outcomes(None).outcomes) == 100
    assert len(sandbox.requests) == 4


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([0, 1, 2, 99, 100, 101, 230]), max_size=5), st.integers(0, 3))
def test_no_deal_is_lost_or_read_twice_whatever_shares_an_instant(
    connector: HubSpot, sandbox: Sandbox, clock: FrozenClock, crowds: list[int], later: int
) -> None:
    instants = [instant for instant, crowd in enumerate(crowds) for _ in range(crowd)]
    sandbox.burst = 10**6
    sandbox.account.tables["deals"].records.clear()
    clock.now = NOW
    made = {sandbox.add("deals", dealstage="x") for _ in instants}
    for deal, late in zip(sorted(made), instants, strict=True):
        clock.now = NOW + timedelta(milliseconds=late)
        sandbox.change("deals", deal, amount="1")
    clock.now = NOW + timedelta(milliseconds=7)
    found, cursor = sync(connector)
    assert sorted(one.external_id for one in found) == sorted(made)
    assert [one.changed_at for one in found] == sorted(one.changed_at for one in found)
    moved = {deal for deal, instant in zip(sorted(made), instants, strict=True) if instant < later}
    for deal in moved:
        sandbox.change("deals", deal, amount="2")
    assert {one.external_id for one in sync(connector, cursor)[0]} == moved


def test_more_deals_of_one_millisecond_than_search_ever_gives_are_all_read(
    sandbox: Sandbox, connector: HubSpot, clock: FrozenClock
) -> None:
    made = {sandbox.add("deals", dealstage="x") for _ in range(350)}
    read = list(pages(connector, None))
    assert {one.external_id for outcomes, _ in read for one in outcomes} == made
    assert sum(len(outcomes) for outcomes, _ in read) == 350


@pytest.mark.parametrize("crowd", [1, 120])
def test_a_deal_that_search_shows_late_is_not_lost(sandbox: Sandbox, clock: FrozenClock, crowd: int) -> None:
    connector = connect(HubSpot, sandbox, clock=clock, search_lag=60)
    made = [sandbox.add("deals", dealstage="x") for _ in range(crowd)]
    clock.advance(seconds=1)
    late = sandbox.add("deals", dealstage="x")
    sandbox.trail(late)
    clock.advance(seconds=1)
    made += [sandbox.add("deals", dealstage="x") for _ in range(crowd)]
    found, cursor = sync(connector)
    assert sorted(one.external_id for one in found) == sorted(made)
    sandbox.trail()
    clock.advance(seconds=50)
    found, cursor = sync(connector, cursor)
    assert late in {one.external_id for one in found}
    clock.advance(minutes=2)
    _, cursor = sync(connector, cursor)
    assert sync(connector, cursor)[0] == []


def test_a_cursor_survives_being_written_down() -> None:
    for cursor in (Cursor(), Cursor(Position(5, 6)), Cursor(Position(5, 6), Position(1, 2))):
        assert Cursor.parse(str(cursor)) == cursor
    assert Cursor.parse(None) == Cursor()


@pytest.mark.parametrize("cursor", ["tomorrow", "1:2:3", "-1:0", "5:6>", "١:٢"])
def test_a_strange_cursor_is_refused(connector: HubSpot, cursor: str) -> None:
    with pytest.raises(Rejected, match="reset it"):
        connector.pull_outcomes(cursor)


def test_stages_are_the_settings_then_what_hubspot_says_of_closed_ones() -> None:
    def stage(**deal: str) -> str:
        told = {"hs_lastmodifieddate": "2026-11-24T15:00:00Z", **deal}
        return outcome("1", told, stages={"12345": "qualified", "99": "lost"}, currency="USD").stage

    assert stage(dealstage="12345") == "qualified"
    assert stage(dealstage="99", hs_is_closed="true", hs_is_closed_won="true") == "lost"
    assert stage(dealstage="777", hs_is_closed="true", hs_is_closed_won="true") == "won"
    assert stage(dealstage="777", hs_is_closed="true", hs_is_closed_won="false") == "lost"
    assert stage(dealstage="presentationscheduled", hs_is_closed="false") == "presentationscheduled"


def test_a_deal_closes_when_it_says_but_never_after_it_changed() -> None:
    def occurred(**deal: str) -> str:
        told = {"hs_lastmodifieddate": "2026-11-24T15:00:00.250Z", **deal}
        return outcome("1", told, stages={"q": "qualified", "w": "won"}, currency="USD").occurred_at.isoformat()

    changed = "2026-11-24T15:00:00.250000+00:00"
    assert occurred(dealstage="w", closedate="2026-11-20T08:00:00Z") == "2026-11-20T08:00:00+00:00"
    assert occurred(dealstage="w", closedate="2027-01-31T08:00:00Z") == changed
    assert occurred(dealstage="w") == occurred(dealstage="q", closedate="2026-11-20T08:00:00Z") == changed
    assert occurred(dealstage="q", hs_v2_date_entered_q="2026-11-19T08:00:00Z") == "2026-11-19T08:00:00+00:00"


@pytest.mark.parametrize(("amount", "currency", "value"), [
    ("12.5", "EUR", "12.5 EUR"), ("12.5", "", "12.5 USD"), ("", "EUR", "None"), ("much", "EUR", "None"),
    ("NaN", "EUR", "None"), ("-3", "USD", "-3 USD"),
])  # fmt: skip
def test_a_value_is_an_amount_or_nothing(amount: str, currency: str, value: str) -> None:
    told = {"hs_lastmodifieddate": "2026-11-24T15:00:00Z", "amount": amount, "deal_currency_code": currency}
    assert str(outcome("1", told, stages={}, currency="USD").value) == value


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)))
def test_times_are_read_as_hubspot_writes_them(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
    assert read_time(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")) == moment
    assert read_time(str(milliseconds(moment))) == moment


@given(st.none() | st.text())
def test_what_is_no_time_is_none(text: str | None) -> None:
    read = read_time(text)
    assert read is None or read.utcoffset() == timedelta(0)

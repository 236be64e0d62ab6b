"""Opportunities come back as outcomes: all of them, none twice, whatever their stamps and pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.api import Caller, Money
from hub.api.crm import Outcome
from hub.testing import FrozenClock, connect
from hub.testing.samples import call_activity
from plugins.crm.salesforce import Salesforce
from plugins.crm.salesforce.cursor import MAX_DEALS_REMEMBERED, OVERLAP, Cursor
from plugins.crm.salesforce.sandbox import Sandbox
from plugins.crm.salesforce.sandbox.queries import soql
from plugins.crm.salesforce.sandbox.records import Org, stamp
from plugins.crm.salesforce.settings import SalesforceSettings
from plugins.crm.salesforce.translate import instant, outcome

CALLER = "+13125550142"
START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def pulled(salesforce: Salesforce, cursor: str | None) -> tuple[list[Outcome], str | None]:
    found: list[Outcome] = []
    while True:
        page = salesforce.pull_outcomes(cursor)
        found.extend(page.outcomes)
        cursor = page.cursor
        if not page.more:
            return found, cursor


class Reading:
    """Reads an org with a cursor, in pages of any size, and keeps what was told."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.cursor: str | None = None
        self.told: list[tuple[str, datetime]] = []

    def page(self, size: int) -> bool:
        here = Cursor.parse(self.cursor)
        where = f"WHERE {here.condition()} " if here.condition() else ""
        rows = soql(
            self.org, f"SELECT Id, SystemModstamp FROM Opportunity {where}ORDER BY SystemModstamp, Id LIMIT {size}"
        )
        read = [(row["Id"], instant(row["SystemModstamp"])) for row in rows]
        self.told.extend((key, at) for key, at in read if here.is_news(key, at))
        self.cursor = str(here.after(read, complete=len(rows) < size))
        return len(rows) == size

    def all(self, size: int) -> None:
        while self.page(size):
            pass


def write(org: Org, clock: FrozenClock, at: datetime, key: str | None = None) -> str:
    """A deal made or changed, with this stamp, which has come."""
    clock.now = max(clock.now, at)
    if key is None:
        key = org.create("Opportunity", {"Name": "Repair", "StageName": "Qualification", "CloseDate": "2026-11-24"})
    org.find("Opportunity", key)["SystemModstamp"] = stamp(at)
    return key


def state(org: Org) -> set[tuple[str, datetime]]:
    return {(row["Id"], instant(row["SystemModstamp"])) for row in org.rows("Opportunity")}


STEP = st.tuples(
    st.sampled_from(["make", "make", "change", "late", "page", "read"]),
    st.integers(min_value=0, max_value=3),
    st.integers(min_value=0, max_value=10_000),
    st.integers(min_value=1, max_value=4),
)


@settings(max_examples=100, deadline=None)
@example([("make", 0, 0, 1), ("page", 0, 0, 1), ("late", 0, 9286, 1), *[("make", 3, 0, 1)] * 5])
@given(st.lists(STEP, max_size=40))
def test_no_deal_is_lost_and_none_told_twice(steps: list[tuple[str, int, int, int]]) -> None:
    clock = FrozenClock(START)
    org = Org(clock)
    reading, now, made = Reading(org), START, list[str]()
    for what, seconds, choice, size in steps:
        now += timedelta(seconds=seconds)
        if what == "make":
            made.append(write(org, clock, now))
        elif what == "change" and made:
            write(org, clock, now, made[choice % len(made)])
        elif what == "late":
            # A transaction that began a while ago and commits now: its stamp lies behind what was already read.
            made.append(write(org, clock, now - timedelta(seconds=choice % int(OVERLAP.total_seconds()))))
        elif what == "page":
            reading.page(size)
        elif what == "read":
            reading.all(size)
    reading.all(3)
    reading.all(3)  # what commits late in the middle of a reading is told by the next one
    assert state(org) <= set(reading.told)
    assert len(reading.told) == len(set(reading.told))
    before = len(reading.told)
    reading.all(3)
    assert len(reading.told) == before


def test_a_bulk_change_in_one_second_is_read_once() -> None:
    clock = FrozenClock(START)
    org = Org(clock)
    reading = Reading(org)
    keys = [write(org, clock, START) for _ in range(MAX_DEALS_REMEMBERED + 300)]
    for _ in range(3):
        reading.all(400)
        assert sorted(key for key, _ in reading.told) == sorted(keys)
    assert reading.cursor is not None
    assert len(reading.cursor) < 30 * MAX_DEALS_REMEMBERED
    late = write(org, clock, START + timedelta(seconds=1))
    reading.all(400)
    assert reading.told[-1][0] == late
    assert len(reading.told) == len(keys) + 1


def test_a_deal_of_a_time_that_has_not_come_is_not_listed_yet(
    salesforce: Salesforce, sandbox: Sandbox, clock: FrozenClock
) -> None:
    clock.advance(days=2)
    deal = sandbox.add_deal(sandbox.add_contact("Jo Roe", CALLER), "won", "10", "USD")
    clock.advance(days=-2)
    found, cursor = pulled(salesforce, None)
    assert found == [] and soql(sandbox.org, "SELECT Id FROM Opportunity", every=True) == []
    assert salesforce.enrich_caller(Caller(phone_number=CALLER)) == []
    clock.advance(days=2)
    found, _ = pulled(salesforce, cursor)
    assert [one.external_id for one in found] == [deal]


def test_a_cursor_survives_being_stored() -> None:
    empty = Cursor()
    assert Cursor.parse(str(empty)) == empty == Cursor.parse(None)
    full = empty.after([("0065g0000000001AAA", START), ("0065g0000000002AAA", START)], complete=False)
    assert Cursor.parse(str(full)) == full
    assert full.condition() == (
        "(SystemModstamp > 2026-11-24T15:00:00.000Z OR "
        "(SystemModstamp = 2026-11-24T15:00:00.000Z AND Id > '0065g0000000002AAA'))"
    )


def test_a_deal_comes_with_its_value_its_contacts_and_its_call(
    salesforce: Salesforce, sandbox: Sandbox, clock: FrozenClock
) -> None:
    contact = sandbox.add_contact("Jo Roe", CALLER, "jo@example.com")
    second = sandbox.add_contact("Al Roe", "+13125550143", "al@example.com")
    salesforce.log_calls([call_activity(clock.now, key="call-1", caller_number=CALLER)])
    deal = sandbox.add_deal(contact, "won", "450.10", "USD")
    sandbox.org.create("OpportunityContactRole", {"OpportunityId": deal, "ContactId": second, "IsPrimary": False})
    [found], _ = pulled(salesforce, None)
    assert (found.external_id, found.stage, found.value) == (deal, "won", Money(Decimal("450.1"), "USD"))
    assert found.phone_numbers == (CALLER, "+13125550143")
    assert (found.email, found.call_key) == ("jo@example.com", "call-1")
    assert found.changed_at == found.occurred_at == clock.now


def test_which_call_began_a_deal_is_never_guessed(salesforce: Salesforce, sandbox: Sandbox, clock: FrozenClock) -> None:
    contact = sandbox.add_contact("Jo Roe", CALLER)
    deal = sandbox.add_deal(contact, "qualified", "10", "USD")
    calls = [call_activity(clock.now, key=f"call-{n}", caller_number=CALLER) for n in (1, 2)]
    salesforce.log_calls(calls)
    [found], _ = pulled(salesforce, None)
    assert found.call_key is None
    tasks = [logged["Id"] for logged in sandbox.activities()]
    sandbox.org.update("Task", tasks[1], {"WhatId": deal})
    [found], _ = pulled(salesforce, None)
    assert found.call_key == "call-2"


def test_a_later_call_did_not_begin_an_earlier_deal(
    salesforce: Salesforce, sandbox: Sandbox, clock: FrozenClock
) -> None:
    contact = sandbox.add_contact("Jo Roe", CALLER)
    sandbox.add_deal(contact, "qualified", "10", "USD")
    clock.advance(days=5)
    salesforce.log_calls([call_activity(clock.now, key="call-1", caller_number=CALLER)])
    [found], _ = pulled(salesforce, None)
    assert found.call_key is None


def test_deals_of_several_currencies_keep_their_own(sandbox: Sandbox, clock: FrozenClock) -> None:
    sandbox.org.add_field("Opportunity", "CurrencyIsoCode", 3)
    salesforce = connect(Salesforce, sandbox, clock=clock, multi_currency=True)
    sandbox.add_deal(sandbox.add_contact("Jo Roe", CALLER), "won", "10", "EUR")
    [found], _ = pulled(salesforce, None)
    assert found.value == Money(Decimal(10), "EUR")


def test_a_long_list_is_read_through_salesforces_own_pages(salesforce: Salesforce, sandbox: Sandbox) -> None:
    sandbox.page_rows = 7
    contact = sandbox.add_contact("Jo Roe", CALLER)
    made = {sandbox.add_deal(contact, "qualified", "1", "USD") for _ in range(450)}
    found, _ = pulled(salesforce, None)
    assert {one.external_id for one in found} == made
    assert len(found) == 450
    assert all(one.phone_numbers == (CALLER,) for one in found)


def deal(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "Id": "0065g0000000001AAA",
        "StageName": "Closed Won",
        "Amount": Decimal("10"),
        "CloseDate": "2026-11-24",
        "IsClosed": True,
        "IsWon": True,
        "LastStageChangeDate": None,
        "CreatedDate": "2026-11-20T09:00:00.000+0000",
        "SystemModstamp": "2026-11-24T15:00:00.000+0000",
    }
    return values | changes


def read(**changes: Any) -> Outcome:
    return outcome(
        deal(**changes), (), None, SalesforceSettings(client_id="app", stages={"Signed": "won", "Talks": "qualified"})
    )


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({}, "won"),
        ({"StageName": "Abgeschlossen", "IsWon": True}, "won"),
        ({"StageName": "Verloren", "IsWon": False}, "lost"),
        ({"StageName": "Signed", "IsClosed": False, "IsWon": False}, "won"),
        ({"StageName": "Talks", "IsClosed": False, "IsWon": False}, "qualified"),
        ({"StageName": "Prospecting", "IsClosed": False, "IsWon": False}, "Prospecting"),
    ],
)
def test_stages_are_read_as_the_settings_say(changes: dict[str, Any], stage: str) -> None:
    assert read(**changes).stage == stage


@pytest.mark.parametrize(
    ("changes", "reached"),
    [
        ({"LastStageChangeDate": "2026-11-24T14:30:00.000+0000"}, datetime(2026, 11, 24, 14, 30, tzinfo=UTC)),
        ({"CreatedDate": "2026-11-24T14:10:00.000+0000"}, datetime(2026, 11, 24, 14, 10, tzinfo=UTC)),
        ({"CloseDate": "2026-11-21"}, datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ({"CloseDate": "2026-12-31"}, datetime(2026, 11, 24, 15, tzinfo=UTC)),
        ({"CloseDate": None}, datetime(2026, 11, 24, 12, tzinfo=UTC)),
        (
            {"StageName": "Talks", "IsClosed": False, "LastStageChangeDate": "2026-11-22T08:00:00.000+0000"},
            datetime(2026, 11, 22, 8, tzinfo=UTC),
        ),
        ({"StageName": "Talks", "IsClosed": False}, datetime(2026, 11, 20, 9, tzinfo=UTC)),
    ],
)
def test_a_deal_is_reached_when_it_closed_and_never_later_than_it_changed(
    changes: dict[str, Any], reached: datetime
) -> None:
    found = read(**changes)
    assert found.occurred_at == reached
    assert found.occurred_at <= found.changed_at


def test_the_close_date_is_a_day_of_the_business() -> None:
    chicago = SalesforceSettings(client_id="app", time_zone="America/Chicago")
    evening = "2026-11-25T01:30:00.000+0000"
    changes = {"LastStageChangeDate": evening, "SystemModstamp": evening}
    assert outcome(deal(**changes), (), None, chicago).occurred_at == instant(evening)
    noon = outcome(deal(SystemModstamp=evening), (), None, chicago).occurred_at
    assert noon == datetime(2026, 11, 24, 18, tzinfo=UTC)


def test_the_accounts_number_stands_in_where_no_contact_has_one(salesforce: Salesforce, sandbox: Sandbox) -> None:
    account = sandbox.org.create("Account", {"Name": "Jo Roe", "Phone": "(312) 555-0142"})
    values = {"Name": "Repair", "StageName": "Closed Won", "CloseDate": "2026-11-24", "AccountId": account}
    sandbox.org.create("Opportunity", values)
    [found], _ = pulled(salesforce, None)
    assert found.phone_numbers == (CALLER,)
    assert (found.email, found.value) == (None, None)


def test_a_deal_without_an_amount_has_no_value() -> None:
    assert read(Amount=None).value is None
    assert read(Amount="NaN").value is None

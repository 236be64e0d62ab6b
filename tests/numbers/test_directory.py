"""The directory: what config.yaml says of companies and numbers, kept with its history."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import written_accounts
from sqlalchemy import text
from sqlalchemy.event import listen
from sqlmodel import select
from testbed import ACCOUNTS, CALLER, POOL, PRINT_AD, SHARED, YELLOW_PAGES, TestHub, company, make_config

from hub.model import Call, Company, Tracker, TrackingNumber
from hub.numbers.accounts import write_accounts
from hub.numbers.directory import LiveDirectory, read_directory
from hub.numbers.directory_copy import DirectoryCopy
from hub.store.encryption.keyring import Keyring
from hub.store.triggers.directory_changes import TABLES

Factory = Callable[..., TestHub]


def write(stage: TestHub, *companies: dict[str, object]) -> None:
    """Write a changed config.yaml, as the next start does."""
    config = make_config("sqlite://", accounts=[{**ACCOUNTS[0], "companies": list(companies)}])
    with stage.hub.store.writing() as session:
        write_accounts(session, config, stage.clock())
    stage.live.refresh()


def test_every_number_leads_to_its_tracker_its_company_and_its_route(hub: Factory) -> None:
    line = hub().directory.lines[YELLOW_PAGES]
    assert (line.tracker.name, line.company.name, line.flow.forward) == ("yellow_pages", "lakeside", "+13125550190")
    assert line.source_name == "Spring"


def test_the_same_configuration_twice_changes_nothing(hub: Factory) -> None:
    stage = hub()
    before = [stage.rows(table) for table in (Company, Tracker, TrackingNumber)]
    statements: list[str] = []
    with stage.hub.store.writing() as session:
        session.connection()
        listen(stage.hub.store.engine, "before_cursor_execute", lambda *found: statements.append(found[2]))
        write_accounts(session, stage.hub.config, stage.clock())
    assert {each.split()[0] for each in statements} == {"SELECT"} and len(statements) < 10
    assert [stage.rows(table) for table in (Company, Tracker, TrackingNumber)] == before


def test_a_number_that_is_no_longer_named_is_retired_and_its_calls_stay(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in(YELLOW_PAGES)
    write(stage, company("lakeside", POOL[:2], SHARED))
    assert YELLOW_PAGES not in stage.directory.lines and POOL[2] not in stage.directory.lines
    assert stage.one(TrackingNumber, number=POOL[2]).retired_at == stage.clock()
    assert stage.one(Call, id=call.id).tracker_id == stage.one(Tracker, name="yellow_pages").id
    write(stage, company("lakeside", POOL, SHARED, PRINT_AD))
    assert YELLOW_PAGES in stage.directory.lines and len(stage.rows(TrackingNumber, number=YELLOW_PAGES)) == 1


def test_a_number_that_was_bought_for_a_tracker_stays_with_it(hub: Factory) -> None:
    stage = hub()
    pool = stage.directory.lines[POOL[0]].tracker
    stage.add(TrackingNumber(tracker_id=pool.id, number="+13125550199", bought=True))
    write(stage, company("lakeside", POOL, SHARED))
    assert stage.directory.lines["+13125550199"].tracker.id == pool.id


def test_a_number_moves_to_another_company_with_its_next_call(hub: Factory) -> None:
    stage = hub()
    before = stage.call_in(YELLOW_PAGES)
    moved = {**PRINT_AD, "name": "flyer"}
    write(stage, company("lakeside", POOL, SHARED), company("northgate", (), "+13135550120", moved))
    after = stage.call_in(YELLOW_PAGES, CALLER)
    names = {each.id: each.name for each in stage.rows(Company)}
    assert names[stage.one(Call, id=before.id).company_id or ""] == "lakeside"
    assert names[after.company_id or ""] == "northgate"


def test_of_several_processes_that_start_at_once_all_write_the_same_accounts(
    database_url: str, open_hub_on: Callable[..., TestHub]
) -> None:
    written_accounts.take(database_url)  # none of them puts a copy of a file below the others
    start = threading.Barrier(3)
    stages: list[TestHub] = []
    failures: list[BaseException] = []

    def begin() -> None:
        try:
            start.wait(30)
            stages.append(open_hub_on(database_url))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert len(stages[0].rows(Company)) == 2


def test_a_live_directory_is_read_again_when_it_is_too_old_and_something_has_changed(hub: Factory) -> None:
    stage = hub()
    time = [0.0]
    live = LiveDirectory(stage.hub.store, max_age=5.0, monotonic=lambda: time[0])
    first = live.current()
    stage.visit()  # which leases a number
    time[0] = 5.0
    assert live.current() is first
    for statement in (
        "UPDATE company SET title = 'Lakeside'",
        "UPDATE tracker SET retired_at = NULL",
        "UPDATE tracking_number SET bought = TRUE",
        "DELETE FROM tracking_number WHERE id IN (SELECT max(id) FROM tracking_number)",
        "UPDATE flow_version SET name = 'menu'",
    ):
        before = live.refresh()
        with stage.hub.store.writing() as session:
            session.execute(text(statement))
        assert live.current() is before
        time[0] += 5.0
        assert live.current() is not before, statement


def test_the_copy_is_written_again_after_a_carrier_has_reported_a_price(hub: Factory, tmp_path: Path) -> None:
    stage = hub()
    with stage.hub.store.writing() as session:
        number = session.exec(select(TrackingNumber).where(TrackingNumber.number == SHARED)).one()
        number.monthly_price, number.price_currency = Decimal("1.1500"), "USD"
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        company.number_cap = Decimal("20.0000")
    copy = DirectoryCopy(tmp_path / "copy", "sqlite://", Keyring(()))
    stage.live.refresh()
    assert copy.keep(stage.directory, stage.hub.store)
    copied = copy.directory()
    assert copied is not None
    line = copied.lines[SHARED]
    assert line.number.model_dump() == stage.directory.lines[SHARED].number.model_dump()
    assert (line.number.monthly_price, line.company.number_cap) == (Decimal("1.15"), Decimal(20))


def test_every_table_that_the_directory_or_its_copy_is_read_from_has_its_triggers(
    lite_hub: Factory, tmp_path: Path
) -> None:
    sound = {"do": "greeting", "play": "greeting:01a230ac-4e22-7108-970b-515e04fa6fe3.wav", "then": "end"}
    flow = {"name": "office", "forward": "+13125550190", "start": "hello", "steps": {"hello": sound}}
    with_flow = {**company("lakeside", POOL, SHARED), "flow": "office", "flows": [flow]}
    del with_flow["route"]
    stage = lite_hub(accounts=[{"name": "agency", "title": "Agency", "companies": [with_flow]}])
    store, statements = stage.hub.store, list[str]()
    listen(store.engine, "before_cursor_execute", lambda *found: statements.append(found[2]))
    live = LiveDirectory(store)
    assert DirectoryCopy(tmp_path / "copy", "sqlite://", Keyring(())).keep(live.latest, store)
    tables = {name for each in statements for name in re.findall(r"(?:FROM|JOIN) (\w+)", each)}
    assert tables - {"directory_change"} == set(TABLES)
    with store.reading() as session:
        triggers = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    assert {f"{table}_directory_{verb}" for table in TABLES for verb in ("insert", "update", "delete")} <= set(triggers)


@pytest.mark.parametrize("name", ["lakeside", "northgate"])
def test_a_company_is_found_by_its_name_and_its_id(hub: Factory, name: str) -> None:
    directory = hub().directory
    found = directory.companies[name]
    assert directory.company(found.id) is found and directory.company("no such id") is None


def test_a_directory_can_be_read_from_an_empty_database(store) -> None:  # type: ignore[no-untyped-def]
    with store.reading() as session:
        assert read_directory(session).lines == {}

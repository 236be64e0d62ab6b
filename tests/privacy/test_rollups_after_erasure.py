"""What reports have added up holds nothing of an erased person, after a restore either; the other people still count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from testbed import CALLER, OTHER_CALLER, TestHub, make_config

from hub.backup.restore import restore
from hub.backup.save import save, save_keys
from hub.model import DayRollup, MonthRollup, Person, YearRollup
from hub.privacy.erasure import erase_person
from hub.reports.rollups import roll_up
from hub.runtime import Hub
from hub.startup.assembly import assemble

TABLES = (DayRollup, MonthRollup, YearRollup)
ANN, BOB = "zqann", "zqbob"


def added_up(hub: Hub) -> set[str]:
    """Which of the two people's words stand in the roll-ups."""
    while roll_up(hub.store):
        pass
    return words_in(hub)


def words_in(hub: Hub) -> set[str]:
    with hub.store.reading() as session:
        values = " ".join(value for table in TABLES for value in session.scalars(select(table.value)))
    return {word for word in (f"{ANN}-page", f"{ANN}-keyword", f"{BOB}-page", f"{BOB}-keyword") if word in values}


def calls_counted(hub: Hub, table: type[DayRollup]) -> set[int]:
    """The calls of each source's sum, by the last touch."""
    with hub.store.reading() as session:
        rows = session.exec(
            select(table).where(table.model == "last", table.dimension == "source", table.currency == "")
        )
        return {row.calls for row in rows}


@pytest.fixture
def agency(hub: Callable[..., TestHub], tmp_path: Path) -> TestHub:
    """Two people came by ads, each with pages and keywords of their own, and called."""
    journal = tmp_path / "erased.tombstones"
    stage = hub(tombstones=str(journal))
    journal.touch()
    for word, caller in ((ANN, CALLER), (BOB, OTHER_CALLER)):
        page = f"https://lakeside.example.com/{word}-page?utm_term={word}-keyword&gclid=Cj0KCQjw123456789"
        stage.call_in(stage.visit(landing_page=page).number, caller)
        stage.clock.advance(days=20)
    assert len(added_up(stage.hub)) == 4
    return stage


@pytest.fixture
def other_database(agency: TestHub, other_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    """An empty hub on the other kind of database, with the same key and journal."""
    hub = assemble(make_config(other_database_url, tombstones=str(tmp_path / "erased.tombstones")), agency.clock)
    yield hub
    hub.close()


def test_roll_ups_hold_nothing_of_an_erased_person(agency: TestHub) -> None:
    before = calls_counted(agency.hub, DayRollup)
    erase_person(agency.hub, agency.one(Person, phone_number=CALLER).id)
    assert added_up(agency.hub) == {f"{BOB}-page", f"{BOB}-keyword"}
    assert calls_counted(agency.hub, DayRollup) == before, "the call still counts"


def test_a_restore_brings_nothing_of_an_erased_person_into_the_roll_ups(
    agency: TestHub, other_database: Hub, tmp_path: Path
) -> None:
    save(agency.hub, tmp_path / "data")
    save_keys(agency.hub, tmp_path / "keys")
    erase_person(agency.hub, agency.one(Person, phone_number=CALLER).id)
    restore(other_database, tmp_path / "data", tmp_path / "keys")
    assert words_in(other_database) == {f"{BOB}-page", f"{BOB}-keyword"}, "at once, before any worker runs"
    added_up(agency.hub)
    for table in TABLES:
        with agency.hub.store.reading() as old, other_database.store.reading() as new:
            key = [row.model_dump_json() for row in old.exec(select(table))]
            assert sorted(key) == sorted(row.model_dump_json() for row in new.exec(select(table))), (
                "the restored hub adds up as the live one does"
            )

"""People with thousands of calls or visits: each batch reads a bounded number of rows, and decides as if it read all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection
from psycopg.rows import tuple_row
from sqlalchemy import event, insert
from testbed import OTHER_CALLER, POOL, SHARED, TestHub

from hub.model import Attribution, Call, ConsentEntry, DirtyDay, Lease, Visit
from hub.model.columns import new_id
from hub.reports.calendar import day_of
from hub.reports.dirty_days import MAX_LATER_CONTACTS
from hub.spam.history import MAX_ROWS_OF_ONE

Factory = Callable[..., TestHub]
MANY = 2_500
CLICK = "https://lakeside.example.com/?gclid=Cj0KCQjw123456789"
PLAIN = "https://lakeside.example.com/"


@contextmanager
def rows_read(stage: TestHub) -> Iterator[Counter[str]]:
    """Counts the rows that come from the database."""
    counts: Counter[str] = Counter()

    def counted(row: Any) -> Any:
        counts["rows"] += 1
        return row

    def for_sqlite(cursor: Any, row: Any) -> Any:
        return counted(row)

    def for_postgresql(cursor: Any) -> Any:
        make = tuple_row(cursor)
        return lambda values: counted(make(values))

    def count(connection: Any, record: Any, proxy: Any) -> None:
        connection.row_factory = for_postgresql if isinstance(connection, Connection) else for_sqlite

    def stop(connection: Any, record: Any) -> None:
        connection.row_factory = tuple_row if isinstance(connection, Connection) else None

    pool = stage.hub.store.engine.pool
    event.listen(pool, "checkout", count)
    event.listen(pool, "checkin", stop)
    yield counts
    event.remove(pool, "checkout", count)
    event.remove(pool, "checkin", stop)


def copies(stage: TestHub, row: Call | Visit, changes: Callable[[int], dict[str, Any]]) -> list[str]:
    """MANY rows like `row`, each with its own changes; their ids."""
    values = {column.name: getattr(row, column.name) for column in type(row).__table__.columns}  # type: ignore[union-attr]
    rows = [{**values, "id": new_id(), **changes(number)} for number in range(MANY)]
    with stage.hub.store.writing() as session:
        session.execute(insert(type(row)), rows)
    return [str(row["id"]) for row in rows]


def robocaller(stage: TestHub) -> Call:
    """The caller's first call, which MANY others followed, a minute apart."""
    first = stage.call_in()
    copies(
        stage,
        first,
        lambda number: {
            "carrier_call_id": f"CB{number}",
            "started_at": first.started_at + timedelta(minutes=number + 1),
            "first_time_caller": False,
        },
    )
    stage.clock.advance(minutes=MANY + 1)
    return first


def test_one_more_call_of_a_robocaller_reads_as_few_rows_as_any_call(hub: Factory) -> None:
    stage = hub()
    robocaller(stage)
    with rows_read(stage) as ordinary:
        stage.call_in(caller=OTHER_CALLER)
    stage.clock.advance(minutes=1)
    with rows_read(stage) as busy:
        call = stage.call_in()
    assert call.first_time_caller is False
    assert busy["rows"] < ordinary["rows"] + 2 * MAX_ROWS_OF_ONE + 20, "its score looks at the caller's newest calls"


def test_a_robocallers_call_that_turns_up_late_is_the_first_and_is_found_by_reading_few_rows(hub: Factory) -> None:
    stage = hub()
    first = robocaller(stage)
    with rows_read(stage) as busy:
        late = stage.call_in(at=first.started_at - timedelta(hours=1))
    assert late.first_time_caller is True
    assert stage.one(Call, first_time_caller=True).id == late.id
    assert busy["rows"] < 2 * MAX_LATER_CONTACTS + 300, "the call that was the first goes through the flow once more"
    zone = ZoneInfo(stage.directory.companies["lakeside"].time_zone)
    assert {each.day for each in stage.rows(DirtyDay)} == {day_of(call.started_at, zone) for call in stage.rows(Call)}


def busy_visitor(stage: TestHub) -> Visit:
    """The caller's visit with a click and a browser that objects, which MANY visits of the same browser followed."""
    shown = stage.visit(landing_page=CLICK, gpc_later=True)
    stage.call_in(shown.number)
    first = stage.visit_of(shown)
    later = {"gpc": False, "click_ids": {}, "clicked_at": {}, "clicks_end_at": None, "landing_page": PLAIN}
    times = [first.started_at + timedelta(minutes=number + 1) for number in range(MANY)]
    copies(stage, first, lambda number: {**later, "started_at": times[number], "last_seen_at": times[number]})
    return first


def test_of_a_person_with_very_many_visits_few_are_read_and_what_the_oldest_says_still_counts(hub: Factory) -> None:
    stage = hub()
    first = busy_visitor(stage)
    stage.deliver()
    stage.clock.advance(days=10)
    stage.law.questions.clear()
    with rows_read(stage) as busy:
        call = stage.call_in(SHARED)
        stage.deliver()
    assert busy["rows"] < 200
    signals = [{(each.kind, each.evidence) for each in question.signals} for question in stage.law.questions]
    assert len(signals) > 1 and all(each == {("gpc", f"visit {first.id}")} for each in signals)
    newest = max(stage.rows(Visit), key=lambda visit: visit.started_at)
    found = stage.one(Attribution, subject_id=call.id)
    assert (found.rule, found.visit_id) == ("person.earlier", newest.id)
    [conversion] = stage.network.batches[-1]
    assert conversion.click_ids == {"gclid": "Cj0KCQjw123456789"}
    assert {each.visit_id for each in stage.rows(ConsentEntry) if each.channel == "gpc"} == {first.id}


def test_a_person_with_very_many_visits_who_redials_a_remembered_number_is_found_by_the_visit_that_held_it(
    hub: Factory,
) -> None:
    stage = hub()
    first = busy_visitor(stage)
    [lease] = stage.rows(Lease, visit_id=first.id)
    number = next(number for number in POOL if stage.directory.lines[number].number.id == lease.tracking_number_id)
    stage.clock.advance(days=30)
    with rows_read(stage) as busy:
        call = stage.call_in(number)
    found = stage.one(Attribution, subject_id=call.id)
    assert (found.rule, found.visit_id) == ("person.remembered", first.id)
    assert busy["rows"] < 200

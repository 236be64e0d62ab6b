"""The ledger's day: what has expired is told, and each end is signed once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import event
from testbed import TestHub

from hub.model import ConsentEntry, JournalEntry, Person
from hub.privacy.ledger.daily import write_expired
from hub.store.journal import sign_due

Factory = Callable[..., TestHub]


def closed(stage: TestHub) -> int:
    """How many consents were written as expired, and ends signed."""
    hub = stage.hub
    return write_expired(hub.store, hub.clock()) + len(sign_due(hub.store, hub.keyring, hub.clock()))


def test_a_yes_that_lapsed_is_told_as_expired_once_unless_the_person_spoke_again(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    person = stage.one(Person)
    until = stage.clock() + timedelta(hours=1)
    stage.say(person, "given", "marketing", lapses_at=until)
    stage.say(person, "given", "sales", lapses_at=until)
    stage.say(person, "withdrawn", "sales")
    assert closed(stage) == 2, "the ends are signed, and nothing has expired yet"
    stage.clock.advance(hours=2)
    assert (closed(stage), closed(stage)) == (1, 0)
    told = stage.one(ConsentEntry, state="expired")
    first = stage.one(ConsentEntry, use="marketing", state="given")
    assert (told.use, told.supersedes, told.stated_at, told.evidence) == ("marketing", first.id, until, first.id)


def test_an_end_is_signed_when_it_has_grown_and_a_day_has_passed(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    person = stage.one(Person)
    stage.say(person, "given", "marketing")
    assert (closed(stage), closed(stage)) == (2, 0), "the account's chain, and the hub's, which signs that one too"
    stage.say(person, "withdrawn", "marketing")
    assert closed(stage) == 0, "it was signed today"
    stage.clock.advance(days=1)
    assert (closed(stage), closed(stage)) == (2, 0)
    assert len(stage.rows(JournalEntry, kind="signed")) == 4


def test_what_has_expired_is_found_without_reading_the_whole_ledger(lite_hub: Factory) -> None:
    stage, asked = lite_hub(), []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if "lapses_at <=" in statement:
            asked.append((statement, parameters))

    event.listen(stage.hub.store.engine, "before_cursor_execute", note)
    closed(stage)
    event.remove(stage.hub.store.engine, "before_cursor_execute", note)
    ((statement, parameters),) = asked
    with stage.hub.store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert not [line for *_, line in plan if line.startswith("SCAN")]

"""A hub's history moves to another hub through CallRail's API: the same counts and fields, even if the move is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from import_stage import Ours, Theirs, account_with, hub_to_fill
from sqlmodel import select
from testbed import make_config

from benchmarks.import_callrail import LISTS, comparable, differences, in_order
from hub.access.keys import new_api_key
from hub.importing.callrail.account import CallRailAccount
from hub.importing.records import Page, Position
from hub.importing.run import import_rows
from hub.model import Attribution, Call, ImportStep, Lead, Note, Person, Tag, User
from hub.platform.rate_limit import Counters
from hub.startup.assembly import assemble
from hub.testing import FrozenClock
from hub.web.callrail import create_callrail_api

CALLS = 300


@pytest.fixture(scope="module")
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="module")
def theirs(databases: Path, clock: FrozenClock) -> Iterator[Theirs]:
    with account_with(databases, CALLS, clock) as made:
        yield made


@pytest.fixture
def ours(databases: Path, tmp_path: Path, clock: FrozenClock) -> Iterator[Ours]:
    with hub_to_fill(databases, tmp_path, clock) as made:
        yield made


def records(account: CallRailAccount, name: str) -> list[dict[str, Any]]:
    kept, fields = LISTS[name]
    asked = {"date_range": "all_time", "fields": fields}
    pages = account.client.pages(f"a/{account.account}/{name}.json", kept, asked)
    return in_order(comparable(row) for page in pages for row in page.rows)


def as_account(ours: Ours) -> CallRailAccount:
    """The filled hub, read through its own API."""
    with ours.stage.hub.store.writing() as session:
        owner = session.exec(select(User)).first()
        assert owner is not None
        owner.role = "owner"
        session.add(owner)
        key = new_api_key(session, owner, ours.stage.clock())
    return Theirs(ours.stage.hub, create_callrail_api(ours.stage.hub, counters=Counters()), key).account()


def test_counts_and_fields_are_the_same_on_both_sides(theirs: Theirs, ours: Ours) -> None:
    source = theirs.account()
    steps = {step.resource: step for step in ours.bring(source)}
    assert steps["calls"].counts == {"new": CALLS} and not steps["calls"].problems
    assert {name: steps[name].counts["new"] for name in ("forms", "texts")} == {
        "forms": CALLS // 20,
        "texts": CALLS // 20,
    }
    here = as_account(ours)
    for name in LISTS:
        assert differences(name, records(source, name), records(here, name)) == []


@dataclass
class Told:
    """Pages that were read before."""

    source: str
    read: list[Page]
    options: str = ""
    service: str = "callrail"

    def pages(self, resource: str, place: Position) -> Iterator[Page]:
        yield from self.read[place.place :]


class Deadly:
    """A clock that kills its process at one of its calls, which may be anywhere, such as within a transaction."""

    def __init__(self, now: datetime, left: int) -> None:
        self._now, self._left = now, left

    def __call__(self) -> datetime:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._now


def rows_of(ours: Ours) -> dict[str, list[Any]]:
    """Everything that was imported, without what is random: people's ids and encrypted bytes."""
    apart = {"person_id", "sealed_name", "sealed", "due_at"}
    found: dict[str, list[Any]] = {}
    for table in (Call, Attribution, Lead, Tag, Note):
        rows = [{k: v for k, v in row.model_dump().items() if k not in apart} for row in ours.stage.rows(table)]
        found[table.__name__] = sorted(rows, key=lambda row: str(row.get("id", row.get("subject_id"))))
    found["Person"] = sorted(
        (row.company_id, row.phone_number, row.first_seen_at, row.expires_at) for row in ours.stage.rows(Person)
    )
    return found


@pytest.mark.soak
@pytest.mark.parametrize("calls_of_the_clock", [75, 100])
def test_a_move_that_is_killed_within_a_page_goes_on_and_ends_the_same(
    theirs: Theirs, ours: Ours, calls_of_the_clock: int
) -> None:
    source = theirs.account()
    ours.bring_structure(source)
    calls = [record for page in source.pages("calls") for record in page.records]
    told = Told(
        source.source, [Page(n, 100 * n, CALLS, tuple(calls[100 * (n - 1) : 100 * n]), (), n == 3) for n in (1, 2, 3)]
    )
    killed = os.fork()
    if not killed:
        # The kill is the point: nothing of this process is cleaned up.
        database = ours.stage.hub.config.hub.database
        hub = assemble(make_config(database, accounts=()), Deadly(ours.stage.clock(), calls_of_the_clock))
        import_rows(hub, told, ("calls",), "operator")
        os._exit(0)
    _, status = os.waitpid(killed, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    stored = len(ours.stage.rows(Call))
    assert 0 < stored < CALLS and stored % 100 == 0, "a page is stored as a whole or not at all"
    (step,) = import_rows(ours.stage.hub, told, ("calls",), "operator")
    assert (step.counts, step.problems) == ({"new": CALLS}, {})
    after_the_kill = rows_of(ours)
    assert len(after_the_kill["Call"]) == CALLS
    with ours.stage.hub.store.writing() as session:
        session.delete(session.get_one(ImportStep, (source.source, "calls")))
    (again,) = import_rows(ours.stage.hub, told, ("calls",), "operator")
    assert again.counts == {"unchanged": CALLS}
    assert rows_of(ours) == after_the_kill

"""The report of a chaos run shows everything that must not be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.api.sandbox import Sandbox
from hub.model import Call, Delivery, InboxWebhook
from hub.model.conversions import conversion_key
from hub.plugin_host.plugin_texts.plugin_log import PLUGIN_PRINTED
from hub.plugin_host.sandboxes import RunningSandboxes
from hub.proof.chaos.check import MUST_BE_ZERO, ChaosReport, balance
from hub.proof.chaos.environment import CONVERSION_RULE, Environment
from hub.proof.chaos.load import Callers, PlayedCall
from hub.store.engine import Store
from hub.store.schema import upgrade

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
WORK: dict[str, Any] = {"state": "done", "due_at": NOW, "expires_at": NOW + timedelta(days=1)}


class PaperProvider(Sandbox):
    """An ad network and a CRM on paper."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: dict[str, dict[str, Any]] = {}
        self.logged: list[dict[str, Any]] = []

    def conversions(self) -> dict[str, dict[str, Any]]:
        return self.counted

    def activities(self) -> list[dict[str, Any]]:
        return self.logged


@dataclass
class World:
    """One call, rightly told to everybody."""

    store: Store
    callers: Callers
    stage: Environment
    provider: PaperProvider
    key: str
    call_id: str
    log: Path
    clean: bool = True
    row: Call = field(init=False)

    def books(self) -> ChaosReport:
        return balance(self.stage, self.store, self.callers, faults=1, log=self.log, clean=self.clean)

    def add(self, row: Any) -> None:
        with self.store.writing() as session:
            session.add(row)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    provider = PaperProvider()
    running = RunningSandboxes({"carrier": provider, "network": provider, "crm": provider}, frozenset())
    database = f"sqlite:///{tmp_path / 'chaos.db'}"
    stage = Environment(tmp_path / "config.yaml", database, "http://127.0.0.1:1", {}, running, tmp_path)
    store = Store(database)
    upgrade(store)
    callers = Callers(stage, seed=1)
    call = Call(connector="carrier", carrier_call_id="CA1", status="completed", started_at=NOW, **WORK)
    world = World(
        store, callers, stage, provider, conversion_key(CONVERSION_RULE, call.id), call.id, tmp_path / "hub.log"
    )
    callers.calls.append(PlayedCall("click-1", "answered", False, "CA1", None, True))
    callers.acknowledged.add(("https://x/voice", b"one"))
    webhook = InboxWebhook(
        connector="carrier", event_key="1", received_at=NOW, url="https://x/voice", body=b"one", **WORK
    )
    provider.counted[world.key] = {"click_ids": {"gclid": "click-1"}}
    provider.logged.append({"key": call.id})
    with store.writing() as session:
        session.add_all([call, webhook])
    yield world
    callers.abandon()
    store.close()


def test_books_that_balance_say_so(world: World) -> None:
    books = world.books()
    assert books.problems() == []
    assert (books.stored, books.counted_once, books.logged_once) == (1, 1, 1)


def lose(world: World) -> None:
    world.callers.acknowledged.add(("https://x/voice", b"two"))


def forget_the_call(world: World) -> None:
    world.callers.calls.append(PlayedCall("click-2", "answered", False, "CA2", None, True))


def convert_nothing(world: World) -> None:
    world.provider.counted.clear()


def convert_twice(world: World) -> None:
    world.provider.counted["rf-other"] = {"click_ids": {"gclid": "click-1"}}


def convert_another_click(world: World) -> None:
    world.provider.counted[world.key] = {"click_ids": {"gclid": "click-7"}}


def forget_the_visit(world: World) -> None:
    world.callers.calls[0] = replace(world.callers.calls[0], visit_id="visit-1")


def log_nothing(world: World) -> None:
    world.provider.logged.clear()


def log_twice(world: World) -> None:
    world.provider.logged.append({"key": world.call_id})


def leave_a_delivery(world: World, state: str = "leased") -> None:
    more = {"hook": "log_calls", "dedup_key": "k", "item_key": "k", "subject_id": "s", "made_at": NOW, "due_at": NOW}
    world.add(Delivery(connector="crm", state=state, **more))


def give_up(world: World) -> None:
    leave_a_delivery(world, "dead")


def park(world: World) -> None:
    world.add(InboxWebhook(connector="carrier", event_key="2", received_at=NOW, **WORK | {"state": "parked"}))


def crash(world: World) -> None:
    world.log.write_text("Traceback (most recent call last)\n")


def hang(world: World) -> None:
    world.clean = False


def test_a_traceback_that_a_plugins_process_printed_is_not_the_hubs(world: World) -> None:
    line = {"event": PLUGIN_PRINTED, "line": "Traceback (most recent call last):", "connector": "gigabyte"}
    world.log.write_text(json.dumps(line) + "\n")
    assert world.books().problems() == []


@pytest.mark.parametrize(
    ("wrong", "faults"),
    [
        (lose, {"lost"}),
        (forget_the_call, {"missing_calls"}),
        (convert_nothing, {"missing_conversions"}),
        (convert_twice, {"doubled_conversions", "strange_conversions"}),
        (convert_another_click, {"wrong_clicks"}),
        (forget_the_visit, {"lost_visitors"}),
        (log_nothing, {"missing_tasks"}),
        (log_twice, {"doubled_tasks"}),
        (leave_a_delivery, {"limbo"}),
        (give_up, {"failed_deliveries"}),
        (park, {"parked"}),
        (crash, {"tracebacks"}),
        (hang, {"unclean_stops"}),
    ],
)
def test_books_that_do_not_balance_name_what_is_wrong(world: World, wrong: Any, faults: set[str]) -> None:
    wrong(world)
    books = world.books()
    assert {name for name in MUST_BE_ZERO if getattr(books, name)} == faults
    assert len(books.problems()) == len(faults) + books.limbo


def test_a_call_whose_carrier_gave_up_is_neither_missed_nor_strange(world: World) -> None:
    world.callers.calls.append(PlayedCall("click-3", "answered", False, "CA3", "visit-3", True))
    assert world.books().missing_calls == 1
    world.callers.half_reported.add("CA3")
    books = world.books()
    assert books.half_reported == 1 and books.problems() == []
    begun = Call(connector="carrier", carrier_call_id="CA3", status="in_progress", started_at=NOW, **WORK)
    world.provider.counted[conversion_key(CONVERSION_RULE, begun.id)] = {"click_ids": {"gclid": "click-3"}}
    world.add(begun)
    assert world.books().problems() == []

"""What a stand-in holds is in a file, which all processes of a hub share."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from hub.api.sandbox import HttpSandbox, Sandbox
from hub.errors import ConfigError
from hub.plugin_host.discovery import discover
from hub.plugin_host.sandbox_state import SandboxState
from hub.testing import FrozenClock

Open = Callable[..., "Shop"]


@dataclass
class Order:
    """What was ordered, and when."""

    number: str
    at: datetime
    notes: list[str] = field(default_factory=list)


class Books:
    """The shop's orders."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.orders: dict[int, Order] = {}
        self.seen: Counter[date] = Counter()


class Shop(HttpSandbox):
    """A provider with values of every kind."""

    not_kept = HttpSandbox.not_kept | {"port"}

    def __init__(self, clock: Callable[[], datetime] = FrozenClock()) -> None:
        super().__init__(clock)
        self.books = Books(self)
        self.ids = itertools.count(1)
        self.blocked: set[tuple[str, str]] = set()
        self.pairs: dict[tuple[str, int], bytes] = {}
        self.prices = {"local": Decimal("1.15"), "mobile": Decimal("2.00")}
        self.lifetime = timedelta(minutes=30)
        self.links: list[str] = []
        self.port = 0
        self.helper = threading.Lock()

    def order(self, number: str) -> int:
        with self.shared():
            key = next(self.ids)
            self.books.orders[key] = Order(number, self.clock())
            self.books.seen[self.clock().date()] += 1
        return key

    def app(self) -> Any:
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route

        async def order(request: Any) -> Any:
            number = (await request.body()).decode()
            key = next(self.ids)
            self.books.orders[key] = Order(number, self.clock())
            self.links.append(f"{self.url}/{key}")
            return PlainTextResponse(" ".join(each.number for each in self.books.orders.values()))

        return Starlette(routes=[Route("/", order, methods=["POST"])])


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Open]:
    """A process's stand-in, over the same file as the others."""
    with ExitStack() as opened:

        def one(listening: bool = False) -> Shop:
            shop = Shop()
            if listening:
                opened.enter_context(shop)
            shop.state = state = SandboxState(shop, tmp_path / "state" / "phone.shop.sqlite")
            state.open()
            opened.callback(state.close)
            return shop

        yield one


def test_each_process_sees_what_the_others_did(open_shop: Open) -> None:
    here, there = open_shop(), open_shop()
    with here.shared():
        here.blocked.add(("+13125550100", "+13125550142"))
        here.pairs["a", 1] = b"\x00\xff"
        here.prices["mobile"] = Decimal("2.50")
        del here.prices["local"]
        here.lifetime = timedelta(days=1, microseconds=5)
        here.port = 4711
    assert here.order("+13125550101") == 1
    assert there.order("+13125550102") == 2
    assert here.order("+13125550103") == 3
    with there.shared():
        del there.books.orders[2]
    for shop in (here, there, open_shop()):
        with shop.shared():
            assert list(shop.books.orders) == [1, 3]
            assert shop.books.orders[1] == Order("+13125550101", here.clock())
            assert shop.books.seen == Counter({here.clock().date(): 3})
            assert type(shop.books.seen) is Counter
            assert shop.blocked == {("+13125550100", "+13125550142")}
            assert shop.pairs == {("a", 1): b"\x00\xff"}
            assert shop.prices == {"mobile": Decimal("2.50")}
            assert shop.lifetime == timedelta(days=1, microseconds=5)
            assert shop.books.shop is shop
    assert (here.port, there.port) == (4711, 0)


def test_a_change_inside_a_record_reaches_the_others(open_shop: Open) -> None:
    here, there = open_shop(), open_shop()
    here.order("+13125550101")
    with there.shared():
        there.books.orders[1].notes.append("paid")
    with here.shared():
        assert here.books.orders[1].notes == ["paid"]


def test_a_reply_leaves_after_its_change_is_in_the_file(open_shop: Open) -> None:
    here, there = open_shop(listening=True), open_shop(listening=True)
    for shop, number in ((here, "one"), (there, "two"), (here, "three")):
        reply = httpx2.post(shop.url, content=number, trust_env=False)
    with there.shared():
        assert there.links == [f"{there.url}/{key}" for key in (1, 2, 3)], "each process shows its own address"
    assert reply.text == "one two three"


def test_what_every_new_sandbox_holds_is_not_in_the_file(open_shop: Open, tmp_path: Path) -> None:
    open_shop().order("+13125550101")
    with sqlite3.connect(tmp_path / "state" / "phone.shop.sqlite") as connection:
        names = {json.loads(name) for (name,) in connection.execute("SELECT name FROM entry WHERE name LIKE '\"%'")}
    connection.close()
    assert names == {"ids"}


def test_only_the_hubs_user_reads_the_file(open_shop: Open, tmp_path: Path) -> None:
    open_shop().order("+13125550101")
    folder = tmp_path / "state"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda file: file.write_bytes(b"not a database at all" * 400), id="garbage"),
        pytest.param(lambda file: _change(file, "PRAGMA user_version = 99"), id="another format"),
        pytest.param(
            lambda file: _change(file, """UPDATE entry SET value = '{"$": "os:system", "is": {}}'"""), id="class"
        ),
        pytest.param(lambda file: _change(file, "UPDATE entry SET value = '{'"), id="no JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_put_aside_with_one_warning(
    open_shop: Open, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    first = open_shop()
    first.order("+13125550101")
    assert first.state is not None
    first.state.close()
    spoil(tmp_path / "state" / "phone.shop.sqlite")
    with capture_logs() as logs:
        shop = open_shop()
        assert shop.order("+13125550102") == 1
    assert [each["log_level"] for each in logs] == ["warning"]
    assert Path(logs[0]["file"]).is_file()
    assert [each.number for each in open_shop().books.orders.values()] == ["+13125550102"]


def test_a_folder_that_cannot_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ConfigError, match="allow the hub's user to write there"):
        SandboxState(Shop(), tmp_path / "state" / "phone.shop.sqlite").open()


def test_a_part_that_cannot_be_stored_is_named_once(open_shop: Open) -> None:
    shop = open_shop()
    with capture_logs() as logs:
        for _ in range(2):
            with shop.shared():
                shop.prices["stream"] = Decimal  # type: ignore[assignment]
                shop.order("+13125550101")
    assert [each["part"] for each in logs] == ["prices.stream"]


WRITER = """
import sys, pathlib
sys.path.insert(0, {here!r})
from test_sandbox_state import Shop
from hub.plugin_host.sandbox_state import SandboxState
shop = Shop()
shop.state = state = SandboxState(shop, pathlib.Path(sys.argv[1]))
state.open()
for _ in range(int(sys.argv[2])):
    print(shop.order("+13125550101"), flush=True)
"""


@pytest.mark.soak
def test_two_processes_at_once_lose_nothing_and_a_kill_loses_nothing_that_was_acknowledged(
    open_shop: Open, tmp_path: Path
) -> None:
    file = tmp_path / "state" / "phone.shop.sqlite"
    command = [sys.executable, "-c", WRITER.format(here=str(Path(__file__).parent)), str(file)]
    killed = subprocess.Popen([*command, "1000000"], stdout=subprocess.PIPE)
    other = subprocess.Popen([*command, "60"], stdout=subprocess.PIPE)
    assert killed.stdout is not None
    acknowledged = [int(killed.stdout.readline()) for _ in range(40)]
    os.kill(killed.pid, signal.SIGKILL)
    acknowledged += map(int, killed.stdout.read().splitlines())
    acknowledged += map(int, other.communicate(timeout=60)[0].splitlines())
    assert len(set(acknowledged)) == len(acknowledged) >= 100
    assert set(acknowledged) <= open_shop().books.orders.keys()


@pytest.mark.parametrize("name", sorted(name for name, each in discover().classes.items() if each.sandbox_class()))
def test_everything_that_a_stand_in_of_ours_holds_can_be_shared(name: str, tmp_path: Path) -> None:
    made = discover().classes[name].sandbox_class()
    assert made is not None
    sandbox: Sandbox = made(FrozenClock(datetime(2026, 11, 24, tzinfo=UTC)))
    state = SandboxState(sandbox, tmp_path / "x.sqlite")
    assert {part.rsplit(".")[-1].strip("_") for part in state.not_stored()} <= {"clock", "lock"}


def _change(file: Path, statement: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute(statement)
    connection.close()

"""A shop for each test, and the sentence of an error."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import postgres
import pytest
from cli_shop import ADCO, Shop
from shop_copies import empty, held_by, put_back
from testbed import KEY
from typer.testing import Result

from hub.errors import RingfenceError
from hub.platform import logs
from hub.platform.clock import utc_now
from hub.testing import FrozenClock
from plugins.carriers.twilio.sandbox import Sandbox


@pytest.fixture(scope="session")
def running_carrier() -> Iterator[tuple[Sandbox, bytes]]:
    """Twilio's stand-in, running, and what it holds at first."""
    with Sandbox() as sandbox:
        yield sandbox, held_by(sandbox)


@pytest.fixture
def carrier(running_carrier: tuple[Sandbox, bytes]) -> Sandbox:
    """Twilio's stand-in, as new."""
    sandbox, held = running_carrier
    put_back(sandbox, held)
    return sandbox


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory, databases: Path) -> tuple[Path, Path]:
    """The folder of all shops of this process, one after another, and that of their databases: with equal paths, what was done
    with one shop can be copied for another."""
    return tmp_path_factory.mktemp("shop"), Path(tempfile.mkdtemp(prefix="shop-", dir=databases))


@pytest.fixture
def tmp_path(places: tuple[Path, Path]) -> Path:
    """The empty folder of this test's shop."""
    for place in places:
        empty(place)
    return places[0]


@pytest.fixture
def shop(
    places: tuple[Path, Path], databases: Path, tmp_path: Path, carrier: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Shop:
    """A hub's folder, an hour ago."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "adco.py").write_text(ADCO)
    (tmp_path / "key").write_text(KEY)
    database = postgres.sqlite_copy(databases).rename(places[1] / "hub.db")
    made = Shop(tmp_path, carrier, FrozenClock(utc_now() - timedelta(hours=1)), f"sqlite:///{database}", places)
    carrier.clock = made.clock
    made.configure()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "250")
    # The runner closes its streams after a command; a log that kept them would fail in later tests.
    monkeypatch.setattr(logs, "configure", lambda level="info": None)
    return made


@pytest.fixture
def refusal() -> Callable[[Result], str]:
    """The sentence with which `hub` ends with status 2."""

    def of(result: Result) -> str:
        assert isinstance(result.exception, RingfenceError), result.output
        return str(result.exception)

    return of

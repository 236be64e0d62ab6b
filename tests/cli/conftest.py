"""A shop for each test, and the sentence of an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cli_shop import ADCO, Shop
from typer.testing import Result

from hub.errors import RingfenceError
from hub.platform import logs
from hub.platform.clock import utc_now
from hub.store.encryption.keyring import new_key
from hub.testing import FrozenClock
from plugins.carriers.twilio.sandbox import Sandbox


@pytest.fixture(scope="session")
def running_carrier() -> Iterator[Sandbox]:
    """Twilio's stand-in, running."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def carrier(running_carrier: Sandbox) -> Sandbox:
    """Twilio's stand-in, as new."""
    for kept in (
        running_carrier.calls,
        running_carrier.messages,
        running_carrier.held_recordings,
        running_carrier.numbers,
    ):
        kept.clear()
    running_carrier.heal()
    return running_carrier


@pytest.fixture
def shop(tmp_path: Path, carrier: Sandbox, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A hub's folder, an hour ago."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "adco.py").write_text(ADCO)
    (tmp_path / "key").write_text(new_key())
    made = Shop(tmp_path, carrier, FrozenClock(utc_now() - timedelta(hours=1)), sqlite_url)
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

"""A real PostgreSQL goes away: refused, read-only, or locked; what came in meanwhile is in it afterwards, once."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select
from test_spool import a_row

from hub.model import InboxWebhook
from hub.store import Store
from hub.store.encryption.keyring import Keyring
from hub.store.spool import Drainer, Spool
from hub.store.writers.inbox_writer import SPOOLED_AS, InboxWriter

pytestmark = pytest.mark.postgresql


class Kept:
    """A writer of webhooks with its spool, and the thread that drains it as a function."""

    def __init__(self, url: str, folder: Path) -> None:
        self.store = Store(url)
        self.store.outage.patience = 0.3
        self.spool = Spool(folder / "spool", Keyring([base64.b64encode(b"s" * 32).decode()]))
        self.writer = InboxWriter(self.store, spool=self.spool)
        self.drainer = Drainer(self.store, self.spool, {SPOOLED_AS: self.writer.drain})

    def write(self, *keys: str) -> bool:
        """Whether the webhooks were acknowledged."""
        said: list[bool] = []
        done = threading.Event()
        self.writer.submit([a_row(key) for key in keys], lambda durable: (said.append(durable), done.set())[1])  # type: ignore[func-returns-value]
        while not done.wait(0.1):
            self.store.outage.look()
        return said[0]

    def keys(self) -> list[str]:
        with self.store.reading() as session:
            return sorted(session.exec(select(InboxWebhook.event_key)))


@pytest.fixture
def kept(postgres_url: str, tmp_path: Path) -> Iterator[Kept]:
    made = Kept(postgres_url, tmp_path)
    yield made
    made.writer.close()
    made.store.close()
    made.spool.close()


def order(kept: Kept, statement: str, **values: Any) -> None:
    """A statement on the database `postgres`, about this one; its connections are ended."""
    other = Store(kept.store.url.set(database="postgres", username="postgres").render_as_string(hide_password=False))
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
    with other.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(statement.replace("{}", str(kept.store.url.database))), values)
        connection.execute(text(ending), {"name": kept.store.url.database})
    other.close()


@pytest.mark.parametrize(
    ("away", "back"),
    [
        ("ALTER DATABASE {} ALLOW_CONNECTIONS false", "ALTER DATABASE {} ALLOW_CONNECTIONS true"),
        (
            "ALTER DATABASE {} SET default_transaction_read_only = on",
            "ALTER DATABASE {} SET default_transaction_read_only = off",
        ),
    ],
    ids=["refused", "read-only"],
)
def test_webhooks_are_kept_while_the_database_is_away(kept: Kept, away: str, back: str) -> None:
    assert kept.write("before")
    order(kept, away)
    assert kept.write("one", "two")
    assert kept.drainer.look() == 0
    assert kept.store.outage.since is not None
    assert kept.write("three")
    order(kept, back)
    assert kept.drainer.look() == 3
    assert kept.store.outage.since is None
    assert kept.write("after", "one")
    assert kept.keys() == ["after", "before", "one", "three", "two"]


def test_a_write_that_hangs_is_given_up_and_its_late_outcome_doubles_nothing(kept: Kept) -> None:
    with kept.store.engine.connect() as other:
        other.execute(text("LOCK TABLE inbox"))
        assert kept.write("hanging")
        assert kept.store.outage.since is not None
        assert kept.write("straight to the spool")
    assert kept.drainer.look() == 2
    assert kept.keys() == ["hanging", "straight to the spool"]

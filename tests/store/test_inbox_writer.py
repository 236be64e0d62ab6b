"""The ingest writer: what is acknowledged is durable, and what the database refuses is not acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import select

from hub.model import InboxWebhook
from hub.model.columns import new_id
from hub.store import Store
from hub.store.writers.inbox_writer import InboxWriter
from hub.testing import FrozenClock

NOW = FrozenClock()()


def a_row(key: str, **more: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "connector": "carrier",
        "event_key": key,
        "received_at": NOW,
        "method": "POST",
        "url": "https://calls.example.com/webhooks/carrier",
        "headers": "{}",
        "body": b"{}",
        "state": "ready",
        "due_at": NOW,
        "attempts": 0,
        "expires_at": NOW,
        **more,
    }


def write(writer: InboxWriter, *groups: Sequence[dict[str, Any]]) -> list[bool | None]:
    """What the writer says of each group of rows."""
    said: list[bool | None] = [None] * len(groups)
    left = threading.Semaphore(0)

    def note(index: int, durable: bool) -> None:
        said[index] = durable
        left.release()

    for index, rows in enumerate(groups):
        writer.submit(rows, lambda durable, index=index: note(index, durable))
    for _ in groups:
        assert left.acquire(timeout=10)
    return said


def keys(store: Store) -> list[str]:
    with store.reading() as session:
        return sorted(session.exec(select(InboxWebhook.event_key)))


def test_what_is_acknowledged_is_in_the_database(store: Store) -> None:
    seen: list[list[str]] = []
    writer = InboxWriter(store)
    done = threading.Event()

    def written(durable: bool) -> None:
        assert durable
        seen.append(keys(store))  # as another process sees it
        done.set()

    writer.submit([a_row("1"), a_row("2")], written)
    assert done.wait(10)
    writer.close()
    assert seen == [["1", "2"]]


def test_a_burst_is_written_in_few_commits_and_all_are_acknowledged(store: Store) -> None:
    commits = []
    writer = InboxWriter(store, after_commit=lambda: commits.append(1))
    assert write(writer, *([a_row(str(index))] for index in range(400))) == [True] * 400
    writer.close()
    assert len(keys(store)) == 400
    assert len(commits) < 200


def test_a_webhook_that_is_known_is_acknowledged_and_changes_nothing(store: Store) -> None:
    writer = InboxWriter(store)
    assert write(writer, [a_row("1", body=b"first")]) == [True]
    assert write(writer, [a_row("1", body=b"second")], [a_row("1"), a_row("2")]) == [True, True]
    writer.close()
    with store.reading() as session:
        assert session.exec(select(InboxWebhook.body).where(InboxWebhook.event_key == "1")).one() == b"first"
    assert keys(store) == ["1", "2"]


def test_what_the_database_refuses_is_not_acknowledged_and_the_writer_goes_on(store: Store) -> None:
    writer = InboxWriter(store)
    with store.writing() as session:
        session.execute(text("ALTER TABLE inbox RENAME TO away"))
    assert write(writer, [a_row("1")], [a_row("2")]) == [False, False]
    with store.writing() as session:
        session.execute(text("ALTER TABLE away RENAME TO inbox"))
    assert write(writer, [a_row("3")]) == [True]
    writer.close()
    assert keys(store) == ["3"]


def test_a_row_that_no_database_takes_costs_the_others_nothing(store: Store) -> None:
    writer = InboxWriter(store)
    said = write(writer, [a_row("1")], [a_row("2", received_at=None)], [a_row("3")])
    writer.close()
    assert said == [True, False, True]
    assert keys(store) == ["1", "3"]


def test_closing_writes_what_waits(store: Store) -> None:
    writer = InboxWriter(store)
    said: list[bool] = []
    for index in range(50):
        writer.submit([a_row(str(index))], said.append)
    writer.close()
    assert said == [True] * 50 and len(keys(store)) == 50

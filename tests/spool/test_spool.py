"""The spool: what was put in leaves it in its order, whole, one time; nothing of it can be read or stays behind."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seeds import TABLES, filled
from sqlalchemy import Table, text
from sqlalchemy.exc import OperationalError
from sqlmodel import select
from structlog.testing import capture_logs

from hub.errors import RetryLater
from hub.model import InboxWebhook, every_table
from hub.model.columns import new_id
from hub.store import Store
from hub.store.encryption.keyring import Keyring
from hub.store.spool import Drainer, Row, Spool
from hub.store.spool.drain import VISITS
from hub.store.spool.values import MARKS, dumped, loaded
from hub.store.writers.inbox_writer import SPOOLED_AS, InboxWriter

KEYRING = Keyring([base64.b64encode(b"s" * 32).decode()])
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SIMPLE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.datetimes(timezones=st.just(UTC)),
    st.dates(), st.decimals(allow_nan=False),
)  # fmt: skip
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*MARKS, "a"]), inner),
    max_leaves=6,
)


def a_row(key: str, **more: Any) -> dict[str, Any]:
    fixed = {"method": "POST", "url": "https://calls.example.com", "headers": "{}", "state": "ready", "attempts": 0}
    times = dict.fromkeys(("received_at", "due_at", "expires_at"), NOW)
    return {"id": new_id(), "connector": "carrier", "event_key": key, "body": b"CallSid=1", **fixed, **times, **more}


def keys(store: Store) -> list[str]:
    with store.reading() as session:
        return sorted(session.exec(select(InboxWebhook.event_key)))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "hub.spool", KEYRING)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
@settings(max_examples=60)
def test_a_row_comes_back_as_it_was(row: dict[str, Any]) -> None:
    assert loaded(dumped(row)) == row


@pytest.mark.parametrize("table", every_table().sorted_tables, ids=str)
def test_a_row_of_every_table_of_the_model_comes_back_with_each_column_and_its_type(table: Table) -> None:
    row = TABLES[table.name](**{column.name: filled(column, NOW) for column in table.c}).model_dump(warnings=False)
    assert row.keys() == {column.name for column in table.c} and None not in row.values()
    back = loaded(dumped(row))
    assert back == row
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in row.items()}


def test_a_spool_that_was_never_needed_has_no_file(spool: Spool, tmp_path: Path) -> None:
    assert spool.is_empty()
    assert spool.take(10) == []
    assert list(tmp_path.iterdir()) == []


def test_rows_leave_in_their_order_and_another_process_sees_them(spool: Spool, tmp_path: Path) -> None:
    spool.put("inbox", [{"n": 1}, {"n": 2}])
    spool.put("form", [{"n": 3}])
    another = Spool(tmp_path / "hub.spool", KEYRING)
    assert [(each.kind, each.row["n"]) for each in another.take(10)] == [("inbox", 1), ("inbox", 2), ("form", 3)]
    another.drop([each.id for each in another.take(2)])
    assert [each.row["n"] for each in spool.take(10)] == [3]


def test_personal_data_cannot_be_read_in_the_file_and_none_stays(spool: Spool, tmp_path: Path) -> None:
    spool.put("inbox", [{"body": b"From=%2B13125550142"}] * 50)
    file = tmp_path / "hub.spool"
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600] * 3
    assert b"3125550142" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    spool.drop([each.id for each in spool.take(100)])
    assert (tmp_path / "hub.spool-wal").stat().st_size == 0
    assert file.stat().st_size <= 5 * 4096


def test_a_row_whose_key_is_gone_is_set_aside_and_the_others_go_on(spool: Spool, tmp_path: Path) -> None:
    spool.put("inbox", [{"n": 1}])
    other = Spool(tmp_path / "hub.spool", Keyring([base64.b64encode(b"o" * 32).decode()]))
    other.put("inbox", [{"n": 2}])
    assert [each.row["n"] for each in other.take(10)] == [2]
    assert (other.state().waiting, other.state().refused) == (1, 1)
    assert spool.retry_refused() == 1


def test_webhooks_are_drained_once_although_some_are_in_the_database_already(store: Store, spool: Spool) -> None:
    writer = InboxWriter(store, spool=spool)
    rows = [a_row(str(number)) for number in range(7)]
    writer.drain(rows[:3])
    spool.put(SPOOLED_AS, [*rows, a_row("3")])
    assert Drainer(store, spool, {SPOOLED_AS: writer.drain}).look() == 8
    assert keys(store) == [str(number) for number in range(7)]
    assert spool.is_empty()


def test_a_row_that_the_database_refuses_does_not_hold_up_the_others(store: Store, spool: Spool) -> None:
    writer = InboxWriter(store, spool=spool)
    spool.put(SPOOLED_AS, [a_row("1"), a_row("2", connector=None), a_row("3")])
    spool.put("unheard of", [{"n": 1}])
    assert Drainer(store, spool, {SPOOLED_AS: writer.drain}).look() == 2
    assert keys(store) == ["1", "3"]
    assert (spool.state().waiting, spool.state().refused) == (0, 2)


def test_a_row_whose_time_has_not_come_waits_with_one_warning_and_no_error(store: Store, spool: Spool) -> None:
    calls: list[str] = []

    def write(rows: Sequence[Row]) -> None:
        if not calls:
            raise RetryLater("The call of a conversation is not known yet.")

    drainer = Drainer(store, spool, {"conversation": write})
    spool.put("conversation", [{"n": 1}])
    with capture_logs() as said:
        for _ in range(3):
            assert drainer.look() == 0 and spool.retry_refused() == 1
    assert [(each["log_level"], each["why"]) for each in said] == [
        ("warning", "The call of a conversation is not known yet.")
    ]
    calls.append("it is known")
    assert drainer.look() == 1 and spool.is_empty()


def test_a_row_that_always_fails_as_a_lost_database_does_keeps_no_other_row_waiting(store: Store, spool: Spool) -> None:
    written: list[int] = []

    def write(rows: Sequence[Row]) -> None:
        if any(row["n"] == 1 for row in rows):
            raise OperationalError("insert", {}, Exception("index row size exceeds maximum"))
        written.extend(row["n"] for row in rows)

    drainer = Drainer(store, spool, {"form": write})
    spool.put("form", [{"n": 1}])
    assert drainer.look() == 0 and store.outage.since is not None, "nothing says that it is the row"
    assert (spool.state().waiting, spool.state().refused) == (1, 0)
    spool.put("form", [{"n": 2}, {"n": 3}])
    assert drainer.look() == 2 and store.outage.since is None
    assert written == [2, 3] and (spool.state().waiting, spool.state().refused) == (0, 1)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", VISITS]), st.integers(0, 3)), max_size=12), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_rows_of_a_kind_are_written_together_in_their_order_and_visits_before_what_looks_for_them(
    what: Sequence[tuple[str, int]], at_a_time: int
) -> None:
    store, spool = Store("sqlite://"), Spool(None, KEYRING)
    seen: list[tuple[str, list[int]]] = []
    with store.connected() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
    for start in range(0, len(what), at_a_time):
        for kind, number in what[start : start + at_a_time]:
            spool.put(kind, [{"n": number}])
    drains = {
        kind: lambda rows, kind=kind: seen.append((kind, [row["n"] for row in rows]))  # type: ignore[misc]
        for kind in ("a", "b", VISITS)
    }
    Drainer(store, spool, drains).look()
    kinds = [kind for kind, _ in seen]
    assert len(kinds) == len(set(kinds)) and VISITS not in kinds[1:], "one transaction for each kind"
    assert dict(seen) == {kind: [number for each, number in what if each == kind] for kind in kinds}
    assert spool.is_empty()
    store.close()

"""The audit log: one chain an account and one of the hub's own; whatever is done to it, the walk names the position."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select
from stage import Stage

from hub.model import HUB_CHAIN, Account, AuditEntry, AuditHead, Call, MailChoice
from hub.privacy.signing import sign_due
from hub.store.append_only import TABLES
from hub.store.audit import BOOK, note
from hub.store.chain import Finding, walk
from hub.worker import Worker

Factory = Callable[..., Stage]
ENTRIES, SIGNED = 7, 5
POSITIONS = st.integers(1, ENTRIES)
OFTEN = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def log(hub: Factory) -> tuple[Stage, str]:
    """A hub with some entries about one call, the end signed in their midst; and their chain."""
    stage = hub()
    call = stage.call_in()
    for number in range(1, ENTRIES + 1):
        with stage.hub.store.writing() as session:
            note(
                session, stage.clock() + timedelta(minutes=number), "maria", "call.show_personal", call.id, str(number)
            )
        if number == SIGNED:
            assert sign_due(stage.hub.store, stage.hub.keyring, stage.clock()) == 1
    return stage, stage.one(Account).id


@contextmanager
def attacked(stage: Stage) -> Iterator[Session]:
    """A transaction of somebody with all rights, which leaves nothing behind."""
    with Session(stage.hub.store.engine.execution_options(ringfence_write=True)) as session:
        for table in TABLES:
            if stage.hub.store.is_sqlite:
                for verb in ("update", "delete"):
                    session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
            else:
                session.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))
        if not stage.hub.store.is_sqlite:
            session.execute(text("DROP TRIGGER audit_entry_no_early_end ON audit_entry"))
        yield session
        session.rollback()


def found(log: tuple[Stage, str], session: Session) -> tuple[int, str]:
    session.expunge_all()
    finding = walk(session, BOOK, log[0].hub.keyring, log[1]).finding
    assert isinstance(finding, Finding), "nothing was noticed"
    return finding.position, finding.kind


def entries(session: Session, chain: str) -> list[dict[str, Any]]:
    rows = session.exec(select(AuditEntry).where(AuditEntry.chain == chain).order_by(col(AuditEntry.position)))
    return [row.model_dump() for row in rows]


def put(session: Session, chain: str, rows: list[dict[str, Any]]) -> None:
    session.execute(text("DELETE FROM audit_entry WHERE chain = :chain"), {"chain": chain})
    session.expunge_all()
    session.add_all([AuditEntry(**row) for row in rows])
    session.flush()


def test_an_entry_stands_in_the_chain_of_the_account_that_it_is_about(log: tuple[Stage, str]) -> None:
    stage, account = log
    with stage.hub.store.writing() as session:
        note(session, stage.clock(), "root", "connectors.resume", "twilio")
    with stage.hub.store.reading() as session:
        mine, hubs = (walk(session, BOOK, stage.hub.keyring, chain) for chain in (account, HUB_CHAIN))
    assert (mine.records, mine.signed_to, mine.sound) == (ENTRIES, SIGNED, True)
    assert (hubs.records, hubs.sound) == (1, True)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET actor = 'eve'", "DELETE FROM audit_entry", "DELETE FROM audit_head"]
)
def test_the_database_refuses_to_change_or_delete_an_entry(log: tuple[Stage, str], statement: str) -> None:
    with pytest.raises(DBAPIError, match="only added"), log[0].hub.store.writing() as session:
        session.execute(text(statement))


@OFTEN
@given(position=POSITIONS, column=st.sampled_from(["actor", "action", "subject", "detail"]))
def test_a_flipped_character_is_found_at_its_position(log: tuple[Stage, str], position: int, column: str) -> None:
    with attacked(log[0]) as session:
        rows = entries(session, log[1])
        rows[position - 1][column] += "~"
        put(session, log[1], rows)
        assert found(log, session) == (position, "changed")


@OFTEN
@given(position=st.integers(1, ENTRIES - 1), renumbered=st.booleans())
def test_a_deleted_entry_is_found_at_its_position(log: tuple[Stage, str], position: int, renumbered: bool) -> None:
    with attacked(log[0]) as session:
        rows = entries(session, log[1])
        del rows[position - 1]
        for number, row in enumerate(rows, 1):
            row["position"] = number if renumbered else row["position"]
        put(session, log[1], rows)
        assert found(log, session) == (position, "dropped")


@OFTEN
@given(places=st.sets(POSITIONS, min_size=2, max_size=2))
def test_two_that_changed_places_are_found(log: tuple[Stage, str], places: set[int]) -> None:
    first, second = sorted(places)
    with attacked(log[0]) as session:
        rows = entries(session, log[1])
        rows[first - 1]["position"], rows[second - 1]["position"] = second, first
        put(session, log[1], rows)
        assert found(log, session) == (first, "swapped")


@pytest.mark.parametrize("kept", [0, 3, SIGNED - 1, ENTRIES - 1])
def test_a_cut_off_tail_is_found_and_by_the_signature_even_where_the_end_was_moved(
    log: tuple[Stage, str], kept: int
) -> None:
    with attacked(log[0]) as session:
        rows = entries(session, log[1])[:kept]
        put(session, log[1], rows)
        assert found(log, session) == (kept + 1, "cut off")
        if kept < SIGNED:
            last = rows[-1]["hash"] if rows else "0" * 64
            session.execute(text("UPDATE audit_chain SET position = :p, hash = :h"), {"p": kept, "h": last})
            assert found(log, session) == (kept + 1, "cut off")


def test_the_worker_signs_by_itself(lite_hub: Factory) -> None:
    stage = lite_hub()
    with stage.hub.store.writing() as session:
        note(session, stage.clock(), "root", "connectors.resume", "twilio")
    worker, waiting = Worker(stage.hub, stage.live), threading.Event()
    worker.start()
    try:
        for _ in range(400):
            if stage.rows(AuditHead):
                break
            waiting.wait(0.02)
    finally:
        worker.stop()
    assert stage.one(AuditHead).position == 1


def test_the_ends_are_signed_once_a_day_and_only_where_they_grew(log: tuple[Stage, str]) -> None:
    stage, _ = log
    assert sign_due(stage.hub.store, stage.hub.keyring, stage.clock()) == 0, "not before a day is over"
    stage.clock.advance(days=1)
    assert sign_due(stage.hub.store, stage.hub.keyring, stage.clock()) == 1
    stage.clock.advance(days=1)
    assert sign_due(stage.hub.store, stage.hub.keyring, stage.clock()) == 0, "nothing was added since"
    assert [head.position for head in stage.rows(AuditHead)] == [SIGNED, ENTRIES]
    assert len(stage.rows(Call)) == 1


def test_what_a_user_said_to_mail_stands_in_its_accounts_own_chain(hub: Factory) -> None:
    stage = hub(conversions=[])
    with stage.hub.store.writing() as session:
        account = session.exec(select(Account)).first()
        assert account is not None
        said = MailChoice(
            account_id=account.id, address="pat@example.com", topic="research", state="refused", evidence=None,
            chosen_at=stage.clock(), expires_at=stage.clock() + timedelta(days=1),
        )  # fmt: skip
        session.add(said)
        session.flush()
        note(session, stage.clock(), "root", "policy.mail", said.id, "research refused")
    assert stage.one(AuditEntry).chain == account.id

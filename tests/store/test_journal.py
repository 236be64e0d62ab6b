"""The journal: one chain an account, an entry a batch, written by many processes at once, ending with the lives of its rows."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from journal_samples import found, live, verified
from sqlalchemy import event, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select
from testbed import TestHub

from hub.config.retention import RetentionSection
from hub.errors import ConfigError
from hub.model import (
    HUB_CHAIN,
    Account,
    AuditEntry,
    ConsentDecision,
    Disclosure,
    IdentityProof,
    JournalEntry,
    JournalWaiting,
    RecordingNotice,
    Suppression,
)
from hub.model.columns import CONSENT_RETENTION
from hub.privacy.retention import ROWS_PER_TRANSACTION, Holding, holdings, sweep
from hub.privacy.suppression_list import add_suppressions, lift_suppressions
from hub.privacy_requests.reminders import drop_old_proofs
from hub.store import Store
from hub.store.audit import note
from hub.store.encryption.keyring import Keyring, new_key
from hub.store.journal import sign_due, take_waiting, touch, write_evidence
from hub.store.journal.deferred import insert_waiting
from hub.store.schema import migrate
from hub.testing import FrozenClock

Factory = Callable[..., TestHub]
AUDIT_RETENTION = timedelta(days=7 * 365)
OLD, YOUNG = 5, 3


def decision(stage: TestHub, **more: Any) -> ConsentDecision:
    told = {"subject_id": "call", "connector": "network", "moment": "send", "use": "marketing", "verdict": "allow"}
    now = stage.clock()
    return ConsentDecision(**told, rule_id="r", reason="", decided_at=now, expires_at=now + CONSENT_RETENTION, **more)


def test_a_batch_of_rows_is_one_entry_in_the_chain_of_their_account(hub: Factory) -> None:
    stage = hub(conversions=[])
    account = stage.one(Account).id
    rows = [decision(stage) for _ in range(100)]
    with stage.hub.store.writing() as session:
        for part in (rows[:60], rows[60:]):
            write_evidence(session, ConsentDecision, part, {"call": account})
    entry = stage.one(JournalEntry)
    assert (entry.chain, entry.kind, entry.position) == (account, "consent_decision", 1)
    assert set(json.loads(entry.content)) == {row.id for row in rows}
    assert verified(stage)[account].rows == 100


def test_what_a_transaction_does_not_commit_is_not_named(hub: Factory) -> None:
    stage = hub(conversions=[])
    with pytest.raises(RuntimeError), stage.hub.store.writing() as session:
        note(session, stage.clock(), "root", "connectors.resume", "twilio")
        raise RuntimeError("the command failed")
    assert stage.rows(JournalEntry) == [] and found(stage) is None


def test_a_chains_end_is_held_once_a_transaction_and_after_all_else(hub: Factory) -> None:
    stage, asked = hub(), []
    stage.call_in()

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("SELECT set_config", "BEGIN", "SAVEPOINT")):
            asked.append(statement)

    event.listen(stage.hub.store.engine, "before_cursor_execute", hear)
    stage.call_in()
    event.remove(stage.hub.store.engine, "before_cursor_execute", hear)
    at = [number for number, statement in enumerate(asked) if "FROM journal_end" in statement]
    (written,) = (number for number, statement in enumerate(asked) if "INSERT INTO attribution" in statement)
    (mine,) = (number for number in at if number > written)
    assert asked[mine + 1].startswith("INSERT INTO journal_entry")
    assert asked[mine + 2].startswith("UPDATE journal_end")


def test_many_writers_at_once_make_one_chain(hub: Factory) -> None:
    stages = [hub(conversions=[]) for _ in range(4)]
    account = stages[0].one(Account).id

    def work(stage: TestHub) -> None:
        for _ in range(8):
            with stage.hub.store.writing() as session:
                note(session, stage.clock(), "root", "connectors.resume", "twilio")
                write_evidence(session, ConsentDecision, [decision(stage)], {"call": account})

    threads = [threading.Thread(target=work, args=(stage,)) for stage in stages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reports = verified(stages[0])
    assert [(reports[chain].entries, reports[chain].finding) for chain in (account, HUB_CHAIN)] == [(32, None)] * 2


@pytest.mark.parametrize("made", ["declared", "migrated"])
def test_the_database_refuses_to_change_or_delete_a_row(hub: Factory, made: str) -> None:
    stage = hub()
    if made == "migrated":
        migrate(stage.hub.store)
    live(stage)
    keys = {"audit_entry": "id", "consent_record": "id", "consent_notice": "hash", "journal_entry": "hash"}
    for table, key in keys.items():
        for statement in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="only added"), stage.hub.store.writing() as session:
                session.execute(text(statement))
    assert found(stage) is None


def test_an_answer_waits_for_no_chain_and_its_decision_gets_its_entry_a_moment_later(hub: Factory) -> None:
    stage = hub(conversions=[])
    account = stage.one(Account).id
    rows = [vars(decision(stage)) for _ in range(3)]
    asked: list[str] = []
    event.listen(stage.hub.store.engine, "before_cursor_execute", lambda _c, _u, told, *_m: asked.append(told))
    with stage.hub.store.connected() as connection:
        insert_waiting(connection, stage.hub.keyring, {"consent_decision": [(account, row) for row in rows]})
    assert not any("journal_end" in statement for statement in asked)
    assert len(stage.rows(JournalWaiting)) == 3 and found(stage) is None
    assert (take_waiting(stage.hub.store), take_waiting(stage.hub.store)) == (3, 0)
    assert stage.rows(JournalWaiting) == [] and stage.one(JournalEntry).chain == account
    assert verified(stage)[account].rows == 3


def test_a_waiting_row_that_was_changed_is_found(hub: Factory) -> None:
    stage = hub(conversions=[])
    row = vars(decision(stage))
    with stage.hub.store.connected() as connection:
        insert_waiting(connection, stage.hub.keyring, {"consent_decision": [(HUB_CHAIN, row)]})
    with stage.hub.store.writing() as session:
        session.execute(text("UPDATE consent_decision SET verdict = 'deny'"))
    told = found(stage)
    assert told is not None and (told.position, told.kind) == (0, "changed")


def test_a_stop_that_was_lifted_is_gone_and_one_that_was_said_again_counts_anew(hub: Factory) -> None:
    stage = hub(conversions=[])
    steps: list[tuple[Any, int, list[str]]] = [
        (add_suppressions, 0, ["service"]),
        (add_suppressions, 5, ["service"]),
        (lift_suppressions, 3, ["service"]),
        (lift_suppressions, 6, []),
        (add_suppressions, 7, ["service"]),
    ]
    for deed, minutes, left in steps:
        with stage.hub.store.writing() as session:
            deed(session, "f" * 64, ["service"], stage.clock() + timedelta(minutes=minutes), stage.clock())
        assert [row.use for row in stage.rows(Suppression)] == left
        assert found(stage) is None
    assert {row.chain for row in stage.rows(JournalEntry)} == {HUB_CHAIN}, "a stop names nobody, not even a company"


def test_ends_are_signed_once_a_day_and_only_where_they_grew_and_the_hubs_chain_signs_all(hub: Factory) -> None:
    stage = hub(conversions=[])
    account = stage.one(Account).id

    def deed() -> None:
        with stage.hub.store.writing() as session:
            note(session, stage.clock(), "maria", "call.show_personal", account)

    def signed() -> list[tuple[str, int]]:
        return [(each.chain, each.position) for each in sign_due(stage.hub.store, stage.hub.keyring, stage.clock())]

    deed()
    assert signed() == [(account, 2), (HUB_CHAIN, 1)]
    deed()
    assert signed() == [], "not before a day is over"
    stage.clock.advance(days=1)
    assert signed() == [(account, 4), (HUB_CHAIN, 2)]
    stage.clock.advance(days=1)
    assert signed() == [], "nothing was added since"
    told = json.loads(stage.rows(JournalEntry, chain=HUB_CHAIN, kind="signed")[-1].content)
    assert told["ends"] == {account: [4, verified(stage)[account].head]}


def test_a_hub_without_a_key_signs_nothing_and_writes_no_evidence(store: Store, clock: FrozenClock) -> None:
    store.keyring = Keyring([])
    assert sign_due(store, Keyring([]), clock()) == []
    with pytest.raises(ConfigError, match="secret_keys is empty"), store.writing() as session:
        note(session, clock(), "root", "connectors.resume", "twilio")
    with store.reading() as session:
        assert session.exec(select(AuditEntry)).all() == []


@pytest.fixture
def archive(hub: Factory) -> TestHub:
    """A hub with deeds of seven years ago, and some of a year later; the ends signed each time."""
    stage = hub(conversions=[])
    for count in (OLD, YOUNG):
        for number in range(count):
            with stage.hub.store.writing() as session:
                note(session, stage.clock(), "root", "connectors.resume", f"twilio {number}")
        sign_due(stage.hub.store, stage.hub.keyring, stage.clock())
        stage.clock.advance(days=365)
    stage.clock.advance(days=6 * 365 - 365)
    return stage


def end(stage: TestHub, **lives: str) -> int:
    retention = RetentionSection.model_validate(lives)
    return sweep(stage.hub.store, stage.clock(), retention, keyring=stage.hub.keyring)["audit log"]


def shown(stage: TestHub) -> Holding:
    with stage.hub.store.reading() as session:
        found = holdings(session, RetentionSection(), stage.clock())
        return next(each for each in found if each.name == "audit log")


def test_deeds_end_with_their_life_and_the_rest_is_sound(archive: TestHub) -> None:
    archive.clock.advance(seconds=-1)
    assert end(archive) == 0 and len(archive.rows(AuditEntry)) == OLD + YOUNG
    archive.clock.advance(seconds=1)
    assert (end(archive), end(archive)) == (OLD, 0)
    report = verified(archive)[HUB_CHAIN]
    assert (report.finding, report.ended, report.rows) == (None, OLD, YOUNG)
    assert (shown(archive).rows, shown(archive).past) == (YOUNG, 0)


def test_what_is_late_is_shown_until_it_has_ended(archive: TestHub) -> None:
    archive.clock.advance(days=2)
    assert shown(archive).past == OLD
    end(archive)
    assert shown(archive).past == 0


def test_the_log_goes_on_where_all_of_it_has_ended(archive: TestHub) -> None:
    archive.clock.advance(days=700)
    assert end(archive) == OLD + YOUNG and archive.rows(AuditEntry) == []
    assert found(archive) is None
    with archive.hub.store.writing() as session:
        note(session, archive.clock(), "root", "connectors.resume", "twilio")
    sign_due(archive.hub.store, archive.hub.keyring, archive.clock())
    assert found(archive) is None


def test_a_shorter_life_ends_what_is_stored_and_a_longer_one_brings_no_finding(archive: TestHub) -> None:
    archive.clock.advance(days=-6 * 365)
    assert end(archive, audit_log="1y") == OLD
    assert end(archive) == 0 and found(archive) is None


def test_many_end_in_several_transactions_by_one_entry_an_hour(archive: TestHub) -> None:
    with archive.hub.store.writing() as session:
        for number in range(ROWS_PER_TRANSACTION):
            note(session, archive.clock(), "root", "connectors.resume", str(number))
    archive.clock.advance(days=3000)
    assert end(archive) == ROWS_PER_TRANSACTION + OLD + YOUNG
    assert len(archive.rows(JournalEntry, kind="ended audit_entry")) == 1
    sign_due(archive.hub.store, archive.hub.keyring, archive.clock())
    assert found(archive) is None


def test_an_end_of_lives_that_the_hub_did_not_sign_lets_nothing_go(archive: TestHub) -> None:
    sweep(archive.hub.store, archive.clock(), RetentionSection(), keyring=Keyring([new_key()]))
    told = found(archive)
    assert told is not None and (told.kind, told.position) == ("dropped", 1)


def test_the_database_lets_only_what_has_ended_go(archive: TestHub) -> None:
    end(archive)
    with pytest.raises(DBAPIError, match="only added"), archive.hub.store.writing() as session:
        session.execute(text("DELETE FROM audit_entry"))
    assert len(archive.rows(AuditEntry)) == YOUNG


def test_a_decision_or_disclosure_ends_with_its_life_and_not_before(hub: Factory) -> None:
    stage = hub()
    chain = live(stage)
    with stage.hub.store.reading() as session:
        before = len(session.exec(select(ConsentDecision.id)).all()), len(session.exec(select(Disclosure.id)).all())
    stage.clock.advance(days=3_000)
    swept = sweep(stage.hub.store, stage.clock(), keyring=stage.hub.keyring)
    assert (swept["consent decisions"], swept["disclosures"]) == before
    sign_due(stage.hub.store, stage.hub.keyring, stage.clock())
    report = verified(stage)[chain]
    assert report.finding is None and report.ended >= sum(before)


def test_proofs_and_notices_that_the_hub_itself_empties_or_deletes_are_no_finding(hub: Factory) -> None:
    stage = hub()
    chain = live(stage)
    stage.clock.advance(days=3)
    drop_old_proofs(stage.hub)
    assert stage.rows(IdentityProof) == [] and found(stage) is None
    with stage.hub.store.writing() as session:
        touch(session, RecordingNotice, col(RecordingNotice.choice) == "refused")
        session.execute(
            update(RecordingNotice).values(choice=None, salt=None).where(col(RecordingNotice.choice) == "refused")
        )
    assert found(stage) is None
    stage.clock.advance(days=3_000)
    sweep(stage.hub.store, stage.clock(), keyring=stage.hub.keyring)
    sign_due(stage.hub.store, stage.hub.keyring, stage.clock())
    assert stage.rows(RecordingNotice) == [] and verified(stage)[chain].finding is None

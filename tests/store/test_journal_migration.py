"""An older database, with two kinds of chains, is migrated: its rows stand in one journal, and what did not fit is told."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, insert, text
from sqlmodel import select
from test_sealing_of_names import insert_row
from test_store_schema import empty

from hub.model import HUB_CHAIN, ConsentDetail, ConsentEntry, ConsentNotice
from hub.model.journal import JournalEntry
from hub.privacy.retention import sweep
from hub.store import Store
from hub.store.encryption.keyring import Keyring, new_key
from hub.store.encryption.vault import Vault
from hub.store.journal import sign_ends
from hub.store.journal.entries import link
from hub.store.journal.verify import Report, verify
from hub.store.owner_consent import latest_entry
from hub.store.schema import alembic_config, upgrade

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
NOW = AT + timedelta(days=1)
KEYRING = Keyring([new_key()])
BEFORE = "0008"
RECORDS = 3


@pytest.fixture
def old(store: Store) -> Store:
    """A database of the schema before, with a chain of each kind, decisions, disclosures and stops."""
    empty(store)
    store.keyring = KEYRING
    with store.engine.execution_options(ringfence_write=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        insert_row(connection, "account", [{"id": "a"}])
        insert_row(connection, "company", [{"id": "c", "account_id": "a"}])
        insert_row(connection, "call", [{"id": "call", "company_id": "c"}])
        chained(connection, "consent_record", "consent_chain", {"company_id": "c"}, "recorded_at")
        chained(connection, "audit_entry", "audit_chain", {"chain": "hub"}, "at")
        for number in range(2):
            told: dict[str, Any] = {"id": f"{number}", "subject_id": "call"}
            told["expires_at"] = AT + timedelta(days=7 * 365 + number)
            insert_row(
                connection,
                "consent_decision",
                [{**told, "decided_at": AT + timedelta(days=number), "opinions": [{"rule": "é"}]}],
            )
            insert_row(connection, "disclosure", [{**told, "disclosed_at": AT + timedelta(days=number)}])
        told = {
            "account_id": "a",
            "address": "pat@example.com",
            "topic": "research",
            "state": "given",
            "evidence": "box 1",
        }
        insert_row(
            connection, "mail_choice", [{"id": "m", **told, "chosen_at": AT, "expires_at": AT + timedelta(days=2555)}]
        )
        owner = {"connector": "contacts", "state": "given", "owner": "Pat Doe", "scopes": ["read"], "recipient": "Adco"}
        insert_row(
            connection, "owner_consent", [{"id": "o", **owner, "text": "May we?", "sign_in_host": "example.com"}]
        )
        insert_row(connection, "suppression", [{"id": "s", "fingerprint": "f", "use": "u", "since": AT}])
    return store


def chained(connection: Any, name: str, ends: str, of: dict[str, str], time: str) -> None:
    """Rows as the older version chained them."""
    table, previous = Table(name, MetaData(), autoload_with=connection), "0" * 64
    for position in range(1, RECORDS + 1):
        row = {column.name: None if column.nullable else "x" for column in table.c}
        row |= {"id": f"{name} {position}", "position": position, time: AT + timedelta(days=position), **of}
        if name == "consent_record":
            row |= {"version": 1, "categories": [], "recipients": ["Adco"], "jurisdictions": [], "spoken_at": AT}
        told = {key: value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
                for key, value in row.items() if key not in ("previous_hash", "hash")}  # fmt: skip
        canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        row |= {"previous_hash": previous, "hash": hashlib.sha256((previous + canonical).encode()).hexdigest()}
        connection.execute(insert(table), [row])
        previous = row["hash"]
    end = {**of, "position": RECORDS, "hash": previous}
    connection.execute(insert(Table(ends, MetaData(), autoload_with=connection)), [end])


def vault() -> Vault:
    return Vault(KEYRING, lambda: NOW)


def test_words_on_mail_and_of_owners_become_records_of_the_ledger(old: Store) -> None:
    upgrade(old, vault)
    with old.writing() as session:
        (said,) = session.exec(select(ConsentEntry).where(ConsentEntry.channel == "mail choice"))
        assert (said.account_id, said.use, said.state) == ("a", "marketing.communications.email.research", "given")
        detail = session.get_one(ConsentDetail, said.id).sealed
        assert json.loads(vault().open(session, detail or b"", f"consent_detail/{said.id}") or b"") == {
            "address": "pat@example.com",
            "evidence": "box 1",
        }
        word = latest_entry(session, "contacts")
        assert word is not None and (word.id, word.categories, word.recipients) == (
            "o",
            ["read"],
            ["Adco", "example.com"],
        )
        assert session.get_one(ConsentNotice, word.notice_hash).text == "May we?"


def reports(store: Store) -> dict[str, Report]:
    return verify(store, KEYRING, NOW)


def test_every_row_is_named_in_the_journal_of_its_account_with_the_end_of_the_older_chain(old: Store) -> None:
    upgrade(old, vault)
    told = reports(old)
    assert {chain: (report.finding, report.rows) for chain, report in told.items()} == {
        "a": (None, RECORDS + 4 + 1),
        HUB_CHAIN: (None, RECORDS + 1 + 1),
    }
    with old.reading() as session:
        first = session.get_one(JournalEntry, ("a", 1))
    carried = json.loads(first.content)
    assert (first.kind, carried["book"], carried["position"], carried["wrong_at"]) == (
        "carried",
        "consent ledger",
        3,
        None,
    )


def test_what_was_changed_before_is_told_and_what_is_changed_afterwards_too(old: Store) -> None:
    with old.writing() as session:
        session.execute(text("UPDATE consent_record SET state = 'given' WHERE position = 2"))
    upgrade(old, vault)
    finding = reports(old)["a"].finding
    assert finding is not None and (finding.position, finding.kind) == (1, "changed")
    assert "Record 2 of the older consent ledger" in finding.reason


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_decision SET verdict = 'allow' WHERE id = '1'",
        "DELETE FROM disclosure WHERE id = '0'",
        "UPDATE suppression SET use = 'other'",
        "UPDATE journal_entry SET hash = 'x' WHERE chain = 'hub' AND position = 1",
    ],
)
def test_the_rows_of_before_are_proved_from_now_on(old: Store, statement: str) -> None:
    upgrade(old, vault)
    with old.writing() as session:
        for verb in ("update", "delete") if old.is_sqlite else ():
            session.execute(text(f"DROP TRIGGER journal_entry_no_{verb}"))
        if not old.is_sqlite:
            session.execute(text("DROP TRIGGER journal_entry_append_only ON journal_entry"))
        session.execute(text(statement))
    assert any(report.finding for report in reports(old).values())


def test_the_lives_of_the_rows_of_before_go_on(old: Store) -> None:
    upgrade(old, vault)
    sign_ends(old, KEYRING, NOW)
    over = AT + timedelta(days=7 * 365)
    swept = sweep(old, over, keyring=KEYRING)
    assert (swept["consent decisions"], swept["disclosures"], swept["audit log"]) == (1, 1, 0)
    sign_ends(old, KEYRING, over)
    assert not any(report.finding for report in verify(old, KEYRING, over).values())
    with old.reading() as session:
        assert len(session.execute(text("SELECT id FROM consent_record")).all()) == RECORDS + 2


def test_the_journal_of_before_is_sealed_and_names_rights_and_notices_too(old: Store) -> None:
    with old.engine.execution_options(ringfence_write=True).begin() as connection:
        insert_row(connection, "legal_hold", [{"id": "h", "company_id": "c"}])
        insert_row(connection, "privacy_request", [{"id": "r", "company_id": "c", "phone_number": "+13125550142"}])
        insert_row(connection, "identity_proof", [{"id": "p", "request_id": "r"}])
        insert_row(connection, "recording_notice", [{"id": "n", "company_id": "c", "choice": "refused"}])
    upgrade(old, vault)
    told = reports(old)
    assert (told["a"].finding, told["a"].rows) == (None, RECORDS + 4 + 1 + 4)
    with old.reading() as session:
        entries = session.exec(select(JournalEntry).where(JournalEntry.chain == "a")).all()
    (sealed,) = (entry for entry in entries if entry.kind == "sealed")
    assert json.loads(sealed.content)["position"] == sealed.position - 1
    with old.writing() as session:
        for guard in ("no_update", "append_only"):
            on, name = ("", guard) if old.is_sqlite else (" ON journal_entry", guard)
            session.execute(text(f"DROP TRIGGER IF EXISTS journal_entry_{name}{on}"))
        # The entry right before the seal, changed together with its plain hash.
        entry = session.get_one(JournalEntry, ("a", sealed.position - 1))
        changed = entry.content.replace("a", "b")
        plain = link("a", entry.position, entry.kind, changed, entry.since, entry.at, entry.previous_hash, None)
        values = {"content": changed, "hash": plain.hash, "position": entry.position}
        rewritten = (
            "UPDATE journal_entry SET content = :content, hash = :hash WHERE chain = 'a' AND position = :position"
        )
        session.expunge_all()
        session.execute(text(rewritten), values)
    finding = reports(old)["a"].finding
    assert finding is not None and finding.kind == "changed"

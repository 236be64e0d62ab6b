"""What somebody with all rights on the database, but without the hub's key, can do to the evidence: all of it is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from journal_samples import attacked, entries, found, live, move_end, put, relinked
from sqlalchemy import select, text
from sqlmodel import Session
from testbed import TestHub

from hub.model import HUB_CHAIN, JournalWaiting
from hub.model.columns import new_id
from hub.store.audit import note
from hub.store.journal import sign_ends, take_waiting
from hub.store.journal.entries import link
from hub.store.journal.evidence import CANONICAL, EVIDENCE, digest_of

Tampering = Callable[[Session, str], None]
LISTED: dict[str, Tampering] = {}
EVERYTHING = (
    *(table for table in sorted(EVIDENCE) if table != "privacy_request"),
    "request_task",
    "privacy_request",
    "consent_notice",
    "journal_entry",
    "journal_end",
    "journal_waiting",
)


def listed(tampering: Tampering) -> Tampering:
    LISTED[tampering.__name__.replace("_", " ").strip()] = tampering
    return tampering


def statement(name: str, *statements: str) -> None:
    def run(session: Session, chain: str) -> None:
        for each in statements:
            session.execute(text(each), {"chain": chain} if ":chain" in each else {})

    LISTED[name] = run


ONE = "id = (SELECT min(id) FROM {})"
for name, sql in {
    "an objection becomes a consent": "UPDATE consent_record SET state = 'refused' WHERE state = 'given'",
    "a record of the ledger is deleted": f"DELETE FROM consent_record WHERE {ONE.format('consent_record')}",
    "the words of a notice are changed": "UPDATE consent_notice SET text = 'Yes.'",
    "disclosures are deleted": "DELETE FROM disclosure",
    "a disclosure names another recipient": "UPDATE disclosure SET recipient = 'Somebody else'",
    "decisions are turned around": "UPDATE consent_decision SET verdict = 'deny'",
    "a stop is deleted": "DELETE FROM suppression",
    "an opt-out is questioned": "UPDATE opt_out SET state = 'questioned'",
    "an opt-out is deleted": f"DELETE FROM opt_out WHERE {ONE.format('opt_out')}",
    "an audit entry names another user": f"UPDATE audit_entry SET actor = 'eve' WHERE {ONE.format('audit_entry')}",
    "an audit entry is deleted": f"DELETE FROM audit_entry WHERE {ONE.format('audit_entry')}",
    "the text of a recording notice is changed": "UPDATE recording_notice SET text = 'Hello.'",
    "the hash of a recording notice is changed": "UPDATE recording_notice SET text_hash = 'x'",
    "a recording notice is deleted": f"DELETE FROM recording_notice WHERE {ONE.format('recording_notice')}",
    "a refusal to be recorded becomes an agreement": "UPDATE recording_notice SET choice = 'agreed'",
    "a refusal to be recorded looks erased": "UPDATE recording_notice SET choice = NULL, salt = NULL",
    "a legal hold is deleted": f"DELETE FROM legal_hold WHERE {ONE.format('legal_hold')}",
    "a legal hold is lifted": "UPDATE legal_hold SET lifted_at = set_at, lifted_by = 'eve' WHERE lifted_at IS NULL",
    "a lifted legal hold is in force again": "UPDATE legal_hold SET lifted_at = NULL, lifted_by = NULL",
    "a privacy request is deleted": "DELETE FROM privacy_request WHERE kind = 'access'",
    "a privacy request is closed": "UPDATE privacy_request SET state = 'done' WHERE kind = 'access'",
    "a privacy request came later": "UPDATE privacy_request SET received_at = due_at",
    "a request looks verified": "UPDATE privacy_request SET verified_at = received_at WHERE kind = 'access'",
    "a certificate is edited in its row": 'UPDATE privacy_request SET certificate = \'{"kind": "child"}\'',
    "a certificate is deleted": "UPDATE privacy_request SET certificate = '{}'",
    "a step of a request is deleted": f"DELETE FROM request_step WHERE {ONE.format('request_step')}",
    "a step of a request is another person's": "UPDATE request_step SET actor = 'eve'",
    "a proof of identity looks used": "UPDATE identity_proof SET used_at = made_at",
    "a proof of identity has another secret": "UPDATE identity_proof SET secret_hash = 'x'",
    "a proof of identity is deleted": "DELETE FROM identity_proof",
    "a restriction is deleted": "DELETE FROM restriction",
    "an entry is deleted": "DELETE FROM journal_entry WHERE chain = :chain AND position = 3",
    "the chain of an account is deleted": "DELETE FROM journal_entry WHERE chain = :chain",
    "the end of a chain is deleted": "DELETE FROM journal_end WHERE chain = :chain",
    "the seal of an end is deleted": "UPDATE journal_end SET seal = ''",
}.items():
    statement(name, sql)
statement(
    "the chain of an account, its end and all its rows are deleted",
    *(f"DELETE FROM {table}" for table in EVERYTHING if not table.startswith(("journal", "suppression"))),
    "DELETE FROM journal_entry WHERE chain = :chain",
    "DELETE FROM journal_end WHERE chain = :chain",
)
for name, table, forged in (
    ("disclosures are there twice", "disclosure", "id = id"),
    ("a disclosure has no id", "disclosure", "id = NULL"),
    ("beside a legal hold stands the same one, lifted", "legal_hold", "lifted_at = set_at"),
    ("beside an opt-out stands the same one, questioned", "opt_out", "state = 'questioned'"),
):
    statement(
        name,
        f"CREATE TABLE copied AS SELECT * FROM {table}",  # without a primary key
        f"UPDATE copied SET {forged}",
        f"INSERT INTO copied SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE copied RENAME TO {table}",
    )
statement("all evidence is deleted everywhere", *(f"DELETE FROM {table}" for table in EVERYTHING))


@listed
def two_entries_change_places(session: Session, chain: str) -> None:
    rows = entries(session, chain)
    rows[1]["position"], rows[3]["position"] = 4, 2
    put(session, chain, rows)


@listed
def the_last_entries_are_cut_off_with_their_rows(session: Session, chain: str) -> None:
    """The attacker cuts what was written since the last signed end, and says that the chain ends there."""
    rows = entries(session, chain)
    cut = rows[-6:]
    put(session, chain, rows[:-6])
    move_end(session, chain, rows[-7])
    for row in cut:
        for key in json.loads(row["content"]) if row["kind"] in EVIDENCE else ():
            for table in ("request_step", "request_task", "identity_proof"):
                session.execute(text(f"DELETE FROM {table} WHERE request_id = :id"), {"id": key})
            session.execute(text(f"DELETE FROM {row['kind']} WHERE id = :id"), {"id": key})


@listed
def a_row_is_forged_without_an_entry(session: Session, _chain: str) -> None:
    forge(session)


@listed
def a_row_is_forged_with_an_entry_that_is_chained_to_the_last_one(session: Session, chain: str) -> None:
    row, last = forge(session), entries(session, chain)[-1]
    content = CANONICAL.encode({row["id"]: digest_of("consent_record", row)})
    made = link(chain, last["position"] + 1, "consent_record", content, last["at"], last["at"], last["hash"], b"")
    session.add(made)
    session.flush()
    move_end(session, chain, made.model_dump())


@listed
def a_row_is_forged_that_waits_for_its_entry(session: Session, chain: str) -> None:
    row = forge(session)
    digest = digest_of("consent_record", row)
    told = {"row_id": row["id"], "chain": chain, "kind": "consent_record", "digest": digest, "seal": "x"}
    session.add(JournalWaiting(**told, since=row["recorded_at"]))


@listed
def all_signed_ends_are_removed_and_the_rest_is_chained_anew(session: Session, chain: str) -> None:
    for each in (chain, HUB_CHAIN):
        made = relinked(entries(session, each), lambda row: row["kind"] != "signed")
        put(session, each, made)
        move_end(session, each, made[-1] if made else None)


@listed
def the_whole_journal_is_written_anew_as_an_older_version_did(session: Session, chain: str) -> None:
    """Without keyed hashes, behind a statement that this part is sealed, which nobody signed."""
    for each in (chain, HUB_CHAIN):
        rows = relinked(entries(session, each))
        before = {"position": len(rows), "hash": rows[-1]["hash"], "public_key": "00", "signature": "00"}
        told = ("sealed", CANONICAL.encode(before), rows[-1]["since"], rows[-1]["at"], rows[-1]["hash"])
        rows.append(link(each, len(rows) + 1, *told, b"").model_dump())
        put(session, each, rows)
        move_end(session, each, rows[-1])


@listed
def the_end_of_a_retention_period_is_forged(session: Session, chain: str) -> None:
    last = entries(session, HUB_CHAIN)[-1]
    over = last["at"] + timedelta(days=1)
    told = ("ended disclosure", '{"public_key":"00","signature":"00"}', over, over, last["hash"])
    made = link(HUB_CHAIN, last["position"] + 1, *told, b"")
    session.add(made)
    session.flush()
    move_end(session, HUB_CHAIN, made.model_dump())
    session.execute(text("DELETE FROM disclosure"))


def forge(session: Session) -> dict[str, Any]:
    """A consent that nobody gave."""
    target: Any = EVIDENCE["consent_record"].table.__table__  # type: ignore[attr-defined]
    genuine = session.execute(select(target).limit(1)).mappings().one()
    row = {**genuine, "id": new_id(), "state": "given", "supersedes": None}
    session.execute(target.insert(), row)
    return row


def lived(stage: TestHub) -> tuple[TestHub, str]:
    """A journal that names rows of every table, and its chain."""
    chain = live(stage)
    assert found(stage) is None
    return stage, chain


@pytest.fixture(scope="module")
def living(shared_hub: Callable[..., TestHub], tmp_path_factory: pytest.TempPathFactory) -> tuple[TestHub, str]:
    return lived(shared_hub(tombstones=str(tmp_path_factory.mktemp("erased") / "erased.tombstones")))


@contextmanager
def tampered(living: tuple[TestHub, str], name: str) -> Iterator[Session]:
    with attacked(living[0]) as session:
        LISTED[name](session, living[1])
        session.flush()
        yield session


@pytest.mark.parametrize("name", LISTED)
def test_a_tampering_is_found(living: tuple[TestHub, str], name: str) -> None:
    with tampered(living, name) as session:
        assert found(living[0], session) is not None


@pytest.mark.parametrize(
    "name",
    [
        "a row is forged that waits for its entry",
        "a row is forged with an entry that is chained to the last one",
        "all evidence is deleted everywhere",
        "the last entries are cut off with their rows",
        "the seal of an end is deleted",
    ],
)
def test_a_tampering_is_found_after_the_hub_has_gone_on_and_signed(
    hub: Callable[..., TestHub], tmp_path: Path, name: str
) -> None:
    stage, chain = own = lived(hub(tombstones=str(tmp_path / "erased.tombstones")))
    with tampered(own, name) as session:
        session.commit()
    take_waiting(stage.hub.store)
    for _ in range(2):
        with stage.hub.store.writing() as session:
            note(session, stage.clock(), "maria", "call.show_personal", chain)
        sign_ends(stage.hub.store, stage.hub.keyring, stage.clock())
        stage.clock.advance(days=1)
    assert found(stage) is not None


@pytest.mark.parametrize("value", ["CAST('x' AS BLOB)", "'x'", "7"])
def test_a_value_of_a_type_that_the_hub_does_not_write_is_found(living: tuple[TestHub, str], value: str) -> None:
    stage, _ = living
    if not stage.hub.store.is_sqlite:
        pytest.skip("PostgreSQL refuses such a value")
    for table, column in (("disclosure", "recipient"), ("disclosure", "disclosed_at"), ("journal_entry", "since")):
        with attacked(stage) as session:
            session.execute(text(f"UPDATE {table} SET {column} = {value}"))
            assert found(stage, session) is not None

"""A journal with entries of every kind, and what somebody with all rights on the database could do to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select
from testbed import CALLER, TestHub

from hub.model import Account, Call, Company, JournalEntry, LegalHold, Person, RecordingNotice
from hub.model.columns import CONSENT_RETENTION
from hub.privacy.ledger import ConsentStatement, append, keep_notice
from hub.privacy.opt_outs import opt_out
from hub.privacy.suppression_list import add_suppressions
from hub.privacy_requests.identity_proof import make_link_token
from hub.privacy_requests.legal_holds import lift_hold, place_hold, record_disclosure
from hub.privacy_requests.rights import say_no
from hub.privacy_requests.steps import open_request
from hub.store.audit import note
from hub.store.journal import sign_ends, take_waiting
from hub.store.journal.chain import Finding
from hub.store.journal.deferred import insert_waiting
from hub.store.journal.entries import link
from hub.store.journal.verify import Report, verify, verify_within
from hub.store.triggers.append_only import TABLES

NOTES, SIGNED = 8, 6
"""Deeds, one an entry, and how many of them stand before the signed end."""
LAST = NOTES + 1
NOTICE = "This call is recorded."
FOREIGN_KEYS = (
    "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE confrelid = 'privacy_request'::regclass"
)
CHAINED = ("chain", "position", "kind", "content", "since", "at", "previous_hash")


def fill(stage: TestHub) -> str:
    """Deeds in the chain of an account, its end signed in their midst; the chain."""
    account = stage.one(Account).id
    for number in range(1, NOTES + 1):
        with stage.hub.store.writing() as session:
            at = stage.clock() + timedelta(minutes=number)
            note(session, at, "maria", "call.show_personal", account, str(number))
        if number == SIGNED:
            sign_ends(stage.hub.store, stage.hub.keyring, stage.clock())
    return account


def live(stage: TestHub) -> str:
    """Two calls all the way to the network, words of a person with notice and detail, stops, deeds, signed; the chain."""
    stage.visit()
    first = stage.call_in(number=stage.visit().number or "")
    stage.call_in()
    stage.deliver()
    person = stage.one(Person, phone_number=CALLER)
    for number in range(3):
        with stage.hub.store.writing() as session:
            said = keep_notice(session, f"May we call you? Version {number % 2}.", "en", stage.clock())
            word = ConsentStatement(
                company_id=person.company_id,
                person_id=person.id,
                state="given",
                use="marketing",
                channel="agent",
                detail=f"ticket {number}",
                notice_hash=said,
                stated_at=stage.clock() + timedelta(minutes=number),
            )
            append(session, [word], stage.clock(), stage.hub.vault)
            add_suppressions(session, f"{number}" * 64, ["service", "marketing"], stage.clock(), stage.clock())
            note(session, stage.clock(), "maria", "call.show_personal", first.id, str(number))
    for number in ("+13125550198", "+13125550199"):
        with stage.hub.store.writing() as session:
            told: Any = {"number": number, "visitor_id": None, "network": None, "scopes": ["sharing", "sensitive"]}
            for _ in range(2):
                opt_out(session, stage.hub.vault, person.company_id, **told, now=stage.clock())
    rights(stage, person.company_id)
    sign_ends(stage.hub.store, stage.hub.keyring, stage.clock())
    assert stage.rows(Call)
    return stage.one(Account).id


def rights(stage: TestHub, company_id: str) -> None:
    """Recording notices, requests of people with their proofs, restrictions, and legal holds, one of them lifted."""
    hub, account = stage.hub, stage.one(Account).id
    notices = [
        RecordingNotice.columns(
            connector="carrier", carrier_call_id=f"CA-{number}", company_id=company_id, flow_version=1, point="start:",
            step="notice", text=NOTICE, text_hash=hashlib.sha256(NOTICE.encode()).hexdigest(), choice=choice,
            salt=f"{number}" * 32, reported_at=stage.clock(), expires_at=stage.clock() + CONSENT_RETENTION,
        )
        for number, choice in enumerate(("announced", "refused"))
    ]  # fmt: skip
    with hub.store.connected() as connection:
        insert_waiting(connection, hub.keyring, {"recording_notice": [(account, notice) for notice in notices]})
    take_waiting(hub.store)
    for number in ("+13125550196", "+13125550197"):
        with hub.store.writing() as session:
            company = session.get_one(Company, company_id)
            asked = {"phone": number, "channel": "phone", "actor": "paula"}
            requests = [open_request(session, hub, company, kind, **asked) for kind in ("restriction", "access")]
            make_link_token(session, hub, requests[1])
            requests[1].certificate = {"kind": "erasure", "signature": "00"}
            hold = place_hold(
                session, hub, company, phone=number, email=None, everybody=False, reason="Case 7", actor="paula"
            )
        say_no(hub, requests[0].id, "paula")
    with hub.store.writing() as session:
        lift_hold(session, hub, session.get_one(LegalHold, hold.id), "paula")
    with hub.store.writing() as session:
        for reference in ("Case 17", "Case 18"):
            record_disclosure(
                session, hub, session.get_one(Company, hold.company_id), phone=CALLER, authority="County court",
                reference=reference, legal_basis="subpoena", categories=["user.telephony.recording"], actor="paula",
            )  # fmt: skip


@contextmanager
def attacked(stage: TestHub) -> Iterator[Session]:
    """A transaction in which anything may be done, and which leaves nothing behind."""
    with Session(stage.hub.store.engine.execution_options(ringfence_write=True)) as session:
        if stage.hub.store.is_sqlite:
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
        else:
            for table, name in session.execute(text(FOREIGN_KEYS)).all():
                session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
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


def verified(stage: TestHub, session: Session | None = None, **noted: Any) -> dict[str, Report]:
    """The reports of all chains."""
    if session is None:
        return verify(stage.hub.store, stage.hub.keyring, stage.clock(), noted)
    session.expunge_all()
    return verify_within(session, stage.hub.keyring, stage.clock(), noted, stage.hub.store.ends_file)


def found(stage: TestHub, session: Session | None = None, **noted: Any) -> Finding | None:
    """The first finding of any chain."""
    findings = (report.finding for report in verified(stage, session, **noted).values())
    return next((each for each in findings if each is not None), None)


def entries(session: Session, chain: str) -> list[dict[str, Any]]:
    """A chain's entries as plain columns."""
    rows = session.exec(select(JournalEntry).where(JournalEntry.chain == chain).order_by(col(JournalEntry.position)))
    return [row.model_dump() for row in rows]


def put(session: Session, chain: str, rows: list[dict[str, Any]]) -> None:
    """Put these entries in place of the chain's."""
    session.execute(text("DELETE FROM journal_entry WHERE chain = :chain"), {"chain": chain})
    session.expunge_all()
    session.add_all([JournalEntry(**row) for row in rows])
    session.flush()


def relinked(
    rows: list[dict[str, Any]], keep: Callable[[dict[str, Any]], bool] = lambda row: True
) -> list[dict[str, Any]]:
    """A chain that is consistent in itself, of the entries that are kept, with the hashes that anybody can make."""
    made: list[dict[str, Any]] = []
    for row in filter(keep, rows):
        previous = made[-1]["hash"] if made else "0" * 64
        told = (row["kind"], row["content"], row["since"], row["at"], previous)
        made.append(link(row["chain"], len(made) + 1, *told, b"").model_dump())
    return made


def move_end(session: Session, chain: str, last: Mapping[str, Any] | None) -> None:
    """Say that the chain ends at this entry."""
    told = {"chain": chain, "p": last["position"] if last else 0, "h": last["hash"] if last else "0" * 64}
    session.execute(text("UPDATE journal_end SET position = :p, hash = :h WHERE chain = :chain"), told)

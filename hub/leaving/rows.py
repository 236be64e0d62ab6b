"""The rest of a company that ends: contacts without a person, visits, figures, marks and settings. Erased, then deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, or_, tuple_
from sqlmodel import Session, col, select

from hub.backup.old_calls import archive_files
from hub.model import (
    ArchivedCall,
    ArchiveFile,
    Call,
    Company,
    CompanyEnd,
    FormSubmission,
    OutcomeRow,
    OutgoingCall,
    TextMessage,
    Visit,
    every_table,
)
from hub.model.states import SubjectState
from hub.privacy.erasure import erase_unowned
from hub.privacy.erasure.reach import PersonData, webhooks_of_calls
from hub.runtime import Hub
from hub.store.journal.watched import WATCHED, touch
from hub.store.rows import count_changed
from hub.store.vacuum import scrub

ROWS_PER_BATCH = 500
FILES_PER_BATCH = 20
KEPT: Mapping[str, str] = {
    "audit_entry": "who did what",
    "authority_disclosure": "evidence of what an authority was given",
    "company": "its name, which the certificate and the journal need",
    "company_end": "this end",
    "consent_decision": "evidence of what was decided; it ends by its own retention period",
    "consent_record": "the consent ledger",
    "disclosure": "evidence of what was disclosed; it ends by its own retention period",
    "flow_version": "former trackers refer to it, as the history of config.yaml does",
    "identity_proof": "belongs to privacy requests",
    "legal_hold": "holds that were lifted, by case",
    "number_purchase": "the history of numbers",
    "opt_out": "evidence, as keyed hashes",
    "port_order": "the history of numbers",
    "privacy_request": "records of requests are kept for 24 months",
    "request_step": "belongs to privacy requests",
    "request_task": "belongs to privacy requests",
    "tracker": "the history of numbers",
    "tracking_number": "the history of numbers",
    "user_company": "without it, a user who was limited to this company would see all others",
}
"""Tables about the company whose rows stay, and why."""
WATCHED_TABLES = {kind: table for table, kind in WATCHED.items()}
"""Tables whose deleted rows the journal must hear of."""
SUBJECTS: tuple[Any, ...] = (Call, TextMessage, FormSubmission)


def erase_rest(hub: Hub, end: CompanyEnd) -> Counter[str] | None:
    """Erase the next contacts and visits that belong to no person, then delete the next rows. Returns the number of
    deleted rows by table; None if nothing is left."""
    with hub.store.reading() as session:
        company = session.get_one(Company, end.company_id)
        reach = _unowned(session, company, end.outcome.get("connectors", ()))
    if reach != PersonData():
        erase_unowned(hub, company.id, reach)
        return Counter()
    return _delete_files(hub, end.company_id) or _delete_next(hub, end)


def contacts_left(session: Session, company_id: str, limit: int = ROWS_PER_BATCH) -> dict[str, list[str]]:
    """Ids of the next calls, texts and forms that are not erased, by field of `PersonData`."""
    return {
        field: list(
            session.exec(
                select(table.id)
                .where(table.company_id == company_id, col(table.state) != SubjectState.ERASED)
                .limit(limit)
            )
        )
        for field, table in zip(("calls", "texts", "forms"), SUBJECTS, strict=True)
    }


def _unowned(session: Session, company: Company, connectors: Sequence[str]) -> PersonData:
    """The next contacts, visits and deals that still hold something."""
    found = {field: frozenset(ids) for field, ids in contacts_left(session, company.id).items()}
    traces = or_(*(col(each).is_not(None) for each in (Visit.visitor_id, Visit.landing_page, Visit.user_agent)))
    visits = select(Visit.id).where(Visit.company_id == company.id, traces).limit(ROWS_PER_BATCH)
    outgoing = select(OutgoingCall.id).where(
        OutgoingCall.company_id == company.id, col(OutgoingCall.person_number).is_not(None)
    )
    deals = select(OutcomeRow.id).where(
        col(OutcomeRow.connector).in_(connectors),
        or_(col(OutcomeRow.email).is_not(None), col(OutcomeRow.contact) != {}),
    )
    return PersonData(
        **found,
        visits=frozenset(session.exec(visits)),
        outgoing_calls=frozenset(session.exec(outgoing.limit(ROWS_PER_BATCH))),
        outcomes=frozenset(session.exec(deals.limit(ROWS_PER_BATCH))),
        webhooks=webhooks_of_calls(session, found["calls"]),
    )


def _delete_files(hub: Hub, company_id: str) -> Counter[str] | None:
    """Delete the next files of archived calls; None if there are none."""
    with hub.store.reading() as session:
        files = archive_files(session, company_id)[:FILES_PER_BATCH]
    for file in files:
        hub.blob_store.delete(file.path)
    ids = [file.id for file in files]
    with hub.store.writing() as session:
        calls = count_changed(session, delete(ArchivedCall).where(col(ArchivedCall.file_id).in_(ids)))
        session.execute(delete(ArchiveFile).where(col(ArchiveFile.id).in_(ids)))
    return Counter({"archive_file": len(ids), "archived_call": calls}) if ids else None


def _delete_next(hub: Hub, end: CompanyEnd) -> Counter[str] | None:
    """Delete the next rows, in one transaction. The tables come in an order that foreign keys allow."""
    conditions = list(_conditions(end.company_id, end.outcome.get("connectors", ())))
    found, room = list[tuple[Table, ColumnElement[bool]]](), ROWS_PER_BATCH
    with hub.store.reading() as session:
        for table, condition in conditions:
            key = tuple(table.primary_key)
            if ids := session.execute(select(*key).where(condition).limit(room)).all():
                place = key[0] if len(key) == 1 else tuple_(*key)
                found.append((table, place.in_([row[0] if len(key) == 1 else tuple(row) for row in ids])))
                room -= len(ids)
            if not room:
                break
    if not found:
        scrub(hub.store, [table.name for table, _ in conditions])
        return None
    deleted = Counter[str]()
    with hub.store.writing() as session:
        for table, of_ids in found:
            if table.name in WATCHED_TABLES:
                touch(session, WATCHED_TABLES[table.name], of_ids)
            deleted[table.name] += count_changed(session, delete(table).where(of_ids))
    return deleted


def _conditions(company_id: str, connectors: Sequence[str]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """The tables whose rows are deleted, each with the condition for the company's rows, children before parents."""
    subjects = [select(table.id).where(table.company_id == company_id) for table in SUBJECTS]
    tables = every_table()
    sent = select(TextMessage.connector, TextMessage.carrier_message_id).where(TextMessage.company_id == company_id)
    fact, outcome, status = (tables.tables[name] for name in ("fact", "outcome", "text_status"))
    yield fact, or_(*(fact.c.subject_id.in_(each) for each in subjects))
    of_own = outcome.c.subject_id.is_(None) & outcome.c.connector.in_(connectors)
    yield outcome, or_(*(outcome.c.subject_id.in_(each) for each in subjects), of_own)
    yield status, tuple_(status.c.connector, status.c.carrier_message_id).in_(sent)
    for table in reversed(tables.sorted_tables):
        if table.name not in KEPT and (condition := _condition(table, company_id)) is not None:
            yield table, condition


def _condition(table: Table, company_id: str) -> ColumnElement[bool] | None:
    """The company's rows of a table: by their company, or by the row that they belong to. None if it belongs to no company."""
    if "company_id" in table.columns:
        return table.c.company_id == company_id
    for key in sorted(table.foreign_keys, key=lambda each: each.parent.name):
        parent = key.column.table
        if parent.name not in ("account", "app_user", "company") and (of := _condition(parent, company_id)) is not None:
            return key.parent.in_(select(key.column).where(of))
    return None

"""Erases one person of one company in one transaction, then deletes files and overwrites deleted rows on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.errors import RetryLater, RingfenceError
from hub.model import Call, CallerRule, FormSubmission, Person, TextMessage, Tombstone, every_table
from hub.privacy.erasure.mentions import blank, mentions_of
from hub.privacy.erasure.reach import NO_DATA, TABLES, PersonData, reach_of, webhooks_of
from hub.privacy.erasure.rows import counts_of, erase_rows, files_of, rules_about, sealed_by
from hub.privacy.withdrawal import exclusive_person_lock
from hub.reports.dirty_days import Change, mark_dirty
from hub.runtime import Hub
from hub.store.encryption.vault import Vault
from hub.store.tombstones import ErasedRows, journal_of, write_tombstones
from hub.store.vacuum import scrub

log = structlog.get_logger(__name__)
CLOCKS_APART = timedelta(minutes=5)
"""How far the clocks of our processes may differ. Webhooks received meanwhile are looked up a second time."""


class NotKnown(RingfenceError):
    """No person has this id (any more)."""


@dataclass(frozen=True)
class ErasedPerson:
    """The result: rows by table, keys destroyed, files deleted. A file that its storage has not deleted yet cannot be
    read, because its key is destroyed.
    """

    rows: Counter[str]
    keys: int
    files: int


def plan_erasure(session: Session, hub: Hub, people: Iterable[Person], kept: PersonData = NO_DATA) -> Counter[str]:
    """Rows by table that an erasure of `people` would delete or empty, except those `kept`. Changes nothing."""
    reach, elsewhere = PersonData(), Counter[str]()
    for person in people:
        own = reach_of(session, hub.config, person, webhooks_of(session, person))
        elsewhere |= mentions_of(session, hub.vault, person, own, kept).counts
        reach |= own
    return counts_of(session, reach - kept) + elsewhere


def erase_person(hub: Hub, person_id: str, kept: PersonData = NO_DATA) -> ErasedPerson:
    """Erase the person from the hub; `hub.privacy_requests.erase` asks the plugins. NotKnown if the person does not exist.

    `kept` is what a legal hold on somebody else protects, such as a form that names both; it is not changed. The
    person's stop to texts stays as a keyed hash. Ledger records and disclosures stay too; they contain only a random id
    that no longer leads to anyone. The call waits for sends to the person that are under way; nothing is sent after it.
    """
    now = hub.clock()
    with hub.store.reading() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotKnown("There is no such person, or they were already erased.")
        webhooks = webhooks_of(session, person)
    with exclusive_person_lock(hub.store, [person], "withdrawn"), hub.store.writing() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotKnown("The person was just erased by someone else.")
        webhooks += webhooks_of(session, person, since=now - CLOCKS_APART)
        reach = reach_of(session, hub.config, person, webhooks) - kept
        files = files_of(session, reach)
        changes = days_changed(session, reach)
        shared = hub.vault.keys_of_shares(session, reach.visits | reach.webhooks | reach.outcomes)
        sealed = {*sealed_by(session, reach), *shared}
        keys = hub.vault.destroy_keys(session, _holders(session, hub, person, reach), sealed)
        elsewhere = mentions_of(session, hub.vault, person, reach, kept)
        rows = erase_rows(session, reach, now) + elsewhere.counts
        blank(session, elsewhere)
        mark_dirty(session, changes, now)
        write_tombstones(session, journal_of(hub.config.hub), _tombstoned(session, hub, person, reach, keys), now)
    deleted = sum(_deleted(hub, path) for path in files)
    scrub(hub.store, sorted({*rows, "person_key"}))
    return ErasedPerson(rows, len(keys), deleted)


def erase_unowned(hub: Hub, company_id: str, reach: PersonData) -> ErasedPerson:
    """Erase rows of a company that belong to no person, such as calls without a number, and visits."""
    now = hub.clock()
    with hub.store.writing() as session:
        files, changes = files_of(session, reach), days_changed(session, reach)
        shared = hub.vault.keys_of_shares(session, reach.visits | reach.webhooks | reach.outcomes)
        holders = {hub.vault.holder(session, company_id, None, each) for each in reach.subjects}
        keys = hub.vault.destroy_keys(session, holders, {*sealed_by(session, reach), *shared})
        rows = erase_rows(session, reach, now)
        mark_dirty(session, changes, now)
        tombstoned = ErasedRows(frozenset(keys), frozenset(_marks(session, hub, reach)))
        write_tombstones(session, journal_of(hub.config.hub), tombstoned, now)
    return ErasedPerson(rows, len(keys), sum(_deleted(hub, path) for path in files))


def _marks(session: Session, hub: Hub, reach: PersonData) -> set[str]:
    return {hub.vault.row_mark(session, table, each) for table, ids in reach.by_table().items() for each in ids}


def _holders(session: Session, hub: Hub, person: Person, reach: PersonData) -> set[str]:
    """Every name under which the key table may know the person: their number, and each contact with a hidden number."""
    listed = session.exec(select(CallerRule.id).where(*rules_about(reach.people)))
    ids = {person.id, *reach.people, *reach.subjects, *listed}
    holders = {hub.vault.holder(session, person.company_id, None, each) for each in ids}
    if person.known_number:
        holders.add(hub.vault.holder(session, person.company_id, person.known_number, person.id))
    return holders


def _tombstoned(session: Session, hub: Hub, person: Person, reach: PersonData, keys: list[str]) -> ErasedRows:
    """What must not come back: from a backup, or, by the number, from another service's history (hub.importing)."""
    marks = _marks(session, hub, reach)
    if person.known_number:
        mark = hub.vault.number_mark(session, person.company_id, person.known_number)
        marks.add(mark)
        # A person who called again after an erasure is erased again: the later time counts.
        session.execute(update(Tombstone).where(col(Tombstone.mark) == mark).values(at=hub.clock()))
    return ErasedRows(frozenset(keys), frozenset(marks))


def _deleted(hub: Hub, path: str) -> bool:
    try:
        hub.blob_store.delete(path)
    except RetryLater as error:
        log.warning("erased audio is not deleted yet", path=path, reason=str(error))
        return False
    return True


def days_changed(session: Session, reach: PersonData) -> list[Change]:
    """The days of the person's calls, texts and forms for `hub.reports.dirty_days.mark_dirty`. Read them before the rows are
    emptied.
    """
    kinds: tuple[tuple[Any, Any, frozenset[str]], ...] = (
        (Call, Call.started_at, reach.calls),
        (TextMessage, TextMessage.at, reach.texts),
        (FormSubmission, FormSubmission.submitted_at, reach.forms),
    )
    return [
        Change(company_id, at)
        for table, moment, ids in kinds
        for company_id, at in session.exec(select(table.company_id, moment).where(col(table.id).in_(ids)))
        if company_id is not None
    ]


ROWS_PER_STATEMENT = 200


def replay_tombstones(session: Session, vault: Vault, rows: frozenset[str], now: datetime) -> Counter[str]:
    """Erase the rows whose marks are among `rows`, with all rows that depend on them, and mark the days to recalculate.
    Returns the number of rows by table.
    """
    counts: Counter[str] = Counter()
    changes: list[Change] = []
    for table, field in TABLES.items():
        named = _named(session, vault, table, rows)
        for start in range(0, len(named), ROWS_PER_STATEMENT):
            reach = PersonData(**{field: frozenset(named[start : start + ROWS_PER_STATEMENT])})
            changes += days_changed(session, reach)
            counts += erase_rows(session, reach, now)
    mark_dirty(session, changes, now)
    return counts


def _named(session: Session, vault: Vault, table: str, rows: frozenset[str]) -> list[str]:
    target = every_table().tables[table]
    ids = session.scalars(select(target.c.id)).yield_per(1_000)
    return [row_id for row_id in ids if vault.row_mark(session, table, row_id) in rows]

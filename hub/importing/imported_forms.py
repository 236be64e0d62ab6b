"""Stores imported forms: done, never converted. What they must not hold, such as card numbers, is removed as ever."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col, or_

from hub.contracts.clean_urls import clean_url, without_click_ids
from hub.flow.case import new_person
from hub.importing.contacts import ERASED, Batch, Placed, file_id
from hub.importing.imported_people import erased_at
from hub.importing.places import Places, imported_id
from hub.importing.records import FormRecord
from hub.importing.steps import Tally
from hub.model import FormSubmission, Person
from hub.model.columns import CALL_RETENTION, MESSAGE_RETENTION, storable
from hub.model.people import TYPED, is_typed
from hub.model.states import SubjectState
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import Plaintext, encrypt_many, fields_place, name_place
from hub.store.encryption.search_words import Searchable, index_words
from hub.store.rows import write_rows
from hub.visits.form_fields import Contact, contact_of, kept_fields
from hub.visits.forms import MAX_PAGE_URL_CHARACTERS


def write_forms(
    session: Session, hub: Hub, places: Places, records: Sequence[FormRecord], now: datetime
) -> tuple[Tally, list[Placed[FormRecord]]]:
    """Store forms within `session`; of a form that is known only its marks change."""
    batch: Batch[FormRecord] = Batch(hub, session, places, now)
    ids = {each.id or _file_id(session, hub, each): each for each in records}
    known = _known(session, {f"{places.connector}/{each}" for each in ids})
    keys: dict[str, str] = {}
    readable = []
    for external_id, record in ids.items():
        found = known.get(f"{places.connector}/{external_id}")
        if found and found[1] == SubjectState.ERASED:
            batch.tally.skip(ERASED, record.id)
        else:
            row_id = found[0] if found else imported_id(record.at, f"{places.service}/form/{external_id}")
            keys[row_id] = f"{places.connector}/{external_id}"
            readable.append((row_id, record, None, None))
    placed = batch.placed(readable, "form_content")
    contacts = {each.id: _contact(each) for each in placed}
    placed = _without_erased(batch, placed, contacts)
    stored = {row_id for row_id, _ in known.values()}
    new = [each for each in placed if each.id not in stored]
    people = _people(session, new, contacts, now)
    _write(batch, new, contacts, people, keys)
    batch.finish(placed, new, {})
    return batch.tally, placed


def _file_id(session: Session, hub: Hub, record: FormRecord) -> str:
    contact = contact_of(record.fields, "US", record.number, None, record.name)
    reported = (record.form_id, record.page, contact.phone_number, contact.email, record.at.replace(microsecond=0))
    return file_id(session, hub, "form", *reported)


def _known(session: Session, keys: Collection[str]) -> dict[str, tuple[str, str]]:
    form: Any = FormSubmission
    query = select(form.submission_key, form.id, form.state)
    wanted = query.where(form.submission_key.in_(keys))
    return {key: (row_id, state) for key, row_id, state in session.execute(wanted)}


def _contact(each: Placed[FormRecord]) -> Contact:
    record = each.record
    return contact_of(record.fields, each.company.country, record.number, None, record.name)


def _without_erased(
    batch: Batch[FormRecord], placed: Sequence[Placed[FormRecord]], contacts: dict[str, Contact]
) -> list[Placed[FormRecord]]:
    """Without the forms that name the number of a person who was erased since."""
    typed = {each.id: (each.company.id, number) for each in placed if (number := contacts[each.id].phone_number)}
    gone = erased_at(batch.session, batch.hub.vault, set(typed.values()))
    kept = []
    for each in placed:
        ended = gone.get(typed.get(each.id, ("", "")))
        if ended is not None and each.record.at <= ended:
            batch.tally.skip(ERASED, each.record.id)
        else:
            kept.append(each)
    return kept


def _people(
    session: Session, new: Sequence[Placed[FormRecord]], contacts: dict[str, Contact], now: datetime
) -> dict[str, str]:
    """Form → the unknown person who typed this number and this address; a typed number never leads to its owner."""
    names = {each.id: (each.company.id, contacts[each.id].phone_number, contacts[each.id].email) for each in new}
    wanted = {name for name in names.values() if name[1] or name[2]}
    if not wanted:
        return {}
    numbers, emails = {name[1] for name in wanted if name[1]}, {name[2] for name in wanted if name[2]}
    person: Any = Person
    query = select(person.company_id, person.phone_number, person.email, person.id).where(
        is_typed(), or_(col(Person.phone_number).in_(numbers), col(Person.email).in_(emails))
    )
    people = {(company_id, number, email): person_id for company_id, number, email, person_id in session.execute(query)}
    made = []
    for each in new:
        name = names[each.id]
        if name in wanted and name not in people:
            row = new_person(name[0], name[1], TYPED, each.record.at, now, name[2])
            row.expires_at = each.record.at + CALL_RETENTION
            people[name] = row.id
            made.append(row)
    write_rows(session, Person, made)
    return {form_id: people[name] for form_id, name in names.items() if name in people}


def _write(
    batch: Batch[FormRecord],
    new: Sequence[Placed[FormRecord]],
    contacts: dict[str, Contact],
    people: dict[str, str],
    keys: dict[str, str],
) -> None:
    plain: dict[tuple[str, str], Plaintext] = {}
    for each in new:
        holder, name = batch.holder(each), contacts[each.id].name
        fields = kept_fields(each.record.fields)
        if name:
            plain[each.id, "name"] = Plaintext(holder, storable(name), name_place("form_submission", each.id))
        if fields:
            written = json.dumps(storable(fields), ensure_ascii=False)
            plain[each.id, "fields"] = Plaintext(holder, written, fields_place(each.id))
    sealed = dict(zip(plain, encrypt_many(batch.hub.vault, batch.session, list(plain.values())), strict=True))
    named = [
        Searchable(each.id, each.company.id, contacts[each.id].name or "") for each in new if contacts[each.id].name
    ]
    index_words(batch.hub.vault, batch.session, named)
    rows = []
    for each in new:
        record, contact = each.record, contacts[each.id]
        page = clean_url(record.page, each.company.link_parameters)
        shown = without_click_ids(page, each.company.own_click_ids)[:MAX_PAGE_URL_CHARACTERS] if page else None
        rows.append(
            FormSubmission.columns(
                id=each.id,
                company_id=each.company.id,
                person_id=people.get(each.id),
                submission_key=keys[each.id],
                form_id=storable(record.form_id),
                page=storable(shown),
                phone_number=contact.phone_number,
                email=storable(contact.email),
                sealed_name=sealed.get((each.id, "name")),
                sealed_fields=sealed.get((each.id, "fields")),
                submitted_at=record.at,
                first_time_contact=record.is_first,
                enriched_at=batch.now,
                state=SubjectState.DONE,
                due_at=batch.now,
                expires_at=record.at + MESSAGE_RETENTION,
            )
        )
    write_rows(batch.session, FormSubmission, rows)

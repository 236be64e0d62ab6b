"""Names of callers and their form entries, encrypted in their rows with the key of the person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlmodel import Session

from hub.model import Call, CallerRule, FactRow, FormSubmission, Note, Person, PrivacyRequest, TextMessage
from hub.store.encryption.search_words import Searchable, index_words
from hub.store.encryption.vault import Vault

NAME_CATEGORY = "user.name"
"""The category of the facts whose values are encrypted."""
Named = Call | FormSubmission | Person
Contact = Call | FormSubmission | TextMessage


class Plaintext(NamedTuple):
    """Text to encrypt: its owner (`hub.store.encryption.vault.Vault.holder`) and the place that it is bound to."""

    holder: str
    plain: str
    place: str


def seal_names(vault: Vault, session: Session, names: Sequence[tuple[Named, str]]) -> None:
    """Put names into their rows. Missing keys are made, so `session` must be a writing one."""
    plaintexts = [Plaintext(holder_of(vault, session, row), name, name_in(row)) for row, name in names]
    for (row, _), sealed in zip(names, encrypt_many(vault, session, plaintexts), strict=True):
        row.sealed_name = sealed
    index_words(vault, session, [Searchable(row.id, row.company_id, name) for row, name in names])


def names_of(vault: Vault, session: Session, rows: Iterable[Named]) -> dict[str, str]:
    """The names in some rows, by row id; without missing names and names whose key was destroyed."""
    named = [(row, row.sealed_name) for row in rows if row.sealed_name]
    opened = decrypt_many(vault, session, [(sealed, name_in(row)) for row, sealed in named])
    return {row.id: name for (row, _), name in zip(named, opened, strict=True) if name is not None}


def seal_facts(vault: Vault, session: Session, facts: Sequence[tuple[Contact, FactRow]]) -> None:
    """Move names out of the values of new facts, each given with the call, text or form that it comes from."""
    names = [(contact, fact, fact.value) for contact, fact in facts if fact.category == NAME_CATEGORY and fact.value]
    plaintexts = [
        Plaintext(holder_of(vault, session, contact), value, _value_of(fact)) for contact, fact, value in names
    ]
    for (_, fact, _), sealed in zip(names, encrypt_many(vault, session, plaintexts), strict=True):
        fact.value, fact.sealed = None, sealed
    index_words(vault, session, [Searchable(fact.id, contact.company_id, value) for contact, fact, value in names])


def values_of(vault: Vault, session: Session, facts: Iterable[FactRow]) -> dict[str, str]:
    """The values of facts, including names, by fact id; without empty values and values whose key was destroyed."""
    rows = list(facts)
    named = [(fact, fact.sealed) for fact in rows if fact.sealed]
    opened = decrypt_many(vault, session, [(sealed, _value_of(fact)) for fact, sealed in named])
    values = {fact.id: fact.value for fact in rows} | {
        fact.id: name for (fact, _), name in zip(named, opened, strict=True)
    }
    return {fact_id: value for fact_id, value in values.items() if value}


def seal_fields(vault: Vault, session: Session, form: FormSubmission, fields: Mapping[str, str]) -> None:
    """Put the entries of a form into its row."""
    if fields:
        plaintext = Plaintext(
            holder_of(vault, session, form), json.dumps(fields, ensure_ascii=False), fields_place(form.id)
        )
        (form.sealed_fields,) = encrypt_many(vault, session, [plaintext])


def fields_of(vault: Vault, session: Session, forms: Iterable[FormSubmission]) -> dict[str, dict[str, str]]:
    """The entries of some forms, by form id; without empty forms and forms whose key was destroyed."""
    written = [(form, form.sealed_fields) for form in forms if form.sealed_fields]
    opened = decrypt_many(vault, session, [(sealed, fields_place(form.id)) for form, sealed in written])
    return {
        form.id: json.loads(plaintext)
        for (form, _), plaintext in zip(written, opened, strict=True)
        if plaintext is not None
    }


def seal_note(vault: Vault, session: Session, contact: Contact, note: Note, text: str) -> None:
    """Put the text of a note on a call, text or form into its row."""
    words = Plaintext(holder_of(vault, session, contact), text, note_place(note.id))
    (note.sealed,) = encrypt_many(vault, session, [words])
    index_words(vault, session, [Searchable(note.id, note.company_id, text)])


def notes_of(vault: Vault, session: Session, notes: Iterable[Note]) -> dict[str, str]:
    """The texts of notes, by note id; without those whose key was destroyed."""
    written = [(note, note.sealed) for note in notes if note.sealed]
    opened = decrypt_many(vault, session, [(sealed, note_place(note.id)) for note, sealed in written])
    return {note.id: text for (note, _), text in zip(written, opened, strict=True) if text is not None}


def seal_rule_note(vault: Vault, session: Session, rule: CallerRule, text: str) -> None:
    """Put the note of an entry of the block or allow list into its row."""
    number = rule.pattern if rule.company_id and not rule.is_prefix else None
    holder = vault.holder(session, rule.company_id, number, rule.id)
    (rule.sealed_note,) = encrypt_many(vault, session, [Plaintext(holder, text, rule_note_place(rule.id))])


def rule_notes_of(vault: Vault, session: Session, rules: Iterable[CallerRule]) -> dict[str, str]:
    """The notes of entries of the lists, by entry id; without those whose key was destroyed."""
    written = [(rule, rule.sealed_note) for rule in rules if rule.sealed_note]
    opened = decrypt_many(vault, session, [(sealed, rule_note_place(rule.id)) for rule, sealed in written])
    return {rule.id: text for (rule, _), text in zip(written, opened, strict=True) if text is not None}


def seal_correction(vault: Vault, session: Session, request: PrivacyRequest, right: Mapping[str, str]) -> None:
    """Put the corrections into a request's row."""
    if right:
        holder = vault.holder(session, request.company_id, None, request.id)
        plaintext = Plaintext(holder, json.dumps(right, ensure_ascii=False), _correction_in(request))
        (request.correction,) = encrypt_many(vault, session, [plaintext])


def correction_in(vault: Vault, session: Session, request: PrivacyRequest) -> dict[str, str]:
    """The corrections in a request; empty if it has none or the person's key was destroyed."""
    if request.correction is None:
        return {}
    (plaintext,) = decrypt_many(vault, session, [(request.correction, _correction_in(request))])
    return json.loads(plaintext) if plaintext is not None else {}


def encrypt_many(vault: Vault, session: Session, plaintexts: Sequence[Plaintext]) -> list[bytes]:
    """Encrypt each text with its holder's key; missing keys are made."""
    sealers = vault.sealers(session, {each.holder for each in plaintexts}) if plaintexts else {}
    return [sealers[each.holder](each.plain.encode("utf-8", "replace"), each.place) for each in plaintexts]


def decrypt_many(vault: Vault, session: Session, sealed: Sequence[tuple[bytes, str]]) -> list[str | None]:
    """Decrypt texts, each given with the place that it is bound to; None if its key was destroyed or was missing from the
    restored backup."""
    if not sealed:
        return []
    opener = vault.opener(session, {vault.key_id(each) for each, _ in sealed}, lost=True)
    opened = (opener(each, place) for each, place in sealed)
    return [None if plain is None else plain.decode("utf-8", "replace") for plain in opened]


def holder_of(vault: Vault, session: Session, row: Named | Contact) -> str:
    """Whose key encrypts the data in a row: that of the number at its company. A hidden number, a form, or a call without a
    company has a key of its own: erasing another person must not erase it, and anyone can type any number into a form."""
    match row:
        case Call():
            number = row.caller_number
        case TextMessage():
            number = row.person_number
        case Person():
            number = row.known_number
        case _:
            number = None
    return vault.holder(session, row.company_id, number if row.company_id else None, row.id)


def name_in(row: Named) -> str:
    """The place that the name in a row is bound to."""
    return name_place(str(row.__tablename__), row.id)


def name_place(table: str, row_id: str) -> str:
    """The place that the name in a row is bound to, for a row that is not made yet."""
    return f"{table}/{row_id}/name"


def _value_of(fact: FactRow) -> str:
    return f"fact/{fact.id}"


def fields_place(form_id: str) -> str:
    """The place that the entries of a form are bound to."""
    return f"form_submission/{form_id}/fields"


def note_place(note_id: str) -> str:
    """The place that the text of a note is bound to."""
    return f"note/{note_id}"


def rule_note_place(rule_id: str) -> str:
    """The place that the note of an entry of a list is bound to."""
    return f"caller_rule/{rule_id}/note"


def _correction_in(request: PrivacyRequest) -> str:
    return f"privacy_request/{request.id}/correction"

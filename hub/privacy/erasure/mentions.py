"""Where users wrote an erased person's number or address outside of the person's own rows: tags, notes and reasons on other
rows, names of saved views. Names are not found: nothing distinguishes them from other words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import phonenumbers
from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, func, select

from hub.model import (
    CallerRule,
    Company,
    LegalHold,
    Note,
    Person,
    PersonMerge,
    PrivacyRequest,
    SavedView,
    Tag,
    TagDefinition,
)
from hub.privacy.erasure.reach import PersonData
from hub.store.encryption.encrypted_fields import decrypt_many, note_place, rule_note_place
from hub.store.encryption.vault import Vault
from hub.store.journal import touch

ERASED_WORDS = "[erased]"
ROWS_PER_CHUNK = 500
GAP = r"[^\w\n]{0,3}"
"""What people write between the digits of a number: a space, a dash, a point, a bracket."""


@dataclass(frozen=True)
class Identifiers:
    """What a person is recognized by in a text: the number, as country code and national digits, and the address. Empty if
    there is none that is surely the person's."""

    country_code: str
    digits: str
    email: str

    @classmethod
    def of(cls, person: Person) -> Identifiers:
        """Those of a person."""
        return cls(*_parts(person.known_number), (person.known_email or "").casefold())

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """Finds them as people write them; None if there are none."""
        code = rf"(?:(?:\+|00|011)?{self.country_code}{GAP})?0?"
        number = rf"(?<!\d){code}\(?{GAP.join(self.digits)}(?!\d)" if self.digits else ""
        words = [each for each in (number, *map(re.escape, _spellings(self.email))) if each]
        return re.compile("|".join(words), re.IGNORECASE) if words else None

    def may_be_in(self, column: Any) -> Any:
        """The condition on a column that leaves only the texts worth a closer look."""
        likely = []
        if self.digits:
            likely.append(column.like(f"%{'%'.join(self.digits)}%"))
        if self.email:
            likely += [func.lower(column).contains(each, autoescape=True) for each in _spellings(self.email)]
        return or_(*likely)


@dataclass(frozen=True)
class Mentions:
    """Rows of others that name the person, by table, and what their texts become."""

    deleted: dict[type[Any], list[str]]
    changed: dict[type[Any], dict[str, dict[str, Any]]]

    @property
    def counts(self) -> Counter[str]:
        """Rows by table."""
        found = Counter({table.__tablename__: len(ids) for table, ids in self.deleted.items()})
        return +(found + Counter({table.__tablename__: len(rows) for table, rows in self.changed.items()}))


def mentions_of(session: Session, vault: Vault, person: Person, reach: PersonData, kept: PersonData) -> Mentions:
    """What users wrote of a person elsewhere at their company, or for all of its account. `reach` are the person's own rows;
    rows of people whom a legal hold protects (`kept`) are left as they are."""
    names = Identifiers.of(person)
    pattern = names.pattern
    if pattern is None:
        return Mentions({}, {})
    account = session.get_one(Company, person.company_id).account_id
    own = reach.subjects | kept.subjects
    deleted: dict[type[Any], list[str]] = {
        Tag: _found(session, names, pattern, Tag, Tag.name, Tag.company_id == person.company_id, own),
        TagDefinition: _found(session, names, pattern, TagDefinition, TagDefinition.name,
                              TagDefinition.account_id == account),
        SavedView: _found(session, names, pattern, SavedView, SavedView.query, SavedView.account_id == account),
    }  # fmt: skip
    own_request = col(PrivacyRequest.phone_number).is_not_distinct_from(person.known_number)
    plain: tuple[tuple[type[Any], Any, tuple[Any, ...]], ...] = (
        (SavedView, SavedView.name, (SavedView.account_id == account, col(SavedView.id).not_in(deleted[SavedView]))),
        (LegalHold, LegalHold.reason, (LegalHold.company_id == person.company_id,)),
        (PersonMerge, PersonMerge.reason, (PersonMerge.company_id == person.company_id, *_not_of(reach.people))),
        (PrivacyRequest, PrivacyRequest.evidence, (PrivacyRequest.company_id == person.company_id, ~own_request)),
    )
    changed: dict[type[Any], dict[str, dict[str, Any]]] = {}
    for table, column, where in plain:
        for row_id, words in _texts(session, names, pattern, table, column, *where):
            changed.setdefault(table, {})[row_id] = {column.key: pattern.sub(ERASED_WORDS, words)}
    changed[Note] = _sealed(session, vault, pattern, Note, Note.sealed, note_place,
                            (Note.company_id == person.company_id, col(Note.subject_id).not_in(own)))  # fmt: skip
    changed[CallerRule] = _sealed(session, vault, pattern, CallerRule, CallerRule.sealed_note, rule_note_place,
                                  (CallerRule.account_id == account, CallerRule.pattern != person.known_number))  # fmt: skip
    return Mentions(deleted, changed)


def _not_of(people: frozenset[str]) -> tuple[object, object]:
    return col(PersonMerge.person_id).not_in(people), col(PersonMerge.other_id).not_in(people)


def blank(session: Session, mentions: Mentions) -> None:
    """Delete the tags and views, and take the number or address out of the other texts."""
    for table, ids in mentions.deleted.items():
        if ids:
            session.execute(delete(table).where(col(table.id).in_(ids)))
    for table, rows in mentions.changed.items():
        touch(session, table, col(table.id).in_(rows))
        for row_id, values in rows.items():
            session.execute(update(table).where(col(table.id) == row_id).values(**values))


def _found(
    session: Session,
    names: Identifiers,
    pattern: re.Pattern[str],
    table: type[Any],
    column: object,
    where: object,
    own: frozenset[str] = frozenset(),
) -> list[str]:
    """Ids of the rows whose text has the number or address; not those on the person's own calls, texts and forms."""
    conditions = (where, col(table.subject_id).not_in(own)) if own else (where,)
    return [row_id for row_id, _ in _texts(session, names, pattern, table, column, *conditions)]


def _texts(
    session: Session, names: Identifiers, pattern: re.Pattern[str], table: type[Any], column: Any, *where: Any
) -> list[tuple[str, str]]:
    rows = session.execute(select(table.id, column).where(*where, names.may_be_in(column))).all()
    return [(row_id, text) for row_id, text in rows if pattern.search(text)]


def _sealed(
    session: Session,
    vault: Vault,
    pattern: re.Pattern[str],
    table: type[Any],
    column: Any,
    place: Any,
    where: Sequence[Any],
) -> dict[str, dict[str, Any]]:
    """The same for encrypted texts, which are encrypted again under the key that they had."""
    changed: dict[str, dict[str, object]] = {}
    for rows in _chunks(session, table, column, where):
        texts = decrypt_many(vault, session, [(sealed, place(row_id)) for row_id, sealed in rows])
        for (row_id, sealed), text in zip(rows, texts, strict=True):
            if text and pattern.search(text):
                words = pattern.sub(ERASED_WORDS, text)
                changed[row_id] = {column.key: vault.seal_again(session, sealed, words.encode(), place(row_id))}
    return changed


def _chunks(session: Session, table: type[Any], column: Any, where: Sequence[Any]) -> Iterator[Sequence[Any]]:
    last = ""
    while True:
        query = select(table.id, column).where(*where, column.is_not(None), table.id > last).order_by(table.id)
        rows = session.execute(query.limit(ROWS_PER_CHUNK)).all()
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def _parts(number: str | None) -> tuple[str, str]:
    """Country code and national digits; empty without a number."""
    if number is None:
        return "", ""
    parsed = phonenumbers.parse(number)
    return str(parsed.country_code), str(parsed.national_number)


def _spellings(email: str) -> list[str]:
    """An address as it stands in a text, and in the query of a URL."""
    return sorted({email, quote(email, safe="").lower(), quote(email, safe="+").lower()} - {""})

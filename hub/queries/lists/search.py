"""What somebody typed into the search field of the list of contacts: a number, an email address, an id or words.

Names are encrypted, so they cannot be searched here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, or_
from sqlmodel import Session, col, select

from hub.contracts.phones import phone_number
from hub.model import Attribution, Company, FormSubmission, MonthRollup, Person, Tracker
from hub.queries.lists.kinds import CALLS, FORMS, TEXTS, Kind
from hub.store.rows import indexless

MIN_DIGITS = 4
MIN_PART_DIGITS = 3
"""A shorter part of a number fits too many."""
MIN_ID_CHARACTERS = 6
ID_RANGE = tuple(re.sub("0", digit, "00000000-0000-0000-0000-000000000000") for digit in "0f")
"""The first and the last id."""
MAX_PEOPLE = 500
MAX_WORDS = 50
"""Limit of campaigns and keywords that contain what was typed."""


@dataclass(frozen=True)
class Search:
    """What to look for; contacts match if one of the parts does."""

    number: str | None = None
    """In E.164."""
    digits: str | None = None
    """The end of a number."""
    people: tuple[str, ...] = ()
    id: str | None = None
    """The beginning of an id."""
    trackers: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """Campaigns and keywords."""
    any_number: str | None = None
    """In E.164, of the caller, the tracker or the phone that answered."""
    number_part: str | None = None
    """The same for a part of a number."""
    source_part: str | None = None
    form_part: str | None = None
    """A part of a form's number, email address or page."""


def search_of(session: Session, companies: tuple[str, ...], text: str) -> Search:
    """What was typed, understood."""
    digits = re.sub(r"[^0-9]", "", text)
    if "@" in text:
        return Search(people=_people(session, companies, col(Person.email) == text.lower()))
    if len(digits) >= MIN_DIGITS and re.fullmatch(r"[+0-9().\s/\-]+", text):
        number = whole_number(session, companies, text, digits)
        if number is None:
            return Search(digits=digits[-15:])
        return Search(number=number, people=_people(session, companies, col(Person.phone_number) == number))
    if len(text) >= MIN_ID_CHARACTERS and re.fullmatch(r"[0-9a-fA-F-]{6,36}", text):
        return Search(id=text.lower())
    return Search(trackers=_trackers(session, companies, text), values=_values(session, companies, text))


def wide_search_of(session: Session, companies: tuple[str, ...], text: str) -> Search:
    """What a program searches for, understood: a number or at least three digits of one, else words."""
    text = text.strip()
    digits = re.sub(r"[^0-9]", "", text)
    if digits and not any(char.isalpha() for char in text):
        number = phone_number(text)
        part = digits if number is None and len(digits) >= MIN_PART_DIGITS else None
        return Search(any_number=number, number_part=part, form_part=text)
    return Search(trackers=_trackers(session, companies, text), source_part=text, form_part=text)


def search_conditions(search: Search, kind: Kind) -> ColumnElement[bool]:
    """The condition that a row of a kind matches."""
    parts: list[ColumnElement[bool]] = [false()]
    if search.number is not None:
        parts.append(kind.number == search.number)
    if search.digits is not None:
        parts.append(kind.number.endswith(search.digits, autoescape=True))
    if search.people and kind is FORMS:
        parts.append(kind.table.person_id.in_(search.people))
    if search.id is not None:
        parts.append(kind.table.id.between(*(search.id + end[len(search.id) :] for end in ID_RANGE)))
    if search.trackers and kind in (CALLS, TEXTS):
        parts.append(indexless(kind.table.tracker_id).in_(search.trackers))
    if search.any_number is not None:
        parts += [each == search.any_number for each in kind.numbers]
    if search.number_part is not None:
        parts += [each.contains(search.number_part, autoescape=True) for each in kind.numbers]
    if search.form_part is not None and kind is FORMS:
        form, text = FormSubmission, search.form_part
        pairs = ((form.phone_number, text), (form.email, text.casefold()), (form.page, text))
        parts += [col(column).contains(part, autoescape=True) for column, part in pairs]
    if search.source_part is not None and kind is CALLS:
        named = col(Attribution.source).icontains(search.source_part, autoescape=True)
        parts.append(
            select(1).where(col(Attribution.subject_id) == kind.table.id, named).correlate(kind.table).exists()
        )
    if search.values:
        named = or_(col(Attribution.campaign).in_(search.values), col(Attribution.keyword).in_(search.values))
        cause = select(1).where(col(Attribution.subject_id) == kind.table.id, named).correlate(kind.table)
        parts.append(cause.exists())
    return or_(*parts)


def whole_number(session: Session, companies: Sequence[str], text: str, digits: str) -> str | None:
    """The number that was typed, as the first of the companies' countries writes it; None if it is a part of one."""
    countries: list[str] = sorted(set(session.exec(select(Company.country).where(col(Company.id).in_(companies)))))
    tries = [text.strip()] + ([f"+{digits}"] if len(digits) >= 10 else [])
    found = (phone_number(each, country) for each in tries for country in countries or ["US"])
    return next((each for each in found if each and len(digits) >= 7), None)


def _people(session: Session, companies: tuple[str, ...], *where: Any) -> tuple[str, ...]:
    query = select(Person.id).where(*where, col(Person.company_id).in_(companies)).limit(MAX_PEOPLE)
    return tuple(session.exec(query))


def _trackers(session: Session, companies: tuple[str, ...], text: str) -> tuple[str, ...]:
    named = select(Tracker.id, Tracker.name).where(col(Tracker.company_id).in_(companies))
    return tuple(found for found, name in session.exec(named) if text.casefold() in name.casefold())


def _values(session: Session, companies: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Campaigns and keywords of the reports that contain the words, and the words themselves."""
    query = (
        select(MonthRollup.value)
        .where(
            col(MonthRollup.company_id).in_(companies),
            col(MonthRollup.model) == "last",
            col(MonthRollup.dimension).in_(("campaign", "keyword")),
            col(MonthRollup.value).icontains(text, autoescape=True),
        )
        .distinct()
        .limit(MAX_WORDS)
    )
    return tuple(sorted({text, *session.exec(query)}))

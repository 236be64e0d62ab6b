"""Search over all that a user may see, by what people type: parts of numbers, names, notes, addresses, campaigns, ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hub.access.permissions import right_to
from hub.access.scope import AccessScope
from hub.access.users import may
from hub.contracts.titles import tracker_title
from hub.contracts.transcripts import TranscriptPart
from hub.model import (
    Call,
    Delivery,
    FactRow,
    FormSubmission,
    MonthRollup,
    Note,
    Person,
    Recording,
    SearchWord,
    TextMessage,
    Tracker,
    TrackingNumber,
    TranscriptRow,
)
from hub.model.people import has_known_email, has_run_of_digits
from hub.queries.contact.view import ContactView, contact_views, read_parts
from hub.queries.lists.filters import ContactKind
from hub.queries.lists.kinds import CALLS, FORMS, KINDS, TEXTS, Kind, Visible, visible
from hub.queries.lists.search import MIN_DIGITS, whole_number
from hub.queries.people import PersonShown, people_shown
from hub.recordings.conversations import CONVERSATION
from hub.recordings.transcripts import spoken_parts
from hub.store.dialects import has_row_security
from hub.store.encryption.encrypted_fields import names_of, notes_of, values_of
from hub.store.encryption.search_words import fits, marks_of, words_of
from hub.store.encryption.vault import Vault
from hub.store.rows import indexless

MIN_TEXT_CHARACTERS = 2
MAX_TERMS = 6
MAX_CANDIDATES = 300
"""Newest rows of the index that are decrypted and compared, for each word."""
MAX_BY_DIGITS = 5_000
"""People with the same four digits that an index may find; the newest of more are soon found without it."""
MAX_PEOPLE, MAX_SHOWN = 200, 10
"""People that one word may fit, and rows of each kind that are shown."""
EXTERNAL_IDS: dict[str, Any] = {
    CALLS.name: col(Call.carrier_call_id),
    TEXTS.name: col(TextMessage.carrier_message_id),
    FORMS.name: col(FormSubmission.submission_key),
}
NUMBER = re.compile(r"[+0-9().\s/\-]+")
ID = re.compile(r"[0-9a-fA-F-]{36}")


@dataclass(frozen=True)
class FoundNote:
    """A note that has the words, and what it is on."""

    text: str
    contact: ContactView


@dataclass(frozen=True)
class FoundLine:
    """The first line of a transcript that has a word of the search, and the call in which it was said."""

    text: str
    start: float
    """Seconds from the beginning of the recording."""
    recording: Recording
    contact: ContactView


@dataclass(frozen=True)
class Named:
    """A campaign, a tracker or one of the company's own numbers, whose calls a filter of the list shows."""

    kind: str
    """`campaign`, `tracker` or `number`."""
    name: str
    company_id: str
    tracker: str | None = None
    tracker_title: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found, the best people first, all else newest first."""

    exact: str | None = None
    """The id that was typed, of a call, text or form."""
    best: PersonShown | None = None
    """The only person whom every word fits."""
    people: Sequence[PersonShown] = ()
    contacts: Mapping[ContactKind, Sequence[ContactView]] = field(default_factory=dict)
    """By kind."""
    notes: Sequence[FoundNote] = ()
    said: Sequence[FoundLine] = ()
    """The page that shows them writes the audit entries of their transcripts."""
    named: Sequence[Named] = ()
    words: Sequence[str] = ()
    """What was searched for, as `words_of` writes it; `digits`: runs of digits."""
    digits: Sequence[str] = ()


@dataclass
class _Term:
    """One word of a search, or a part of a number, and what it fits."""

    word: str | None = None
    digits: str | None = None
    people: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    """Calls and forms of nobody known, by the name on them."""
    notes: dict[str, str] = field(default_factory=dict)
    """Note → its text."""
    said: dict[str, TranscriptPart] = field(default_factory=dict)
    """Recording → the first part of its transcript that has the word."""


def find(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], text: str, *, people: bool
) -> Found:
    """What fits a text, of some companies; with `people` if the user may see those too."""
    text = text.strip()
    if len(text) < MIN_TEXT_CHARACTERS:
        return Found()
    seen = visible(session, scope, companies)
    named_by_id = _by_id(session, seen, text)
    terms = _terms(session, vault, seen.companies, text)
    ranked = _ranked(terms)
    all_fit = [person for person in ranked if all(person in term.people for term in terms)]
    subjects = {each for term in terms for each in term.subjects}
    contacts = {
        kind.name: [*named_by_id.get(kind.name, ()), *_newest(session, seen, kind, ranked, subjects)]
        for kind in seen.kinds
    }
    views = {
        kind: contact_views(session, vault, list({row.id: row for row in rows}.values()), scope.user)
        for kind, rows in contacts.items()
    }
    read_parts([view for rows in views.values() for view in rows], "name", "cause", "outcome", "company", "body")
    shown = people_shown(session, vault, scope, ranked[:MAX_SHOWN]) if people else []
    return Found(
        exact=next((row.id for rows in named_by_id.values() for row in rows if row.id == text.lower()), None),
        best=next((each for each in shown if [each.id] == all_fit), None),
        people=shown,
        contacts=views,
        notes=_notes(session, scope, vault, seen, terms),
        said=_said(session, scope, vault, seen, terms),
        named=_named(session, seen.companies, text),
        words=[term.word for term in terms if term.word],
        digits=[term.digits for term in terms if term.digits],
    )


def search_people(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], text: str
) -> Sequence[PersonShown]:
    """The people whom a text fits: parts of their number, their address, their name."""
    terms = _terms(session, vault, visible(session, scope, companies).companies, text.strip())
    return people_shown(session, vault, scope, _ranked(terms)[:MAX_SHOWN])


def find_deliveries(session: Session, scope: AccessScope, companies: Collection[str], text: str) -> list[Delivery]:
    """The deliveries with an id or an item's key, of calls, texts and forms of some companies."""
    rows = session.exec(select(Delivery).where(or_(col(Delivery.id) == text, col(Delivery.item_key) == text)).limit(10))
    seen = []
    for row in rows.all():
        subjects = (
            scope.select(table).where(table.id == row.subject_id) for table in (Call, TextMessage, FormSubmission)
        )
        if any(getattr(session.exec(query).first(), "company_id", None) in companies for query in subjects):
            seen.append(row)
    return seen


def _ranked(terms: Sequence[_Term]) -> list[str]:
    """The people whom a search fits: those whom most of it fits first, then the newest."""
    fitting = Counter(person for term in terms for person in term.people)
    return sorted(fitting, key=lambda person: (fitting[person], person), reverse=True)[:MAX_PEOPLE]


def _terms(session: Session, vault: Vault, companies: Sequence[str], text: str) -> list[_Term]:
    """The words of a search with what they fit."""
    terms = []
    if ID.fullmatch(text):
        return [_Term(people=_people(session, companies, col(Person.id) == text.lower()))]
    digits = re.sub(r"[^0-9]", "", text)
    parts = [text] if NUMBER.fullmatch(text) and len(digits) >= MIN_DIGITS else text.split()
    for part in parts[:MAX_TERMS]:
        digits = re.sub(r"[^0-9]", "", part)
        if "@" in part:
            address = part.lower()
            condition = or_(has_known_email(address), col(Person.email) == address)
            terms.append(_Term(people=_people(session, companies, condition)))
        elif NUMBER.fullmatch(part) and len(digits) >= MIN_DIGITS:
            # A nought before a national number is not a part of it in E.164, unless too few digits would be left.
            stripped = "" if part.strip().startswith("+") else digits.lstrip("0")
            national = stripped if len(stripped) >= MIN_DIGITS else digits
            whole = whole_number(session, companies, part, digits)
            people = whole and _people(session, companies, col(Person.phone_number) == whole)
            terms.append(_Term(digits=national, people=people or _numbered(session, companies, national)))
        else:
            terms += [_word(session, vault, companies, word) for word in words_of(part)]
    return terms


def _people(session: Session, companies: Sequence[str], condition: Any) -> set[str]:
    query = select(Person.id).where(col(Person.company_id).in_(companies), condition)
    return set(session.exec(query.order_by(col(Person.id).desc()).limit(MAX_PEOPLE)))


def _numbered(session: Session, companies: Sequence[str], digits: str) -> set[str]:
    """The newest people whose number has some digits in a row.

    SQLite finds them by the indexes of runs of four digits; of very many, such as an area code, it reads the newest people.
    PostgreSQL reads all numbers: row security keeps it from using an index of an expression.
    """
    has_digits = col(Person.phone_number).contains(digits, autoescape=True)
    theirs = select(Person.id).where(indexless(Person.company_id).in_(companies), has_digits)
    run = [] if has_row_security(session) else [has_run_of_digits(digits[-MIN_DIGITS:])]
    found = session.exec(theirs.where(*run).limit(MAX_BY_DIGITS)).all()
    if len(found) == MAX_BY_DIGITS:
        found = session.exec(theirs.order_by(col(Person.id).desc()).limit(MAX_PEOPLE)).all()
    return set(sorted(found, reverse=True)[:MAX_PEOPLE])


def _word(session: Session, vault: Vault, companies: Sequence[str], word: str) -> _Term:
    """What has a word that begins with `word`: the index names candidates, which are decrypted and compared."""
    term = _Term(word=word)
    if not vault.has_names(session):
        return term
    found: Any = (
        select(SearchWord.row_id)
        .where(
            col(SearchWord.word).in_(marks_of(vault, session, companies, word)),
            col(SearchWord.company_id).in_(companies),
        )
        .order_by(col(SearchWord.row_id).desc())
        .limit(MAX_CANDIDATES)
    )
    ids = set(session.exec(found))
    if not ids:
        return term
    for kind in (CALLS, FORMS):
        rows = session.exec(select(kind.table).where(kind.table.id.in_(ids))).all()
        _take(term, rows, names_of(vault, session, rows))
    people = session.exec(select(Person).where(col(Person.id).in_(ids))).all()
    term.people |= {each for each, name in names_of(vault, session, people).items() if fits(name, word)}
    facts = session.exec(select(FactRow).where(col(FactRow.id).in_(ids))).all()
    values = values_of(vault, session, facts)
    of_facts = {fact.subject_id: values[fact.id] for fact in facts if fact.id in values}
    for kind in KINDS.values():
        rows = session.exec(select(kind.table).where(kind.table.id.in_(of_facts))).all() if of_facts else []
        _take(term, rows, of_facts)
    notes = session.exec(select(Note).where(col(Note.id).in_(ids))).all()
    term.notes = {each: text for each, text in notes_of(vault, session, notes).items() if fits(text, word)}
    transcripts = session.exec(select(TranscriptRow).where(col(TranscriptRow.id).in_(ids))).all()
    for recording_id, parts in spoken_parts(session, vault, transcripts).items():
        if part := next((part for part in parts if fits(part.text or "", word)), None):
            term.said[recording_id] = part
    return term


def _take(term: _Term, rows: Iterable[Any], names: Mapping[str, str]) -> None:
    for row in rows:
        if fits(names.get(row.id, ""), term.word or ""):
            (term.people if row.person_id else term.subjects).add(row.person_id or row.id)


def _by_id(session: Session, seen: Visible, text: str) -> dict[ContactKind, list[Any]]:
    """Contacts by kind with this id, or with this id at their carrier or website."""
    found: dict[ContactKind, list[Any]] = {}
    for kind in seen.kinds:
        where = seen.conditions(kind, by_company=True)
        # Each id is looked up alone, so that each has its index.
        for named in (kind.table.id == text.lower(), EXTERNAL_IDS[kind.name] == text):
            found.setdefault(kind.name, []).extend(
                session.exec(select(kind.table).where(*where, named).limit(MAX_SHOWN))
            )
    return found


def _newest(
    session: Session, seen: Visible, kind: Kind, people: Sequence[str], subjects: Collection[str]
) -> Sequence[Any]:
    """The newest contacts of people, and those with a name but of nobody known."""
    whose = [each for each, wanted in ((kind.table.person_id.in_(people), people), (kind.table.id.in_(subjects), subjects))
             if wanted]  # fmt: skip
    if not whose:
        return []
    query = select(kind.table).where(*seen.conditions(kind), or_(*whose)).order_by(kind.at.desc()).limit(MAX_SHOWN)
    return session.exec(query).all()


def _notes(
    session: Session, scope: AccessScope, vault: Vault, seen: Visible, terms: Sequence[_Term]
) -> list[FoundNote]:
    """The newest notes that have every word, on what the user sees."""
    texts: dict[str, str] = {}
    worded = [term for term in terms if term.word]
    for term in worded:
        texts |= term.notes
    whole = [each for each in texts if all(each in term.notes for term in worded)]
    if not whole:
        return []
    notes = session.exec(
        select(Note).where(col(Note.id).in_(whole)).order_by(col(Note.made_at).desc()).limit(MAX_SHOWN)
    ).all()
    ids = {note.subject_id for note in notes}
    rows = [
        row
        for kind in seen.kinds
        for row in session.exec(select(kind.table).where(*seen.conditions(kind), kind.table.id.in_(ids)))
    ]
    views = {view.id: view for view in contact_views(session, vault, rows, scope.user)}
    read_parts(list(views.values()), "name", "company")
    return [FoundNote(texts[note.id], views[note.subject_id]) for note in notes if note.subject_id in views]


def _said(session: Session, scope: AccessScope, vault: Vault, seen: Visible, terms: Sequence[_Term]) -> list[FoundLine]:
    """The newest calls in which every word was said, as far as the user may read what was said."""
    worded = [term for term in terms if term.word]
    whole = [each for each in (worded[0].said if worded else ()) if all(each in term.said for term in worded)]
    kinds = [kind for kind in ("call", CONVERSATION, "voicemail") if may(scope.user, right_to("transcripts", kind))]
    if not whole or not kinds or CALLS not in seen.kinds:
        return []
    wanted = (
        select(Recording, Call)
        .join(Call, col(Call.id) == Recording.call_id)
        .where(*seen.conditions(CALLS), col(Recording.id).in_(whole), col(Recording.kind).in_(kinds))
        .order_by(col(Recording.recorded_at).desc())
        .limit(MAX_SHOWN)
    )
    found = session.exec(wanted).all()
    views = {view.id: view for view in contact_views(session, vault, [call for _, call in found], scope.user)}
    read_parts(list(views.values()), "name", "company")
    lines = []
    for recording, call in found:
        if call.id in views:
            first = min((term.said[recording.id] for term in worded), key=lambda part: part.start)
            lines.append(FoundLine(first.text or "", first.start, recording, views[call.id]))
    return lines


def _named(session: Session, companies: Sequence[str], text: str) -> list[Named]:
    """Campaigns and trackers whose name has the text, and own numbers that have the digits."""
    rollup: Any = MonthRollup
    campaigns = (
        select(rollup.company_id, rollup.value)
        .where(
            rollup.company_id.in_(companies),
            rollup.model == "last",
            rollup.dimension == "campaign",
            rollup.value.icontains(text, autoescape=True),
        )
        .distinct()
        .limit(MAX_SHOWN)
    )
    found = [Named("campaign", value, company) for company, value in session.execute(campaigns)]
    tracker: Any = Tracker
    trackers = select(tracker.company_id, tracker.name, tracker.title).where(
        tracker.company_id.in_(companies),
        or_(
            tracker.title.icontains(text, autoescape=True),
            tracker.name.icontains(text, autoescape=True),
            tracker.name.icontains(text.replace(" ", "_"), autoescape=True),
        ),
    )
    found += [
        Named("tracker", tracker_title(name, title), company, name)
        for company, name, title in session.execute(trackers.limit(MAX_SHOWN))
    ]
    digits = re.sub(r"[^0-9]", "", text)
    if NUMBER.fullmatch(text) and len(digits) >= MIN_DIGITS:
        number: Any = TrackingNumber
        own = (
            select(number.number, tracker.company_id, tracker.name, tracker.title)
            .join(tracker, tracker.id == number.tracker_id)
            .where(tracker.company_id.in_(companies), number.number.contains(digits, autoescape=True))
            .limit(MAX_SHOWN)
        )
        found += [
            Named("number", each, company, name, tracker_title(name, title))
            for each, company, name, title in session.execute(own)
        ]
    return found

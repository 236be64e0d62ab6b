"""What other tables say of the contacts of a page: each table is read once, when the first of them is asked for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from hub.access.permissions import Action, right_to
from hub.access.users import may
from hub.contracts.consent import Verdict
from hub.contracts.transcripts import TranscriptPart
from hub.flow.case import Subject
from hub.marks.spam import spam_among
from hub.model import (
    Attribution,
    Call,
    Company,
    ConsentDecision,
    Delivery,
    FactRow,
    FlowVersion,
    FormSubmission,
    Lead,
    Note,
    Person,
    Recording,
    SignalRow,
    Tag,
    TextMessage,
    Tracker,
    TranscriptRow,
    User,
    Visit,
)
from hub.model.conversions import shown_states
from hub.queries.callers import SpamVerdict, spam_verdicts
from hub.queries.contact import call_parts
from hub.queries.contact.thread_names import names_in_threads
from hub.recordings.transcripts import spoken_parts
from hub.store.encryption.encrypted_fields import fields_of, names_of, notes_of, values_of
from hub.store.encryption.vault import Vault
from hub.texts.bodies import open_bodies

PLACES = ("country", "region", "place", "postal_code")
"""The facts that say where a caller is from."""


class Parts:
    """The parts of some contacts, by the contact's id if nothing else is said. A part that `user` may not see is empty."""

    def __init__(self, session: Session, vault: Vault, subjects: Sequence[Subject], user: User | None) -> None:
        self._session, self._vault, self._user = session, vault, user
        self._subjects = subjects
        self._ids = [each.id for each in subjects]
        self._calls = [each for each in subjects if isinstance(each, Call)]
        self._forms = [each for each in subjects if isinstance(each, FormSubmission)]

    @cached_property
    def companies(self) -> Mapping[str, Company]:
        """By their own id."""
        return self._by_id(Company, {each.company_id for each in self._subjects})

    @cached_property
    def trackers(self) -> Mapping[str, Tracker]:
        """By their own id."""
        return self._by_id(Tracker, {getattr(each, "tracker_id", None) for each in self._subjects})

    @cached_property
    def forwards(self) -> Mapping[str, str]:
        """Tracker → the phone to which its flow leads."""
        flows = self._by_id(FlowVersion, {each.flow_version_id for each in self.trackers.values()})
        numbers = {flow_id: flow.definition.get("forward") for flow_id, flow in flows.items()}
        return {each.id: to for each in self.trackers.values() if (to := numbers.get(each.flow_version_id or ""))}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The name that the person had corrected, else that of the call or form; of a text that of its thread."""
        people = {each.person_id for each in self._subjects if each.person_id}
        person: Any = Person
        corrected = select(Person).where(person.id.in_(people), person.sealed_name.is_not(None))
        persons = self._session.exec(corrected.options(load_only(person.sealed_name))).all() if people else ()
        named = [each for each in self._subjects if not isinstance(each, TextMessage)]
        names = names_of(self._vault, self._session, [*persons, *named])
        both = {each.id: names.get(each.person_id or "") or names.get(each.id) for each in self._subjects}
        keys = {
            each.id: (each.company_id, each.person_number)
            for each in self._subjects
            if isinstance(each, TextMessage) and each.company_id and each.person_number
        }
        threads = names_in_threads(self._session, self._vault, set(keys.values()))
        both |= {text_id: threads.get(key) for text_id, key in keys.items()}
        return {subject_id: name for subject_id, name in both.items() if name}

    @cached_property
    def agents(self) -> Mapping[str, Sequence[User]]:
        """Phone → the users of the companies' accounts who answer there."""
        accounts = {each.account_id for each in self.companies.values()}
        phones = select(User).where(col(User.account_id).in_(accounts), col(User.phone_numbers).is_not(None))
        users: dict[str, list[User]] = defaultdict(list)
        for user in self._session.exec(phones):
            for number in (user.phone_numbers or "").split():
                users[number].append(user)
        return users

    @cached_property
    def places(self) -> Mapping[str, Mapping[str, str]]:
        """The facts that say where callers are from; of several the most certain."""
        facts = select(FactRow).where(col(FactRow.subject_id).in_(self._ids), col(FactRow.name).in_(PLACES))
        rows = self._session.exec(facts.order_by(col(FactRow.confidence))).all()
        values = values_of(self._vault, self._session, rows)
        places: dict[str, dict[str, str]] = defaultdict(dict)
        for row in rows:
            if row.id in values:
                places[row.subject_id][row.name] = values[row.id]
        return places

    @cached_property
    def causes(self) -> Mapping[str, Attribution]:
        """Attributions."""
        return self._by_subject(Attribution)

    @cached_property
    def visits(self) -> Mapping[str, Visit]:
        """The visits that led to the contacts; of a form that on which it was sent."""
        of = {subject_id: each.visit_id for subject_id, each in self.causes.items()} if self._calls else {}
        of |= {each.id: each.visit_id for each in self._forms}
        visits = self._by_id(Visit, set(of.values()))
        return {subject_id: visits[visit_id] for subject_id, visit_id in of.items() if visit_id in visits}

    @cached_property
    def last_pages(self) -> Mapping[str, str]:
        """The last page that each caller saw before the call."""
        return call_parts.last_pages(self._session, self._calls, self.causes)

    @cached_property
    def leads(self) -> Mapping[str, Lead]:
        """Marks as leads."""
        return self._by_subject(Lead)

    @cached_property
    def signals(self) -> Mapping[str, Sequence[SignalRow]]:
        """What was read in calls, for those who may read their transcripts; the outcome first, then the surest."""
        signals: dict[str, list[SignalRow]] = defaultdict(list)
        if self._calls and self._may(right_to("transcripts", "conversation")):
            read = select(SignalRow).where(col(SignalRow.subject_id).in_(self._ids))
            for row in self._session.exec(
                read.order_by(col(SignalRow.is_outcome).desc(), col(SignalRow.confidence).desc())
            ):
                signals[row.subject_id].append(row)
        return signals

    @cached_property
    def tags(self) -> Mapping[str, Sequence[str]]:
        """Names of tags."""
        return self._values(Tag.subject_id, Tag.name)

    @cached_property
    def notes(self) -> Mapping[str, Sequence[str]]:
        """The notes, the oldest first."""
        rows = self._session.exec(select(Note).where(col(Note.subject_id).in_(self._ids)).order_by(col(Note.id))).all()
        texts = notes_of(self._vault, self._session, rows)
        notes: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            if row.id in texts:
                notes[row.subject_id].append(texts[row.id])
        return notes

    @cached_property
    def spam(self) -> frozenset[str]:
        """The ids of those that are marked as spam."""
        return spam_among(self._session, self._ids)

    @cached_property
    def spam_verdicts(self) -> Mapping[str, SpamVerdict]:
        """The scores of calls."""
        return spam_verdicts(self._session, self._calls)

    @cached_property
    def counts(self) -> Mapping[str, tuple[int, int]]:
        """How often each caller had called before, and in all."""
        return call_parts.counts(self._session, [each.id for each in self._calls])

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The keys that each caller pressed."""
        return call_parts.keys(self._session, self._calls)

    @cached_property
    def recordings(self) -> Mapping[str, Sequence[Recording]]:
        """All recordings of calls that the user may hear, the oldest first."""
        recordings: dict[str, list[Recording]] = defaultdict(list)
        if self._calls and self._may("voicemail"):
            of_calls = select(Recording).where(col(Recording.call_id).in_([each.id for each in self._calls]))
            for row in self._session.exec(of_calls.order_by(col(Recording.id))):
                if self._may(right_to("recordings", row.kind)):
                    recordings[row.call_id].append(row)
        return recordings

    @cached_property
    def transcripts(self) -> Mapping[str, Sequence[TranscriptPart]]:
        """Recording → what was said."""
        known = [each for rows in self.recordings.values() for each in rows]
        ids = [each.id for each in known if self._may(right_to("transcripts", each.kind))]
        if not ids:
            return {}
        written = select(TranscriptRow).where(
            col(TranscriptRow.recording_id).in_(ids), col(TranscriptRow.sealed).is_not(None)
        )
        return spoken_parts(self._session, self._vault, self._session.exec(written).all())

    @cached_property
    def sent(self) -> Mapping[str, Sequence[tuple[str, str | None]]]:
        """The states of deliveries, as people see them, each with its reason."""
        if not self._may("deliveries"):
            return {}
        sent: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
        states = select_columns(col(Delivery.subject_id), shown_states(), col(Delivery.reason))
        for subject_id, state, reason in self._session.execute(states.where(col(Delivery.subject_id).in_(self._ids))):
            sent[subject_id].append((state, reason))
        return sent

    @cached_property
    def verdicts(self) -> Mapping[str, Sequence[Verdict]]:
        """The verdicts of decisions on consent."""
        return self._values(ConsentDecision.subject_id, ConsentDecision.verdict)

    @cached_property
    def bodies(self) -> Mapping[str, str]:
        """What is written in texts."""
        texts = [each for each in self._subjects if isinstance(each, TextMessage)]
        return open_bodies(self._vault, self._session, texts) if self._may("bodies") else {}

    @cached_property
    def entries(self) -> Mapping[str, Mapping[str, str]]:
        """The fields of forms."""
        return fields_of(self._vault, self._session, self._forms) if self._may("bodies") else {}

    def _may(self, action: Action) -> bool:
        return self._user is None or bool(may(self._user, action))

    def _by_id(self, table: Any, ids: set[str | None]) -> dict[str, Any]:
        wanted = ids - {None}
        return {row.id: row for row in self._session.exec(select(table).where(table.id.in_(wanted)))} if wanted else {}

    def _by_subject(self, table: Any) -> dict[str, Any]:
        rows = select(table).where(table.subject_id.in_(self._ids))
        return {row.subject_id: row for row in self._session.exec(rows)}

    def _values(self, subject: Any, value: Any) -> Mapping[str, Sequence[Any]]:
        """A value of a table's rows."""
        values: dict[str, list[Any]] = defaultdict(list)
        for subject_id, each in self._session.execute(select_columns(subject, value).where(subject.in_(self._ids))):
            values[subject_id].append(each)
        return values

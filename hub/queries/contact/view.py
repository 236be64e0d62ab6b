"""The one read model of calls, texts and forms: lists, single contacts, CallRail's API and webhooks render it.

A part is read when it is first asked for, at once for all contacts that were loaded together. So a list costs one statement
for each part that it shows, however long it is, and what a face does not show is not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from hub.contracts.consent import STRICTNESS
from hub.contracts.events import FAILURE_WORDS
from hub.contracts.transcripts import TranscriptPart
from hub.flow.case import Subject, time_of
from hub.model import (
    Attribution,
    Call,
    Company,
    FormSubmission,
    Lead,
    Recording,
    SignalRow,
    TextMessage,
    Tracker,
    User,
    Visit,
)
from hub.model.imports import imported_from
from hub.model.states import SubjectState
from hub.queries.callers import SpamVerdict
from hub.queries.contact.parts import Parts
from hub.queries.lists.conditions import DELIVERY_STATES, RECORDING_STATES, outcome_of
from hub.queries.lists.filters import Outcome
from hub.queries.lists.kinds import KINDS, Key
from hub.store.encryption.vault import Vault

SENT_STATE: dict[str, str] = {state: name for name, states in DELIVERY_STATES.items() for state in states}
RECORDING_STATE: dict[str, str] = {state: name for name, states in RECORDING_STATES.items() for state in states}


def _value(part: str, name: str) -> Any:
    """A value of a part; None without the part."""
    return property(lambda view: getattr(getattr(view, part), name, None))


class ContactView:
    """One call, text or form with what is known of it. What is unknown, or what the user may not see, is None or empty.

    Read it while the session of its loading is open.
    """

    def __init__(self, subject: Subject, parts: Parts) -> None:
        self.subject, self.id = subject, subject.id
        self._parts = parts
        self.at: datetime = time_of(subject)
        self.kind = next(name for name, kind in KINDS.items() if isinstance(subject, kind.table))
        self.number: str | None = getattr(subject, KINDS[self.kind].number.key)
        """Of the person."""
        self.email = subject.email if isinstance(subject, FormSubmission) else None
        self.tracking_number = None if isinstance(subject, FormSubmission) else subject.tracking_number
        self.person_id = subject.person_id
        self.erased = subject.state == SubjectState.ERASED
        self.imported_from = imported_from(subject)
        """The call-tracking service from which it was brought over; None if it came in here."""

    @property
    def company_id(self) -> str:
        """Calls and texts of no company are shown to nobody."""
        assert self.subject.company_id is not None
        return self.subject.company_id

    @property
    def call(self) -> Call:
        """The call, if it is one (`kind`)."""
        assert isinstance(self.subject, Call)
        return self.subject

    @property
    def form(self) -> FormSubmission:
        """The form, if it is one."""
        assert isinstance(self.subject, FormSubmission)
        return self.subject

    @property
    def text(self) -> TextMessage:
        """The text, if it is one."""
        assert isinstance(self.subject, TextMessage)
        return self.subject

    # What a call's own row says; None for texts and forms.

    @property
    def _call(self) -> Call | None:
        return self.subject if isinstance(self.subject, Call) else None

    @property
    def first_time(self) -> bool | None:
        """Whether the person had contacted the company before, of a call or a form."""
        return None if KINDS[self.kind].first is None else getattr(self.subject, KINDS[self.kind].first.key)

    @property
    def outcome(self) -> Outcome | None:
        """What became of a call."""
        return outcome_of(self._call) if self._call else None

    @property
    def broke_off(self) -> bool:
        """Whether a call failed after it had been connected."""
        return self._call is not None and self._call.broke_off

    @property
    def failure(self) -> str | None:
        """Why a call failed, in words, if the carrier said so."""
        return FAILURE_WORDS.get(self._call.failure or "") if self._call else None

    @property
    def duration(self) -> int | None:
        """Seconds of a call."""
        return self._call.duration if self._call else None

    @property
    def answered_at_number(self) -> str | None:
        """The business's number at which a call was answered."""
        return self._call.answered_by if self._call and self._call.answered else None

    @property
    def rang(self) -> int | None:
        """Seconds until a call was answered; None if that is not known."""
        call = self._call
        if call is None or call.answered_at is None or self.imported_from:
            return None
        return max(0, round((call.answered_at - call.started_at).total_seconds()))

    @property
    def talked(self) -> int | None:
        """Seconds from the answer to the end."""
        return self._call.talked if self._call else None

    @property
    def length(self) -> int | None:
        """Seconds of a call as lists show them: of the conversation, else of the message, else of the whole call."""
        if self.talked is not None:
            return self.talked
        message = self.recording.duration if self.outcome == Outcome.VOICEMAIL and self.recording else None
        return message if message is not None else self.duration

    # What other tables say.

    @property
    def company(self) -> Company:
        """Whose contact it is."""
        return self._parts.companies[self.company_id]

    @property
    def tracker(self) -> Tracker | None:
        """The tracker of the number that was called or texted."""
        return self._parts.trackers.get(getattr(self.subject, "tracker_id", None) or "")

    @property
    def forward(self) -> str | None:
        """The phone to which the tracker's flow leads."""
        return self._parts.forwards.get(getattr(self.subject, "tracker_id", None) or "")

    @property
    def name(self) -> str | None:
        """The name that the person had corrected, else that of the call or form, or of the thread of a text."""
        return self._parts.names.get(self.id)

    @property
    def answered_by(self) -> str | None:
        """The user who has the number at which a call was answered, else that number."""
        number = self.answered_at_number
        users = [each for each in self._parts.agents.get(number or "", ()) if each.disabled_at is None]
        return users[0].name if len(users) == 1 else number

    @property
    def agent(self) -> User | None:
        """The user at whose number a call was answered, also one who has left."""
        return next(iter(self._parts.agents.get(self.answered_at_number or "", ())[::-1]), None)

    @property
    def places(self) -> Mapping[str, str]:
        """Where a caller is from: fact → value."""
        return self._parts.places.get(self.id, {})

    @property
    def cause(self) -> Attribution | None:
        """Its attribution."""
        return self._parts.causes.get(self.id)

    @property
    def visit(self) -> Visit | None:
        """The visit that led to it."""
        return self._parts.visits.get(self.id)

    @property
    def last_page(self) -> str | None:
        """The last page that a caller saw before the call."""
        return self._parts.last_pages.get(self.id)

    @property
    def lead(self) -> Lead | None:
        """Its mark as a lead."""
        return self._parts.leads.get(self.id)

    @property
    def signals(self) -> Sequence[SignalRow]:
        """What was read in a call, the outcome first."""
        return self._parts.signals.get(self.id, ())

    source, medium, campaign = _value("cause", "source"), _value("cause", "medium"), _value("cause", "campaign")
    keyword, landing_page = _value("cause", "keyword"), _value("cause", "landing_page")
    tracker_name, tracker_title = _value("tracker", "name"), _value("tracker", "shown_name")
    lead_status, amount, currency = _value("lead", "status"), _value("lead", "amount"), _value("lead", "currency")

    @property
    def tags(self) -> Sequence[str]:
        """By name."""
        return sorted(self._parts.tags.get(self.id, ()), key=str.casefold)

    @property
    def notes(self) -> Sequence[str]:
        """The oldest first."""
        return self._parts.notes.get(self.id, ())

    @property
    def spam(self) -> bool:
        """Whether it is marked as spam."""
        return self._call.spam if self._call else self.id in self._parts.spam

    @property
    def spam_verdict(self) -> SpamVerdict | None:
        """The spam score of a call."""
        return self._parts.spam_verdicts.get(self.id)

    @property
    def call_counts(self) -> tuple[int, int]:
        """How often a caller had called the company before, and how often in all."""
        return self._parts.counts.get(self.id, (0, 1))

    @property
    def keys_pressed(self) -> str | None:
        """The phone keys that a caller pressed in menus."""
        return self._parts.keys.get(self.id)

    @property
    def recordings(self) -> Sequence[Recording]:
        """All recordings of a call, the oldest first."""
        return self._parts.recordings.get(self.id, ())

    @property
    def recording(self) -> Recording | None:
        """The longest recording whose audio is stored."""
        stored = [each for each in self.recordings if each.path is not None]
        return max(stored, key=lambda each: (each.duration or 0, each.id), default=None)

    @property
    def recording_state(self) -> str | None:
        """`yes`, or why none of a call's recordings can be played; None if there is none."""
        states = {RECORDING_STATE.get(each.state, "") for each in self.recordings}
        return next((state for state in RECORDING_STATES if state in states), None)

    @property
    def transcribed(self) -> Recording | None:
        """`recording`, or without one the longest of which the words are kept, as of a conversation with an assistant."""
        written = [each for each in self.recordings if each.id in self._parts.transcripts]
        return self.recording or max(written, key=lambda each: (each.duration or 0, each.id), default=None)

    @property
    def transcript(self) -> Sequence[TranscriptPart]:
        """What was said on `transcribed`."""
        return self._parts.transcripts.get(self.transcribed.id, ()) if self.transcribed else ()

    @property
    def sent(self) -> Mapping[str, int]:
        """How many deliveries are in each `SentState`."""
        return Counter(SENT_STATE[each] for each, _ in self._parts.sent.get(self.id, ()) if each in SENT_STATE)

    @property
    def sent_reasons(self) -> Mapping[str, str]:
        """Why a delivery is in a `SentState`; of several the first."""
        reasons: dict[str, str] = {}
        for state, reason in self._parts.sent.get(self.id, ()):
            if reason and state in SENT_STATE:
                reasons.setdefault(SENT_STATE[state], reason)
        return reasons

    @property
    def consent(self) -> str | None:
        """The strictest verdict of all decisions on consent."""
        return max(self._parts.verdicts.get(self.id, ()), key=lambda each: STRICTNESS.get(each, 0), default=None)

    @property
    def body(self) -> str | None:
        """What is written in a text."""
        return self._parts.bodies.get(self.id)

    @property
    def entries(self) -> Mapping[str, str]:
        """The fields of a form."""
        return self._parts.entries.get(self.id, {})


def contact_views(
    session: Session, vault: Vault, subjects: Sequence[Subject], user: User | None = None
) -> list[ContactView]:
    """Views of calls, texts and forms, which the caller must be permitted to see, in their order. What a `user` may not
    see of them is empty; without a user nothing is kept back, so the caller asks for consent."""
    parts = Parts(session, vault, subjects, user)
    return [ContactView(each, parts) for each in subjects]


def view_of(session: Session, vault: Vault, subject: Subject, user: User | None = None) -> ContactView:
    """The view of one."""
    return contact_views(session, vault, [subject], user)[0]


def views_at(session: Session, vault: Vault, keys: Sequence[Key], user: User) -> list[ContactView]:
    """The views at the keys of a list, in their order."""
    rows: dict[str, Subject] = {}
    for name, kind in KINDS.items():
        if ids := [key.id for key in keys if key.kind == name]:
            rows |= {row.id: row for row in session.exec(select(kind.table).where(kind.table.id.in_(ids)))}
    return contact_views(session, vault, [rows[key.id] for key in keys if key.id in rows], user)


def read_parts(views: Sequence[ContactView], *names: str) -> None:
    """Read some parts of all views now, for a face that renders them when the session is closed."""
    for view in views:
        for name in names:
            getattr(view, name)

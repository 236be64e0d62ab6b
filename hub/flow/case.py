"""A call, text or form in the flow, with everything that its stages read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.contracts.consent import SIGNALS_NUMBER
from hub.model import (
    Attribution,
    Call,
    Company,
    ConsentEntry,
    ConversionRow,
    FactRow,
    FormSubmission,
    Lease,
    Person,
    TextMessage,
    Tracker,
    Visit,
)
from hub.model.columns import CALL_RETENTION
from hub.model.imports import was_imported
from hub.model.people import Learned
from hub.numbers.directory import Line

Subject = Call | TextMessage | FormSubmission
CONSENT_FACTS = ("country", "region", "age")
"""The facts that a question about consent needs."""
CLOCK_SLACK = timedelta(seconds=2)
"""Carriers' call lists give whole seconds, and their clocks differ from ours."""
SURE_FROM = 0.5
"""An attribution must reach this confidence before its visit counts as the person's: more likely theirs than anybody
else's."""
SHOWN_FOR = timedelta(hours=1)
"""How long a visitor may still dial a shared number after the page showed it."""


@dataclass
class Case:
    """One call, text or form and what is known about it. Each stage adds its results."""

    subject: Subject
    company: Company
    tracker: Tracker | None
    """The company's number that was dialed; a form has none."""
    line: Line | None
    person: Person | None = None
    """Who called or texted; for a form, the person who typed this number and this address."""
    is_new_person: bool = False
    named: list[Person] = field(default_factory=list)
    """The known people whose number or address a form names. Their refusals bind it; nothing else of theirs is used."""
    alike: set[str] = field(default_factory=set)
    """Ids of all people, known or typed, who have the number or the address."""
    forms: list[FormSubmission] = field(default_factory=list)
    """Forms with the caller's number, sent on a visit that may be behind the call."""
    is_spam: bool = False
    """Whether its score or a user has marked it as spam."""
    has_earlier_call: bool = False
    has_earlier_contact: bool = False
    """For a form: whether a call, text or form with its number or its address came before it."""
    attribution: Attribution | None = None
    attributed_again: bool = False
    """Whether this batch decided the attribution again."""
    former_visit: Visit | None = None
    """The visit that the attribution before surely named, if it is decided again: it is no longer the person's, nor are that
    browser's visits before it."""
    shown_until: datetime | None = None
    """When that browser's last visit began that another contact shows: the visits until then stay the person's."""
    visit: Visit | None = None
    candidate_visits: list[Visit] = field(default_factory=list)
    """The visits that are as likely the caller's as `visit` is, including `visit`. An objection on one of them counts."""
    lease_visits: list[tuple[Lease, Visit]] = field(default_factory=list)
    """Visits that held the dialed number of a pool within its cool-down, newest lease first."""
    remembered_visit: Visit | None = None
    """The latest of the person's own visits that ever held the dialed number of a pool."""
    shown_visits: list[Visit] = field(default_factory=list)
    """Visits that saw the dialed shared number within the last hour, newest first."""
    sent_from: Visit | None = None
    """The visit on which the form was sent."""
    earlier_visit: Visit | None = None
    """The latest earlier visit that is known to be the person's."""
    facts: list[FactRow] = field(default_factory=list)
    """Facts that a question about consent needs, if they are known already, and all that this batch learns."""
    consent_entries: list[ConsentEntry] = field(default_factory=list)
    consent_entries_of_named: list[list[ConsentEntry]] = field(default_factory=list)
    """What each of `named` has said."""
    hub_may_refuse: bool = True
    """Whether there was anything of which the hub itself says no (hub.flow.consent.ANY_REFUSAL) when the case was loaded."""
    under_13: bool = False
    """A person who has proven the number or address asks for the erasure of a child's data."""
    visits_of_person: list[Visit] = field(default_factory=list)
    """The visits that a call or a text has shown to be the person's, newest first; none for a form.

    For a person with very many visits, only those that decide something (hub.flow.case_visits).
    """

    described: dict[tuple[frozenset[str], int], dict[str, Any]] = field(default_factory=dict)
    """What questions about consent say of the person (hub.flow.consent)."""
    converted: dict[str, ConversionRow] = field(default_factory=dict)
    """The conversions made from it so far, by key."""
    sent_to: set[tuple[str, str]] = field(default_factory=set)
    """(connector, dedup key) of the deliveries made from it so far."""

    @property
    def is_attributed(self) -> bool:
        """Whether its attribution is decided, and for the time at which the contact is now known to have begun, give or take
        what clocks differ by: the first event of a call may come last, and until then its beginning is only computed from
        its end."""
        if self.attribution is None or self.attribution.expires_at is None:
            return self.attribution is not None
        return abs(self.attribution.expires_at - CALL_RETENTION - self.at) <= CLOCK_SLACK

    def is_former(self, visit: Visit) -> bool:
        """Whether a visit of the person was theirs only by the attribution before."""
        former = self.former_visit
        if former is None or (visit.visitor_id, visit.company_id) != (former.visitor_id, former.company_id):
            return False
        return visit.started_at <= former.started_at and not (self.shown_until and visit.started_at <= self.shown_until)

    @property
    def is_sure(self) -> bool:
        """Whether the attributed visit is surely the person's. Then its click ids, its pages and a yes on it count.

        An attribution to an earlier visit (`person.earlier`) proves nothing new: the visit must be known as the person's.
        """
        if self.attribution is None or self.attribution.confidence < SURE_FROM:
            return False
        known = {each.id for each in self.visits_of_person}
        return self.attribution.rule != "person.earlier" or self.attribution.visit_id in known

    @property
    def sure_visit(self) -> Visit | None:
        """`visit` if it is surely the person's."""
        return self.visit if self.is_sure else None

    @property
    def sure_visits(self) -> list[Visit]:
        """Every visit that is surely the person's."""
        first = [self.sure_visit] if self.sure_visit else []
        return list({visit.id: visit for visit in (*first, *self.visits_of_person)}.values())

    @property
    def possible_visits(self) -> list[Visit]:
        """The visits that are surely the person's, and the candidates for the one behind this call. A no on any counts."""
        return list({visit.id: visit for visit in (*self.candidate_visits, *self.visits_of_person)}.values())

    @property
    def reached_by_signal(self) -> str | None:
        """What shows that the person's browser sent a privacy signal: the number that they called or wrote to. None for an
        imported contact, because the number may have been shown to everybody then."""
        if self.tracker is None or not self.tracker.for_signals or was_imported(self.subject):
            return None
        return SIGNALS_NUMBER["text" if isinstance(self.subject, TextMessage) else "call"]

    @property
    def sender(self) -> Person | None:
        """The known person who surely sent the form: they called or texted from the number that its visit showed."""
        visit = self.visit or self.sent_from
        return next((each for each in self.named if visit is not None and each.id == visit.person_id), None)

    @property
    def has_proven_number(self) -> bool:
        """Whether the number that stands in the form is surely its sender's."""
        return self.phone_number is not None and "phone_number" not in self.unproven

    @property
    def unproven(self) -> frozenset[str]:
        """Of `phone_number` and `email`, what stands in the form and is not surely its sender's: anybody can type anything.
        Empty for a call or text."""
        form = self.subject
        if not isinstance(form, FormSubmission):
            return frozenset()
        sender = self.sender
        typed = {"phone_number": form.phone_number, "email": form.email}
        known = {"phone_number": sender.known_number, "email": sender.known_email} if sender else {}
        return frozenset(name for name, value in typed.items() if value and value != known.get(name))

    @property
    def at(self) -> datetime:
        """When the call began, the text came or the form was sent."""
        return time_of(self.subject)

    @property
    def late(self) -> timedelta:
        """How long before it the dialed number left its tracker; zero if it is in use."""
        retired_at = self.line.number.retired_at if self.line else None
        return max(timedelta(), self.at - retired_at) if retired_at is not None else timedelta()

    @property
    def phone_number(self) -> str | None:
        """The person's number, E.164; None if it is hidden or was not given."""
        match self.subject:
            case Call() as call:
                return call.caller_number
            case TextMessage() as text:
                return text.person_number
            case FormSubmission() as form:
                return form.phone_number

    @property
    def email(self) -> str | None:
        """The email address, in lower case: from this form, or proven by the person."""
        if isinstance(self.subject, FormSubmission):
            return self.subject.email
        return self.person.known_email if self.person else None

    def candidate_ids(self) -> set[str]:
        """Ids of the visits that may be behind it."""
        visits = [
            *self.shown_visits,
            *(visit for _, visit in self.lease_visits),
            self.visit,
            self.remembered_visit,
            self.earlier_visit,
        ]
        return {visit.id for visit in visits if visit}

    def fact(self, name: str) -> str | None:
        """The most confident value of a fact."""
        known = [fact for fact in self.facts if fact.name == name and fact.value]
        return max(known, key=lambda fact: fact.confidence).value if known else None


def time_of(subject: Subject) -> datetime:
    """When the call began, the text came or the form was sent."""
    match subject:
        case Call():
            return subject.started_at
        case TextMessage():
            return subject.at
        case FormSubmission():
            return subject.submitted_at


def as_likely(confidence: float, best: float) -> bool:
    """Whether a candidate is about as likely as the best one."""
    return confidence >= 0.9 * best


def new_person(
    company_id: str,
    phone_number: str | None,
    learnt: Learned,
    seen_at: datetime,
    now: datetime,
    email: str | None = None,
) -> Person:
    """A person whom a company has not met before."""
    return Person(
        company_id=company_id,
        phone_number=phone_number,
        phone_learnt=learnt if phone_number else None,
        email=email,
        email_learnt=learnt if email else None,
        first_seen_at=min(seen_at, now),
        expires_at=now + CALL_RETENTION,
    )

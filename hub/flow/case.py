"""A call, text or form on its way through the flow, with everything that its stages read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
from hub.model.columns import CALL_LIFE
from hub.numbers.directory import Line

Subject = Call | TextMessage | FormSubmission
CONSENT_FACTS = ("country", "region", "age")
"""What consent is asked by."""
CLOCK_SLACK = timedelta(seconds=2)
"""Carriers' call lists tell whole seconds, and their clocks are not ours."""
SHOWN_FOR = timedelta(hours=1)
"""How long a shared number that was shown to a visitor may still be dialled by that visitor."""


@dataclass
class Case:
    """One call, text or form and what is known around it. Stages fill in what they find out."""

    subject: Subject
    company: Company
    tracker: Tracker | None
    """Whose number was dialled; a form has none."""
    line: Line | None
    person: Person | None = None
    is_new_person: bool = False
    earlier_calls: int = 0
    earlier_contacts: int = 0
    """Of a form's person: earlier calls, texts and forms."""
    attribution: Attribution | None = None
    visit: Visit | None = None
    may_be: list[Visit] = field(default_factory=list)
    """The visits that are as likely the caller's as `visit` is, itself among them: if one of them objects, that counts."""
    held: list[tuple[Lease, Visit]] = field(default_factory=list)
    """Visits that held the dialled number of a pool within its cool-down, newest lease first."""
    remembered: Visit | None = None
    """The latest of the person's own visits that ever held the dialled number of a pool."""
    shown: list[Visit] = field(default_factory=list)
    """Visits that were shown the dialled shared number within the last hour, newest first."""
    sent_from: Visit | None = None
    """The visit on which the form was sent."""
    earlier_visit: Visit | None = None
    """The latest visit before this that is known to be the person's."""
    facts: list[FactRow] = field(default_factory=list)
    """Facts that consent is asked by, where they are known already, and all that this batch learns."""
    words: list[ConsentEntry] = field(default_factory=list)
    under_13: bool = False
    """Somebody who has proven the number or address asks for the erasure of a child's data."""
    visits_of_person: list[Visit] = field(default_factory=list)
    """Every visit known to be the person's: their signals count."""

    converted: dict[str, ConversionRow] = field(default_factory=dict)
    """Conversions made of it so far, by key."""
    sent_to: set[tuple[str, str]] = field(default_factory=set)
    """(connector, dedup key) of the deliveries made of it so far."""

    @property
    def at(self) -> datetime:
        """When the call began, the text came or the form was sent."""
        return moment_of(self.subject)

    @property
    def phone_number(self) -> str | None:
        """The person's number, E.164; None where it is hidden or was not given."""
        match self.subject:
            case Call() as call:
                return call.caller_number
            case TextMessage() as text:
                return text.person_number
            case FormSubmission() as form:
                return form.phone_number

    @property
    def email(self) -> str | None:
        """The person's e-mail address, in lower case: of this form, or known from an earlier one."""
        given = self.subject.email if isinstance(self.subject, FormSubmission) else None
        return given or (self.person.email if self.person else None)

    def fact(self, name: str) -> str | None:
        """The most confident value of a fact."""
        known = [fact for fact in self.facts if fact.name == name and fact.value]
        return max(known, key=lambda fact: fact.confidence).value if known else None


def moment_of(subject: Subject) -> datetime:
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


def new_person(company_id: str, phone_number: str | None, seen_at: datetime, now: datetime) -> Person:
    """A person that a company has not heard of before."""
    return Person(
        company_id=company_id, phone_number=phone_number, first_seen_at=min(seen_at, now), expires_at=now + CALL_LIFE
    )

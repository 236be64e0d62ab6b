"""Refusals of texts or calls that people write into forms.

Anybody can type somebody else's number, so what a form says is a refusal only if the number typed there called from the same
visit. Everything else comes into the queue of doubtful refusals, where a user sees that the number was only typed. Source: 47
CFR 64.1200(a)(10).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from hub.flow.case import Case
from hub.model import DoubtfulRefusal, FormSubmission, Person
from hub.model.doubtful_refusals import OPEN_DOUBTS
from hub.model.people import CARRIER, TYPED, Learned
from hub.model.states import RefusalSource
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import fields_of
from hub.texts.doubts import CHANNELS, is_refused_already, queue_doubt, refused_by
from hub.texts.no_contact import record_refusal
from hub.texts.quotes import READ_AS, is_doubtful, is_sure, strongest
from hub.texts.words import Reading, read
from hub.visits.form_fields import messages_in


@dataclass(frozen=True, slots=True)
class FormRefusal:
    """What a form may refuse. `subject_id` is the form or call that is processed; `owner` is the person whose number it
    surely is."""

    subject_id: str
    form: FormSubmission
    number: str
    learned: Learned
    owner: Person | None
    reading: Reading

    @property
    def sure(self) -> bool:
        """Whether it is a refusal by the owner of the number."""
        return self.owner is not None and is_sure(self.reading)


def read_form_refusals(hub: Hub, session: Session, cases: Sequence[Case]) -> list[FormRefusal]:
    """What the forms of these cases refuse: new forms, and open ones of a visit that a call shows to be the caller's."""
    found = [*_of_forms(session, cases), *_of_callers(session, cases)]
    fields = fields_of(hub.vault, session, {form.id: form for _, form, *_ in found}.values()) if found else {}
    readings = {
        form_id: strongest(read(message, READ_AS[RefusalSource.FORM]) for message in messages_in(entries))
        for form_id, entries in fields.items()
    }
    return [
        FormRefusal(subject_id, form, number, learned, owner, reading)
        for subject_id, form, number, learned, owner in found
        if (reading := readings.get(form.id)) and (is_sure(reading) or is_doubtful(reading))
    ]


def owners_of(refusals: Sequence[FormRefusal]) -> list[Person]:
    """The people whose locks to hold while the refusals are written (hub.privacy.withdrawal)."""
    return [each.owner for each in refusals if each.owner is not None and each.sure]


def write_form_refusals(
    session: Session, hub: Hub, refusals: Sequence[FormRefusal], held: Collection[str], now: datetime
) -> None:
    """Write the refusals of the subjects in `held` within `session`: the sure ones in force, the others into the queue."""
    for each in refusals:
        company_id, refused = each.form.company_id, refused_by(each.reading.channels)
        if each.subject_id not in held:
            continue
        if each.sure:
            record_refusal(
                session,
                hub,
                company_id,
                each.number,
                refused,
                channel=CHANNELS[RefusalSource.FORM],
                evidence=each.form.id,
                at=each.form.submitted_at,
                now=now,
            )
        elif not is_refused_already(session, hub, company_id, each.number, refused):
            queue_doubt(
                session,
                hub,
                RefusalSource.FORM,
                each.form.id,
                company_id=company_id,
                subject_id=each.form.id,
                number=each.number,
                refused=refused,
                at=each.form.submitted_at,
                now=now,
                learned=each.learned,
            )


_Found = tuple[str, FormSubmission, str, Learned, Person | None]


def _of_forms(session: Session, cases: Sequence[Case]) -> Iterator[_Found]:
    for case in cases:
        form = case.subject
        if not isinstance(form, FormSubmission) or form.enriched_at is not None:
            continue
        sender = case.sent_from.person_id if case.sent_from else None
        if form.phone_number is None:
            person = session.get(Person, sender) if sender else None
            if person is not None and person.known_number:
                yield form.id, form, person.known_number, CARRIER, None
            continue
        owner = next(
            (each for each in case.named if each.id == sender and each.known_number == form.phone_number), None
        )
        yield form.id, form, form.phone_number, CARRIER if owner else TYPED, owner


def _of_callers(session: Session, cases: Sequence[Case]) -> Iterator[_Found]:
    """The open rows of the queue about forms that a call now shows to be the caller's."""
    proven = [
        (case, form)
        for case in cases
        if case.forms and case.person and (visit := case.sure_visit)
        for form in case.forms
        if form.visit_id == visit.id
    ]
    if not proven:
        return
    ids = [form.id for _, form in proven]
    waiting = set(session.exec(select(DoubtfulRefusal.id).where(OPEN_DOUBTS, col(DoubtfulRefusal.id).in_(ids))))
    for case, form in proven:
        if form.id in waiting and form.phone_number:
            yield case.subject.id, form, form.phone_number, CARRIER, case.person

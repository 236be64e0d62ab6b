"""Legal holds and retention: data of a person on hold is kept past its retention period until the hold is lifted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, tuple_
from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.model import (
    Attribution,
    Call,
    CallerRule,
    CallEventRow,
    CallStep,
    Company,
    ConsentDecision,
    ConsentDetail,
    ConsentEntry,
    Delivery,
    Disclosure,
    DoubtfulRefusal,
    FactRow,
    FormSubmission,
    InboxWebhook,
    Lease,
    LegalHold,
    Note,
    OutcomeRow,
    OutgoingCall,
    PageView,
    Person,
    PersonMerge,
    PrivacyRequest,
    QueueEntry,
    Recording,
    RecordingNotice,
    SignalRow,
    SpamScore,
    Tag,
    TextMedia,
    TextMessage,
    TextStatus,
    TranscriptRow,
    Visit,
)
from hub.model.requests import EVERYBODY
from hub.platform.clock import utc_now
from hub.privacy.erasure.reach import PersonData, reach_of, webhooks_of
from hub.privacy.retention_rules import RETENTION_RULES
from hub.store.encryption.keyfile import keyring_of
from hub.store.encryption.vault import Vault

ROWS_PER_FETCH = 1_000


@dataclass(frozen=True)
class OnHold:
    """What legal holds protect: people, with the ids of their data and their keyed hashes, and whole companies."""

    reach: PersonData = PersonData()
    fingerprints: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    connectors: frozenset[str] = frozenset()
    """Connectors of the companies on hold. A deal from there without a known person may belong to such a company."""

    def covers(self, table: type[Any]) -> ColumnElement[bool]:
        """Whether a row of `table` belongs to one of them; never NULL."""
        each = [_hanging(*rows).get(table) for rows in (self._of_people(), self._of_companies()) if rows is not None]
        theirs = [condition for condition in each if condition is not None]
        return func.coalesce(or_(*theirs), false()) if theirs else false()

    def leaves(self, table: type[Any]) -> ColumnElement[bool]:
        """Whether the retention rule may end a row of `table`."""
        return not_(self.covers(table))

    def _of_people(self) -> tuple[object, object] | None:
        if not self.fingerprints:
            return None
        request = select(PrivacyRequest.id).where(col(PrivacyRequest.fingerprint).in_(self.fingerprints))
        return self.reach, request

    def _of_companies(self) -> tuple[object, object] | None:
        if not self.companies:
            return None
        calls, texts, forms, visits, people, outgoing, request = (
            select(table.id).where(col(table.company_id).in_(self.companies))
            for table in (Call, TextMessage, FormSubmission, Visit, Person, OutgoingCall, PrivacyRequest)
        )
        subject: Any = col(OutcomeRow.subject_id)
        outcomes = select(OutcomeRow.id).where(
            or_(
                *(subject.in_(each) for each in (calls, texts, forms)),
                subject.is_(None) & col(OutcomeRow.connector).in_(self.connectors),
            )
        )
        webhook_ids = select(CallEventRow.inbox_id).where(
            col(CallEventRow.call_id).in_(calls), col(CallEventRow.inbox_id).is_not(None)
        )
        queries: dict[str, object] = {
            "calls": calls,
            "texts": texts,
            "forms": forms,
            "visits": visits,
            "people": people,
        }
        queries["outgoing_calls"] = outgoing
        return PersonData(**queries, outcomes=outcomes, webhooks=webhook_ids), request  # type: ignore[arg-type]


NOBODY = OnHold()


def on_hold(session: Session, config: Config, now: datetime, vault: Vault | None = None) -> OnHold:
    """What the holds in force protect at `now`. Without `vault`, the hub's key is read if there are holds.

    A hold on a person contains only a keyed hash, so all people at its company are compared, unless the whole company
    is on hold. Only raw webhooks past their retention period are searched, because the others are not deleted yet.
    """
    live = session.execute(
        select(LegalHold.company_id, LegalHold.fingerprint).where(col(LegalHold.lifted_at).is_(None))
    ).all()
    if not live:
        return NOBODY
    companies = frozenset(company_id for company_id, named in live if named == EVERYBODY)
    vault = vault or Vault(keyring_of(config.hub), utc_now)
    known = {named for company_id, named in live if company_id not in companies}
    whole = PersonData()
    for person_id in _people(session, vault, {company_id for company_id, _ in live} - companies, known):
        person = session.get_one(Person, person_id)
        known |= {
            vault.fingerprint(session, person.company_id, each)
            for each in (person.known_number, person.known_email)
            if each
        }
        webhooks = webhooks_of(session, person, among=WEBHOOKS.over(config.retention, now))
        whole |= reach_of(session, config, person, webhooks)
    return OnHold(whole, frozenset(known), companies, _serving(session, config, companies))


def _serving(session: Session, config: Config, companies: frozenset[str]) -> frozenset[str]:
    called = session.exec(select(Company.name).where(col(Company.id).in_(companies))).all() if companies else []
    return frozenset(
        name for name, entry in config.connectors.items() if any(entry.serves(company) for company in called)
    )


WEBHOOKS = next(life for life in RETENTION_RULES if life.table is InboxWebhook)


def _people(session: Session, vault: Vault, companies: set[str], known: set[str]) -> list[str]:
    """Ids of the people whose number or address matches one of the keyed hashes."""
    somebody = select(Person.id, Person.company_id, Person.phone_number, Person.email).where(
        col(Person.company_id).in_(companies)
    )
    return [
        person_id
        for person_id, company_id, *names in session.execute(somebody.execution_options(yield_per=ROWS_PER_FETCH))
        if any(name and vault.fingerprint(session, company_id, name) in known for name in names)
    ]


def _hanging(reach: Any, requests: Any) -> dict[type[Any], Any]:
    """Table → the condition for rows that are kept. `reach` has the fields of `PersonData`, as ids or as queries for
    them; `requests` is a query too. Tables of `hub.privacy.retention_rules` that are missing here do not belong to the
    person.
    """
    carried = select(Call.connector, Call.carrier_call_id).where(col(Call.id).in_(reach.calls))
    sent = select(TextMessage.connector, TextMessage.carrier_message_id).where(
        col(TextMessage.id).in_(reach.texts), col(TextMessage.carrier_message_id).is_not(None)
    )
    heard = select(Recording.id).where(col(Recording.call_id).in_(reach.calls))
    spoken = select(ConsentEntry.id).where(
        col(ConsentEntry.person_id).in_(reach.people) | col(ConsentEntry.visit_id).in_(reach.visits)
    )

    def of_contact(column: Any) -> ColumnElement[bool]:
        return or_(*(col(column).in_(ids) for ids in (reach.calls, reach.texts, reach.forms)))

    return {
        Attribution: of_contact(Attribution.subject_id),
        Call: col(Call.id).in_(reach.calls),
        CallerRule: and_(
            col(CallerRule.pattern).in_(select(Person.phone_number).where(col(Person.id).in_(reach.people))),
            col(CallerRule.company_id).in_(select(Person.company_id).where(col(Person.id).in_(reach.people))),
        ),
        CallStep: tuple_(col(CallStep.connector), col(CallStep.carrier_call_id)).in_(carried),
        QueueEntry: tuple_(col(QueueEntry.connector), col(QueueEntry.carrier_call_id)).in_(carried),
        ConsentDecision: of_contact(ConsentDecision.subject_id),
        ConsentDetail: col(ConsentDetail.id).in_(spoken),
        Delivery: of_contact(Delivery.subject_id),
        Disclosure: or_(
            col(Disclosure.person_id).in_(reach.people),
            of_contact(Disclosure.subject_id),
            col(Disclosure.subject_id).in_(requests),
        ),
        DoubtfulRefusal: of_contact(DoubtfulRefusal.subject_id),
        FactRow: of_contact(FactRow.subject_id),
        FormSubmission: col(FormSubmission.id).in_(reach.forms),
        InboxWebhook: col(InboxWebhook.id).in_(reach.webhooks),
        Lease: col(Lease.visit_id).in_(reach.visits),
        Note: of_contact(Note.subject_id),
        OutcomeRow: col(OutcomeRow.id).in_(reach.outcomes),
        OutgoingCall: col(OutgoingCall.id).in_(reach.outgoing_calls),
        PageView: col(PageView.visit_id).in_(reach.visits),
        Person: col(Person.id).in_(reach.people),
        PersonMerge: col(PersonMerge.person_id).in_(reach.people) | col(PersonMerge.other_id).in_(reach.people),
        PrivacyRequest: col(PrivacyRequest.id).in_(requests),
        Recording: col(Recording.call_id).in_(reach.calls),
        RecordingNotice: tuple_(col(RecordingNotice.connector), col(RecordingNotice.carrier_call_id)).in_(carried),
        SignalRow: of_contact(SignalRow.subject_id),
        SpamScore: tuple_(col(SpamScore.connector), col(SpamScore.carrier_call_id)).in_(carried),
        Tag: of_contact(Tag.subject_id),
        TextMedia: col(TextMedia.text_id).in_(reach.texts),
        TextMessage: col(TextMessage.id).in_(reach.texts),
        TextStatus: tuple_(col(TextStatus.connector), col(TextStatus.carrier_message_id)).in_(sent),
        TranscriptRow: col(TranscriptRow.recording_id).in_(heard),
        Visit: col(Visit.id).in_(reach.visits),
    }

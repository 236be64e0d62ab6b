"""Legal holds against retention: what belongs to whoever is on hold is kept past its life until the hold is lifted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, not_, tuple_
from sqlmodel import Session, col, select

from hub.assembly import utc_now
from hub.config.models import Config
from hub.model import (
    Attribution,
    Call,
    CallStep,
    ConsentDecision,
    ConsentDetail,
    ConsentEntry,
    Delivery,
    Disclosure,
    FactRow,
    FormSubmission,
    InboxWebhook,
    Lease,
    LegalHold,
    OutcomeRow,
    PageView,
    Person,
    PrivacyRequest,
    Recording,
    RecordingNotice,
    TextMedia,
    TextMessage,
    TextStatus,
    TranscriptRow,
    Visit,
)
from hub.privacy.erasure.reach import Reach, reach_of, webhooks_of
from hub.privacy.lives import LIVES
from hub.store.keyfile import keyring_of
from hub.store.vault import Vault

AT_ONCE = 1_000


@dataclass(frozen=True)
class OnHold:
    """Everything of the people whom a legal hold names, by ids, and their keyed hashes."""

    reach: Reach = Reach()
    fingerprints: frozenset[str] = frozenset()

    def covers(self, table: type[Any]) -> ColumnElement[bool]:
        """Whether a row of `table` belongs to one of them; never NULL."""
        theirs = _theirs(self.reach, self.fingerprints).get(table) if self.fingerprints else None
        return false() if theirs is None else func.coalesce(theirs, false())

    def leaves(self, table: type[Any]) -> ColumnElement[bool]:
        """Whether a row of `table` may end with its life."""
        return not_(self.covers(table))


NOBODY = OnHold()


def on_hold(session: Session, config: Config, now: datetime, vault: Vault | None = None) -> OnHold:
    """What the holds in force keep at `now`. Without `vault` the hub's key is read, where there is a hold.

    A hold knows its person by a keyed hash alone, so everybody at its company is compared. Among raw webhooks only those are
    looked through whose life is over: the others are in no danger.
    """
    live = session.execute(
        select(LegalHold.company_id, LegalHold.fingerprint).where(col(LegalHold.lifted_at).is_(None))
    ).all()
    if not live:
        return NOBODY
    vault = vault or Vault(keyring_of(config.hub), utc_now)
    known = {fingerprint for _, fingerprint in live}
    reaches = []
    for person_id in _people(session, vault, {company_id for company_id, _ in live}, known):
        person = session.get_one(Person, person_id)
        known |= {
            vault.fingerprint(session, person.company_id, each) for each in (person.phone_number, person.email) if each
        }
        webhooks = webhooks_of(session, person, among=WEBHOOKS.over(config.retention, now))
        reaches.append(reach_of(session, config, person, webhooks))
    names = Reach.__dataclass_fields__
    whole = Reach(**{name: frozenset().union(*(getattr(reach, name) for reach in reaches)) for name in names})
    return OnHold(whole, frozenset(known))


WEBHOOKS = next(life for life in LIVES if life.table is InboxWebhook)


def _people(session: Session, vault: Vault, companies: set[str], known: set[str]) -> list[str]:
    """Ids of the people whose number or address one of the keyed hashes names."""
    somebody = select(Person.id, Person.company_id, Person.phone_number, Person.email).where(
        col(Person.company_id).in_(companies)
    )
    return [
        person_id
        for person_id, company_id, *names in session.execute(somebody.execution_options(yield_per=AT_ONCE))
        if any(name and vault.fingerprint(session, company_id, name) in known for name in names)
    ]


def _theirs(reach: Reach, fingerprints: frozenset[str]) -> dict[type[Any], Any]:
    """Table → which of its rows belong to the people. The tables of `hub.privacy.lives` that are left out are about others."""
    carried = select(Call.connector, Call.carrier_call_id).where(col(Call.id).in_(reach.calls))
    sent = select(TextMessage.connector, TextMessage.carrier_message_id).where(
        col(TextMessage.id).in_(reach.texts), col(TextMessage.carrier_message_id).is_not(None)
    )
    heard = select(Recording.id).where(col(Recording.call_id).in_(reach.calls))
    spoken = select(ConsentEntry.id).where(
        col(ConsentEntry.person_id).in_(reach.people) | col(ConsentEntry.visit_id).in_(reach.visits)
    )
    asked = select(PrivacyRequest.id).where(col(PrivacyRequest.fingerprint).in_(fingerprints))
    told = col(Disclosure.subject_id).in_(reach.subjects) | col(Disclosure.subject_id).in_(asked)
    return {
        Attribution: col(Attribution.subject_id).in_(reach.subjects),
        Call: col(Call.id).in_(reach.calls),
        CallStep: tuple_(col(CallStep.connector), col(CallStep.carrier_call_id)).in_(carried),
        ConsentDecision: col(ConsentDecision.subject_id).in_(reach.subjects),
        ConsentDetail: col(ConsentDetail.id).in_(spoken),
        Delivery: col(Delivery.subject_id).in_(reach.subjects),
        Disclosure: col(Disclosure.person_id).in_(reach.people) | told,
        FactRow: col(FactRow.subject_id).in_(reach.subjects),
        FormSubmission: col(FormSubmission.id).in_(reach.forms),
        InboxWebhook: col(InboxWebhook.id).in_(reach.webhooks),
        Lease: col(Lease.visit_id).in_(reach.visits),
        OutcomeRow: col(OutcomeRow.id).in_(reach.outcomes),
        PageView: col(PageView.visit_id).in_(reach.visits),
        Person: col(Person.id).in_(reach.people),
        PrivacyRequest: col(PrivacyRequest.fingerprint).in_(fingerprints),
        Recording: col(Recording.call_id).in_(reach.calls),
        RecordingNotice: tuple_(col(RecordingNotice.connector), col(RecordingNotice.carrier_call_id)).in_(carried),
        TextMedia: col(TextMedia.text_id).in_(reach.texts),
        TextMessage: col(TextMessage.id).in_(reach.texts),
        TextStatus: tuple_(col(TextStatus.connector), col(TextStatus.carrier_message_id)).in_(sent),
        TranscriptRow: col(TranscriptRow.recording_id).in_(heard),
        Visit: col(Visit.id).in_(reach.visits),
    }

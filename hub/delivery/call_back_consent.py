"""May this person be called back now? Builds the question, and reads the suppression list, which outlasts a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session, select

from hub.contracts.call_backs import CallBack
from hub.contracts.consent import ConsentQuestion
from hub.contracts.disclosure import declared_categories
from hub.contracts.manifest import Manifest
from hub.delivery.text_consent import contact_records, last_contact, places_of_person
from hub.flow.case import Case
from hub.flow.consent import StoredDecision, decide, question_about
from hub.hookspecs import CallHooks
from hub.model import FormSubmission, Suppression
from hub.model.purposes import CALL_BACK, SERVICE
from hub.runtime import Hub

PLACE = CallHooks.place_call.__name__
NO_CALLS = "The person does not want to be called."
STOPPED = "The person told the company to stop, and has not been in touch since."


def ask_about_call_back(hub: Hub, session: Session, case: Case, connector: str, now: datetime) -> StoredDecision:
    """The ruling on a call back to the person of `case`."""
    question = question_about_call_back(session, case, hub.plugins.connectors[connector].manifest, now)
    return decide(hub, [case], connector, "call", [question])[0]


def question_about_call_back(session: Session, case: Case, manifest: Manifest, now: datetime) -> ConsentQuestion:
    """What is asked before the carrier of `manifest` dials the person of `case`."""
    categories = declared_categories(manifest, PLACE, CallBack)
    question = question_about(case, manifest=manifest, use=CALL_BACK, categories=categories, now=now)
    business = tuple(replace(place, time_zones=(case.company.time_zone,)) for place in question.business_places)
    places = places_of_person(case.phone_number, question)
    question = replace(question, person_places=places, business_places=business)
    return replace(question, records=(*question.records, *contact_records(question, _in_touch(session, case))))


def _in_touch(session: Session, case: Case) -> datetime | None:
    """When the person was last in touch; the form that is answered counts too."""
    at = last_contact(session, case.company.id, case.phone_number)
    form_at = case.subject.submitted_at if isinstance(case.subject, FormSubmission) else None
    return max((each for each in (at, form_at) if each), default=None)


def why_suppressed(session: Session, hub: Hub, case: Case) -> str | None:
    """Why the suppression list forbids the call, if it does. `session` must be a writing one.

    A stop of texts forbids calls too, until the person is in touch again (47 CFR 64.1200(a)(10)). A refusal of calls
    forbids them until the person takes it back.
    """
    assert case.phone_number is not None
    fingerprint = hub.vault.fingerprint(session, case.company.id, case.phone_number)
    wanted = select(Suppression.use, Suppression.since).where(Suppression.fingerprint == fingerprint)
    since = dict(session.exec(wanted).all())
    if CALL_BACK in since:
        return NO_CALLS
    at = _in_touch(session, case)
    return STOPPED if SERVICE in since and (at is None or at <= since[SERVICE]) else None

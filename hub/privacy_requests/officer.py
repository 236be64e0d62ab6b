"""What a privacy officer does with a request, by a command or in the web interface; each step is in the audit trail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.contracts.phones import phone_number
from hub.model import Company, PrivacyRequest, RequestTask
from hub.model.columns import storable
from hub.model.people import PROVEN
from hub.model.requests import REQUEST_KINDS
from hub.model.states import CLOSED_REQUEST_STATES, RequestState, TaskState
from hub.platform.scrubbing import EMAIL, PHONE
from hub.privacy_requests.access_file import read_file
from hub.privacy_requests.certificate import certify
from hub.privacy_requests.erase import plan
from hub.privacy_requests.run import finish
from hub.privacy_requests.steps import RequestRefused, open_request, take_step, verify
from hub.privacy_requests.tasks import ANSWER, CONFIRMED, want
from hub.runtime import Hub
from hub.store import audit
from hub.texts.no_contact import allow_contact, refuse_contact

NO_CONTACT: Mapping[str, str] = {"no_texts": "texts", "no_calls": "calls", "no_contact": "both"}
"""What a person on the phone may ask for without a request: it needs no proof and is in force at once."""
CONTACT_AGAIN: Mapping[str, str] = {"texts_again": "texts", "calls_again": "calls"}
"""What a person takes back of it; the officer says how that is known."""
ERASES = ("erasure", "child")
"""Kinds of request that erase a person."""
STARTED = (RequestState.RUNNING, RequestState.WAITING_PLUGIN, *CLOSED_REQUEST_STATES)
"""States in which an erasure has been carried out here, so that there is nothing left to plan."""
MAX_WORDS = 2_000
"""Length of a proof or a reason, in characters."""


def take_in(
    session: Session,
    hub: Hub,
    company: Company,
    kind: str,
    *,
    actor: str,
    channel: str,
    phone: str | None = None,
    email: str | None = None,
    declared: Sequence[str] = (),
    correction: Mapping[str, str] | None = None,
    received_at: datetime | None = None,
    proof: str | None = None,
) -> PrivacyRequest:
    """Record a request that came by phone, by letter or in person; its deadline runs from the time it came. With `proof`,
    the person is verified.
    """
    if kind not in REQUEST_KINDS:
        raise RequestRefused(f"That is not a kind of request; choose one of {', '.join(REQUEST_KINDS)}.")
    if kind != "correction" and any((correction or {}).values()):
        raise RequestRefused("Correct values belong to a correction; choose the kind correction.")
    if received_at is not None and received_at > hub.clock():
        raise RequestRefused("A request cannot have arrived in the future; give the time when it came.")
    request = open_request(
        session,
        hub,
        company,
        kind,
        actor=actor,
        channel=storable(channel)[:16],
        phone=phone,
        email=email,
        declared=declared,
        correction=correction,
        received_at=received_at,
    )
    if proof is not None:
        note_proof(session, hub, request, proof, actor)
    return request


def take_refusal(
    hub: Hub, company: Company, kind: str, *, actor: str, channel: str, phone: str | None, said: str | None = None
) -> bool:
    """Record at once that a person wants no texts, no calls or neither (`NO_CONTACT`), or takes that back
    (`CONTACT_AGAIN`); False if that changes nothing. `said` is what they said, encrypted; for taking back it is required.
    RequestRefused if it is missing, or the phone number is not valid.
    """
    number = phone_number(phone, company.country) if phone else None
    if number is None:
        raise RequestRefused("Give the phone number that it is about, like +13125550142.")
    how: dict[str, Any] = {"channel": storable(channel)[:16], "actor": actor}
    if kind in CONTACT_AGAIN:
        evidence = in_words(said or "", "How you know that they want it")
        return allow_contact(hub, company.id, number, CONTACT_AGAIN[kind], evidence=evidence, **how)
    detail = storable(said) if said else None
    return refuse_contact(hub, company.id, [number], NO_CONTACT[kind], detail=detail, learned=PROVEN, **how)


def note_proof(session: Session, hub: Hub, request: PrivacyRequest, proof: str, actor: str) -> None:
    """Record how the person, or a child's parent, was verified; the words are kept until the answer."""
    if request.state in CLOSED_REQUEST_STATES:
        raise RequestRefused("This request is closed; open a new one.")
    request.evidence = in_words(proof, "The proof")
    if request.verified_at is None:
        verify(session, request, actor, "officer", hub.clock())
    else:
        audit.note(session, hub.clock(), actor, "privacy.request.evidence", request.id)
    session.add(request)


def plan_of(session: Session, hub: Hub, request: PrivacyRequest) -> dict[str, Any] | None:
    """What an erasure would do; None if the request erases nothing or has begun."""
    return plan(session, hub, request) if request.kind in ERASES and request.state not in STARTED else None


def note_planned(session: Session, hub: Hub, request: PrivacyRequest, planned: Mapping[str, Any], actor: str) -> None:
    """Record that the officer has seen what the erasure will reach."""
    if request.state == RequestState.VERIFIED:
        rows = f"{sum(planned['rows'].values())} rows"
        take_step(session, request, actor, "planned", rows, hub.clock(), RequestState.PLANNED)


def digest_of(planned: Mapping[str, object]) -> str:
    """A short hash of a plan: whether what is confirmed is what was seen."""
    return hashlib.sha256(json.dumps(planned, sort_keys=True, default=str).encode()).hexdigest()[:24]


def confirm(session: Session, hub: Hub, request: PrivacyRequest, actor: str) -> None:
    """Have a worker carry out a request, in the name of `actor`. RequestRefused if it is closed or the person is not
    verified.
    """
    if request.state in CLOSED_REQUEST_STATES:
        raise RequestRefused("This request is closed; open a new one.")
    if request.verified_at is None:
        raise RequestRefused("The person has not shown who they are; note a proof first.")
    if request.state in (RequestState.RUNNING, RequestState.WAITING_PLUGIN):
        raise RequestRefused("This request is being carried out; it closes after every provider has answered.")
    take_step(session, request, actor, CONFIRMED, request.kind, hub.clock())
    want(session, request.id, ANSWER, hub.clock())


def finish_without(hub: Hub, request_id: str, connector: str, reason: str, actor: str) -> None:
    """Close the question to a provider that does not answer, for a stated reason; the certificate says that it is not
    known to have done it. RequestRefused if nothing is open there, or it is being asked at this moment.
    """
    words, now = reason_in_words(reason), hub.clock()
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        open_there = select(RequestTask).where(
            RequestTask.request_id == request_id,
            RequestTask.connector == connector,
            col(RequestTask.connector) != "",
            col(RequestTask.state).in_((TaskState.READY, TaskState.LEASED)),
        )
        tasks = session.exec(open_there.with_for_update()).all()
        if not tasks:
            raise RequestRefused("Nothing is open at this provider.")
        if any(task.state == TaskState.LEASED and (task.lease_until or now) > now for task in tasks):
            raise RequestRefused("It is being asked at this moment; try again in a minute.")
        for task in tasks:
            task.state, task.finished_at, task.lease_token = TaskState.IMPOSSIBLE, now, None
            task.reason = f"It did not answer; closed without it: {words}"
            session.add(task)
        take_step(session, request, actor, "without", f"{connector}: {words}", now)
    finish(hub, request_id, actor)


def file_for(hub: Hub, request_id: str, actor: str) -> bytes:
    """The person's file (a zip). Who takes it is recorded first. RequestRefused if there is none."""
    with hub.store.writing() as session:
        audit.note(session, hub.clock(), actor, "privacy.request.export", request_id)
    with hub.store.reading() as session:
        data = read_file(session, hub, session.get_one(PrivacyRequest, request_id))
    if data is None:
        raise RequestRefused(
            "There is no file: the request is not answered yet, its month has passed, or the person was erased."
        )
    return data


def certificate_for(session: Session, hub: Hub, request: PrivacyRequest, actor: str) -> dict[str, Any]:
    """The certificate of an erasure, or of one that a legal hold blocks; who takes it is recorded. RequestRefused if there
    is none yet.
    """
    found = request.certificate
    if request.state == RequestState.HELD:
        found = certify(session, hub, request, hub.clock())
    audit.note(session, hub.clock(), actor, "privacy.request.certify", request.id)
    if not found:
        raise RequestRefused("There is no certificate yet: it is made once the hub and every provider have answered.")
    return found


def reason_in_words(text: str, what: str = "The reason") -> str:
    """As `in_words`, for a reason. It outlives an erasure in the audit trail, so a number or an address in it is refused."""
    said = in_words(text, what)
    if PHONE.search(said) or EMAIL.search(said):
        raise RequestRefused(f"{what} is kept after an erasure; name a case, and no phone number or email address.")
    return said


def in_words(text: str, what: str) -> str:
    """A text that an officer wrote, which must not be empty."""
    said = " ".join(storable(text).split())
    if not said:
        raise RequestRefused(f"{what} is empty; say it in words, because it is kept as the record of what was done.")
    if len(said) > MAX_WORDS:
        raise RequestRefused(f"{what} has at most {MAX_WORDS:,} characters.")
    return said

"""Opens a request and moves it from state to state. Each step is stored with the request and in the audit trail, by id
only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.contracts.phones import phone_number
from hub.errors import RingfenceError
from hub.model import Company, PrivacyRequest, RequestStep
from hub.model.columns import storable
from hub.model.states import CLOSED_REQUEST_STATES, RequestState
from hub.privacy_requests.deadlines import deadline_of, places_of
from hub.runtime import Hub
from hub.store import audit
from hub.store.encryption.encrypted_fields import seal_correction

CASE_RETENTION = timedelta(days=731)
"""24 months. Source: privacy.md, retention_defaults dsar_case; 11 CCR 7101(a): records of requests for 24 months."""
MAX_EMAIL_CHARACTERS = 254


class RequestRefused(RingfenceError):
    """The request does not allow this; the message says what to do instead."""


class UnreadableCorrection(RequestRefused):
    """What shall be right is missing or not valid."""


def open_request(
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
    language: str = "en",
) -> PrivacyRequest:
    """Write a new request within `session`, a writing one. It does not matter here whether the person is known. The hub
    writes to the person in `language`.

    RequestRefused if neither the phone number nor the email address is valid, or if a correction is empty or not
    valid.
    """
    now = hub.clock()
    number, address = phone_number(phone, company.country) if phone else None, email_address(email)
    if number is None and address is None:
        raise RequestRefused("Give a phone number like +13125550142, or an email address like pat@example.com.")
    right = _corrected(correction or {}, company.country) if kind == "correction" else {}
    received = min(received_at or now, now)
    places = places_of(number, declared)
    deadline = deadline_of(kind, places, received, company.time_zone)
    request = PrivacyRequest(
        company_id=company.id,
        kind=kind,
        channel=channel,
        language=language,
        phone_number=number,
        email=address,
        fingerprint=fingerprint_of(session, hub, company.id, number, address),
        places=places,
        declared=list(declared),
        rule=deadline.row.id,
        received_at=received,
        due_at=deadline.due_at,
        promised_at=deadline.promised_at,
        expires_at=now + CASE_RETENTION,
    )
    seal_correction(hub.vault, session, request, right)
    session.add(request)
    session.flush()
    take_step(session, request, actor, "received", kind, now)
    return request


def take_step(
    session: Session,
    request: PrivacyRequest,
    actor: str,
    action: str,
    result: str,
    now: datetime,
    state: RequestState | None = None,
) -> None:
    """Note a step within `session`, and move the request to `state`. `result` must not contain personal data."""
    session.add(RequestStep(request_id=request.id, at=now, actor=actor, action=action, result=result))
    audit.note(session, now, actor, f"privacy.request.{action}", request.id, result)
    if state is not None:
        request.state = state
        if state in CLOSED_REQUEST_STATES:
            request.closed_at = now
            request.expires_at = now + CASE_RETENTION
        session.add(request)


def steps_of(session: Session, request: PrivacyRequest) -> list[RequestStep]:
    """Every step of a request, oldest first."""
    taken = select(RequestStep).where(RequestStep.request_id == request.id)
    return list(session.exec(taken.order_by(col(RequestStep.at), col(RequestStep.id))))


def verify(session: Session, request: PrivacyRequest, actor: str, how: str, now: datetime) -> None:
    """Mark the request as verified: the person has shown who they are. `how` is text, email or officer."""
    request.verified_at = now
    take_step(session, request, actor, "verified", how, now, RequestState.VERIFIED)


def refuse(session: Session, request: PrivacyRequest, actor: str, reason: str, now: datetime) -> None:
    """Close a request without doing what it asks for. RequestRefused if it is closed already, or is being carried out."""
    if request.state in CLOSED_REQUEST_STATES:
        raise RequestRefused("This request is closed; open a new one.")
    if request.state in (RequestState.RUNNING, RequestState.WAITING_PLUGIN):
        raise RequestRefused(
            "This request has already been carried out; it closes after every provider has answered. One that "
            "never answers is no "
            "longer asked if its connector is removed from config.yaml."
        )
    take_step(session, request, actor, "refused", storable(reason), now, RequestState.REFUSED)


def extend(session: Session, hub: Hub, request: PrivacyRequest, actor: str, reason: str, now: datetime) -> None:
    """Extend the deadline as far as the law allows. The person must be given the reason before the first deadline is over.

    RequestRefused if the applicable law allows no extension, or it is too late.
    """
    company = session.get_one(Company, request.company_id)
    deadline = deadline_of(request.kind, request.places, request.received_at, company.time_zone)
    if deadline.extended_to is None:
        raise RequestRefused(f"The rule {request.rule} does not allow an extension of this request; answer it in time.")
    if request.state in CLOSED_REQUEST_STATES or request.extended_to is not None or now > request.due_at:
        raise RequestRefused("A request can be extended once, while it is open and before it is due.")
    request.extended_to = deadline.extended_to
    take_step(session, request, actor, "extended", storable(reason), now)


def email_address(text: str | None) -> str | None:
    """An email address in lower case. None if it is not valid."""
    address = storable((text or "").strip().lower())
    local, at, host = address.partition("@")
    fits = at and local and "." in host and len(address) <= MAX_EMAIL_CHARACTERS and address.isprintable()
    return address if fits and " " not in address and "," not in address else None


def _corrected(fields: Mapping[str, str], country: str) -> dict[str, str]:
    """The correct values as stored: a name, an address in lower case, a number as E.164."""
    said = {name: storable(value).strip() for name, value in fields.items() if value and value.strip()}
    right = {
        "name": said.get("name"),
        "email": email_address(said.get("email")),
        "phone_number": phone_number(said["phone_number"], country) if "phone_number" in said else None,
    }
    if any(right[name] is None for name in said):
        raise UnreadableCorrection("The correct number or address is not valid; write +13125550142 or pat@example.com.")
    if not said:
        raise UnreadableCorrection("Give the correct name, email address or phone number.")
    return {name: value for name, value in right.items() if value}


def fingerprint_of(session: Session, hub: Hub, company_id: str, number: str | None, email: str | None) -> str:
    """A keyed hash that recognizes the same number or address again at the same company."""
    return hub.vault.fingerprint(session, company_id, number or email or "")

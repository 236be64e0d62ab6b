"""Proof of identity: a code by text to the number, or a link by email to the address. Only hashes of both are stored."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from hub.model import Company, FormSubmission, IdentityProof, PrivacyRequest, RequestTask
from hub.model.columns import new_id
from hub.model.states import CLOSED_REQUEST_STATES, RequestState
from hub.numbers.directory import Directory, Line, read_directory
from hub.platform.error_counts import COUNTS
from hub.privacy.translations import texts_in
from hub.privacy_requests.steps import fingerprint_of, take_step, verify
from hub.privacy_requests.tasks import ANSWER, SEND_CODE, SEND_LINK, want
from hub.runtime import Hub
from hub.store.rows import count_changed, write_rows
from hub.texts.queue import SEND, CannotText, queue_text
from hub.texts.spending import may_text

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=10)
LINK_LIFETIME = timedelta(hours=1)
MAX_TRIES = 5
MAX_PROOFS_PER_HOUR, MAX_PROOFS_PER_DAY = 3, 8
"""Limits for proofs to one number or address, over all requests, so that nobody can use them to harass a person."""
MAX_LINKS_PER_DAY = 500
"""Links that one company mails within a day to addresses that wrote on its forms, and as many to others, so that strangers
neither use up the former nor make the hub write to the world."""
BY_ITSELF = frozenset({"access", "portability", "objection", "restriction", "third_party_disclosure"})
"""Kinds that the hub answers automatically after the proof; the others wait for an officer."""


def texting_line(hub: Hub, directory: Directory, company: Company) -> Line | None:
    """The company's number from which codes are sent. None if its carriers cannot send texts."""
    lines = (line for line in directory.lines.values() if line.company.id == company.id)
    able = [line for line in lines if hub.plugins.implements(line.tracker.carrier, SEND)]
    able = [line for line in able if not line.tracker.for_signals]  # an answer to it would count as a no to ads
    return min(able, key=lambda line: (not line.tracker.is_default, line.number.number), default=None)


def send_code(session: Session, hub: Hub, directory: Directory, request: PrivacyRequest, company: Company) -> bool:
    """Queue a text with a new code to the request's number, within `session`. False if none is sent: the number has had
    too many, cannot receive texts, or the company does not text there (`hub.texts.spending`). The page must not show
    which of them it is.
    """
    line = texting_line(hub, directory, company)
    if line is None or not request.phone_number or not _may_send(session, hub, request):
        return False
    if not may_text(session, hub, directory, company, request.phone_number, "identity_code"):
        return False
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    body = texts_in(request.language).plain("messages.code", company=company.title, code=code)
    try:
        queue_text(session, hub, line, request.phone_number, body, "identity_code")
    except CannotText:
        return False
    _write(session, hub, request, "text", code)
    return True


def want_code(session: Session, hub: Hub, request: PrivacyRequest) -> None:
    """Have a worker decide whether a code is sent. So neither the page nor its time shows it."""
    want(session, request.id, SEND_CODE, hub.clock())


def send_wanted_code(hub: Hub, request_id: str) -> None:
    """Send the code that the page asked for, if one may be sent."""
    with hub.store.reading() as session:
        directory = read_directory(session)
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        send_code(session, hub, directory, request, session.get_one(Company, request.company_id))


def want_link(session: Session, hub: Hub, request: PrivacyRequest) -> bool:
    """Queue a link to the request's address. False if the address has had too many."""
    if hub.config.mail is None or not request.email or not _may_send(session, hub, request):
        return False
    want(session, request.id, SEND_LINK, hub.clock())
    return True


def may_mail(session: Session, hub: Hub, request: PrivacyRequest) -> bool:
    """Whether one more link of the company may be mailed today to an address like this one: known from a form, or not."""
    recent = (
        select(PrivacyRequest.email)
        .join(IdentityProof, col(IdentityProof.request_id) == PrivacyRequest.id)
        .where(
            PrivacyRequest.company_id == request.company_id,
            IdentityProof.channel == "email",
            col(IdentityProof.made_at) > hub.clock() - timedelta(days=1),
        )
    )
    sent = list(session.exec(recent))
    form = FormSubmission
    known = set(
        session.exec(
            select(form.email).where(
                form.company_id == request.company_id, col(form.email).in_({*sent, request.email} - {None})
            )
        )
    )
    alike = sum((each in known) == (request.email in known) for each in sent)
    if alike >= MAX_LINKS_PER_DAY:
        COUNTS.note("link not mailed")
    return alike < MAX_LINKS_PER_DAY


def make_link_token(session: Session, hub: Hub, request: PrivacyRequest) -> str:
    """A new token for a link, valid for one use within an hour. Only its hash is stored."""
    token = secrets.token_urlsafe(32)
    _write(session, hub, request, "email", token)
    return token


def prove(session: Session, hub: Hub, request: PrivacyRequest, secret: str) -> bool:
    """Check `secret` against the last code or token, within `session`; it is accepted one time. Then the request is
    verified, and answered soon if it needs no officer. A later proof lets the person see the result.

    A try is counted before the comparison, so that parallel tries cannot exceed `MAX_TRIES`.
    """
    now = hub.clock()
    latest = select(IdentityProof.id).where(IdentityProof.request_id == request.id)
    proof_id = session.exec(latest.order_by(col(IdentityProof.made_at).desc(), col(IdentityProof.id).desc())).first()
    if proof_id is None:
        return False
    live = (
        col(IdentityProof.id) == proof_id,
        col(IdentityProof.used_at).is_(None),
        col(IdentityProof.ends_at) > now,
        col(IdentityProof.tries) < MAX_TRIES,
    )
    counted = update(IdentityProof).where(*live).values(tries=IdentityProof.tries + 1)
    if not count_changed(session, counted.execution_options(synchronize_session=False)):
        return False
    proof = session.exec(
        select(IdentityProof).where(IdentityProof.id == proof_id).execution_options(populate_existing=True)
    ).one()
    if not hub.keyring.signed(_purpose(proof.channel), _message(proof.id, secret), proof.secret_hash):
        return False
    proof.used_at = now
    session.add(proof)
    if request.verified_at is None and request.state not in CLOSED_REQUEST_STATES:
        _keep_proven(session, hub, request, proof.channel)
        verify(session, request, "the person", proof.channel, now)
        answer_soon(session, request, now)
    else:
        take_step(session, request, "the person", "came_back", proof.channel, now)
    return True


def _keep_proven(session: Session, hub: Hub, request: PrivacyRequest, channel: str) -> None:
    """Remove the number or the address that was not proven: from now on the request names only what is proven."""
    if channel == "text":
        request.email = None
    else:
        request.phone_number = None
    request.fingerprint = fingerprint_of(session, hub, request.company_id, request.phone_number, request.email)


def answer_soon(session: Session, request: PrivacyRequest, now: datetime) -> None:
    """Queue the answer to a request that needs no officer, within `session`."""
    if request.kind in BY_ITSELF:
        write_rows(session, RequestTask, [RequestTask(request_id=request.id, hook=ANSWER, due_at=now)])


def _write(session: Session, hub: Hub, request: PrivacyRequest, channel: str, secret: str) -> None:
    now, proof_id = hub.clock(), new_id()
    session.add(
        IdentityProof(
            id=proof_id,
            request_id=request.id,
            fingerprint=request.fingerprint,
            channel=channel,
            secret_hash=hub.keyring.sign(_purpose(channel), _message(proof_id, secret)),
            made_at=now,
            ends_at=now + (CODE_LIFETIME if channel == "text" else LINK_LIFETIME),
        )
    )
    state = RequestState.IDENTITY_PENDING if request.verified_at is None else None
    take_step(session, request, "hub", "proof_sent", channel, now, state)


def _may_send(session: Session, hub: Hub, request: PrivacyRequest) -> bool:
    now = hub.clock()
    for span, most in ((timedelta(hours=1), MAX_PROOFS_PER_HOUR), (timedelta(days=1), MAX_PROOFS_PER_DAY)):
        sent = select(func.count()).where(
            col(IdentityProof.fingerprint) == request.fingerprint, col(IdentityProof.made_at) > now - span
        )
        if session.execute(sent).scalar_one() >= most:
            return False
    return True


def _purpose(channel: str) -> str:
    return f"privacy-proof-{channel}"


def _message(proof_id: str, secret: str) -> bytes:
    return f"{proof_id}|{secret}".encode("utf-8", "replace")

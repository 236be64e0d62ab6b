"""Emails: the link that proves an address, and reminders to the officers who must answer."""

from __future__ import annotations

from sqlmodel import Session, col, select

from hub.mail import make_mail, send_mail
from hub.model import Company, PrivacyRequest, User
from hub.model.states import CLOSED_REQUEST_STATES
from hub.privacy.translations import texts_in
from hub.privacy_requests.identity_proof import make_link_token, may_mail
from hub.runtime import Hub

REMINDER = """\
A person's request is waiting at {company}.

  request   {request} ({kind})
  received  {received:%Y-%m-%d}
  due       {deadline:%Y-%m-%d}{late}

The person's name is only in the hub. See: hub privacy request show {request}
"""
OFFICERS = ("privacy_officer", "owner")
"""Roles that get reminders. Only users of the first role in which the account has a user with an address get them."""


def send_link(hub: Hub, request_id: str) -> None:
    """Store a new token's hash, then send its link. RetryLater if the mail server does not accept it."""
    mail = hub.config.mail
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        if mail is None or not request.email or not may_mail(session, hub, request):
            return
        company = session.get_one(Company, request.company_id)
        token = make_link_token(session, hub, request)
        address, texts = request.email, texts_in(request.language)
    link = f"{address_of(hub, company, request_id)}/confirm?token={token}&lang={texts.language}"
    subject = texts.plain("messages.link_subject", company=company.title)
    letter = make_mail(mail, address, subject, texts.plain("messages.link", company=company.title, link=link))
    send_mail(hub.config, letter)


def send_reminder(hub: Hub, request_id: str) -> None:
    """Remind the officers of an open request, in one email without any data about the person. RetryLater if the mail
    server does not accept it.
    """
    mail = hub.config.mail
    with hub.store.reading() as session:
        request = session.get_one(PrivacyRequest, request_id)
        company = session.get_one(Company, request.company_id)
        addresses = officers_of(session, company)
    if mail is None or not addresses or request.state in CLOSED_REQUEST_STATES:
        return
    late = " (overdue)" if request.deadline < hub.clock() else ""
    facts = {"kind": request.kind, "received": request.received_at, "deadline": request.deadline, "late": late}
    subject = f"A privacy request to {company.title} is due on {request.deadline:%Y-%m-%d}"
    send_mail(
        hub.config,
        make_mail(
            mail, ", ".join(addresses), subject, REMINDER.format(company=company.title, request=request.id, **facts)
        ),
    )


def officers_of(session: Session, company: Company) -> list[str]:
    """The addresses of the users who answer a company's requests."""
    there = (User.account_id == company.account_id, col(User.disabled_at).is_(None), col(User.email).is_not(None))
    users = session.exec(select(User).where(*there, col(User.role).in_(OFFICERS)).order_by(col(User.name))).all()
    role = next((role for role in OFFICERS if any(user.role == role for user in users)), None)
    return [user.email for user in users if user.email and user.role == role]


PURPOSE = "privacy-ticket"


def ticket_of(hub: Hub, request_id: str) -> str:
    """The part of the address that identifies the request."""
    return f"{request_id}.{hub.keyring.sign(PURPOSE, request_id.encode())}"


def request_of(hub: Hub, ticket: str) -> str | None:
    """The request's id. None if the signature is not ours."""
    request_id, _, signature = ticket.partition(".")
    fits = hub.keyring.signed(PURPOSE, request_id.encode(), signature)
    return request_id if fits else None


def address_of(hub: Hub, company: Company, request_id: str) -> str:
    """The full public address of a request's page."""
    base = str(hub.config.hub.public_url).rstrip("/")
    return f"{base}/privacy/{company.name}/requests/{ticket_of(hub, request_id)}"

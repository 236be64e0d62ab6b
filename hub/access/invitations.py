"""Invitations: a new user gets a link that works once within a week, by email or from the person who invites."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.access.companies import limit_to_companies
from hub.access.sign_in.links import Purpose, end_links, new_link, newest_link
from hub.access.user_changes import Actor, note_user, refuse_taken_email
from hub.access.users import AccessRefused, add_user
from hub.config.models import Config
from hub.errors import RetryLater
from hub.mail import make_mail, send_mail
from hub.model import Account, Company, User, UserCompany
from hub.store.engine import Store

CHOOSE_COMPANIES = "Choose at least one company, or all of them. Without one they would see nothing."
ONE_OF_BOTH = "Choose single companies or all of them, not both."
TEXT = """\
Hello,

{inviter} invites you to {account}. You will see {companies}.

Open this link and choose how you sign in. It works once, until {until:%B} {until.day}, {until:%Y}, {until:%H:%M} UTC:

{link}

If you expected no invitation, ignore this email: nothing happens until the link is opened.
"""


def chosen_companies(names: Collection[str], *, everywhere: bool) -> Collection[str]:
    """The companies that a new user is limited to; none for all companies, which has to be said. AccessRefused otherwise."""
    if everywhere == bool(names):
        raise AccessRefused(ONE_OF_BOTH if everywhere else CHOOSE_COMPANIES)
    return names


def invite(
    session: Session,
    account: Account,
    name: str,
    role: str,
    now: datetime,
    public_url: str,
    *,
    actor: Actor,
    email: str | None = None,
    companies: Collection[str] = (),
    phone_numbers: Sequence[str] = (),
    purpose: Purpose = "setup",
) -> tuple[User, str]:
    """Add a user within `session`, limited to these companies if there are some; returns the user and a link, which can be
    read only now. Without a name, one is made from the address; they may sign in with either."""
    if not name and email is None:
        raise AccessRefused("Write an email address, or a name.")
    name = name or _free_name(session, str(email))
    user = add_user(session, account, name, role, now, email=None, phone_numbers=phone_numbers)
    if email is not None:
        refuse_taken_email(session, user, email)
        user.email = email
    limit_to_companies(session, user, companies)
    note_user(session, now, actor, "users.add", user, " ".join([role, *companies]))
    return user, new_link(session, user, purpose, now, public_url)


def invite_again(session: Session, user: User, now: datetime, public_url: str, *, actor: Actor) -> str:
    """A new link for an invited user, within `session`; the earlier one ends."""
    note_user(session, now, actor, "users.invite", user)
    return new_link(session, user, "invite", now, public_url)


def revoke_invitation(session: Session, user: User, now: datetime, *, actor: Actor) -> None:
    """End the link of an invited user, within `session`."""
    end_links(session, user, now)
    note_user(session, now, actor, "users.uninvite", user)


def mail_invitation(store: Store, config: Config, user: User, link: str, inviter: str) -> str | None:
    """Send the link to the user's address, and store whether the mail server took it; returns why not, or None."""
    if config.mail is None or user.email is None:
        return "There is no mail server, or no email address; pass the link on yourself."
    with store.reading() as session:
        account = session.get_one(Account, user.account_id)
        limited = select(Company.title).join(UserCompany, col(UserCompany.company_id) == Company.id)
        titles = session.exec(limited.where(UserCompany.user_id == user.id).order_by(Company.title)).all()
        sent = newest_link(session, user)
    if sent is None:
        return "The link was revoked meanwhile."
    text = TEXT.format(
        inviter=inviter,
        account=account.title,
        companies=", ".join(titles) or "all of its companies",
        until=sent.ends_at,
        link=link,
    )
    refusal = None
    try:
        send_mail(config, make_mail(config.mail, user.email, f"{inviter} invites you to {account.title}", text))
    except RetryLater as error:
        refusal = str(error)
    with store.writing() as session:
        row = newest_link(session, user)
        if row is not None and row.id == sent.id:
            row.mail_refused = refusal is not None
            session.add(row)
    return refusal


def as_name(name: str) -> str:
    """A typed name in the letters that a name has: jo.hartman for Jo Hartman."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._-]+", ".", plain).strip("._-")


def _free_name(session: Session, email: str) -> str:
    """A name made from an address; with a number if another user has it."""
    made = as_name(email.partition("@")[0])[:40]
    start = made if len(made) > 1 and made[0].isalpha() else f"user.{made}".rstrip(".")
    taken = set(session.exec(select(User.name).where(func.substr(User.name, 1, len(start)) == start)))
    numbered = (f"{start}{number}" for number in range(2, len(taken) + 3))
    return start if start not in taken else next(each for each in numbered if each not in taken)

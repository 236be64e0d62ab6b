"""What owners do with users and keys. Each deed needs a sign-in within the last half hour."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from hub.access import user_changes
from hub.access.invitations import as_name, chosen_companies, invite, invite_again, mail_invitation, revoke_invitation
from hub.access.sign_in.credentials import ways_in
from hub.access.users import AccessRefused
from hub.errors import CannotDo, about_field
from hub.model import Account, User
from hub.platform.rate_limit import Buckets
from hub.queries.users import key_in, user_in
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.users.one_user import show_user
from hub.web.pages.users.user_labels import role_name
from hub.web.pages.users.users_page import PATH, show_users

INVITATIONS = (20.0, 1 / 180)
"""Invitations of one account that are mailed, in a burst and per second."""
MAX_COUNTED = 1_000
TOO_MANY = "Many invitations were mailed just now; wait some minutes, or show the link instead."
MAX_EMAIL = 254


def add(page: PageRequest) -> Response:
    """Add a user, and mail the link to them, or show it once."""
    email = page.value("email")[:MAX_EMAIL] or None
    by_mail = page.value("deed") != "link" and email is not None and page.hub.config.mail is not None
    if by_mail and not _may_mail(page):
        page.errors["email"] = TOO_MANY
        return show_users(page, 429)
    with about_field("companies"):
        companies = chosen_companies(page.form.get("companies", []), everywhere=bool(page.value("everywhere")))
    try:
        with page.hub.store.writing() as session:
            user, link = invite(
                session,
                session.get_one(Account, page.user.account_id),
                as_name(page.value("name")),
                page.value("role"),
                page.now,
                page.context.public_url,
                actor=page.user,
                email=email,
                companies=companies,
                phone_numbers=page.value("phone").replace(",", " ").split(),
                purpose="invite",
            )
    except AccessRefused as refusal:
        field = "email" if "address" in str(refusal) else "phone" if "number" in str(refusal) else "name"
        raise CannotDo(for_pages(refusal), field=field) from None
    why = mail_invitation(page.hub.store, page.hub.config, user, link, page.user.name) if by_mail else ""
    if by_mail and not why:
        return page.redirect(page.link(PATH), f"The invitation is on its way to {email}. It works once, for 7 days.")
    return show_users(page, once=("Invitation", user.name, link), why=why or "")


def _may_mail(page: PageRequest) -> bool:
    """Whether one more invitation may be mailed: each goes to an address that somebody typed."""
    counts = page.context.counters.of("invitations", partial(Buckets, MAX_COUNTED))
    return counts.take(page.user.account_id, INVITATIONS, page.now)


def change(page: PageRequest) -> Response:
    """Change a user's role, companies or email address, reset, sign out or deactivate the user, or make a key."""
    action = page.value("deed")
    if action == "invite" and not _may_mail(page):
        page.errors[action] = TOO_MANY
        return show_user(page, 429)
    try:
        with page.hub.store.writing() as session:
            user = user_in(session, page.user.account_id, page.path("user_id"))
            notice, once = _change(page, session, user, action)
    except AccessRefused as refusal:
        raise CannotDo(for_pages(refusal), field=action) from None
    if action == "invite" and once:
        why = mail_invitation(page.hub.store, page.hub.config, user, once[1], page.user.name)
        if why:
            return show_user(page, once=(*once[:1], user.name, once[1]), why=why)
        return page.redirect(
            page.link(PATH), f"A new invitation is on its way to {user.email}. The earlier link ended."
        )
    if once:
        return show_user(page, once=(*once[:1], user.name, once[1]))
    return page.redirect(page.link(f"{PATH}/{user.id}"), notice)


def _change(page: PageRequest, session: Session, user: User, action: str) -> tuple[str, tuple[str, str] | None]:
    """Make one change within `session`; returns the notice, or what can be read only once."""
    now, actor, name = page.now, page.user, user.name
    if action == "role":
        phones = page.value("phone").replace(",", " ").split()
        user_changes.give_role(session, user, page.value("role"), now, actor=actor, phone_numbers=phones)
        return f"{name} is {role_name(user.role).lower()} now, and signs in again.", None
    if action == "companies":
        chosen = chosen_companies(page.form.get("companies", []), everywhere=bool(page.value("everywhere")))
        user_changes.give_companies(session, user, chosen, now, actor=actor)
        return f"The companies of {name} are changed.", None
    if action == "email":
        user_changes.set_email(session, user, page.value("email") or None, now, actor=actor)
        return f"The email address of {name} is changed.", None
    if action == "name":
        first, last = page.value("first_name"), page.value("last_name")
        user_changes.set_names(session, user, first, last, now, actor=actor)
        return f"The name of {name} is changed.", None
    if action in ("invite", "uninvite"):
        if ways_in(session, user).count:
            raise AccessRefused("They have accepted the invitation already.")
        if action == "uninvite":
            revoke_invitation(session, user, now, actor=actor)
            return f"The invitation of {name} is revoked.", None
        return "", ("Invitation", invite_again(session, user, now, page.context.public_url, actor=actor))
    if action in ("reset", "clear"):
        address = page.context.public_url
        _, link = user_changes.reset(session, user, now, address, actor=actor, clear=action == "clear")
        return "", ("Reset link", link)
    if action == "sign_out":
        ended = user_changes.sign_out(session, user, now, actor=actor, except_id=page.web_session.id)
        return f"{ended} session{'' if ended == 1 else 's'} of {name} ended.", None
    if action == "deactivate":
        user_changes.deactivate(session, user, now, actor=actor)
        return f"{name} has no access any more.", None
    if action == "key":
        days = page.value("days")
        life = timedelta(days=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0)
        scopes = [each for each in page.form.get("scopes", []) if each]
        return "", ("API key", user_changes.make_key(session, user, now, life, actor=actor, scopes=scopes))
    raise AccessRefused("Choose one of the buttons.")


def revoke(page: PageRequest) -> Response:
    """Revoke one API key."""
    with page.hub.store.writing() as session:
        key = key_in(session, page.user.account_id, page.path("key_id"))
        user_changes.revoke_key(session, key, page.now, actor=page.user)
    return page.redirect(page.link(PATH), f"The key ctk_{key.id}_… is revoked.")


def for_pages(refusal: AccessRefused) -> str:
    """A refusal without the words that only help at the command line."""
    return str(refusal).replace("give their numbers with --phone", "write their phone numbers")


PAGES = (
    Page(PATH, add, "users", method="POST", again=show_users, fresh=PATH),
    Page("/users/{user_id}", change, "users", method="POST", again=show_user, fresh=PATH),
    Page("/users/keys/{key_id}/revoke", revoke, "users", method="POST", fresh=PATH),
)

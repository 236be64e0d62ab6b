"""What owners do with users and keys. Each deed needs a sign-in within the last half hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from sqlmodel import Session
from starlette.responses import Response

from hub.access import user_changes
from hub.access.users import AccessRefused
from hub.model import Account, User
from hub.queries.users import key_in, user_in
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.users.one_user import show_user
from hub.web.pages.users.user_labels import role_name
from hub.web.pages.users.users_page import PATH, SIGN_IN_AGAIN, show_users

PageAction = Callable[[PageRequest], Response]
MAX_EMAIL = 254


def fresh(action: PageAction) -> PageAction:
    """A deed that needs a recent sign-in; without one the user signs in again first."""

    @wraps(action)
    def checked(page: PageRequest) -> Response:
        return action(page) if page.is_fresh else page.redirect(SIGN_IN_AGAIN)

    return checked


@fresh
def add(page: PageRequest) -> Response:
    """Add a user, and show the set-up link once."""
    email = page.value("email")[:MAX_EMAIL] or None
    if email is not None and "@" not in email:
        return show_users(page, 422, errors={"email": "Write an e-mail address like pat@example.com, or leave it out."})
    try:
        with page.hub.store.writing() as session:
            user, link = user_changes.invite(
                session,
                session.get_one(Account, page.user.account_id),
                page.value("name").lower(),
                page.value("role"),
                page.now,
                page.context.public_url,
                actor=page.user,
                email=email,
                companies=page.form.get("companies", []),
                phone_numbers=page.value("phone").replace(",", " ").split(),
            )
    except AccessRefused as refusal:
        return show_users(page, 422, errors={"name": for_pages(refusal)})
    return show_users(page, once=("Set-up link", user.name, link))


@fresh
def change(page: PageRequest) -> Response:
    """Change a user's role, companies or e-mail address, reset, sign out or deactivate the user, or make a key."""
    action = page.value("deed")
    try:
        with page.hub.store.writing() as session:
            user = user_in(session, page.user.account_id, page.path("user_id"))
            notice, once = _change(page, session, user, action)
    except AccessRefused as refusal:
        return show_user(page, 422, errors={action: for_pages(refusal)})
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
        user_changes.give_companies(session, user, page.form.get("companies", []), now, actor=actor)
        return f"The companies of {name} are changed.", None
    if action == "email":
        user_changes.set_email(session, user, page.value("email") or None, now, actor=actor)
        return f"The e-mail address of {name} is changed.", None
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


@fresh
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
    Page(PATH, add, "users", method="POST"),
    Page("/users/{user_id}", change, "users", method="POST"),
    Page("/users/keys/{key_id}/revoke", revoke, "users", method="POST"),
)

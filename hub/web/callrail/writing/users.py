"""Invite, change and disable users."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlmodel import Session, select
from starlette.responses import Response

from hub.access.invitations import invite
from hub.access.scope import limit_of
from hub.access.user_changes import deactivate, give_companies, give_role, set_email, set_names
from hub.callrail.ids import USER
from hub.callrail.users import MANAGER, names_of
from hub.importing.callrail.vocabulary import ROLES
from hub.model import Account, User
from hub.queries.users import user_in
from hub.web.callrail.not_taken import NO_COMPANIES
from hub.web.callrail.request import CallRailRequest, company_of
from hub.web.callrail.resource import Answer, Endpoint
from hub.web.callrail.users import USERS
from hub.web.callrail.writing.members import choice_in, list_in, needed, text_in

OUR_ROLES = ("marketer", "receptionist", "privacy_officer", "auditor")
"""Roles besides CallRail's that a program may give; none makes an owner."""
NAMES = ("first_name", "last_name")
SET_UP_LINK = "X-Set-Up-Link"
"""The header with the link by which a new user chooses how to sign in; it is given once, and never in a repeated answer."""


def create(request: CallRailRequest) -> Response:
    """Invite a user. The answer has the set-up link in a header; the hub sends no email about it."""
    email, role = needed(request.body, "email"), _role(request) or "marketer"
    first, last = (text_in(request.body, each) for each in NAMES)
    link: list[str] = []

    def action(session: Session) -> dict[str, str]:
        now, actor = request.hub.clock(), request.scope.user
        companies = _companies(request, session) or ()
        if _is_manager(request) and not companies:
            raise NO_COMPANIES.refusal()
        user, made = invite(
            session,
            session.get_one(Account, actor.account_id),
            _free_name(session, request, email),
            role,
            now,
            str(request.hub.config.hub.public_url),
            actor=actor,
            companies=companies,
            phone_numbers=_phones(request),
        )
        set_email(session, user, email, now, actor=actor)
        if first or last:
            set_names(session, user, first, last, now, actor=actor)
        link.append(made)
        return {"id": user.id}

    done = request.once.do(request.authorized, action, 201)
    headers = {SET_UP_LINK: link[0]} if link else {}
    return USERS.written(request, done["id"], headers=headers)


def change(request: CallRailRequest) -> Answer:
    """Give a user another name, role, email address or other companies. The name by which they sign in stays."""
    user_id = request.row_id(USER)

    def action(session: Session) -> dict[str, str]:
        now, actor = request.hub.clock(), request.scope.user
        user = user_in(session, actor.account_id, user_id)
        role, companies, email = _role(request), _companies(request, session), text_in(request.body, "email")
        limited = companies if companies is not None else limit_of(session, user)
        if _is_manager(request) and not limited:
            raise NO_COMPANIES.refusal()
        if any(each in request.body for each in NAMES):
            names = dict(zip(NAMES, names_of(user), strict=True))
            first, last = (text_in({**names, **request.body}, each) for each in NAMES)
            set_names(session, user, first, last, now, actor=actor)
        if role is not None and role != user.role:
            give_role(session, user, role, now, actor=actor, phone_numbers=_phones(request))
        if companies is not None:
            give_companies(session, user, companies, now, actor=actor)
        if email and email != user.email:
            set_email(session, user, email, now, actor=actor)
        return {"id": user.id}

    request.once.do(request.authorized, action)
    return USERS.written(request, user_id, 200)


def disable(request: CallRailRequest) -> None:
    """End a user's access at once: sessions, keys, links. It cannot be undone."""
    user_id = request.row_id(USER)

    def action(session: Session) -> dict[str, str]:
        user = user_in(session, request.scope.user.account_id, user_id)
        deactivate(session, user, request.hub.clock(), actor=request.scope.user)
        return {}

    request.once.do(request.authorized, action, 204)


def _role(request: CallRailRequest) -> str | None:
    sent = choice_in(request.body, "role", (*ROLES, *OUR_ROLES))
    if sent == "agent" and _phones(request):
        return sent
    return None if sent is None else ROLES.get(sent, sent)


def _is_manager(request: CallRailRequest) -> bool:
    return text_in(request.body, "role") == MANAGER


def _companies(request: CallRailRequest, session: Session) -> list[str] | None:
    """The names of the companies that the body limits the user to; None if it does not say."""
    wanted = list_in(request.body, "companies")
    return None if wanted is None else [company_of(session, request.scope, each).name for each in wanted]


def _phones(request: CallRailRequest) -> Sequence[str]:
    return list_in(request.body, "phone_numbers") or ()


def _free_name(session: Session, request: CallRailRequest, email: str) -> str:
    """A name to sign in with, made of the first and the last name, or of the email address."""
    parts = [text_in(request.body, each) or "" for each in ("first_name", "last_name")]
    written = ".".join(part for part in parts if part) or email.partition("@")[0]
    name = re.sub(r"[^a-z0-9._-]+", ".", written.lower()).strip("._-")
    if not re.match(r"[a-z][a-z0-9._-]", name):
        name = f"user.{name}".rstrip(".")
    taken = set(session.exec(select(User.name).where(User.name.startswith(name[:58]))))
    free = (each for each in (name[:60], *(f"{name[:58]}.{number}" for number in range(2, 1_000))) if each not in taken)
    return next(free)


ENDPOINTS = (
    Endpoint("POST", "users", ("users",), create),
    Endpoint("PUT", "users/{id}", ("users",), change),
    Endpoint("DELETE", "users/{id}", ("users",), disable),
)

"""`/me`: the user's own page: name and role, ways to sign in, sessions; and the end of the session.

A change of a way in needs a sign-in within the last half hour, so that a screen left open is not enough. After it the
session gets a new token.
"""

from __future__ import annotations

from sqlmodel import Session, select
from starlette.responses import RedirectResponse, Response

from hub.access.companies import companies_by_user
from hub.access.sign_in.credentials import ways_in
from hub.access.sign_in.passkeys import RelyingParty, passkeys_of
from hub.access.sign_in.recovery_codes import recovery_codes_left
from hub.access.sign_in.sessions import end_session, end_sessions, living_sessions, rotate_session
from hub.access.user_changes import set_call_back_number
from hub.contracts.phones import own_phone, phone_number
from hub.errors import CannotDo
from hub.model import OidcIdentity, User, WebSession
from hub.store import audit
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

SIGN_IN_AGAIN = "/sign-in?next=/me"


def changed(page: PageRequest, session: Session, response: Response) -> Response:
    """After a change of a way in: the session gets a new token, within `session`."""
    token = rotate_session(session, page.web_session.id)
    page.context.set_cookie(response, page.context.session_cookie, token, page.web_session.ends_at - page.now)
    return response


def me(page: PageRequest) -> Response:
    """The page."""
    with page.hub.store.reading() as session:
        ways = ways_in(session, page.user)
        idle = page.hub.config.hub.sign_in.idle
        return page.render(
            "me.html",
            title="Your account",
            ways=ways,
            fresh=page.is_fresh,
            again=SIGN_IN_AGAIN,
            passkeys=passkeys_of(session, page.user),
            passkeys_possible=RelyingParty.of(page.context.public_url).possible,
            identities=session.exec(select(OidcIdentity).where(OidcIdentity.user_id == page.user.id)).all(),
            codes_left=recovery_codes_left(session, page.user),
            may_call_back=page.may("contact"),
            limited_to=companies_by_user(session).get(page.user.id),
            sessions=living_sessions(session, page.user.id, page.now, idle),
        )


def set_phone(page: PageRequest) -> Response:
    """Remember another phone from which the user calls back, or none."""
    written = page.value("call_back_number")
    country = page.companies[0].country if page.companies else "US"
    number = own_phone(written) or phone_number(written, country) if written else None
    if written and number is None:
        raise CannotDo("Write the number with its country, like +1 312 555 0190.")
    with page.hub.store.writing() as session:
        set_call_back_number(session, session.get_one(User, page.user.id), number, page.now)
    return page.redirect("/me", "Saved.")


def end_one_session(page: PageRequest) -> Response:
    """End one of the user's sessions."""
    with page.hub.store.writing() as session:
        row = session.get(WebSession, page.path("session_id"))
        if row is not None and row.user_id == page.user.id:
            end_session(session, row.id, page.now)
            audit.note(session, page.now, page.user.id, "sessions.end", page.user.id, "1")
    return page.redirect("/me", "The session has ended.")


def end_other_sessions(page: PageRequest) -> Response:
    """End all sessions of the user except this one."""
    with page.hub.store.writing() as session:
        ended = end_sessions(session, page.user.id, page.now, page.web_session.id)
        audit.note(session, page.now, page.user.id, "sessions.end", page.user.id, str(ended))
    return page.redirect("/me", "All your other sessions have ended.")


def sign_out(page: PageRequest) -> Response:
    """End this session."""
    with page.hub.store.writing() as session:
        end_session(session, page.web_session.id, page.now)
    response = RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store", "Clear-Site-Data": '"cache"'})
    response.delete_cookie(page.context.session_cookie, path="/", secure=page.context.https, httponly=True)
    return response


PAGES = (
    Page("/me", me, action=None),
    Page("/me/phone", set_phone, action="contact", method="POST", again=me, field="call_back_number"),
    Page("/me/sessions/{session_id}/end", end_one_session, action=None, method="POST"),
    Page("/me/sessions/end-others", end_other_sessions, action=None, method="POST"),
    Page("/sign-out", sign_out, action=None, method="POST"),
)

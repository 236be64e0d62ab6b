"""`/me/passkeys`: add, rename and remove the user's passkeys."""

from __future__ import annotations

import json

from starlette.responses import JSONResponse, Response

from hub.access.sign_in.challenges import LIFETIME, new_challenge, take_challenge
from hub.access.sign_in.credentials import own_passkey, remove_passkey
from hub.access.sign_in.passkeys import RelyingParty, passkey_name, register_passkey, registration_options
from hub.access.users import AccessRefused
from hub.store import audit
from hub.web.pages.guard import Page, error_json
from hub.web.pages.request import PageRequest
from hub.web.sign_in.browser_names import browser_name
from hub.web.sign_in.me import changed

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
EXPIRED = "That took too long; try again."


def options(page: PageRequest) -> Response:
    """Options to make a passkey, as JSON for the page's script."""
    with page.hub.store.writing() as session:
        request, challenge = registration_options(session, RelyingParty.of(page.context.public_url), page.user)
        data = {"challenge": challenge}
        token = new_challenge(session, "register", page.now, user_id=page.user.id, data=data)
    response = Response(request, headers=NO_STORE, media_type="application/json")
    page.context.set_cookie(response, page.context.step_cookie("register"), token, LIFETIME)
    return response


def add(page: PageRequest) -> Response:
    """Store the passkey that the browser has made."""
    cookie = page.request.cookies.get(page.context.step_cookie("register"), "")
    with page.hub.store.writing() as session:  # of its own: the challenge is used up in any case
        step = take_challenge(session, "register", cookie, page.now)
    if step is None or step.user_id != page.user.id or "link" in step.data:
        raise AccessRefused(EXPIRED)
    name = page.value("name") or browser_name(page.request.headers.get("user-agent", ""))
    party = RelyingParty.of(page.context.public_url)
    with page.hub.store.writing() as session:
        made = register_passkey(session, party, page.user, step.data["challenge"], _credential(page), name, page.now)
        audit.note(session, page.now, page.user.id, "passkey.add", page.user.id, made.id)
        return changed(page, session, JSONResponse({"next": "/me"}, headers=NO_STORE))


def rename(page: PageRequest) -> Response:
    """Give a passkey another name."""
    with page.hub.store.writing() as session:
        row = own_passkey(session, page.user, page.path("passkey_id"))
        row.name = passkey_name(page.value("name"))
        session.add(row)
    return page.redirect("/me", "The passkey has its new name.")


def remove(page: PageRequest) -> Response:
    """Remove a passkey; the only way in is not removed."""
    with page.hub.store.writing() as session:
        remove_passkey(session, page.user, page.path("passkey_id"), page.now)
        return changed(page, session, page.redirect("/me", "The passkey is removed here. Remove it on the device too."))


def _credential(page: PageRequest) -> dict[str, object]:
    try:
        found = json.loads(page.value("credential"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


PAGES = (
    Page("/me/passkeys/options", options, action=None, method="POST", fresh="/me"),
    Page("/me/passkeys", add, action=None, method="POST", again=error_json, fresh="/me"),
    Page("/me/passkeys/{passkey_id}/rename", rename, action=None, method="POST"),
    Page("/me/passkeys/{passkey_id}/remove", remove, action=None, method="POST", fresh="/me"),
)

"""`/me/password`, `/me/app`, `/me/recovery-codes`: the user's password, authenticator app and recovery codes."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hub.access.sign_in.credentials import (
    change_password,
    change_totp,
    lacks_second_factor,
    remove_password,
    renew_recovery_codes,
    set_password,
    ways_in,
)
from hub.access.sign_in.passkeys import RelyingParty
from hub.access.sign_in.sessions import confirm_session, end_sessions
from hub.access.sign_in.totp import new_secret, proposal, proposed_secret, provisioning_uri
from hub.access.users import AccessRefused
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.sign_in.me import changed
from hub.web.sign_in.setup_pages import qr_code

DIFFER = "The two passwords differ."
TOO_OLD = "The form was too old. Scan the picture again."


def save_password(page: PageRequest) -> Response:
    """Change the password, or set the first one with its app; other sessions end."""
    secret = _proposed(page)
    if _exact(page, "password") != _exact(page, "again"):
        raise AccessRefused(DIFFER)
    with page.hub.store.writing() as session:
        codes: list[str] = []
        if ways_in(session, page.user).password:
            change_password(session, page.user, _exact(page, "current"), _exact(page, "password"), page.now)
        elif secret is None:
            raise AccessRefused(TOO_OLD)
        else:
            code, password = page.value("code"), _exact(page, "password")
            codes = set_password(session, page.hub.keyring, page.user, password, secret, code, page.now)
        end_sessions(session, page.user.id, page.now, page.web_session.id)
        done = _codes_page(page, codes) if codes else page.redirect("/me", "The password is changed.")
        return changed(page, session, done)


def remove(page: PageRequest) -> Response:
    """Remove the password with its app and codes; the only way in is not removed."""
    with page.hub.store.writing() as session:
        remove_password(session, page.user, page.now)
        return changed(page, session, page.redirect("/me", "The password is removed."))


def save_app(page: PageRequest) -> Response:
    """Replace the authenticator app, proved by its code."""
    secret = _proposed(page)
    if secret is None:
        raise AccessRefused(TOO_OLD)
    with page.hub.store.writing() as session:
        alone = lacks_second_factor(session, page.user)
        change_totp(session, page.hub.keyring, page.user, secret, page.value("code"), page.now)
        if alone:
            confirm_session(session, page.web_session.id)
            codes = renew_recovery_codes(session, page.user, page.now)
            return changed(page, session, _codes_page(page, codes))
        return changed(page, session, page.redirect("/me", "The new app is set; the old one no longer works."))


def renew_codes(page: PageRequest) -> Response:
    """Replace the recovery codes, and show the new ones this once."""
    with page.hub.store.writing() as session:
        codes = renew_recovery_codes(session, page.user, page.now)
        return changed(page, session, _codes_page(page, codes))


def show_password(page: PageRequest) -> Response:
    """The form to change the password, or to set one with an app."""
    with page.hub.store.reading() as session:
        has_password = ways_in(session, page.user).password
    title = "Change the password" if has_password else "Set a password"
    return page.render("my_password.html", title=title, has_password=has_password, **_app(page))


def show_app(page: PageRequest) -> Response:
    """The form to replace the authenticator app."""
    return page.render("my_app.html", title="Authenticator app", **_app(page))


def _codes_page(page: PageRequest, codes: list[str]) -> Response:
    return page.render("my_recovery_codes.html", title="Recovery codes", codes=codes)


def _app(page: PageRequest) -> dict[str, Any]:
    """A new app to scan; after a refusal the same again."""
    secret = _proposed(page) or new_secret()
    address = provisioning_uri(secret, page.user, RelyingParty.of(page.context.public_url).id)
    return {"secret": secret, "app": proposal(page.hub.keyring, _place(page), secret), "qr": qr_code(address)}


def _proposed(page: PageRequest) -> str | None:
    return proposed_secret(page.hub.keyring, _place(page), page.value("app"))


def _place(page: PageRequest) -> str:
    return f"session/{page.web_session.id}"


def _exact(page: PageRequest, name: str) -> str:
    return (page.form.get(name) or [""])[-1]


PAGES = (
    Page("/me/password", show_password, action=None, fresh="/me"),
    Page("/me/password", save_password, action=None, method="POST", again=show_password, fresh="/me"),
    Page("/me/password/remove", remove, action=None, method="POST", fresh="/me"),
    Page("/me/app", show_app, action=None, fresh="/me"),
    Page("/me/app", save_app, action=None, method="POST", again=show_app, fresh="/me"),
    Page("/me/recovery-codes", renew_codes, action=None, method="POST", fresh="/me"),
)

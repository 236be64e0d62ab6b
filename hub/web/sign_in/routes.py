"""The routes of the sign-in, for people who are not signed in. Their pages afterwards are in the table of all pages."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from hub.web.pages.guard import SignedIn
from hub.web.pages.request import PageContext
from hub.web.sign_in import browser_link, oidc_pages, passkey_steps, password_pages, setup_pages
from hub.web.sign_in.door import Door, DoorRequest

DOOR_PAGES: tuple[tuple[str, str, Callable[[DoorRequest], Response]], ...] = (
    ("GET", "/sign-in", password_pages.show_sign_in),
    ("POST", "/sign-in", password_pages.check_password),
    ("POST", "/sign-in/link", browser_link.ask_for_link),
    ("GET", "/sign-in/link/{token}", browser_link.show_link),
    ("POST", "/sign-in/link/{token}", browser_link.use_link),
    ("GET", "/sign-in/code", password_pages.show_code),
    ("POST", "/sign-in/code", password_pages.check_code),
    ("POST", "/sign-in/passkey/options", passkey_steps.sign_in_options),
    ("POST", "/sign-in/passkey", passkey_steps.sign_in_with_passkey),
    ("GET", "/sign-in/oidc", oidc_pages.start),
    ("GET", "/sign-in/oidc/callback", oidc_pages.come_back),
    ("GET", "/setup/{token}", setup_pages.show_set_up),
    ("POST", "/setup/{token}", setup_pages.set_up_password),
    ("POST", "/setup/{token}/passkey/options", passkey_steps.set_up_options),
    ("POST", "/setup/{token}/passkey", passkey_steps.set_up_passkey),
    ("GET", "/setup/{token}/oidc", oidc_pages.start_set_up),
)


def door_routes(context: PageContext, signed_in: SignedIn) -> list[Route]:
    """Every route that needs no session."""
    door = Door(context, signed_in)
    return [Route(path, door.endpoint(serve), methods=[method]) for method, path, serve in DOOR_PAGES]

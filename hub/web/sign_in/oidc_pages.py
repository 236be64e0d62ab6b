"""`/sign-in/oidc`: to the OpenID provider and back. Links (GET) start it, because the CSP forbids forms to lead elsewhere."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from hub.access.sign_in.challenges import new_challenge, take_challenge
from hub.access.sign_in.links import link_of, use_link
from hub.access.sign_in.oidc import FAILED, Identity, link_identity, user_of_identity
from hub.access.users import AccessRefused
from hub.model import SignInLink, User
from hub.web.sign_in.door import DoorRequest
from hub.web.sign_in.password_pages import refused
from hub.web.sign_in.setup_pages import link_over


def start(asked: DoorRequest) -> Response:
    """Send the browser to the provider."""
    return _start(asked, {"next": asked.target})


def start_set_up(asked: DoorRequest) -> Response:
    """Send the user of a set-up link to the provider; the identity that comes back is linked to this user."""
    with asked.hub.store.reading() as session:
        found = link_of(session, asked.request.path_params["token"], asked.now)
    return link_over(asked) if found is None else _start(asked, {"next": "/", "link": found[0].id})


def come_back(asked: DoorRequest) -> Response:
    """The provider's answer: check it, and start the session of the identity's user."""
    if asked.door.oidc is None:
        return asked.redirect("/sign-in")
    with asked.hub.store.writing() as session:
        step = take_challenge(session, "oidc", asked.step("oidc"), asked.now)
    if step is None:
        return refused(asked, FAILED)
    waiting = {name: str(value) for name, value in step.data.items()}
    try:
        identity = asked.door.oidc.identity(waiting, dict(asked.request.query_params), asked.now)
        return _enter(asked, identity, waiting)
    except AccessRefused as error:
        return refused(asked, str(error))


def _start(asked: DoorRequest, data: dict[str, str]) -> Response:
    if asked.door.oidc is None:
        return asked.redirect("/sign-in")
    if not asked.door.may_begin(asked.networks, asked.now):
        return refused(asked, "Too many sign-ins were begun from your network; wait a minute.")
    try:
        address, waiting = asked.door.oidc.begin(asked.now)
    except AccessRefused as error:
        return refused(asked, str(error))
    with asked.hub.store.writing() as session:
        token = new_challenge(session, "oidc", asked.now, data={**data, **waiting})
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    return asked.wait(response, "oidc", token)


def _enter(asked: DoorRequest, identity: Identity, waiting: dict[str, str]) -> Response:
    with asked.hub.store.writing() as session:
        if "link" in waiting:
            link = session.get(SignInLink, waiting["link"])
            user = session.get(User, link.user_id) if link and asked.now < link.ends_at else None
            if link is None or user is None or user.disabled_at is not None or not use_link(session, link, asked.now):
                raise AccessRefused("The set-up link was used already or has ended.")
            link_identity(session, user, identity, asked.now)
        else:
            user = user_of_identity(session, identity, asked.now)
        token = asked.begin(session, user, "oidc")
    return asked.enter(asked.redirect(waiting.get("next", "/")), user, token)

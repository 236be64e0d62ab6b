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


def start(request: DoorRequest) -> Response:
    """Send the browser to the provider."""
    return _start(request, {"next": request.target})


def start_set_up(request: DoorRequest) -> Response:
    """Send the user of a set-up link to the provider; the identity that comes back is linked to this user."""
    with request.hub.store.reading() as session:
        found = link_of(session, request.request.path_params["token"], request.now)
    return link_over(request) if found is None else _start(request, {"next": "/", "link": found[0].id})


def come_back(request: DoorRequest) -> Response:
    """The provider's answer: check it, and start the session of the identity's user."""
    if request.door.oidc is None:
        return request.redirect("/sign-in")
    with request.hub.store.writing() as session:
        step = take_challenge(session, "oidc", request.step("oidc"), request.now)
    if step is None:
        return refused(request, FAILED)
    waiting = {name: str(value) for name, value in step.data.items()}
    try:
        identity = request.door.oidc.identity(waiting, dict(request.request.query_params), request.now)
        return _enter(request, identity, waiting)
    except AccessRefused as error:
        return refused(request, str(error))


def _start(request: DoorRequest, data: dict[str, str]) -> Response:
    if request.door.oidc is None:
        return request.redirect("/sign-in")
    if not request.door.may_begin(request.networks, request.now):
        return refused(request, "Too many sign-ins were begun from your network; wait a minute.")
    try:
        address, waiting = request.door.oidc.begin(request.now)
    except AccessRefused as error:
        return refused(request, str(error))
    with request.hub.store.writing() as session:
        token = new_challenge(session, "oidc", request.now, data={**data, **waiting})
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    return request.wait(response, "oidc", token)


def _enter(request: DoorRequest, identity: Identity, waiting: dict[str, str]) -> Response:
    with request.hub.store.writing() as session:
        if "link" in waiting:
            link = session.get(SignInLink, waiting["link"])
            user = session.get(User, link.user_id) if link and request.now < link.ends_at else None
            if link is None or user is None or user.disabled_at is not None or not use_link(session, link, request.now):
                raise AccessRefused("The set-up link was used already or has ended.")
            link_identity(session, user, identity, request.now)
        else:
            user = user_of_identity(session, identity, request.now)
        token = request.begin(session, user, "oidc")
    return request.enter(request.redirect(waiting.get("next", "/")), user, token)

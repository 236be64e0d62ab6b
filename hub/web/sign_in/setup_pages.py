"""`/setup/TOKEN`: the user of a one-time link chooses how to sign in. Opening the page uses nothing up: programs that
preview links may open it."""

from __future__ import annotations

import io

import segno
from starlette.responses import Response

from hub.access.sign_in.credentials import set_password, set_password_alone
from hub.access.sign_in.links import link_of, use_link
from hub.access.sign_in.sessions import LOCAL
from hub.access.sign_in.totp import new_secret, proposal, proposed_secret, provisioning_uri
from hub.access.users import AccessRefused
from hub.model import SignInLink, User
from hub.web.sign_in.door import DoorRequest

OVER = (
    "This link was used already or has ended. Ask the person who invited you for a new one, or whoever runs this hub:"
)


def show_set_up(request: DoorRequest) -> Response:
    """The choice between a passkey, a password with an app, and the OpenID provider; a demo's link signs in at once."""
    found = _link(request)
    if found is None:
        return link_over(request)
    link, user = found
    if link.purpose == "demo":
        with request.hub.store.writing() as session:
            if not use_link(session, link, request.now):
                return link_over(request)
            token = request.begin(session, user, "link")
        return request.enter(request.redirect("/"), user, token)
    return _page(request, link, user, new_secret())


def set_up_password(request: DoorRequest) -> Response:
    """Store the password and the app, end the link, start the session, and show the recovery codes this once."""
    found = _link(request)
    if found is None:
        return link_over(request)
    link, user = found
    secret = proposed_secret(request.hub.keyring, _place(link), request.value("app"))
    if request.value("later") and _may_wait(request, user):
        return _without_app(request, link, user, secret or new_secret())
    if secret is None:
        return _page(request, link, user, new_secret(), error="The form was too old. Scan the picture again.")
    password = request.exact("password")
    if password != request.exact("again"):
        return _page(request, link, user, secret, error="The two passwords differ.")
    try:
        with request.hub.store.writing() as session:
            codes = set_password(
                session, request.hub.keyring, user, password, secret, request.value("code"), request.now
            )
            if not use_link(session, link, request.now):
                raise AccessRefused("This link was used already.")
            token = request.begin(session, user, "link")
    except AccessRefused as error:
        return _page(request, link, user, secret, error=str(error))
    return request.enter(
        request.render("recovery_codes.html", title="Recovery codes", codes=codes, next="/"), user, token
    )


def _may_wait(request: DoorRequest, user: User) -> bool:
    """Whether the second factor may be added later: by an owner at a browser on the hub's own machine."""
    return request.is_local and user.role == "owner"


def _without_app(request: DoorRequest, link: SignInLink, user: User, secret: str) -> Response:
    """Store the password alone, end the link, and start a session that counts on this machine only."""
    password = request.exact("password")
    try:
        if password != request.exact("again"):
            raise AccessRefused("The two passwords differ.")
        with request.hub.store.writing() as session:
            set_password_alone(session, user, password, request.now)
            if not use_link(session, link, request.now):
                raise AccessRefused("This link was used already.")
            token = request.begin(session, user, LOCAL)
    except AccessRefused as error:
        return _page(request, link, user, secret, error=str(error))
    return request.enter(request.redirect("/"), user, token)


def link_over(request: DoorRequest) -> Response:
    """The answer to a link that is unknown, used or over; it is the same for all three."""
    return request.render("link_over.html", 404, title="This link does not work", text=OVER)


def qr_code(address: str) -> str:
    """A QR code as inline SVG, dark on white in both color schemes."""
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        picture, kind="svg", xmldecl=False, svgns=False, scale=4, border=3, dark="#000", light="#fff", omitsize=False
    )
    return picture.getvalue().decode()


def _link(request: DoorRequest) -> tuple[SignInLink, User] | None:
    with request.hub.store.reading() as session:
        return link_of(session, request.request.path_params["token"], request.now)


def _page(request: DoorRequest, link: SignInLink, user: User, secret: str, error: str | None = None) -> Response:
    return request.render(
        "set_up.html",
        422 if error else 200,
        title="Set up your sign-in" if link.purpose in ("setup", "invite") else "Choose a new way to sign in",
        here=f"/setup/{request.request.path_params['token']}",
        name=user.name,
        secret=secret,
        app=proposal(request.hub.keyring, _place(link), secret),
        qr=qr_code(provisioning_uri(secret, user, request.door.party.id)),
        error=error,
        may_wait=_may_wait(request, user),
    )


def _place(link: SignInLink) -> str:
    return f"link/{link.id}"

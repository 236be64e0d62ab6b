"""`/setup/TOKEN`: the user of a one-time link chooses how to sign in. Opening the page uses nothing up: programs that
preview links may open it."""

from __future__ import annotations

import io

import segno
from starlette.responses import Response

from hub.access.sign_in.credentials import set_password
from hub.access.sign_in.links import link_of, use_link
from hub.access.sign_in.totp import new_secret, proposal, proposed_secret, provisioning_uri
from hub.access.users import AccessRefused
from hub.model import SignInLink, User
from hub.web.sign_in.door import DoorRequest

OVER = "This link was used already or has ended. Whoever runs this hub can print a new one:"


def show_set_up(asked: DoorRequest) -> Response:
    """The choice between a passkey, a password with an app, and the OpenID provider; a demo's link signs in at once."""
    found = _link(asked)
    if found is None:
        return link_over(asked)
    link, user = found
    if link.purpose == "demo":
        with asked.hub.store.writing() as session:
            if not use_link(session, link, asked.now):
                return link_over(asked)
            token = asked.begin(session, user, "link")
        return asked.enter(asked.redirect("/"), user, token)
    return _page(asked, link, user, new_secret())


def set_up_password(asked: DoorRequest) -> Response:
    """Store the password and the app, end the link, start the session, and show the recovery codes this once."""
    found = _link(asked)
    if found is None:
        return link_over(asked)
    link, user = found
    secret = proposed_secret(asked.hub.keyring, _place(link), asked.value("app"))
    if secret is None:
        return _page(asked, link, user, new_secret(), error="The form was too old. Scan the picture again.")
    password = asked.exact("password")
    if password != asked.exact("again"):
        return _page(asked, link, user, secret, error="The two passwords differ.")
    try:
        with asked.hub.store.writing() as session:
            codes = set_password(session, asked.hub.keyring, user, password, secret, asked.value("code"), asked.now)
            if not use_link(session, link, asked.now):
                raise AccessRefused("This link was used already.")
            token = asked.begin(session, user, "link")
    except AccessRefused as error:
        return _page(asked, link, user, secret, error=str(error))
    return asked.enter(asked.render("recovery_codes.html", title="Recovery codes", codes=codes, next="/"), user, token)


def link_over(asked: DoorRequest) -> Response:
    """The answer to a link that is unknown, used or over; it is the same for all three."""
    return asked.render("link_over.html", 404, title="This link does not work", text=OVER)


def qr_code(address: str) -> str:
    """A QR code as inline SVG, dark on white in both color schemes."""
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        picture, kind="svg", xmldecl=False, svgns=False, scale=4, border=3, dark="#000", light="#fff", omitsize=False
    )
    return picture.getvalue().decode()


def _link(asked: DoorRequest) -> tuple[SignInLink, User] | None:
    with asked.hub.store.reading() as session:
        return link_of(session, asked.request.path_params["token"], asked.now)


def _page(asked: DoorRequest, link: SignInLink, user: User, secret: str, error: str | None = None) -> Response:
    return asked.render(
        "set_up.html",
        422 if error else 200,
        title="Set up your sign-in" if link.purpose == "setup" else "Choose a new way to sign in",
        here=f"/setup/{asked.request.path_params['token']}",
        name=user.name,
        secret=secret,
        app=proposal(asked.hub.keyring, _place(link), secret),
        qr=qr_code(provisioning_uri(secret, user, asked.door.party.id)),
        error=error,
    )


def _place(link: SignInLink) -> str:
    return f"link/{link.id}"

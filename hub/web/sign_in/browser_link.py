"""A one-time link by email that makes a browser known, for a user whose tries other people have slowed down.

It signs nobody in: in that browser the password is tried against its own count, as in one that signed in before.
"""

from __future__ import annotations

import threading
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from hub.access.sign_in.challenges import new_challenge, open_challenge, take_challenge
from hub.access.sign_in.credentials import user_by_name
from hub.errors import RingfenceError
from hub.mail import make_mail, send_mail
from hub.model import User
from hub.web.sign_in.door import DoorRequest
from hub.web.sign_in.password_pages import MAX_NAME_LENGTH, refused

log = structlog.get_logger(__name__)
MAX_SENDING = 4
_SENDING = threading.BoundedSemaphore(MAX_SENDING)
OVER = "This link was used or is over. Ask for a new one on the sign-in page."
TEXT = """\
Hello,

somebody, probably you, wants to sign in as {name} at {host} from a browser that has not signed in before.
Other people have tried wrong passwords for you, so tries there have to wait.

If it was you, open this link within 5 minutes in that browser. Then your password counts there at once:

{link}

If it was not you, ignore this email. The link signs nobody in.
"""


def ask_for_link(request: DoorRequest) -> Response:
    """Send the link, if a user of this name has an email address. The answer says nothing of that."""
    name = request.value("name")[:MAX_NAME_LENGTH]
    with request.hub.store.reading() as session:
        user = user_by_name(session, name)
    allowed = request.door.may_send_link(user.id if user else name.lower(), request.networks, request.now)
    mailed = user is not None and user.email and request.hub.config.mail is not None and allowed
    if mailed and _SENDING.acquire(blocking=False):
        threading.Thread(target=_send, args=(request, user), name="sign-in link", daemon=True).start()
    return request.render("sign_in_link.html", title="Look into your email", token="")


def show_link(request: DoorRequest) -> Response:
    """A page with a button: programs that look at links in emails press none."""
    token = str(request.request.path_params["token"])
    with request.hub.store.reading() as session:
        found = open_challenge(session, "browser", token, request.now)
    if found is None:
        return refused(request, OVER)
    return request.render("sign_in_link.html", title="Use this browser", token=token)


def use_link(request: DoorRequest) -> Response:
    """Make the browser known, and go on to the sign-in page."""
    with request.hub.store.writing() as session:
        step = take_challenge(session, "browser", str(request.request.path_params["token"]), request.now)
        user = session.get(User, step.user_id) if step and step.user_id else None
    if user is None or user.disabled_at is not None:
        return refused(request, OVER)
    return request.remember_browser(request.redirect("/sign-in"), user)


def _new_link(request: DoorRequest, user: User, now: datetime) -> str:
    with request.hub.store.writing() as session:
        token = new_challenge(session, "browser", now, user_id=user.id)
    return f"{request.door.context.public_url.rstrip('/')}/sign-in/link/{token}"


def _send(request: DoorRequest, user: User) -> None:
    """In a thread of its own, so that the answer takes as long whether or not there is such a user."""
    config = request.hub.config
    try:
        assert config.mail is not None and user.email is not None
        link = _new_link(request, user, request.now)
        text = TEXT.format(name=user.name, host=request.door.party.id, link=link)
        send_mail(config, make_mail(config.mail, user.email, "Sign in from a new browser", text))
    except (RingfenceError, SQLAlchemyError) as error:
        log.warning("a sign-in link was not sent", error=type(error).__name__)
    finally:
        _SENDING.release()

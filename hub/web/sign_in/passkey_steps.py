"""What the script of passkeys asks: the options of a ceremony, and the check of its result. Answers are JSON."""

from __future__ import annotations

from sqlmodel import Session
from starlette.responses import Response

from hub.access.sign_in.challenges import new_challenge, take_challenge
from hub.access.sign_in.links import link_of, use_link
from hub.access.sign_in.passkeys import authentication_options, passkey_user, register_passkey, registration_options
from hub.access.users import AccessRefused
from hub.model import User
from hub.store import audit
from hub.web.sign_in.door import DoorRequest

EXPIRED = "That took too long; try again."
NOT_KNOWN = "The hub does not know this passkey. Use another way to sign in, then add a passkey."
BUSY = "Too many sign-ins were begun from your network; wait a minute."


def sign_in_options(request: DoorRequest) -> Response:
    """Options to sign in with any passkey of this hub. Wrong passwords never slow this down."""
    if not request.door.may_begin(request.networks, request.now):
        return request.json({"error": BUSY}, 429)
    options, challenge = authentication_options(request.door.party)
    with request.hub.store.writing() as session:
        token = new_challenge(session, "passkey", request.now, data={"challenge": challenge})
    return request.wait(request.json(options), "passkey", token)


def sign_in_with_passkey(request: DoorRequest) -> Response:
    """Start the session of the passkey's user."""
    with request.hub.store.writing() as session:
        step = take_challenge(session, "passkey", request.step("passkey"), request.now)
        if step is None:
            return request.json({"error": EXPIRED}, 422)
        challenge, answer = step.data["challenge"], request.document("credential")
        user = passkey_user(session, request.door.party, challenge, answer, request.now)
        token = request.begin(session, user, "passkey") if user else None
    if user is None or token is None:
        return request.json({"error": NOT_KNOWN}, 422)
    return request.enter(request.json({"next": request.target}), user, token)


def set_up_options(request: DoorRequest) -> Response:
    """Options to make a passkey for the user of a set-up link."""
    with request.hub.store.writing() as session:
        found = link_of(session, request.request.path_params["token"], request.now)
        if found is None:
            return request.json({"error": "This link was used or has ended."}, 422)
        options, challenge = registration_options(session, request.door.party, found[1])
        data = {"challenge": challenge, "link": found[0].id}
        token = new_challenge(session, "register", request.now, user_id=found[1].id, data=data)
    return request.wait(request.json(options), "register", token)


def set_up_passkey(request: DoorRequest) -> Response:
    """Store the passkey, end the link, start the session."""
    with request.hub.store.writing() as session:  # of its own: the challenge is used up in any case
        step = take_challenge(session, "register", request.step("register"), request.now)
    try:
        with request.hub.store.writing() as session:
            found = link_of(session, request.request.path_params["token"], request.now)
            if found is None or step is None or step.data.get("link") != found[0].id:
                return request.json({"error": EXPIRED}, 422)
            link, user = found
            _store(request, session, user, str(step.data["challenge"]))
            if not use_link(session, link, request.now):
                raise AccessRefused(EXPIRED)
            token = request.begin(session, user, "link")
    except AccessRefused as error:
        return request.json({"error": str(error)}, 422)
    return request.enter(request.json({"next": "/"}), user, token)


def _store(request: DoorRequest, session: Session, user: User, challenge: str) -> None:
    made = register_passkey(
        session,
        request.door.party,
        user,
        challenge,
        request.document("credential"),
        request.value("name") or request.browser,
        request.now,
    )
    audit.note(session, request.now, user.id, "passkey.add", user.id, made.id)

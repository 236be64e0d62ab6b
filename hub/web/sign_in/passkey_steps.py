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


def sign_in_options(asked: DoorRequest) -> Response:
    """Options to sign in with any passkey of this hub. Wrong passwords never slow this down."""
    if not asked.door.may_begin(asked.networks, asked.now):
        return asked.json({"error": BUSY}, 429)
    options, challenge = authentication_options(asked.door.party)
    with asked.hub.store.writing() as session:
        token = new_challenge(session, "passkey", asked.now, data={"challenge": challenge})
    return asked.wait(asked.json(options), "passkey", token)


def sign_in_with_passkey(asked: DoorRequest) -> Response:
    """Start the session of the passkey's user."""
    with asked.hub.store.writing() as session:
        step = take_challenge(session, "passkey", asked.step("passkey"), asked.now)
        if step is None:
            return asked.json({"error": EXPIRED}, 422)
        challenge, answer = step.data["challenge"], asked.document("credential")
        user = passkey_user(session, asked.door.party, challenge, answer, asked.now)
        token = asked.begin(session, user, "passkey") if user else None
    if user is None or token is None:
        return asked.json({"error": NOT_KNOWN}, 422)
    return asked.enter(asked.json({"next": asked.target}), user, token)


def set_up_options(asked: DoorRequest) -> Response:
    """Options to make a passkey for the user of a set-up link."""
    with asked.hub.store.writing() as session:
        found = link_of(session, asked.request.path_params["token"], asked.now)
        if found is None:
            return asked.json({"error": "This link was used or has ended."}, 422)
        options, challenge = registration_options(session, asked.door.party, found[1])
        data = {"challenge": challenge, "link": found[0].id}
        token = new_challenge(session, "register", asked.now, user_id=found[1].id, data=data)
    return asked.wait(asked.json(options), "register", token)


def set_up_passkey(asked: DoorRequest) -> Response:
    """Store the passkey, end the link, start the session."""
    with asked.hub.store.writing() as session:  # of its own: the challenge is used up in any case
        step = take_challenge(session, "register", asked.step("register"), asked.now)
    try:
        with asked.hub.store.writing() as session:
            found = link_of(session, asked.request.path_params["token"], asked.now)
            if found is None or step is None or step.data.get("link") != found[0].id:
                return asked.json({"error": EXPIRED}, 422)
            link, user = found
            _store(asked, session, user, str(step.data["challenge"]))
            if not use_link(session, link, asked.now):
                raise AccessRefused(EXPIRED)
            token = asked.begin(session, user, "link")
    except AccessRefused as error:
        return asked.json({"error": str(error)}, 422)
    return asked.enter(asked.json({"next": "/"}), user, token)


def _store(asked: DoorRequest, session: Session, user: User, challenge: str) -> None:
    made = register_passkey(
        session,
        asked.door.party,
        user,
        challenge,
        asked.document("credential"),
        asked.value("name") or asked.browser,
        asked.now,
    )
    audit.note(session, asked.now, user.id, "passkey.add", user.id, made.id)

"""Connect what a person owns at a provider, in this order: the yes is stored, then the token is asked for. And take it back."""

from __future__ import annotations

from collections.abc import Callable

from hub.assembly import Hub
from hub.contracts.connector import Connector
from hub.contracts.owners import OwnerSignIn
from hub.errors import NotSupported, RingfenceError
from hub.privacy.sign_in import Attempt, exchange, revoke
from hub.store.connectors import resume
from hub.store.owners import forget_token, keep_word, last_word

UNFINISHED = "The sign-in at the provider did not come to an end."


def owner_sign_in(hub: Hub, name: str) -> tuple[Connector, OwnerSignIn]:
    """A connector and its owner's sign-in; NotSupported where nobody has to be asked."""
    connector = hub.plugins.connectors[name]
    sign_in = connector.owner_sign_in()
    if not connector.of_owner or sign_in is None:
        raise NotSupported(
            f"connector {name!r} reads nothing that a person must open for it; its credentials stand in config.yaml."
        )
    return connector, sign_in


def connect_owner(
    hub: Hub, name: str, *, owner: str, actor: str, redirect_uri: str, answer: Callable[[Attempt], str]
) -> None:
    """Store the yes that `owner` just said to the text of the sign-in, let them sign in, and keep the token.

    `answer` sends the owner to `attempt.address` and gives back the address to which the provider sent their browser. Where
    the sign-in fails, the consent that came to nothing is withdrawn, so that nothing is called by it, and the error is raised.
    NotSupported where the connector is connected already.
    """
    connector, sign_in = owner_sign_in(hub, name)
    if hub.plugins.may_read(name) and connector.services.tokens.load() is not None:
        raise NotSupported(
            f"connector {name!r} is connected already; take that back first with hub connectors disconnect {name}."
        )
    with hub.store.writing() as session:
        keep_word(session, connector, "given", sign_in.consent_text, owner=owner, actor=actor, now=hub.clock())
    try:
        attempt = Attempt(sign_in, redirect_uri, hub.clock())
        code = attempt.redeem(answer(attempt), hub.clock())
        connector.services.tokens.save(exchange(connector, sign_in, attempt, code, hub.clock()))
    except BaseException:
        with hub.store.writing() as session:
            keep_word(session, connector, "withdrawn", UNFINISHED, owner=owner, actor=actor, now=hub.clock())
            forget_token(session, name)
        raise
    resume(hub.store, name)


def disconnect_owner(hub: Hub, name: str, *, actor: str, reason: str) -> bool:
    """Withdraw the consent, revoke the permission at the provider and delete the token; whether there was anything to end.

    The withdrawal is stored first, so nothing is called from then on whatever the provider answers. Where it does not
    confirm the revocation, its error is raised and the token stays, so that the same command can be given again.
    """
    connector, sign_in = owner_sign_in(hub, name)
    with hub.store.writing() as session:
        word = last_word(session, name)
        stood = word is not None and word.state == "given"
        if stood:
            keep_word(session, connector, "withdrawn", reason, owner=None, actor=actor, now=hub.clock())
    token = connector.services.tokens.load()
    if token is not None:
        try:
            revoke(connector, sign_in, token)
        except RingfenceError as error:
            raise type(error)(
                f"{error} The consent is withdrawn and nothing is read any more; give the command again to revoke it there."
            ) from None
    with hub.store.writing() as session:
        forget_token(session, name)
    return stood or token is not None

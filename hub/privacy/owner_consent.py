"""Connects and disconnects an owner's account at a provider. The owner's consent is stored before the token is requested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sqlmodel import Session

from hub.contracts.connector import Connector
from hub.contracts.owners import OwnerSignIn
from hub.errors import NotSupported, RingfenceError
from hub.plugin_host.oauth_grant import Attempt, exchange, revoke
from hub.privacy.ledger import ConsentStatement, append, keep_notice
from hub.runtime import Hub
from hub.store import audit
from hub.store.connectors import resume
from hub.store.owner_consent import forget_token, latest_entry, owners_use, sign_in_host

UNFINISHED_SIGN_IN = "The sign-in at the provider was not completed."


def owner_sign_in(hub: Hub, name: str) -> tuple[Connector, OwnerSignIn]:
    """A connector and its owner sign-in. NotSupported if the connector has none."""
    connector = hub.plugins.connectors[name]
    sign_in = connector.owner_sign_in()
    if not connector.of_owner or sign_in is None:
        raise NotSupported(
            f"connector {name!r} reads nothing that needs an owner's consent; its credentials are in config.yaml."
        )
    return connector, sign_in


def connect_owner(
    hub: Hub, name: str, *, owner: str, actor: str, redirect_uri: str, answer: Callable[[Attempt], str]
) -> None:
    """Store the yes that `owner` just gave to the text of the sign-in, let them sign in, and store the token.

    `answer` sends the owner to `attempt.address` and returns the URL to which the provider sent their browser. If the
    sign-in fails, the consent is withdrawn, so that it allows no calls, and the error is raised. NotSupported if the
    connector is connected already.
    """
    connector, sign_in = owner_sign_in(hub, name)
    if hub.plugins.may_read(name) and connector.services.tokens.load() is not None:
        raise NotSupported(
            f"connector {name!r} is already connected; disconnect it first with hub connectors disconnect {name}."
        )
    with hub.store.writing() as session:
        notice = keep_notice(session, sign_in.consent_text, "en", hub.clock())
        _append_statement(session, hub, connector, "given", actor, owner, notice)
    try:
        attempt = Attempt(sign_in, redirect_uri, hub.clock())
        code = attempt.redeem(answer(attempt), hub.clock())
        token = exchange(
            connector, sign_in, code, hub.clock(), verifier=attempt.verifier, redirect_uri=attempt.redirect_uri
        )
        connector.services.tokens.save(token)
    except BaseException:
        with hub.store.writing() as session:
            _append_statement(session, hub, connector, "withdrawn", actor, UNFINISHED_SIGN_IN)
            forget_token(session, name)
        raise
    resume(hub.store, name)


def disconnect_owner(hub: Hub, name: str, *, actor: str, reason: str) -> bool:
    """Withdraw the consent, revoke the permission at the provider and delete the token. Returns whether there was any.

    The withdrawal is stored first, so the connector is not called after that, whatever the provider answers. If the
    provider does not confirm the revocation, its error is raised and the token stays, so that the command can be
    repeated.
    """
    connector, sign_in = owner_sign_in(hub, name)
    with hub.store.writing() as session:
        entry = latest_entry(session, name)
        stood = entry is not None and entry.state == "given"
        if stood:
            _append_statement(session, hub, connector, "withdrawn", actor, reason)
    token = connector.services.tokens.load()
    if token is not None:
        try:
            revoke(connector, sign_in, token)
        except RingfenceError as error:
            raise type(error)(
                f"{error} The consent is withdrawn and nothing is read anymore; run the command again to revoke it there."
            ) from None
    with hub.store.writing() as session:
        forget_token(session, name)
    return stood or token is not None


def _append_statement(
    session: Session,
    hub: Hub,
    connector: Connector,
    state: Literal["given", "withdrawn"],
    actor: str,
    detail: str,
    notice_hash: str | None = None,
) -> None:
    """Add an owner's consent record to the ledger: the recipient, the channel, the scopes and the text. `detail` is the
    owner's name as they sign, or the reason for the withdrawal.
    """
    statement = ConsentStatement(
        company_id=None,
        person_id=None,
        state=state,
        use=owners_use(connector.name),
        channel="sign-in",
        detail=detail,
        categories=connector.manifest.auth.scopes,
        recipients=[connector.manifest.recipient.name, sign_in_host(connector)],
        notice_hash=notice_hash,
        stated_at=hub.clock(),
    )
    (record_id,) = append(session, [statement], hub.clock(), hub.vault)
    audit.note(session, hub.clock(), actor, f"owner_consent.{state}", record_id, connector.name)

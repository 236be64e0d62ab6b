"""Sign-ins in the browser: a state that is bound to the session and counts once, ten minutes; then the choice of the account.

Source: RFC 6749 10.12, RFC 9700 2.1 (PKCE and state bound to the browser's session).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, select

from hub.access.sign_in.sessions import hash_of
from hub.connecting.drafts import drafted, partial_settings, sign_in_of
from hub.contracts.connector import Connector, PluginSettings
from hub.errors import AuthError, CannotDo, NotFound
from hub.model import Connecting, User, WebSession
from hub.plugin_host.oauth_grant import (
    NOT_OURS,
    SIGN_IN_TIMEOUT,
    TOO_LATE,
    code_of,
    exchange,
    new_state,
    new_verifier,
    sign_in_address,
)
from hub.runtime import Hub
from hub.store.rows import count_changed

CALLBACK = "/connectors/oauth/callback"
DRAFT_LIFETIME = timedelta(hours=1)
"""How long a connector that is being connected waits for its user."""
OTHER_BROWSER = "This sign-in was begun in another browser or by another user; begin a new one here."


@dataclass(frozen=True)
class Attempt:
    """A connector that a user is connecting. `written` are the plugin's settings, secrets included."""

    row: Connecting
    connector_class: type[Connector]
    is_new: bool
    written: Mapping[str, Any] = field(default_factory=dict)
    verifier: str = ""
    token: Mapping[str, Any] | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether the provider gave access."""
        return self.token is not None

    def settings(self, hub: Hub) -> PluginSettings:
        """The settings as far as they are known."""
        if not self.is_new:
            return hub.plugins.connectors[self.row.connector].settings  # type: ignore[no-any-return]
        return partial_settings(self.connector_class, self.written)


class Attempts:
    """The sign-ins of one hub in the browser."""

    def __init__(self, hub: Hub, classes: Mapping[str, type[Connector]]) -> None:
        self._hub, self._classes = hub, classes

    @property
    def redirect_uri(self) -> str:
        """The one address to which providers send browsers back."""
        return str(self._hub.config.hub.public_url).rstrip("/") + CALLBACK

    def draft(
        self, user: User, web_session: WebSession, connector: str, plugin: str, written: Mapping[str, object]
    ) -> str:
        """Begin to connect a new connector; returns the id of the draft."""
        row = self._row(user, web_session, connector, plugin)
        self._seal(row, {"written": dict(written), "new": True})
        self._keep(row)
        return row.id

    def again(self, user: User, web_session: WebSession, connector: str) -> Attempt:
        """Begin to sign in again for a connector of config.yaml."""
        plugin = self._hub.config.connectors[connector].common.plugin
        row = self._row(user, web_session, connector, plugin)
        self._seal(row, {})
        self._keep(row)
        return self._attempt(row)

    def go(self, attempt: Attempt) -> str:
        """The provider's address to send the browser to. A state that was given out before ends."""
        hub, row = self._hub, attempt.row
        state, verifier = new_state(), new_verifier()
        with drafted(hub, row.connector, attempt.connector_class, attempt.settings(hub)) as draft:
            address = sign_in_address(sign_in_of(draft), self.redirect_uri, state, verifier)
        now = hub.clock()
        row.state_sha256, row.ends_at = hash_of(state), now + DRAFT_LIFETIME
        self._seal(row, {**self._content(row), "verifier": verifier, "asked_at": now.timestamp(), "token": None})
        self._keep(row)
        return address

    def take(self, user: User, web_session: WebSession, parameters: Mapping[str, Sequence[str]]) -> Attempt:
        """The attempt that the provider's answer belongs to. AuthError, in one sentence, if there is none. The state is
        checked before anything else in the answer is looked at; then it has ended."""
        states = parameters.get("state", [])
        digest = hash_of(states[0]) if len(states) == 1 else ""
        with self._hub.store.writing() as session:
            row = session.exec(select(Connecting).where(Connecting.state_sha256 == digest)).first()
            if row is None:
                raise AuthError(NOT_OURS)
            if row.session_id != web_session.id or row.user_id != user.id:
                raise AuthError(OTHER_BROWSER)
            mine = update(Connecting).where(col(Connecting.id) == row.id, col(Connecting.state_sha256) == digest)
            if not count_changed(session, mine.values(state_sha256=None)):
                raise AuthError(NOT_OURS)
            session.expunge(row)
        row.state_sha256 = None
        asked_at = float(self._content(row)["asked_at"])
        if self._hub.clock().timestamp() - asked_at > SIGN_IN_TIMEOUT.total_seconds():
            raise AuthError(TOO_LATE)
        return self._attempt(row)

    def redeem(self, attempt: Attempt, parameters: Mapping[str, Sequence[str]]) -> Attempt:
        """Exchange the code in the answer for a token. AuthError says why there is none."""
        hub, row, now = self._hub, attempt.row, self._hub.clock()
        code = code_of(parameters)
        with drafted(hub, row.connector, attempt.connector_class, attempt.settings(hub)) as draft:
            token = exchange(
                draft.connector,
                sign_in_of(draft),
                code,
                now,
                verifier=attempt.verifier,
                redirect_uri=self.redirect_uri,
            )
        row.ends_at = now + DRAFT_LIFETIME
        self._seal(row, {**self._content(row), "verifier": "", "token": token})
        self._keep(row)
        return self._attempt(row)

    def one(self, user: User, web_session: WebSession, attempt_id: str) -> Attempt:
        """A user's attempt in this browser; NotFound if there is none or it is over."""
        with self._hub.store.reading() as session:
            row = session.get(Connecting, attempt_id)
        if row is None or row.user_id != user.id or row.session_id != web_session.id:
            raise NotFound(attempt_id)
        if self._hub.clock() > row.ends_at:
            raise NotFound(attempt_id)
        return self._attempt(row)

    def forget(self, attempt: Attempt) -> None:
        """End an attempt; its token is forgotten."""
        with self._hub.store.writing() as session:
            session.execute(delete(Connecting).where(col(Connecting.id) == attempt.row.id))

    def _row(self, user: User, web_session: WebSession, connector: str, plugin: str) -> Connecting:
        now = self._hub.clock()
        return Connecting(
            account_id=user.account_id,
            user_id=user.id,
            session_id=web_session.id,
            connector=connector,
            plugin=plugin,
            key_id="",
            ciphertext=b"",
            began_at=now,
            ends_at=now + DRAFT_LIFETIME,
        )

    def _keep(self, row: Connecting) -> None:
        with self._hub.store.writing() as session:
            session.merge(row)

    def _seal(self, row: Connecting, content: Mapping[str, object]) -> None:
        row.key_id = self._hub.keyring.newest
        row.ciphertext = self._hub.keyring.encrypt(json.dumps(content).encode(), _where(row))

    def _content(self, row: Connecting) -> dict[str, Any]:
        content: dict[str, object] = json.loads(self._hub.keyring.decrypt(row.ciphertext, _where(row)))
        return content

    def _attempt(self, row: Connecting) -> Attempt:
        content = self._content(row)
        if row.plugin not in self._classes:
            raise CannotDo(f"The plugin {row.plugin} is not installed anymore.")
        return Attempt(
            row,
            self._classes[row.plugin],
            bool(content.get("new")),
            content.get("written") or {},
            content.get("verifier") or "",
            content.get("token"),
        )


def _where(row: Connecting) -> str:
    return f"connecting/{row.id}"

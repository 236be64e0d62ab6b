"""What the hub gives to a connector: a clock, an HTTP client that enforces the manifest, tokens, a few notes, a log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from hub.contracts.oauth import AccessTokens, OAuthGrant, TokenStore
from hub.contracts.quota import QUOTA_NOTE, Quota, is_news, quota_of
from hub.contracts.refusals import Provider
from hub.contracts.requests import read_json, send
from hub.contracts.untrusted import JsonObject

if TYPE_CHECKING:
    import httpx2


class Memory(Protocol):
    """A few durable notes of the connector, such as which of two APIs an account may use. Nothing secret."""

    def get(self, name: str) -> str | None:
        """A note, or None."""

    def put(self, name: str, value: str) -> None:
        """Keep a note, replacing the earlier one."""

    def change(self, name: str, step: Callable[[str | None], str]) -> None:
        """Replace a note by the result of `step`, one thread and process at a time; if `step` raises, nothing changes."""


class Log(Protocol):
    """A structured log bound to the connector; never given secrets or personal data."""

    def info(self, event: str, **values: Any) -> Any:
        """Something worth knowing."""

    def warning(self, event: str, **values: Any) -> Any:
        """Something a person should look at."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a connector gets from the hub besides its settings."""

    clock: Callable[[], datetime]
    """The time now, aware UTC."""
    http: Callable[[], httpx2.Client]
    """The connector's HTTP client: time-outs set, and hosts outside the manifest and the settings refused."""
    tokens: TokenStore
    memory: Memory
    log: Log
    webhook_url: str
    """The public address of this connector's webhooks, without a slash at the end."""
    _noted: dict[str, Quota] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The quota as it was in the memory last: a provider sends its count with each reply, and few say anything new."""

    def send(
        self,
        provider: Provider,
        method: str,
        url: str,
        *,
        once: bool = False,
        expected: Collection[int] = (),
        tokens: AccessTokens | None = None,
        **options: Any,
    ) -> httpx2.Response:
        """Send one request with the HTTP client; return a reply that is a success or has an `expected` status, else raise one
        of our errors.

        `options` are httpx2's own (`params`, `json`, `headers` …). With `once` the request creates something that must not be
        created twice: raises OutcomeUnknown if the provider may have taken it although no good reply came. With `tokens` it
        carries an access token; one that the provider refuses (401) is renewed once, and the request is sent again.
        """
        if tokens is None:
            return send(self.http(), self.clock, provider, method, url, once=once, expected=expected, options=options)

        def attempt(token: str, expected: Collection[int]) -> httpx2.Response:
            headers = {**options.get("headers", {}), "authorization": f"Bearer {token}"}
            sent = {**options, "headers": headers}
            return send(self.http(), self.clock, provider, method, url, once=once, expected=expected, options=sent)

        token = tokens.current()
        reply = attempt(token, {401, *expected})
        return attempt(tokens.current(refused=token), expected) if reply.status_code == 401 else reply

    def json(self, provider: Provider, method: str, url: str, *, once: bool = False, **options: Any) -> JsonObject:
        """Like `send`; returns the JSON object of the reply, or an empty one for a refusal with an `expected` status: take
        `send` if you need the status, or what the refusal says."""
        response = self.send(provider, method, url, once=once, **options)
        return read_json(provider, response, once=once) if response.is_success else {}

    def access_tokens(self, grant: OAuthGrant) -> AccessTokens:
        """OAuth 2.0 access tokens from the token store; one thread renews them for all."""
        return AccessTokens(self.clock, self.http, self.tokens, grant)

    def note_quota(self, used: int, limit: int) -> None:
        """Note the provider's own count of today's requests and its limit, for the page of connectors."""
        if limit <= 0:
            return
        now = self.clock()
        quota = Quota(used, limit, now)
        if not is_news(quota, self._noted.get(QUOTA_NOTE)):
            return
        noted = quota_of(self.memory.get(QUOTA_NOTE), now)
        if noted is None or is_news(quota, noted):
            self.memory.put(QUOTA_NOTE, quota.text())
            noted = quota
        self._noted[QUOTA_NOTE] = noted

"""Access tokens: renewed in time and once for all, kept with what belongs to them, dropped when the settings change."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from hub.api import AuthError, Provider, RetryLater, Services
from hub.api.oauth import AccessTokens, OAuthGrant

GRANT = OAuthGrant(
    provider=Provider(name="Acme", remedy="connect it again"),
    token_url="https://acme.example/token",
    client_id="me",
    client_secret="mine",
    refresh_token="first",
    identity=("first",),
)


class Store:
    """A token store in memory."""

    def __init__(self) -> None:
        self.token: dict[str, Any] | None = None
        self.lock = threading.Lock()

    def load(self) -> dict[str, Any] | None:
        return self.token

    def save(self, token: dict[str, Any]) -> None:
        self.token = token

    def refreshing(self) -> AbstractContextManager[Any]:
        return self.lock


class Stage:
    """A token endpoint that counts its tokens, and services that lead there."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 9, tzinfo=UTC)
        self.forms: list[dict[str, str]] = []
        self.answer: tuple[int, Any] | None = None
        self.bearers: list[str] = []
        self.bearers_end: dict[str, int] = {}
        self.headers: dict[str, str] = {}
        self.basic: str | None = None
        self.more: dict[str, Any] = {"expires_in": 600}
        client = httpx2.Client(transport=httpx2.MockTransport(self._endpoint))
        nothing: Any = None
        self.store = Store()
        self.services = Services(
            clock=lambda: self.now,
            http=lambda: client,
            tokens=self.store,
            memory=nothing,
            log=nothing,
            webhook_url="https://x",
        )

    def _endpoint(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/calls":
            self.bearers.append(request.headers["authorization"])
            return httpx2.Response(self.bearers_end.get(self.bearers[-1], 200), json={"taken": True})
        self.forms.append({name: values[0] for name, values in parse_qs(request.content.decode()).items()})
        assert request.headers.get("authorization") == self.basic
        status, content = self.answer or (200, {"access_token": f"token-{len(self.forms)}", **self.more})
        return httpx2.Response(status, content=json.dumps(content), headers=self.headers)

    def tokens(self, **changes: Any) -> AccessTokens:
        return self.services.access_tokens(replace(GRANT, **changes))


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_token_is_used_until_a_minute_before_its_end(stage: Stage) -> None:
    tokens = stage.tokens()
    assert tokens.current() == "token-1"
    stage.now += timedelta(seconds=539)
    assert tokens.current() == "token-1"
    stage.now += timedelta(seconds=1)
    assert tokens.current() == "token-2"
    assert stage.forms[0] == {
        "grant_type": "refresh_token",
        "refresh_token": "first",
        "client_id": "me",
        "client_secret": "mine",
    }


def test_a_client_with_only_its_own_credentials_sends_them_as_basic_and_nowhere_else(stage: Stage) -> None:
    stage.basic = f"Basic {base64.b64encode(b'me:mine').decode()}"
    tokens = stage.tokens(client_credentials=True, refresh_token="")
    assert tokens.current() == "token-1"
    assert stage.forms == [{"grant_type": "client_credentials"}]
    stage.answer = (401, {"error": "invalid_client"})
    stage.now += timedelta(hours=1)
    with pytest.raises(AuthError, match="connect it again"):
        tokens.current()


def test_a_refused_token_is_renewed_and_one_that_another_thread_renewed_is_taken(stage: Stage) -> None:
    first, second = stage.tokens(), stage.tokens()
    refused = first.current()
    assert first.current(refused) == second.current(refused) == "token-2"


def test_a_request_is_sent_again_with_a_renewed_token_one_time(stage: Stage) -> None:
    def ask() -> dict[str, Any]:
        headers = {"x-version": "1"}
        return stage.services.json(
            GRANT.provider, "POST", "https://acme.example/calls", tokens=stage.tokens(), headers=headers
        )

    stage.bearers_end = {"Bearer token-1": 401}
    assert ask() == {"taken": True}
    assert stage.bearers == ["Bearer token-1", "Bearer token-2"]
    stage.bearers_end = {"Bearer token-2": 401, "Bearer token-3": 401}
    with pytest.raises(AuthError, match="connect it again"):
        ask()
    assert stage.bearers[2:] == ["Bearer token-2", "Bearer token-3"]


def test_many_threads_renew_once(stage: Stage) -> None:
    told: list[str] = []
    threads = [threading.Thread(target=lambda: told.append(stage.tokens().current())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["token-1"] * 8


def test_a_refresh_token_that_the_provider_gives_later_stands_before_the_one_of_the_settings(stage: Stage) -> None:
    stage.more = {"expires_in": 60, "refresh_token": "second"}
    stage.tokens().current()
    stage.tokens().current()
    assert [form["refresh_token"] for form in stage.forms] == ["first", "second"]


def test_tokens_of_other_settings_are_dropped(stage: Stage) -> None:
    stage.more["refresh_token"] = "second"
    stage.tokens().current()
    assert stage.tokens(refresh_token="other", identity=("other",)).current() == "token-2"
    assert stage.forms[1]["refresh_token"] == "other"


def test_a_token_without_an_end_is_good_until_it_is_refused(stage: Stage) -> None:
    stage.more = {"instance_url": "https://eu.acme.example"}
    tokens = stage.tokens(lifetime=None, keeps=("instance_url",))
    tokens.current()
    stage.now += timedelta(days=30)
    assert tokens.answer()["instance_url"] == "https://eu.acme.example" and len(stage.forms) == 1


def test_an_assertion_is_signed_anew_for_each_token(stage: Stage) -> None:
    tokens = stage.tokens(refresh_token="", assertion=lambda now: f"signed at {now:%H:%M}")
    tokens.current()
    assert stage.forms == [
        {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "signed at 00:00"}
    ]


def test_without_a_refresh_token_nobody_is_signed_in(stage: Stage) -> None:
    with pytest.raises(AuthError, match="Acme is not signed in; connect it again"):
        stage.tokens(refresh_token="").current()
    assert not stage.forms


@pytest.mark.parametrize(("status", "content", "kind"), [
    (400, {"error": "invalid_grant"}, AuthError), (401, [], AuthError), (403, {}, AuthError),
    (200, {"error": "invalid_grant"}, AuthError),
    (400, {"error": "temporarily_unavailable"}, RetryLater),
    (400, {"error": "invalid_grant", "error_description": "login rate exceeded"}, RetryLater),
    (429, {}, RetryLater), (500, {}, RetryLater), (302, {}, RetryLater),
    (200, {}, RetryLater), (200, [], RetryLater), (200, {"access_token": 5}, RetryLater),
    (200, {"access_token": "x", "expires_in": "soon"}, RetryLater), (200, "x", RetryLater),
])  # fmt: skip
def test_what_is_no_token_is_a_refusal_or_is_tried_later(
    stage: Stage, status: int, content: Any, kind: type[Exception]
) -> None:
    stage.answer, stage.headers = (status, content), {"retry-after": "7"}
    with pytest.raises(kind) as caught:
        stage.tokens().current()
    assert caught.type is kind and stage.store.token is None
    if isinstance(caught.value, RetryLater) and status in (429, 500):
        assert caught.value.after == 7

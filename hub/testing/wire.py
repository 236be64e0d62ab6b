"""What every plugin that calls a provider must prove: each kind of provider failure has the right outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from hub.contracts.connector import Connector
from hub.contracts.sandbox import Fault, Sandbox
from hub.errors import AuthError, RingfenceError
from hub.hookspecs import OperationHooks
from hub.testing.asking import Reply, attempt, implemented_hooks
from hub.testing.connectors import ConnectorConformance
from hub.testing.factories import FrozenClock, connect
from hub.testing.secrecy import leaked, listening, personal_texts, secrets_of

MANY_REQUESTS = 50
"""Number of failing requests in a row: more than any client's automatic retries."""

RETRY_AFTER_SECONDS = 7
FAULTS = {
    "refused credentials": Fault("status", 401),
    "too many requests": Fault("status", 429, retry_after=RETRY_AFTER_SECONDS),
    "a server error": Fault("status", 500),
    "an unavailable service": Fault("status", 503),
    "no answer": Fault("hang", seconds=2.0),
    "garbage": Fault("garbage"),
}


@dataclass(frozen=True)
class WireCall:
    """A hook that calls the provider, with arguments as from the hub."""

    hook: str
    arguments: Mapping[str, Any]

    def is_retried(self, reply: Reply) -> bool:
        """Whether the hub will retry; a poll without a result yet is repeated too."""
        return reply.is_retry() or (self.hook == "poll_receipts" and reply.has_only("accepted"))

    def personal(self) -> set[str]:
        """The personal texts among the arguments."""
        values: list[Any] = []
        for argument in self.arguments.values():
            values.extend(argument if isinstance(argument, list | tuple) else [argument])
        return set().union(*map(personal_texts, values)) if values else set()


@contextmanager
def failing(sandbox: Sandbox, fault: Fault) -> Iterator[None]:
    """Make the provider fail in one way until the end of the block."""
    sandbox.fail_next(fault, MANY_REQUESTS)
    try:
        yield
    finally:
        sandbox.heal()


class WireConformance(ConnectorConformance):
    """Faults and secrecy, for each hook in the family's `wire_calls`."""

    def wire_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        """The hooks of the family that call the provider."""
        raise NotImplementedError

    @pytest.fixture
    def provider(self, sandbox: Sandbox | None) -> Sandbox:
        """The sandbox of a plugin that has one."""
        if sandbox is None:
            pytest.skip("this plugin calls nobody")
        return sandbox

    @pytest.fixture
    def impatient(self, sandbox: Sandbox | None, clock: FrozenClock) -> Connector:
        """A connector that does not wait long, for a provider that never answers."""
        settings = dict(self.settings)
        if "timeout" in self.connector_class.Settings.model_fields:
            settings["timeout"] = self.patience
        return connect(self.connector_class, sandbox, clock=clock, timeout=self.patience, **settings)

    def _replies(self, connector: Connector, provider: Sandbox, fault: str) -> Iterator[tuple[WireCall, Reply]]:
        """The reply of each implemented hook while the provider fails."""
        for call in list(self.wire_calls(connector, provider)):
            if call.hook in implemented_hooks(connector):
                with failing(provider, FAULTS[fault]):
                    yield call, attempt(connector, call.hook, **call.arguments)

    def test_refused_credentials_ask_to_reconnect(self, connector: Connector, provider: Sandbox) -> None:
        for call, reply in self._replies(connector, provider, "refused credentials"):
            assert isinstance(reply.error, AuthError), f"{call.hook}: a 401 must become AuthError, not {_seen(reply)}"

    def test_a_wait_that_the_provider_asks_for_is_passed_on(self, connector: Connector, provider: Sandbox) -> None:
        for call, reply in self._replies(connector, provider, "too many requests"):
            assert reply.is_retry(), f"{call.hook}: a 429 must become RetryLater, not {_seen(reply)}"
            wait = reply.retry_after()
            assert wait >= RETRY_AFTER_SECONDS, (
                f"{call.hook}: Retry-After said {RETRY_AFTER_SECONDS} s, the plugin {wait} s"
            )

    @pytest.mark.parametrize("fault", ["a server error", "an unavailable service"])
    def test_a_server_error_is_tried_again(self, connector: Connector, provider: Sandbox, fault: str) -> None:
        for call, reply in self._replies(connector, provider, fault):
            assert call.is_retried(reply), f"{call.hook}: {fault} must become RetryLater, not {_seen(reply)}"

    def test_a_provider_that_does_not_answer_is_tried_again(self, impatient: Connector, provider: Sandbox) -> None:
        for call, reply in self._replies(impatient, provider, "no answer"):
            assert call.is_retried(reply), f"{call.hook}: a time-out must become RetryLater, not {_seen(reply)}"

    def test_an_answer_that_is_garbage_is_tried_again(self, connector: Connector, provider: Sandbox) -> None:
        for call, reply in self._replies(connector, provider, "garbage"):
            assert call.is_retried(reply), (
                f"{call.hook}: an unreadable reply must become RetryLater, not {_seen(reply)}"
            )

    def test_a_failed_connection_check_says_so(self, impatient: Connector, provider: Sandbox) -> None:
        if "check_connection" not in implemented_hooks(impatient):
            pytest.skip("this plugin has no connection check")
        for name, fault in FAULTS.items():
            with failing(provider, fault):
                reply = attempt(impatient, OperationHooks.check_connection)
            assert isinstance(reply.error, RingfenceError) or not reply.result.ok, f"{name} was reported as well"

    def test_nothing_secret_or_personal_is_told_whatever_the_provider_does(
        self, impatient: Connector, provider: Sandbox
    ) -> None:
        """Not in an error, not in a receipt, not in a log line."""
        secrets = secrets_of(impatient.settings)
        for fault in FAULTS:
            with listening() as lines:
                replies = list(self._replies(impatient, provider, fault))
            for call, reply in replies:
                found = leaked([*reply.texts(), *lines], secrets | call.personal())
                assert not found, f"{call.hook}, after {fault}, tells {', '.join(found)}"

    def test_nothing_secret_or_personal_is_told_when_all_is_well(self, connector: Connector, provider: Sandbox) -> None:
        secrets = secrets_of(connector.settings)
        for call in self.wire_calls(connector, provider):
            if call.hook in implemented_hooks(connector):
                with listening() as lines:
                    reply = attempt(connector, call.hook, **call.arguments)
                found = leaked([*reply.texts(), *lines], secrets | call.personal())
                assert not found, f"{call.hook} tells {', '.join(found)}"


def _seen(reply: Reply) -> str:
    if reply.error is not None:
        return type(reply.error).__name__
    receipts = reply.result if isinstance(reply.result, list | tuple) else [reply.result]
    return f"a result ({', '.join(sorted({str(getattr(r, 'status', type(r).__name__)) for r in receipts}))})"

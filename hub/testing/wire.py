"""What every plugin that calls a provider must prove: each way in which providers fail ends in the right outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.sandbox import Fault, Sandbox
from hub.errors import AuthError, RingfenceError
from hub.testing.asking import Reply, attempt, implemented_hooks
from hub.testing.connectors import ConnectorConformance
from hub.testing.secrecy import leaked, listening, personal_texts, secrets_of

MANY = 50
"""Requests that fail in a row: more than any client tries again by itself."""

WAIT = 7
FAULTS = {
    "refused credentials": Fault("status", 401),
    "too many requests": Fault("status", 429, retry_after=WAIT),
    "a server error": Fault("status", 500),
    "an unavailable service": Fault("status", 503),
    "no answer": Fault("hang", seconds=2.0),
    "garbage": Fault("garbage"),
}


@dataclass(frozen=True)
class WireCall:
    """A hook that calls the provider, with arguments as the hub would give them."""

    hook: str
    arguments: Mapping[str, Any]

    def personal(self) -> set[str]:
        """The personal texts among the arguments."""
        values: list[Any] = []
        for argument in self.arguments.values():
            values.extend(argument if isinstance(argument, list | tuple) else [argument])
        return set().union(*map(personal_texts, values)) if values else set()


@contextmanager
def failing(sandbox: Sandbox, fault: Fault) -> Iterator[None]:
    """The provider fails in one way until the end of the block."""
    sandbox.fail_next(fault, MANY)
    try:
        yield
    finally:
        sandbox.heal()


class WireConformance(ConnectorConformance):
    """Faults and secrecy, for each hook that a family names in `wire_calls`."""

    def wire_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        """The hooks of the family that call the provider."""
        raise NotImplementedError

    def _replies(self, connector: Connector, sandbox: Sandbox | None, fault: Fault) -> Iterator[tuple[str, Reply]]:
        if sandbox is None:
            return
        hooks = implemented_hooks(connector)
        for call in self.wire_calls(connector, sandbox):
            if call.hook in hooks:
                with failing(sandbox, fault):
                    yield call.hook, attempt(connector, call.hook, **call.arguments)

    def test_refused_credentials_ask_to_reconnect(self, connector: Connector, sandbox: Sandbox | None) -> None:
        for hook, reply in self._replies(connector, sandbox, FAULTS["refused credentials"]):
            assert isinstance(reply.error, AuthError), f"{hook}: a 401 must become AuthError, not {_seen(reply)}"

    def test_a_wait_that_the_provider_asks_for_is_passed_on(
        self, connector: Connector, sandbox: Sandbox | None
    ) -> None:
        for hook, reply in self._replies(connector, sandbox, FAULTS["too many requests"]):
            assert reply.is_retry(), f"{hook}: a 429 must become RetryLater, not {_seen(reply)}"
            assert reply.retry_after() >= WAIT, f"{hook}: Retry-After said {WAIT} s, the plugin {reply.retry_after()} s"

    def test_a_server_error_is_tried_again(self, connector: Connector, sandbox: Sandbox | None) -> None:
        for name in ("a server error", "an unavailable service"):
            for hook, reply in self._replies(connector, sandbox, FAULTS[name]):
                assert reply.is_retry(), f"{hook}: {name} must become RetryLater, not {_seen(reply)}"

    def test_a_provider_that_does_not_answer_is_tried_again(
        self, connector: Connector, sandbox: Sandbox | None
    ) -> None:
        for hook, reply in self._replies(connector, sandbox, FAULTS["no answer"]):
            assert reply.is_retry(), f"{hook}: a time-out must become RetryLater, not {_seen(reply)}"

    def test_garbage_is_tried_again(self, connector: Connector, sandbox: Sandbox | None) -> None:
        for hook, reply in self._replies(connector, sandbox, FAULTS["garbage"]):
            assert reply.is_retry(), f"{hook}: an unreadable reply must become RetryLater, not {_seen(reply)}"

    def test_a_failed_connection_check_says_so(self, connector: Connector, sandbox: Sandbox | None) -> None:
        if sandbox is None or "check_connection" not in implemented_hooks(connector):
            return
        for name, fault in FAULTS.items():
            with failing(sandbox, fault):
                reply = attempt(connector, "check_connection")
            assert isinstance(reply.error, RingfenceError) or not reply.result.ok, f"{name} was reported as well"

    def test_no_secret_and_nothing_personal_is_told(self, connector: Connector, sandbox: Sandbox | None) -> None:
        """Neither in an error, nor in a receipt, nor in a log line, whatever the provider does."""
        if sandbox is None:
            return
        secrets = secrets_of(connector.settings)
        for call in self.wire_calls(connector, sandbox):
            if call.hook not in implemented_hooks(connector):
                continue
            with listening() as lines:
                replies = [attempt(connector, call.hook, **call.arguments)]
                for fault in FAULTS.values():
                    with failing(sandbox, fault):
                        replies.append(attempt(connector, call.hook, **call.arguments))
            texts = [text for reply in replies for text in reply.texts()]
            found = leaked([*texts, *lines], secrets | call.personal())
            assert not found, f"{call.hook} tells {', '.join(found)}"


def _seen(reply: Reply) -> str:
    if reply.error is not None:
        return type(reply.error).__name__
    receipts = reply.result if isinstance(reply.result, list | tuple) else [reply.result]
    return f"a result ({', '.join(sorted({str(getattr(r, 'status', type(r).__name__)) for r in receipts}))})"

"""Calls a connector's hooks as the hub does, and keeps the outcome: a result or one of our own errors."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import pluggy

from hub.contracts.connector import Connector
from hub.contracts.conversions import Receipt
from hub.errors import PluginFailure, RetryLater, RingfenceError
from hub.hookspecs import FAMILIES, PROJECT, spec_of

P = ParamSpec("P")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a hook answered: its result, or the error that it raised."""

    result: Any = None
    error: RingfenceError | None = None

    def texts(self) -> list[str]:
        """Every text in the reply that people or logs may see."""
        if self.error is not None:
            return [str(self.error), repr(self.error)]
        receipts = self.result if isinstance(self.result, Sequence) else [self.result]
        return [
            str(text)
            for receipt in receipts
            for text in (getattr(receipt, "reason", None), getattr(receipt, "code", None))
            if text
        ]

    def is_retry(self) -> bool:
        """Whether the hub will try again: by the error's class, or by each item's receipt."""
        if self.error is not None:
            return isinstance(self.error, RetryLater | PluginFailure)
        return self.has_only("retry")

    def has_only(self, status: str) -> bool:
        """Whether the result is a list of receipts that all have this status."""
        receipts = self.result if isinstance(self.result, Sequence) else ()
        return bool(receipts) and all(isinstance(r, Receipt) and r.status == status for r in receipts)

    def retry_after(self) -> float:
        """The wait that the reply asks for, in seconds; 0 if it asks for none."""
        if isinstance(self.error, RetryLater):
            return self.error.after or 0
        return min((receipt.retry_after or 0 for receipt in self.result or ()), default=0)


def plugin_manager() -> pluggy.PluginManager:
    """A pluggy manager that knows every hook of the hub and no plugin."""
    manager = pluggy.PluginManager(PROJECT)
    for family in FAMILIES:
        manager.add_hookspecs(family)
    return manager


def implemented_hooks(connector: Connector) -> frozenset[str]:
    """The names of the hooks that a connector implements, known to the hub or not."""
    manager = plugin_manager()
    return frozenset(name for name in dir(connector) if manager.parse_hookimpl_opts(connector, name) is not None)


def attempt(connector: Connector, hook: Callable[..., Any] | str, **arguments: Any) -> Reply:
    """Call one hook, with the arguments that its implementation takes, and keep its reply.

    A foreign error fails the test with its class only, because its text may contain secrets or personal data.
    """
    name = hook if isinstance(hook, str) else hook.__name__
    method = getattr(connector, name)
    taken = inspect.signature(method).parameters
    try:
        return Reply(result=method(**{key: value for key, value in arguments.items() if key in taken}))
    except RingfenceError as error:
        return Reply(error=error)
    except Exception as error:
        raise AssertionError(
            f"{name} raised {type(error).__module__}.{type(error).__qualname__}; raise an error of hub.api instead"
        ) from error


def ask(
    connector: Connector, hook: Callable[Concatenate[Any, P], Result], *args: P.args, **arguments: P.kwargs
) -> Result:
    """Call one hook that must succeed; its result."""
    spec = spec_of(hook)
    reply = attempt(connector, spec.name, **spec.by_name(*args, **arguments))
    assert reply.error is None, f"{spec.name} ended in {type(reply.error).__name__}: {reply.error}"
    result: Result = reply.result
    return result


def check_one_receipt_each(receipts: Iterable[Any], items: Iterable[Any]) -> None:
    """Check that there is exactly one receipt per item, by its key. Keys are counted, because pytest takes minutes to explain
    how two large lists differ."""
    counts = Counter(receipt.key for receipt in receipts)
    counts.subtract(item.key for item in items)
    wrong = [key for key, count in counts.items() if count]
    assert not wrong, f"exactly one receipt an item; not so for {len(wrong)}, {wrong[0]} among them"

"""Calls a connector's hooks as the hub does, and keeps the outcome: a result or one of our own errors."""

from __future__ import annotations

import contextlib
import inspect
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pluggy

from hub.contracts.connector import Connector
from hub.contracts.conversions import Receipt
from hub.contracts.sandbox import HttpSandbox
from hub.errors import PluginFailure, RetryLater, RingfenceError
from hub.hookspecs import SPECS, spec_of
from hub.plugin_host.hook_manager import HookManager
from hub.plugin_host.inspection.explained import constructor_text, place_in_plugin
from hub.plugin_host.inspection.findings import place_of
from hub.plugin_host.return_values import wrong_with
from hub.plugin_host.thread_pool import DaemonThreadPool, Task
from hub.testing import samples
from hub.testing.secrecy import personal_texts
from hub.testing.violations.refusals import watch_of
from hub.testing.violations.undeclared import read_by_plugin

P = ParamSpec("P")
Result = TypeVar("Result")
DEADLINES_SHARE = 25
"""A hook may wait for this part of its deadline, at least a second, of its own accord."""
USUAL_SECONDS = 1.0
"""A hook that is done by then is not measured, and nobody looks before: the work of looking would count as the hook's."""
BUSY_SECONDS = 30.0
"""So long a hook may work in any case: on a busy machine what takes milliseconds may take longer than a deadline."""
HOOK_THREADS = "certified"
"""How the names of the threads begin in which hooks are called."""
_POOL = DaemonThreadPool(HOOK_THREADS, 16)


class TooSlow(AssertionError):
    """A hook that would miss its deadline."""


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
            for text in (getattr(receipt, name, None) for name in ("reason", "code", "detail"))
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

    def fresh(self) -> WireCall:
        """The same call with items that the provider has not seen: a plugin that looks for an item first finds none."""
        return WireCall(
            self.hook,
            {
                name: [replace(item, key=samples.key("new")) if hasattr(item, "key") else item for item in held]
                if isinstance(held, list)
                else held
                for name, held in self.arguments.items()
            },
        )

    def single(self) -> WireCall:
        """The same call with the first of its items."""
        return WireCall(
            self.hook, {name: held[:1] if isinstance(held, list) else held for name, held in self.arguments.items()}
        )


def plugin_manager() -> pluggy.PluginManager:
    """A pluggy manager that knows every hook of the hub and no plugin."""
    return HookManager()


_knowing = cache(plugin_manager)


def implemented_hooks(connector: Connector) -> frozenset[str]:
    """The names of the hooks that a connector implements, known to the hub or not."""
    manager = _knowing()
    return frozenset(name for name in dir(connector) if manager.parse_hookimpl_opts(connector, name) is not None)


def crashes(sandbox: object) -> list[Exception]:
    """What the stand-in's own code raised while it served requests."""
    return sandbox._ears.crashes if isinstance(sandbox, HttpSandbox) else []


def attempt(connector: Connector, hook: Callable[..., Any] | str, **arguments: Any) -> Reply:
    """Call one hook, with the arguments that its implementation takes, and keep its reply.

    A foreign error fails the test with its class and place only, because its text may contain secrets or personal data.
    """
    (reply,) = attempts(connector, hook if isinstance(hook, str) else hook.__name__, [arguments])
    return reply


def attempts(connector: Connector, name: str, calls: Sequence[Mapping[str, Any]]) -> list[Reply]:
    """As `attempt`, one call after another in one thread, until one ends in an error: changing threads takes longer than
    many a hook."""
    method = getattr(connector, name)
    accepted = _parameters(getattr(method, "__func__", method))
    given = [
        {key: read_by_plugin(connector, name, value) for key, value in arguments.items() if key in accepted}
        for arguments in calls
    ]
    watch = watch_of(type(connector))
    results: list[Any] = []
    task: Task[None] = Task()

    def watched() -> None:
        with watch.on_this_thread(name) if watch else contextlib.nullcontext():
            for each in given:
                results.append(method(**each))

    _POOL.submit(task, watched)
    _wait(connector, name, task, results)
    for result in results if name in SPECS else ():
        wrong = wrong_with(SPECS[name], result)
        assert not wrong, f"{name} {wrong} at {place_of(method)}"
    replies = [Reply(result=each) for each in results]
    error = task.exception()
    if error is None:
        return replies
    if isinstance(error, RingfenceError):
        return [*replies, Reply(error=error)]
    place = place_in_plugin(error) or f" at {_place(error, connector)}"
    if text := constructor_text(error):
        raise AssertionError(f"{name}{place}: {text}") from error
    raise AssertionError(
        f"{name} raised {_described(error, calls[len(results)])}{place}; raise an error of hub.api instead"
    ) from error


@cache
def _parameters(implementation: Callable[..., Any]) -> frozenset[str]:
    """The names of the parameters of a hook's implementation."""
    return frozenset(inspect.signature(implementation).parameters)


def _wait(connector: Connector, hook: str, task: Task[None], results: Sequence[Any]) -> None:
    """Wait for a hook, but not for one that would be late at a real provider. A stand-in answers in milliseconds, so
    time in which this process neither works nor waits for a processor is the hook's own waiting. Each call has its own time:
    `results` are those of the calls that are done."""
    deadline = SPECS[hook].deadline
    patience = max(deadline / DEADLINES_SHARE, 1.0) if connector.manifest.hosts else deadline
    # Cheaper than wait(), which makes and notifies a waiter of its own each time.
    with contextlib.suppress(TimeoutError):
        task.exception(USUAL_SECONDS)
        return
    waits: dict[str, float] = {}
    done, begun, busy = len(results), time.monotonic(), busy_seconds(waits)
    while not wait([task], timeout=0.1).done:
        if len(results) != done:
            done, begun, busy = len(results), time.monotonic(), busy_seconds(waits)
        lasted = time.monotonic() - begun
        if lasted - (busy_seconds(waits) - busy) > patience or lasted > max(deadline, BUSY_SECONDS):
            task.abandoned = True
            raise TooSlow(
                f"{hook} is too slow: it was not done after {patience:g} s at a stand-in that answers in milliseconds; its "
                f"deadline is {deadline:g} s at a provider that takes its time"
            )


def busy_seconds(waits: dict[str, float]) -> float:
    """For how long this process has worked, and on Linux for how long its threads have waited for a processor. `waits` keeps
    what each thread waited, so that a thread that ends does not take its part of the sum with it."""
    for thread in Path("/proc/self/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            waits[str(thread)] = int(thread.read_text().split()[1]) / 1e9
    return time.process_time() + sum(waits.values())


def _described(error: BaseException, arguments: Mapping[str, Any]) -> str:
    """The error's class, and of a KeyError its key if that is a name and nothing about a person."""
    kind = type(error)
    shown = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    key = str(error.args[0]) if isinstance(error, KeyError) and error.args else ""
    values = [each for held in arguments.values() for each in (held if isinstance(held, list | tuple) else [held])]
    reported = set().union(*map(personal_texts, values)) if values else set()
    return f"{shown}({key!r})" if re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]{0,40}", key) and key not in reported else shown


def _place(error: BaseException, connector: Connector) -> str:
    """`file.py:line` of the plugin's own code in which an error was raised."""
    folder = Path(inspect.getfile(type(connector))).parent
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)] or frames
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}"


def ask(
    connector: Connector, hook: Callable[Concatenate[Any, P], Result], *args: P.args, **arguments: P.kwargs
) -> Result:
    """Call one hook that must succeed; its result."""
    spec = spec_of(hook)
    (result,) = ask_each(connector, hook, [spec.by_name(*args, **arguments)])
    return result


def ask_each(connector: Connector, hook: Callable[..., Result], calls: Iterable[Mapping[str, Any]]) -> list[Result]:
    """As `ask`, with the named arguments of several calls, one after another; their results."""
    spec = spec_of(hook)
    replies = attempts(connector, spec.name, list(calls))
    for reply in replies[-1:]:
        assert reply.error is None, f"{spec.name} ended in {type(reply.error).__name__}: {reply.error}"
    return [reply.result for reply in replies]


def check_one_receipt_each(receipts: Iterable[Any], items: Iterable[Any]) -> None:
    """Check that there is exactly one receipt per item, by its key. Keys are counted, because pytest takes minutes to explain
    how two large lists differ."""
    counts = Counter(receipt.key for receipt in receipts)
    counts.subtract(item.key for item in items)
    wrong = [key for key, count in counts.items() if count]
    assert not wrong, f"exactly one receipt an item; not so for {len(wrong)}, {wrong[0]} among them"


def check_statuses(receipts: Iterable[Any], allowed: Iterable[str]) -> None:
    """Check that each receipt has one of the statuses; the message shows the first other one."""
    held, good = list(receipts), set(allowed)
    wrong = [receipt for receipt in held if receipt.status not in good]
    if wrong:
        said = ": ".join(filter(None, (wrong[0].code, wrong[0].reason)))
        raise AssertionError(
            f"{len(wrong)} of {len(held)} receipts are {wrong[0].status}{f' ({said})' if said else ''}, "
            f"but must be {' or '.join(sorted(good))}"
        )

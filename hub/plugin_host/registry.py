"""Check and register plugins, and call their hooks; the only caller of pluggy.

The type of a result comes from the specification that is passed: `call(name, NumberHooks.list_numbers)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar, TypeVarTuple

from hub.contracts.connector import Connector
from hub.contracts.consent import DIED, NO_ANSWER, ConsentQuestion, Decision, Opinion, strictest
from hub.errors import (
    AuthError,
    ConfigError,
    NotSupported,
    PluginDied,
    PluginFailure,
    Problem,
    RingfenceError,
    without_frames,
)
from hub.hookspecs import SPECS, ConsentHooks, HookSpec, spec_of
from hub.platform import metrics
from hub.plugin_host.discovery import GROUP as GROUP
from hub.plugin_host.guard import Guard
from hub.plugin_host.hook_manager import HookManager
from hub.plugin_host.host.connector import HostedConnector
from hub.plugin_host.host.supervisor import Supervisor
from hub.plugin_host.inspection.explained import crash_text
from hub.plugin_host.inspection.inspect_plugin import why_it_stops
from hub.plugin_host.plugin_texts.plugin_log import log_of
from hub.plugin_host.plugin_texts.scrubber import Scrubber
from hub.plugin_host.return_values import checked
from hub.plugin_host.vendor_exchanges.recorder import ExchangeRecorder, RecordingSwitch

P = ParamSpec("P")
Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")
Consented = Callable[[Connector], bool]
"""Whether the owner of the data has consented that the connector reads it; asked for connectors that are `of_owner`."""


class Plugins:
    """The connectors of a running hub; each call is isolated and guarded."""

    def __init__(
        self,
        connectors: Iterable[Connector],
        consented: Consented = lambda connector: False,
        recordings: RecordingSwitch | None = None,
    ) -> None:
        self._consented, self._recorder = consented, ExchangeRecorder(recordings)
        self.connectors: dict[str, Connector] = {}
        self.guards: dict[str, Guard] = {}
        self._scrubbers: dict[str, Scrubber] = {}
        self._manager = HookManager()
        problems = []
        for connector in connectors:
            if why := why_it_stops(type(connector)):
                problems.append(Problem(f"plugin {connector.manifest.name!r}: {why}"))
                continue
            self._manager.register(connector, name=connector.name)
            self.connectors[connector.name] = connector
            self._scrubbers[connector.name] = log_of(connector).scrubber
            self.guards[connector.name] = Guard(connector.name, scrub=self._scrubbers[connector.name].text)
        if problems:
            raise ConfigError("A plugin does not fit this version of the hub; update or disable it.", problems)
        self._callers: dict[tuple[str, str], Callable[..., Any] | None] = {}
        self.silent: set[str] = set()
        """The consent connectors that did not answer when they were asked last."""

    def close(self) -> None:
        """Shut down the threads and the child processes of all connectors."""
        for guard in self.guards.values():
            guard.close()
        for host in self.hosts.values():
            host.close()

    @property
    def hosts(self) -> dict[str, Supervisor]:
        """The plugin hosts of the connectors that run in processes of their own."""
        found = self.connectors.items()
        return {name: each.supervisor for name, each in found if isinstance(each, HostedConnector)}

    def enable(self, name: str) -> None:
        """A person resumes a connector: its plugin host may run again, if it has one."""
        if name in self.hosts:
            self.hosts[name].enable()

    def warm(self) -> None:
        """Start all plugin hosts, so that no ringing call waits for one. Returns at once."""
        for host in self.hosts.values():
            host.warm()

    def with_hook(self, hook: Callable[..., Any] | str) -> list[str]:
        """The connectors that implement `hook`, in the order of config.yaml."""
        return [name for name in self.connectors if self.implements(name, hook)]

    def may_read(self, name: str) -> bool:
        """Whether a connector's hooks may be called: if it reads data that a person owns, that person's consent must
        be stored."""
        connector = self.connectors[name]
        return not connector.of_owner or self._consented(connector)

    def implements(self, name: str, hook: Callable[..., Any] | str) -> bool:
        """Whether one connector implements `hook`, a specification or the name of one. A former one does not."""
        return (
            name in self.connectors
            and self._caller(name, SPECS[hook] if isinstance(hook, str) else spec_of(hook)) is not None
        )

    def refresh_recordings(self) -> None:
        """Look again which connectors are recorded (`hub record`)."""
        self._recorder.refresh()

    # how a hook is called

    def call(self, name: str, hook: Callable[Concatenate[Any, P], Result], *args: P.args, **kwargs: P.kwargs) -> Result:
        """Call one hook of one connector within the hook's deadline: `call("twilio", NumberHooks.search_numbers, query)`."""
        return self.call_within(None, name, hook, *args, **kwargs)

    def call_within(
        self,
        deadline: float | None,
        name: str,
        hook: Callable[Concatenate[Any, P], Result],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Result:
        """The same as `call`, with the caller's own deadline in seconds."""
        spec = spec_of(hook)
        caller = self._need(name, spec)
        work: Callable[[], Result] = partial(caller, *args, **kwargs)
        self._await_host(name)
        return self.guards[name].call(spec.name, work, deadline)

    def call_each(
        self,
        name: str,
        hook: Callable[[Any, *Arguments], Result],
        items: Sequence[tuple[*Arguments]],
        deadline: float | None = None,
    ) -> list[Result | RingfenceError]:
        """Call one hook once for each item, which holds the hook's arguments; an item that fails gets its error.

        `deadline` is for all of them together.
        """
        self._await_host(name)
        return self.guards[name].wait(spec_of(hook).name, self.submit_each(name, hook, items), deadline)

    def submit_each(
        self, name: str, hook: Callable[[Any, *Arguments], Result], items: Sequence[tuple[*Arguments]]
    ) -> Future[list[Result | RingfenceError]]:
        """The same as `call`, but only started."""
        spec = spec_of(hook)
        caller, connector = self._need(name, spec), self.connectors[name]

        def work() -> list[Result | RingfenceError]:
            if isinstance(connector, HostedConnector):
                handed = dict(enumerate(zip(*items, strict=True)))
                given = self._scrubbers[name].call(
                    handed,
                    lambda: self._recorder.call(connector, spec.name, handed, lambda: connector.call_each(spec, items)),
                )
                return [self._item_result(name, spec, partial(_checked_result, name, spec, each)) for each in given]
            return [self._item_result(name, spec, partial(caller, *item)) for item in items]

        return self.guards[name].submit(spec.name, work)

    def judge(self, questions: Sequence[ConsentQuestion], deadline: float | None = None) -> list[Decision]:
        """One decision per question: every consent connector is asked, the strictest opinion wins, no answer means no.

        `deadline` is in seconds per connector; the default is one second, more for many questions.
        """
        items = [(question,) for question in questions]
        columns: list[list[tuple[str, Opinion]]] = []
        for name in self.with_hook(ConsentHooks.judge):
            answers: Sequence[Opinion | RingfenceError]
            try:
                answers = self.call_each(name, ConsentHooks.judge, items, deadline or many(items))
            except RingfenceError as error:
                answers = [error] * len(items)
            self._note_silence(name, answers)
            columns.append([(name, _opinion(name, answer)) for answer in answers])
        return [strictest(column[index] for column in columns) for index in range(len(questions))]

    def _item_result(self, name: str, spec: HookSpec, call: Callable[[], Result]) -> Result | RingfenceError:
        try:
            return call()
        except RingfenceError as error:
            return without_frames(error)
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
            metrics.HOOK_FAILURES.labels(name, spec.name, "crash").inc()
            # pluggy's own frames would keep it in a cycle
            how = self._scrubbers[name].text(crash_text(error))
            without_frames(error)
            return PluginFailure(f"connector {name!r} crashed in {spec.name} ({how}).")

    def _await_host(self, name: str) -> None:
        """Wait until a plugin host has started for the first time: its start does not count for a hook's deadline."""
        connector = self.connectors.get(name)
        if isinstance(connector, HostedConnector):
            connector.supervisor.await_first_start()

    def _note_silence(self, name: str, answers: Sequence[Opinion | RingfenceError]) -> None:
        if any(not isinstance(answer, Opinion) for answer in answers):
            self.silent.add(name)
        elif answers:
            self.silent.discard(name)

    def _need(self, name: str, spec: HookSpec) -> Callable[..., Any]:
        caller = self._caller(name, spec)
        if caller is None:
            raise NotSupported(f"connector {name!r} cannot do {spec.name}; its plugin does not implement it.")
        if not self.may_read(name):
            raise AuthError(
                f"connector {name!r} has no stored consent of its owner; run hub connectors connect {name}."
            )
        return caller

    def _caller(self, name: str, spec: HookSpec) -> Callable[..., Any] | None:
        key = (name, spec.name)
        if key not in self._callers:
            connector = self.connectors[name]
            others = [plugin for plugin in self.connectors.values() if plugin is not connector]
            alone = self._manager.subset_hook_caller(spec.name, remove_plugins=others)
            implemented = any(impl.plugin is connector for impl in alone.get_hookimpls())
            scrubber = self._scrubbers[name]

            def call(*args: object, **kwargs: object) -> Any:
                arguments = spec.by_name(*args, **kwargs)
                return scrubber.call(
                    arguments,
                    lambda: self._recorder.call(
                        connector,
                        spec.name,
                        arguments,
                        lambda: checked(name, spec, next(iter(alone(**arguments)), None)),
                    ),
                )

            self._callers[key] = call if implemented else None
        return self._callers[key]


def many(items: Sequence[object]) -> float:
    """The deadline for many quick calls in one batch, in seconds."""
    return 1 + 0.01 * len(items)


def _checked_result(name: str, spec: HookSpec, result: object | RingfenceError) -> Any:
    if isinstance(result, RingfenceError):
        raise result
    return checked(name, spec, result)


def _opinion(name: str, answer: Opinion | RingfenceError) -> Opinion:
    if isinstance(answer, Opinion):
        return answer
    reason = f"{name} failed to answer, and no answer means no."
    evidence = {DIED: name} if isinstance(answer, PluginDied) else {}
    return Opinion(verdict="deny", rule_id=NO_ANSWER, reason=reason, evidence=evidence)

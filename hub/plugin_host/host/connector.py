"""The connector that stands in the registry for one in a plugin host: each of its hooks is a call over the pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial, wraps
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from hub.contracts.connector import Connector, as_written
from hub.contracts.owners import OwnerSignIn
from hub.contracts.sandbox import Sandbox
from hub.contracts.services import Services
from hub.contracts.sign_in import SignIn
from hub.errors import ConfigError, RingfenceError
from hub.hookspecs import FAMILIES, SPECS, HookSpec, hookimpl
from hub.plugin_host.guard import lane_of
from hub.plugin_host.host import probe
from hub.plugin_host.host.description import Description, hooks_of, manifest_of, methods_of
from hub.plugin_host.host.load import load_class
from hub.plugin_host.host.messages import TRANSFORM, Begin, Origin
from hub.plugin_host.host.requests import HubServices
from hub.plugin_host.host.shapes import model_from
from hub.plugin_host.host.supervisor import AlwaysOn, Supervisor, Switch
from hub.plugin_host.kernel.support import missing_confinement
from hub.plugin_host.network.reachable_hosts import ReachableHosts, declared_hosts
from hub.plugin_host.plugin_texts.personal_values import PersonalValue
from hub.plugin_host.plugin_texts.plugin_log import log_of
from hub.plugin_host.stand_ins.hosted import HostedStandIn, stand_in_class

DEFAULT_MEMORY_MB = 512
ASK_SECONDS = 5.0
"""For a method that is not a hook: where people sign in."""
TRANSFORM_SECONDS = 1.0
MAX_CLASSES = 256
SPECIFICATIONS = {name: function for family in FAMILIES for name, function in vars(family).items() if name in SPECS}


class HostedConnector(Connector):
    """A connector whose plugin runs in a child process. Each plugin has a class of its own, derived from this one."""

    origin: ClassVar[Origin]
    methods: ClassVar[tuple[str, ...]] = ()
    """Of the methods that are not hooks, those that the plugin implements."""
    description: ClassVar[Description | None] = None
    """What is known of a plugin that the hub does not import."""
    stand_in: ClassVar[type[HostedStandIn] | None] = None
    """Of such a plugin: what stands for its sandbox."""

    def __init__(self, name: str, settings: object, services: Services) -> None:
        super().__init__(name, settings, services)
        if self.description is not None and self.description.transforms:
            self.manifest = manifest_of(self.description, self._transform)  # type: ignore[misc]
        self.hosts = ReachableHosts(name, declared_hosts(self.manifest, settings))
        self.supervisor = self.supervised()

    def supervised(
        self,
        switch: Switch | None = None,
        memory_mb: int = DEFAULT_MEMORY_MB,
        *,
        hosts: ReachableHosts | None = None,
        own_clock: bool = False,
    ) -> Supervisor:
        """A supervisor of this connector's child, in the place of the former one; nothing is started yet. Without `hosts` it
        connects to the same as before: at first to declared hosts with public addresses."""
        self.hosts = hosts or self.hosts
        begin = partial(
            Begin,
            connector=self.name,
            origin=self.origin,
            settings=as_written(self.settings),
            webhook_url=self.services.webhook_url,
            tls_only=self.enriches(),
            memory_mb=memory_mb,
            clock_offset=not own_clock,
            complete=isinstance(self.settings, self.Settings),
        )
        self.supervisor = Supervisor(
            lambda folder: begin(folder=folder),
            HubServices(self.name, self.services),
            switch or AlwaysOn(),
            self.hosts,
            log_of(self),
        )
        return self.supervisor

    def sign_in(self) -> SignIn | None:
        """Where people sign in, as the plugin says."""
        found: SignIn | None = self._requested("sign_in", SignIn)
        return found

    def owner_sign_in(self) -> OwnerSignIn | None:
        """What the owner agrees to, as the plugin says."""
        found: OwnerSignIn | None = self._requested("owner_sign_in", OwnerSignIn)
        return found

    @classmethod
    def needs_sign_in(cls, settings: object) -> bool:
        """Whether these settings work only after a sign-in, as the plugin says."""
        return "needs_sign_in" in cls.methods and probe.needs_sign_in(cls.origin, as_written(settings))

    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        """The plugin's sandbox. That of a plugin that did not come with the hub runs in a process of its own."""
        if not cls.origin.built_in:
            return cls.stand_in
        own: type[Connector] = load_class(cls.origin)
        return own.sandbox_class()

    def call_each(self, spec: HookSpec, items: Sequence[tuple[object, ...]]) -> list[object | RingfenceError]:
        """The results of a hook that is called once with the arguments of each item; an item that failed has its error."""
        arguments = [spec.by_name(*item) for item in items]
        return self.supervisor.call_each(spec.name, lane_of(spec.name), arguments, spec.deadline)

    def _requested(self, method: str, kind: type[Any]) -> Any:
        if method not in self.methods:
            return None
        found = self._scrubbed(method, {}, ASK_SECONDS)
        return found if isinstance(found, kind) else None

    def _transform(self, name: str, text: str) -> str | None:
        found = self._scrubbed(TRANSFORM, {"name": name, "text": text}, TRANSFORM_SECONDS)
        return found if isinstance(found, str) else None

    def _scrubbed(self, what: str, arguments: dict[str, str], limit: float) -> Any:
        """The result of a call that is not one of a hook."""
        self.supervisor.await_first_start()
        handed = {name: PersonalValue("user", text) for name, text in arguments.items()}
        return log_of(self).scrubber.call(handed, lambda: self.supervisor.call(what, "local", {**arguments}, limit))


def unconfined(classes: Iterable[type[Connector]]) -> str | None:
    """Why plugins of others among these are not confined here; None if the kernel confines them, or if there are none."""
    others = [each for each in classes if issubclass(each, HostedConnector) and not each.origin.built_in]
    return missing_confinement() if others else None


def hosted(connector_class: type[Connector], origin: Origin) -> type[HostedConnector]:
    """The class that stands for an imported one in the hub; always the same."""
    if connector_class not in _hosted:
        members = {
            "manifest": connector_class.manifest,
            "Settings": connector_class.Settings,
            "Destination": connector_class.Destination,
            "of_owner": connector_class.of_owner,
            "methods": methods_of(connector_class),
            "origin": origin,
        }
        made = class_of(connector_class.__module__, connector_class.__qualname__, members, hooks_of(connector_class))
        _hosted[connector_class] = made
    return _hosted[connector_class]


_hosted: WeakKeyDictionary[type[Connector], type[HostedConnector]] = WeakKeyDictionary()


def described_class(name: str, origin: Origin) -> type[HostedConnector]:
    """The class that stands for a plugin that the hub does not import. ConfigError says why it cannot be used."""
    return _described(name, origin, probe.version_of(origin))


@lru_cache(maxsize=MAX_CLASSES)
def _described(name: str, origin: Origin, version: str) -> type[HostedConnector]:
    found = probe.describe(name, origin, version)
    if isinstance(found, str):
        raise ConfigError(found)
    try:
        members = {
            "__doc__": found.summary,
            "manifest": manifest_of(found),
            "Settings": model_from(found.settings, partial(probe.check_settings, origin, "Settings")),
            "Destination": found.destination
            and model_from(found.destination, partial(probe.check_settings, origin, "Destination")),
            "of_owner": found.of_owner,
            "methods": found.methods,
            "origin": origin,
            "description": found,
            "stand_in": found.stand_in and stand_in_class(origin, found.stand_in),
        }
        return class_of(found.module, found.name, members, found.hooks)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(f"its description cannot be read ({type(error).__name__})") from None


def class_of(
    module: str,
    name: str,
    members: dict[str, object],
    hooks: tuple[str, ...],
    parent: type[HostedConnector] = HostedConnector,
) -> type[HostedConnector]:
    """A class whose hooks are calls of a supervisor."""
    forwards = {hook: _forward(SPECS[hook]) for hook in hooks if hook in SPECS}
    return type(name, (parent,), {"__module__": module, "__qualname__": name, **members, **forwards})


def _forward(spec: HookSpec) -> Callable[..., Any]:
    def forward(self: HostedConnector, *args: object, **kwargs: object) -> Any:
        return self.supervisor.call(spec.name, lane_of(spec.name), spec.by_name(*args, **kwargs), spec.deadline)

    # pluggy reads the arguments' names from the wrapped function.
    return hookimpl(wraps(SPECIFICATIONS[spec.name])(forward))

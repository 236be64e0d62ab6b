"""The connector that stands in the registry for one in a plugin host: each of its hooks is a call over the pipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from pydantic import BaseModel, SecretStr

from hub.contracts.connector import Connector
from hub.contracts.owners import OwnerSignIn
from hub.contracts.services import Services
from hub.contracts.sign_in import SignIn
from hub.hookspecs import FAMILIES, PROJECT, SPECS, HookSpec, hookimpl
from hub.plugins.guard import lane_of
from hub.plugins.host.messages import Begin, Origin
from hub.plugins.host.supervisor import Supervisor, Switch
from hub.plugins.http_client import allowed_hosts

DEFAULT_MEMORY_MB = 512
ASK_SECONDS = 5.0
"""For a method that is not a hook: where people sign in."""
MARK = f"{PROJECT}_impl"
SPECIFICATIONS = {name: function for family in FAMILIES for name, function in vars(family).items() if name in SPECS}


class AlwaysOn:
    """The switch of a connector that is not in config.yaml."""

    def why_off(self) -> None:
        """It may run."""

    def turn_off(self, reason: str) -> None:
        """Nothing is stored."""


class HostedConnector(Connector):
    """A connector whose plugin runs in a child process. `hosted` makes the class of each plugin."""

    origin: ClassVar[Origin]
    methods: ClassVar[frozenset[str]] = frozenset()
    """Of the methods that are no hooks, those that the plugin implements."""

    def __init__(self, name: str, settings: Any, services: Services) -> None:
        super().__init__(name, settings, services)
        self.supervisor = self.supervised()

    def supervised(
        self,
        switch: Switch | None = None,
        refused: Callable[[str], None] = lambda host: None,
        memory_mb: int = DEFAULT_MEMORY_MB,
        *,
        own_clock: bool = False,
    ) -> Supervisor:
        """A supervisor of this connector's child, in the place of the former one; nothing is started yet."""
        hosts = tuple(sorted(allowed_hosts(self.manifest, self.settings)))
        begun = {
            "connector": self.name,
            "origin": self.origin,
            "settings": as_written(self.settings),
            "webhook_url": self.services.webhook_url,
            "hosts": hosts,
            "tls_only": self.enriches(),
            "memory_mb": memory_mb,
            "clock_offset": not own_clock,
            "complete": isinstance(self.settings, self.Settings),
        }
        self.supervisor = Supervisor(
            lambda folder: Begin(**begun, folder=folder), self.services, switch or AlwaysOn(), refused, self.name
        )
        return self.supervisor

    def sign_in(self) -> SignIn | None:
        """Where people sign in, as the plugin says."""
        found: SignIn | None = self._asked("sign_in", SignIn)
        return found

    def owner_sign_in(self) -> OwnerSignIn | None:
        """What the owner agrees to, as the plugin says."""
        found: OwnerSignIn | None = self._asked("owner_sign_in", OwnerSignIn)
        return found

    def _asked(self, method: str, kind: type[Any]) -> Any:
        if method not in self.methods:
            return None
        found = self.supervisor.call(method, "local", {}, ASK_SECONDS)
        return found if isinstance(found, kind) else None


def hosted(connector_class: type[Connector], origin: Origin) -> type[HostedConnector]:
    """The class that stands for `connector_class` in the hub; always the same one."""
    if connector_class not in _classes:
        _classes[connector_class] = _class_for(connector_class, origin)
    return _classes[connector_class]


_classes: WeakKeyDictionary[type[Connector], type[HostedConnector]] = WeakKeyDictionary()


def _class_for(connector_class: type[Connector], origin: Origin) -> type[HostedConnector]:
    hooks = {name: spec for name, spec in SPECS.items() if hasattr(getattr(connector_class, name, None), MARK)}
    methods = {name for name in ("sign_in", "owner_sign_in") if _overrides(connector_class, name)}
    members: dict[str, Any] = {
        "__module__": connector_class.__module__,
        "__qualname__": connector_class.__qualname__,
        "__doc__": connector_class.__doc__,
        "manifest": connector_class.manifest,
        "Settings": connector_class.Settings,
        "Destination": connector_class.Destination,
        "of_owner": connector_class.of_owner,
        "origin": origin,
        "methods": frozenset(methods),
        "needs_sign_in": connector_class.needs_sign_in,
        "sandbox_class": connector_class.sandbox_class,
        **{name: _forward(spec) for name, spec in hooks.items()},
    }
    return type(connector_class.__name__, (HostedConnector,), members)


def as_written(value: Any) -> Any:
    """Settings as plain values, secrets in clear, as the plugin's own model reads them."""
    if isinstance(value, BaseModel):
        names = {info.alias or name: name for name, info in type(value).model_fields.items()}
        return {key: as_written(getattr(value, name)) for key, name in names.items() if name in value.model_fields_set}
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {key: as_written(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_written(item) for item in value]
    plain = (str, int, float, bool, bytes, type(None))
    if isinstance(value, plain) or type(value).__module__ in ("datetime", "decimal", "enum"):
        return value
    return str(value)


def _overrides(connector_class: type[Connector], method: str) -> bool:
    return getattr(connector_class, method) is not getattr(Connector, method)


def _forward(spec: HookSpec) -> Callable[..., Any]:
    def forward(self: HostedConnector, *args: Any, **kwargs: Any) -> Any:
        return self.supervisor.call(spec.name, lane_of(spec.name), spec.by_name(*args, **kwargs), spec.deadline)

    # pluggy reads the arguments' names from the wrapped function.
    return hookimpl(wraps(SPECIFICATIONS[spec.name])(forward))

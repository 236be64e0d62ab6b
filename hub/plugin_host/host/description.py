"""What the hub knows of a plugin that it does not import: its manifest, the shape of its settings, the hooks that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.manifest import Manifest
from hub.contracts.sandbox import (
    AdsSandbox,
    CallBackSandbox,
    CarrierSandbox,
    CostSandbox,
    CrmSandbox,
    NumberSandbox,
    OwnerSandbox,
    Sandbox,
)
from hub.contracts.values import Transform
from hub.errors import PluginFailure
from hub.hookspecs import PROJECT, SPECS
from hub.plugin_host.host.shapes import Shape, shape_of

MARK = f"{PROJECT}_impl"
METHODS = ("sign_in", "owner_sign_in", "needs_sign_in")
"""What a plugin may implement besides hooks."""
STAND_IN_METHODS: Mapping[str, Callable[..., Any]] = {
    name: method
    for kind in (AdsSandbox, CallBackSandbox, CarrierSandbox, CostSandbox, CrmSandbox, NumberSandbox, OwnerSandbox)
    for name, method in vars(kind).items()
    if not name.startswith("_")
} | {each.__name__: each for each in (Sandbox.settings, Sandbox.fail_next, Sandbox.heal)}
"""What the hub calls of a sandbox: by name, with the annotations of what is returned."""
RunTransform = Callable[[str, str], str | None]
"""Runs the plugin's own transform of a name on a text."""


@dataclass(frozen=True)
class Description:
    """One plugin as plain data."""

    module: str
    name: str
    summary: str
    manifest: dict[str, Any]
    settings: Shape
    destination: Shape | None
    of_owner: bool
    stand_in: tuple[str, ...] | None
    """What the hub may call of the plugin's sandbox; None if it has none."""
    hooks: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    transforms: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The plugin's own transforms, each with its example."""
    slips: tuple[str, ...] = ()
    """What an inspection found in its code, with file and line (hub.plugin_host.inspection)."""


def described(connector_class: type[Connector]) -> dict[str, Any]:
    """A class as the fields of a `Description`."""
    manifest, destination = connector_class.manifest, connector_class.Destination
    own = [
        share.transform for flow in manifest.flows for share in flow.shares if isinstance(share.transform, Transform)
    ]
    return {
        "module": connector_class.__module__,
        "name": connector_class.__qualname__,
        "summary": connector_class.__doc__ or "",
        "manifest": _as_data(manifest),
        "settings": shape_of(connector_class.Settings),
        "destination": shape_of(destination) if destination else None,
        "of_owner": bool(connector_class.of_owner),
        "stand_in": methods_of_stand_in(connector_class.sandbox_class()),
        "hooks": hooks_of(connector_class),
        "methods": methods_of(connector_class),
        "transforms": {each.name: each.example for each in own},
    }


def hooks_of(connector_class: type[Connector]) -> tuple[str, ...]:
    """The hooks that a class implements."""
    return tuple(name for name in SPECS if hasattr(getattr(connector_class, name, None), MARK))


def methods_of(connector_class: type[Connector]) -> tuple[str, ...]:
    """The methods that a class implements besides hooks."""
    return tuple(name for name in METHODS if _code(connector_class, name) is not _code(Connector, name))


def methods_of_stand_in(stand_in: type[Sandbox] | None) -> tuple[str, ...] | None:
    """Of what the hub may call, the methods that a sandbox has."""
    return None if stand_in is None else tuple(name for name in STAND_IN_METHODS if hasattr(stand_in, name))


def manifest_of(description: Description, run: RunTransform | None = None) -> Manifest:
    """The manifest. The plugin's own transforms run in its process, with `run`."""
    tree = {**description.manifest, "flows": []}
    for flow in description.manifest["flows"]:
        shares = [{**share, "transform": _transform(description, share["transform"], run)} for share in flow["shares"]]
        tree["flows"].append({**flow, "shares": shares})
    return Manifest.model_validate(tree)


def _as_data(manifest: Manifest) -> dict[str, object]:
    tree = manifest.model_dump(exclude={"flows"})
    tree["flows"] = [
        {
            **flow.model_dump(exclude={"shares"}),
            "shares": [
                {**share.model_dump(exclude={"transform"}), "transform": share.transform_name} for share in flow.shares
            ],
        }
        for flow in manifest.flows
    ]
    return tree


def _transform(description: Description, name: str, run: RunTransform | None) -> object:
    if name not in description.transforms:
        return name
    text, wanted = description.transforms[name]

    def function(given: str) -> str | None:
        if given == text:
            return wanted
        if run is None:
            raise PluginFailure(f"the transform {name!r} runs only in a connector's own process.")
        return run(name, given)

    return Transform(name=name, function=function, example=(text, wanted))


def _code(connector_class: type[Connector], method: str) -> object:
    found = getattr(connector_class, method)
    return getattr(found, "__func__", found)

"""The connector that stands for one whose plugin cannot be imported: it is disabled, and everything else runs."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, get_args

from pydantic import ConfigDict

from hub.contracts.answers import Ability
from hub.contracts.connector import PluginSettings
from hub.contracts.manifest import MAIN_HOOKS, Kind, Manifest, Recipient
from hub.hookspecs import CallHooks, ConsentHooks
from hub.plugin_host.host.connector import HostedConnector, class_of
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.host.supervisor import Supervisor

KINDS = get_args(Kind)
HOOKS = {
    "carrier": (CallHooks.verify_webhook.__name__, CallHooks.parse_webhook.__name__, CallHooks.render_answer.__name__),
    "consent": (ConsentHooks.judge.__name__,),
}
"""Kind → the hooks that answer that the connector is disabled; of other kinds it is the main one."""
MAX_SOURCE_BYTES = 1_000_000
_KIND = re.compile(rf"\bkind\s*=\s*[\"']({'|'.join(KINDS)})[\"']")


class Anything(PluginSettings):
    """Settings that nobody can check. They are not kept, because some of them are secrets."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class AnyDestination(PluginSettings):
    """An entry of `send_to:` that nobody can check."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Off:
    """The switch of a plugin that cannot run."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def why_off(self) -> str:
        """Why it cannot be used."""
        return self._reason

    def turn_off(self, reason: str) -> None:
        """It is off."""


class BrokenConnector(HostedConnector):
    """Every call of a hook is refused, as that of a connector whose plugin ended too often."""

    broken: ClassVar[str]

    def supervised(self, *_: Any, **__: Any) -> Supervisor:
        """A supervisor that starts nothing."""
        return super().supervised(Off(self.broken))


@lru_cache
def broken_class(name: str, origin: Origin, reason: str) -> type[HostedConnector]:
    """The class that stands for a plugin which cannot be used. One whose kind is not known may be one of consent, whose
    silence is a no."""
    kind = _kind_of(origin) or "consent"
    manifest = Manifest(
        name=name,
        kind=kind,
        version="0",
        summary=f"Cannot be used: {reason}",
        recipient=Recipient(name=name),
        retention="Nothing is sent while the plugin cannot be used.",
        abilities=get_args(Ability) if kind == "carrier" else (),
    )
    members = {
        "manifest": manifest,
        "Settings": Anything,
        "Destination": AnyDestination if kind == "ads" else None,
        "origin": origin,
        "broken": reason,
    }
    return class_of(__name__, name, members, HOOKS.get(kind) or (MAIN_HOOKS[kind],), BrokenConnector)


def _kind_of(origin: Origin) -> Kind | None:
    """The kind that stands in the source of a plugin, which is read and not run."""
    if origin.built_in:
        found = origin.module.split(".")[1]
        return {"carriers": "carrier"}.get(found, found if found in KINDS else None)  # type: ignore[return-value]
    try:
        for file in _sources(origin):
            with file.open("rb") as source:
                if match := _KIND.search(source.read(MAX_SOURCE_BYTES).decode("utf-8", "replace")):
                    return match[1]  # type: ignore[return-value]
    except (OSError, ValueError, ImportError):
        return None
    return None


def _sources(origin: Origin) -> list[Path]:
    if origin.file is not None:
        return [origin.file]
    found = find_spec(origin.module) if not origin.folder else None
    inside = origin.folder / Path(*origin.module.split(".")) if origin.folder else None
    if inside is not None:
        return [inside.with_suffix(".py")] if not inside.is_dir() else sorted(inside.glob("*.py"))
    return [Path(found.origin)] if found and found.origin else []

"""What is wrong with installed plugins although the hub starts: for the start, `hub check` and `hub plugins`."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import distributions

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hub.config.models import Config
from hub.config.readers.folders import plugin_places
from hub.plugin_host.discovery import DISTRIBUTION, GROUP, Catalog, discover
from hub.plugin_host.packages.wheel import entry_point_form


def plugin_warnings(config: Config) -> list[str]:
    """A sentence for each slip in the code of the plugins that a configuration uses, for each plugin in its folders that cannot
    be used, and for each package that only seems to be a plugin."""
    catalog = discover(plugin_places(config))
    used = {entry.common.plugin for entry in config.connectors.values()}
    broken = [
        f"The plugin {name} cannot be used: {why}." for name, why in catalog.broken.items() if name in catalog.tried
    ]
    return [*broken, *slips(catalog, used), *packages_without_plugin()]


def slips(catalog: Catalog, used: set[str] | None = None) -> list[str]:
    """A sentence for each slip in the code of plugins, of those that are `used` or of all."""
    found = catalog.slips.items()
    return [f"The plugin {name}: {text}." for name, texts in found if used is None or name in used for text in texts]


@lru_cache(maxsize=1)
def packages_without_plugin() -> tuple[str, ...]:
    """A sentence for each package in the hub's own environment that is named or built like a plugin's and has no entry point:
    nothing finds it. Packages change only with a restart."""
    names = [
        each.name
        for each in distributions()
        if DISTRIBUTION in (each.read_text("METADATA") or "").lower()  # parsing all of them takes half of a hub's start
        and canonicalize_name(each.name) != DISTRIBUTION
        and (
            canonicalize_name(each.name).startswith(f"{DISTRIBUTION}-")
            or DISTRIBUTION in map(_name_of, each.requires or ())
        )
        and not each.entry_points.select(group=GROUP)
    ]
    return tuple(
        f"The package {name} looks like a plugin's and has no entry point, so the hub does not know it; its pyproject.toml "
        f"needs {entry_point_form(name)}. Then build its wheel and run: hub plugins add WHEEL."
        for name in sorted(set(names))
    )


def _name_of(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""

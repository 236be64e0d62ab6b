"""Where a hub listens, where it keeps what is its own, and where its plugins are."""

from __future__ import annotations

from pathlib import Path

from hub.config.models import Config, HubSection
from hub.errors import ConfigError

PLUGINS = "plugins"


def data_folder(hub: HubSection, file: Path | None) -> Path | None:
    """The folder whose disk fills with what comes in: that of an SQLite database, else that of the spool, else that of the
    configuration file. None for a database in memory that has no spool."""
    name = hub.database.removeprefix("sqlite:///").partition("?")[0]
    is_server = not hub.database.startswith("sqlite:")
    in_memory = not is_server and (name == hub.database or not name or name.startswith((":memory:", "file:")))
    if not is_server and not in_memory:
        return Path(name).absolute().parent
    place = Path(hub.spool) if hub.spool else None if in_memory else file
    return place.absolute().parent if place else None


def installed_plugins_folder(hub: HubSection, file: Path | None) -> Path | None:
    """Where `hub plugins add` unpacks plugins, each into a folder of its own. None for a database in memory."""
    data = data_folder(hub, file)
    return data / PLUGINS if data else None


def plugin_places(config: Config) -> tuple[Path, ...]:
    """The folders of one-file plugins, and that of the plugins that `hub plugins add` unpacked."""
    return places_beside(config.hub, config.file)


def places_beside(hub: HubSection, file: Path | None) -> tuple[Path, ...]:
    """As `plugin_places`, of a configuration of which only `hub:` was read."""
    installed = installed_plugins_folder(hub, file)
    return (*map(Path, hub.plugin_dirs), *([installed] if installed else []))


def listen_address(listen: str, named: str = "hub.listen") -> tuple[str, int]:
    """An address as host and port; ConfigError says how to write it. `named` is the setting that it comes from."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) < 65536:
        raise ConfigError(f"{named} is {listen!r}; write a host and a port, like 127.0.0.1:8080.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - the customer wrote :8080

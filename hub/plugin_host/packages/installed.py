"""What is installed apart from the hub: a folder for each plugin, and the file that says which of its versions is used.

The file is the only thing that counts: it is replaced as a whole, after everything that it names has been written. So a
command that is killed leaves the version before it, and a folder that the file does not name, which the next change removes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from hub.errors import CannotDo, ConfigError
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.packages.certificate_file import SignedCertificate
from hub.plugin_host.packages.rights import Ask, Rights

REGISTRY = "installed.json"


class InstalledPlugin(BaseModel):
    """One version of a plugin, unpacked into a folder of its own."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The plugin's name, as `plugin:` in config.yaml has it."""
    distribution: str
    version: str
    author: str = ""
    sha256: str
    """Of the wheel."""
    folder: str
    """Below the folder of all plugins."""
    module: str
    attribute: str
    """The connector class in the module."""
    added_at: datetime
    dependencies: tuple[str, ...] = ()
    """What else was unpacked into the folder, as `name version`."""
    previous: str = ""
    """The folder of the version before, which running processes may use until they take this one."""
    rights: Rights = {}
    """What it asks for, which a person accepted."""
    certificate: SignedCertificate | None = None
    waiting: InstalledPlugin | None = None
    """A newer version, which is used after a person accepts what it asks for."""
    asks: tuple[Ask, ...] = ()
    """What the newer version asks for beyond this one."""


class Registry(BaseModel):
    """The content of the file."""

    plugins: dict[str, InstalledPlugin] = {}


class PluginFolder:
    """The folder `plugins` in the hub's data folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Registry:
        """What is installed. ConfigError if the file is damaged."""
        file = self.path / REGISTRY
        try:
            return Registry.model_validate_json(file.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return Registry()
        except (OSError, ValidationError) as error:
            raise ConfigError(
                f"{file} cannot be read ({type(error).__name__}); restore it from a backup, or remove it and add the "
                "plugins again."
            ) from None

    def origin(self, plugin: InstalledPlugin) -> Origin:
        """Where the class of a plugin is."""
        folder = self.path / plugin.folder
        return Origin(module=plugin.module, name=plugin.attribute, folder=folder, sha256=plugin.sha256)

    @contextlib.contextmanager
    def changing(self) -> Iterator[Registry]:
        """The registry to change; it is written afterward, unless an error is raised. CannotDo while another command
        changes it."""
        self.path.mkdir(parents=True, exist_ok=True)
        held = os.open(self.path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CannotDo("Another command is changing the plugins; try again when it has ended.") from None
            registry = self.read()
            self._sweep(registry)
            yield registry
            self._write(registry)
            self._sweep(registry)
        finally:
            os.close(held)

    def draft(self) -> Path:
        """A new empty folder; the next change removes it, unless it is renamed before."""
        folder = self.path / f".new-{os.getpid()}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _write(self, registry: Registry) -> None:
        draft = self.path / f".{REGISTRY}"
        with draft.open("w", encoding="utf-8") as stream:
            stream.write(registry.model_dump_json(indent=2) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.path / REGISTRY)

    def _sweep(self, registry: Registry) -> None:
        """Remove the folders that the registry does not name."""
        plugins = [*registry.plugins.values(), *(each.waiting for each in registry.plugins.values() if each.waiting)]
        kept = {folder for each in plugins for folder in (each.folder, each.previous)}
        for folder in [*self.path.glob("*/*"), *self.path.glob(".new-*")]:
            if folder.is_dir() and folder.relative_to(self.path).as_posix() not in kept:
                shutil.rmtree(folder, ignore_errors=True)
        for folder in self.path.iterdir():
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

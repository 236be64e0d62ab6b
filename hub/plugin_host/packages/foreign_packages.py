"""What pip put into the hub's own environment that the hub does not need and that runs or is found without being asked for."""

from __future__ import annotations

import site
import sysconfig
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub.config.models import Config
from hub.plugin_host.discovery import DISTRIBUTION, foreign_plugins, in_own_environment

TOOLS = frozenset({"pip", "setuptools", "wheel", "uv", "virtualenv"})
FILES_OF_TOOLS = frozenset({"_virtualenv.pth", "distutils-precedence.pth"})


def foreign_code(config: Config) -> list[str]:
    """A sentence for whatever did not come with the hub and may run in its own process: plugins, packages and start files."""
    own = [
        f"The plugin of connector {name} did not come with Ringfence and runs in the hub's own process (isolation: thread), "
        "where it can read and do what the hub can; remove that line unless you wrote the plugin."
        for name, entry in config.connectors.items()
        if entry.common.isolation == "thread" and not entry.connector_class.__module__.startswith("plugins.")
    ]
    return [*own, *foreign_packages()]


def foreign_packages() -> list[str]:
    """A sentence for each package in the hub's environment that a person should remove or know: plugins and start files."""
    plugins = [
        f"The plugin {name} is refused: {in_own_environment(distribution, version)}."
        for name, distribution, version in foreign_plugins()
    ]
    return [*plugins, *start_file_warnings()]


def start_file_warnings() -> list[str]:
    """A sentence for each `.pth` file that is neither of the hub's packages nor of an installer."""
    return [
        f"{file} is run at each start of Python in the hub's environment and is of {owner}, which the hub does not need; find "
        "out who installed it."
        for file, owner in _start_files()
    ]


def _start_files() -> Iterable[tuple[str, str]]:
    """Each `.pth` file of the environment, and whose it is, that is neither of the hub's packages nor of an installer."""
    paths = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages())
    folders = set(map(Path, paths))
    files = sorted({file for folder in folders for file in folder.glob("*.pth") if file.name not in FILES_OF_TOOLS})
    return _foreign_among(tuple(files))


@lru_cache(maxsize=4)
def _foreign_among(files: tuple[Path, ...]) -> tuple[tuple[str, str], ...]:
    """Packages change only with a restart, so whose these files are is found once."""
    if not files:
        return ()
    owners = {
        str(path): canonicalize_name(each.name)
        for each in distributions()
        if ".pth" in (each.read_text("RECORD") or "")
        for path in each.files or ()
        if path.suffix == ".pth"
    }
    needed = _needed()
    found = [(file, owners.get(file.name)) for file in files]
    return tuple(
        (str(file), f"the package {owner}" if owner else "no package") for file, owner in found if owner not in needed
    )


def _needed() -> set[str]:
    """The hub's package, all that it may need, and what installs packages."""
    needed, waiting = set(TOOLS), [DISTRIBUTION]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in needed:
            needed.add(name)
            try:
                waiting += [Requirement(each).name for each in requires(name) or ()]
            except PackageNotFoundError:
                continue
    return needed

"""What pip put into the hub's own environment that the hub does not need and that runs or is found without being asked for."""

from __future__ import annotations

import site
import sysconfig
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub.plugin_host.discovery import DISTRIBUTION, foreign_plugins, in_own_environment

TOOLS = frozenset({"pip", "setuptools", "wheel", "uv", "virtualenv"})
FILES_OF_TOOLS = frozenset({"_virtualenv.pth", "distutils-precedence.pth"})


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
    if not files:
        return
    owners = {
        str(path): canonicalize_name(each.name)
        for each in distributions()
        for path in each.files or ()
        if path.suffix == ".pth"
    }
    needed = _needed()
    for file in files:
        owner = owners.get(file.name)
        if owner not in needed:
            yield str(file), f"the package {owner}" if owner else "no package"


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

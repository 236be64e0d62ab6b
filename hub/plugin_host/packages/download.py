"""Gets wheels with pip. It downloads wheels only, so that no code of a package is run, and it installs nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from hub.errors import CannotDo

DOWNLOAD_SECONDS = 600
OWN_NAME = "ringfence"


def download(requirement: str, folder: Path) -> Path:
    """The wheel of one package, without its dependencies: `ringfence-acme==1.2`, or without a version the newest one.
    CannotDo if pip finds none."""
    _pip(["--no-deps", requirement], requirement, folder)
    return next(folder.glob("*.whl"))


def download_dependencies(requirements: Sequence[Requirement], folder: Path) -> list[Path]:
    """The wheels of these requirements and of what they need in turn, without those that the hub has itself."""
    if not requirements:
        return []
    here = installed_here()
    fixed = folder / "constraints.txt"
    fixed.write_text("".join(f"{name}=={version}\n" for name, version in here.items()), encoding="utf-8")
    _pip(["--constraint", str(fixed), *map(str, requirements)], ", ".join(map(str, requirements)), folder)
    names = {file: canonicalize_name(file.name.partition("-")[0]) for file in sorted(folder.glob("*.whl"))}
    return [file for file, name in names.items() if name not in here]


def missing_requirements(package: str, requires: Sequence[str]) -> list[Requirement]:
    """What a package needs and the hub does not have. CannotDo if it needs another version of what the hub has."""
    here, missing = installed_here(), []
    for text in requires:
        try:
            wanted = Requirement(text)
            applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
            version = here.get(canonicalize_name(wanted.name))
            fits = version is not None and wanted.specifier.contains(version, prereleases=True)
        except (InvalidRequirement, InvalidVersion, ValueError):
            raise CannotDo(f"{package} has a requirement that cannot be read: {text[:200]!r}.") from None
        if not applies or fits:
            continue
        if wanted.url:
            raise CannotDo(
                f"{package} needs {wanted.name} from an address; a plugin's dependencies come from the index."
            )
        if version is not None:
            raise CannotDo(
                f"{package} needs {wanted.name}{wanted.specifier}, and this hub has {version}; ask its author for a version "
                "that works with it, or update the hub."
            )
        if canonicalize_name(wanted.name) == OWN_NAME:
            raise CannotDo(f"{package} needs {wanted}, and this hub is not installed as a package.")
        missing.append(wanted)
    return missing


@cache
def installed_here() -> Mapping[str, str]:
    """The packages in the hub's own environment with their versions, by canonical name; they stay while a process runs."""
    found = ((each.metadata["Name"], each.version) for each in distributions())
    return {canonicalize_name(name): version for name, version in found if name}


def _pip(arguments: Sequence[str], what: str, folder: Path) -> None:
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--no-input"]
    options = ["--disable-pip-version-check", "--dest", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, without a shell
            [*command, *options, *arguments], capture_output=True, text=True, timeout=DOWNLOAD_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise CannotDo(f"pip did not download {what} within {DOWNLOAD_SECONDS // 60} minutes; try again.") from None
    if done.returncode or not any(folder.glob("*.whl")):
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or ["no wheel was found"]
        raise CannotDo(f"pip could not download {what}: {lines[-1].removeprefix('ERROR: ')[:300]}")

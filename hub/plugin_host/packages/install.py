"""Installs a plugin's wheel with its dependencies into a folder of its own. Only a confined child process imports it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from hub.contracts.connector import Connector
from hub.errors import CannotDo, ConfigError
from hub.plugin_host.discovery import GROUP, built_in_plugins
from hub.plugin_host.host.connector import described_class
from hub.plugin_host.packages.certificate_file import ENDING, SignedCertificate, read_certificate
from hub.plugin_host.packages.installed import InstalledPlugin, PluginFolder
from hub.plugin_host.packages.rights import rights_of
from hub.plugin_host.packages.wheel import Wheel, read_wheel, unpack


@dataclass(frozen=True)
class Fetched:
    """A plugin's wheel and those of its dependencies, all checked."""

    wheel: Wheel
    dependencies: tuple[Wheel, ...]
    certificate: SignedCertificate | None = None

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.wheel.entry_points[0].name


@contextmanager
def fetched(source: str, sha256: str = "", certificate: Path | None = None) -> Iterator[Fetched]:
    """Get and check what a plugin needs: `source` is a wheel on this machine, or a package with or without a version. CannotDo
    says why it is refused. A certificate is that of the file `certificate`, else the one beside the wheel, if there is one.
    What was downloaded is removed afterward."""
    with tempfile.TemporaryDirectory(prefix="ringfence-wheels-") as folder:
        for part in ("plugin", "dependencies"):
            (Path(folder) / part).mkdir()
        file = Path(source) if source.endswith(".whl") else _from_index(source, Path(folder) / "plugin")
        wheel = read_wheel(file, GROUP, sha256=sha256)
        if wheel.entry_points[0].name in dict(built_in_plugins()):
            raise CannotDo(f"{file.name} offers a plugin named {wheel.entry_points[0].name}, which is built in.")
        missing = missing_requirements(wheel.distribution, wheel.requires)
        files = download_dependencies(missing, Path(folder) / "dependencies")
        yield Fetched(wheel, tuple(read_wheel(each) for each in files), _certificate(wheel, certificate))


def _certificate(wheel: Wheel, given: Path | None) -> SignedCertificate | None:
    beside = wheel.file.with_name(wheel.file.name + ENDING)
    file = given or (beside if beside.exists() else None)
    return read_certificate(file, wheel.sha256, wheel.version, wheel.entry_points[0].name) if file else None


def _from_index(source: str, folder: Path) -> Path:
    try:
        wanted = Requirement(source)
    except InvalidRequirement:
        raise CannotDo(
            f"{source[:200]!r} is neither a wheel (a file that ends in .whl) nor a package like NAME==VERSION."
        ) from None
    if wanted.url or wanted.extras or wanted.marker:
        raise CannotDo(f"{source[:200]!r} is more than a package and its version; write NAME==VERSION.")
    return download(str(wanted), folder)


def install(place: PluginFolder, found: Fetched, now: datetime) -> tuple[InstalledPlugin, type[Connector]]:
    """Unpack a plugin beside the others and have a child process describe it; what is installed stays as it is. CannotDo if it
    cannot be used."""
    wheel, point, certificate = found.wheel, found.wheel.entry_points[0], found.certificate
    module, _, attribute = point.value.partition(":")
    folder = f"{point.name}/{wheel.version}-{wheel.sha256[:12]}"
    is_new = not (place.path / folder).exists()
    if is_new:
        _unpack_all([*found.dependencies, wheel], place.draft(), place.path / folder)
    made = InstalledPlugin(
        name=point.name,
        distribution=wheel.distribution,
        version=wheel.version,
        author=wheel.author,
        sha256=wheel.sha256,
        folder=folder,
        module=module,
        attribute=attribute,
        added_at=now,
        dependencies=tuple(f"{each.distribution} {each.version}" for each in found.dependencies),
        certificate=certificate,
    )
    try:
        connector_class = described_class(made.name, place.origin(made))
    except ConfigError as error:
        if is_new:
            shutil.rmtree(place.path / folder, ignore_errors=True)
        raise CannotDo(f"The plugin {made.name} of {wheel.file.name} cannot be used: {error}.") from None
    rights = rights_of(connector_class.manifest, certificate.key_id if certificate else "")
    return made.model_copy(update={"rights": rights}), connector_class


def _unpack_all(wheels: Sequence[Wheel], draft: Path, folder: Path) -> None:
    """Fill a draft, then give it its name, so that a folder with a name is always whole."""
    try:
        for wheel in wheels:
            unpack(wheel, draft)
        folder.parent.mkdir(exist_ok=True)
        draft.rename(folder)
    except OSError as error:
        raise CannotDo(f"The plugin cannot be unpacked ({error.strerror}); see {folder.parent}.") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


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

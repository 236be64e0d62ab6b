"""Checks a wheel from outside before anything of it is unpacked, and unpacks it. None of its code is run."""

from __future__ import annotations

import hashlib
import stat
import sys
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from importlib.metadata import EntryPoint, PathDistribution, packages_distributions
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import NoReturn

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from hub.errors import CannotDo

MAX_WHEEL_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 400_000_000
MAX_FILES = 10_000
MAX_TEXT = 200
OURS = frozenset({"hub", "plugins"})
STARTUP = frozenset({"sitecustomize", "usercustomize"})
"""Modules that Python imports at each start."""
NOT_CODE = frozenset({"scripts", "data", "headers"})
"""What a wheel may want to install outside of its packages."""


@dataclass(frozen=True)
class Wheel:
    """A wheel that passed the check."""

    file: Path
    sha256: str
    distribution: str
    version: str
    author: str
    requires: tuple[str, ...]
    entry_points: tuple[EntryPoint, ...]
    """Those of the group that was asked for."""


def read_wheel(file: Path, group: str = "", *, sha256: str = "") -> Wheel:
    """Check a wheel. CannotDo says in one sentence why it is refused. With a `group` it is a plugin's own package and must
    have exactly one entry point in it; without one it is a dependency, whose scripts and data files are left out."""
    digest = _digest(file)
    if sha256 and sha256.removeprefix("sha256:").lower() != digest:
        _refuse(file, f"has the SHA-256 {digest}, not the one that you gave; get it again, and ask its author")
    name, version = _fits_python(file)
    try:
        with zipfile.ZipFile(file) as archive:
            tops = _check_members(file, archive, is_plugin=bool(group))
            information = _information(file, archive)
            found = PathDistribution(zipfile.Path(archive, f"{information}/"))
            metadata, points = found.metadata, tuple(found.entry_points)
            if canonicalize_name(str(metadata["Name"])) != name or str(metadata["Version"]) != version:
                _refuse(file, "holds another package or version than its name says")
            _check_requires_python(file, str(metadata["Requires-Python"] or ""))
            author = _author(str(metadata["Author"] or ""), str(metadata["Author-email"] or ""))
            requires = tuple(map(str, metadata.get_all("Requires-Dist") or ()))
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, KeyError, ValueError):
        _refuse(file, "is damaged or not a wheel; get it again")
    _check_names(file, tops, name, is_plugin=bool(group))
    wanted = tuple(each for each in points if each.group == group) if group else ()
    if group:
        _check_entry_point(file, wanted, group, tops)
    return Wheel(file, digest, name, version, author, requires, wanted)


def unpack(wheel: Wheel, target: Path) -> None:
    """Write the files of a checked wheel below `target`. CannotDo if the file has changed or is damaged."""
    if _digest(wheel.file) != wheel.sha256:
        _refuse(wheel.file, "has changed since it was checked; try again")
    try:
        with zipfile.ZipFile(wheel.file) as archive:
            for member in _members(archive):
                place = target / member.filename
                place.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, place.open("xb") as written:
                    while part := source.read(1_000_000):
                        written.write(part)
    except (zipfile.BadZipFile, EOFError, FileExistsError, NotADirectoryError, ValueError):
        _refuse(wheel.file, "is damaged, or two of its files have one name; get it again")


def _members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The files that are unpacked."""
    for member in archive.infolist():
        if not member.is_dir() and not _kind_of_data(member.filename):
            yield member


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            if file.stat().st_size > MAX_WHEEL_BYTES:
                _refuse(file, f"is larger than {MAX_WHEEL_BYTES // 1_000_000} MB")
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise CannotDo(f"{file} cannot be read ({error.strerror}); name a wheel, a file that ends in .whl.") from None


def _fits_python(file: Path) -> tuple[str, str]:
    """Name and version in a wheel's file name, after a check of its tags."""
    try:
        name, version, _, tags = parse_wheel_filename(file.name)
    except InvalidWheelFilename:
        _refuse(file, "does not have the name of a wheel, like ringfence_acme-1.0-py3-none-any.whl")
    if not tags & _tags_here():
        wanted = ", ".join(sorted(map(str, tags)))
        _refuse(file, f"is built for {wanted}, which this Python or machine does not run; ask for another build")
    return name, str(version)


@cache
def _tags_here() -> frozenset[object]:
    return frozenset(sys_tags())


def _check_requires_python(file: Path, wanted: str) -> None:
    here = ".".join(map(str, sys.version_info[:3]))
    try:
        fits = SpecifierSet(wanted).contains(here, prereleases=True)
    except InvalidSpecifier:
        fits = False
    if not fits:
        _refuse(file, f"needs Python {_text(wanted)}; this hub runs on {here}")


def _check_members(file: Path, archive: zipfile.ZipFile, *, is_plugin: bool) -> set[str]:
    """Refuse a wheel for what it would write; the top-level names of its modules."""
    members = archive.infolist()
    if len(members) > MAX_FILES:
        _refuse(file, f"holds more than {MAX_FILES:,} files")
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        _refuse(file, f"would take more than {MAX_UNPACKED_BYTES // 1_000_000} MB of disk")
    seen: set[str] = set()
    for member in members:
        _check_member(file, member, is_plugin=is_plugin)
        if member.filename.lower() in seen:
            _refuse(file, f"holds {_text(member.filename)} twice")
        seen.add(member.filename.lower())
    parts = [PurePosixPath(member.filename).parts for member in _members(archive)]
    return {each[0].partition(".")[0] for each in parts if not each[0].endswith(".dist-info")}


def _check_member(file: Path, member: zipfile.ZipInfo, *, is_plugin: bool) -> None:
    name, mode = member.orig_filename, member.external_attr >> 16
    parts = name.rstrip("/").split("/")
    if "\\" in name or "\0" in name or ":" in parts[0] or not {"", ".", ".."}.isdisjoint(parts):
        _refuse(file, f"would write outside of its own folder: {_text(name)}")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        _refuse(file, f"holds a link or a special file: {_text(name)}")
    if member.flag_bits & 1:
        _refuse(file, f"holds an encrypted file: {_text(name)}")
    if name.lower().endswith(".pth"):
        _refuse(
            file, f"holds {_text(name)}: Python would run a .pth file at each start, before any plugin is asked for"
        )
    kind = _kind_of_data(name)
    if kind and (is_plugin or kind not in NOT_CODE):
        _refuse(file, f"wants to install {_text(name)} outside of its own package")


def _kind_of_data(name: str) -> str:
    """`scripts` for a file below `NAME.data/scripts/`; empty for one that is not below `NAME.data/`."""
    parts = name.split("/")
    return (parts[1] if len(parts) > 1 else parts[0]) if parts[0].endswith(".data") else ""


def _information(file: Path, archive: zipfile.ZipFile) -> str:
    folders = {name.split("/")[0] for name in archive.namelist() if name.split("/")[0].endswith(".dist-info")}
    if len(folders) != 1:
        _refuse(file, "is damaged or not a wheel: it needs exactly one .dist-info folder")
    return folders.pop()


def _check_names(file: Path, tops: Collection[str], distribution: str, *, is_plugin: bool) -> None:
    """Refuse modules that have the names of the hub's own, of Python's, or of the hub's libraries."""
    libraries = {name for name, found in _owners().items() if distribution not in found}
    for top in sorted(tops):
        taken = top in OURS | STARTUP | sys.stdlib_module_names
        if taken or (top in libraries and (is_plugin or not _is_namespace(top))):
            _refuse(file, f"holds a package named {_text(top)}, which is a name of the hub, its libraries or Python")


@cache
def _owners() -> dict[str, frozenset[str]]:
    """The packages that own each module of the hub's own environment, which stays as it is while a process runs."""
    return {name: frozenset(map(canonicalize_name, found)) for name, found in packages_distributions().items()}


def _is_namespace(top: str) -> bool:
    spec = find_spec(top)
    return spec is not None and spec.origin is None


def _check_entry_point(file: Path, points: Sequence[EntryPoint], group: str, tops: Collection[str]) -> None:
    if len(points) != 1:
        found = f"{len(points)} entry points" if points else "no entry point"
        name = file.name.partition("-")[0]
        _refuse(
            file,
            f"has {found} in the group {group}; the package of a plugin has exactly one in its pyproject.toml: "
            f"{entry_point_form(name)}",
        )
    point = points[0]
    module, attribute = point.value.partition(":")[0], point.value.partition(":")[2]
    is_name = all(part.isidentifier() for part in [*module.split("."), *attribute.split(".")])
    if not is_name or module.split(".")[0] not in tops or not point.name.isidentifier():
        _refuse(
            file, f"has the entry point {_text(point.name)} = {_text(point.value)}, which is not a class in its package"
        )


def entry_point_form(distribution: str) -> str:
    """What a plugin's pyproject.toml says of it."""
    module = canonicalize_name(distribution).replace("-", "_")
    name = module.removeprefix("ringfence_")
    return f'[project.entry-points."ringfence.plugins"] {name} = "{module}:{name.title().replace("_", "")}"'


def _author(name: str, address: str) -> str:
    """Who wrote a package: a name if there is one, else the address that the package publishes."""
    return _text(name.strip() or parseaddr(address)[0] or parseaddr(address)[1])


def _text(value: str) -> str:
    """Text of a wheel as a message may hold it."""
    return "".join(character for character in value if character.isprintable())[:MAX_TEXT]


def _refuse(file: Path, reason: str) -> NoReturn:
    raise CannotDo(f"{file.name} {reason}.")

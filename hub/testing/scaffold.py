"""Writes a new plugin, a file or a complete package, that already keeps the promises of its kind."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from packaging.version import Version

from hub import __version__
from hub.contracts.manifest import API
from hub.errors import RingfenceError
from hub.platform.clock import utc_now
from hub.platform.private_files import share
from hub.plugin_host.packages.public_names import public_names
from hub.plugin_host.registry import GROUP
from hub.testing import SUITE_OF_KIND

TEMPLATES = Path(__file__).with_name("templates")


class CannotWrite(RingfenceError):
    """The package cannot be written."""


def write_plugin(kind: str, name: str, target: Path, package: bool = True) -> list[Path]:
    """Write the plugin below `target`, which must not exist yet; returns the written files, sorted. CannotWrite on failure.

    Without `package` it is one file, if the kind has that form: the folder then is one for `plugin_dirs:`. Some
    kinds have no other.
    """
    parts = [part for part in name.split("_") if part]
    words = {
        "kind": kind,
        "api": API,
        "versions": _promised(Version(__version__)),
        "name": name,
        "dashed": "-".join(parts),
        "title": " ".join(map(str.capitalize, parts)),
        "class_name": "".join(map(str.capitalize, parts)),
        "package": f"ringfence_{name}",
        "host": f"api.{'-'.join(parts)}.example.com",
        "suite": SUITE_OF_KIND.get(kind),
        "click_id": f"{parts[0]}_click" if parts else "",
        "today": utc_now().date(),
    }
    package = package and (TEMPLATES / kind).is_dir()
    words["has_package"] = package
    _check(kind, name, str(words["class_name"]), target)
    templates = _templates()
    written = []
    for path, template in _files(kind, package):
        file = target / str(path).replace("package/", f"{words['package']}/", 1).replace(f"{kind}.py", f"{name}.py", 1)
        is_new = not file.parent.exists()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(templates.get_template(template).render(words), encoding="utf-8")
        for made in (file, file.parent) if is_new else (file,):
            share(made)
        written.append(file)
    return sorted(written)


@cache
def _templates() -> Environment:
    return Environment(  # noqa: S701 - the files are Python, not HTML
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _promised(version: Version) -> str:
    """The versions of Ringfence that keep what this one promises of `hub.api`: up to the next first number."""
    return f">={version.major}.{version.minor},<{version.major + 1}"


def _check(kind: str, name: str, class_name: str, target: Path) -> None:
    if kind not in SUITE_OF_KIND:
        raise CannotWrite(f"{kind!r} is not a kind of plugin; choose one of {', '.join(sorted(SUITE_OF_KIND))}.")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise CannotWrite(f"{name!r} cannot be a plugin's name; use lowercase letters, digits and _, a letter first.")
    if any(class_name in names for names in public_names().values()) or keyword.iskeyword(class_name):
        raise CannotWrite(f"{name!r} is a word of Ringfence or Python itself; add the provider's name to it.")
    if name in {point.name for point in entry_points(group=GROUP)}:
        raise CannotWrite(f"A plugin named {name!r} is installed already; choose another name.")
    repository = Path(__file__).parents[2]
    if (repository / "pyproject.toml").exists() and target.resolve().is_relative_to(repository):
        raise CannotWrite(
            f"A plugin lives outside Ringfence's own folder; try --folder {repository.parent / target.name}."
        )
    if target.exists():
        raise CannotWrite(f"{target} already exists; choose another place with --folder.")


def has_one_file_form(kind: str) -> bool:
    """Whether a plugin of this kind may be one declaration in one file."""
    return (TEMPLATES / f"file_{kind}").is_dir()


def _files(kind: str, package: bool) -> Iterator[tuple[Path, str]]:
    """Each file of a kind with its template; a kind's own file replaces a shared one."""
    found: dict[Path, str] = {}
    layers = ("any", *(() if kind == "consent" else ("wire",)), kind) if package else ("file", f"file_{kind}")
    for layer in layers:
        for template in sorted((TEMPLATES / layer).rglob("*.j2")):
            found[template.relative_to(TEMPLATES / layer).with_suffix("")] = template.relative_to(TEMPLATES).as_posix()
    yield from found.items()

"""Wheels of the plugins in this folder, which no installation of Ringfence holds: made from their pyproject.toml, as their
authors' build tools do."""

from __future__ import annotations

import base64
import hashlib
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
PLUGINS = tuple(sorted(each.parent.name for each in FOLDER.glob("*/pyproject.toml")))


def build_wheel(plugin: str, folder: Path, more: Mapping[str, str] | None = None) -> Path:
    """The wheel of one plugin, written into `folder`; `more` is code that is added at the end of its files."""
    project = tomllib.loads((FOLDER / plugin / "pyproject.toml").read_text())["project"]
    name, version = str(project["name"]).replace("-", "_"), str(project["version"])
    about = f"{name}-{version}.dist-info"
    points = project["entry-points"]["ringfence.plugins"]
    required = "".join(f"Requires-Dist: {each}\n" for each in project["dependencies"])
    files = {
        (name_of := str(path.relative_to(FOLDER / plugin))): path.read_text() + (more or {}).get(name_of, "")
        for path in sorted((FOLDER / plugin).glob(f"{name}/*.*"))
    } | {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n"
        f"Summary: {project['description']}\n{required}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": "[ringfence.plugins]\n" + "".join(f"{key} = {at}\n" for key, at in points.items()),
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in files.items())
    files[f"{about}/RECORD"] = f"{record}{about}/RECORD,,\n"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()

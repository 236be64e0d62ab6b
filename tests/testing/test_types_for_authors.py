"""mypy --strict finds the hub and no mistake in what `hub new-plugin` writes, with the hub as a wheel and editable."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from hub.testing import SUITE_OF_KIND
from hub.testing.scaffold import has_one_file_form, write_plugin

ROOT = Path(__file__).parents[2]
CODE = "import setuptools.build_meta as backend, sys; backend.{hook}(sys.argv[1])"


def built(hook: str, source: Path, folder: Path) -> zipfile.ZipFile:
    """What setuptools makes of a copy of this project."""
    for name in ("pyproject.toml", "README.md", "hub", "plugins"):
        (source / name).symlink_to(ROOT / name)
    subprocess.run(
        [sys.executable, "-c", CODE.format(hook=hook), str(folder)], cwd=source, check=True, capture_output=True
    )
    (wheel,) = folder.glob("*.whl")
    return zipfile.ZipFile(wheel)


@pytest.mark.soak
def test_an_editable_install_is_a_plain_path_that_type_checkers_follow(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "built"
    source.mkdir()
    made = built("build_editable", source, folder)
    (path,) = [name for name in made.namelist() if name.endswith(".pth")]
    assert made.read(path).decode().strip() == str(source)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_what_new_plugin_writes_is_strictly_typed_beside_a_hub_from_a_wheel(tmp_path: Path) -> None:
    environment, source = tmp_path / "env", tmp_path / "source"
    source.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    site = next(environment.glob("lib/python*/site-packages"))
    built("build_wheel", source, tmp_path / "built").extractall(site)
    (site / "below.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    for kind in SUITE_OF_KIND:
        write_plugin(kind, f"tame_{kind}", plugins / kind)
        if has_one_file_form(kind):
            write_plugin(kind, f"one_{kind}", plugins / f"one_{kind}", package=False)
    shutil.copytree(ROOT / "docs" / "examples", plugins / "examples")
    for file in plugins.glob("*/tests/test_*.py"):  # one run of mypy takes no two modules of one name
        file.rename(file.with_name(f"{file.stem}_{file.parents[1].name}.py"))
    mypy = [str(environment / "bin/python"), "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache")]
    folders = sorted(folder.name for folder in plugins.iterdir())
    checked = subprocess.run([*mypy, *folders], cwd=plugins, capture_output=True, text=True, check=False)
    where = [str(environment / "bin/python"), "-c", "import hub; print(hub.__file__)"]
    found = subprocess.run(where, cwd=plugins, capture_output=True, text=True, check=True).stdout
    assert found.startswith(str(site)) and checked.returncode == 0, checked.stdout

"""What is not Python must be in the wheel too: templates, scripts, pictures, tables of laws, migrations."""

from __future__ import annotations

import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_every_file_of_the_packages_is_of_a_kind_that_the_wheel_holds() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("the checkout has no .git that names its files")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "hub", "plugins"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    files = [Path(name) for name in listed.decode().split("\0") if name]
    kinds = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["*"]
    # Every folder is a package: setuptools finds those without __init__.py too.
    lost = [str(each) for each in files if each.suffix != ".py" and not any(fnmatch(each.name, kind) for kind in kinds)]
    assert len(files) > 1_000 and lost == []

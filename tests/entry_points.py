"""The list of plugins that an editable install keeps, which a new plugin in pyproject.toml would not change."""

from __future__ import annotations

import os
import tomllib
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]


def renew() -> None:
    """Write the entry points of pyproject.toml into the environment, if it was made before one of them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"console_scripts": project["scripts"], **project["entry-points"]}
    lines = [
        f"[{group}]\n" + "".join(f"{n} = {at}\n" for n, at in sorted(named.items())) for group, named in groups.items()
    ]
    text = "\n".join(lines)
    known = next((file for file in distribution("ringfence").files or () if file.name == "entry_points.txt"), None)
    if known is None or not (file := Path(str(known.locate()))).is_file() or file.read_text().strip() == text.strip():
        return
    made = file.with_name(f"entry_points.{os.getpid()}")
    made.write_text(text)
    made.replace(file)

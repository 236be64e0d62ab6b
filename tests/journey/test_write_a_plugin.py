"""docs/write-a-plugin.md is walked as it stands there by somebody who has a wheel of Ringfence and no repository."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.util import cache_from_source
from pathlib import Path

import pytest
import yaml
from installed_wheel import ROOT, Environment
from printed_references import printed_references

from hub.platform.loopback import free_port
from hub.testing import SUITE_OF_KIND
from hub.testing.scaffold import TEMPLATES, has_one_file_form, write_plugin

pytestmark = pytest.mark.soak

FILES = tuple(f"{kind}_file" for kind in SUITE_OF_KIND if has_one_file_form(kind))
PACKAGES = tuple(kind for kind in SUITE_OF_KIND if (TEMPLATES / kind).is_dir())
PAGE = (ROOT / "docs" / "write-a-plugin.md").read_text(encoding="utf-8")
SHOW = "import json, sys; from hub.platform.documentation import shown; print(*map(shown, json.load(sys.stdin)))"
WRITE = """
import json, pathlib, sys
from hub.testing.scaffold import write_plugin
for form, folder in json.load(sys.stdin).items():
    kind, _, one_file = form.partition("_")
    write_plugin(kind, f"acme_{form}", pathlib.Path(folder), package=not one_file)
"""
WHERE = "import hub, json, plugins, sys; print(json.dumps([hub.__file__, plugins.__file__, *sys.path]))"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment.create(tmp_path_factory.mktemp("stranger"))


def _steps(text: str) -> Iterator[tuple[str, str]]:
    """Each command of the page, and each file that the page has the reader write, in their order."""
    block = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w+)\n(?P<body>.*?)```", re.DOTALL)
    for found in block.finditer(text):
        if found["file"]:
            yield found["file"], found["body"]
        elif found["kind"] == "console":
            yield from (("$", line) for line in found["body"].splitlines())


def test_nothing_of_it_comes_from_the_repository(environment: Environment, tmp_path: Path) -> None:
    hub, plugins, *path = json.loads(environment.at(tmp_path).python(WHERE))
    assert hub.startswith(f"{environment.folder}/") and plugins.startswith(f"{environment.folder}/")
    assert str(ROOT) not in path


def test_a_hub_with_the_small_set_takes_at_most_260_mb_of_disk(environment: Environment) -> None:
    names = re.findall(
        r"^([\w.-]+)==", (ROOT / "requirements/hub-small.lock").read_text(encoding="utf-8"), re.MULTILINE
    )
    files = {file for file in environment.folder.rglob("*") if file.is_file()}
    for package in filter(lambda each: re.sub("[-_.]+", "-", each.name).lower() in names, distributions()):
        files |= {Path(str(package.locate_file(each))) for each in package.files or ()}
    compiled = {Path(cache_from_source(str(each))) for each in files if each.suffix == ".py"}
    # A file takes whole blocks of 4 KiB.
    taken = sum(-(-each.stat().st_size // 4096) * 4096 for each in files | compiled if each.exists())
    assert 200 < taken / 2**20 <= 260


def test_the_page_can_be_walked_from_its_first_command_to_its_last(environment: Environment, tmp_path: Path) -> None:
    terminal = environment.at(tmp_path)
    steps = list(_steps(PAGE))
    assert len(steps) >= 13
    for name, body in steps:
        if name != "$":
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(body, encoding="utf-8")
        elif body.startswith("hub run"):
            config = tmp_path / "ringfence-acme-crm" / "config.yaml"
            address = f"127.0.0.1:{free_port()}"
            config.write_text(config.read_text().replace("127.0.0.1:8080", address))
            with terminal.serving(body, f"http://{address}") as client:
                assert client.get("/webhooks/acme_crm/x").status_code == 403
        else:
            printed = terminal.run(body)
            assert not body.startswith("hub certify") or "keeps all its promises" in printed
            if body.startswith("hub demo"):
                assert "Something does not add up" not in printed
                counted = re.search(r"acme_ads +(\d+) +(\d+) ", printed)
                assert counted and counted[2] != "0" and "Everything adds up." in printed, printed


def test_every_page_that_a_message_names_came_with_the_wheel(environment: Environment, tmp_path: Path) -> None:
    named = sorted(printed_references())
    shown = environment.at(tmp_path).python(SHOW, typed=json.dumps(named))
    assert len(named) > 100 and "**A dry run counts nothing.**" in shown and "# Write a plugin" in shown


def test_the_place_that_a_failed_promise_names_can_be_opened(environment: Environment, tmp_path: Path) -> None:
    terminal = environment.at(tmp_path)
    ((_, rule),) = [step for step in _steps(PAGE) if step[0].endswith("quiet_hours.py")]
    (tmp_path / "quiet_hours.py").write_text(rule.replace("if night and", "if not question.records and"))
    printed = terminal.run("hub certify --file quiet_hours.py", expected=1)
    (command,) = set(re.findall(r"see (hub docs \S+)", printed))
    assert terminal.run(command).startswith("- **A refusal never loosens.**")


def test_the_page_shows_the_files_and_the_test_that_are_really_written(tmp_path: Path) -> None:
    written = tmp_path / "ringfence-acme-crm"
    write_plugin("ads", "acme_ads", tmp_path / "ringfence-acme-ads", package=False)
    write_plugin("crm", "acme_crm", written)
    trees = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert len(trees) == 2
    for folder, tree in zip(("ringfence-acme-ads", "ringfence-acme-crm"), trees, strict=True):
        shown = {line.split()[0].rstrip("/") for line in tree.splitlines()[1:]}
        suffixes = (".py", ".md", ".toml", ".yaml", ".http")
        made = {file.name for file in (tmp_path / folder).rglob("*") if file.suffix in suffixes}
        assert made == {name for name in shown if "." in name}
    test = (written / "tests" / "test_conformance.py").read_text().split('"""\n\n', 1)[1]
    assert test.strip() in PAGE


def test_new_plugins_of_all_kinds_and_forms_run_together(environment: Environment, tmp_path: Path) -> None:
    terminal = environment.at(tmp_path)
    folders = {form: f"ringfence-acme-{form.replace('_', '-')}" for form in (*PACKAGES, *FILES)}
    terminal.python(WRITE, typed=json.dumps(folders))
    packages = [folder for form, folder in folders.items() if form not in FILES]
    terminal.run("pip wheel --no-deps --wheel-dir dist " + " ".join(f"./{folder}" for folder in packages))
    examples = [yaml.safe_load((tmp_path / folder / "config.yaml").read_text()) for folder in folders.values()]
    address = f"127.0.0.1:{free_port()}"
    whole = {
        "hub": {
            "public_url": "https://calls.example.com",
            "database": "sqlite:///data/ringfence.db",
            "listen": address,
            "plugin_dirs": [folders[form] for form in FILES],
        },
        "connectors": {name: entry for example in examples for name, entry in example["connectors"].items()},
    }
    assert {f"acme_{form}" for form in folders} <= whole["connectors"].keys()
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(whole))
    for wheel in sorted((tmp_path / "dist").glob("*.whl")):
        terminal.run(f"hub plugins add {wheel}")
    body, path = b'{"id": "event-1", "type": "call.transferred"}', "/webhooks/acme_carrier/status"
    with terminal.serving("hub run", f"http://{address}") as client:
        signature = {"x-acme-carrier-signature": _signature("https://calls.example.com" + path, body)}
        assert client.post(path, content=body, headers=signature).status_code == 200
        assert client.post(path, content=body + b" ", headers=signature).status_code == 403
        assert client.post("/webhooks/acme_carrier_file/status", content=b"").status_code == 403


def _signature(url: str, body: bytes) -> str:
    """What the carrier's stand-in would send."""
    return hmac.new(b"sandbox-secret-of-acme_carrier", url.encode() + b"\n" + body, hashlib.sha256).hexdigest()

"""docs/write-a-plugin.md is walked as it stands there, in an empty folder and an environment of its own."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from hub.platform.loopback import free_port
from hub.testing import SUITE_OF_KIND
from hub.testing.scaffold import write_plugin

pytestmark = pytest.mark.soak

DOC = Path(__file__).parents[2] / "docs" / "write-a-plugin.md"
COMMANDS = {
    "hub": "from hub.cli import main",
    "pip": "from pip._internal.cli.main import main",
    "pytest": "from pytest import console_main as main",
}
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "false", "PIP_ROOT_USER_ACTION": "ignore"}
"""What a machine without a network adds to `pip install`: everything that is needed is installed already."""


class FlowResult:
    """An empty folder, and an environment on top of the one that runs the tests, which stays as it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        environment = folder / "env"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
        below = sysconfig.get_path("purelib")
        site = next(environment.glob("lib/python*/site-packages"))
        (site / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n")
        for name, source in COMMANDS.items():
            script = environment / "bin" / name
            script.write_text(f"#!{environment}/bin/python\nimport sys\n{source}\nsys.exit(main())\n")
            script.chmod(0o755)
        self.variables = {
            **{name: text for name, text in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))},
            **OFFLINE,
            "PATH": f"{environment}/bin:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(environment),
            "COLUMNS": "120",
        }

    def run(self, command: str, expected: int = 0) -> str:
        """Run one command of the page; what it printed."""
        done = subprocess.run(
            shlex.split(command), cwd=self.folder, env=self.variables, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == expected, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    @contextmanager
    def serving(self, command: str, address: str) -> Iterator[httpx.Client]:
        """Run a command that serves, and end it; a client for its address once it is healthy."""
        with subprocess.Popen(shlex.split(command), cwd=self.folder, env=self.variables) as server:
            try:
                with httpx.Client(base_url=address, trust_env=False) as client:
                    _wait_until_healthy(client, server)
                    yield client
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(30)
        assert server.returncode in (0, -signal.SIGTERM)


def _wait_until_healthy(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, f"the hub ended by itself with {server.returncode}"
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the hub never answered")


def _steps(text: str) -> Iterator[tuple[str, str]]:
    """Each command of the page, and each file that the page has the reader write, in their order."""
    block = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w+)\n(?P<body>.*?)```", re.DOTALL)
    for found in block.finditer(text):
        if found["file"]:
            yield found["file"], found["body"]
        elif found["kind"] == "console":
            yield from (("$", line) for line in found["body"].splitlines())


def test_the_page_can_be_walked_from_its_first_command_to_its_last(tmp_path: Path) -> None:
    walk = FlowResult(tmp_path)
    steps = list(_steps(DOC.read_text(encoding="utf-8")))
    assert len(steps) >= 7
    for name, body in steps:
        if name != "$":
            (walk.folder / name).parent.mkdir(exist_ok=True)
            (walk.folder / name).write_text(body, encoding="utf-8")
        elif body.startswith("hub run"):
            config = walk.folder / "ringfence-acme-crm" / "config.yaml"
            address = f"127.0.0.1:{free_port()}"
            config.write_text(config.read_text().replace("127.0.0.1:8080", address))
            with walk.serving(body, f"http://{address}") as client:
                assert client.get("/webhooks/acme_crm/x").status_code == 403
        else:
            printed = walk.run(body)
            assert not body.startswith("hub certify") or "keeps all its promises" in printed
            if body.startswith("hub demo"):
                assert "Something does not add up" not in printed
                counted = re.search(r"acme_ads +(\d+) +(\d+) ", printed)
                assert counted and counted[1] == counted[2] != "0", printed


def test_the_page_shows_the_files_and_the_test_that_are_really_written(tmp_path: Path) -> None:
    text = DOC.read_text(encoding="utf-8")
    written = tmp_path / "ringfence-acme-crm"
    write_plugin("ads", "acme_ads", tmp_path / "ringfence-acme-ads", package=False)
    write_plugin("crm", "acme_crm", written)
    trees = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert len(trees) == 2
    for folder, tree in zip(("ringfence-acme-ads", "ringfence-acme-crm"), trees, strict=True):
        shown = {line.split()[0].rstrip("/") for line in tree.splitlines()[1:]}
        made = {
            file.name
            for file in (tmp_path / folder).rglob("*")
            if file.suffix in (".py", ".md", ".toml", ".yaml", ".http")
        }
        assert made == {name for name in shown if "." in name}
    test = (written / "tests" / "test_conformance.py").read_text().split('"""\n\n', 1)[1]
    assert test.strip() in text


def test_new_plugins_of_all_kinds_install_and_run_together(tmp_path: Path) -> None:
    walk = FlowResult(tmp_path)
    folders = [f"ringfence-acme-{kind}" for kind in sorted(SUITE_OF_KIND)]
    for kind, folder in zip(sorted(SUITE_OF_KIND), folders, strict=True):
        write_plugin(kind, f"acme_{kind}", walk.folder / folder)
    walk.run("pip wheel --no-deps --wheel-dir dist " + " ".join(f"./{folder}" for folder in folders))
    examples = [yaml.safe_load((walk.folder / folder / "config.yaml").read_text()) for folder in folders]
    address = f"127.0.0.1:{free_port()}"
    whole = {
        "hub": examples[0]["hub"] | {"listen": address},
        "connectors": {name: entry for example in examples for name, entry in example["connectors"].items()},
    }
    assert len(whole["connectors"]) == 6
    (walk.folder / "config.yaml").write_text(yaml.safe_dump(whole))
    for wheel in sorted((walk.folder / "dist").glob("*.whl")):
        walk.run(f"hub plugins add {wheel}")
    body, path = b'{"id": "event-1", "type": "call.transferred"}', "/webhooks/acme_carrier/status"
    with walk.serving("hub run", f"http://{address}") as client:
        signature = {"x-acme-carrier-signature": _signature("https://calls.example.com" + path, body)}
        assert client.post(path, content=body, headers=signature).status_code == 200
        assert client.post(path, content=body + b" ", headers=signature).status_code == 403


def _signature(url: str, body: bytes) -> str:
    """What the carrier's stand-in would send."""
    return hmac.new(b"sandbox-secret-of-acme_carrier", url.encode() + b"\n" + body, hashlib.sha256).hexdigest()

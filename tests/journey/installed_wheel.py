"""Ringfence as a stranger has it: built as a wheel from the files of this checkout and installed, with no way back to them."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[2]
BUILT_FROM = ("hub", "plugins", "docs", "pyproject.toml", "README.md")
COMMANDS = {"pip": "from pip._internal.cli.main import main", "pytest": "from pytest import console_main as main"}
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "false", "PIP_ROOT_USER_ACTION": "ignore"}
"""What a machine without a network adds to `pip`: everything that is needed is installed already."""
PASSED_ON = ("PYTEST", "PYTHON")


def build_wheel(folder: Path) -> Path:
    """The wheel of the checkout's files, without those that git ignores; nothing is written into the checkout."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *BUILT_FROM]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / "source" / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(folder), str(folder / "source")]
    subprocess.run(pip, env={**os.environ, **OFFLINE}, check=True)
    (wheel,) = folder.glob("ringfence-*.whl")
    return wheel


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel. The packages that it needs are those of the environment that runs the tests: their
    folder is on its path, but not the link to the checkout, because of a folder on the path no `.pth` file is read."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Environment:
        """Build the wheel, and install it."""
        made = cls(folder / "env")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made.folder)], check=True)
        site = next(made.folder.glob("lib/python*/site-packages"))
        (site / "below.pth").write_text(sysconfig.get_path("purelib") + "\n")
        for name, source in COMMANDS.items():
            script = made.folder / "bin" / name
            script.write_text(f"#!{made.folder}/bin/python\nimport sys\n{source}\nsys.exit(main())\n")
            script.chmod(0o755)
        (built := folder / "built").mkdir()
        made.at(folder).run(f"pip install --quiet --ignore-installed {build_wheel(built)}")
        return made

    def at(self, folder: Path) -> Terminal:
        """A terminal in this folder."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith(PASSED_ON)}
        own = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "VIRTUAL_ENV": str(self.folder), "COLUMNS": "120"}
        return Terminal(folder, {**kept, **OFFLINE, **own})


@dataclass(frozen=True)
class Terminal:
    """A folder, and the commands of the environment."""

    folder: Path
    variables: dict[str, str]

    def run(self, command: str, expected: int = 0, typed: str = "") -> str:
        """Run one command; what it printed."""
        done = subprocess.run(
            shlex.split(command),
            cwd=self.folder,
            env=self.variables,
            input=typed,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == expected, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def python(self, source: str, typed: str = "") -> str:
        """Run a program; what it printed."""
        return self.run(f"python -c {shlex.quote(source)}", typed=typed)

    @contextmanager
    def serving(self, command: str, address: str) -> Iterator[httpx2.Client]:
        """Run a command that serves, and end it; a client for its address once it is healthy."""
        with subprocess.Popen(shlex.split(command), cwd=self.folder, env=self.variables) as server:
            try:
                with httpx2.Client(base_url=address, trust_env=False) as client:
                    _wait_until_healthy(client, server)
                    yield client
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(30)
        assert server.returncode in (0, -signal.SIGTERM)


def _wait_until_healthy(client: httpx2.Client, server: subprocess.Popen[bytes]) -> None:
    """Until it is, or the test's own time is over."""
    while True:
        assert server.poll() is None, f"the hub ended by itself with {server.returncode}"
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)

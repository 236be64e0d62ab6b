"""A hostile plugin in a real plugin host: it tries to escape at import and in a hook, with the audit hook and without it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from textwrap import dedent

import pytest

from hub.plugin_host.escapes.hostile import ESCAPES
from hub.plugin_host.escapes.prove import aims, prove
from hub.plugin_host.escapes.table import Attempt
from hub.plugin_host.host.messages import Begin, Origin
from hub.plugin_host.host.process import ChildProcess
from hub.plugin_host.kernel.support import missing_confinement
from hub.plugin_host.network.reachable_hosts import ReachableHosts

pytestmark = pytest.mark.skipif(missing_confinement() is not None, reason=str(missing_confinement()))
ABSENT = {"use the kernel's ciphers by a socket", "use bluetooth", "reach the host of a virtual machine by vsock"}
"""What a machine may lack."""
NEVER = ABSENT | {"make a system call of the x32 kind"}
"""What also fails without confinement on most machines."""
UNCONFINED = """
import json, os, sys
from dataclasses import asdict
import cffi, fsspec, httpx2, lxml.etree, requests, requests_file, sqlalchemy
from hub.plugin_host.escapes import hostile
from hub.plugin_host.escapes.table import ESCAPES, Targets, attempt

targets = Targets(**json.loads(sys.argv[1]))
for each in ESCAPES:
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, json.dumps(asdict(attempt(each, targets))).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    print(os.read(reading, 10_000).decode())
    os.close(reading)
"""


@pytest.fixture(scope="module", params=[True, False], ids=["audit hook", "no audit hook"])
def attempts(request: pytest.FixtureRequest) -> tuple[list[Attempt], list[str]]:
    return prove(audit_hook=request.param)


@pytest.mark.parametrize("audit_hook", [True, False])
def test_no_escape_succeeds_in_the_process_of_a_stand_in(audit_hook: bool) -> None:
    found, changes = prove(audit_hook=audit_hook, stand_in=True)
    assert [each for each in found if each.outcome == "succeeded"] == [] and changes == []
    for when in ("at import", "in a request"):
        tried = [each for each in found if each.when == when]
        assert len({each.name for each in tried}) == len(ESCAPES)
        assert {each.name for each in tried if each.outcome == "absent"} <= ABSENT


def test_no_escape_succeeds(attempts: tuple[list[Attempt], list[str]]) -> None:
    found, changes = attempts
    assert [each for each in found if each.outcome == "succeeded"] == []
    assert changes == []


def test_every_escape_is_tried_at_import_and_in_a_hook(attempts: tuple[list[Attempt], list[str]]) -> None:
    for when in ("at import", "in a hook"):
        found = [each for each in attempts[0] if each.when == when]
        assert len({each.name for each in found}) == len(ESCAPES) >= 150
        assert {each.name for each in found if each.outcome == "absent"} <= ABSENT


@pytest.mark.soak
def test_without_confinement_the_same_escapes_succeed(tmp_path: Path) -> None:
    with aims() as made:
        arguments = [sys.executable, "-c", UNCONFINED, json.dumps(asdict(made.targets))]
        done = subprocess.run(
            arguments, cwd=tmp_path, capture_output=True, text=True, close_fds=False, start_new_session=True
        )
        assert done.returncode == 0, done.stderr
        found = [Attempt(**json.loads(line)) for line in done.stdout.splitlines()]
        assert {each.name for each in found if each.outcome != "succeeded"} <= NEVER
        assert {"a connection to an undeclared host", "a datagram", "keylog"} <= set(made.changes())


def test_a_plugin_that_starts_threads_without_end_is_killed(tmp_path: Path) -> None:
    plugin = tmp_path / "bomb.py"
    plugin.write_text(
        dedent("""
            import ctypes
            libc, thread, small = ctypes.CDLL(None), ctypes.c_ulong(), ctypes.create_string_buffer(64)
            libc.pthread_attr_init(small)
            libc.pthread_attr_setstacksize(small, ctypes.c_size_t(16384))
            for _ in range(3_000):
                libc.pthread_create(ctypes.byref(thread), small, libc.pause, None)
            libc.pause()
        """)
    )
    notes: list[object] = []

    def begin(folder: str) -> Begin:
        return Begin("bomb", Origin(file=plugin, built_in=True), {}, "", False, 512, folder)

    child = ChildProcess(begin, lambda _, note: notes.append(note), ReachableHosts("bomb"))
    ended: list[str] = []
    reader = threading.Thread(target=lambda: ended.append(child.read()), daemon=True)
    reader.start()
    reader.join(60)
    child.kill("")
    assert ended == ["it ran more than 256 threads"], notes

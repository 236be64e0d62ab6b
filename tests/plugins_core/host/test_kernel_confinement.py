"""A process that gave up its rights: what the kernel refuses then, without any check in Python."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.plugin_host.kernel import seccomp
from hub.plugin_host.kernel.libc import MACHINE
from hub.plugin_host.kernel.support import missing_confinement

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(missing_confinement() is not None, reason=str(missing_confinement()))
ACTIONS = """
import ctypes, json, os, socket, sqlite3, sys, threading, urllib.request, zoneinfo
from pathlib import Path
from hub.plugin_host.kernel import landlock, support

own, outside, hub = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
libc = ctypes.CDLL(None, use_errno=True)

def native(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")

def tried(action):
    try:
        action()
    except OSError as error:
        return error.errno
    return 0

version = int(sys.argv[4])
if version >= 0:
    landlock.landlock_version = support.landlock_version = lambda: version
system = [Path(each) for each in ("/usr/lib", "/usr/share/zoneinfo", *sys.path) if each]
support.confine_process(system, [own], sockets=False)
print(json.dumps({name: tried(action) for name, action in {
    "write its own file": lambda: (own / "note").write_text("x"),
    "read a package": lambda: Path(json.__file__).read_text(),
    "start a thread": lambda: threading.Thread(target=print, args=("",), kwargs={"end": ""}).start(),
    "pair of sockets": lambda: socket.socketpair(),
    "read a file": lambda: outside.read_text(),
    "write a file": lambda: outside.with_name("new").write_text("x"),
    "truncate": lambda: os.truncate(outside, 0),
    "mode": lambda: os.chmod(outside, 0o777),
    "fork": os.fork,
    "execute": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
    "signal": lambda: os.kill(hub, 0),
    "pidfd": lambda: os.pidfd_open(hub),
    "memory of the hub": lambda: Path(f"/proc/{hub}/environ").read_bytes(),
    "socket": lambda: socket.socket(),
    "call of a newer kernel": lambda: native(libc.syscall(600)),
    "x32 call": lambda: native(libc.syscall(0x40000000 + 39)),
    "another user": lambda: os.setuid(1),
    "new namespace": lambda: native(libc.unshare(0x10000000)),
}.items()}))
"""
CLOSED = """
import json, resource
from hub.plugin_host.kernel.libc import prctl
from hub.plugin_host.kernel.privileges import close_to_other_processes

before = prctl(3)
close_to_other_processes()
print(json.dumps([before, prctl(3), *resource.getrlimit(resource.RLIMIT_CORE)]))
"""
EXPECTED = {
    "write its own file": 0,
    "read a package": 0,
    "start a thread": 0,
    "pair of sockets": 0,
    "read a file": errno.EACCES,
    "write a file": errno.EACCES,
    "truncate": errno.EPERM,
    "mode": errno.EPERM,
    "fork": errno.EPERM,
    "execute": errno.EPERM,
    "signal": errno.EPERM,
    "pidfd": errno.EPERM,
    "memory of the hub": errno.EACCES,
    "socket": errno.EPERM,
    "call of a newer kernel": errno.ENOSYS,
    "x32 call": errno.ENOSYS,
    "another user": errno.EPERM,
    "new namespace": errno.EPERM,
}


def outcomes(tmp_path: Path, version: int = -1) -> dict[str, int]:
    """What each action ends with in a confined process, on a kernel with at most this version of Landlock."""
    own, outside = tmp_path / "own", tmp_path / "outside"
    own.mkdir()
    outside.write_text("secret of the hub")
    arguments = [sys.executable, "-c", ACTIONS, str(own), str(outside), str(os.getpid()), str(version)]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert outside.read_text() == "secret of the hub"
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_the_kernel_refuses_what_a_plugin_does_not_need(tmp_path: Path) -> None:
    assert outcomes(tmp_path) == EXPECTED


@pytest.mark.parametrize("version", [1, 3, 5])
def test_what_an_older_landlock_does_not_cover_the_filter_refuses(tmp_path: Path, version: int) -> None:
    assert outcomes(tmp_path, version) == EXPECTED


def test_without_landlock_the_filter_still_refuses_all_but_files(tmp_path: Path) -> None:
    files = {"read a file", "write a file", "memory of the hub"}
    found = outcomes(tmp_path, 0)
    assert {name: code for name, code in found.items() if name not in files} == {
        name: code for name, code in EXPECTED.items() if name not in files
    }
    assert found["read a file"] == 0


def test_units_of_processes_that_start_plugin_hosts_allow_the_calls_that_confine_them() -> None:
    for name in ("ringfence", "ringfence-web", "ringfence-worker"):
        unit = (ROOT / f"deploy/systemd/{name}.service").read_text()
        (allowed,) = [line for line in unit.splitlines() if line.startswith("SystemCallFilter=")]
        calls = {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
        assert calls <= set(allowed.partition("=")[2].split())


def test_the_filter_ends_every_path_with_a_verdict_and_fits_into_the_kernel() -> None:
    program = seccomp.instructions(1, sockets=False)
    assert len(program) < 4096
    assert program[-1] == (seccomp.RETURN, 0, 0, seccomp.FAIL | errno.ENOSYS)
    for place, (code, if_true, if_false, _) in enumerate(program):
        assert code == seccomp.RETURN or place + 1 + max(if_true, if_false) < len(program)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_no_call_is_listed_twice_and_none_is_newer_than_the_list(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "MACHINE", machine)
    numbers = [number for number, _ in seccomp._listed()]
    assert len(numbers) == len(set(numbers)) > 150
    assert max(numbers) <= seccomp.MAX_SYSCALL
    assert seccomp.instructions(1, sockets=False)[1] == (seccomp.EQUAL, 1, 0, seccomp.AUDIT_ARCHITECTURE[machine])


def test_this_machine_is_known() -> None:
    assert MACHINE in seccomp.AUDIT_ARCHITECTURE


def test_a_process_that_is_closed_to_others_is_not_dumpable_and_writes_no_core_file() -> None:
    done = subprocess.run([sys.executable, "-c", CLOSED], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [1, 0, 0, 0]

"""What a plugin does while it is imported: in a new process, so that nothing is there that others have imported."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import hub

HEAVY = (
    "av",
    "bandwidth",
    "faster_whisper",
    "google",
    "grpc",
    "simple_salesforce",
    "hubspot",
    "numpy",
    "telnyx",
    "twilio",
    "zeep",
    "requests",
    "sqlalchemy",
    "fastapi",
)
"""Libraries that a plugin may import only when it works, because start-up time and memory are promises."""
IMPORT_CHECK = """
import importlib, importlib.util, json, os, sys
# By its file: a confined process may not look into the folder around it.
spec = importlib.util.spec_from_file_location("hub", sys.argv[1])
sys.modules["hub"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["hub"])
import hub.api
from hub.testing.violations.refusals import watched_import

def imported(name, file):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        spec = importlib.util.spec_from_file_location(name, file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)

def answer(name, file, path, heavy):
    sys.path[:] = path
    try:
        refused = watched_import(name, file, lambda: imported(name, file))
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return [top for top in heavy if any(m == top or m.startswith(top + ".") for m in sys.modules)], refused

for line in sys.stdin:
    reading, writing = os.pipe()
    if not os.fork():
        os.dup2(2, 1)
        os.write(writing, json.dumps(answer(*json.loads(line))).encode())
        break
    os.close(writing)
    with os.fdopen(reading) as answered:
        print(answered.read() or '"it ends the process"', flush=True)
    os.wait()
"""
_pending: list[tuple[str, str | None]] = []
_answers: dict[tuple[str, str | None], Any] = {}


@cache
def _importer() -> subprocess.Popen[str]:
    """A new process that imports nothing but `hub.api`, and each plugin in a fork of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipe, command = subprocess.PIPE, [sys.executable, "-c", IMPORT_CHECK, str(hub.__file__)]
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment)  # noqa: S603
    atexit.register(process.communicate)
    return process


@cache
def begin_import(module: str, file: str | None) -> None:
    """Begin to import the plugin in a process of its own."""
    stdin = _importer().stdin
    assert stdin is not None
    print(json.dumps([module, file, sys.path, HEAVY]), file=stdin, flush=True)
    _pending.append((module, file))


def imported_alone(module: str, file: str | None) -> tuple[list[str], list[str]]:
    """Which heavy libraries such a process has imported with a plugin, and what the plugin tried to do there; the same for
    each suite of the plugin."""
    begin_import(module, file)
    stdout = _importer().stdout
    assert stdout is not None
    while (module, file) not in _answers:
        _answers[_pending.pop(0)] = json.loads(stdout.readline())
    found = _answers[module, file]
    assert not isinstance(found, str), found
    heavy, refused = found
    return heavy, refused

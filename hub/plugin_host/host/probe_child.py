"""The process that imports plugins to describe them, and checks their settings: each request in a fork of its own.

Started as `python -m hub.plugin_host.host.probe_child DESCRIPTOR SECONDS`. It has no threads, so it may fork. It ends when
the hub closes the socket, or after a minute without a request.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from typing import Any

from pydantic import ValidationError

from hub.contracts.connector import as_written
from hub.plugin_host.host.confinement import confine, preload
from hub.plugin_host.host.description import described
from hub.plugin_host.host.limits import limit_process
from hub.plugin_host.host.load import load_class, why_no_connector
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.host.wire import ANSWER, encode
from hub.plugin_host.inspection.explained import import_error
from hub.plugin_host.inspection.inspect_plugin import inspect_plugin

IDLE_SECONDS = 60.0
MEMORY_MB = 512
MAX_ANSWER_BYTES = 4_000_000


def main() -> None:
    """Serve until the hub closes the socket, or until nobody has asked for a minute."""
    connection, seconds = Connection(int(sys.argv[1])), float(sys.argv[2])
    preload()
    with contextlib.suppress(EOFError, OSError):
        while connection.poll(IDLE_SECONDS):
            how, answer = _in_fork(connection, connection.recv(), seconds)
            connection.send_bytes(encode([how, answer], ANSWER))


def _in_fork(connection: Connection, request: tuple[object, ...], seconds: float) -> tuple[str, bytes]:
    """How the fork ended (empty: it answered), and its answer as it wrote it."""
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory(prefix="ringfence-probe-") as folder:
        parent, child = os.getpid(), os.fork()
        if child == 0:
            os.setsid()
            connection.close()
            os.close(reading)
            _answer(writing, request, folder, parent)
        os.close(writing)
        answer, in_time = _read(reading, seconds)
        with contextlib.suppress(OSError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if answer:
        return "", answer
    if not in_time:
        return f"it took longer than {seconds:g} seconds", b""
    code = os.waitstatus_to_exitcode(status)
    return f"it ended the process with {'status' if code >= 0 else 'signal'} {abs(code)}", b""


def _read(reading: int, seconds: float) -> tuple[bytes, bool]:
    """What the fork wrote, and whether it ended in time."""
    found, ends = b"", time.monotonic() + seconds
    with os.fdopen(reading, "rb", buffering=0) as stream:
        while select.select([stream], [], [], max(0.0, ends - time.monotonic()))[0]:
            part = stream.read(65_536)
            found += part
            if not part or len(found) > MAX_ANSWER_BYTES:
                return found, True
    return b"", False


def _answer(writing: int, request: tuple[Any, ...], folder: str, parent: int) -> None:
    what, origin, *rest = request
    try:
        os.chdir(folder)
        limit_process(MEMORY_MB, parent)
        confine(origin, folder, lambda *note: None)
        frame = encode(_describe(origin, *rest) if what == "describe" else _with_settings(what, origin, *rest))
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything while it is imported, SystemExit too
        frame = encode({"broken": import_error(error)})
    while frame:
        frame = frame[os.write(writing, frame) :]
    os._exit(0)


def _describe(origin: Origin, name: str) -> dict[str, Any]:
    loaded = load_class(origin)
    reason = why_no_connector(name, loaded)
    if reason:
        return {"broken": reason}
    found = inspect_plugin(loaded)
    if wrong := [str(each) for each in found if each.stops]:
        return {"broken": "; ".join(wrong)}
    return {"description": described(loaded) | {"slips": tuple(map(str, found))}}


def _with_settings(what: str, origin: Origin, model: str, tree: dict[str, object]) -> dict[str, Any]:
    loaded = load_class(origin)
    try:
        settings = getattr(loaded, model).model_validate(tree)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return {"errors": [[list(each["loc"]), each["msg"].removeprefix("Value error, ")] for each in found]}
    if what == "needs_sign_in":
        return {"values": bool(loaded.needs_sign_in(settings))}
    return {"values": as_written(settings)}


if __name__ == "__main__":
    main()

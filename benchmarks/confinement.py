"""What the kernel's confinement of a plugin host costs: at its start, in memory, and for each system call.

The same process starts with it and without it, in turns; "without" is possible only here, by leaving out the step.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from statistics import median

from benchmarks.figures import Figure, at_most, spread
from hub.plugin_host.host.environment import child_environment

ROUNDS = 9
CHILD = """
import json, os, resource, sys, time
begun = time.perf_counter()
from hub.plugin_host.host import confinement
from hub.plugin_host.host.load import load_class
from hub.plugin_host.host.messages import Origin

confinement.preload()
origin = Origin(module="plugins.carriers.twilio", name="Twilio", built_in=True)
if sys.argv[1] == "without":
    confinement.confine_process = lambda *arguments, **named: None
ready = time.perf_counter()
confinement.confine(origin, os.getcwd(), lambda *note: None)
confined = time.perf_counter()
load_class(origin)
loaded = time.perf_counter()

def microseconds(call, times):
    first = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - first) / times * 1e6

def read():
    descriptor = os.open("note", os.O_RDONLY)
    os.read(descriptor, 100)
    os.close(descriptor)

with open("note", "w") as file:
    file.write("x")

print(json.dumps({
    "start": loaded - begun, "confine": (confined - ready) * 1000, "call": microseconds(os.getppid, 100_000),
    "file": microseconds(read, 5_000), "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def measure() -> list[Figure]:
    """Both ways, in turns."""
    runs = {way: [] for way in ("with", "without")}
    for _ in range(ROUNDS):
        for way, found in runs.items():
            found.append(_start(way))
    values = {way: {name: [each[name] for each in found] for name in found[0]} for way, found in runs.items()}

    def ratio(name: str) -> float:
        return median(values["with"][name]) / median(values["without"][name])

    def both(name: str, unit: str) -> str:
        return " with, ".join(spread(values[way][name], unit) for way in ("with", "without")) + " without"

    return [
        at_most("start of a confined plugin host, ratio", ratio("start"), 1.1, "", both("start", "s")),
        at_most("confining it", median(values["with"]["confine"]), 20.0, "ms", both("confine", "ms")),
        at_most("memory of a confined plugin host, ratio", ratio("memory"), 1.02, "", both("memory", "MB")),
        at_most("a system call in it, ratio", ratio("call"), 1.5, "", both("call", "µs")),
        at_most("reading a small file in it, ratio", ratio("file"), 1.5, "", both("file", "µs")),
    ]


def _start(way: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-P", "-s", "-c", CHILD, way],
            env=child_environment(folder),
            cwd=folder,
            capture_output=True,
            check=True,
        )
    found: dict[str, float] = json.loads(done.stdout)
    return found

"""How long `hub certify` takes: a new plugin of each kind, from its process's start to its verdict, and each built-in one.

A plugin of an author's own is certified in a process that the kernel confines, which is part of the time. What is compared
with the baseline is the time of processors, because the time on the clock depends on what else the machine does.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figure, print_figures, shown
from benchmarks.processes import hub, python
from hub.plugin_host.discovery import built_in_plugins
from hub.testing import SUITE_OF_KIND
from hub.testing.scaffold import has_one_file_form, write_plugin

SECONDS = 5.0
"""What is wanted of one plugin, on an idle machine."""
INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The environment of an author, whose hub keeps its compiled modules."""


def measure() -> list[Figure]:
    """Seconds of wall time of each, with the processor time in them."""
    figures = []
    subprocess.run(hub("certify", "phonenumbers"), check=False, capture_output=True, env=INSTALLED)  # compiles
    with tempfile.TemporaryDirectory() as folder:
        for kind in sorted(SUITE_OF_KIND):
            name, place = f"measured_{kind}", Path(folder) / kind
            write_plugin(kind, name, place, package=not has_one_file_form(kind))
            file = place / f"{name}.py"
            if not file.exists():
                file = _wheel(place)
            figures.append(_measured(f"hub certify, a new {kind} plugin", "--file", str(file)))
    return figures + [_measured(f"hub certify {name}", name) for name, _ in built_in_plugins()]


def _wheel(place: Path) -> Path:
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(place / "dist"), str(place))
    subprocess.run(python("-m", "pip", "wheel", "-q", *options), check=True)
    return next((place / "dist").glob("*.whl"))


def _measured(what: str, *arguments: str) -> Figure:
    before, begun = _processor_seconds(), time.perf_counter()
    done = subprocess.run(hub("certify", *arguments), check=False, capture_output=True, text=True, env=INSTALLED)
    took = time.perf_counter() - begun
    Console(stderr=True).print(f"  {what}: {shown(took, 's')}")
    if done.returncode:
        return Figure(
            what=what, measured=(done.stdout + done.stderr).strip()[-200:], wanted="all promises kept", met=False
        )
    worked = _processor_seconds() - before
    measured, wanted = f"{shown(took, 's')}; {shown(worked, 's')} of processors", f"at most {shown(SECONDS, 's')}"
    return Figure(what=what, measured=measured, wanted=wanted, met=took <= SECONDS, value=worked)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print_figures(measure())

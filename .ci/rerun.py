"""Run tests beside another job: `python .ci/rerun.py PYTEST OPTION…`; those that failed run once more, one after another.

The other job takes the machine's processors, also from phones, browsers and servers that are held to real time. If tests of
at most five modules failed (one day of calls that all tests of a module read is one failure), their second run decides, and a
line names those that passed only alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path("build/rerun-cache")
"""pytest's memory of which tests failed, of this run alone."""
OPTIONS = "addopts=-q -rsfE --strict-markers -p no:schemathesis --timeout=120"
"""In the place of those of pyproject.toml, which switch the memory off."""
MOST = 5
SOME_FAILED = 1
"""The status of pytest if tests ran and some failed."""


def main(command: list[str]) -> int:
    """The status of the run that decides."""
    shutil.rmtree(CACHE, ignore_errors=True)
    command = [*command, "-o", OPTIONS, "-o", f"cache_dir={CACHE.resolve()}"]
    status = subprocess.call(command)  # noqa: S603 - our own command
    failed = _failed()
    if status != SOME_FAILED or not 0 < len({each.partition("::")[0] for each in failed}) <= MOST:
        return status
    print(f"\n{len(failed)} failed beside another job and run again, one after another.", flush=True)
    status = subprocess.call([*command, "-n", "0", "--last-failed", "--last-failed-no-failures", "none"])  # noqa: S603
    if passed := sorted(failed - _failed()):
        print(f"\nPassed only alone: {', '.join(passed)}", flush=True)
    return status


def _failed() -> set[str]:
    file = CACHE / "v/cache/lastfailed"
    return set(json.loads(file.read_text())) if file.exists() else set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

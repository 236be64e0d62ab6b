"""`python -m benchmarks [NAME …]`: run them, or those named, and print every figure beside what is wanted of it.

`--keep` writes what was measured into baseline.json. `--large` adds what takes very long: reports, over five million calls
too, and transcription, of an hour. Ends with 1 if a figure misses what is wanted, whatever the baseline has, or is worse than
the baseline's by more than a third; the last lines name them.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from rich.console import Console

from benchmarks.baseline import keep, read_baseline
from benchmarks.figures import Figure, print_figures

MODULES = (
    "ringing",
    "acknowledge",
    "peers",
    "flow",
    "workers",
    "google_sync",
    "demo",
    "start",
    "commands",
    "certify",
    "claims",
    "backlog",
    "leases",
    "visits",
    "script",
    "spool",
    "sip_load",
    "sip_group",
    "sizes",
    "reports",
    "pages",
    "front_door",
    "search",
)
"""What runs where none is named. `reports` and `pages` take some minutes, to fill a database with a million calls. `outage`
takes as long as its outage, `walls` keeps the machine busy, and `transcription` and `insights` measure words and no
speed, so they are asked for by name."""
HAVE_LARGE = ("reports", "transcription")


def main(names: list[str], large: bool = False, keeping: bool = False) -> int:
    """Run the benchmarks one after the other, so that none is in another's way."""
    # Each command would compile every module again, which none does on a customer's machine.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    before, figures = read_baseline(), list[Figure]()
    for name in names or MODULES:
        Console(stderr=True).print(f"measuring: {name} …")
        measure = import_module(f"benchmarks.{name}").measure
        measured = measure(large=True) if large and name in HAVE_LARGE else measure()
        # Printed at once: what was measured stays seen, whatever happens to the rest.
        print_figures(measured, before)
        figures += measured
    if len({each.row for each in figures}) > 1:
        print_figures(sorted((each for each in figures if each.row), key=lambda each: each.row), before)
    if keeping:
        keep(figures)
    missed = [f"missed: {each.what}" for each in figures if each.met is False]
    fallen = [f"fallen: {each.what}" for each in figures if each.what in before and each.has_fallen(before[each.what])]
    print(*missed, *fallen, sep="\n")
    return 1 if missed or fallen else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of: {', '.join(MODULES)}; outage, transcription, walls, …"
    )
    parser.add_argument(
        "--large", action="store_true", help="reports over five million calls, transcription of an hour"
    )
    parser.add_argument("--keep", action="store_true", help="write what was measured into baseline.json")
    given = parser.parse_args()
    sys.exit(main(given.names, given.large, given.keep))

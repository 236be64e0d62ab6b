"""`python -m benchmarks [NAME …]`: run them, or those named, and print every figure beside what is wanted of it.

`--large` adds what takes very long: reports, over five million calls too. Ends with 0 where every judged figure is met, with 1
otherwise.
"""

from __future__ import annotations

import sys
from importlib import import_module

from rich.console import Console

from benchmarks.figures import print_figures

MODULES = ("acknowledge", "flow", "google_sync", "start", "claims", "leases", "script", "spool")
"""What runs where none is named. `reports` takes eight minutes, to roll up a million calls, `outage` as long as its outage, and
`transcription` measures words and no speed, so they are asked for by name."""
HAVE_LARGE = ("reports",)


def main(names: list[str], large: bool = False) -> int:
    """Run the benchmarks one after the other, so that none is in another's way."""
    met = True
    for name in names or (*MODULES, *(HAVE_LARGE if large else ())):
        Console(stderr=True).print(f"measuring: {name} …")
        measure = import_module(f"benchmarks.{name}").measure
        # Printed at once: what was measured stays seen, whatever happens to the rest.
        met = print_figures(measure(large=True) if large and name in HAVE_LARGE else measure()) and met
    return 0 if met else 1


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main([name for name in given if name != "--large"], "--large" in given))

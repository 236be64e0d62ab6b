"""`python -m benchmarks [NAME …]`: run them all, or those named, and print every figure beside what is wanted of it.

Ends with 0 where every judged figure is met, with 1 otherwise.
"""

from __future__ import annotations

import sys
from importlib import import_module

from rich.console import Console

from benchmarks.figures import Figure, print_figures

MODULES = ("acknowledge", "flow", "google_sync", "start", "claims", "script")


def main(names: list[str]) -> int:
    """Run the benchmarks one after the other, so that none is in another's way."""
    figures: list[Figure] = []
    for name in names or MODULES:
        Console(stderr=True).print(f"measuring: {name} …")
        figures += import_module(f"benchmarks.{name}").measure()
    return 0 if print_figures(figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

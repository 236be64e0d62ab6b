"""A figure: what was measured, and what is wanted of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the report; `met` is None where the figure is for information only."""

    what: str
    measured: str
    wanted: str = ""
    met: bool | None = None


def at_least(what: str, value: float, wanted: float, unit: str = "", detail: str = "") -> Figure:
    """A figure that must not be smaller than `wanted`."""
    return _judged(what, value, wanted, unit, detail, "at least", value >= wanted)


def at_most(what: str, value: float, wanted: float, unit: str = "", detail: str = "") -> Figure:
    """A figure that must not be greater than `wanted`."""
    return _judged(what, value, wanted, unit, detail, "at most", value <= wanted)


def spread(values: Iterable[float], unit: str = "") -> str:
    """The median of several runs, and how far apart they lie."""
    measured = sorted(values)
    return f"{_text(median(measured), unit)} ({_text(measured[0])} to {_text(measured[-1])})"


def print_figures(figures: Iterable[Figure]) -> bool:
    """Print the report; whether every figure that is judged is met."""
    load = f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} in the end"
    title = "What this machine measured (medians of 5)"
    table = Table("figure", "measured", "wanted", "verdict", title=title, caption=load)
    verdicts = {True: "[green]met[/]", False: "[red]missed[/]", None: "for information"}
    all_met = True
    for figure in figures:
        table.add_row(figure.what, figure.measured, figure.wanted, verdicts[figure.met])
        all_met = all_met and figure.met is not False
    Console(width=None if Console().is_terminal else 150).print(table)
    return all_met


def _judged(what: str, value: float, wanted: float, unit: str, detail: str, bound: str, met: bool) -> Figure:
    measured = _text(value, unit) + (f"; {detail}" if detail else "")
    return Figure(what=what, measured=measured, wanted=f"{bound} {_text(wanted, unit)}", met=met)


def _text(value: float, unit: str = "") -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{' ' + unit if unit else ''}"

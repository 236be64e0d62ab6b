"""A figure: what was measured, what is wanted of it, and what the machine of `baseline.json` measured."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from timeit import repeat

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the report; `met` is None where the figure is for information only.

    `value` is what the baseline is compared with, None where a comparison says nothing; `row` is the line of the table of
    goals (docs/performance.md) that it belongs to, 0 for none.
    """

    what: str
    measured: str
    wanted: str = ""
    met: bool | None = None
    value: float | None = None
    less_is_better: bool = True
    row: int = 0

    def has_fallen(self, before: float) -> bool:
        """Whether it is worse than `before` by more than a third."""
        if self.value is None:
            return False
        return self.value > before * 1.5 if self.less_is_better else self.value < before / 1.5


def at_least(what: str, value: float, wanted: float, unit: str = "", detail: str = "", row: int = 0) -> Figure:
    """A figure that must not be smaller than `wanted`."""
    return Figure(
        what=what, measured=_measured(value, unit, detail), wanted=f"at least {shown(wanted, unit)}", met=value >= wanted,
        value=value, less_is_better=False, row=row,
    )  # fmt: skip


def at_most(what: str, value: float, wanted: float, unit: str = "", detail: str = "", row: int = 0) -> Figure:
    """A figure that must not be greater than `wanted`."""
    return Figure(
        what=what, measured=_measured(value, unit, detail), wanted=f"at most {shown(wanted, unit)}", met=value <= wanted,
        value=value, row=row,
    )  # fmt: skip


def spread(values: Iterable[float], unit: str = "") -> str:
    """The median of several runs, and how far apart they lie."""
    measured = sorted(values)
    return f"{shown(median(measured), unit)} ({shown(measured[0])} to {shown(measured[-1])})"


def print_figures(figures: Iterable[Figure], before: Mapping[str, float] | None = None) -> None:
    """Print the report; `before`: what the baseline has of each figure, by its `what`."""
    load = f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} in the end; {_speed()}"
    title = "What this machine measured (medians of 5 where a spread is shown)"
    table = Table("#", "figure", "now", "wanted", "baseline", "verdict", title=title, caption=load)
    verdicts = {True: "[green]met[/]", False: "[red]missed[/]", None: "for information"}
    for figure in figures:
        kept = (before or {}).get(figure.what)
        verdict = verdicts[figure.met]
        if kept is not None and figure.has_fallen(kept):
            verdict += ", [red]fallen by more than a third[/]"
        table.add_row(
            str(figure.row or ""),
            figure.what,
            figure.measured,
            figure.wanted,
            "" if kept is None else shown(kept),
            verdict,
        )
    Console(width=None if Console().is_terminal else 160).print(table)


def shown(value: float, unit: str = "") -> str:
    """A value with as many digits as it is worth."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{' ' + unit if unit else ''}"


def _measured(value: float, unit: str, detail: str) -> str:
    return shown(value, unit) + (f"; {detail}" if detail else "")


def _speed() -> str:
    """How fast the machine is just now: one that is rented may take twice its usual time for the same work."""
    work = "for each in range(1_000_000): total += each"
    took = min(repeat(work, "total = 0", number=1, repeat=5))
    return f"a million additions in Python took {took * 1e3:.0f} ms"

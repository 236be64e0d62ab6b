"""The rounds of a chaos run and their totals, in a Markdown file from which the next run goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import median

from hub.platform.id_words import words_of
from hub.proof.chaos.check import MUST_BE_ZERO, ChaosReport

CERTAINTY = 0.95
COUNTS: Mapping[str, Sequence[str]] = {
    "lost": ("lost", "missing_calls", "missing_conversions", "missing_tasks", "lost_texts", "lost_forms"),
    "doubled": ("doubled_conversions", "doubled_tasks"),
    "lost_visitors": ("lost_visitors",),
}
"""The columns that add up figures of MUST_BE_ZERO; the rest of them are other problems."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round found: a database of its own, some faults, one check."""

    database: str
    faults: str
    seed: int
    played: int
    calls: int
    acknowledged: int
    lost: int
    doubled: int
    visitors: int
    lost_visitors: int
    other_problems: int
    ready_after: float
    """Seconds from the end of a fault to the first 200 of `/readyz`, the median."""
    minutes: float

    @classmethod
    def of(
        cls, database: str, faults: str, seed: int, report: ChaosReport, recoveries: Sequence[float], minutes: float
    ) -> Round:
        """The row of a round that has ended."""
        counts = {name: sum(getattr(report, each) for each in added) for name, added in COUNTS.items()}
        return cls(
            database=database,
            faults=faults,
            seed=seed,
            played=report.faults,
            calls=report.calls,
            acknowledged=report.acknowledged,
            visitors=report.visitors,
            other_problems=sum(getattr(report, name) for name in MUST_BE_ZERO) - sum(counts.values()),
            ready_after=round(median(recoveries), 1),
            minutes=round(minutes, 1),
            **counts,
        )


SUMMED = ("played", "calls", "acknowledged", "lost", "doubled", "visitors", "lost_visitors", "other_problems")


def read_rounds(file: Path) -> list[Round]:
    """The rounds that a report lists; none if the file does not exist yet."""
    text = file.read_text() if file.exists() else ""
    cells = [line.strip("|").split("|") for line in text.partition("## Rounds")[2].splitlines() if "|" in line][2:]
    types = (str, str, int, int, int, int, int, int, int, int, int, float, float)
    names = [each.name for each in fields(Round)]
    return [
        Round(**{name: of(cell.strip()) for name, of, cell in zip(names, types, row, strict=True)}) for row in cells
    ]


def write_rounds(file: Path, rounds: Sequence[Round]) -> None:
    """Write the report whole, so that a run that is killed leaves the one before."""
    header = [words_of(each.name) for each in fields(Round)]
    lines = [
        "# Report of `hub chaos`\n",
        *totals(rounds),
        "\n## Rounds\n",
        *_table(header, (astuple(each) for each in rounds)),
    ]
    draft = file.with_name(f"{file.name}.draft")
    draft.write_text("\n".join(lines) + "\n")
    draft.replace(file)


def totals(rounds: Iterable[Round]) -> Iterator[str]:
    """A table with a row for each database and choice of faults."""
    groups: dict[tuple[str, str], list[Round]] = {}
    for each in rounds:
        groups.setdefault((each.database, each.faults), []).append(each)
    header = ["database", "faults", *map(words_of, SUMMED), f"a fault does harm, at {CERTAINTY:.0%}"]
    return _table(header, ((*key, *_sums(group)) for key, group in groups.items()))


def _sums(group: Sequence[Round]) -> tuple[object, ...]:
    sums = {name: sum(getattr(each, name) for each in group) for name in SUMMED}
    harm = min(sums["played"], sums["lost"] + sums["doubled"] + sums["lost_visitors"] + sums["other_problems"])
    return *(f"{each:,}" for each in sums.values()), f"below {upper_bound(harm, sums['played']):.2%}"


def upper_bound(harm: int, played: int) -> float:
    """The rate of harm that `harm` in `played` faults exclude with `CERTAINTY` (one-sided Clopper-Pearson)."""
    low, high = harm / played, 1.0
    while high - low > 1e-9:
        rate = (low + high) / 2
        term = total = (1 - rate) ** played
        for count in range(harm):
            term *= (played - count) / (count + 1) * rate / (1 - rate)
            total += term
        low, high = (rate, high) if total > 1 - CERTAINTY else (low, rate)
    return high


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|---" * len(header) + "|"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"

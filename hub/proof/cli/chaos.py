"""`hub chaos`: play faults on a real hub while calls come in, then check that nothing is lost or doubled."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.errors import RingfenceError
from hub.platform.id_words import words_of
from hub.proof.chaos.check import MUST_BE_ZERO
from hub.proof.chaos.faults import Fault, chosen
from hub.proof.chaos.load import Callers
from hub.proof.chaos.run import Played, run_chaos

Faults = Annotated[
    str,
    typer.Option(
        "--faults",
        help="What happens to the hub, separated by commas: kill, db-stop, db-freeze, db-readonly, disk-full, clock, "
        "slow-client, evil-plugin. They take turns.",
    ),
]
Cycles = Annotated[int, typer.Option("--cycles", min=1, help="How many faults to play in all.")]
Minutes = Annotated[
    float, typer.Option("--minutes", min=0.05, help="How long each outage of the database (db-…) lasts.")
]
Calls = Annotated[int, typer.Option("--calls-per-cycle", min=1, help="Number of calls between two faults.")]
Seed = Annotated[int | None, typer.Option("--seed", help="The same seed plays the same calls and faults.")]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="An empty folder for the database and the log; kept after the run."),
]
Report = Annotated[Path | None, typer.Option("--report", help="Write the result to this file, as Markdown.")]


def chaos(
    faults: Faults = "kill",
    cycles: Cycles = 20,
    minutes: Minutes = 0.1,
    seed: Seed = None,
    calls_per_cycle: Calls = 8,
    folder: Folder = None,
    report: Report = None,
) -> None:
    """Play faults on a hub while calls, texts and forms come in, and check that nothing is lost or doubled.

    Needs no configuration: sandboxes take the place of Twilio, Google Ads and Salesforce. The faults of the database need
    PostgreSQL's programs on this machine, and `disk-full` needs root, because it mounts a small disk. Exits with status 1
    if something is lost or doubled, and then keeps the folder; with status 2 if a fault cannot be played here.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    wanted = chosen(each.strip() for each in faults.split(",") if each.strip())
    place = folder or Path(tempfile.mkdtemp(prefix="ringfence-chaos-"))
    place.mkdir(parents=True, exist_ok=True)
    if any(place.iterdir()):
        raise RingfenceError(f"{place} is not empty; name a new folder.")
    typer.echo(f"Seed {seed}")
    played = _run(place, wanted, cycles, minutes, seed, calls_per_cycle)
    _print(played)
    if report is not None:
        names = ",".join(each.name for each in wanted)
        again = f"hub chaos --faults {names} --cycles {cycles} --minutes {minutes:g} --seed {seed}"
        report.write_text(write_report(played, wanted, f"{again} --calls-per-cycle {calls_per_cycle}"))
        typer.echo(f"Wrote {report}.")
    _end(played, place, keep=folder is not None)


def _run(place: Path, faults: Sequence[Fault], cycles: int, minutes: float, seed: int, calls_per_cycle: int) -> Played:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[seen]}"),
    )
    with Progress(*columns) as progress:
        task = progress.add_task("Playing faults", total=cycles, seen="")

        def tell(cycle: int, fault: str, callers: Callers) -> None:
            seen = f"{fault}; {len(callers.calls)} calls, {len(callers.acknowledged)} webhooks acknowledged"
            words = "Playing faults" if cycle < cycles else "Waiting until all work is done"
            progress.update(task, completed=cycle, seen=seen, description=words)

        return run_chaos(
            place,
            cycles=cycles,
            seed=seed,
            calls_per_cycle=calls_per_cycle,
            faults=faults,
            outage_seconds=minutes * 60,
            tell=tell,
        )


def _print(played: Played) -> None:
    report, screen = played.report, Console()
    assert report is not None
    figures = Table("figure", title=f"Result of {report.faults} faults (seed {played.seed})")
    figures.add_column("is", justify="right")
    figures.add_column("must be", justify="right")
    for name, value in report.lines():
        must = "0" if name in MUST_BE_ZERO else ""
        figures.add_row(words_of(name), str(value), must, style="bold red" if must and value else None)
    ledger = Table("fault", "what", title="Ledger")
    for column in ("played", "once", "lost", "doubled", "refused"):
        ledger.add_column(column, justify="right")
    for row in report.ledger:
        counts = (row.played, row.once, row.lost, row.doubled, row.refused)
        ledger.add_row(row.fault, f"{row.kind}s", *map(str, counts), style="red" if row.lost or row.doubled else None)
    screen.print(figures, ledger)
    for fault, took in played.recoveries.items():
        screen.print(
            f"{fault}: ready again {sorted(took)[len(took) // 2]:.1f} s after it (median), {max(took):.1f} s at most"
        )


def _end(played: Played, place: Path, *, keep: bool) -> None:
    assert played.report is not None
    problems = played.report.problems()
    if problems or keep:
        typer.echo(f"The database and the log are in {place}.")
    else:
        shutil.rmtree(place, ignore_errors=True)
    for problem in problems:
        typer.secho(problem[0].upper() + problem[1:] + ".", fg=typer.colors.RED, err=True)
    if problems:
        raise typer.Exit(1)


def write_report(played: Played, faults: Sequence[Fault], command: str) -> str:
    """What was played, what became of it, and the command that plays it again."""
    return "\n".join(_lines(played, faults, command)) + "\n"


def _lines(played: Played, faults: Sequence[Fault], command: str) -> Iterator[str]:
    report = played.report
    assert report is not None, "the run has ended"
    problems = report.problems()
    yield "# Report of a chaos run"
    yield ""
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}: {report.faults} faults in {played.seconds / 60:.0f} minutes on {os.cpu_count()} "
        f"cores, seed {played.seed}. The providers are sandboxes that keep running."
    )
    yield ""
    yield f"    {command}"
    yield ""
    yield f"**{'Everything is there once.' if not problems else 'Not everything is as it must be:'}**"
    yield from (f"\n- {each}" for each in problems)
    yield ""
    yield "## Faults"
    yield ""
    yield "| fault | played | what happens | how it ends | ready again after it (median, longest) |"
    yield "|---|---|---|---|---|"
    for fault in faults:
        took = played.recoveries.get(fault.name) or [0.0]
        count = len(played.recoveries.get(fault.name, ()))
        yield f"| `{fault.name}` | {count} | {fault.does} | {fault.ends} | {median(took):.1f} s, {max(took):.1f} s |"
    yield ""
    yield f"All work was done {played.settled:.0f} seconds after the last webhook."
    yield ""
    yield "## Ledger"
    yield ""
    yield "*Refused* are attempts without an acknowledgement; the carrier or the page repeated each."
    yield ""
    yield "| fault | what | played | once | lost | doubled | refused |"
    yield "|---|---|---|---|---|---|---|"
    for row in report.ledger:
        yield (
            f"| `{row.fault}` | {row.kind}s | {row.played} | {row.once} | {row.lost} | {row.doubled} | {row.refused} |"
        )
    yield ""
    yield "## Figures"
    yield ""
    yield "| figure | is | must be |"
    yield "|---|---|---|"
    for name, value in report.lines():
        yield f"| {words_of(name)} | {value} | {'0' if name in MUST_BE_ZERO else ''} |"

"""`hub chaos`: kill a real hub repeatedly while calls come in, then check that nothing is lost or doubled."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.errors import RingfenceError

if TYPE_CHECKING:
    from hub.chaos.check import ChaosReport
    from hub.chaos.load import Callers

Cycles = Annotated[int, typer.Option("--cycles", min=1, help="How many times to kill the hub.")]
Calls = Annotated[int, typer.Option("--calls-per-cycle", min=1, help="Number of calls between two kills of the hub.")]
Seed = Annotated[int | None, typer.Option("--seed", help="The same seed plays the same calls and kills.")]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="An empty folder for the database and the log; kept after the run."),
]


def register(app: typer.Typer) -> None:
    """Add the command to `hub`."""
    app.command("chaos")(chaos)


def chaos(cycles: Cycles = 20, seed: Seed = None, calls_per_cycle: Calls = 8, folder: Folder = None) -> None:
    """Kill a hub with SIGKILL while calls come in, and check that nothing is lost or doubled.

    Needs no configuration: sandboxes take the place of Twilio, Google Ads and Salesforce. Exits with status 1 if
    something is lost or doubled, and then keeps the folder.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    place = folder or Path(tempfile.mkdtemp(prefix="ringfence-chaos-"))
    place.mkdir(parents=True, exist_ok=True)
    if any(place.iterdir()):
        raise RingfenceError(f"{place} is not empty; name a new folder.")
    report = _run(place, cycles, seed, calls_per_cycle)
    _print(report, seed)
    problems = report.problems()
    if problems or folder:
        typer.echo(f"The database and the log are in {place}.")
    else:
        _remove(place)
    for problem in problems:
        typer.secho(problem[0].upper() + problem[1:] + ".", fg=typer.colors.RED, err=True)
    if problems:
        raise typer.Exit(1)


def _run(place: Path, cycles: int, seed: int, calls_per_cycle: int) -> ChaosReport:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from hub.chaos.run import run_chaos

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[seen]}"),
    )
    with Progress(*columns) as progress:
        task = progress.add_task("Killing the hub", total=cycles, seen="")

        def tell(cycle: int, callers: Callers) -> None:
            seen = f"{len(callers.calls)} calls, {len(callers.acknowledged)} webhooks acknowledged"
            words = "Killing the hub" if cycle < cycles else "Waiting until all work is done"
            progress.update(task, completed=cycle, seen=seen, description=words)

        return run_chaos(place, cycles=cycles, seed=seed, calls_per_cycle=calls_per_cycle, tell=tell)


def _print(report: ChaosReport, seed: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from hub.chaos.check import FAULTS

    table = Table(title=f"Result of {report.kills} kills (seed {seed})")
    table.add_column("figure")
    table.add_column("is", justify="right")
    table.add_column("must be", justify="right")
    for name, value in report.lines():
        must = "0" if name in FAULTS else ""
        style = "bold red" if must and value else None
        table.add_row(name.replace("_", " "), str(value), must, style=style)
    Console().print(table)


def _remove(place: Path) -> None:
    import shutil

    shutil.rmtree(place, ignore_errors=True)

"""`hub chaos`: play faults on a real hub while calls come in, then check that nothing is lost or doubled."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.platform.id_words import words_of
from hub.proof.chaos.check import MUST_BE_ZERO, ChaosReport
from hub.proof.chaos.faults import chosen
from hub.proof.chaos.load import Callers
from hub.proof.chaos.rounds import Round, read_rounds, totals, write_rounds
from hub.proof.chaos.run import Database, run_chaos

Faults = Annotated[
    str,
    typer.Option(
        "--faults",
        help="What happens to the hub, separated by commas: kill, db-stop, db-freeze, db-readonly, disk-full, clock, "
        "slow-client, evil-plugin. They take turns.",
    ),
]
Cycles = Annotated[int, typer.Option("--cycles", min=1, help="How many faults to play in all.")]
OnDatabase = Annotated[
    Database,
    typer.Option("--database", help="The database of the hub; the faults of the database (db-…) need PostgreSQL."),
]
Minutes = Annotated[
    float, typer.Option("--minutes", min=0.05, help="How long each outage of the database (db-…) lasts.")
]
Calls = Annotated[int, typer.Option("--calls-per-cycle", min=1, help="Number of calls between two faults.")]
Seed = Annotated[int | None, typer.Option("--seed", help="The same seed plays the same calls and faults.")]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="The folder for databases and logs; what a round without problems wrote is deleted."),
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report", help="Write each round and the totals to this Markdown file; a run with a report goes on from it."
    ),
]
ROUND = 200
"""Faults in one round, which has a database of its own and is checked at its end."""


def chaos(
    faults: Faults = "kill",
    cycles: Cycles = 20,
    database: OnDatabase = "sqlite",
    minutes: Minutes = 0.1,
    seed: Seed = None,
    calls_per_cycle: Calls = 4,
    folder: Folder = None,
    report: Report = None,
) -> None:
    """Play faults on a hub while calls, texts and forms come in, and check that nothing is lost or doubled.

    Needs no configuration: sandboxes take the place of Twilio, Google Ads and Salesforce. PostgreSQL's programs must be
    on this machine for `--database postgresql`, and `disk-full` needs root, because it mounts a small disk. Exits with
    status 1 if something is lost or doubled, and then keeps the folder; with status 2 if a fault cannot be played here.
    """
    wanted = chosen(each.strip() for each in faults.split(",") if each.strip())
    names = ", ".join(each.name for each in wanted)
    if any(each.needs == "postgres" for each in wanted):
        database = "postgresql"
    rounds = read_rounds(report) if report is not None else []
    done = sum(each.played for each in rounds if (each.database, each.faults) == (database, names))
    place = folder or Path(tempfile.mkdtemp(prefix="ringfence-chaos-"))
    harmed = False
    with Progress(*_columns()) as progress:
        task = progress.add_task("Playing faults", total=cycles, completed=done, seen="")
        while done < cycles:
            own = secrets.randbelow(1_000_000) if seed is None else seed + len(rounds)
            round_folder, size, before = place / f"round-{own}", min(ROUND, cycles - done), done
            round_folder.mkdir(parents=True)

            def tell(cycle: int, fault: str, callers: Callers, before: int = before, seed: int = own) -> None:
                seen = f"seed {seed}, {fault}; {len(callers.calls)} calls, {len(callers.acknowledged)} webhooks acknowledged"
                progress.update(task, completed=before + cycle, seen=seen)

            played = run_chaos(
                round_folder,
                cycles=size,
                seed=own,
                calls_per_cycle=calls_per_cycle,
                faults=wanted,
                database=database,
                outage_seconds=minutes * 60,
                tell=tell,
            )
            found = Round.of(database, names, own, played.report, played.recoveries, played.seconds / 60)
            rounds.append(found)
            done += size
            if report is not None:
                write_rounds(report, rounds)
            harmed |= _tell_of(progress.console, played.report, round_folder)
    typer.echo("\n".join(totals(rounds)))
    if harmed:
        raise typer.Exit(1)


def _columns() -> tuple[BarColumn | TextColumn | MofNCompleteColumn | TimeElapsedColumn, ...]:
    seen = TextColumn("{task.fields[seen]}")
    return TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), seen


def _tell_of(screen: Console, report: ChaosReport, folder: Path) -> bool:
    """Print the figures of a round that found problems, and keep its folder; delete that of any other."""
    problems = report.problems()
    if not problems:
        shutil.rmtree(folder, ignore_errors=True)
        return False
    figures = Table("figure", title=f"Result of {report.faults} faults; database and log are in {folder}")
    figures.add_column("is", justify="right")
    figures.add_column("must be", justify="right")
    for name, value in report.lines():
        must = "0" if name in MUST_BE_ZERO else ""
        figures.add_row(words_of(name), str(value), must, style="bold red" if must and value else None)
    screen.print(figures, *(problem[0].upper() + problem[1:] + "." for problem in problems), sep="\n")
    return True

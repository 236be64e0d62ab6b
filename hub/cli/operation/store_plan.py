"""`hub store`: how large the database is and will be, and what moves out of it."""

from __future__ import annotations

import shutil
from functools import partial
from typing import Annotated

import typer

from hub.backup.old_calls import archive_files, archive_next, is_whole
from hub.cli.operation.backup import hub_alone
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, counted, say
from hub.errors import CannotDo
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.queries.status.store_plan import ARCHIVE, StorePlan, TablePlan, store_plan
from hub.startup.database import open_store
from hub.startup.reading import read_config
from hub.store.dialects import database_file

commands = typer.Typer(
    help="How large the database is and will be, and the archive of old calls.", no_args_is_help=True
)
GB = 1e9
FIGURES = only("table", "bytes", "rows", "monthly_bytes")
YEARS = (12, 24, 60)
"""The months for which a plan says the size."""


@commands.command("plan")
@listing
def plan(
    calls: Annotated[
        float | None, typer.Option(min=1, help="Plan for this many calls a month instead of those of the last 30 days.")
    ] = None,
    disk_gb: Annotated[
        float | None,
        typer.Option("--disk-gb", min=0, help="Size of the database's disk, if it is on another machine."),
    ] = None,
    config: ConfigFile = CONFIG,
) -> Listing:
    """Say how large each table is, how it grows, when the disk is full, and what a shorter retention would save."""
    loaded = read_config(config)
    with open_store(loaded) as store:
        with store.reading() as session:
            planned = store_plan(session, loaded.retention, utc_now(), calls, loaded.hub.archive_calls_after)
        file = database_file(store.url)
    limit = disk_gb * GB if disk_gb is not None else None
    if limit is None and file is not None:
        limit = planned.after(0) + shutil.disk_usage(file.parent).free
    return Listing(
        "Tables with their indexes, the largest in the end first", planned.tables[:15],
        ("table", ("rows", lambda row: f"{row.rows:,}"), ("now", lambda row: size(row.bytes)),
         ("in 30 days", lambda row: f"+{size(row.monthly_bytes)}"),
         *((f"in {months // 12} y", lambda row, months=months: size(row.after(months))) for months in YEARS),
         ("ends", lambda row: f"{row.share:.0%} after {row.life.days:,} days ({row.setting})" if row.life else "never")),
        data=lambda row: {**FIGURES(row), **{f"after_{months}_months": row.after(months) for months in YEARS}},
        notes=[*_summary(planned, limit), *_savings(planned)],
    )  # fmt: skip


@commands.command("archive")
def archive(config: ConfigFile = CONFIG) -> None:
    """Move calls that are older than `hub.archive_calls_after` into Parquet files now; a worker does it every hour."""
    with hub_alone(config) as hub:
        if hub.config.hub.archive_calls_after is None:
            raise CannotDo("Write `archive_calls_after: 30mo` below `hub:` in config.yaml first.")
        moved = sum(iter(partial(archive_next, hub), 0))
    say(f"{counted(moved, 'call')} moved.")


@commands.command("archived")
@listing
def archived(
    check: Annotated[
        bool, typer.Option("--check", help="Read each file, and compare it with what was written.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List the files of old calls, oldest month first."""
    with hub_alone(config) as hub:
        with hub.store.reading() as session:
            rows = archive_files(session)
        broken = [row.path for row in rows if check and not is_whole(hub, row)]
    return Listing(
        "Files of old calls in the storage of recordings",
        rows,
        (("month", lambda row: f"{row.month:%Y-%m}"), ("calls", lambda row: f"{row.calls:,}"),
         ("size", lambda row: size(row.size)), "path"),
        data=only("month", "company_id", "calls", "size", "path", "sha256", "archived_at"),
        nothing="No calls are archived.",
        notes=[f"{path} is missing or damaged; restore it from a backup." for path in broken],
        failed=bool(broken),
    )  # fmt: skip


def size(count: float) -> str:
    """Bytes for people."""
    for unit, step in (("GB", GB), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:,.1f} {unit}"
    return f"{count:.0f} B"


def _summary(planned: StorePlan, limit: float | None) -> list[str]:
    later = ", ".join(f"{size(planned.after(months))} in {months // 12} y" for months in YEARS)
    said = [f"{planned.monthly_calls:,.0f} calls in 30 days; {size(planned.after(0))} now, {later}."]
    if limit is None:
        return [*said, "The disk of the server is not known here; give its size with --disk-gb."]
    months = planned.months_until(limit)
    if months is None:
        return [*said, f"{size(limit)} of disk are enough for a hundred years at this rate."]
    first = max(planned.tables, key=lambda each: each.monthly_bytes)
    return [*said, f"The disk ({size(limit)} for the database) is full in month {months}; {first.table} grows fastest."]


def _savings(planned: StorePlan) -> list[str]:
    def saved(each: TablePlan) -> float:
        return (
            each.share * each.monthly_bytes * (each.life.days / 30) / 2
            if each.life and each.setting != ARCHIVE
            else 0.0
        )

    best = sorted((each for each in planned.tables if saved(each)), key=saved, reverse=True)[:3]
    return [
        f"retention.{each.setting} of {each.life.days // 2:,} instead of {each.life.days:,} days saves {size(saved(each))} in "
        f"{each.table} in the end."
        for each in best
        if each.life
    ]

"""`hub privacy retention`: how long each kind of personal data is kept, and whether it is deleted on time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.output import CONFIG, ConfigFile, counted, plain
from hub.config.retention import spell_life
from hub.platform.clock import utc_now
from hub.privacy.holds import on_hold
from hub.privacy.retention import Holding, holdings
from hub.startup.database import open_store
from hub.startup.reading import read_config


@listing
def retention(config: ConfigFile = CONFIG) -> Listing:
    """Show how long each table's personal data is kept, its number of rows, the rows overdue by more than a day, and the
    rows that a legal hold keeps longer.

    Exits with status 1 if a row is overdue: the hub did not run, or its sweeper does not work.
    """
    loaded = read_config(config, sandbox=True)
    now = utc_now()
    with open_store(loaded) as store, store.reading() as session:
        found = list(holdings(session, loaded.retention, now, on_hold(session, loaded, now)))
    late = {each.name: each.past for each in found if each.past}
    return Listing(
        "What is kept, and until when (config.yaml, retention:)", found,
        (("what", "name"), "category", "kind", ("life", lambda each: spell_life(each.life)),
         ("then", lambda each: "emptied" if each.ending == "own" else each.ending), "rows",
         ("oldest (UTC)", minutes("oldest")), ("past retention", lambda each: _past(each.past)), ("on hold", "held")),
        data=lambda each: {**asdict(each), "life": each.life.total_seconds(), "life_days": each.life.days},
        document=lambda kept: {"ok": not late, "kept": kept}, notes=list(_notes(found, late)), failed=bool(late)
    )  # fmt: skip


def _notes(found: Sequence[Holding], late: Mapping[str, int]) -> Iterator[str]:
    for kind, reason in sorted({(each.kind, each.reason) for each in found if each.reason}):
        yield f"{kind} is kept longer than by default: {plain(reason)}"
    held = {each.name: each.held for each in found if each.held}
    if held:
        yield f"Kept past their retention period by a legal hold, until it is lifted: {_counts(held)}."
    if late:
        yield (
            f"[red]Past their retention period by more than 24 hours: {_counts(late)}.[/red] Keep the hub running; it deletes "
            "them within minutes."
        )
    else:
        yield f"[green]No row is past its retention period by more than 24 hours[/green] ({counted(len(found), 'line')})."


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{plain(name)} {count:,}" for name, count in rows.items())


def _past(rows: int) -> str:
    return f"[red]{rows:,}[/red]" if rows else "0"

"""`hub numbers`: compare our tracking numbers with the carriers'; search, buy, configure webhooks, release."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli.numbers import audit, buy, ports
from hub.cli.numbers.carriers import Carrier, able_carriers, read_number
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, Agreed, ConfigFile, Sandboxed, plain, say
from hub.errors import CannotDo, RingfenceError
from hub.hookspecs import NumberHooks
from hub.numbers.directory import Line
from hub.numbers.ownership import Compared
from hub.numbers.pointing import check_carriers, point_here
from hub.numbers.rest.rest_actions import end_rest, put_back, put_to_rest, release_number
from hub.numbers.rest.rules import REST
from hub.queries.lookup import known
from hub.startup.opening import Opened, open_hub
from hub.startup.reading import read_config

commands = typer.Typer(help="List, search, buy, configure, port and release tracking numbers.", no_args_is_help=True)
for each in (audit.audit, audit.spending, buy.search, buy.buy, buy.cap, ports.port, ports.ports):
    commands.command()(each)


@commands.command("list")
@listing
def list_numbers(connector: Carrier = None, sandbox: Sandboxed = False, config: ConfigFile = CONFIG) -> Listing:
    """List our numbers beside the carriers' numbers. Exits with status 1 if a carrier does not answer."""
    loaded = read_config(config, sandbox=sandbox)
    with open_hub(loaded) as opened:
        sides = check_carriers(
            opened.hub, opened.directory.current(), able_carriers(opened, connector, NumberHooks.list_numbers)
        )
    notes = [
        f"[red]✗ {plain(each.connector)}: {plain(each.trouble)}[/red]" for each in sides if each.trouble is not None
    ]
    rows = [{"connector": side.connector, **_number(each)} for side in sides for each in side.numbers]
    if any(row["standing"] == "elsewhere" for row in rows):
        notes.append(
            "[yellow]Calls to numbers that point elsewhere do not come here;[/yellow] hub numbers configure --all."
        )
    return Listing(
        "Our numbers and the carriers'", rows,
        (("carrier", "connector"), "number", "tracker", "bought", ("label there", "label"), ("webhooks", _webhooks)),
        document=lambda _: [
            {"connector": each.connector, "trouble": each.trouble, "numbers": list(map(_number, each.numbers))}
            for each in sides
        ],
        notes=notes, failed=any(each.trouble is not None for each in sides), optional=("label there", "bought", "carrier")
    )  # fmt: skip


@commands.command("configure")
def configure(
    numbers: Annotated[list[str] | None, typer.Argument(help="Tracking numbers, E.164.", metavar="NUMBER…")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All our numbers.")] = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Point the webhooks and the fallback of our numbers at this hub. Exits with status 1 if one could not be changed."""
    if bool(numbers) == everything:
        raise CannotDo("Give tracking numbers, or --all; hub numbers list shows them.")
    wanted = [read_number(each) for each in numbers or ()]
    loaded = read_config(config, sandbox=sandbox)
    with open_hub(loaded) as opened:
        directory = opened.directory.current()
        lines = directory.lines
        known = {**{each: line for each, line in directory.resting.items() if not line.number.released_at}, **lines}
        strange = [number for number in wanted if number not in known]
        if strange:
            raise CannotDo(
                f"{len(strange)} of the numbers are not our tracking numbers; add them to config.yaml first."
            )
        failed = [number for number in wanted or sorted(lines) if not _point(opened, known[number])]
    if failed:
        raise typer.Exit(1)


@commands.command("release")
def release(
    number: Annotated[str, typer.Argument(help="The number, E.164.")],
    connector: Annotated[
        str | None, typer.Option(help="Its carrier connector, for a number that was never ours.", metavar="NAME")
    ] = None,
    early: Annotated[bool, typer.Option("--early", help="Before its rest has ended.")] = False,
    agreed: Agreed = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Give a number back to its carrier. You lose it: another customer may get it, and the calls to your old ads with it."""
    wanted = read_number(number)
    loaded = read_config(config, sandbox=sandbox)
    if connector is not None:
        known(connector, loaded.connectors, "connector")
    with open_hub(loaded) as opened:
        if not agreed:
            typer.confirm(f"Give {wanted} back to its carrier? This cannot be undone", abort=True)
        carrier = release_number(opened.hub, wanted, actor(), connector=connector, early=early)
    say(f"[green]✓[/green] {wanted} was released to {plain(carrier)}.")


@commands.command("rest")
def rest(
    number: Annotated[str, typer.Argument(help="The number, E.164.")],
    undo: Annotated[bool, typer.Option("--undo", help="Use a resting number again.")] = False,
    end: Annotated[
        bool, typer.Option("--end", help="End its rest now; late callers are counted wrongly or lost.")
    ] = False,
    agreed: Agreed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Take a bought number out of use: no visitor is shown it, and who knows it still reaches you. After a rest it can be
    released."""
    wanted = read_number(number)
    if undo and end:
        raise CannotDo("Give --undo to use the number again, or --end to end its rest; not both.")
    with open_hub(read_config(config)) as opened:
        if end and not agreed:
            typer.confirm(
                f"End the rest of {wanted}? Who noted it before then reaches a stranger, or counts for the next tracker",
                abort=True,
            )
        (end_rest if end else put_back if undo else put_to_rest)(opened.hub, wanted, actor())
    done = {undo: "is in use again.", end: "does not rest any more."}.get(True)
    say(f"{wanted} {done}" if done else f"{wanted} is out of use; release it after {REST.days} days.")


def _point(opened: Opened, line: Line) -> bool:
    number = line.number.number
    try:
        point_here(opened.hub, line, actor())
    except RingfenceError as error:
        say(f"[red]✗[/red] {number}: {plain(error)}")
        return False
    say(f"[green]✓[/green] {number} ({plain(line.company.name)}/{plain(line.tracker.name)}) points here.")
    return True


def _webhooks(row: dict[str, Any]) -> str:
    marks = {"well": "[green]here[/green]", "not in config.yaml": "[dim]not in config.yaml[/dim]"}
    elsewhere = ", ".join(row["points_to"]) if row["standing"] == "elsewhere" else row["standing"]
    return marks.get(row["standing"]) or f"[red]{plain(elsewhere)}[/red]"


def _number(each: Compared) -> dict[str, Any]:
    return {
        "number": each.number,
        "tracker": each.tracker,
        "bought": bool(each.line and each.line.number.bought),
        "provider_id": each.owned.provider_id if each.owned else None,
        "label": each.owned.label if each.owned else None,
        "standing": each.standing,
        "points_to": each.hosts,
    }

"""`hub numbers`: compare our tracking numbers with the carriers'; search, buy, configure webhooks, release."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.support.output import CONFIG, Agreed, AsJson, ConfigFile, Sandboxed, echo_json, plain, say, table
from hub.errors import CannotDo, RingfenceError

if TYPE_CHECKING:
    from hub.config.models import Config
    from hub.contracts.numbers import NumberOffer
    from hub.contracts.values import Money
    from hub.numbers.directory import Line
    from hub.numbers.ownership import Side
    from hub.startup import Opened

commands = typer.Typer(help="List, search, buy, configure, port and release tracking numbers.", no_args_is_help=True)
NUMBER_KINDS = ("local", "toll_free", "mobile")
Carrier = Annotated[str | None, typer.Argument(help="Only this carrier connector.", metavar="CONNECTOR")]


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    from hub.cli.numbers import ports

    ports.register(commands)
    app.add_typer(commands, name="numbers")


@commands.command("list")
def list_numbers(
    connector: Carrier = None, sandbox: Sandboxed = False, as_json: AsJson = False, config: ConfigFile = CONFIG
) -> None:
    """List our numbers beside the carriers' numbers. Exits with status 1 if a carrier does not answer."""
    from hub.hookspecs import NumberHooks
    from hub.numbers.ownership import compare
    from hub.startup import open_hub, read_config

    loaded = read_config(config, sandbox=sandbox)
    with open_hub(loaded) as opened:
        sides = compare(
            opened.hub, opened.directory.current(), able_carriers(opened, connector, NumberHooks.list_numbers)
        )
    if as_json:
        echo_json([_plain_side(side) for side in sides])
    else:
        for side in sides:
            _print_side(side)
    if any(side.trouble is not None for side in sides):
        raise typer.Exit(1)


@commands.command("search")
def search(
    connector: Carrier = None,
    country: Annotated[str, typer.Option(help="ISO 3166 country of the number.", metavar="CODE")] = "US",
    kind: Annotated[str, typer.Option(help="local, toll_free or mobile.", metavar="KIND")] = "local",
    area_code: Annotated[str | None, typer.Option(help="Only this area code.", metavar="DIGITS")] = None,
    contains: Annotated[str | None, typer.Option(help="Only with these digits, * for any.", metavar="DIGITS")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Maximum number that each carrier lists.")] = 10,
    sandbox: Sandboxed = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Search for numbers that can be bought now. Exits with status 1 if a carrier does not answer."""
    from hub.contracts.numbers import NumberQuery
    from hub.hookspecs import NumberHooks
    from hub.startup import open_hub, read_config

    if kind not in NUMBER_KINDS:
        raise CannotDo(f"{kind!r} is not a kind of number; choose one of {', '.join(NUMBER_KINDS)}.")
    query = NumberQuery(country=country.upper(), kind=kind, area_code=area_code, contains=contains, limit=limit)  # type: ignore[arg-type]
    loaded = read_config(config, sandbox=sandbox)
    offers: list[tuple[str, NumberOffer]] = []
    troubles = []
    with open_hub(loaded) as opened:
        for name in able_carriers(opened, connector, NumberHooks.search_numbers):
            try:
                offers += [(name, offer) for offer in opened.hub.plugins.call(name, NumberHooks.search_numbers, query)]
            except RingfenceError as error:
                troubles.append(f"{name}: {error}")
    if as_json:
        echo_json({"offers": [_plain_offer(name, offer) for name, offer in offers], "troubles": troubles})
    else:
        _print_offers(offers)
        for trouble in troubles:
            say(f"[red]{plain(trouble)}[/red]")
    if troubles:
        raise typer.Exit(1)


@commands.command("buy")
def buy(
    number: Annotated[str, typer.Argument(help="The number, E.164, as hub numbers search lists it.")],
    tracker: Annotated[str, typer.Option(help="The tracker that gets the number.", metavar="COMPANY/TRACKER")],
    max_price: Annotated[
        str | None, typer.Option(help="Maximum price per month, like '2 USD'.", metavar="AMOUNT")
    ] = None,
    agreed: Agreed = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Buy a number for a tracker, and point its webhooks at this hub.

    With --max-price it is bought only at a known price up to that amount. Without it you are asked to confirm; --yes
    confirms.
    """
    from hub.cli.support.audit_note import note
    from hub.hookspecs import NumberHooks
    from hub.numbers import buying
    from hub.numbers.ownership import keep_bought, points_here, setup_of
    from hub.startup import open_hub, read_config

    cap, wanted = _money(max_price), read_number(number)
    loaded = read_config(config, sandbox=sandbox)
    company, carrier = _tracker(loaded, tracker)
    with open_hub(loaded) as opened:
        hub, directory = opened.hub, opened.directory.current()
        if wanted in directory.lines:
            raise CannotDo("That number is already ours; hub numbers list shows its tracker.")
        offer = buying.find_offer(hub, carrier, wanted, company.country)
        price = offer.monthly_price if offer else None
        if buying.decide(price, cap, agreed=agreed) == "ask":
            costs = f"for {price} a month" if price else "though its price is not known"
            typer.confirm(f"Buy {wanted} at {carrier} for {tracker}, {costs}?", abort=True)
        setup = setup_of(loaded, carrier, wanted, label=f"{company.title}: {tracker.partition('/')[2]}")
        owned = buying.buy(hub, carrier, setup)
        named = next(each for each in directory.trackers[directory.companies[company.name].id]
                     if each.name == tracker.partition("/")[2])  # fmt: skip
        with hub.store.writing() as session:
            keep_bought(session, named.id, wanted)
            note(session, hub.clock(), "numbers.buy", wanted, f"{tracker} at {carrier}, {price or 'price not known'}")
        say(f"[green]✓[/green] {wanted} is {plain(tracker)}'s now ({plain(owned.provider_id)}).")
        if not points_here(setup, owned):
            try:
                hub.plugins.call(carrier, NumberHooks.configure_number, setup)
            except RingfenceError as error:
                raise CannotDo(
                    f"It was bought, but its webhooks could not be pointed here: {error} Then: hub numbers configure {wanted}"
                ) from None


@commands.command("configure")
def configure(
    numbers: Annotated[list[str] | None, typer.Argument(help="Tracking numbers, E.164.", metavar="NUMBER…")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All our numbers.")] = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Point the webhooks and the fallback of our numbers at this hub. Exits with status 1 if one could not be changed."""
    from hub.startup import open_hub, read_config

    if bool(numbers) == everything:
        raise CannotDo("Give tracking numbers, or --all; hub numbers list shows them.")
    wanted = [read_number(each) for each in numbers or ()]
    loaded = read_config(config, sandbox=sandbox)
    with open_hub(loaded) as opened:
        lines = opened.directory.current().lines
        strange = [number for number in wanted if number not in lines]
        if strange:
            raise CannotDo(
                f"{len(strange)} of the numbers are not our tracking numbers; add them to config.yaml first."
            )
        failed = [number for number in wanted or sorted(lines) if not _point(opened, lines[number])]
    if failed:
        raise typer.Exit(1)


@commands.command("release")
def release(
    number: Annotated[str, typer.Argument(help="The number, E.164.")],
    connector: Annotated[
        str | None, typer.Option(help="Its carrier connector, for a number that was never ours.", metavar="NAME")
    ] = None,
    agreed: Agreed = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Give a number back to its carrier. You lose it: another customer may get it, and the calls to your old ads with it."""
    from hub.cli.support.audit_note import note
    from hub.hookspecs import NumberHooks
    from hub.numbers.ownership import carrier_of, retire
    from hub.queries.lookup import known
    from hub.startup import open_hub, read_config

    wanted = read_number(number)
    loaded = read_config(config, sandbox=sandbox)
    if any(wanted in tracker.numbers for company in loaded.companies for tracker in company.trackers):
        raise CannotDo("config.yaml still uses that number; remove it there first, so that no ad shows it anymore.")
    with open_hub(loaded) as opened:
        hub = opened.hub
        with hub.store.reading() as session:
            carrier = connector or carrier_of(session, wanted)
        if carrier is None:
            raise CannotDo("That number is not ours; name its carrier with --connector to release it anyway.")
        known(carrier, loaded.connectors, "connector")
        if not agreed:
            typer.confirm(f"Give {wanted} back to {carrier}? This cannot be undone", abort=True)
        hub.plugins.call(carrier, NumberHooks.release_number, wanted)
        with hub.store.writing() as session:
            retire(session, wanted, hub.clock())
            note(session, hub.clock(), "numbers.release", wanted, carrier)
    say(f"[green]✓[/green] {wanted} was released to {plain(carrier)}.")


def _point(opened: Opened, line: Line) -> bool:
    from hub.cli.support.audit_note import note
    from hub.hookspecs import NumberHooks
    from hub.numbers.ownership import setup_of

    hub, number, carrier = opened.hub, line.number.number, line.tracker.carrier
    label = f"{line.company.title}: {line.tracker.name}"
    try:
        if carrier not in hub.plugins.connectors:
            raise CannotDo(f"Its carrier {carrier!r} is not in config.yaml.")
        hub.plugins.call(carrier, NumberHooks.configure_number, setup_of(hub.config, carrier, number, label))
    except RingfenceError as error:
        say(f"[red]✗[/red] {number}: {plain(error)}")
        return False
    with hub.store.writing() as session:
        note(session, hub.clock(), "numbers.configure", number, carrier)
    say(f"[green]✓[/green] {number} ({plain(line.company.name)}/{plain(line.tracker.name)}) points here.")
    return True


def able_carriers(opened: Opened, connector: str | None, hook: Callable[..., Any]) -> list[str]:
    """The carrier connectors that can do something, or only `connector` if it can; CannotDo if none can."""
    from hub.queries.lookup import known

    able = opened.hub.plugins.with_hook(hook)
    if connector is not None:
        return [known(connector, able, "carrier connector that can do this, named")]
    if not able:
        raise CannotDo("No connector of config.yaml can do this; add a carrier.")
    return able


def _tracker(config: Config, written: str) -> tuple[Any, str]:
    """The company of `company/tracker`, and the tracker's carrier."""
    from hub.queries.lookup import known

    company_name, slash, name = written.partition("/")
    if not slash:
        raise CannotDo("Write the tracker with its company, like lakeside/website.")
    known(company_name, [each.name for each in config.companies], "company")
    company = next(each for each in config.companies if each.name == company_name)
    known(name, [each.name for each in company.trackers], f"tracker of {company_name} named")
    return company, next(each.carrier for each in company.trackers if each.name == name)


def read_number(text: str) -> str:
    """The E.164 number that a person typed."""
    from hub.contracts.phones import phone_number

    number = phone_number(text) if text.strip().startswith("+") else None
    if number is None:
        raise CannotDo("That is not a phone number; write it in E.164, like +13125550142.")
    return number


def _money(text: str | None) -> Money | None:
    from hub.contracts.values import Money

    if text is None:
        return None
    try:
        return Money.parse(text)
    except ValueError as error:
        raise CannotDo(f"--max-price: {error}.") from None


def _print_side(side: Side) -> None:
    if side.trouble is not None:
        say(f"[red]✗ {plain(side.connector)}: {plain(side.trouble)}[/red]")
        return
    marks = {"well": "[green]here[/green]", "not in config.yaml": "[dim]not in config.yaml[/dim]"}
    table(
        f"Numbers of {side.connector}",
        ("number", "tracker", "bought", "label there", "webhooks"),
        (
            (
                each.number,
                plain(each.tracker),
                "yes" if each.line and each.line.number.bought else "",
                plain(each.owned.label if each.owned else None),
                marks.get(each.standing)
                or f"[red]{plain(', '.join(each.hosts) if each.standing == 'elsewhere' else each.standing)}[/red]",
            )
            for each in side.numbers
        ),
    )
    if any(each.standing == "elsewhere" for each in side.numbers):
        say("[yellow]Calls to numbers that point elsewhere do not come here;[/yellow] hub numbers configure --all.")


def _plain_side(side: Side) -> dict[str, Any]:
    return {
        "connector": side.connector,
        "trouble": side.trouble,
        "numbers": [
            {
                "number": each.number,
                "tracker": each.tracker,
                "bought": bool(each.line and each.line.number.bought),
                "provider_id": each.owned.provider_id if each.owned else None,
                "standing": each.standing,
                "points_to": each.hosts,
            }
            for each in side.numbers
        ],
    }


def _print_offers(offers: Sequence[tuple[str, NumberOffer]]) -> None:
    if not offers:
        say("No numbers match; try fewer digits or another area code.")
        return
    table(
        "Numbers for sale",
        ("number", "carrier", "kind", "place", "a month", "can"),
        (
            (
                plain(offer.number),
                plain(name),
                offer.kind,
                plain(offer.place),
                plain(offer.monthly_price),
                ", ".join(offer.capabilities),
            )
            for name, offer in offers
        ),
    )
    say("To buy one: [bold]hub numbers buy NUMBER --tracker company/tracker --max-price '2 USD'[/bold]")


def _plain_offer(name: str, offer: NumberOffer) -> dict[str, Any]:
    return {
        "connector": name,
        "number": offer.number,
        "kind": offer.kind,
        "country": offer.country,
        "place": offer.place,
        "monthly_price": offer.monthly_price,
        "capabilities": offer.capabilities,
    }

"""`hub numbers search`, `buy` and `cap`: what carriers offer, what is bought, and the most that it may cost."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli.numbers.carriers import Carrier, able_carriers, read_number
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, Agreed, ConfigFile, Sandboxed, plain, say
from hub.config.models import Config
from hub.contracts.numbers import NumberQuery
from hub.contracts.values import Money
from hub.errors import CannotDo, RingfenceError
from hub.hookspecs import NumberHooks
from hub.numbers import buying
from hub.numbers.accounts import write_accounts
from hub.numbers.budget import budget_of, set_cap, written
from hub.numbers.purchases import purchase
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.queries.lookup import account_named, company_named, known
from hub.startup.database import open_store
from hub.startup.opening import open_hub
from hub.startup.reading import read_config

NUMBER_KINDS = ("local", "toll_free", "mobile")
OFFERED = only("number", "kind", "country", "place", "monthly_price", "capabilities")


@listing
def search(
    connector: Carrier = None,
    country: Annotated[str, typer.Option(help="ISO 3166 country of the number.", metavar="CODE")] = "US",
    kind: Annotated[str, typer.Option(help="local, toll_free or mobile.", metavar="KIND")] = "local",
    area_code: Annotated[str | None, typer.Option(help="Only this area code.", metavar="DIGITS")] = None,
    contains: Annotated[str | None, typer.Option(help="Only with these digits, * for any.", metavar="DIGITS")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Maximum number that each carrier lists.")] = 10,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """Search for numbers that can be bought now. Exits with status 1 if a carrier does not answer."""
    if kind not in NUMBER_KINDS:
        raise CannotDo(f"{kind!r} is not a kind of number; choose one of {', '.join(NUMBER_KINDS)}.")
    query = NumberQuery(country=country.upper(), kind=kind, area_code=area_code, contains=contains, limit=limit)  # type: ignore[arg-type]
    loaded = read_config(config, sandbox=sandbox)
    offers: list[dict[str, Any]] = []
    troubles = []
    with open_hub(loaded) as opened:
        for name in able_carriers(opened, connector, NumberHooks.search_numbers):
            try:
                found = opened.hub.plugins.call(name, NumberHooks.search_numbers, query)
                offers += [{"connector": name, **OFFERED(offer)} for offer in found]
            except RingfenceError as error:
                troubles.append(f"{name}: {error}")
    return Listing(
        "Numbers for sale", offers,
        ("number", ("carrier", "connector"), "kind", "place", ("a month", "monthly_price"), ("can", "capabilities")),
        document=lambda rows: {"offers": rows, "troubles": troubles},
        nothing="No numbers match; try fewer digits or another area code.",
        hint="To buy one: [bold]hub numbers buy NUMBER --tracker company/tracker --max-price '2 USD'[/bold]",
        notes=[f"[red]{plain(trouble)}[/red]" for trouble in troubles], failed=bool(troubles)
    )  # fmt: skip


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
        row = directory.companies[company.name]
        named = next(each for each in directory.trackers[row.id] if each.name == tracker.partition("/")[2])
        bought = purchase(hub, row, named, wanted, price, actor())
        say(f"[green]✓[/green] {wanted} is {plain(tracker)}'s now ({plain(bought.provider_id)}).")
        if bought.trouble is not None:
            raise CannotDo(
                f"It was bought, but its webhooks could not be pointed here: {bought.trouble} "
                f"Then: hub numbers configure {wanted}"
            )


def cap(
    amount: Annotated[
        str | None, typer.Argument(help="The most that all numbers may cost a month, like '40 USD'.", metavar="AMOUNT")
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Have no cap anymore.")] = False,
    account: Annotated[
        str | None, typer.Option(help="The account; needed if there are several.", metavar="NAME")
    ] = None,
    company: Annotated[
        str | None, typer.Option(help="Only this company; the account's cap holds besides.", metavar="NAME")
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Show what the numbers of the account or of a company cost a month and the cap, or change the cap. Above it nothing is
    bought."""
    loaded = read_config(config, sandbox=True)
    wanted = _money(amount, "AMOUNT")
    if lift and wanted is not None:
        raise CannotDo("Give an amount, or --lift to have no cap; not both.")
    with open_store(loaded) as store:
        with store.writing() as session:
            write_accounts(session, loaded, utc_now())
            only = company_named(session, company) if company is not None else None
            account_id = only.account_id if only else account_named(session, account).id
            company_id = only.id if only else None
            if lift or wanted is not None:
                set_cap(session, account_id, wanted, actor(), utc_now(), company_id=company_id)
        with store.reading() as session:
            budget = budget_of(session, account_id, company_id=company_id)
    sums = (
        " and ".join(f"{total:,.2f} {currency}" for currency, total in sorted(budget.costs.items())) or "no known sum"
    )
    say(f"{budget.count} numbers for {sums} a month; the price of {budget.unpriced} is not known.")
    say(f"The cap is {written(budget.cap)} a month." if budget.cap else "There is no cap.")


def _tracker(config: Config, written: str) -> tuple[Any, str]:
    """The company of `company/tracker`, and the tracker's carrier."""
    company_name, slash, name = written.partition("/")
    if not slash:
        raise CannotDo("Write the tracker with its company, like lakeside/website.")
    known(company_name, [each.name for each in config.companies], "company")
    company = next(each for each in config.companies if each.name == company_name)
    known(name, [each.name for each in company.trackers], f"tracker of {company_name} named")
    return company, next(each.carrier for each in company.trackers if each.name == name)


def _money(text: str | None, option: str = "--max-price") -> Money | None:
    if text is None:
        return None
    try:
        return Money.parse(text)
    except ValueError as error:
        raise CannotDo(f"{option}: {error}.") from None

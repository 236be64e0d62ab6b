"""`hub numbers port` and `hub numbers ports`: port numbers from another carrier, and see the status of the orders."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.numbers.carriers import chosen_carriers, read_number
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, Agreed, ConfigFile, Sandboxed, plain, say
from hub.cli.support.tables import table
from hub.contracts.ports import PortRequest
from hub.errors import CannotDo, RingfenceError
from hub.model.columns import new_id
from hub.model.ports import UNKNOWN, PortOrderRow
from hub.numbers.porting import (
    cancel_port,
    carriers_for_ports,
    forget_unplaced,
    move_by_hand,
    order_port,
    recorded,
    refresh,
)
from hub.platform.fields import only
from hub.queries.lookup import full_id
from hub.runtime import Hub
from hub.startup.opening import open_hub
from hub.startup.reading import read_config

MAX_BILL_BYTES = 10 * 1024 * 1024


def port(
    numbers: Annotated[list[str], typer.Option("--number", help="A number to port, E.164; may be repeated.")],
    connector: Annotated[
        str | None, typer.Option(help="The carrier connector that gets the numbers.", metavar="NAME")
    ] = None,
    business_name: Annotated[str | None, typer.Option(help="The account holder at the losing carrier.")] = None,
    authorized_person: Annotated[str | None, typer.Option(help="Who signs the letter of authorization.")] = None,
    email: Annotated[str | None, typer.Option(help="Where the letter to sign is mailed.")] = None,
    street: Annotated[str | None, typer.Option(help="The service address as on the bill.")] = None,
    city: Annotated[str | None, typer.Option(help="Its city.")] = None,
    region: Annotated[str | None, typer.Option(help="Its state or region, as on the bill.")] = None,
    postal_code: Annotated[str | None, typer.Option(help="Its postal code.")] = None,
    country: Annotated[str, typer.Option(help="ISO 3166 country of the numbers.", metavar="CODE")] = "US",
    account_number: Annotated[str | None, typer.Option(help="The account's number at the losing carrier.")] = None,
    pin: Annotated[
        str | None, typer.Option(help="The account's port-out PIN; you are asked for it if it is left out.")
    ] = None,
    bill: Annotated[Path | None, typer.Option(help="The losing carrier's latest bill, a PDF.", metavar="FILE")] = None,
    wanted_on: Annotated[str | None, typer.Option(help="The preferred day, like 2026-12-01.", metavar="DATE")] = None,
    agreed: Agreed = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Order the porting of numbers from another carrier. You are asked for missing options and for confirmation.

    If the reply to an order is lost, the order is looked up at the carrier and not placed a second time.
    """
    wanted = tuple(dict.fromkeys(map(read_number, numbers)))
    loaded = read_config(config, sandbox=sandbox)
    with open_hub(loaded) as opened:
        hub = opened.hub
        able = chosen_carriers(carriers_for_ports(opened.hub), connector)
        if len(able) > 1:
            raise CannotDo(f"Use --connector to say which carrier gets the numbers: {', '.join(able)}.")
        request = PortRequest(
            key=new_id(),
            numbers=wanted,
            business_name=_given_or_prompted(business_name, "Account holder at the losing carrier"),
            authorized_person=_given_or_prompted(authorized_person, "Who signs the letter of authorization"),
            email=_given_or_prompted(email, "Email address to which the letter is sent"),
            street=_given_or_prompted(street, "Street and house number as on the bill"),
            city=_given_or_prompted(city, "City"),
            region=_given_or_prompted(region, "State or region as on the bill"),
            postal_code=_given_or_prompted(postal_code, "Postal code"),
            country=country.upper(),
            account_number=account_number or "",
            pin=_pin(pin, agreed=agreed),
            bill=_bill(bill),
            wanted_on=_day(wanted_on),
        )
        if not agreed:
            _show(request, f"{able[0]} ({hub.plugins.connectors[able[0]].manifest.recipient.name})")
            typer.confirm("Order this port? It moves the numbers away from their current carrier", abort=True)
        order = order_port(hub, able[0], request, actor())
    say(
        f"[green]✓[/green] The order {plain(order.order_id)} is {order.status}. {plain(order.detail) if order.detail else ''}"
    )
    say("Keep paying the losing carrier until hub numbers ports says ported.")


@listing
def ports(
    connector: Annotated[str | None, typer.Argument(help="Only this carrier connector.", metavar="CONNECTOR")] = None,
    not_placed: Annotated[
        str | None,
        typer.Option(help="Close an order of unknown outcome that you did not find at the carrier.", metavar="ID"),
    ] = None,
    cancel: Annotated[str | None, typer.Option(help="Cancel an order that has not ended.", metavar="ID")] = None,
    moved: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Note how far an order is that you placed at the carrier yourself.", metavar="ID STATUS"),
    ] = None,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List the port orders with their current status at the carriers. Exits with status 1 if a carrier does not answer."""
    loaded = read_config(config, sandbox=sandbox)
    troubles: list[str] = []
    with open_hub(loaded) as opened:
        hub, able = opened.hub, chosen_carriers(carriers_for_ports(opened.hub), connector)
        if not_placed is not None:
            forget_unplaced(hub, _order(hub, not_placed), actor())
        if cancel is not None:
            cancel_port(hub, _order(hub, cancel), actor())
        if moved is not None:
            move_by_hand(hub, _order(hub, moved[0]), moved[1], actor())
        for name in able:
            try:
                refresh(hub, name)
            except RingfenceError as error:
                troubles.append(f"{name}: {error}")
        rows = recorded(hub, able)
    return Listing(
        "Port orders", rows,
        ("id", ("carrier", "connector"), ("order", "order_id"), "numbers", ("status", lambda row: row.status),
         ("what to do", lambda row: plain(_next(row)))),
        data=only("id", "connector", "order_id", "numbers", "status", "detail", "ordered_at", "reported_at", "ports_at"),
        document=lambda orders: {"orders": orders, "troubles": troubles},
        nothing="No port orders; hub numbers port places one.", failed=bool(troubles),
        notes=[f"[red]{plain(trouble)}[/red]" for trouble in troubles]
    )  # fmt: skip


def _order(hub: Hub, wanted: str) -> str:
    with hub.store.reading() as session:
        return full_id(session, PortOrderRow, wanted, "port order")


def _given_or_prompted(given: str | None, question: str) -> str:
    text = given if given is not None else typer.prompt(question)
    if not text.strip():
        raise CannotDo(f"{question}: the losing carrier compares it with its records, so it may not be blank.")
    return str(text).strip()


def _pin(given: str | None, *, agreed: bool) -> str | None:
    """The PIN, asked for so that it stays out of the shell's history; None if the losing carrier uses no PIN."""
    if given is None and not agreed:
        given = typer.prompt(
            "Port-out PIN (press Enter if there is none)", default="", hide_input=True, show_default=False
        )
    return given or None


def _bill(path: Path | None) -> bytes:
    if path is None:
        return b""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotDo(f"The bill {path} cannot be read: {error.strerror}.") from None
    if not data.startswith(b"%PDF-") or len(data) > MAX_BILL_BYTES:
        raise CannotDo(f"{path} is not a PDF of at most 10 MB; carriers accept the bill only as one.")
    return data


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CannotDo("--wanted-on: write the day like 2026-12-01.") from None


def _show(request: PortRequest, carrier: str) -> None:
    """Show the order before it is placed, without the PIN."""
    table(
        f"A port to {carrier}",
        ("what", "as ordered"),
        (
            ("numbers", plain(", ".join(request.numbers))),
            ("account holder", plain(request.business_name)),
            ("signs", plain(f"{request.authorized_person}, {request.email}")),
            (
                "address",
                plain(f"{request.street}, {request.city}, {request.region} {request.postal_code}, {request.country}"),
            ),
            ("account number", plain(request.account_number or None)),
            ("PIN", "given" if request.pin else "none"),
            ("bill", f"{len(request.bill):,} bytes" if request.bill else "none"),
            ("wanted on", plain(request.wanted_on)),
        ),
    )


def _next(row: PortOrderRow) -> str | None:
    if row.status == UNKNOWN:
        return "Check at the carrier; if it is not there: hub numbers ports --not-placed ID."
    if row.status == "ported":
        return f"Give it a tracker in config.yaml, then: hub numbers configure {' '.join(row.numbers)}"
    return row.detail or None

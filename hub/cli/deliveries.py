"""`hub deliveries`: what is waiting, sent or failed for each destination; why; and a retry after a fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

import typer
from sqlmodel import Session

from hub.access.scope import scope_of_operator
from hub.cli.calls.timeline import print_timeline, zone_of
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Column, Listing, listing, print_list
from hub.cli.support.options import since as since_when
from hub.cli.support.options import until as until_when
from hub.cli.support.output import (
    CONFIG,
    EMPTY_CELL,
    Agreed,
    AsJson,
    ConfigFile,
    colored,
    echo_json,
    moment,
    plain,
    say,
)
from hub.cli.support.tables import MIN_SHORT_ID, table
from hub.delivery.replay import replay as try_again
from hub.errors import CannotDo
from hub.model import Delivery
from hub.model.states import REPLAYABLE_DELIVERY_STATES, DeliveryState
from hub.platform.clock import utc_now
from hub.queries.conversions.drift import Drift, drift
from hub.queries.conversions.drift import why as why_so
from hub.queries.deliveries.delivery_list import newest_deliveries
from hub.queries.deliveries.summaries import (
    DeliveryCount,
    DeliverySummary,
    count_deliveries,
    replayable,
    summary_of,
    why_deliveries,
)
from hub.queries.lists.delivery_filter import STATES, DeliveryFilter
from hub.queries.lookup import find_subject, typed
from hub.queries.timeline.receipts import worth
from hub.startup.database import open_store, read_outline
from hub.startup.reading import read_config

commands = typer.Typer(help="List deliveries to each destination, explain failures, and retry.", no_args_is_help=True)
SHOWN = 50
DELIVERY_COLUMNS: tuple[Column, ...] = (
    "id",
    ("made (UTC)", "made_at"),
    ("destination", "connector"),
    ("item", lambda row: plain(row.key[-MIN_SHORT_ID:])),
    ("kind", lambda row: "call log" if row.hook == "log_calls" else plain(row.kind)),
    ("state", "shown_state"),
    ("tries", "attempts"),
    ("why", lambda row: plain(" ".join(filter(None, (row.code, row.reason))))),
)
OPTIONAL = ("item", "tries", "kind")
OPERATOR = scope_of_operator()

Destination = Annotated[str | None, typer.Option(help="Only this connector's.", metavar="NAME")]
Since = Annotated[str | None, typer.Option(help="Only those created since: 2h, 3d, or a date.", metavar="TIME")]
Until = Annotated[str | None, typer.Option(help="Only those created until then, that day included.", metavar="TIME")]
Rule = Annotated[str | None, typer.Option(help="Only this conversion rule's.", metavar="NAME")]
Code = Annotated[str | None, typer.Option(help="Only those with this code; none: those without one.", metavar="CODE")]
OfContact = Annotated[str | None, typer.Option("--call", help="Only this call's, text's or form's.", metavar="ID")]


@commands.command("list")
@listing
def list_deliveries(
    connector: Destination = None,
    state: Annotated[
        str | None,
        typer.Option(
            help="Only in this state; open: what needs somebody; aside: what was set aside; drift: what the network "
            "counts differently.",
            metavar="STATE",
        ),
    ] = None,
    rule: Rule = None,
    code: Code = None,
    subject: OfContact = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=0, max=10_000, help="Maximum number listed, newest first.")] = SHOWN,
    config: ConfigFile = CONFIG,
) -> Listing:
    """Count the deliveries by destination, state and code, and list the newest."""
    with open_store(read_outline(config)) as store, store.reading() as session:
        texts = {"connector": connector, "rule": rule, "code": code, "subject": subject}
        wanted = _wanted(session, state, (since, until), STATES, texts)
        counts = count_deliveries(session, OPERATOR, wanted)
        rows = list(map(summary_of, newest_deliveries(session, OPERATOR, wanted, limit)))
    return Listing(
        f"The latest {len(rows)} of {sum(each.count for each in counts)}", rows, DELIVERY_COLUMNS,
        document=lambda deliveries: {"counts": list(map(asdict, counts)), "deliveries": deliveries},
        intro=lambda: _print_counts(counts), nothing="" if counts else "No deliveries match.",
        hint="Details of one: [bold]hub deliveries why ID[/bold]", optional=OPTIONAL
    )  # fmt: skip


@commands.command("why")
def why(
    wanted: Annotated[
        str,
        typer.Argument(
            help="A delivery's id, the key of its item, or at least 6 characters from either end.", metavar="ID"
        ),
    ],
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Explain a delivery's state: its conversion and rule, consent with every opinion, each attempt, and what comes next."""
    loaded = read_outline(config)
    with open_store(loaded) as store, store.reading() as session:
        stories = why_deliveries(session, wanted, loaded.connector_title)
        zones = [zone_of(session, session.get_one(Delivery, row.id).company_id) for row, _ in stories]
    if as_json:
        echo_json([{**asdict(row), "timeline": [entry.plain() for entry in entries]} for row, entries in stories])
        return
    for (row, entries), zone in zip(stories, zones, strict=True):
        say(f"[bold]Delivery {row.id}[/bold] to {plain(loaded.connector_title(row.connector))}: {_now(row)}")
        say(f"[dim]item {row.key}, of the call or text {row.subject} (hub call {row.subject})[/dim]")
        print_timeline(entries, zone)
        say("")


@commands.command("drift")
@listing
def list_drift(connector: Destination = None, since: Since = None, config: ConfigFile = CONFIG) -> Listing:
    """Compare with the networks: conversions that changed or were taken back here, and still count there as before."""
    loaded = read_config(config, sandbox=True)
    manifests = {name: entry.connector_class.manifest for name, entry in loaded.connectors.items()}
    with open_store(loaded) as store, store.reading() as session:
        [sent] = _wanted(session, None, (since, None), (), {"connector": connector}).queries(OPERATOR)
        found = drift(session, sent)

    def why_of(each: Drift) -> str:
        return why_so(each, manifests.get(each.connector))

    return Listing(
        "Counted differently at the networks", found,
        (("destination", "connector"), "rule",
         ("since then", lambda each: "taken back" if each.retracted else "value changed"), "count",
         ("worth here", lambda each: _worth(each.here)), ("worth there", lambda each: _worth(each.there)),
         ("why", lambda each: plain(f"It {why_of(each)}."))),
        data=lambda each: asdict(each) | {"why": why_of(each)}, nothing="The networks count what the hub counts."
    )  # fmt: skip


@commands.command("replay")
def replay(
    ids: Annotated[list[str] | None, typer.Argument(help="Deliveries, by id or key.", metavar="ID…")] = None,
    state: Annotated[
        str | None, typer.Option(help="All in this state: dead, rejected or held.", metavar="STATE")
    ] = None,
    connector: Destination = None,
    rule: Rule = None,
    code: Code = None,
    subject: OfContact = None,
    since: Since = None,
    until: Until = None,
    agreed: Agreed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Retry deliveries that ended without success. Without --yes it only lists them.

    Consent is checked again before they are sent. The destination gets the same key as before, so nothing counts twice.
    """
    texts = {"connector": connector, "rule": rule, "code": code, "subject": subject}
    if not ids and not any((state, since, until, *texts.values())):
        raise CannotDo(
            "Choose deliveries: give ids, or --state, --connector or --since; hub deliveries list shows what there is."
        )
    loaded, now = read_outline(config), utc_now()
    with open_store(loaded) as store:
        with store.reading() as session:
            wanted = _wanted(session, state, (since, until), REPLAYABLE_DELIVERY_STATES, texts)
            rows = replayable(session, OPERATOR, ids or [], wanted)
        if not rows:
            say("No matching delivery ended as dead, rejected or held; there is nothing to do.")
            return
        title = f"{len(rows)} to be tried again" + (f", {SHOWN} shown" if len(rows) > SHOWN else "")
        print_list(Listing(title, rows[:SHOWN], DELIVERY_COLUMNS, optional=OPTIONAL))
        if not agreed:
            say("Nothing was changed. With [bold]--yes[/bold] they are tried again at the next sync.")
            return
        with store.writing() as session:
            chosen = {"state": state, **texts, "since": since, "until": until}
            about = ",".join(ids) if ids else " ".join(f"{name}={each}" for name, each in chosen.items() if each)
            count = try_again(session, [row.id for row in rows], now, actor=actor(), about=typed(about)[:500])
    say(f"[green]{count}[/green] will be tried again at the next sync of their connector.")


def _wanted(
    session: Session,
    state: str | None,
    span: tuple[str | None, str | None],
    states: Sequence[str],
    texts: Mapping[str, str | None],
) -> DeliveryFilter:
    if state is not None and state not in states:
        raise CannotDo(f"{state!r} cannot be used here; choose one of {', '.join(states)}.")
    now = utc_now()
    found: dict[str, Any] = {name: typed(each) for name, each in texts.items() if each is not None}
    if "subject" in found:
        found["subject"] = find_subject(session, found["subject"]).id
    return DeliveryFilter(
        state=state, since=since_when(span[0], now), until=until_when(span[1], now), hooks=None, **found
    )


def _print_counts(counts: Sequence[DeliveryCount]) -> None:
    if counts:
        cells = (
            (plain(each.connector), colored(each.shown_state), plain(each.code), str(each.count)) for each in counts
        )
        table("Deliveries by destination", ("destination", "state", "code", "count"), cells)


def _worth(values: Mapping[str, Decimal]) -> str:
    return ", ".join(worth(amount, currency)[2:] for currency, amount in values.items()) or EMPTY_CELL


def _now(row: DeliverySummary) -> str:
    said = " ".join(filter(None, (row.code, row.reason)))
    known: dict[str, str] = {
        DeliveryState.READY: f"goes at the first sync after {moment(row.next_at)} UTC",
        DeliveryState.LEASED: "is being sent right now",
        DeliveryState.ACCEPTED: f"the destination has it; its diagnostics will be requested after {moment(row.next_at)} UTC",
    }
    waits = known.get(row.state)
    return colored(row.shown_state) + (f", {waits}" if waits else "") + (f" – {plain(said)}" if said else "")

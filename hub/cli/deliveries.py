"""`hub deliveries`: what is to go, went or did not go to each destination; why; and another try after a fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.support.output import (
    CONFIG,
    Agreed,
    AsJson,
    ConfigFile,
    coloured,
    counted,
    echo_json,
    moment,
    plain,
    say,
    table,
)
from hub.errors import CannotDo

if TYPE_CHECKING:
    from datetime import datetime

    from sqlmodel import Session

    from hub.model import Delivery

commands = typer.Typer(help="See what went to each destination, and why something did not.", no_args_is_help=True)
STATES = ("ready", "leased", "accepted", "delivered", "rejected", "held", "dead")
REPLAYED = ("dead", "rejected", "held")
"""The states from which a delivery may be tried again."""
SHOWN = 50

Destination = Annotated[str | None, typer.Option(help="Only this connector's.", metavar="NAME")]
Since = Annotated[str | None, typer.Option(help="Only those made since: 2h, 3d, or a date.", metavar="TIME")]


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.add_typer(commands, name="deliveries")


@commands.command("list")
def list_deliveries(
    connector: Destination = None,
    state: Annotated[str | None, typer.Option(help="Only in this state.", metavar="STATE")] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=0, max=10_000, help="The most that are listed, newest first.")] = SHOWN,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Count the deliveries by destination, state and code, and list the newest."""
    from sqlmodel import col, select

    from hub.model import Delivery
    from hub.startup import open_store, read_config

    with open_store(read_config(config, sandbox=True)) as store, store.reading() as session:
        wanted = _wanted(connector, state, since, STATES)
        counts = _counts(session, wanted)
        newest = select(Delivery).where(*wanted).order_by(col(Delivery.made_at).desc(), col(Delivery.id).desc())
        rows = list(session.exec(newest.limit(limit)))
    if as_json:
        echo_json({"counts": counts, "deliveries": [_plain(row) for row in rows]})
        return
    if not counts:
        say("No delivery fits.")
        return
    table(
        "Deliveries by destination",
        ("destination", "state", "code", "count"),
        (
            (plain(each["connector"]), coloured(each["state"]), plain(each["code"]), str(each["count"]))
            for each in counts
        ),
    )
    _print_rows(rows, f"The newest {len(rows)} of {sum(each['count'] for each in counts)}")
    say("The whole story of one: [bold]hub deliveries why ID[/bold]")


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
    """Say why a delivery is where it is: its conversion and rule, consent with every opinion, each try, what comes next."""
    from hub.cli.call import print_timeline
    from hub.queries.lookup import find_deliveries
    from hub.queries.timeline.entries import in_order
    from hub.queries.timeline.receipts import story
    from hub.startup import open_store, read_config

    with open_store(read_config(config, sandbox=True)) as store, store.reading() as session:
        found = find_deliveries(session, wanted)
        stories = [(row, in_order(story(session, row))) for row in found]
    if as_json:
        echo_json([{**_plain(row), "timeline": [entry.plain() for entry in entries]} for row, entries in stories])
        return
    for row, entries in stories:
        say(f"[bold]Delivery {row.id}[/bold] to {plain(row.connector)}: {_now(row)}")
        say(f"[dim]item {row.item_key}, of the call or text {row.subject_id} (hub call {row.subject_id})[/dim]")
        print_timeline(entries)
        say("")


@commands.command("replay")
def replay(
    ids: Annotated[list[str] | None, typer.Argument(help="Deliveries, by id or key.", metavar="ID…")] = None,
    state: Annotated[
        str | None, typer.Option(help="All in this state: dead, rejected or held.", metavar="STATE")
    ] = None,
    connector: Destination = None,
    since: Since = None,
    agreed: Agreed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Try deliveries again that ended without success. Without --yes it only shows which.

    Consent is asked again when they are sent, and the destination sees the same key as before, so nothing counts twice.
    """
    from hub.cli.support.audit_note import note
    from hub.queries.lookup import typed
    from hub.runtime import utc_now
    from hub.startup import open_store, read_config

    if not ids and state is None and connector is None and since is None:
        raise CannotDo(
            "Say which: give ids, or --state, --connector or --since; hub deliveries list shows what there is."
        )
    loaded, now = read_config(config, sandbox=True), utc_now()
    with open_store(loaded) as store:
        with store.reading() as session:
            rows = _to_replay(session, ids or [], _wanted(connector, state, since, REPLAYED))
        if not rows:
            say("No delivery fits that ended as dead, rejected or held; nothing is to be done.")
            return
        _print_rows(rows[:SHOWN], f"{len(rows)} to be tried again" + (f", {SHOWN} shown" if len(rows) > SHOWN else ""))
        if not agreed:
            say("Nothing was changed. With [bold]--yes[/bold] they are tried again at the next sync.")
            return
        with store.writing() as session:
            count = _make_ready(session, [row.id for row in rows], now)
            about = ",".join(ids) if ids else f"state={state} connector={connector} since={since}"
            note(session, now, "deliveries.replay", typed(about)[:500], counted(count, "item"))
    say(f"[green]{count}[/green] will be tried again at the next sync of their connector.")


def _wanted(connector: str | None, state: str | None, since: str | None, states: Sequence[str]) -> list[Any]:
    from hub.cli.support.options import since as since_when
    from hub.model import Delivery
    from hub.queries.lookup import typed
    from hub.runtime import utc_now

    if state is not None and state not in states:
        raise CannotDo(f"{state!r} is not a state that fits here; choose one of {', '.join(states)}.")
    begun = since_when(since, utc_now())
    return [
        *([Delivery.connector == typed(connector)] if connector is not None else []),
        *([Delivery.state == state] if state is not None else []),
        *([Delivery.made_at >= begun] if begun is not None else []),
    ]


def _counts(session: Session, wanted: Sequence[Any]) -> list[dict[str, Any]]:
    from sqlalchemy import func, select
    from sqlmodel import col

    from hub.model import Delivery

    columns: Any = (Delivery.connector, Delivery.state, Delivery.code)
    counted = select(*columns, func.count(col(Delivery.id))).where(*wanted).group_by(*columns).order_by(*columns)
    return [
        {"connector": connector, "state": state, "code": code, "count": count}
        for connector, state, code, count in session.execute(counted)
    ]


def _to_replay(session: Session, ids: Sequence[str], wanted: Sequence[Any]) -> list[Delivery]:
    from sqlmodel import col, select

    from hub.model import Delivery
    from hub.queries.lookup import find_deliveries

    query = select(Delivery).where(col(Delivery.state).in_(REPLAYED), *wanted).order_by(col(Delivery.id))
    if not ids:
        return list(session.exec(query))
    named = {row.id: row for each in ids for row in find_deliveries(session, each)}
    return list(session.exec(query.where(col(Delivery.id).in_(named))))


def _make_ready(session: Session, ids: Sequence[str], now: datetime) -> int:
    """Back to the start of the retry schedule; how many were still in their final state."""
    from sqlalchemy import update
    from sqlmodel import col, select

    from hub.model import Delivery

    count = 0
    for at in range(0, len(ids), 500):
        final = (col(Delivery.id).in_(ids[at : at + 500]), col(Delivery.state).in_(REPLAYED))
        again = list(session.scalars(select(Delivery.id).where(*final).with_for_update()))
        session.execute(
            update(Delivery)
            .where(col(Delivery.id).in_(again))
            .values(
                state="ready", attempts=0, due_at=now, finished_at=None, code=None, reason=None,
                lease_token=None, lease_until=None,
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        count += len(again)
    return count


def _print_rows(rows: Sequence[Delivery], title: str) -> None:
    if not rows:
        return
    table(
        title,
        ("id", "made (UTC)", "destination", "item", "kind", "state", "tries", "why"),
        (
            (
                row.id,
                moment(row.made_at),
                plain(row.connector),
                plain(row.item_key),
                "call log" if row.hook == "log_calls" else plain(row.kind),
                coloured(row.state),
                str(row.attempts),
                plain(" ".join(filter(None, (row.code, row.reason)))),
            )
            for row in rows
        ),
    )


def _now(row: Delivery) -> str:
    said = " ".join(filter(None, (row.code, row.reason)))
    waits = {
        "ready": f"goes at the first sync after {moment(row.due_at)} UTC",
        "leased": "is being sent at this moment",
        "accepted": f"the destination has it; its diagnostics are asked for after {moment(row.due_at)} UTC",
    }.get(row.state)
    return coloured(row.state) + (f", {waits}" if waits else "") + (f" – {plain(said)}" if said else "")


def _plain(row: Delivery) -> dict[str, Any]:
    from hub.model.conversions import FINAL_STATES

    return {
        "id": row.id,
        "connector": row.connector,
        "hook": row.hook,
        "key": row.item_key,
        "kind": row.kind,
        "subject": row.subject_id,
        "state": row.state,
        "code": row.code,
        "reason": row.reason,
        "reference": row.reference,
        "attempts": row.attempts,
        "made_at": row.made_at,
        "next_at": None if row.state in FINAL_STATES else row.due_at,
        "finished_at": row.finished_at,
        "amount": row.amount,
        "currency": row.currency,
    }

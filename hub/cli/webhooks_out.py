"""`hub webhooks`: the endpoints that get what happens, how they do, a test, replays, and their secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import col, select

from hub.cli.support import options
from hub.cli.support.audit_note import actor, note
from hub.cli.support.lists import Listing, listing
from hub.cli.support.options import choice
from hub.cli.support.output import CONFIG, ConfigFile, counted, moment, plain, say
from hub.config.durations import parse_span
from hub.errors import CannotDo, NotFound
from hub.model import Company, WebhookEvent
from hub.model.states import WebhookEventState
from hub.queries.lookup import MIN_ID_CHARACTERS, typed
from hub.queries.webhooks_out import endpoints_of, events_of
from hub.runtime import Hub
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.webhooks_out import endpoints
from hub.webhooks_out.endpoints import Endpoint, endpoint_named, secrets_of
from hub.webhooks_out.replay import REPLAYABLE, UNSENT, replay_one, replay_range
from hub.webhooks_out.sample import send_test

commands = typer.Typer(
    help="Webhooks that the hub sends: endpoints and how they do, events, a test, replays, secrets.",
    no_args_is_help=True,
)
Named = Annotated[str, typer.Argument(help="The webhook's name in config.yaml.", metavar="NAME")]
OfCompany = Annotated[
    str | None, typer.Option("--company", help="The company, if several have a webhook of this name.", metavar="NAME")
]


@commands.command("list")
@listing
def list_(company: OfCompany = None, config: ConfigFile = CONFIG) -> Listing:
    """List the endpoints of all companies: how each does, what waits, and what was set aside."""
    with _opened(config) as hub, hub.store.reading() as session:
        companies = [each for each in session.exec(select(Company)) if company in (None, each.name)]
        shown = endpoints_of(session, hub.config, companies, hub.clock())
    notes = []
    for each in shown:
        about = f"[bold]{each.name}[/bold] of {plain(each.company)}:"
        if each.third_party:
            notes.append(
                f"{about} {plain(each.recipient)} is a third party; it gets nothing about people who opted out."
            )
        if each.reason:
            since = f" Nothing taken since {moment(each.failing_since)}." if each.failing_since else ""
            again = f" Tried again at {moment(each.next_try_at)}." if each.next_try_at else ""
            notes.append(f"{about} {plain(each.reason)}{since}{again}")
    return Listing(
        counted(len(shown), "webhook"), shown,
        ("company", "name", ("to", "host"), "format", ("state", "health"), "waiting", ("set aside", "dead"),
         ("24 h", "delivered_lately"), ("last taken (UTC)", "last_delivered_at"), ("failing since", "failing_since")),
        nothing="There are no webhooks; write `webhooks:` below a company in config.yaml (`hub docs webhooks`).", notes=notes
    )  # fmt: skip


@commands.command("show")
@listing
def show(
    name: Named,
    company: OfCompany = None,
    state: Annotated[str | None, typer.Option(help="Only events in this state, like dead.", metavar="STATE")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Maximum number listed, newest first.")] = 50,
    secret: Annotated[bool, typer.Option("--secret", help="Print the signing secret too.")] = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """Show the newest events of an endpoint with state, tries, the answer's status and the reason."""
    wanted = choice(state, tuple(WebhookEventState), "--state")
    with _opened(config) as hub:
        endpoint = _named(hub, name, company)
        with hub.store.reading() as session:
            found = events_of(session, endpoint.row.id, state=wanted, limit=limit)
        signing = secrets_of(hub, endpoint).present if secret else None
        if secret:
            with hub.store.writing() as session:
                note(session, hub.clock(), "webhook.secret", endpoint.row.company_id, endpoint.row.name)
    return Listing(
        counted(len(found.items), "event"), found.items,
        ("id", ("at (UTC)", "at"), "type", "state", ("tries", "attempts"), ("answer", "status"), "reason"),
        document=lambda events: {"secret": signing, "events": events},
        intro=f"Signing secret: {signing}" if signing else "", nothing="No events yet."
    )  # fmt: skip


@commands.command("test")
def test(name: Named, company: OfCompany = None, config: ConfigFile = CONFIG) -> None:
    """Send one fictional call to an endpoint now, signed like every event. Exits with status 1 if it is not taken."""
    with _opened(config) as hub:
        verdict = send_test(hub, _named(hub, name, company), actor())
    if verdict.state != WebhookEventState.DELIVERED:
        say(f"Not taken: {plain(verdict.reason or '')}")
        raise typer.Exit(1)
    say(f"Taken: the endpoint answered {verdict.status}.")


@commands.command("replay")
def replay(
    name: Named,
    event: Annotated[str | None, typer.Argument(help="An event's id, or its last characters.", metavar="ID")] = None,
    since: Annotated[
        str | None, typer.Option(help="Those that happened since: 2h, 3d, or a date.", metavar="TIME")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Those that happened until then.", metavar="TIME")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only those in this state, like dead or delivered; may be repeated. Else all that were not taken.",
                     metavar="STATE"),
    ] = None,
    company: OfCompany = None,
    config: ConfigFile = CONFIG,
) -> None:  # fmt: skip
    """Send one event again, or those of a range of time that the endpoint did not get; the receiver sees the same ids. The
    running worker sends them, oldest first."""
    if (event is None) == (since is None):
        raise CannotDo("Name one event by its id, or a range of time with --since.")
    for each in state or ():
        choice(each, REPLAYABLE, "--state")
    states = [WebhookEventState(each) for each in state or UNSENT]
    with _opened(config) as hub:
        endpoint, now = _named(hub, name, company), hub.clock()
        with hub.store.writing() as session:
            if event is not None:
                replay_one(session, endpoint, _event_id(hub, endpoint, event), now, actor())
                count = 1
            else:
                begins, ends = options.since(since, now), options.until(until, now) or now
                assert begins is not None
                count = replay_range(session, endpoint, begins, ends, now, actor(), states)
    say(f"{counted(count, 'event')} will be sent again; hub webhooks show {plain(name)} says how it goes.")


@commands.command("rotate")
def rotate(
    name: Named,
    keep: Annotated[
        str, typer.Option(help="How long the former secret stays valid, like 24h; 0s ends it now.", metavar="TIME")
    ] = "24h",
    secret_from: Annotated[
        str | None,
        typer.Option(
            "--secret-from", help="A file with the new secret, such as the key that a receiver has from CallRail.",
            metavar="FILE",
        ),
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="End the former secret: the receiver has the new one.")] = False,
    company: OfCompany = None,
    config: ConfigFile = CONFIG,
) -> None:  # fmt: skip
    """Give an endpoint a new signing secret and print it. Until the former one ends, both sign."""
    try:
        span = parse_span(keep)
        given = Path(secret_from).read_text().strip() if secret_from else ""
    except (ValueError, OSError) as error:
        raise CannotDo(f"{error}; write --keep like 24h, and --secret-from as a file's path.") from None
    with _opened(config) as hub:
        endpoint = _named(hub, name, company)
        with hub.store.writing() as session:
            if end:
                endpoints.end_rotation(session, hub, endpoint, actor())
                made = None
            else:
                made = endpoints.rotate(session, hub, endpoint, actor(), keep=span, secret=given)
    if made is None:
        say("The former secret no longer signs.")
    elif given:
        say("The secret is set.")
    else:
        say(f"New signing secret: {made}")


@commands.command("resume")
def resume(name: Named, company: OfCompany = None, config: ConfigFile = CONFIG) -> None:
    """Let an endpoint that answered that it is gone get events again; `replay` sends what it missed."""
    with _opened(config) as hub:
        endpoint = _named(hub, name, company)
        with hub.store.writing() as session:
            endpoints.resume(session, hub, endpoint, actor())
    say(f"{plain(name)} gets events again.")


@contextmanager
def _opened(config: ConfigFile) -> Iterator[Hub]:
    with open_hub(read_config(config, sandbox=True), alone=True) as opened:
        yield opened.hub


def _named(hub: Hub, name: str, company: str | None) -> Endpoint:
    """The endpoint of a name; CannotDo if several companies have one."""
    having = [own.name for own in hub.config.companies if any(each.name == name for each in own.webhooks)]
    chosen = [each for each in having if company in (None, each)]
    if not chosen:
        raise NotFound(f"No company has a webhook {name!r}; `hub webhooks list` shows them.")
    if len(chosen) > 1:
        raise CannotDo(f"Several companies have a webhook {name!r}; choose with --company: {', '.join(chosen)}.")
    with hub.store.reading() as session:
        found = session.exec(select(Company).where(Company.name == chosen[0])).one()
        return endpoint_named(session, hub.config, found, name)


def _event_id(hub: Hub, endpoint: Endpoint, wanted: str) -> str:
    """The id of the event that a user typed a part of."""
    text = typed(wanted).lower()
    if len(text) < MIN_ID_CHARACTERS:
        raise CannotDo(f"Write at least {MIN_ID_CHARACTERS} characters of the id.")
    with hub.store.reading() as session:
        mine = select(WebhookEvent.id).where(WebhookEvent.endpoint_id == endpoint.row.id)
        found = session.exec(mine.where(col(WebhookEvent.id).endswith(text, autoescape=True)).limit(2)).all()
    if len(found) != 1:
        raise CannotDo("No event of this webhook has that id." if not found else "Several events end so; write more.")
    return found[0]

"""`hub connectors`: list, resume, connect and disconnect connectors, with last syncs and pauses."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Annotated, Any

import typer
from sqlmodel import Session, col, select

from hub.cli.support.audit_note import actor, note
from hub.cli.support.lists import Listing, listing
from hub.cli.support.oauth_loopback import Answer, by_browser, by_paste
from hub.cli.support.output import CONFIG, ConfigFile, Sandboxed, moment, plain, say
from hub.config.models import Config, ConnectorEntry
from hub.connecting.check import warning_of
from hub.connecting.pausing import resume_connector
from hub.connecting.reconnect import reconnect
from hub.errors import CannotDo
from hub.model import Company, SyncSlot
from hub.platform.fields import only
from hub.plugin_host.oauth_grant import Attempt, exchange
from hub.privacy.owner_consent import connect_owner, disconnect_owner, owner_sign_in
from hub.queries.connectors.repairs import Repair, open_repairs
from hub.queries.lookup import known
from hub.runtime import Hub
from hub.startup.database import open_store
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.store.connectors import disabled_connectors, paused_connectors

Redirect = AbstractContextManager[tuple[str, Answer]]

commands = typer.Typer(
    help="List the connectors of config.yaml and what should be mended; sign in at providers; resume paused ones.",
    no_args_is_help=True,
)


@commands.command("list")
@listing
def list_connectors(config: ConfigFile = CONFIG) -> Listing:
    """List the connectors with their schedule, their last sync, and why one is paused."""
    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store, store.reading() as session:
        paused, last = paused_connectors(session), _last_syncs(session, loaded)
        disabled = disabled_connectors(session)
    rows = [_plain(entry, paused.get(entry.name), last.get(entry.name)) for entry in loaded.connectors.values()]
    causes = {name: "plugin" if name in disabled else "credentials" for name in paused}
    return Listing(
        "Connectors", rows,
        (("name", lambda row: plain(row["name"]) + (" [yellow]paused[/yellow]" if row["paused"] is not None else "")), "kind",
         ("plugin", lambda row: plain(row["plugin"]) + (" [dim](sandbox)[/dim]" if row["sandbox"] else "")), "schedule",
         ("last sync (UTC)", "last_sync_at"), ("it said", _said)),
        notes=[f"Fix the {cause} of {plain(name)}, then: [bold]hub connectors resume {plain(name)}[/bold]"
               for name, cause in causes.items()]
    )  # fmt: skip


@commands.command("repairs")
@listing
def repairs(sandbox: Sandboxed = False, config: ConfigFile = CONFIG) -> Listing:
    """List what somebody should mend, as the page of connectors shows it. Exits with status 1 if there is anything."""
    loaded = read_config(config, sandbox=sandbox)
    with open_hub(loaded) as opened, opened.hub.store.reading() as session:
        found = open_repairs(session, opened.hub, session.exec(select(Company)).all(), opened.hub.clock())
    return Listing(
        "Repairs", found, (), data=only("connector", "kind", "title", "text", "since", "waiting", "send_by", "hint"),
        nothing="[green]✓[/green] Nothing needs to be mended.", notes=[line for each in found for line in _repair(each)],
        failed=bool(found)
    )  # fmt: skip


def _repair(each: Repair) -> tuple[str, str]:
    since = f" Since {moment(each.since)} UTC." if each.since else ""
    waits = f" {each.waiting} waiting." if each.waiting else ""
    text = f"  {plain(each.text)}{since}{waits} {plain(each.hint)}".rstrip()
    return f"[yellow]▲ {plain(each.connector)}: {plain(each.title)}[/yellow]", text


@commands.command("resume")
def resume(
    name: Annotated[str, typer.Argument(help="A connector's name in config.yaml.")],
    anyway: Annotated[bool, typer.Option("--anyway", help="Whatever its check says.")] = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Resume a paused connector if the provider accepts its credentials. Exits with status 1 if it does not."""
    loaded = read_config(config, sandbox=sandbox)
    known(name, loaded.connectors, "connector")
    with open_hub(loaded) as opened:
        report = resume_connector(opened.hub, name, actor(), anyway=anyway)
    if report is None:
        say(f"{plain(name)} is not paused.")
        return
    if not report.ok:
        say(f"[red]✗ {plain(name)}: {plain(report.detail)}[/red]")
        if not anyway:
            say("It stays paused. If the check is wrong: --anyway.")
            raise typer.Exit(1)
        say("It syncs on its schedule again; if the provider refuses what is sent, it is paused again.")
        return
    say(f"[green]✓ {plain(name)}[/green]: {plain(report.detail)} It syncs on its schedule again.")


@commands.command("connect")
def connect(
    name: Annotated[str, typer.Argument(help="A connector's name in config.yaml.")],
    owner: Annotated[
        str, typer.Option(metavar="NAME", help="The owner of an address book, as they sign the consent.")
    ] = "",
    paste: Annotated[
        bool, typer.Option("--paste", help="For a browser on another machine: paste its final address.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the redirect; a free one by default.")] = 0,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Sign in at a connector's provider; the page of connectors does the same. For an address book its owner consents first,
    and the exact text of the consent is stored."""
    loaded = read_config(config, sandbox=sandbox)
    known(name, loaded.connectors, "connector")
    with open_hub(loaded) as opened:
        redirect = (by_paste if paste else by_browser)(port)
        connector = opened.hub.plugins.connectors[name]
        if connector.of_owner or connector.sign_in() is None:
            _connect_owner(opened.hub, name, owner.strip(), redirect)
        else:
            _connect_account(opened.hub, name, redirect)


def _connect_owner(hub: Hub, name: str, owner: str, redirect: Redirect) -> None:
    _, sign_in = owner_sign_in(hub, name)
    if not owner:
        raise CannotDo("Name the person who agrees: --owner NAME.")
    typer.echo(f"{sign_in.consent_text}\n")
    if not typer.confirm(f"{owner}, do you agree?"):
        say("Nothing was stored, and nothing is read.")
        raise typer.Exit(1)
    with redirect as (redirect_uri, answer):
        connect_owner(hub, name, owner=owner, actor=actor(), redirect_uri=redirect_uri, answer=answer)
    with hub.store.writing() as session:
        note(session, hub.clock(), "connectors.connect", name)
    say(
        f"[green]✓ {plain(name)} is connected.[/green] To withdraw it: [bold]hub connectors disconnect {plain(name)}[/bold]"
    )


def _connect_account(hub: Hub, name: str, redirect: Redirect) -> None:
    connector = hub.plugins.connectors[name]
    sign_in = connector.sign_in()
    assert sign_in is not None
    for scope in connector.manifest.auth.asks:
        say(f"• {plain(scope.title)}: {plain(scope.purpose)}.")
    with redirect as (redirect_uri, answer):
        attempt = Attempt(sign_in, redirect_uri, hub.clock())
        code = attempt.redeem(answer(attempt), hub.clock())
    token = exchange(connector, sign_in, code, hub.clock(), verifier=attempt.verifier, redirect_uri=redirect_uri)
    done = reconnect(hub, name, token, actor())
    who = f" as {plain(done.signed_in_as)}" if done.signed_in_as else ""
    others = f" It also mends {plain(', '.join(done.others))}." if done.others else ""
    said = warning_of(done.report) or done.report.detail
    say(f"[green]✓ {plain(name)} is signed in[/green]{who}: {plain(said)}{others}")


@commands.command("disconnect")
def disconnect(
    name: Annotated[str, typer.Argument(help="A connector's name in config.yaml.")],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="The reason, stored with the withdrawal.")
    ] = "The owner withdrew it.",
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Withdraw an owner's consent: it ends here immediately, is revoked at the provider, and the token is deleted."""
    loaded = read_config(config, sandbox=sandbox)
    known(name, loaded.connectors, "connector")
    with open_hub(loaded) as opened:
        if not disconnect_owner(opened.hub, name, actor=actor(), reason=reason):
            say(f"{plain(name)} is not connected.")
            return
        with opened.hub.store.writing() as session:
            note(session, opened.hub.clock(), "connectors.disconnect", name)
    say(
        f"[green]✓ {plain(name)} is disconnected[/green]: the consent is withdrawn, the permission revoked, the token deleted."
    )


def _last_syncs(session: Session, config: Config) -> dict[str, SyncSlot]:
    finished = select(SyncSlot).where(col(SyncSlot.finished_at).is_not(None)).order_by(col(SyncSlot.due_at).desc())
    slots = {}
    for name in config.connectors:
        slot = session.exec(finished.where(SyncSlot.connector == name).limit(1)).first()
        if slot is not None:
            slots[name] = slot
    return slots


def _said(row: dict[str, Any]) -> str:
    return plain(row["last_result"]) if row["paused"] is None else f"[yellow]paused: {plain(row['paused'])}[/yellow]"


def _plain(entry: ConnectorEntry, paused: str | None, last: SyncSlot | None) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "plugin": entry.common.plugin,
        "schedule": entry.common.schedule.text if entry.common.schedule else None,
        "sandbox": entry.common.sandbox,
        "companies": entry.common.companies,
        "paused": paused,
        "last_sync_at": last.finished_at if last else None,
        "last_result": last.result if last else None,
    }

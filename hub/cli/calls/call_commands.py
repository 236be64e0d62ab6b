"""`hub calls`: who waits for a call back, and call a person back; `hub.cli.calls.marks` adds what users mark."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlmodel import Session
from typer.core import TyperGroup

from hub.access.permissions import Action
from hub.access.scope import AccessScope, scope_of
from hub.access.users import user_named
from hub.cli.support.audit_note import actor, note
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, Sandboxed, colored, plain, say
from hub.delivery.queue_call_back import TOO_LATE, queue_call_back, record_call_back, take_back_call_back
from hub.errors import CannotDo
from hub.platform.clock import utc_now
from hub.queries.lookup import find_subject, typed
from hub.queries.masking import Mask
from hub.queries.missed_calls import missed_not_called_back
from hub.startup.database import open_store, read_outline, vault_of
from hub.startup.opening import open_hub
from hub.startup.reading import read_config


class ListedByDefault(TyperGroup):
    """A group whose `list` is meant if no command is named: `hub calls --since today`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `list` before the options."""
        if not args or (args[0].startswith("-") and args[0] != "--help"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(
    cls=ListedByDefault,
    help="List calls, texts and forms, see who waits for a call back, call people back, and mark what came in.",
)
UserName = Annotated[str, typer.Option("--user", help="The user who calls (hub users list).", metavar="NAME")]


@commands.command("back")
def back(
    wanted: Annotated[
        str,
        typer.Argument(
            help="The id of a call, text or form, at least 6 characters from either end of it, or the carrier's id.",
            metavar="ID",
        ),
    ],
    user: UserName,
    phone: Annotated[
        str | None, typer.Option(help="The user's phone that rings first; else their own number.", metavar="NUMBER")
    ] = None,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Call a person back: the user's phone rings first. The worker places it now, if consent and quiet hours allow it."""
    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        hub, directory = opened.hub, opened.directory.current()
        with hub.store.writing() as session:
            subject = find_subject(session, wanted)
            scope = scope_named(session, user, "contact")
            call = queue_call_back(session, scope, hub, directory, subject, phone, actor())
        if call.reason:
            say(f"{colored(call.status)}: {plain(call.reason)}")
        else:
            say(f"Queued as {call.id}; what becomes of it: [bold]hub call {subject.id}[/bold]")


@commands.command("called-back")
def called_back(
    wanted: Annotated[
        str,
        typer.Argument(
            help="The id of a missed call, at least 6 characters from either end of it, or the carrier's id.",
            metavar="ID",
        ),
    ],
    user: UserName,
    undo: Annotated[
        str | None,
        typer.Option(help="Take back what the user recorded in the last ten minutes, by the id it got.", metavar="ID"),
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Record that a user called a missed caller from their own phone: the caller waits no longer. Nothing is dialed."""
    with open_store(read_outline(config)) as store, store.writing() as session:
        scope = scope_named(session, user, "contact")
        call = scope.call(session, find_subject(session, wanted).id)
        if undo is not None:
            if not take_back_call_back(session, scope, undo, utc_now()):
                raise CannotDo(TOO_LATE)
            say(f"{call.id} waits for a call back again.")
            return
        made = record_call_back(session, scope, call, utc_now())
        say(f"Recorded as {made.id}; take it back within ten minutes with --undo {made.id}")


@commands.command("missed")
@listing
def missed(
    user: UserName,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number listed, longest wait first.")] = 50,
    show_personal: Annotated[
        bool, typer.Option("--show-personal", help="Show numbers and names in clear; this is audited.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List the callers of the last 14 days whose calls were missed and with whom nobody has spoken since."""
    loaded, mask = read_outline(config), Mask(off=show_personal)
    vault = vault_of(loaded)
    with open_store(loaded) as store:
        with store.reading() as session:
            scope = scope_named(session, user, "calls")
            callers = missed_not_called_back(session, scope, vault, utc_now(), limit=limit)
        if show_personal:
            with store.writing() as session:
                note(session, utc_now(), "calls.show_personal", scope.user.account_id, f"{len(callers)} missed callers")
    rows: list[dict[str, Any]] = [
        {
            "call": each.call_id,
            "caller_number": mask.phone(each.caller_number),
            "caller_name": mask.text(each.caller_name),
            "missed": each.missed,
            "first_missed_at": each.first_missed_at,
            "waits_minutes": int(each.waits.total_seconds() // 60),
            "voicemail": each.voicemail,
        }
        for each in callers
    ]
    return Listing(
        "Missed, longest wait first", rows,
        ("call", ("caller", "caller_number"), ("name", "caller_name"), "missed", ("first missed (UTC)", "first_missed_at"),
         "voicemail"),
        nothing="Nobody waits for a call back.", hint="Call one of them back: [bold]hub calls back CALL --user NAME[/bold]"
    )  # fmt: skip


def scope_named(session: Session, name: str, action: Action) -> AccessScope:
    """What the named user may see and do of `action`; CannotDo if the role does not permit it."""
    user = user_named(session, typed(name))
    scope = scope_of(session, user, action)
    if scope is None:
        raise CannotDo(f"The role {user.role} may not do that, or the user is disabled; see hub users list.")
    return scope

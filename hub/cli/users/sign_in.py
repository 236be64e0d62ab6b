"""`hub users companies`, `reset` and `sessions`: which companies a user sees, and how the user signs in."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.access.companies import companies_by_user
from hub.access.sign_in.sessions import living_sessions
from hub.access.user_changes import give_companies, set_email, sign_out
from hub.access.user_changes import reset as reset_user
from hub.access.users import user_named
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.output import CONFIG, ConfigFile, counted, plain, say
from hub.cli.users.user_commands import Name, commands
from hub.errors import CannotDo
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.queries.lookup import typed
from hub.startup.database import open_store, read_outline
from hub.startup.reading import read_config


@commands.command("companies")
def companies(
    name: Name,
    company: Annotated[
        list[str] | None, typer.Argument(help="The companies that the user may see.", metavar="COMPANY")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Lift the limit: all companies of the account.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Limit a user to some companies of the account, or show the limit; it applies immediately, to API keys too."""
    if company and every:
        raise CannotDo("Name companies, or write --all, not both.")
    with open_store(read_outline(config)) as store, store.writing() as session:
        user = user_named(session, typed(name))
        if company or every:
            give_companies(session, user, [typed(each) for each in company or ()], utc_now(), actor=actor())
        limit = companies_by_user(session).get(user.id)
    seen = ", ".join(limit) if limit else "all companies of the account"
    say(f"{plain(user.name)} sees {plain(seen)}.")


@commands.command("email")
def email(
    name: Name,
    address: Annotated[
        str | None, typer.Argument(help="The address; without one, the user has none.", metavar="ADDRESS")
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Give a user an email address, for alerts and summaries, or remove it.

    A person who has it at your OpenID provider may sign in as this user.
    """
    with open_store(read_outline(config)) as store, store.writing() as session:
        user = user_named(session, typed(name))
        set_email(session, user, typed(address) if address else None, utc_now(), actor=actor())
    say(f"{plain(user.name)} has {'a new email address' if address else 'no email address'}.")


@commands.command("reset")
def reset(
    name: Name,
    clear: Annotated[
        bool,
        typer.Option(
            "--clear",
            help="Also remove the user's passkeys, password, app, recovery codes and OpenID identity, for example "
            "after a theft.",
        ),
    ] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """End a user's sessions and print a link with which the user chooses how to sign in; it works once, for 24 hours."""
    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store, store.writing() as session:
        user, address = user_named(session, typed(name)), str(loaded.hub.public_url)
        ended, link = reset_user(session, user, utc_now(), address, actor=actor(), clear=clear)
    say(f"Ended {counted(ended, 'session')} of {plain(user.name)}.")
    say(f"Reset link (works once, for 24 hours): {plain(link)}")


@commands.command("sessions")
@listing
def sessions(
    name: Name,
    end: Annotated[bool, typer.Option("--end", help="End them all.")] = False,
    config: ConfigFile = CONFIG,
) -> Listing | None:
    """List the sessions of a user in the web interface, or end them."""
    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store, store.writing() as session:
        user, now = user_named(session, typed(name)), utc_now()
        if end:
            ended = sign_out(session, user, now, actor=actor())
            say(f"Ended {counted(ended, 'session')} of {plain(user.name)}.")
            return None
        found = living_sessions(session, user.id, now, loaded.hub.sign_in.idle)
    return Listing(
        "Sessions",
        found,
        ("browser", ("signed in by", "method"), ("since (UTC)", "made_at"), ("last used (UTC)", minutes("used_at"))),
        data=only("browser", "method", "made_at", "used_at"),
    )

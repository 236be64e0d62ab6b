"""`hub users`: the users of an account, their roles, and their API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from sqlmodel import col, func, select

from hub.access.companies import companies_by_user
from hub.access.invitations import invite
from hub.access.user_changes import deactivate, give_role, make_key, revoke_all_keys
from hub.access.users import user_named
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, counted, plain, say
from hub.model import Account, ApiKey, User
from hub.platform.clock import utc_now
from hub.queries.lookup import account_named, typed
from hub.startup.database import open_store, read_outline
from hub.startup.reading import read_config

commands = typer.Typer(help="Manage the users of an account, their roles, and their API keys.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The user's name.", metavar="NAME")]
RoleName = Annotated[
    str,
    typer.Option(help="owner, admin, marketer, receptionist, agent, privacy_officer or auditor.", metavar="ROLE"),
]
Phones = Annotated[
    list[str] | None, typer.Option("--phone", help="A number at which an agent answers calls.", metavar="NUMBER")
]


@commands.command()
def add(
    name: Name,
    role: RoleName,
    account: Annotated[
        str | None, typer.Option(help="The account, by its name in config.yaml; required if there are several.")
    ] = None,
    email: Annotated[
        str | None,
        typer.Option(help="The user's email address; whoever has it at your OpenID provider may sign in as this user."),
    ] = None,
    company: Annotated[
        list[str] | None,
        typer.Option(help="Limit the user to this company; repeat it for several.", metavar="COMPANY"),
    ] = None,
    phone: Phones = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Add a user to one account and print a set-up link, which works once, for 24 hours.

    `hub docs access` lists what each role may do.
    """
    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store, store.writing() as session:
        home = account_named(session, account)
        made, link = invite(
            session,
            home,
            typed(name),
            role,
            utc_now(),
            str(loaded.hub.public_url),
            actor=actor(),
            email=typed(email) if email else None,
            companies=[typed(each) for each in company or ()],
            phone_numbers=phone or (),
        )
    say(f"Added {plain(made.name)} to {plain(home.name)} as {role}; hub users key {plain(made.name)} makes an API key.")
    say(f"Set-up link (works once, for 24 hours): {plain(link)}")


@commands.command("list")
@listing
def list_users(config: ConfigFile = CONFIG) -> Listing:
    """List the users of every account, and when their keys were last used."""
    with open_store(read_outline(config)) as store, store.reading() as session:
        limits = companies_by_user(session)
        accounts = dict(session.exec(select(Account.id, Account.name)).all())
        columns = (ApiKey.user_id, func.count(), func.max(ApiKey.last_used_at))
        living = select(*columns).where(col(ApiKey.revoked_at).is_(None), ApiKey.ends_at > utc_now())
        rows_of_keys = session.exec(living.group_by(ApiKey.user_id)).all()
        keys = {user_id: (count, used) for user_id, count, used in rows_of_keys}
        users = session.exec(select(User).order_by(User.account_id, User.name)).all()
    rows: list[dict[str, Any]] = [
        {
            "name": user.name,
            "account": accounts[user.account_id],
            "role": user.role,
            "companies": limits.get(user.id),
            "keys": keys.get(user.id, (0, None))[0],
            "last_used_at": keys.get(user.id, (0, None))[1],
            "disabled_at": user.disabled_at,
        }
        for user in users
    ]
    return Listing(
        "Users", rows,
        ("name", "account", "role", ("companies", lambda row: plain(", ".join(row["companies"] or ("all",)))), "keys",
         ("last used (UTC)", "last_used_at"), ("disabled (UTC)", "disabled_at")),
        nothing="There are no users yet; hub users add creates one."
    )  # fmt: skip


@commands.command("role")
def role(
    name: Name,
    new: Annotated[str, typer.Argument(help="The new role.", metavar="ROLE")],
    phone: Phones = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Give a user another role; it applies to their keys and links immediately, and their sessions end."""
    with open_store(read_outline(config)) as store, store.writing() as session:
        user = user_named(session, typed(name))
        give_role(session, user, new, utc_now(), actor=actor(), phone_numbers=phone or ())
    say(f"{plain(user.name)} is {new} now.")


@commands.command("disable")
def disable_user(name: Name, config: ConfigFile = CONFIG) -> None:
    """Disable a user: their sessions, keys and signed links end immediately. It cannot be undone; add a new user instead."""
    with open_store(read_outline(config)) as store, store.writing() as session:
        user = user_named(session, typed(name))
        deactivate(session, user, utc_now(), actor=actor())
    say(f"{plain(user.name)} is disabled.")


@commands.command()
def key(
    name: Name,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days until the key expires.")] = 90,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="personal_data: an assistant that uses the key (hub mcp) gets names, numbers and words in clear, as far as "
            "the role may see them.",
            metavar="SCOPE",
        ),
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Make an API key for a user and print it: it cannot be shown again."""
    with open_store(read_outline(config)) as store, store.writing() as session:
        user = user_named(session, typed(name))
        made = make_key(session, user, utc_now(), timedelta(days=days), actor=actor(), scopes=scope or ())
    typer.echo(made)


@commands.command()
def revoke(name: Name, config: ConfigFile = CONFIG) -> None:
    """Revoke all API keys of a user immediately, for example if one was lost; hub users key makes a new one."""
    with open_store(read_outline(config)) as store, store.writing() as session:
        user = user_named(session, typed(name))
        ended = revoke_all_keys(session, user, utc_now(), actor=actor())
    say(f"Ended {counted(ended, 'key')} of {plain(user.name)}.")

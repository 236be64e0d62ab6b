"""`hub policy`: draft, announce, publish and accept versions of privacy statements, terms and notices."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from hub.cli.policy import show
from hub.cli.policy.lookup import STATEMENT, KindName, Language, Owner, Version, called, opened, version_named
from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, ConfigFile, moment, plain, say
from hub.cli.support.tables import table
from hub.errors import CannotDo
from hub.model import Account, PolicyVersion
from hub.platform.clock import utc_now
from hub.privacy.policies.document import read_document
from hub.privacy.policies.policy_actions import accept_version, announce_version, draft_version, publish_version
from hub.privacy.policies.versions import account_named
from hub.queries.lookup import shown, typed

commands = typer.Typer(
    help="Versions of the privacy statement and the terms, and the accounts that accepted them.", no_args_is_help=True
)
commands.command("list")(show.list_versions)
commands.command("show")(show.show)
commands.command("status")(show.status)


@commands.command()
def draft(file: Path, config: ConfigFile = CONFIG) -> None:
    """Store a file as a draft, or as another language of a draft; it is not public yet. `hub docs policies` shows a file."""
    try:
        document = read_document(file.read_bytes().decode())
    except (OSError, UnicodeDecodeError):
        raise CannotDo(f"{file} cannot be read as UTF-8 text; name the file of the policy.") from None
    with opened(config) as (loaded, store), store.writing() as session:
        version, text = draft_version(session, document, actor(), utc_now())
    say(f"Drafted the {called(version)} in {text.language}; sha256 {text.sha256}.")
    known = {entry.connector_class.manifest.recipient.name.casefold() for entry in loaded.connectors.values()}
    for novelty in document.introduces:
        if novelty.recipient and novelty.recipient.casefold() not in known:
            say(
                f"No connector of config.yaml hands data to {plain(novelty.recipient)!r} yet; write its legal name exactly."
            )


@commands.command()
def announce(
    version: Version,
    effective: Annotated[
        str | None,
        typer.Option(
            help="The day on which it takes effect, like 2027-03-01; by default the first possible.", metavar="DAY"
        ),
    ] = None,
    kind: KindName = STATEMENT,
    account: Owner = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Record that a material change is announced to every account: 30 business days ahead, by each account's calendar.

    From now on, what the version introduces is refused for accounts that have not accepted it.
    """
    with opened(config) as (_, store), store.writing() as session:
        found = version_named(session, version, kind, account)
        notices = announce_version(session, found, actor(), utc_now(), _day(effective))
        rows = [(session.get_one(Account, each.account_id).name, each) for each in notices]
    say(f"Announced the {called(found)}: in force on {moment(found.effective_at, seconds=False)} UTC at the earliest.")
    table(
        "Tell these accounts now",
        ("account", "earliest day", "holidays of"),
        ((plain(name), str(each.earliest_on), plain(", ".join(each.calendar))) for name, each in rows),
    )


@commands.command()
def publish(
    version: Version,
    note: Annotated[
        str, typer.Option(help="What was changed; required for a change that is not material.", metavar="TEXT")
    ] = "",
    kind: KindName = STATEMENT,
    account: Owner = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Put a version in force: a material change on or after its announced day, a corrected typo immediately with a note."""
    with opened(config) as (_, store), store.writing() as session:
        found = version_named(session, version, kind, account)
        publish_version(session, found, actor(), utc_now(), typed(note))
    say(f"Published the {called(found)}.")


@commands.command()
def accept(
    account: Annotated[str, typer.Option(help="The account that accepts.", metavar="NAME")],
    by: Annotated[str, typer.Option(help="The person who accepted for the account.", metavar="NAME")],
    version: Annotated[str, typer.Option(help="The version's name.", metavar="VERSION")],
    kind: KindName = STATEMENT,
    language: Language = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Record an account's explicit acceptance: the person, the time, and the hash of the exact text that was read."""
    with opened(config) as (_, store), store.writing() as session:
        accepting = account_named(session, account)
        found = _seen_by(session, version, kind, account)
        yes = accept_version(session, found, accepting, typed(by), actor(), utc_now(), language)
    say(f"The account {plain(account)} accepted the {called(found)} in {yes.language}; sha256 {yes.sha256}.")


def _seen_by(session: Session, name: str, kind: str, account: str) -> PolicyVersion:
    """The account's own version of that name, otherwise the version for all accounts."""
    try:
        return version_named(session, name, kind, account)
    except CannotDo:
        return version_named(session, name, kind, None)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CannotDo(f"{shown(text or '')!r} is not a date; write it like 2027-03-01.") from None

"""`hub calls mark`, `tag`, `note` and `spam`: what users add to calls, texts and forms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.cli.calls.call_commands import commands, scope_named
from hub.cli.support import audit_note
from hub.cli.support.output import CONFIG, ConfigFile, plain, say
from hub.marks import tags
from hub.marks.leads import Value, mark_lead, parse_value
from hub.marks.notes import add_note
from hub.marks.spam import mark_spam
from hub.platform.clock import utc_now
from hub.queries.lookup import find_subject, typed
from hub.queries.timeline.receipts import worth
from hub.startup.database import open_store, read_outline, vault_of
from hub.store.encryption.vault import Vault

SubjectId = Annotated[
    str,
    typer.Argument(
        help="The id of a call, text or form, at least 6 characters from either end of it, or the carrier's id.",
        metavar="ID",
    ),
]
UserName = Annotated[str, typer.Option("--user", help="The user who marks it (hub users list).", metavar="NAME")]


@commands.command("mark")
def mark(
    wanted: SubjectId,
    user: UserName,
    lead: Annotated[
        str, typer.Option(help="new, qualified, booked or not_a_lead; none removes the mark.", metavar="STATUS")
    ],
    value: Annotated[
        str | None,
        typer.Option(
            help="The lead's value, like 240 or 240 EUR (USD if left out); none removes it.", metavar="AMOUNT"
        ),
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Mark a call, text or form as a lead. Rules with `event: lead` make, change or retract conversions because of it."""
    given: Value = "keep"
    if value is not None:
        given = None if value == "none" else parse_value(value)
    with _marking(config, wanted, user) as (session, scope, _, subject_id, now):
        former = mark_lead(session, scope, subject_id, None if lead == "none" else lead, now, given)
    before = "no mark"
    if former is not None:
        before = former.status + (worth(former.value.amount, former.value.currency) if former.value else "")
    say(f"Marked; before: {plain(before)}. What becomes of it: [bold]hub call {subject_id}[/bold]")


@commands.command("tag")
def tag(
    wanted: SubjectId,
    name: Annotated[str, typer.Argument(help="The tag, at most 40 characters.", metavar="NAME")],
    user: UserName,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag off.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Put a tag on a call, text or form, or take it off."""
    with _marking(config, wanted, user) as (session, scope, _, subject_id, now):
        changed = (tags.untag if remove else tags.tag)(session, scope, subject_id, name, now)
    done = "Removed." if remove else "Tagged."
    say(done if changed else "It was so already.")


@commands.command("note")
def note(
    wanted: SubjectId,
    text: Annotated[str, typer.Argument(help="The note.", metavar="TEXT")],
    user: UserName,
    config: ConfigFile = CONFIG,
) -> None:
    """Write a note on a call, text or form. It is encrypted with the person's key."""
    with _marking(config, wanted, user) as (session, scope, vault, subject_id, now):
        written = add_note(session, scope, vault, subject_id, typed(text), now)
        note_id = written.id
    say(f"Written as {note_id}.")


@commands.command("spam")
def spam(
    wanted: SubjectId,
    user: UserName,
    remove: Annotated[bool, typer.Option("--remove", help="Say that it is not spam.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Mark a call, text or form as spam: no rule makes a conversion of it, and CallRail's lists leave it out."""
    with _marking(config, wanted, user) as (session, scope, _, subject_id, now):
        changed = mark_spam(session, scope, subject_id, not remove, now)
    done = "It is no longer marked as spam." if remove else "Marked as spam; what was sent of it is retracted."
    say(done if changed else "It was so already.")


@contextmanager
def _marking(config: Path, wanted: str, user: str) -> Iterator[tuple[Session, AccessScope, Vault, str, datetime]]:
    """A writing session with the user's scope; the audit log also says which account of this machine acted for them."""
    loaded, now = read_outline(config), utc_now()
    with open_store(loaded) as store, store.writing() as session:
        subject_id = find_subject(session, wanted).id
        scope = scope_named(session, user, "marks")
        yield session, scope, vault_of(loaded), subject_id, now
        audit_note.note(session, now, "marks.for_user", subject_id, scope.user.name)

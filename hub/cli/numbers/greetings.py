"""`hub greetings`: the sound files that call flows play, uploaded from here or in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session

from hub.cli.calls.call_commands import ListedByDefault
from hub.cli.lists.reading import CompanyName, opened
from hub.cli.support.audit_note import actor
from hub.cli.support.files import new_file
from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.output import CONFIG, ConfigFile, plain, say
from hub.errors import CannotDo
from hub.model import Greeting
from hub.numbers.directory import read_directory
from hub.numbers.greetings import (
    MAX_UPLOAD_BYTES,
    Sound,
    add_greeting,
    converted,
    greeting_of,
    greetings_of,
    remove_greeting,
    replace_greeting,
)
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.queries.flows.current import played_greetings
from hub.startup.reading import read_config

OF_LIST = only("name", "seconds", "made_at", "file", "id")
commands = typer.Typer(cls=ListedByDefault, help="List, upload and delete the sound files that call flows play.")
Id = Annotated[str, typer.Argument(help="The greeting's id.", metavar="ID")]
SoundFile = Annotated[Path, typer.Argument(help="A WAV or MP3 file.", metavar="FILE")]


@commands.command("list")
@listing
def list_greetings(company: CompanyName = None, config: ConfigFile = CONFIG) -> Listing:
    """List the greetings; `file` is what a step has at `play:`."""
    with _session(config, company) as (session, names):
        played = played_greetings(read_config(config, sandbox=True), read_directory(session), list(names.values()))
        rows: list[dict[str, Any]] = [
            {"company": names[each.company_id], "played": each.id in played, **OF_LIST(each)}
            for each in greetings_of(session, names)
        ]
    columns = ("company", "name", "seconds", ("made (UTC)", minutes("made_at")), "played", "file")
    return Listing("Greetings", rows, columns, nothing="No greetings: hub greetings add FILE", optional=("made (UTC)",))


@commands.command("add")
def add(
    file: SoundFile,
    name: Annotated[str, typer.Option(help="Its name in the list of files of a step.", metavar="NAME")],
    company: Annotated[str, typer.Option("--company", help="Whose callers hear it.", metavar="NAME")],
    config: ConfigFile = CONFIG,
) -> None:
    """Store a WAV or MP3 file as a greeting of a company. A WAV is converted for the telephone."""
    sound = _sound(file)
    with _session(config, company, writes=True) as (session, names):
        (company_id,) = names
        made = add_greeting(session, actor(), company_id, name, sound, utc_now())
        say(f"{plain(made.name)} is stored. In a step of a call flow: play: {made.file}")


@commands.command("replace")
def replace(greeting: Id, file: SoundFile, config: ConfigFile = CONFIG) -> None:
    """Give a greeting another sound. Call flows that play it play this one from the next call on."""
    sound = _sound(file)
    with _session(config, None, writes=True) as (session, names):
        replace_greeting(session, actor(), greeting_of(session, greeting, names), sound, utc_now())
    say("It has the new sound.")


@commands.command("save")
def save(
    greeting: Id, file: Annotated[Path, typer.Argument(help="A new file.", metavar="FILE")], config: ConfigFile = CONFIG
) -> None:
    """Write the sound of a greeting to a file."""
    with _session(config, None) as (session, names):
        found: Greeting = greeting_of(session, greeting, names, with_sound=True)
    with new_file(file) as out:
        out.write(found.audio)
    say(f"{plain(found.name)} is in {plain(file)}.")


@commands.command("delete")
def delete(greeting: Id, config: ConfigFile = CONFIG) -> None:
    """Delete a greeting that no call flow plays."""
    loaded = read_config(config, sandbox=True)
    with _session(config, None, writes=True) as (session, names):
        played = played_greetings(loaded, read_directory(session), list(names.values()))
        remove_greeting(session, actor(), greeting_of(session, greeting, names), played, utc_now())
    say("Deleted.")


@contextmanager
def _session(config: Path, company: str | None, *, writes: bool = False) -> Iterator[tuple[Session, dict[str, str]]]:
    """A session, and the names of the companies that are meant by their ids."""
    with (
        opened(config, company, None, "setup") as (store, read),
        store.writing() if writes else store.reading() as session,
    ):
        yield session, {row_id: row.name for row_id, row in read(session).companies.items()}


def _sound(file: Path) -> Sound:
    try:
        if file.stat().st_size > MAX_UPLOAD_BYTES:
            raise CannotDo(f"{file} has more than {MAX_UPLOAD_BYTES // 1_000_000} MB.")
        return converted(file.read_bytes())
    except OSError as error:
        raise CannotDo(f"{file} cannot be read: {error.strerror}.") from None

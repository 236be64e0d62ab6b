"""`hub backup` and `hub restore`: data and keys in separate files, so that an erasure reaches the backups too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace as altered
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hub.backup.restore import restore as restore_all
from hub.backup.save import save, save_keys
from hub.cli.support.audit_note import note
from hub.cli.support.output import (
    CONFIG,
    ConfigFile,
    console,
    counted,
    plain,
    say,
)
from hub.errors import CannotDo
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.startup.reading import read_config
from hub.store.engine import explained


class _SaveByDefault(TyperGroup):
    """`hub backup FILE` is `hub backup save FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the command in front, if none was named."""
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["save", *args])


commands = typer.Typer(
    help="Back up the hub while it runs: its data in one file, people's keys in another.",
    cls=_SaveByDefault,
)


@commands.command("save")
def backup(
    file: Annotated[Path | None, typer.Argument(help="Write all data to this file; without it, only the keys.")] = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="Write people's keys to this file; store it apart from the data, for at most 35 days."),
    ] = None,
    without_recordings: Annotated[
        bool, typer.Option("--without-recordings", help="Leave out the audio, if its storage has its own copies.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing file.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Write a backup; `hub backup FILE` is the same as `hub backup save FILE`.

    Each person's data is encrypted under that person's key. After the hub erases a person and the key, a data backup can
    no longer be read for that person. The files restore on both SQLite and PostgreSQL. Both files need the hub's own key,
    which is in neither of them: keep a copy of it.
    """
    if file is None and keys is None:
        raise CannotDo("Name a file for the data, or one for the keys with --keys, or both.")
    for each in (file, keys):
        if each is not None and each.exists() and not replace:
            raise CannotDo(f"{each} already exists; name a new file, or use --replace.")
    with hub_alone(config) as hub:
        if file is not None:
            with telling() as progress:
                manifest = save(hub, file, recordings=not without_recordings, progress=progress)
            note_action(hub, "backup.data", manifest["id"])
            rows = sum(each["rows"] for name, each in manifest["tables"].items() if name != "recordings")
            audio = manifest["tables"].get("recordings", {"rows": 0})["rows"]
            say(f"Wrote {plain(file)}: {counted(rows, 'row')}, {counted(audio, 'recording')}.")
        if keys is not None:
            manifest = save_keys(hub, keys)
            note_action(hub, "backup.keys", manifest["id"])
            count = manifest["tables"].get("person_key", {"rows": 0})["rows"]
            say(f"Wrote {plain(keys)}: {counted(count, 'key')}; it can be restored until {manifest['until'][:10]}.")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup of data.")],
    keys: Annotated[
        Path | None, typer.Option(help="A backup of keys, made after the data and not older than 35 days.")
    ] = None,
    tombstones: Annotated[
        Path | None, typer.Option(help="The journal of erased people, if it is not the file of hub.tombstones.")
    ] = None,
    without_keys: Annotated[
        bool,
        typer.Option("--without-keys", help="Restore without keys: people's data is permanently left out."),
    ] = False,
    without_tombstones: Annotated[
        bool, typer.Option("--without-tombstones", help="Confirm that there is no journal and that no one was erased.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Restore a backup into the empty database and storage that config.yaml names.

    People who were erased after the backup are erased again before the hub opens the database. The hub refuses the
    database of an interrupted restore; start again with a new one.
    """
    if (keys is None) != without_keys:
        raise CannotDo("Name the backup of keys with --keys, or use --without-keys; not both.")
    with hub_alone(config) as hub, telling() as progress:
        result = restore_all(hub, file, keys, tombstones, without_journal=without_tombstones, progress=progress)
        note_action(hub, "backup.restored", result.backup_id)
    say(f"Restored the hub as it was at {result.backup_made_at:%Y-%m-%d %H:%M} UTC.")
    for name, count in sorted(result.emptied.items()):
        say(
            f"  {plain(name)}: {counted(count, 'row')} cleared or deleted, because the person was erased or the key is gone"
        )


def note_action(hub: Hub, action: str, backup_id: str) -> None:
    """Write the audit entry of a deed with a backup."""
    with hub.store.writing() as session:
        note(session, hub.clock(), action, backup_id)


@contextmanager
def hub_alone(config: Path) -> Iterator[Hub]:
    """The hub without its connectors, because no provider is needed."""

    hub = assemble(altered(read_config(config), connectors={}))
    try:
        with explained():
            yield hub
    finally:
        hub.close()


@contextmanager
def telling() -> Iterator[Callable[[str, int, int], None]]:
    """A progress line on a terminal; nothing in a pipe."""
    made = console(to_errors=True)
    if not made.is_terminal:
        yield lambda *_: None
        return
    with made.status("reading …") as status:

        def tell(table: str, done: int, total: int) -> None:
            status.update(f"{table}: {done} of {total}")

        yield tell

"""`hub recordings`: each recording's state, links to listen, export, and pauses while card data is spoken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.recordings import transcripts
from hub.cli.support.output import (
    CONFIG,
    AsJson,
    ConfigFile,
    Sandboxed,
    colored,
    counted,
    echo_json,
    moment,
    plain,
    say,
)
from hub.cli.support.tables import short_ids, table
from hub.errors import CannotDo

if TYPE_CHECKING:
    from sqlmodel import Session

    from hub.contracts.numbers import RecordingControl
    from hub.model import Call, Recording

commands = typer.Typer(
    help="List recordings and voicemail, make signed links, pause recording while card data is spoken.",
    no_args_is_help=True,
)
WHICH = "The recording's id or a part of it, or the carrier's id of it."
RecordingId = Annotated[str, typer.Argument(help=WHICH, metavar="ID")]
CallId = Annotated[str, typer.Argument(help="A call's id, or the carrier's id of it.", metavar="CALL")]
User = Annotated[str, typer.Option(help="The listener: a user with the permission (hub users).", metavar="NAME")]


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    transcripts.register(commands)
    app.add_typer(commands, name="recordings")


@commands.command("list")
def list_recordings(
    state: Annotated[
        str | None, typer.Option(help="Only ready, leased, stored, refused, gone or failed.", metavar="STATE")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number listed, newest first.")] = 50,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List recordings and voicemail with their states, newest first."""
    from sqlmodel import col, select

    from hub.model import Recording
    from hub.model.states import RecordingState
    from hub.startup import open_store, read_outline

    if state is not None and state not in tuple(RecordingState):
        raise CannotDo(f"{state!r} is not a recording state; choose one of {', '.join(RecordingState)}.")
    query = select(Recording).order_by(col(Recording.recorded_at).desc(), col(Recording.id).desc()).limit(limit)
    with open_store(read_outline(config)) as store, store.reading() as session:
        rows = session.exec(query if state is None else query.where(Recording.state == state)).all()
    if as_json:
        echo_json([_plain(row) for row in rows])
        return
    if not rows:
        say("There are no recordings yet." if state is None else f"No recording is {state}.")
        return
    short = short_ids(row.id for row in rows)
    table(
        counted(len(rows), "recording"),
        ("id", "recorded (UTC)", "kind", "seconds", "state", "until", "reason"),
        (
            (short(row.id), moment(row.recorded_at), row.kind, plain(row.duration), colored(row.state),
             moment(row.expires_at, seconds=False), plain(row.reason))
            for row in rows
        ),
        ("until",),
    )  # fmt: skip


@commands.command()
def show(recording_id: RecordingId, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show one recording: its call, what was verified, its place in the storage, and who listened."""
    from sqlmodel import col, select

    from hub.access.users import names_of
    from hub.model import AuditEntry
    from hub.startup import open_store, read_outline

    with open_store(read_outline(config)) as store, store.reading() as session:
        row = found_recording(session, recording_id)
        deeds = session.exec(
            select(AuditEntry).where(AuditEntry.subject == row.id).order_by(col(AuditEntry.at), col(AuditEntry.id))
        ).all()
        names = names_of(session, {each.actor for each in deeds})
    listened = [
        {"at": each.at, "who": names.get(each.actor, each.actor), "what": each.action, "detail": each.detail}
        for each in deeds
    ]
    if as_json:
        echo_json(_plain(row) | {"audit": listened})
        return
    for name, value in _plain(row).items():
        if value is not None:
            say(f"{name.replace('_', ' ')}: {colored(row.state) if name == 'state' else plain(value)}")
    for each in deeds:
        say(
            f"{moment(each.at)} UTC  {plain(names.get(each.actor, each.actor))}  {plain(each.action)}  {plain(each.detail)}"
        )


@commands.command()
def link(
    recording_id: RecordingId,
    user: User,
    download: Annotated[bool, typer.Option("--download", help="A link to save the file instead of listening.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Sign a link to one recording for one person. It is valid for five minutes, and each use is in the audit trail."""
    from hub.access.users import may_listen, user_named
    from hub.cli.support.audit_note import note
    from hub.platform.clock import utc_now
    from hub.queries.lookup import typed
    from hub.recordings.links import MAX_LINK_LIFETIME, Link, path_to
    from hub.startup import open_store, read_config
    from hub.store.audit import account_of
    from hub.store.encryption.keyfile import keyring_of

    loaded = read_config(config, sandbox=True)
    keyring, now = keyring_of(loaded.hub), utc_now().replace(microsecond=0)
    with open_store(loaded) as store, store.writing() as session:
        row = found_recording(session, recording_id)
        listener = user_named(session, typed(user))
        if not may_listen(session, listener, row, account_of(session, row.id), "recordings"):
            raise CannotDo(
                f"{listener.name} may not hear this recording: the role is {listener.role}"
                f"{', and the user is disabled' if listener.disabled_at else ''}; see hub users list."
            )
        if row.path is None:
            raise CannotDo(
                f"The recording {row.id} is {row.state} ({row.reason or 'not stored yet'}); there is nothing to listen to."
            )
        made = Link(
            recording_id=row.id,
            user=listener.id,
            purpose="download" if download else "play",
            expires_at=now + MAX_LINK_LIFETIME,
        )
        note(session, now, "recording.link", row.id, f"{made.purpose} for {listener.id}")
    typer.echo(str(loaded.hub.public_url).rstrip("/") + path_to(made, keyring))


@commands.command()
def export(recording_id: RecordingId, file: Path, sandbox: Sandboxed = False, config: ConfigFile = CONFIG) -> None:
    """Write a decrypted recording to a new file that only you can read. The export is in the audit trail."""
    from hub.cli.support.audit_note import actor
    from hub.recordings.listen import hear, note_listening
    from hub.startup import open_hub, read_config

    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        with opened.hub.store.reading() as session:
            row = found_recording(session, recording_id)
            heard = hear(opened.hub, session, row.id)
        if heard is None or heard.audio is None:
            raise CannotDo(f"The recording {row.id} cannot be heard: {heard.why if heard else 'it does not exist'}.")
        with new_file(file) as stream:
            with opened.hub.store.writing() as session:
                note_listening(session, opened.hub, actor(), "recording.export", row.id)
            stream.write(heard.audio)
    say(f"Wrote {plain(file)}: {len(heard.audio):,} bytes of {plain(row.content_type)}.")


@commands.command()
def fetch(recording_id: RecordingId, sandbox: Sandboxed = False, config: ConfigFile = CONFIG) -> None:
    """Retry now the remaining steps of a waiting or failed recording. Exits with status 1 if it is not stored afterwards."""
    from sqlmodel import col, update

    from hub.cli.support.audit_note import note
    from hub.model import Recording
    from hub.model.states import RecordingState
    from hub.recordings.keep import fetch_due
    from hub.startup import open_hub, read_config

    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        hub, now = opened.hub, opened.hub.clock()
        with hub.store.writing() as session:
            row = found_recording(session, recording_id)
            if row.state in (RecordingState.REFUSED, RecordingState.GONE):
                raise CannotDo(f"The recording {row.id} is {row.state} ({row.reason}); it is not fetched.")
            again = update(Recording).where(col(Recording.id) == row.id, col(Recording.state) != RecordingState.LEASED)
            session.execute(again.values(state=RecordingState.READY, due_at=now, attempts=0))
            note(session, now, "recording.fetch", row.id)
        fetch_due(hub, where=(col(Recording.id) == row.id,))
        with hub.store.reading() as session:
            after = session.get_one(Recording, row.id)
    say(f"Recording {after.id}: {colored(after.state)}{f', {plain(after.reason)}' if after.reason else ''}")
    if after.stored_at is None:
        raise typer.Exit(1)


@commands.command()
def pause(call: CallId, sandbox: Sandboxed = False, config: ConfigFile = CONFIG) -> None:
    """Pause the recording of an active call while card data is spoken."""
    _control(call, "pause", sandbox, config)


@commands.command()
def resume(call: CallId, sandbox: Sandboxed = False, config: ConfigFile = CONFIG) -> None:
    """Resume a recording after a pause."""
    _control(call, "resume", sandbox, config)


@commands.command()
def end(call: CallId, sandbox: Sandboxed = False, config: ConfigFile = CONFIG) -> None:
    """End the recording of a call because its caller does not want it, also after the call. What was recorded is deleted."""
    from hub.cli.support.audit_note import actor
    from hub.recordings.end import HELD, IN_WORDS, end_recording
    from hub.startup import open_hub, read_config

    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        with opened.hub.store.reading() as session:
            row = _call(session, call)
        outcome, held = end_recording(opened.hub, row, actor())
    say(f"{IN_WORDS[outcome]}{f' {HELD}' if held else ''}")


def _control(wanted: str, control: RecordingControl, sandbox: bool, config: Path) -> None:
    from hub.cli.support.audit_note import note
    from hub.hookspecs import RecordingHooks
    from hub.recordings.end import check_resume
    from hub.startup import open_hub, read_config

    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        hub = opened.hub
        with hub.store.reading() as session:
            call = _call(session, wanted)
        if call.connector not in hub.plugins.connectors:
            raise CannotDo(f"config.yaml no longer has a connector {call.connector!r}; use the carrier's console.")
        if control == "resume":
            with hub.store.reading() as session:
                check_resume(session, call)
        hub.plugins.call(call.connector, RecordingHooks.control_recording, call.carrier_call_id, control)
        with hub.store.writing() as session:
            note(session, hub.clock(), f"recording.{control}", call.id)
    say(f"{'Paused' if control == 'pause' else 'Resumed'} the recording of call {call.id}.")


def _call(session: Session, wanted: str) -> Call:
    from hub.model import Call
    from hub.queries.lookup import find_subject

    subject = find_subject(session, wanted)
    if not isinstance(subject, Call):
        raise CannotDo("That is not a call; only calls are recorded.")
    return subject


def found_recording(session: Session, wanted: str) -> Recording:
    """The recording with an id, a part of it, or the carrier's id; CannotDo if none or several are found."""
    from hub.model import Recording
    from hub.queries.lookup import by_id, one, typed

    text = typed(wanted)
    return one(by_id(session, Recording, text, Recording.carrier_recording_id), "recording", text)  # type: ignore[no-any-return]


def new_file(file: Path) -> IO[bytes]:
    """A new file that only its owner can read; CannotDo if it exists already or cannot be written."""
    try:
        return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise CannotDo(f"{file} already exists; name a new file.") from None
    except OSError as error:
        raise CannotDo(
            f"{file} cannot be written ({error.strerror}); name a file in a folder that you can write to."
        ) from None


def _plain(row: Recording) -> dict[str, Any]:
    names = ("id", "state", "reason", "kind", "call_id", "connector", "carrier_recording_id", "recorded_at", "duration",
             "content_type", "size", "sha256", "path", "stored_at", "carrier_deleted_at", "attempts", "due_at",
             "expires_at")  # fmt: skip
    return {name: getattr(row, name) for name in names}

"""`hub recordings`: each recording's state, links to listen, export, and pauses while card data is spoken."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session, col, select, update

from hub.access.users import may_listen, names_of, user_named
from hub.cli.recordings import transcripts
from hub.cli.recordings.lookup import RecordingId, found_recording
from hub.cli.support.audit_note import actor, note
from hub.cli.support.files import new_file
from hub.cli.support.lists import Listing, listing, minutes
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
from hub.contracts.numbers import RecordingControl
from hub.errors import CannotDo
from hub.hookspecs import RecordingHooks
from hub.model import AuditEntry, Call, Recording
from hub.model.states import RecordingState
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.platform.id_words import words_of
from hub.queries.lookup import find_subject, typed
from hub.recordings.end import HELD, IN_WORDS, check_resume, end_recording
from hub.recordings.keep import fetch_due
from hub.recordings.links import MAX_LINK_LIFETIME, Link, path_to
from hub.recordings.listen import hear, note_listening
from hub.startup.database import open_store, read_outline
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.store.audit import account_of
from hub.store.encryption.keyfile import keyring_of

commands = typer.Typer(
    help="List recordings and voicemail, make signed links, pause recording while card data is spoken.",
    no_args_is_help=True,
)
FIELDS = only(
    "id", "state", "reason", "kind", "call_id", "connector", "carrier_recording_id", "recorded_at", "duration",
    "content_type", "size", "sha256", "path", "stored_at", "carrier_deleted_at", "attempts", "due_at", "expires_at",
)  # fmt: skip
CallId = Annotated[str, typer.Argument(help="A call's id, or the carrier's id of it.", metavar="CALL")]
User = Annotated[str, typer.Option(help="The listener: a user with the permission (hub users).", metavar="NAME")]
commands.command("transcript")(transcripts.transcript)
commands.command("transcribe")(transcripts.transcribe)


@commands.command("list")
@listing
def list_recordings(
    state: Annotated[
        str | None, typer.Option(help="Only ready, leased, stored, refused, gone or failed.", metavar="STATE")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number listed, newest first.")] = 50,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List recordings and voicemail with their states, newest first."""
    if state is not None and state not in tuple(RecordingState):
        raise CannotDo(f"{state!r} is not a recording state; choose one of {', '.join(RecordingState)}.")
    query = select(Recording).order_by(col(Recording.recorded_at).desc(), col(Recording.id).desc()).limit(limit)
    with open_store(read_outline(config)) as store, store.reading() as session:
        rows = session.exec(query if state is None else query.where(Recording.state == state)).all()
    return Listing(
        counted(len(rows), "recording"), rows,
        ("id", ("recorded (UTC)", "recorded_at"), "kind", ("seconds", "duration"), "state", ("until", minutes("expires_at")),
         "reason"),
        data=FIELDS, nothing="There are no recordings yet." if state is None else f"No recording is {state}.",
        optional=("until",)
    )  # fmt: skip


@commands.command()
def show(recording_id: RecordingId, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show one recording: its call, what was verified, its place in the storage, and who listened."""
    with open_store(read_outline(config)) as store, store.reading() as session:
        row = found_recording(session, recording_id)
        actions = session.exec(
            select(AuditEntry).where(AuditEntry.subject == row.id).order_by(col(AuditEntry.at), col(AuditEntry.id))
        ).all()
        names = names_of(session, {each.actor for each in actions})
    listened = [
        {"at": each.at, "who": names.get(each.actor, each.actor), "what": each.action, "detail": each.detail}
        for each in actions
    ]
    if as_json:
        echo_json(FIELDS(row) | {"audit": listened})
        return
    for name, value in FIELDS(row).items():
        if value is not None:
            say(f"{words_of(name)}: {colored(row.state) if name == 'state' else plain(value)}")
    for each in actions:
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
    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        with opened.hub.store.reading() as session:
            row = _call(session, call)
        outcome, held = end_recording(opened.hub, row, actor())
    say(f"{IN_WORDS[outcome]}{f' {HELD}' if held else ''}")


def _control(wanted: str, control: RecordingControl, sandbox: bool, config: Path) -> None:
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
    subject = find_subject(session, wanted)
    if not isinstance(subject, Call):
        raise CannotDo("That is not a call; only calls are recorded.")
    return subject

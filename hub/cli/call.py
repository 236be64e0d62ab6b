"""`hub call ID`: one call, text or form as a timeline, from its first webhook to its last receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.support.output import CONFIG, AsJson, ConfigFile, coloured, console, echo_json, moment, plain, say

if TYPE_CHECKING:
    from sqlmodel import Session

    from hub.config.models import Config
    from hub.model import Call, FormSubmission, TextMessage
    from hub.queries.masking import Mask
    from hub.queries.timeline.entries import Entry
    from hub.store.vault import Vault

STAGE_COLOURS = {
    "visit": "bright_cyan",
    "receive": "blue",
    "answer": "bright_green",
    "attribute": "magenta",
    "enrich": "cyan",
    "consent": "yellow",
    "outcome": "bright_blue",
    "convert": "bright_magenta",
    "deliver": "green",
    "disclose": "bright_black",
}


LINE = 120
"""Characters of what happened and its only detail, that still stand on one line."""


def register(app: typer.Typer) -> None:
    """Add the command to `hub`."""
    app.command("call")(call)


def call(
    wanted: Annotated[
        str,
        typer.Argument(
            help="The id of a call, text or form, at least 6 characters from either end of it, or the carrier's id.",
            metavar="ID",
        ),
    ],
    show_personal: Annotated[
        bool, typer.Option("--show-personal", help="Show phone numbers, names and texts; that is noted in the audit.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Tell the story of one call, text or form. Its id is also the correlation id in the logs."""
    from hub.cli.support.audit_note import note
    from hub.queries.lookup import find_subject
    from hub.queries.masking import Mask
    from hub.queries.timeline.build import timeline
    from hub.runtime import utc_now
    from hub.startup import open_store, read_config

    loaded, mask = read_config(config, sandbox=True), Mask(show_personal)
    vault = vault_of(loaded)
    with open_store(loaded) as store:
        with store.reading() as session:
            subject = find_subject(session, wanted)
            head = _head(session, subject, mask, vault)
            entries = timeline(session, subject, mask, vault)
        if show_personal:
            with store.writing() as session:
                note(session, utc_now(), "call.show_personal", subject.id)
    if as_json:
        echo_json({**head, "timeline": [entry.plain() for entry in entries]})
        return
    _print_head(head)
    print_timeline(entries)


def print_timeline(entries: Sequence[Entry]) -> None:
    """The entries as lines: time, stage, what happened, with details below."""
    from rich.table import Table

    lines = Table.grid(padding=(0, 2))
    lines.add_column(no_wrap=True, style="dim")
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold")
    day = None
    for entry in entries:
        if entry.at.date() != day:
            day = entry.at.date()
            lines.add_row(f"[bold]{day}[/bold]", "[dim]UTC[/dim]", "")
        state = f"  {coloured(entry.state)}" if entry.state else ""
        on_the_line = len(entry.details) == 1 and len(entry.text) + len(entry.details[0]) < LINE
        between = "  " if on_the_line else "\n"
        details = "".join(f"{between}[dim]{plain(detail)}[/dim]" for detail in entry.details)
        colour = STAGE_COLOURS[entry.stage]
        lines.add_row(
            f"{entry.at:%H:%M:%S}.{entry.at.microsecond // 1000:03}",
            f"[{colour}]{entry.stage}[/{colour}]",
            f"{plain(entry.text)}{state}{details}",
        )
    console().print(lines)


def _head(session: Session, subject: Call | TextMessage | FormSubmission, mask: Mask, vault: Vault) -> dict[str, Any]:
    from hub.model import Call, Company, FormSubmission, Tracker
    from hub.store.encrypted_fields import fields_of, names_of

    company = session.get(Company, subject.company_id) if subject.company_id else None
    if isinstance(subject, FormSubmission):
        fields = fields_of(vault, session, [subject]).get(subject.id, {})
        return {"what": "form"} | {
            "id": subject.id,
            "company": company.name if company else None,
            "form": subject.form_id,
            "page": mask.page(subject.page),
            "person": subject.person_id,
            "phone_number": mask.phone(subject.phone_number),
            "email": mask.text(subject.email),
            "name": mask.text(names_of(vault, session, [subject]).get(subject.id)),
            "fields": ", ".join(f"{name}: {mask.text(value)}" for name, value in fields.items()) or None,
            "first_time_contact": subject.first_time_contact,
            "work": subject.state,
            "expires_at": subject.expires_at,
        }
    tracker = session.get(Tracker, subject.tracker_id) if subject.tracker_id else None
    shared = {
        "id": subject.id,
        "company": company.name if company else None,
        "tracker": tracker.name if tracker else None,
        "tracking_number": subject.tracking_number,
        "person": subject.person_id,
        "work": subject.state,
        "expires_at": subject.expires_at,
    }
    if isinstance(subject, Call):
        return {"what": "call"} | shared | {
            "caller_number": mask.phone(subject.caller_number),
            "caller_name": mask.text(names_of(vault, session, [subject]).get(subject.id)),
            "attestation": subject.attestation,
            "first_time_caller": subject.first_time_caller,
            "status": subject.status,
            "answered": subject.answered,
            "voicemail": subject.voicemail,
            "duration": subject.duration,
            "recording": subject.recording_id,
            "carrier": subject.connector,
            "carrier_id": subject.carrier_call_id,
            "found_by": subject.found_by,
        }  # fmt: skip
    return {"what": "text"} | shared | {
        "person_number": mask.phone(subject.person_number),
        "direction": subject.direction,
        "purpose": subject.purpose,
        "status": subject.status,
        "reason": subject.reason,
        "body": body_of(session, subject, mask, vault),
        "carrier": subject.connector,
        "carrier_id": subject.carrier_message_id,
    }  # fmt: skip


def vault_of(config: Config) -> Vault:
    """What opens the names and texts of the configuration's database."""
    from hub.runtime import utc_now
    from hub.store.keyfile import keyring_of
    from hub.store.vault import Vault

    return Vault(keyring_of(config.hub), utc_now)


def body_of(session: Session, message: TextMessage, mask: Mask, vault: Vault) -> str | None:
    """What a text says, in clear only where the mask is off."""
    from hub.queries.masking import HIDDEN
    from hub.texts.bodies import open_body

    if message.body is None or not mask.off:
        return HIDDEN if message.body else None
    return open_body(vault, session, message)


def _print_head(head: dict[str, Any]) -> None:
    from rich.table import Table

    say(f"[bold]{head['what'].capitalize()}[/bold] {head['id']}")
    facts = Table.grid(padding=(0, 2))
    for name, value in head.items():
        if name in ("what", "id") or value is None:
            continue
        if isinstance(value, bool):
            shown = "yes" if value else "no"
        elif name == "expires_at":
            shown = moment(value, seconds=False)
        else:
            shown = f"{plain(value)}{' s' if name == 'duration' else ''}"
        facts.add_row(f"[dim]{name.replace('_', ' ')}[/dim]", shown)
    console().print(facts)
    say("")

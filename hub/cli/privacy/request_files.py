"""`hub privacy request export` and `certify`: the files that come out of a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.privacy.request_lookup import RequestId, find_request, open_for
from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, echo_json, plain, say
from hub.errors import CannotDo
from hub.privacy_requests.certificate import as_text, is_genuine
from hub.privacy_requests.officer import certificate_for, file_for
from hub.runtime import Hub


def export(
    request_id: RequestId,
    to: Annotated[Path, typer.Option("--to", help="Where to write the file.", metavar="FILE")],
    config: ConfigFile = CONFIG,
) -> None:
    """Write the person's file (a zip) to disk, to hand it over in another way than by the person's page."""
    with open_for(config) as hub:
        with hub.store.reading() as session:
            request = find_request(session, request_id)
        data = file_for(hub, request.id, actor())
    to.write_bytes(data)
    to.chmod(0o600)
    say(f"Written to {plain(to)}; it holds everything about one person.")


def certify(
    request_id: RequestId,
    verify: Annotated[
        Path | None, typer.Option(help="Check a certificate in JSON instead of printing one.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Print the certificate of an erasure, or check one. Exits with status 1 if it is not ours or was changed."""
    with open_for(config) as hub:
        if verify is not None:
            _check_certificate(hub, request_id, verify)
            return
        with hub.store.writing() as session:
            certificate = certificate_for(session, hub, find_request(session, request_id), actor())
    if as_json:
        echo_json(certificate)
    else:
        typer.echo(as_text(certificate), nl=False)


def _check_certificate(hub: Hub, request_id: str, file: Path) -> None:
    try:
        certificate = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CannotDo(f"{file} cannot be read as JSON; give the file that certify --json wrote.") from None
    sound = (
        isinstance(certificate, dict)
        and is_genuine(hub, certificate)
        and str(certificate.get("request", "")).endswith(request_id)
    )
    if not sound:
        say("[red]Not genuine[/red]: it was changed, belongs to another request, or was not signed by this hub.")
        raise typer.Exit(1)
    say(
        f"[green]Genuine[/green]: signed by this hub at {plain(certificate['certified_at'])}, "
        f"for request {plain(certificate['request'])}."
    )

"""What comes out of requests of people, and what stands in their way: files, certificates, legal holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.auditing import actor
from hub.cli.printing import CONFIG, AsJson, CannotDo, ConfigFile, counted, echo_json, plain, say
from hub.cli.request_finding import audit, company_named, find_request, number_of, open_for

if TYPE_CHECKING:
    from hub.assembly import Hub

RequestId = Annotated[str, typer.Argument(help="The request's id, or an end of it.", metavar="ID")]


def register(requests: typer.Typer) -> None:
    """Add the commands to `hub privacy request`."""
    for command in (export, certify, hold, lift, unrestrict):
        requests.command()(command)


def export(
    request_id: RequestId,
    to: Annotated[Path, typer.Option("--to", help="Where to write the file.", metavar="FILE")],
    config: ConfigFile = CONFIG,
) -> None:
    """Write the person's file (a zip) somewhere, to hand it over in another way than by their page."""
    from hub.requests.file import read_file

    with open_for(config) as hub:
        with hub.store.writing() as session:
            request = find_request(session, request_id)
            audit(session, hub, "privacy.request.export", request.id)
        with hub.store.reading() as session:
            data = read_file(session, hub, request)
    if data is None:
        raise CannotDo(
            "There is no file: the request was not answered yet, its month is over, or the person was erased."
        )
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
    """Print the certificate of an erasure, or check one. Ends with status 1 where it is not ours or was changed."""
    from hub.requests.certificate import as_text
    from hub.requests.certificate import certify as sign

    with open_for(config) as hub:
        if verify is not None:
            _check_certificate(hub, request_id, verify)
            return
        with hub.store.writing() as session:
            request = find_request(session, request_id)
            certificate = request.certificate
            if request.state == "held":
                certificate = sign(session, hub, request, hub.clock())
            audit(session, hub, "privacy.request.certify", request.id)
    if not certificate:
        raise CannotDo("There is no certificate yet: it is made once the hub and every provider have answered.")
    if as_json:
        echo_json(certificate)
    else:
        typer.echo(as_text(certificate), nl=False)


def hold(
    company: Annotated[str, typer.Option("--company", help="The company's name in config.yaml.", metavar="NAME")],
    reason: Annotated[str, typer.Option(help="The matter that obliges you to keep the data; name nobody.")],
    phone: Annotated[str | None, typer.Option(help="The person's phone number.", metavar="NUMBER")] = None,
    email: Annotated[str | None, typer.Option(help="The person's e-mail address.", metavar="ADDRESS")] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Set a legal hold: nothing of this person is erased, or ends with its life, until it is lifted."""
    from hub.cli.finding import known, typed
    from hub.requests.people import set_hold
    from hub.requests.steps import email_address

    number, address = number_of(phone), email_address(email)
    if number is None and address is None:
        raise CannotDo("Give the person's --phone or --email.")
    with open_for(config) as hub:
        known(company, [each.name for each in hub.config.companies], "company")
        with hub.store.writing() as session:
            made = set_hold(session, hub, company_named(session, company).id, number, address, typed(reason), actor())
            audit(session, hub, "privacy.hold.set", made.id)
    say(f"Legal hold {made.id} is set.")


def lift(
    hold_id: Annotated[str, typer.Argument(help="The hold's id.", metavar="ID")], config: ConfigFile = CONFIG
) -> None:
    """Lift a legal hold; requests that it kept back can be run again."""
    from sqlmodel import select

    from hub.cli.finding import by_id, one, typed
    from hub.model import LegalHold, PrivacyRequest

    with open_for(config) as hub, hub.store.writing() as session:
        found = one(by_id(session, LegalHold, typed(hold_id), LegalHold.id), "legal hold", typed(hold_id))
        found.lifted_at, found.lifted_by = hub.clock(), actor()
        session.add(found)
        audit(session, hub, "privacy.hold.lift", found.id)
        kept_back = session.exec(
            select(PrivacyRequest.id).where(
                PrivacyRequest.state == "held", PrivacyRequest.company_id == found.company_id
            )
        ).all()
    say(f"Lifted. {counted(len(kept_back), 'request')} held at this company: run what this hold kept back.")


def unrestrict(
    request_id: RequestId,
    reason: Annotated[str, typer.Option(help="Why the data may be used again; tell the person first.")],
    config: ConfigFile = CONFIG,
) -> None:
    """End a restriction: the person's data may be used again."""
    from hub.cli.finding import typed
    from hub.requests.effects import lift_restriction

    with open_for(config) as hub:
        with hub.store.reading() as session:
            request = find_request(session, request_id)
        people = lift_restriction(hub, request.id, actor(), typed(reason))
    say(f"The data of {counted(people, 'person')} may be used again.".replace("persons", "people"))


def _check_certificate(hub: Hub, request_id: str, file: Path) -> None:
    from hub.requests.certificate import is_genuine

    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CannotDo(f"{file} cannot be read as JSON; give the file that certify --json wrote.") from None
    sound = (
        isinstance(told, dict) and is_genuine(hub.keyring, told) and str(told.get("request", "")).endswith(request_id)
    )
    if not sound:
        say("[red]Not genuine[/red]: it was changed, is of another request, or this hub did not sign it.")
        raise typer.Exit(1)
    say(
        f"[green]Genuine[/green]: signed by this hub at {plain(told['certified_at'])}, for request {plain(told['request'])}."
    )

"""Results of privacy requests and limits on them: files, certificates, legal holds, restrictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.privacy.request_lookup import audit, company_named, find_request, open_for, with_companies
from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, moment, plain, say, table
from hub.errors import CannotDo

if TYPE_CHECKING:
    from hub.runtime import Hub

RequestId = Annotated[str, typer.Argument(help="The request's id, or the end of it.", metavar="ID")]


def register(requests: typer.Typer) -> None:
    """Add the commands to `hub privacy request`."""
    for command in (export, certify, hold, holds, lift, unrestrict):
        requests.command()(command)


def export(
    request_id: RequestId,
    to: Annotated[Path, typer.Option("--to", help="Where to write the file.", metavar="FILE")],
    config: ConfigFile = CONFIG,
) -> None:
    """Write the person's file (a zip) to disk, to hand it over in another way than by the person's page."""
    from hub.privacy_requests.access_file import read_file

    with open_for(config) as hub:
        with hub.store.writing() as session:
            request = find_request(session, request_id)
            audit(session, hub, "privacy.request.export", request.id)
        with hub.store.reading() as session:
            data = read_file(session, hub, request)
    if data is None:
        raise CannotDo(
            "There is no file: the request is not answered yet, its month has passed, or the person was erased."
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
    """Print the certificate of an erasure, or check one. Exits with status 1 if it is not ours or was changed."""
    from hub.model.states import RequestState
    from hub.privacy_requests.certificate import as_text
    from hub.privacy_requests.certificate import certify as sign

    with open_for(config) as hub:
        if verify is not None:
            _check_certificate(hub, request_id, verify)
            return
        with hub.store.writing() as session:
            request = find_request(session, request_id)
            certificate = request.certificate
            if request.state == RequestState.HELD:
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
    reason: Annotated[str, typer.Option(help="The matter that obliges you to keep the data; do not name a person.")],
    phone: Annotated[str | None, typer.Option(help="The person's phone number.", metavar="NUMBER")] = None,
    email: Annotated[str | None, typer.Option(help="The person's e-mail address.", metavar="ADDRESS")] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Hold the whole company: no data of anyone there is deleted.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Set a legal hold: no data of this person, or of anyone at the company, is erased or deleted by retention until it is
    lifted."""
    from hub.cli.support.options import in_words
    from hub.contracts.phones import phone_number
    from hub.privacy_requests.people import set_hold
    from hub.privacy_requests.steps import email_address
    from hub.queries.lookup import known

    if [phone is not None, email is not None, everybody].count(True) != 1:
        raise CannotDo("Say who it covers: the person's --phone or --email, or --everybody at the company.")
    matter = in_words(reason, "--reason")
    with open_for(config) as hub:
        known(company, [each.name for each in hub.config.companies], "company")
        with hub.store.writing() as session:
            held = company_named(session, company)
            number, address = phone_number(phone, held.country) if phone else None, email_address(email)
            if not everybody and number is None and address is None:
                raise CannotDo("The number or address is not valid; write +13125550142 or pat@example.com.")
            made = set_hold(session, hub, held.id, number, address, matter, actor())
            audit(session, hub, "privacy.hold.set", made.id)
    say(f"Legal hold {made.id} is set.")


def holds(
    company: Annotated[str | None, typer.Option(help="Only this company.", metavar="NAME")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Include lifted holds.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List legal holds, the oldest first; the person is shown only as a keyed hash."""
    from sqlmodel import col

    from hub.model import LegalHold
    from hub.model.requests import EVERYBODY

    with open_for(config) as hub:
        query = with_companies(hub, LegalHold, company)
        if not everything:
            query = query.where(col(LegalHold.lifted_at).is_(None))
        with hub.store.writing() as session:
            found = session.exec(query.order_by(col(LegalHold.set_at), col(LegalHold.id))).all()
            audit(session, hub, "privacy.hold.list", company or "all")
    if as_json:
        names = ("id", "reason", "set_by", "set_at", "lifted_by", "lifted_at")
        echo_json(
            [
                {
                    **{name: getattr(row, name) for name in names},
                    "company": name,
                    "everybody": row.fingerprint == EVERYBODY,
                }
                for row, name in found
            ]
        )
    elif not found:
        say("No legal hold is in force.")
    else:
        table(
            "Legal holds",
            ("id", "company", "on", "reason", "set (UTC)", "by", "lifted (UTC)"),
            (
                (row.id, plain(name), "everybody" if row.fingerprint == EVERYBODY else "one person", plain(row.reason),
                 moment(row.set_at), plain(row.set_by), moment(row.lifted_at) if row.lifted_at else "–")
                for row, name in found
            ),
        )  # fmt: skip


def lift(
    hold_id: Annotated[str, typer.Argument(help="The hold's id.", metavar="ID")], config: ConfigFile = CONFIG
) -> None:
    """Lift a legal hold; requests that it blocked can be run again."""
    from sqlmodel import select

    from hub.model import LegalHold, PrivacyRequest
    from hub.model.states import RequestState
    from hub.queries.lookup import by_id, one, typed

    with open_for(config) as hub, hub.store.writing() as session:
        found = one(by_id(session, LegalHold, typed(hold_id), LegalHold.id), "legal hold", typed(hold_id))
        if found.lifted_at is not None:
            raise CannotDo(f"This hold was lifted at {moment(found.lifted_at)} UTC already.")
        found.lifted_at, found.lifted_by = hub.clock(), actor()
        session.add(found)
        audit(session, hub, "privacy.hold.lift", found.id)
        kept_back = session.exec(
            select(PrivacyRequest.id).where(
                PrivacyRequest.state == RequestState.HELD, PrivacyRequest.company_id == found.company_id
            )
        ).all()
    say(f"Lifted. {counted(len(kept_back), 'request')} held at this company: run what this hold blocked.")


def unrestrict(
    request_id: RequestId,
    reason: Annotated[str, typer.Option(help="Why the data may be used again; inform the person first.")],
    config: ConfigFile = CONFIG,
) -> None:
    """End a restriction: the person's data may be used again."""
    from hub.cli.support.options import in_words
    from hub.privacy_requests.rights import lift_restriction

    with open_for(config) as hub:
        with hub.store.reading() as session:
            request = find_request(session, request_id)
        people = lift_restriction(hub, request.id, actor(), in_words(reason, "--reason"))
    say(f"The data of {counted(people, 'person')} may be used again.".replace("persons", "people"))


def _check_certificate(hub: Hub, request_id: str, file: Path) -> None:
    from hub.privacy_requests.certificate import is_genuine

    try:
        certificate = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CannotDo(f"{file} cannot be read as JSON; give the file that certify --json wrote.") from None
    sound = (
        isinstance(certificate, dict)
        and is_genuine(hub.keyring, certificate)
        and str(certificate.get("request", "")).endswith(request_id)
    )
    if not sound:
        say("[red]Not genuine[/red]: it was changed, belongs to another request, or was not signed by this hub.")
        raise typer.Exit(1)
    say(
        f"[green]Genuine[/green]: signed by this hub at {plain(certificate['certified_at'])}, "
        f"for request {plain(certificate['request'])}."
    )

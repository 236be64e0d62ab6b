"""`hub privacy request`: people's requests about their own data, from the first contact to the certificate."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import col

from hub.cli.privacy import request_files, request_holds
from hub.cli.privacy.request_lookup import (
    CompanyName,
    Email,
    OneCompany,
    Phone,
    RequestId,
    audit,
    company_named,
    find_request,
    open_for,
    places_of,
    request_to_change,
    with_companies,
)
from hub.cli.privacy.request_show import due, is_overdue, left, person_of, request_row, show_plan, warn_of_rehearsal
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.options import since
from hub.cli.support.output import (
    CONFIG,
    Agreed,
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
from hub.cli.support.tables import table
from hub.model import PrivacyRequest
from hub.model.states import CLOSED_REQUEST_STATES
from hub.platform.fields import only
from hub.privacy_requests.officer import finish_without, note_planned, note_proof, plan_of, reason_in_words, take_in
from hub.privacy_requests.rights import lift_restriction
from hub.privacy_requests.run import run as carry_out
from hub.privacy_requests.steps import extend as prolong
from hub.privacy_requests.steps import refuse as close
from hub.privacy_requests.steps import steps_of
from hub.queries.lookup import typed

commands = typer.Typer(help="People's requests about their own data.", no_args_is_help=True)
for each in (request_files.export, request_files.certify, request_holds.hold, request_holds.holds, request_holds.lift):
    commands.command()(each)


@commands.command()
def new(
    company: CompanyName,
    kind: Annotated[
        str,
        typer.Option(
            help="access, correction, erasure, objection, restriction, portability, third_party_disclosure, child or opt_in.",
            metavar="KIND",
        ),
    ],
    phone: Phone = None,
    email: Email = None,
    channel: Annotated[str, typer.Option(help="How it came: phone, letter, email, agent.")] = "agent",
    received: Annotated[str | None, typer.Option(help="When it came, like 2h or 2026-05-01; now by default.")] = None,
    place: Annotated[
        list[str] | None, typer.Option(help="Where the person says they live: US-CA, DE; may be repeated.")
    ] = None,
    proof: Annotated[
        str | None, typer.Option(help="How you verified the person; without it they must prove who they are.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="For a correction: the correct name.")] = None,
    new_email: Annotated[str | None, typer.Option(help="For a correction: the correct email address.")] = None,
    new_phone: Annotated[str | None, typer.Option(help="For a correction: the correct number.")] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Record a request that came by phone, by letter or in person; its deadline runs from the time it came."""
    with open_for(config) as hub:
        right = {"name": name, "email": new_email, "phone_number": new_phone}
        with hub.store.writing() as session:
            request = take_in(
                session,
                hub,
                company_named(session, hub, company),
                kind,
                actor=actor(),
                channel=typed(channel),
                phone=phone,
                email=email,
                declared=places_of(place or []),
                correction={key: typed(value) for key, value in right.items() if value},
                received_at=since(received, hub.clock()),
                proof=typed(proof) if proof is not None else None,
            )
    if as_json:
        echo_json(request_row(request, hub.clock()))
        return
    say(f"Request {request.id}: {request.kind}, due {moment(request.deadline)} by {request.rule}.")
    say(
        f"Promised by {moment(request.promised_at)}. Next: hub privacy request {'run' if proof else 'verify'} {request.id}"
    )


@commands.command("list")
@listing
def list_requests(
    company: OneCompany = None,
    everything: Annotated[bool, typer.Option("--all", help="Include closed requests.")] = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List requests, the most urgent first. Exits with status 1 if one is overdue."""
    with open_for(config) as hub:
        query = with_companies(hub, PrivacyRequest, company)
        if not everything:
            query = query.where(col(PrivacyRequest.state).not_in(CLOSED_REQUEST_STATES))
        with hub.store.writing() as session:
            rows = sorted(
                session.exec(query),
                key=lambda each: (each[0].state in CLOSED_REQUEST_STATES, each[0].deadline, each[0].id),
            )
            audit(session, hub, "privacy.request.list", company or "all")
        now = hub.clock()
    names = {row.id: name for row, name in rows}
    late = [row for row, _ in rows if is_overdue(row, now)]
    return Listing(
        "Privacy requests, most urgent first", [row for row, _ in rows],
        ("id", ("company", lambda row: plain(names[row.id])), "kind", "state", ("received (UTC)", minutes("received_at")),
         ("due (UTC)", lambda row: due(row, now)), ("left", lambda row: left(row, now)), "rule"),
        data=lambda row: {"company": names[row.id], **request_row(row, now)}, nothing="There are no open requests.",
        optional=("received (UTC)", "company"), failed=bool(late),
        notes=(f"[red]{counted(len(late), 'request')} overdue.[/red]",) if late else ()
    )  # fmt: skip


@commands.command()
def show(request_id: RequestId, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show a request with every step. For an erasure, also show what it would do in each table and at each provider."""
    with request_to_change(config, request_id) as (hub, session, request):
        planned = plan_of(session, hub, request)
        if planned is not None:
            note_planned(session, hub, request, planned, actor())
        audit(session, hub, "privacy.request.show", request.id)
        steps, now = steps_of(session, request), hub.clock()
    if as_json:
        taken = list(map(only("at", "actor", "action", "result"), steps))
        echo_json(
            {
                **request_row(request, now),
                "person": person_of(request),
                "outcome": request.outcome,
                "plan": planned,
                "steps": taken,
            }
        )
        return
    person = ", ".join(person_of(request)) or "deleted, because the request was answered"
    say(f"[bold]{request.kind}[/bold] {request.id}, {colored(request.state)}, of {plain(person)}")
    say(
        f"Received {moment(request.received_at)} by {plain(request.channel)}; due {due(request, now)} by {request.rule}."
    )
    say(f"Places: {plain(', '.join(request.places) or 'unknown')}. Promised by {moment(request.promised_at)}.")
    if planned is not None:
        show_plan(planned)
    else:
        warn_of_rehearsal(request.outcome.get("rehearsal", []))
    table(
        "Steps",
        ("at (UTC)", "who", "step", "result"),
        ((moment(each.at), plain(each.actor), plain(each.action), plain(each.result)) for each in steps),
    )


@commands.command()
def verify(
    request_id: RequestId,
    proof: Annotated[
        str, typer.Option(help="How you verified the person, or the parent's proof; kept until the answer.")
    ],
    config: ConfigFile = CONFIG,
) -> None:
    """Record that you verified who made the request, and how."""
    with request_to_change(config, request_id) as (hub, session, request):
        note_proof(session, hub, request, proof, actor())
    say(f"Verified. Next: hub privacy request run {request.id}")


@commands.command()
def run(
    request_id: RequestId,
    yes: Agreed = False,
    sandbox: Sandboxed = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Carry out a request. An erasure shows its plan first and asks you to confirm. hub run retries providers that fail.

    Exits with status 1 if something is still waiting.
    """
    with open_for(config, sandbox=sandbox) as hub:
        with hub.store.reading() as session:
            request = find_request(session, request_id)
            planned = plan_of(session, hub, request)
        if planned is not None and not yes:
            show_plan(planned)
            typer.confirm("Permanently erase all of this?", abort=True)
        request = carry_out(hub, request.id, actor())
        now = hub.clock()
    if as_json:
        echo_json({**request_row(request, now), "outcome": request.outcome})
    else:
        say(f"{request.kind} {request.id}: {colored(request.state)}")
        warn_of_rehearsal(request.outcome.get("rehearsal", []))
        if request.file_path:
            say(f"The person's file is waiting on their page; download it with hub privacy request export {request.id}")
        if request.certificate:
            say(f"Its certificate: hub privacy request certify {request.id}")
    if request.state not in CLOSED_REQUEST_STATES:
        raise typer.Exit(1)


@commands.command()
def refuse(
    request_id: RequestId,
    reason: Annotated[str, typer.Option(help="The reason, for the record; do not name a person.")],
    config: ConfigFile = CONFIG,
) -> None:
    """Close a request without carrying it out. The person must be informed of the reason and of the right to complain."""
    with request_to_change(config, request_id) as (hub, session, request):
        close(session, request, actor(), reason_in_words(reason), hub.clock())
    say(f"Refused: {request.id}.")


@commands.command()
def extend(
    request_id: RequestId,
    reason: Annotated[str, typer.Option(help="Why more time is needed; inform the person before the deadline.")],
    config: ConfigFile = CONFIG,
) -> None:
    """Extend a deadline one time, as far as the law allows."""
    with request_to_change(config, request_id) as (hub, session, request):
        prolong(session, hub, request, actor(), reason_in_words(reason), hub.clock())
    say(f"Due {moment(request.deadline)} now. Tell the person why before {moment(request.due_at)}.")


@commands.command()
def unrestrict(
    request_id: RequestId,
    reason: Annotated[str, typer.Option(help="Why the data may be used again; inform the person first.")],
    config: ConfigFile = CONFIG,
) -> None:
    """End a restriction: the person's data may be used again."""
    with open_for(config) as hub:
        with hub.store.reading() as session:
            request = find_request(session, request_id)
        people = lift_restriction(hub, request.id, actor(), reason_in_words(reason))
    say(f"The data of {counted(people, 'person')} may be used again.".replace("persons", "people"))


@commands.command("without")
def close_without(
    request_id: RequestId,
    connector: Annotated[str, typer.Option(help="The provider that does not answer, by its name in config.yaml.")],
    reason: Annotated[str, typer.Option(help="Why, for the record and the certificate; do not name a person.")],
    config: ConfigFile = CONFIG,
) -> None:
    """Close an erasure or a correction without the answer of one provider; the certificate says so."""
    with open_for(config) as hub:
        with hub.store.reading() as session:
            request = find_request(session, request_id)
        finish_without(hub, request.id, connector, reason, actor())
    say(f"Closed without the answer of {plain(connector)}.")

"""`hub privacy request`: people's requests about their own data, from the first contact to the certificate."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from hub.cli.privacy import request_files
from hub.cli.privacy.request_lookup import audit, company_named, find_request, open_for, places_of, with_companies
from hub.cli.privacy.request_show import due, is_overdue, left, person_of, request_row, show_plan, warn_of_rehearsal
from hub.cli.support.audit_note import actor
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
    table,
)
from hub.errors import CannotDo

commands = typer.Typer(help="People's requests about their own data.", no_args_is_help=True)
RequestId = Annotated[str, typer.Argument(help="The request's id, or the end of it.", metavar="ID")]
CompanyName = Annotated[str, typer.Option("--company", help="The company's name in config.yaml.", metavar="NAME")]
Phone = Annotated[str | None, typer.Option("--phone", help="The person's phone number.", metavar="NUMBER")]
Email = Annotated[str | None, typer.Option("--email", help="The person's e-mail address.", metavar="ADDRESS")]


def register(privacy: typer.Typer) -> None:
    """Add the commands to `hub privacy`."""
    privacy.add_typer(commands, name="request")
    request_files.register(commands)


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
    new_email: Annotated[str | None, typer.Option(help="For a correction: the correct e-mail address.")] = None,
    new_phone: Annotated[str | None, typer.Option(help="For a correction: the correct number.")] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Record a request that came by phone, by letter or in person; its deadline runs from the time it came."""
    from hub.cli.support.options import in_words, since
    from hub.model.requests import REQUEST_KINDS
    from hub.privacy_requests.steps import open_request, verify
    from hub.queries.lookup import known, typed

    known_kind = kind if kind in REQUEST_KINDS else None
    if known_kind is None:
        raise CannotDo(f"That is not a kind of request; choose one of {', '.join(REQUEST_KINDS)}.")
    with open_for(config) as hub:
        known(company, [each.name for each in hub.config.companies], "company")
        right = {"name": name, "email": new_email, "phone_number": new_phone}
        if kind != "correction" and any(right.values()):
            raise CannotDo("Correct values belong to a correction; use --kind correction.")
        with hub.store.writing() as session:
            request = open_request(
                session,
                hub,
                company_named(session, company),
                known_kind,
                actor=actor(),
                channel=typed(channel)[:16],
                phone=phone,
                email=email,
                declared=places_of(place or []),
                correction={key: typed(value) for key, value in right.items() if value},
                received_at=_came(since(received, hub.clock()), hub.clock()),
            )
            if proof is not None:
                request.evidence = in_words(proof, "--proof")
                verify(session, request, actor(), "officer", hub.clock())
    if as_json:
        echo_json(request_row(request, hub.clock()))
        return
    say(f"Request {request.id}: {request.kind}, due {moment(request.deadline)} by {request.rule}.")
    say(
        f"Promised by {moment(request.promised_at)}. Next: hub privacy request {'run' if proof else 'verify'} {request.id}"
    )


@commands.command("list")
def list_requests(
    company: Annotated[str | None, typer.Option(help="Only this company.", metavar="NAME")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Include closed requests.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List requests, the most urgent first. Exits with status 1 if one is overdue."""
    from sqlmodel import col

    from hub.model import PrivacyRequest
    from hub.model.states import CLOSED_REQUEST_STATES

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
    late = [row for row, _ in rows if is_overdue(row, now)]
    if as_json:
        echo_json([{"company": name, **request_row(row, now)} for row, name in rows])
    elif not rows:
        say("There are no open requests.")
    else:
        table(
            "Privacy requests, most urgent first",
            ("id", "company", "kind", "state", "received (UTC)", "due (UTC)", "left", "rule"),
            (
                (row.id, plain(name), row.kind, colored(row.state), moment(row.received_at, seconds=False),
                 due(row, now), left(row, now), plain(row.rule))
                for row, name in rows
            ),
        )  # fmt: skip
    if late:
        if not as_json:
            say(f"[red]{counted(len(late), 'request')} overdue.[/red]")
        raise typer.Exit(1)


@commands.command()
def show(request_id: RequestId, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show a request with every step. For an erasure, also show what it would do in each table and at each provider."""
    from hub.model.states import CLOSED_REQUEST_STATES, RequestState
    from hub.privacy_requests.erase import plan
    from hub.privacy_requests.steps import steps_of, take_step

    with open_for(config) as hub, hub.store.writing() as session:
        request = find_request(session, request_id)
        planned = None
        if request.kind in ("erasure", "child") and request.state not in (
            RequestState.RUNNING,
            RequestState.WAITING_PLUGIN,
            *CLOSED_REQUEST_STATES,
        ):
            planned = plan(session, hub, request)
            if request.state == RequestState.VERIFIED:
                take_step(
                    session,
                    request,
                    actor(),
                    "planned",
                    f"{sum(planned['rows'].values())} rows",
                    hub.clock(),
                    RequestState.PLANNED,
                )
        audit(session, hub, "privacy.request.show", request.id)
        steps, now = steps_of(session, request), hub.clock()
    if as_json:
        taken = [{"at": each.at, "actor": each.actor, "action": each.action, "result": each.result} for each in steps]
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
    from hub.cli.support.options import in_words
    from hub.model.states import CLOSED_REQUEST_STATES
    from hub.privacy_requests.steps import verify as mark_verified

    with open_for(config) as hub, hub.store.writing() as session:
        request = find_request(session, request_id)
        if request.state in CLOSED_REQUEST_STATES:
            raise CannotDo("This request is closed; open a new one.")
        request.evidence = in_words(proof, "--proof")
        if request.verified_at is None:
            mark_verified(session, request, actor(), "officer", hub.clock())
        else:
            audit(session, hub, "privacy.request.evidence", request.id)
        session.add(request)
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
    from hub.model.states import CLOSED_REQUEST_STATES
    from hub.privacy_requests.erase import plan
    from hub.privacy_requests.run import run as carry_out

    with open_for(config, sandbox=sandbox) as hub:
        with hub.store.reading() as session:
            request = find_request(session, request_id)
            planned = plan(session, hub, request) if request.kind in ("erasure", "child") else None
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
    from hub.cli.support.options import in_words
    from hub.privacy_requests.steps import refuse as close

    with open_for(config) as hub, hub.store.writing() as session:
        request = find_request(session, request_id)
        close(session, request, actor(), in_words(reason, "--reason"), hub.clock())
    say(f"Refused: {request.id}.")


@commands.command()
def extend(
    request_id: RequestId,
    reason: Annotated[str, typer.Option(help="Why more time is needed; inform the person before the deadline.")],
    config: ConfigFile = CONFIG,
) -> None:
    """Extend a deadline one time, as far as the law allows."""
    from hub.cli.support.options import in_words
    from hub.privacy_requests.steps import extend as prolong

    with open_for(config) as hub, hub.store.writing() as session:
        request = find_request(session, request_id)
        prolong(session, hub, request, actor(), in_words(reason, "--reason"), hub.clock())
    say(f"Due {moment(request.deadline)} now. Tell the person why before {moment(request.due_at)}.")


def _came(at: datetime | None, now: datetime) -> datetime | None:
    if at is not None and at > now:
        raise CannotDo("A request cannot have arrived in the future; write when it came, like 2h or 2026-05-01.")
    return at

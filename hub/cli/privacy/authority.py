"""`hub privacy authority`: record what an authority was given by law, and list it."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.privacy.request_lookup import (
    CompanyName,
    Email,
    OneCompany,
    Phone,
    audit,
    companies_named,
    company_named,
    open_for,
)
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.options import since
from hub.cli.support.output import CONFIG, ConfigFile, say
from hub.model.requests import EVERYBODY
from hub.privacy_requests.legal_holds import disclosures_of, record_disclosure

commands = typer.Typer(help="Disclosures to courts, police and other authorities.", no_args_is_help=True)


@commands.command("record")
def record(
    company: CompanyName,
    authority: Annotated[str, typer.Option(help="Who got it, like a court or a police department.")],
    reference: Annotated[str, typer.Option(help="Its own reference, like a docket number.")],
    basis: Annotated[str, typer.Option(help="The legal basis: subpoena, court order, warrant, a statute.")],
    category: Annotated[
        list[str], typer.Option(help="A category of data that was given, like user.telephony.recording. Repeatable.")
    ],
    phone: Phone = None,
    email: Email = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Data of everybody at the company.")] = False,
    at: Annotated[str | None, typer.Option(help="When it was given, like 2h or 2026-05-01; now by default.")] = None,
    withhold_until: Annotated[
        str | None, typer.Option(help="The day, like 2027-05-01, before which the person must not learn of it.")
    ] = None,
    note: Annotated[str, typer.Option(help="What else is to be kept; do not name a person.")] = "",
    config: ConfigFile = CONFIG,
) -> None:
    """Record a disclosure to an authority. It cannot be changed; the person finds it in their file unless it is withheld."""
    with open_for(config) as hub, hub.store.writing() as session:
        now = hub.clock()
        row = record_disclosure(
            session,
            hub,
            company_named(session, hub, company),
            authority=authority,
            reference=reference,
            legal_basis=basis,
            categories=category,
            actor=actor(),
            phone=phone,
            email=email,
            everybody=everybody,
            disclosed_at=since(at, now),
            withheld_until=since(withhold_until, now),
            note=note,
        )
    say(f"Disclosure {row.id} is recorded.")


@commands.command("list")
@listing
def list_disclosures(company: OneCompany = None, config: ConfigFile = CONFIG) -> Listing:
    """List what authorities were given, newest first; the person is shown only as a keyed hash."""
    with open_for(config) as hub, hub.store.writing() as session:
        found = disclosures_of(session, companies_named(session, hub, company))
        audit(session, hub, "privacy.authority.list", company or "all")
    return Listing(
        "Disclosures to authorities", found,
        (("given (UTC)", "disclosed_at"), "authority", "reference", ("legal basis", "legal_basis"),
         ("of", lambda row: "everybody" if row.fingerprint == EVERYBODY else row.fingerprint[:12]), "categories",
         ("withheld until (UTC)", "withheld_until")),
        data=lambda row: row.model_dump()
    )  # fmt: skip

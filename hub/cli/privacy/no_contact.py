"""`hub privacy no-contact`: what contact a person has refused, and a refusal that they said outside of the hub."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from hub.cli.privacy.request_lookup import company_named, open_for
from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, echo_json, moment, plain, say
from hub.contracts.phones import phone_number
from hub.errors import CannotDo
from hub.privacy_requests.officer import CONTACT_AGAIN, NO_CONTACT, take_refusal
from hub.queries.lookup import known, typed
from hub.texts.no_contact import contact_refusals


def no_contact(
    number: Annotated[str, typer.Argument(help="The person's phone number.", metavar="NUMBER")],
    company: Annotated[str, typer.Option(help="The company's name in config.yaml.", metavar="NAME")],
    refused: Annotated[
        str | None,
        typer.Option(help="What they do not want: texts, calls or both. Without it: show what is in force."),
    ] = None,
    again: Annotated[
        str | None, typer.Option(help="What they want again after a refusal: texts or calls; --said is required.")
    ] = None,
    channel: Annotated[str, typer.Option(help="How they said it: phone, letter, in_person …")] = "phone",
    said: Annotated[
        str | None, typer.Option(help="What they said; kept as the proof, encrypted.", metavar="WORDS")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Record that a person wants no texts, no calls, or neither; or show what is in force. It outlasts an erasure.

    Only the person takes it back: texts with START, both with a yes that you record with --again and --said.
    """
    if refused is not None and again is not None:
        raise CannotDo("Use either --refused or --again.")
    with open_for(config) as hub:
        with hub.store.reading() as session:
            row = company_named(session, hub, company)
        kinds = {what: kind for kind, what in (NO_CONTACT if again is None else CONTACT_AGAIN).items()}
        wanted = refused if again is None else again
        if wanted is not None:
            kind = kinds[known(wanted, list(kinds), "kind of contact")]
            words = typed(said) if said else None
            take_refusal(hub, row, kind, actor=actor(), channel=typed(channel), phone=typed(number), said=words)
        with hub.store.reading() as session:
            dialed = phone_number(number, row.country)
            found = contact_refusals(session, hub, row.id, [dialed] if dialed else [])
    if as_json:
        echo_json({"texts": found.texts, "marketing": found.marketing, "calls": found.calls})
        return
    for what, since in (("Texts", found.texts), ("Marketing texts", found.marketing), ("Calls", found.calls)):
        say(f"{plain(what)}: {_in_words(since)}")


def _in_words(since: datetime | None) -> str:
    return f"refused since {moment(since)} UTC" if since else "not refused"

"""`hub privacy request hold`, `holds` and `lift`: legal holds on a person's data or on a whole company's."""

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
from hub.cli.support.output import CONFIG, ConfigFile, counted, say
from hub.model import LegalHold
from hub.platform.fields import only
from hub.privacy_requests.legal_holds import lift_hold, place_hold
from hub.queries.lookup import by_id, one, typed
from hub.queries.privacy.holds import holds_of


def hold(
    company: CompanyName,
    reason: Annotated[str, typer.Option(help="The matter that obliges you to keep the data; do not name a person.")],
    phone: Phone = None,
    email: Email = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Hold the whole company: no data of anyone there is deleted.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Set a legal hold: no data of this person, or of anyone at the company, is erased or deleted by retention until it is
    lifted."""
    with open_for(config) as hub, hub.store.writing() as session:
        held = company_named(session, hub, company)
        made = place_hold(
            session, hub, held, phone=phone, email=email, everybody=everybody, reason=reason, actor=actor()
        )
    say(f"Legal hold {made.id} is set.")


@listing
def holds(
    company: OneCompany = None,
    everything: Annotated[bool, typer.Option("--all", help="Include lifted holds.")] = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List legal holds, the oldest first; the person is shown only as a keyed hash."""
    with open_for(config) as hub, hub.store.writing() as session:
        found = holds_of(session, companies_named(session, hub, company), everything=everything)
        audit(session, hub, "privacy.hold.list", company or "all")
    fields = only("id", "reason", "set_by", "set_at", "lifted_by", "lifted_at")
    rows = [fields(each.hold) | {"company": each.company, "everybody": each.everybody} for each in found]
    return Listing(
        "Legal holds", rows,
        ("id", "company", ("on", lambda row: "everybody" if row["everybody"] else "one person"), "reason",
         ("set (UTC)", "set_at"), ("by", "set_by"), ("lifted (UTC)", "lifted_at")),
        nothing="No legal hold is in force."
    )  # fmt: skip


def lift(
    hold_id: Annotated[str, typer.Argument(help="The hold's id.", metavar="ID")], config: ConfigFile = CONFIG
) -> None:
    """Lift a legal hold; requests that it blocked can be run again."""
    with open_for(config) as hub, hub.store.writing() as session:
        found = one(by_id(session, LegalHold, typed(hold_id), LegalHold.id), "legal hold", typed(hold_id))
        kept_back = lift_hold(session, hub, found, actor())
    say(f"Lifted. {counted(kept_back, 'request')} held at this company: run what this hold blocked.")

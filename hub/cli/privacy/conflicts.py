"""`hub privacy conflicts`: numbers and addresses that forms give for several people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlmodel import select

from hub.cli.privacy.request_lookup import audit, open_for
from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.output import CONFIG, ConfigFile, counted
from hub.model import Company
from hub.privacy.conflicts import Conflict, conflicts_of
from hub.queries.lookup import known
from hub.queries.masking import Mask


@listing
def conflicts(
    company: Annotated[str | None, typer.Option(help="Only this company.", metavar="NAME")] = None,
    show_personal: Annotated[
        bool, typer.Option("--show-personal", help="Show the numbers and addresses; this is audited.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List numbers and addresses that forms give for several people. They are not linked: each privacy request reaches only
    what its own proof shows."""
    with open_for(config) as hub, hub.store.writing() as session:
        if company is not None:
            known(company, [each.name for each in hub.config.companies], "company")
        wanted = select(Company).order_by(Company.name)
        companies = session.exec(wanted.where(Company.name == company) if company else wanted).all()
        found = [(each.name, conflict) for each in companies for conflict in conflicts_of(session, each.id)]
        audit(
            session, hub, "privacy.conflicts.show_personal" if show_personal else "privacy.conflicts", company or "all"
        )
    mask = Mask(show_personal)
    rows = [{"company": name, **asdict(conflict), "name": _named(conflict, mask)} for name, conflict in found]
    return Listing(
        "Used for several people, latest first", rows,
        ("company", ("number or address", "name"), ("its owner", lambda row: row["known"] or "nobody known"),
         ("typed for", lambda row: counted(len(row["typed"]), "other")), "forms", ("first (UTC)", minutes("first_at")),
         ("last (UTC)", minutes("last_at"))),
        nothing="No number or address is used for several people.",
        hint="No data of the owner goes to the others. Who typed what: hub privacy conflicts --json."
    )  # fmt: skip


def _named(conflict: Conflict, mask: Any) -> str:
    return str(mask.phone(conflict.name) if conflict.kind == "number" else mask.text(conflict.name))

"""`hub privacy conflicts`: numbers and addresses that forms give for several people."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlmodel import select

from hub.cli.privacy.request_lookup import audit, open_for
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, moment, plain, say
from hub.cli.support.tables import table
from hub.model import Company
from hub.privacy.conflicts import Conflict, conflicts_of
from hub.queries.lookup import known
from hub.queries.masking import Mask


def register(privacy: typer.Typer) -> None:
    """Add the command to `hub privacy`."""
    privacy.command("conflicts")(conflicts)


def conflicts(
    company: Annotated[str | None, typer.Option(help="Only this company.", metavar="NAME")] = None,
    show_personal: Annotated[
        bool, typer.Option("--show-personal", help="Show the numbers and addresses; this is audited.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
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
    if as_json:
        echo_json([_conflict_row(name, conflict, mask) for name, conflict in found])
        return
    if not found:
        say("No number or address is used for several people.")
        return
    table(
        "Used for several people, latest first",
        ("company", "number or address", "its owner", "typed for", "forms", "first (UTC)", "last (UTC)"),
        (
            (plain(name), plain(_named(conflict, mask)), conflict.known or "nobody known",
             counted(len(conflict.typed), "other"),
             str(conflict.forms), moment(conflict.first_at, seconds=False), moment(conflict.last_at, seconds=False))
            for name, conflict in found
        ),
    )  # fmt: skip
    say("No data of the owner goes to the others. Who typed what: hub privacy conflicts --json.")


def _named(conflict: Conflict, mask: Any) -> str:
    return str(mask.phone(conflict.name) if conflict.kind == "number" else mask.text(conflict.name))


def _conflict_row(company: str, conflict: Conflict, mask: Any) -> dict[str, Any]:
    return {
        "company": company,
        "kind": conflict.kind,
        "name": _named(conflict, mask),
        "known": conflict.known,
        "typed": list(conflict.typed),
        "forms": conflict.forms,
        "first_at": conflict.first_at,
        "last_at": conflict.last_at,
    }

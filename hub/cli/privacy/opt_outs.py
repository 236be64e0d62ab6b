"""`hub privacy opt-outs`: opt-outs that needed no proof, by the network that they came from; question and reinstate them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session

from hub.cli.privacy.request_lookup import audit, companies_named, open_for
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.output import CONFIG, ConfigFile, counted, say
from hub.errors import CannotDo
from hub.model import OptOut
from hub.model.states import OptOutState
from hub.platform.fields import only
from hub.privacy.opt_outs import question_opt_out, reinstate_opt_out
from hub.privacy_requests.officer import reason_in_words
from hub.queries.lookup import by_id, one, typed
from hub.queries.privacy.opt_outs import MANY, OptOutShown, every_opt_out

commands = typer.Typer(help="Opt-outs of sale, sharing and advertising that needed no proof.", no_args_is_help=True)
SHORT = 12
OptOutId = Annotated[str, typer.Argument(help="The opt-out's id, or the end of it.", metavar="ID")]
Reason = Annotated[
    str, typer.Option(help="Why you do or do not believe that it is the person's own; do not name a person.")
]


@commands.command("list")
@listing
def list_opt_outs(
    company: Annotated[str | None, typer.Option(help="Only this company.", metavar="NAME")] = None,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List opt-outs by the network that they came from, busiest first; numbers and networks are shown as keyed hashes."""
    with open_for(config) as hub, hub.store.writing() as session:
        found = every_opt_out(session, companies_named(session, hub, company))
        rows = [_opt_out_row(each) for each in found]
        audit(session, hub, "privacy.opt_out.list", company or "all")
    busy = {(each.company, each.row.network) for each in found if each.numbers >= MANY}
    return Listing(
        "Opt-outs without proof, busiest network first", rows,
        ("id", "company", ("network", lambda each: each["network"][:SHORT]),
         ("numbers from there", lambda each: _marked(each["numbers_from_network"], MANY)), "of", "scope",
         ("at (UTC)", minutes("at")), "state", "reason"),
        nothing="Nobody has opted out without proof.",
        hint=f"[yellow]{counted(len(busy), 'network')} with {MANY} numbers or more:[/yellow] if you think that the people "
        'themselves did not make them, say why: hub privacy opt-outs question ID --reason "…"' if busy else ""
    )  # fmt: skip


@commands.command()
def question(opt_out_id: OptOutId, reason: Reason, config: ConfigFile = CONFIG) -> None:
    """Stop applying an opt-out, with a stated reason. It stays listed with the reason, and its network cannot renew it.

    The law requires a good-faith, reasonable and documented belief that the request is fraudulent (11 CCR 7026(e)).
    """
    row_id = _change(config, opt_out_id, reason, OptOutState.IN_FORCE, question_opt_out, "questioned already")
    say(f"Questioned: {row_id}. It is not counted from now on.")


@commands.command()
def reinstate(opt_out_id: OptOutId, reason: Reason, config: ConfigFile = CONFIG) -> None:
    """Apply a questioned opt-out again."""
    row_id = _change(config, opt_out_id, reason, OptOutState.QUESTIONED, reinstate_opt_out, "already in force")
    say(f"Reinstated: {row_id}. It is counted from now on.")


def _change(
    config: Path,
    wanted: str,
    reason: str,
    state: str,
    change: Callable[[Session, OptOut, str, str, datetime], None],
    so: str,
) -> str:
    """Change the opt-out with an id, which must be in `state`; returns its full id."""
    said = reason_in_words(reason, "--reason")
    with open_for(config) as hub, hub.store.writing() as session:
        text = typed(wanted)
        row = one(by_id(session, OptOut, text, OptOut.id), "opt-out", text)
        if row.state != state:
            raise CannotDo(f"This opt-out is {so}; hub privacy opt-outs list shows its reason.")
        change(session, row, said, actor(), hub.clock())
    return str(row.id)


def _opt_out_row(each: OptOutShown) -> dict[str, Any]:
    names = ("id", "scope", "network", "at", "state", "reason", "questioned_by", "questioned_at")
    more = {"of": each.row.subject, "numbers_from_network": each.numbers, "proof": "unproven"}
    return {"company": each.company, **only(*names)(each.row), **more}


def _marked(count: int, many: int) -> str:
    return f"[yellow]{count}[/yellow]" if count >= many else str(count)

"""`hub privacy`: shows and proves how people's data is treated; each group of commands has its own file."""

from __future__ import annotations

import typer

from hub.cli.privacy import (
    ask,
    authority,
    conflicts,
    ledger,
    map,
    no_contact,
    opt_outs,
    papers,
    request,
    retention,
    rules,
)
from hub.cli.support.journal_report import verify

commands = typer.Typer(help="Show and prove how people's data is treated.", no_args_is_help=True)
commands.command("ask")(ask.ask)
commands.command("conflicts")(conflicts.conflicts)
commands.command("verify")(verify)
commands.command("ledger")(ledger.ledger)
commands.command("map")(map.data_map)
commands.command("no-contact")(no_contact.no_contact)
commands.command("processors")(papers.list_processors)
commands.command("record")(papers.record)
commands.command("notice")(papers.notice)
commands.command("retention")(retention.retention)
commands.command("rules")(rules.rules)
commands.add_typer(authority.commands, name="authority")
commands.add_typer(opt_outs.commands, name="opt-outs")
commands.add_typer(request.commands, name="request")

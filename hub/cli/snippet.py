"""`hub snippet`: the HTML to copy into a company's pages."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.support.output import CONFIG, ConfigFile, say
from hub.queries.lookup import known
from hub.startup.reading import read_config
from hub.web.privacy.opt_outs import offers_limits
from hub.web.tracking.script import Website


def snippet(
    company: Annotated[str, typer.Argument(help="The company's name in config.yaml.", metavar="COMPANY")],
    pinned: Annotated[
        bool,
        typer.Option(
            "--pinned/--latest", help="Pin the script to this version and these settings, or follow updates of both."
        ),
    ] = True,
    forms: Annotated[bool, typer.Option("--forms", help="Also the script that captures forms.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Print the HTML for the head of a company's pages, and the link for their footer.

    The browser checks a pinned script against its fingerprint. After an upgrade of the hub or a change under `website:`,
    print it again: the old script is no longer served, and the pages show their own numbers.
    """
    loaded = read_config(config, sandbox=True)
    known(company, [each.name for each in loaded.companies], "company")
    website = Website.written(loaded, next(each for each in loaded.companies if each.name == company))
    address = str(loaded.hub.public_url)
    typer.echo(website.tag(address, pinned=pinned))
    if forms:
        typer.echo(website.tag(address, "ringfence-forms", pinned=pinned))
    typer.echo("<!-- In the footer of every page: -->")
    typer.echo(website.footer_link(address))
    if offers_limits(loaded, company):
        typer.echo(website.footer_link(address, limit=True))
    if not website.swap:
        say(f"[yellow]config.yaml names no numbers of {company}'s pages:[/yellow] add website: swap:.", to_errors=True)
    if not website.domains:
        say(
            f"[yellow]config.yaml names no domains of {company}:[/yellow] no page can request a number.", to_errors=True
        )

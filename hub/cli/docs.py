"""`hub docs [PAGE]`: the documentation, as it came with the hub."""

from __future__ import annotations

import pydoc
from typing import Annotated

import typer

from hub.cli.support.output import console, plain, say
from hub.platform.documentation import pages, shown


def docs(
    page: Annotated[
        str, typer.Argument(metavar="[PAGE[#SECTION]]", help="The page, and a section of it; none lists the pages.")
    ] = "",
) -> None:
    """Show a page of the documentation as text, or list the pages. A terminal shows it in its pager."""
    if page:
        pydoc.pager(shown(page))
        return
    listed = pages()
    width = max(map(len, listed), default=0)
    for name, title in listed.items():
        console().print(f"{name:<{width}}  {plain(title)}", soft_wrap=True)
    say("\nShow one with [bold]hub docs PAGE[/bold], or a section of it with [bold]hub docs PAGE#SECTION[/bold].")

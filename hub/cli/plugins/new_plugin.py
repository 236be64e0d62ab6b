"""`hub new-plugin KIND NAME`: write a complete, working package for a new provider, outside the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from hub.testing.scaffold import has_one_file_form, write_plugin


def new_plugin(
    kind: Annotated[str, typer.Argument(help="ads, carrier, consent, crm, enrichment, insight or transcription.")],
    name: Annotated[str, typer.Argument(help="The plugin's name, as in config.yaml: lowercase letters, digits and _.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where to write it; ./ringfence-NAME if not given.")
    ] = None,
    package: Annotated[
        bool,
        typer.Option(
            "--package",
            help="Write a package, also for a kind that has a one-file form: all but consent. "
            "The package of a carrier speaks plain JSON over HTTP.",
        ),
    ] = False,
) -> None:
    """Write a new plugin that passes its certification and runs against its own sandbox: one file for a carrier that
    speaks TwiML, and for an ad network, a CRM, a data service, a transcription or a reader of conversations that answers with
    JSON; else a package."""
    target = folder or Path(f"ringfence-{name.replace('_', '-')}")
    package = package or not has_one_file_form(kind)
    written = write_plugin(kind, name, target, package)
    console = Console()
    console.print(f"Wrote the {kind} plugin [bold]{name}[/bold] to {escape(str(target))}:\n")
    for file in written:
        console.print(f"  {escape(str(file.relative_to(target)))}", highlight=False)
    console.print("\nNext:\n")
    source = target if target.is_absolute() else f"./{target}"
    wheel = f"dist/ringfence_{name}-0.1.0-py3-none-any.whl"
    packaged = (
        f"pip wheel --no-deps --wheel-dir dist {source}",
        f"hub certify --file {wheel}",
        f"hub plugins add {wheel} --config {target}/config.yaml",
        f"pytest {target}",
    )
    config = f"hub demo --config {target}/config.yaml --exit"
    for command in packaged if package else (f"hub certify --file {target}/{name}.py", config):
        console.print(f"  [bold]{escape(command)}[/bold]", soft_wrap=True, highlight=False)
    console.print("\nHow to make it yours: [bold]hub docs write-a-plugin[/bold]", highlight=False)

"""`hub certify NAME`: run the conformance suite of a plugin's kind on an installed or one-file plugin."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.errors import RingfenceError

if TYPE_CHECKING:
    from rich.console import Console

    from hub.contracts.connector import Connector
    from hub.testing.certificate import Certificate


class CannotCertify(RingfenceError):
    """The suite cannot be run."""


def register(app: typer.Typer) -> None:
    """Add the command to the `hub` command."""
    app.command("certify")(certify)


def certify(
    name: Annotated[str | None, typer.Argument(help="An installed plugin's name, as `hub plugins` lists it.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A one-file plugin instead of an installed one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Test that a plugin keeps the promises of its kind. Exits with status 0 if all hold, 1 if some do not, 2 if none could
    be tested."""
    from rich.console import Console

    connector_class = find_plugin(name, file)
    from hub.testing.certificate import certify as prove

    certificate = prove(connector_class)
    if as_json:
        typer.echo(json.dumps(_plain(certificate), indent=2))
    else:
        _show(certificate, Console())
    raise typer.Exit(0 if certificate.passed else 1)


def find_plugin(name: str | None, file: Path | None) -> type[Connector]:
    """The connector class of an installed plugin, or of a file; CannotCertify says why none is found."""
    from hub.plugins.discovery import discover

    if find_spec("pytest") is None:
        raise CannotCertify("The suites need pytest; install it with `pip install pytest`.")
    if (name is None) == (file is None):
        raise CannotCertify("Give the name of an installed plugin, or --file with the path of a one-file plugin.")
    if file is not None and (file.suffix != ".py" or not file.is_file()):
        raise CannotCertify(f"{file} is not a Python file; give the path of a one-file plugin.")
    catalog = discover([file] if file is not None else [])
    wanted = file.stem if file is not None else str(name)
    if wanted in catalog.broken:
        raise CannotCertify(f"The plugin {wanted!r} cannot be used: {catalog.broken[wanted]}.")
    if wanted not in catalog.classes:
        installed = ", ".join(sorted(catalog.classes)) or "none"
        raise CannotCertify(f"No plugin named {wanted!r} is installed; installed are: {installed}.")
    return catalog.classes[wanted]


def _show(certificate: Certificate, console: Console) -> None:
    from rich.markup import escape
    from rich.table import Table

    marks = {"proved": "[green]proved[/green]", "failed": "[red]failed[/red]", "does not apply": "[dim]n/a[/dim]"}
    table = Table(title=f"{certificate.plugin} {certificate.version}, {certificate.kind} plugin", title_justify="left")
    table.add_column("promise")
    table.add_column("", no_wrap=True)
    for proof in certificate.proofs:
        detail = f"\n[dim]{escape(proof.detail)}[/dim]" if proof.verdict == "failed" else ""
        table.add_row(escape(proof.promise) + detail, marks[proof.verdict])
    console.print(table)
    failed, total = len(certificate.failed()), len(certificate.proofs)
    if certificate.passed:
        console.print(f"[green]{certificate.plugin} keeps all its promises.[/green]", highlight=False)
    else:
        console.print(f"[red]{failed} of {total} promises of {certificate.plugin} are not kept.[/red]", highlight=False)


def _plain(certificate: Certificate) -> dict[str, object]:
    return {
        "plugin": certificate.plugin,
        "kind": certificate.kind,
        "version": certificate.version,
        "passed": certificate.passed,
        "proofs": [vars(proof) for proof in certificate.proofs],
    }

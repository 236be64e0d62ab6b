"""`hub certify NAME`: run the conformance suite of a plugin's kind on an installed plugin, a wheel or a one-file plugin."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hub.cli.plugins.plugin_folders import places_of
from hub.cli.support.output import CONFIG, ConfigFile
from hub.contracts.connector import Connector
from hub.errors import RingfenceError
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.plugin_host.discovery import Catalog, discover, imported
from hub.plugin_host.packages.install import fetched, install
from hub.plugin_host.packages.installed import PluginFolder
from hub.testing.certificate import Certificate
from hub.testing.certificate import certify as prove


class CannotCertify(RingfenceError):
    """The suite cannot be run."""


def register(app: typer.Typer) -> None:
    """Add the command to the `hub` command."""
    app.command("certify")(certify)


def certify(
    name: Annotated[str | None, typer.Argument(help="An installed plugin's name, as `hub plugins` lists it.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A one-file plugin, or a wheel, instead of an installed plugin.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Explain each promise, and say for each what was found.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Test that a plugin keeps the promises of its kind. Exits with status 0 if all hold, 1 if some do not, 2 if none could
    be tested."""
    with found_plugin(name, file, config) as connector_class:
        certificate = prove(connector_class, _progress(sys.stderr))
    if as_json:
        typer.echo(json.dumps(_plain(certificate), indent=2))
    else:
        _show(certificate, Console(), verbose)
    raise typer.Exit(0 if certificate.passed else 1)


@contextmanager
def found_plugin(name: str | None, file: Path | None, config: Path) -> Iterator[type[Connector]]:
    """The connector class of an installed plugin, or of a file or wheel, imported into this process; CannotCertify says why
    none is found."""
    if find_spec("pytest") is None:
        raise CannotCertify("The suites need pytest; install it with `pip install pytest`.")
    if (name is None) == (file is None):
        raise CannotCertify("Give the name of an installed plugin, or --file with the path of a one-file plugin.")
    if file is not None and file.suffix == ".whl":
        with fetched(str(file)) as found, TemporaryDirectory(prefix="ringfence-certify-") as folder:
            yield imported(install(PluginFolder(Path(folder)), found, utc_now())[1])
        return
    if file is not None and (file.suffix != ".py" or not file.is_file()):
        raise CannotCertify(f"{file} is not a Python file; give the path of a one-file plugin, or of a wheel.")
    yield _in_catalog(discover([file] if file is not None else places_of(config)), file.stem if file else str(name))


def _in_catalog(catalog: Catalog, wanted: str) -> type[Connector]:
    if wanted in catalog.broken:
        raise CannotCertify(f"The plugin {wanted!r} cannot be used: {catalog.broken[wanted]}.")
    if wanted not in catalog.classes:
        installed = ", ".join(sorted(catalog.classes)) or "none"
        raise CannotCertify(f"No plugin named {wanted!r} is installed; installed are: {installed}.")
    return imported(catalog.classes[wanted])


def _progress(terminal: TextIO) -> Callable[[int, int, str], None]:
    """Keeps one line of a terminal up to date; says nothing to a file or a pipe."""

    def say(done: int, total: int, promise: str) -> None:
        if terminal.isatty():
            line = f"{done} of {total} promises: {promise}"[:100]
            terminal.write(f"\r\x1b[K{line}" if done < total - 1 else "\r\x1b[K")
            terminal.flush()

    return say


def _show(certificate: Certificate, console: Console, verbose: bool) -> None:
    marks = {"proved": "[green]proved[/green]", "failed": "[red]failed[/red]", "not tried": "[dim]not tried[/dim]"}
    table = Table(title=f"{certificate.plugin} {certificate.version}, {certificate.kind} plugin", title_justify="left")
    table.add_column("promise")
    table.add_column("", no_wrap=True)
    for proof in certificate.proofs:
        notes = (proof.meaning, proof.detail, f"See {proof.place}." if proof.place else "") if verbose else ()
        small = "".join(f"\n[dim]{escape(note)}[/dim]" for note in notes if note)
        mark = marks.get(proof.verdict, f"[dim]{proof.verdict.replace('does not apply', 'n/a')}[/dim]")
        table.add_row(escape(proof.promise) + small, mark)
    console.print(table)
    _show_causes(certificate, console)


def _show_causes(certificate: Certificate, console: Console) -> None:
    """Each thing that was found, once, with the promises that fail for it."""
    total = len(certificate.proofs)
    for cause, proofs in certificate.causes().items():
        head = f"{len(proofs)} of {total} promises fail for this reason" if len(proofs) > 1 else proofs[0].promise
        console.print(f"{head}: {cause}", style="red", highlight=False, markup=False)
        if len(proofs) == 1 and proofs[0].place:
            console.print(f"  see {proofs[0].place}", style="dim", highlight=False, markup=False)
    failed = len(certificate.failed())
    if certificate.passed:
        console.print(f"[green]{certificate.plugin} keeps all its promises.[/green]", highlight=False)
        return
    untried = sum(proof.verdict == "not tried" for proof in certificate.proofs)
    rest = f"; {untried} were not tried, because a hook is too slow" if untried else ""
    console.print(
        f"[red]{failed} of {total} promises of {certificate.plugin} are not kept{rest}.[/red]", highlight=False
    )


def _plain(certificate: Certificate) -> dict[str, object]:
    proofs = [vars(proof) for proof in certificate.proofs]
    return only("plugin", "kind", "version", "passed")(certificate) | {"proofs": proofs}

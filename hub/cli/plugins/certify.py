"""`hub certify NAME`: run the conformance suite of a plugin's kind on an installed plugin, a wheel or a one-file plugin."""

from __future__ import annotations

import json
import sys
from collections import Counter
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

from hub import __version__
from hub.cli.plugins.confined_certificate import certify_confined as prove
from hub.cli.plugins.plugin_folders import places_of
from hub.cli.plugins.saves import at_each_save
from hub.cli.support.output import CONFIG, ConfigFile
from hub.contracts.connector import Connector
from hub.contracts.manifest import API
from hub.errors import RingfenceError
from hub.platform.clock import utc_now
from hub.platform.documentation import docs_command
from hub.platform.fields import only
from hub.platform.private_files import share
from hub.plugin_host.discovery import Catalog, built_in_plugins, discover
from hub.plugin_host.packages.certificate_file import ENDING, sign
from hub.plugin_host.packages.install import fetched, install
from hub.plugin_host.packages.installed import InstalledPlugin, PluginFolder
from hub.testing.certificate import Certificate
from hub.testing.exchanges import exchange_paths
from hub.testing.exchanges.held_against import FOLDER

Found = tuple[type[Connector], InstalledPlugin | None]
"""A plugin's class, and the package that it comes from, if it comes from a wheel."""
EXCHANGES = docs_command("write-a-plugin", "exchanges")
OF_A_FILE = "as the vendor documents ("
"""In the sentence of the promise about one file of exchanges."""
SOURCES = 3
"""So many sources of exchanges are shown without `--verbose`."""


class CannotCertify(RingfenceError):
    """The suite cannot be run."""


def certify(
    name: Annotated[str | None, typer.Argument(help="An installed plugin's name, as `hub plugins` lists it.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A one-file plugin, or a wheel, instead of an installed plugin.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Explain each promise, and say for each what was found.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    sign_with: Annotated[
        Path | None,
        typer.Option(
            "--sign", metavar="KEYFILE", help="Write a certificate file, signed with a key of `hub plugins new-key`."
        ),
    ] = None,
    only_promise: Annotated[
        str, typer.Option("--only", metavar="PROMISE", help="Try only the promises whose sentence holds these words.")
    ] = "",
    exchanges: Annotated[
        Path | None,
        typer.Option(
            "--exchanges",
            metavar="DIR",
            help="Files of requests and replies copied from the vendor's documentation; the folder `exchanges` beside the "
            "plugin if not given. A file stages.py there is run as the plugin is.",
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="With --file: again at each save of its files, until Ctrl+C.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Test that a plugin keeps the promises of its kind. Exits with status 0 if all hold, 1 if some do not, 2 if none could
    be tested."""
    if exchanges is not None and not exchange_paths(exchanges):
        raise CannotCertify(f"{exchanges} holds no exchanges: files NAME.http, see `{EXCHANGES}`.")
    need_pytest()
    if watch:
        if file is None or sign_with is not None or as_json:
            raise CannotCertify("--watch looks at the files of a plugin and prints what fails: give --file alone.")
        console, places = Console(), [file, exchanges or file.with_name(FOLDER)]
        at_each_save(console, places, lambda: certify_saved(console, file, only_promise, exchanges))
        return
    with found_plugin(name, file, config) as (connector_class, package):
        if sign_with is not None and package is None:
            raise CannotCertify(
                "Only what comes from a wheel is signed: --file WHEEL, or a plugin of `hub plugins add`."
            )
        if sign_with is not None and only_promise:
            raise CannotCertify("A certificate is about all promises: leave out --only, or --sign.")
        certificate = prove(connector_class, _progress(sys.stderr), only_promise, exchanges)
    if not certificate.proofs:
        raise CannotCertify(
            f"No promise of {certificate.kind} plugins holds {only_promise!r}; see `hub docs promises`."
        )
    if sign_with is not None and package is not None:
        written = _write_signed(certificate, package, sign_with, (file or Path(_wheel_name(package))))
        typer.echo(f"Wrote {written}.", err=True)
    if as_json:
        typer.echo(json.dumps(_plain(certificate), indent=2))
    else:
        _show(certificate, Console(), verbose)
    raise typer.Exit(0 if certificate.passed else 1 if certificate.failed() else 2)


def certify_saved(console: Console, file: Path, only_promise: str = "", exchanges: Path | None = None) -> bool:
    """Certify a file as it is now, and print what fails; whether the plugin keeps its promises."""
    try:
        with found_plugin(None, file, CONFIG) as (connector_class, _):
            certificate = prove(connector_class, _progress(sys.stderr), only_promise, exchanges)
    except RingfenceError as error:  # the next save may repair it
        console.print(str(error), style="red", highlight=False, markup=False)
        return False
    _show_causes(certificate, console)
    return certificate.passed


def need_pytest() -> None:
    """CannotCertify if pytest is not installed: the hub itself does without it."""
    if find_spec("pytest") is None:
        raise CannotCertify(
            "The suites need pytest, which does not come with the hub; install it beside the hub: pip install pytest"
        )


@contextmanager
def found_plugin(name: str | None, file: Path | None, config: Path) -> Iterator[Found]:
    """The connector class of an installed plugin, or of a file or wheel; CannotCertify says why none is found. One that did not
    come with the hub is not imported into this process."""
    if (name is None) == (file is None):
        raise CannotCertify("Give the name of an installed plugin, or --file with the path of a one-file plugin.")
    if file is not None and file.suffix == ".whl":
        with fetched(str(file)) as found, TemporaryDirectory(prefix="ringfence-certify-") as folder:
            package, connector_class = install(PluginFolder(Path(folder)), found, utc_now())
            yield connector_class, package
        return
    if file is not None and (file.suffix != ".py" or not file.is_file()):
        raise CannotCertify(f"{file} is not a Python file; give the path of a one-file plugin, or of a wheel.")
    wanted = file.stem if file else str(name)
    built_in = wanted in dict(built_in_plugins())
    catalog = discover([file] if file else [] if built_in else places_of(config))
    yield _in_catalog(catalog, wanted), catalog.packages.get(wanted)


def _in_catalog(catalog: Catalog, wanted: str) -> type[Connector]:
    if wanted in catalog.broken:
        raise CannotCertify(f"The plugin {wanted!r} cannot be used: {catalog.broken[wanted]}.")
    if wanted not in catalog.classes:
        installed = ", ".join(sorted(catalog.classes)) or "none"
        raise CannotCertify(f"No plugin named {wanted!r} is installed; installed are: {installed}.")
    return catalog.classes[wanted]


def _write_signed(certificate: Certificate, package: InstalledPlugin, key_file: Path, wheel: Path) -> Path:
    """Write the certificate beside the wheel, in the place of an older one."""
    verdicts = Counter(proof.verdict for proof in certificate.proofs)
    try:
        pem = key_file.read_bytes()
    except OSError as error:
        raise CannotCertify(
            f"{key_file} cannot be read ({error.strerror}); make a key: hub plugins new-key FILE."
        ) from None
    signed = sign(
        {
            **only("plugin", "kind")(certificate),
            **only("distribution", "version")(package),
            "wheel_sha256": package.sha256,
            "suite": __version__,
            "api": str(API),
            "certified_on": utc_now().date(),
            "verdicts": dict(sorted(verdicts.items())),
            "failed": tuple(proof.promise for proof in certificate.failed()),
            "vendor": certificate.vendor,
        },
        pem,
    )
    written = wheel.with_name(wheel.name + ENDING)
    written.write_text(signed.model_dump_json(indent=2) + "\n", encoding="utf-8")
    share(written)
    return written


def _wheel_name(package: InstalledPlugin) -> str:
    return f"{package.distribution.replace('-', '_')}-{package.version}-py3-none-any.whl"


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
    _show_vendor(certificate, console, verbose)
    _show_causes(certificate, console)


def _show_vendor(certificate: Certificate, console: Console, verbose: bool) -> None:
    """How much of the vendor's documentation the plugin was held against."""
    vendor = certificate.vendor
    files = [each for each in certificate.proofs if OF_A_FILE in each.promise]
    kept = sum(each.verdict == "proved" for each in files)
    style = None if vendor.exchanges or not vendor.has_vendor else "yellow"
    days = " to ".join(map(str, dict.fromkeys((vendor.oldest, vendor.newest))))
    read = f", from sources read on {days}" if vendor.exchanges else ""
    read += f"; {kept} of {len(files)} files of exchanges hold" if kept < len(files) else ""
    console.print(f"{vendor.words[:1].upper()}{vendor.words[1:]}{read}.", style=style, highlight=False, markup=False)
    if not files and not vendor.exchanges and vendor.has_vendor:
        said = "Copy requests and replies from its documentation into a folder exchanges beside the plugin"
        console.print(f"  {said}: {EXCHANGES}", style="dim", highlight=False, markup=False)
    shown = vendor.sources if verbose else vendor.sources[:SOURCES]
    for source in shown:
        console.print(f"  {source}", style="dim", highlight=False, markup=False)
    if len(shown) < len(vendor.sources):
        more = f"  and {len(vendor.sources) - len(shown)} more sources; --verbose lists them"
        console.print(more, style="dim", highlight=False, markup=False)


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
    if not failed:
        found = f"None of {total} promises applies to" if total > 1 else "The promise does not apply to"
        console.print(f"[yellow]{found} {certificate.plugin}, so nothing is proved.[/yellow]", highlight=False)
        return
    untried = sum(proof.verdict == "not tried" for proof in certificate.proofs)
    rest = f"; {untried} were not tried, because a hook is too slow" if untried else ""
    console.print(
        f"[red]{failed} of {total} promises of {certificate.plugin} are not kept{rest}.[/red]", highlight=False
    )


def _plain(certificate: Certificate) -> dict[str, object]:
    proofs = [vars(proof) for proof in certificate.proofs]
    vendor = certificate.vendor.model_dump(mode="json")
    return only("plugin", "kind", "version", "passed")(certificate) | {"vendor": vendor, "proofs": proofs}

"""`hub plugins`: list the installed plugins, and add, update and remove those that did not come with the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.plugins.plugin_folders import places_of
from hub.cli.support.audit_note import actor
from hub.cli.support.files import new_file
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, counted, plain, say
from hub.config.models import Config
from hub.config.readers.folders import installed_plugins_folder
from hub.config.readers.outline import Outline
from hub.connecting.plugin_packages import PluginChanges
from hub.contracts.manifest import Manifest
from hub.errors import CannotDo, ConfigError
from hub.platform.clock import utc_now
from hub.plugin_host.discovery import discover
from hub.plugin_host.packages.certificate_file import new_signing_key
from hub.plugin_host.packages.installed import InstalledPlugin, PluginFolder
from hub.queries.connectors.plugin_list import PluginRow, fields_of, plugin_list
from hub.startup.database import open_store, read_outline
from hub.startup.reading import read_config

commands = typer.Typer(
    help="List the installed plugins, and why some cannot be used; add, update and remove those of others.",
    invoke_without_command=True,
)
PluginDirs = Annotated[
    list[Path] | None, typer.Option(help="A folder with one-file plugins; those of config.yaml are seen anyway.")
]
Name = Annotated[str, typer.Argument(help="A plugin's name, as `hub plugins list` has it.")]
Hash = Annotated[str, typer.Option("--hash", metavar="sha256:HEX", help="Refuse a wheel whose SHA-256 is another one.")]
HASH_LENGTH = 64
CertificateFile = Annotated[
    Path | None,
    typer.Option("--certificate", help="A certificate of `hub certify --sign`; by default the one beside the wheel."),
]


@commands.callback()
@listing
def plugins(context: typer.Context, plugin_dir: PluginDirs = None, config: ConfigFile = CONFIG) -> Listing | None:
    """List the installed plugins, and why some cannot be used; add, update and remove those of others. Exits with status 1 if
    one is broken."""
    return None if context.invoked_subcommand else _listed(plugin_dir, config)


@commands.command("list")
@listing
def list_plugins(plugin_dir: PluginDirs = None, config: ConfigFile = CONFIG) -> Listing:
    """List the installed plugins: from whom, how each runs, which hosts it may reach, and what it is given. Exits with status 1
    if one is broken."""
    return _listed(plugin_dir, config)


def _listed(plugin_dir: list[Path] | None, config: Path) -> Listing:
    loaded = _config_or_none(config)
    found = plugin_list(discover([*(plugin_dir or []), *places_of(config)]), loaded)
    return Listing(
        "Installed plugins", found.plugins,
        ("name", "kind", ("from", _from), "version", ("runs", _runs),
         ("hosts", lambda row: _first(row.hosts)), ("data", lambda row: _first(row.data)),
         ("what it is for", "summary")),
        document=lambda rows: {"plugins": rows, "broken": found.broken, "warnings": list(found.warnings)},
        optional=("what it is for",),
        failed=bool(found.broken),
        notes=[*(f"[red]✗ {plain(name)} cannot be used: {plain(reason)}[/red]" for name, reason in found.broken.items()),
               *(f"[yellow]! {plain(sentence)}[/yellow]" for sentence in found.warnings)]
    )  # fmt: skip


def _config_or_none(path: Path) -> Config | None:
    """The configuration; None if it is missing or wrong."""
    try:
        return read_config(path, sandbox=True)
    except ConfigError:
        return None


def _from(row: PluginRow) -> str:
    if row.source == "built in":
        return "built in"
    return plain(f"{row.distribution}, {row.author}" if row.author else row.distribution)


def _runs(row: PluginRow) -> str:
    return "in the hub" if row.isolation == "thread" else "apart"


def _first(values: tuple[str, ...]) -> str:
    return plain(values[0] if values else None) + (f", {len(values) - 1} more" if values[1:] else "")


@commands.command("add")
def add(
    source: Annotated[str, typer.Argument(metavar="WHEEL|NAME==VERSION", help="A wheel, or a package of the index.")],
    sha256: Hash = "",
    certificate: CertificateFile = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Install a plugin from a wheel, into a folder of its own that only its own process sees. Nothing of it is run here."""
    _check_hash(sha256)
    with _changes(config) as (changes, _):
        made, connector_class = changes.add(source, sha256=sha256, certificate=certificate)
    say(f"[green]✓ {plain(made.name)} {plain(made.version)}[/green] of {plain(_author(made))} is installed.")
    _show_rights(connector_class.manifest)
    _show_certificate(made)
    say(f"Use it in config.yaml as `plugin: {plain(made.name)}`.")


@commands.command("update")
def update(
    name: Name,
    source: Annotated[
        str,
        typer.Argument(metavar="[WHEEL|NAME==VERSION]", help="A wheel or a package; by default its newest version."),
    ] = "",
    sha256: Hash = "",
    certificate: CertificateFile = None,
    accept: Annotated[bool, typer.Option("--accept", help="Accept what the new version asks for, and use it.")] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Stay with the installed version.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Install a new version of a plugin. If it asks for more hosts, data, uses or recipients than the installed one, the
    connectors that use it are held until you accept that or decline; what is due waits. Exits with status 1 if it is held."""
    _check_hash(sha256)
    if decline and (accept or source):
        raise CannotDo("--decline stays with the installed version; it goes with nothing else.")
    with _changes(config) as (changes, outline):
        used = _users(outline, name)
        if decline:
            kept = changes.decline(name, used)
            say(f"{plain(name)} stays with version {plain(kept.version)}.")
            return
        waits = changes.place.read().plugins.get(name)
        if accept and not source and waits is not None and waits.waiting is not None:
            made = changes.accept(name, used)
        else:
            made = changes.update(name, source, used, sha256=sha256, certificate=certificate, accept=accept)
    if made.waiting is not None:
        _show_asks(made, made.waiting, used)
        raise typer.Exit(1)
    say(
        f"[green]✓ {plain(name)} {plain(made.version)}[/green] is used from now on; a running hub takes it with `hub reload`."
    )
    _show_certificate(made)


@commands.command("remove")
def remove(name: Name, config: ConfigFile = CONFIG) -> None:
    """Remove a plugin that `hub plugins add` installed, with its folder. Refused while a connector of config.yaml uses it."""
    with _changes(config) as (changes, outline):
        changes.remove(name, _users(outline, name))
    say(f"[green]✓ {plain(name)} is removed.[/green]")


@commands.command("new-key")
def new_key(
    file: Annotated[Path, typer.Argument(help="The new file; only you can read it. Keep a copy of it.")],
) -> None:
    """Make a key with which `hub certify --sign` signs certificates of your plugins."""
    with new_file(file) as stream:
        stream.write(new_signing_key().encode())
    say(f"Wrote {plain(file)}. Sign with: hub certify --file WHEEL --sign {plain(file)}")


@contextmanager
def _changes(config: Path) -> Iterator[tuple[PluginChanges, Outline]]:
    outline = read_outline(config)
    folder = installed_plugins_folder(outline.hub, config)
    if folder is None:
        raise CannotDo("Plugins are kept beside the database, and this one is in memory; write a file in hub.database.")
    with open_store(outline) as store:
        yield PluginChanges(store, PluginFolder(folder), actor(), utc_now), outline


def _users(outline: Outline, name: str) -> list[str]:
    """The connectors that name a plugin."""
    return [connector for connector, plugin in outline.plugins.items() if plugin == name]


def _check_hash(sha256: str) -> None:
    digest = sha256.removeprefix("sha256:")
    if sha256 and (len(digest) != HASH_LENGTH or any(letter not in "0123456789abcdefABCDEF" for letter in digest)):
        raise CannotDo("A hash is written as sha256: and 64 hexadecimal digits.")


def _author(plugin: InstalledPlugin) -> str:
    return f"{plugin.distribution} by {plugin.author}" if plugin.author else plugin.distribution


def _show_rights(manifest: Manifest) -> None:
    hosts, fields = ", ".join(manifest.hosts) or "none", ", ".join(fields_of(manifest)) or "nothing about people"
    say(f"  Hosts it may reach: {plain(hosts)}")
    say(f"  Data it is given: {plain(fields)}")
    say(f"  Sent to: {plain(manifest.recipient.name)} ({plain(manifest.recipient.role)})")
    uses = sorted({flow.use for flow in manifest.flows})
    if uses:
        say(f"  For {counted(len(uses), 'use')}: {plain(', '.join(uses))}")


def _show_certificate(plugin: InstalledPlugin) -> None:
    found = plugin.certificate
    if found is None:
        say("  Certificate: none; nothing says that the plugin keeps the promises of its kind.")
        return
    color = "green" if found.passed else "red"
    say(f"  Certificate: [{color}]{plain(found.sentence)}[/{color}]")
    for promise in found.failed:
        say(f"  [red]✗ {plain(promise)}[/red]")


def _show_asks(old: InstalledPlugin, new: InstalledPlugin, used: list[str]) -> None:
    say(f"[yellow]▲ {plain(new.name)} {plain(new.version)} asks for more than {plain(old.version)}:[/yellow]")
    for ask in old.asks:
        say(
            f"  {plain(ask.what)}: {plain(', '.join(ask.before) or 'none')} [yellow]+ {plain(', '.join(ask.more))}[/yellow]"
        )
    _show_certificate(new)
    say(f"Held until you decide: {plain(', '.join(used))}. What is due waits." if used else "No connector uses it.")
    say(f"To use it: [bold]hub plugins update {plain(new.name)} --accept[/bold]")
    say(f"To stay with {plain(old.version)}: [bold]hub plugins update {plain(new.name)} --decline[/bold]")

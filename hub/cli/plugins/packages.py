"""`hub plugins`: list the installed plugins, and add, update and remove those that did not come with the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.plugins.plugin_folders import config_or_none, places_of
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, counted, plain, say
from hub.config.readers.folders import installed_plugins_folder
from hub.config.readers.outline import Outline
from hub.connecting.plugin_packages import add_plugin, remove_plugin
from hub.contracts.manifest import Manifest
from hub.errors import CannotDo
from hub.platform.clock import utc_now
from hub.plugin_host.discovery import discover
from hub.plugin_host.packages.installed import InstalledPlugin, PluginFolder
from hub.queries.connectors.plugin_list import PluginRow, fields_of, plugin_list
from hub.startup.database import open_store, read_outline

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


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.add_typer(commands, name="plugins")


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
    loaded = config_or_none(config)
    found = plugin_list(discover([*(plugin_dir or []), *places_of(config, loaded)]), loaded)
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
    config: ConfigFile = CONFIG,
) -> None:
    """Install a plugin from a wheel, into a folder of its own that only its own process sees. Nothing of it is run here."""
    _check_hash(sha256)
    outline, place = _place(config)
    with open_store(outline) as store:
        made, connector_class = add_plugin(store, place, source, actor(), utc_now, sha256=sha256)
    say(f"[green]✓ {plain(made.name)} {plain(made.version)}[/green] of {plain(_author(made))} is installed.")
    _show_rights(connector_class.manifest)
    say(f"Use it in config.yaml as `plugin: {plain(made.name)}`.")


@commands.command("remove")
def remove(name: Name, config: ConfigFile = CONFIG) -> None:
    """Remove a plugin that `hub plugins add` installed, with its folder. Refused while a connector of config.yaml uses it."""
    outline, place = _place(config)
    used = [connector for connector, plugin in outline.plugins.items() if plugin == name]
    with open_store(outline) as store:
        remove_plugin(store, place, name, used, actor(), utc_now)
    say(f"[green]✓ {plain(name)} is removed.[/green]")


def _place(config: Path) -> tuple[Outline, PluginFolder]:
    outline = read_outline(config)
    folder = installed_plugins_folder(outline.hub, config)
    if folder is None:
        raise CannotDo("Plugins are kept beside the database, and this one is in memory; write a file in hub.database.")
    return outline, PluginFolder(folder)


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

"""`hub config`: show the resolved configuration, print its JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml

from hub.cli.support.output import CONFIG, ConfigFile
from hub.config.redacted import shown
from hub.config.schema import config_schema
from hub.plugin_host.discovery import discover
from hub.startup.reading import read_config

commands = typer.Typer(help="Show config.yaml as the hub reads it.", no_args_is_help=True)


@commands.command()
def show(
    config: ConfigFile = CONFIG,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="As `hub run --sandbox` reads it, without credentials.")
    ] = False,
) -> None:
    """Print the configuration with every reference resolved and every secret masked."""
    seen = shown(read_config(config, sandbox=sandbox))
    typer.echo(yaml.safe_dump(seen, sort_keys=False, allow_unicode=True, width=120), nl=False)


@commands.command()
def schema(
    plugin_dir: Annotated[
        list[Path] | None, typer.Option(help="A folder with one-file plugins; may be repeated.")
    ] = None,
) -> None:
    """Print the JSON Schema of config.yaml with the settings of every installed plugin, for editors."""
    installed = discover(plugin_dir or [])
    for name, reason in installed.broken.items():
        typer.echo(f"the plugin {name!r} is left out: {reason}", err=True)
    typer.echo(json.dumps(config_schema(installed.classes), indent=2, ensure_ascii=False))

"""`hub inbox spool`: what came in while the database was away and is not in it yet; it needs no database."""

from __future__ import annotations

from dataclasses import asdict

from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, say
from hub.startup.reading import read_config
from hub.store.encryption.keyfile import keyring_of
from hub.store.spool import Spool, spool_file


def show_spool(as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Count what this machine keeps for the database, and what the database refused; works while the database is away."""
    hub = read_config(config, sandbox=True).hub
    spool = Spool(spool_file(hub, config), keyring_of(hub))
    state = spool.state()
    spool.close()
    if as_json:
        echo_json(asdict(state))
        return
    oldest = f", the oldest for {state.oldest:.0f} seconds" if state.oldest is not None else ""
    say(f"{counted(state.waiting, 'row')} wait for the database{oldest}.")
    if state.refused:
        say(f"[yellow]{counted(state.refused, 'row')} were refused by it; they are tried again each hour.[/yellow]")

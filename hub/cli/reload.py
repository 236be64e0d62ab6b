"""`hub reload`: check config.yaml, apply it, and wait until all running processes have taken it."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, ConfigFile, Sandboxed, plain, say
from hub.errors import CannotDo
from hub.model import ConfigProcess
from hub.model.states import ConfigHow
from hub.platform.clock import utc_now
from hub.reload import ConfigFile as Configuration
from hub.reload.versions import living
from hub.startup.database import open_store
from hub.startup.reading import read_config
from hub.store.engine import Store

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.2


def reload(
    config: ConfigFile = CONFIG,
    sandbox: Sandboxed = False,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait until every running process has taken it.")
    ] = WAIT_SECONDS,
) -> None:
    """Apply config.yaml without a restart: check it, and let every running process take it, together with the files and
    variables that it names. The environment must be that of the hub.

    Processes also take a changed file by themselves within two seconds, and after SIGHUP.
    """
    with open_store(read_config(config, sandbox=sandbox)) as store:
        file = Configuration(config, store, utc_now, sandbox=sandbox)
        row = file.take(ConfigHow.COMMAND, actor(), again=True)
        number = (row.number if row else file.newest_number()) or 0
        if row is not None:
            say(f"Version {number}: {plain(row.note)}.")
        _wait(store, number, wait)


def _wait(store: Store, number: int, seconds: float) -> None:
    """Wait for all processes, and say how many run the version; CannotDo if one does not."""
    until = time.monotonic() + seconds
    running = _processes(store)
    while any((each.version or 0) < number for each in running) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        running = _processes(store)
    if not running:
        say(f"No process of the hub is running; the next one starts with version {number}.")
        return
    late = [each for each in running if (each.version or 0) < number]
    if late:
        named = ", ".join(f"{each.role} {each.pid} on {each.host} (version {each.version})" for each in late)
        raise CannotDo(f"{len(late)} of {len(running)} processes did not take it: {named}; see the log there.")
    say(f"{len(running)} of {len(running)} running processes have version {number}.")


def _processes(store: Store) -> list[ConfigProcess]:
    with store.reading() as session:
        return living(session, utc_now())

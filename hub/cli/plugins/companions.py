"""`hub sip`: the process that a plugin needs beside the hub, run apart, drained, and looked at."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.support.audit_note import note
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, echo_json, say
from hub.connecting.check import check_connection
from hub.contracts.companions import CompanionProcess
from hub.errors import ConfigError
from hub.hookspecs import CallHooks
from hub.model import Call
from hub.platform.clock import utc_now
from hub.platform.line_figures import LINE_FIGURES
from hub.queries.lookup import find_subject
from hub.runtime import Hub
from hub.serving.companions import companion_of, holder, signal_to, variables_of, working_folder
from hub.startup.assembly import assemble
from hub.startup.database import open_store, read_outline
from hub.startup.reading import read_config

commands = typer.Typer(
    help="Run, drain and look at the gateway of a SIP trunk, or at another process beside the hub.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="The connector, as in config.yaml.")]
Number = Annotated[int, typer.Option(min=1, help="Which of several gateways.")]


@commands.command("gateway")
def gateway(name: Name, number: Number = 1, config: ConfigFile = CONFIG) -> None:
    """Run the gateway in place of this command, until SIGTERM: it then finishes its calls, takes no new ones, and ends."""
    with _found(name, number, config) as (hub, process):
        folder, variables = working_folder(hub), variables_of(hub, name)
    if holder(folder / process.lock_file) is not None:
        raise ConfigError(f"the process of connector {name!r} runs already; see `hub sip status {name}`.")
    read, write = os.pipe()
    os.write(write, process.start.encode())
    os.close(write)
    os.dup2(read, 0)
    os.close(read)
    os.chdir(folder)
    for variable, text in variables.items():
        os.environ.setdefault(variable, text)
    os.execv(process.arguments[0], process.arguments)  # noqa: S606 - a plugin's own program, without a shell


@commands.command("drain")
def drain(name: Name, number: Number = 1, config: ConfigFile = CONFIG) -> None:
    """Let the gateway of this machine finish its calls and take no new ones; then it ends, and what started it starts it again,
    with the version that is installed by then."""
    with _found(name, number, config) as (hub, process):
        found = signal_to(working_folder(hub) / process.lock_file, signal.SIGTERM)
    if not found:
        raise ConfigError(f"the process of connector {name!r} does not run on this machine.")
    say("It takes no new calls and ends after its last one.")


@commands.command("status")
def status(name: Name, number: Number = 1, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show whether the gateway of this machine runs, and what all gateways say. Exits with status 1 if something is wrong."""
    with _found(name, number, config) as (hub, process):
        held = holder(working_folder(hub) / process.lock_file)
        report = check_connection(hub.plugins, name)
    settled = held is None or held.version == process.version
    if as_json:
        echo_json(
            {
                "pid": held.pid if held else None,
                "settings_taken": settled if held else None,
                "ok": report.ok,
                "detail": report.detail,
                "figures": dict(report.figures),
            }
        )
    else:
        say(f"Process {held.pid} runs on this machine." if held else "It does not run on this machine.")
        if not settled:
            say("The settings have changed; it takes them at its next moment without a call, or after `hub sip drain`.")
        say(report.detail)
        for figure, value in report.figures.items():
            say(f"{LINE_FIGURES[figure].title}: {LINE_FIGURES[figure].shown(value)}")
    raise typer.Exit(0 if report.ok else 1)


@commands.command("capture")
def capture(
    wanted: Annotated[str, typer.Argument(help="The id of a call, as `hub call` takes it.", metavar="CALL")],
    file: Annotated[Path | None, typer.Option("--out", help="The file; CALL.pcap in this folder if left out.")] = None,
    masked: Annotated[
        bool, typer.Option("--masked/--show-personal", help="Hide numbers and names; showing them is audited.")
    ] = True,
    config: ConfigFile = CONFIG,
) -> None:
    """Write the SIP messages of a call and of its phones as a pcap file, for sngrep, Wireshark, or the operator of the
    trunk. They are kept for 7 days, without passwords, keys of the sound, and keys that a party pressed."""
    with open_store(read_outline(config)) as store:
        with store.reading() as session:
            found = find_subject(session, wanted)
        if not isinstance(found, Call):
            raise ConfigError(f"{wanted} is no call.")
        if not masked:
            with store.writing() as session:
                note(session, utc_now(), "call.show_personal", found.id)
    with _found(found.connector, 1, config) as (hub, _):
        captured = hub.plugins.call(found.connector, CallHooks.capture_call, found.carrier_call_id, masked)
    path = file or Path(f"{found.id}.pcap")
    path.write_bytes(captured.pcap)
    say(f"Wrote {path}.")


@contextmanager
def _found(name: str, number: int, config: Path) -> Iterator[tuple[Hub, CompanionProcess]]:
    """The hub of the configuration, without its database, and the process of one connector."""

    loaded = read_config(config)
    entry = loaded.connectors.get(name)
    if entry is None:
        raise ConfigError(f"there is no connector {name!r} in {config}; the file has {', '.join(loaded.connectors)}.")
    hub = assemble(loaded)
    try:
        process = companion_of(hub, name, number)
        if process is None:
            raise ConfigError(f"connector {name!r} has no process number {number} beside the hub.")
        yield hub, process
    finally:
        hub.plugins.close()
        hub.store.close()
        hub.spool.close()

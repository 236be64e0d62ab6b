"""`hub plugins prove-walls`: a hostile plugin tries to escape from its process, on the machine at hand."""

from __future__ import annotations

import platform

from hub.cli.plugins.packages import commands
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import plain
from hub.plugin_host.escapes.prove import EscapeResult, Proof, prove_all
from hub.plugin_host.kernel.landlock import landlock_version
from hub.plugin_host.kernel.support import missing_confinement


@commands.command("prove-walls")
@listing
def prove_walls() -> Listing:
    """Let a hostile plugin try to escape from its process on this machine: to files, other processes, the network and more
    rights. It aims at things that are made for it; nothing of a hub is touched. Exits with status 1 if an escape succeeds."""
    return shown(prove_all(), missing_confinement())


def shown(proof: Proof, missing: str | None) -> Listing:
    """The table; `missing` says why this machine cannot confine plugins."""
    succeeded = [each for each in proof.escapes if each.succeeded]
    return Listing(
        f"Escapes on Linux {platform.release()}, Landlock {landlock_version()}", proof.escapes,
        ("area", ("what a plugin would gain", "name"), ("", _outcome), ("what it got", "detail")),
        optional=("what it got",),
        failed=bool(succeeded or proof.seen_outside),
        notes=[*([f"[red]✗ {plain(missing)}[/red]"] if missing else []),
               *(f"[red]✗ Seen from outside: {plain(each)}[/red]" for each in proof.seen_outside),
               f"{len(proof.escapes)} escapes, each tried at import, in a hook and in a stand-in, with the audit hook and "
               f"without it: {len(succeeded) or 'none'} succeeded."]
    )  # fmt: skip


def _outcome(row: EscapeResult) -> str:
    if row.succeeded:
        return "[red]succeeded[/red]"
    return "[dim]not on this machine[/dim]" if row.absent else "[green]refused[/green]"

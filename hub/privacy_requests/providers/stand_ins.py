"""Rehearsals: with `sandbox: true` a stand-in on this machine answers in place of the provider, and nothing happens
there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.model import PrivacyRequest
from hub.runtime import Hub

REHEARSAL = "REHEARSAL"
STAND_INS_KEY = "rehearsal"
"""Key in a request's outcome, a file's `about` and a certificate: the connectors whose stand-ins answered."""
STAND_IN = "REHEARSAL: a sandbox on this machine answered, not the provider."


def is_stand_in(hub: Hub, connector: str) -> bool:
    """Whether a stand-in on this machine answers in place of the provider."""
    return connector in hub.config.connectors and hub.config.connectors[connector].in_sandbox


def stand_ins(hub: Hub, connectors: Iterable[str]) -> list[str]:
    """The sandboxed ones among `connectors`, by name."""
    return sorted({name for name in connectors if is_stand_in(hub, name)})


def note_rehearsal(request: PrivacyRequest, connectors: Iterable[str]) -> None:
    """Write into the request, within the caller's transaction, that the stand-ins of `connectors` answered."""
    rehearsed = {*request.outcome.get(STAND_INS_KEY, ()), *connectors}
    if rehearsed:
        request.outcome = {**request.outcome, STAND_INS_KEY: sorted(rehearsed)}


def warning_of(connectors: Sequence[str]) -> str:
    """A sentence that says what a rehearsal did not do; empty if no stand-in answered."""
    if not connectors:
        return ""
    return (
        f"{REHEARSAL}: sandboxes on this machine answered instead of {', '.join(connectors)}. Nothing was asked of these "
        "providers, and nothing was shown, changed or erased there."
    )

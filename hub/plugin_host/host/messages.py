"""The messages between the hub and a plugin host, and how errors travel in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import errors
from hub.errors import PluginFailure, RingfenceError
from hub.plugin_host.inspection.explained import crash_text

TRANSFORM = "transform"
"""What a call is named that runs one of the plugin's own transforms."""
OF_STAND_IN = "stand-in: "
"""With it begins what a call is named that runs a method of a stand-in."""
MAX_SENTENCE = 20_000
"""Characters of an error's text. It is cut to less after it was scrubbed, so that no part of a secret remains at the end."""
RAISED: dict[str, type[RingfenceError]] = {
    each.__name__: each
    for each in (
        errors.ConfigError,
        errors.AuthError,
        errors.RetryLater,
        errors.Rejected,
        errors.BadSignature,
        errors.BadPayload,
        errors.NotSupported,
        errors.OutcomeUnknown,
        errors.PluginFailure,
    )
}
"""The errors that pass between the two processes; any other is a crash."""


@dataclass(frozen=True)
class Origin:
    """Where a plugin's class is: a module and the name in it, or a single file."""

    module: str = ""
    name: str = ""
    file: Path | None = None
    built_in: bool = False
    """Whether it came with Ringfence."""
    folder: Path | None = None
    """Where an installed plugin's modules are, with those of its dependencies; only its own process looks for modules there."""
    sha256: str = ""
    """Of the wheel that was unpacked into the folder."""


@dataclass(frozen=True)
class BeginStandIn:
    """What a child gets that runs a plugin's stand-in instead of its connector."""

    listener: int
    """The descriptor of the only socket on which it can be reached."""
    folder: Path
    """What it holds is kept there; it may write there too."""
    seed: str | None = None
    says: str = ""
    """The address in what it sends, if that is another than its own."""


@dataclass(frozen=True)
class Begin:
    """The first message to a child: which plugin, and everything that it gets. Its secrets are this connector's only."""

    connector: str
    origin: Origin
    settings: dict[str, Any]
    webhook_url: str
    tls_only: bool
    memory_mb: int
    folder: str
    """An empty folder, the only one in which it may write."""
    clock_offset: bool = False
    """Whether the hub's clock is not this machine's, so that the child must ask for the time."""
    complete: bool = True
    """Whether the settings are complete; before a sign-in some are missing."""
    stand_in: BeginStandIn | None = None


@dataclass(frozen=True)
class Exchanged:
    """Stands for the function with which a stand-in sends its webhooks; the hub knows it by this number."""

    number: int


@dataclass(frozen=True)
class Call:
    """Call a hook, or a method of the connector or stand-in that is not a hook, once with the arguments of each item. Each item
    has a reply of its own, in this order."""

    what: str
    items: tuple[dict[str, Any], ...]
    heard: bool = False
    """Whether the reply says what the plugin sent and received meanwhile (`hub record`)."""


@dataclass(frozen=True)
class Answer:
    """The hub's answer to what a child asked of the connector's services."""

    id: int
    value: Any = None
    error: dict[str, Any] | None = None


def error_as_data(error: BaseException) -> dict[str, object]:
    """An error as plain data. Of one that is not ours only what `crash_text` shows, because its text may hold anything."""
    name = type(error).__name__
    if name not in RAISED or type(error) is not RAISED[name]:
        ours = next((each for each in type(error).__mro__ if each in RAISED.values()), None)
        if ours is None:
            return {"crash": crash_text(error)[:MAX_SENTENCE]}
        name = ours.__name__
    found = {"error": name, "text": str(error.args[0] if error.args else "")[:MAX_SENTENCE]}
    return found | {key: getattr(error, key) for key in ("after", "code") if getattr(error, key, None) is not None}


def error_from_data(connector: str, what: str, data: dict[str, object]) -> RingfenceError:
    """The error that `error_as_data` made data of."""
    if "crash" in data:
        how = str(data["crash"])[:MAX_SENTENCE]
        return PluginFailure(f"connector {connector!r} crashed in {what} ({how}); report it to the plugin's author.")
    kind, text = RAISED.get(str(data.get("error")), PluginFailure), str(data.get("text"))[:MAX_SENTENCE]
    if kind is errors.RetryLater:
        after = data.get("after")
        return errors.RetryLater(text, float(after) if isinstance(after, int | float) else None)
    if kind is errors.Rejected:
        code = data.get("code")
        return errors.Rejected(text, str(code)[:MAX_SENTENCE] if code is not None else None)
    return kind(text)

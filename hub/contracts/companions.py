"""A process of a plugin's own that must run beside the hub, such as a media gateway."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanionProcess:
    """A process that outlives the hub: it is started in its own session, and found again by its lock.

    It holds an exclusive `flock` on `lock_file` as long as it lives, and writes into it one line of JSON: its `pid` and the
    `version` of the start text that it runs. It must end at once if somebody else holds the lock. SIGTERM means: finish
    what it does, take nothing new, and end; SIGHUP: end at the next moment at which it does nothing, because its settings
    have changed. The hub starts it again whenever the lock is free.
    """

    name: str
    arguments: tuple[str, ...]
    """The program and its arguments, which anyone on the machine can read."""
    start: str = field(repr=False)
    """What it reads from its standard input: its settings, with secrets."""
    lock_file: str
    """Relative to the hub's data folder, which is also its working folder."""
    automatic: bool = True
    """Whether `hub run` starts it; otherwise a person or a service manager does."""

    @property
    def version(self) -> str:
        """A short hash of the start text: another one means that the settings have changed."""
        return hashlib.sha256(self.start.encode()).hexdigest()[:16]

"""The table of escapes: each is one small function that returns something only if the plugin got what it must not have."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Targets:
    """What the escapes aim at; all of it is made for them, and nothing of a hub is touched."""

    hub_pid: int
    """The process that started the plugin host."""
    hub_folder: str
    """A folder with a key, a configuration, a database, and a folder `package` of code."""
    other_pid: int
    """The plugin host of another connector."""
    other_folder: str
    """The folder in which that one may write, with a file `note`."""
    tcp_port: int
    """Of a server on this machine that no manifest declares."""
    udp_port: int
    unix_address: str
    """Of a Unix socket in the hub's folder."""
    abstract_address: str
    """Of a Unix socket without a file."""
    descriptor_inode: int
    """Of the file that the hub holds open."""

    @property
    def key(self) -> str:
        """A file with a secret of the hub."""
        return f"{self.hub_folder}/secret.key"

    @property
    def database(self) -> str:
        """A database of the hub."""
        return f"{self.hub_folder}/ringfence.db"


Run = Callable[[Targets], object]


@dataclass(frozen=True)
class Escape:
    """One attempt."""

    name: str
    """What the plugin would gain."""
    run: Run
    area: str
    """The module it is in: files, processes, network or rights."""


@dataclass(frozen=True)
class Attempt:
    """What came of one escape."""

    name: str
    area: str
    outcome: str
    """`refused`, `succeeded`, or `absent` if this machine lacks the library or the function."""
    detail: str
    """The error, or what the plugin got."""
    when: str = ""
    """`at import`, or `in a hook`."""
    audit_hook: bool = True
    """Whether the plugin left the audit hook in force."""


ESCAPES: list[Escape] = []


class NotHere(Exception):
    """This machine lacks what an escape needs, so nothing is proved by it."""


def escape(name: str) -> Callable[[Run], Run]:
    """Enter a function into the table."""

    def enter(run: Run) -> Run:
        ESCAPES.append(Escape(name, run, run.__module__.rpartition(".")[2].removesuffix("_escapes")))
        return run

    return enter


def attempt(each: Escape, targets: Targets) -> Attempt:
    """Try one escape. It must return something to have succeeded: a function that fails to gain anything is refused."""
    try:
        gained = each.run(targets)
    except (ModuleNotFoundError, NotHere, AttributeError) as error:
        return Attempt(each.name, each.area, "absent", _reason(error))
    except BaseException as error:
        return Attempt(each.name, each.area, "refused", _reason(error))
    if gained is None or gained is False:
        return Attempt(each.name, each.area, "refused", "nothing came of it")
    return Attempt(each.name, each.area, "succeeded", repr(gained)[:200])


def _reason(error: BaseException) -> str:
    return " ".join(traceback.format_exception_only(error)[-1].split())[:200]

"""The faults that a chaos run can play: of each what it does, how it ends and what it needs."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from hub.errors import ConfigError
from hub.proof.chaos.environment import Environment
from hub.proof.chaos.hub_process import HubProcess
from hub.proof.chaos.shifted_clock import set_clock
from hub.proof.chaos.small_disk import fill

Need = Literal["postgres", "disk", "evil"]


@dataclass(frozen=True)
class Scene:
    """The hub that runs, and everything around it."""

    stage: Environment
    process: HubProcess
    chance: random.Random


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of fault. It lasts as long as the block of `play`."""

    name: str
    does: str
    """What happens, in a sentence."""
    ends: str
    """How it ends, in a sentence."""
    play: Callable[[Scene], AbstractContextManager[None]]
    needs: Need | None = None
    lasts: bool = True
    """Whether calls go on while it lasts; a kill is over at once."""
    is_outage: bool = False
    """Whether it is an outage of the database, whose length `--minutes` sets."""
    blurs_visits: bool = False
    """Whether a call may rightly be attributed to another visit meanwhile."""


KILLED_IN_ITS_START = 0.15
"""Share of the kills after which the next hub is killed too, before it has answered at all."""
HOUR = 3_600.0
CONNECTIONS = 300
HEAD = b"POST /webhooks/carrier/voice HTTP/1.1\r\nhost: hub\r\ncontent-length: 900\r\n\r\n"


@contextmanager
def _kill(scene: Scene) -> Iterator[None]:
    scene.process.kill()
    if scene.chance.random() < KILLED_IN_ITS_START:
        scene.process.start()
        time.sleep(scene.chance.uniform(0.0, 0.5))
        scene.process.kill()
    yield
    scene.process.start()


@contextmanager
def _db_stop(scene: Scene) -> Iterator[None]:
    scene.stage.postgres_server.stop()
    try:
        yield
    finally:
        scene.stage.postgres_server.start()


@contextmanager
def _db_freeze(scene: Scene) -> Iterator[None]:
    with scene.stage.postgres_server.frozen():
        yield


@contextmanager
def _db_readonly(scene: Scene) -> Iterator[None]:
    with scene.stage.postgres_server.read_only():
        yield


@contextmanager
def _disk_full(scene: Scene) -> Iterator[None]:
    file = fill(scene.stage.data)
    try:
        yield
    finally:
        file.unlink()


@contextmanager
def _clock(scene: Scene) -> Iterator[None]:
    set_clock(scene.stage.clock_file, scene.chance.choice((HOUR, -HOUR)))
    try:
        yield
    finally:
        set_clock(scene.stage.clock_file, 0.0)


@contextmanager
def _slow_client(scene: Scene) -> Iterator[None]:
    address, over = urlsplit(scene.stage.address), threading.Event()
    clients: list[socket.socket] = []
    for _ in range(CONNECTIONS):
        with contextlib.suppress(OSError):
            clients.append(socket.create_connection((address.hostname or "", address.port or 80), 2))
    dripping = threading.Thread(target=_drip, args=(clients, over), daemon=True)
    dripping.start()
    try:
        yield
    finally:
        over.set()
        dripping.join()
        for each in clients:
            each.close()


def _drip(clients: list[socket.socket], over: threading.Event) -> None:
    place = 0
    while not over.wait(1.0):
        byte = HEAD[place : place + 1] or b"x"
        place += 1
        for each in clients:
            with contextlib.suppress(OSError):
                each.send(byte)


@contextmanager
def _evil_plugin(scene: Scene) -> Iterator[None]:
    scene.stage.evil_file.touch()
    try:
        yield
    finally:
        scene.stage.evil_file.unlink()


ALL = (
    Fault(
        name="kill",
        does="SIGKILL ends the hub: no handler runs, and nothing is flushed. Some kills meet a hub that is just starting.",
        ends="A new process starts on the same database.",
        play=_kill,
        lasts=False,
    ),
    Fault(
        name="db-stop",
        does="PostgreSQL is stopped at once (SIGQUIT), in the middle of transactions.",
        ends="It is started again, and recovers.",
        play=_db_stop,
        needs="postgres",
        is_outage=True,
    ),
    Fault(
        name="db-freeze",
        does="PostgreSQL and all its connections stand still (SIGSTOP): they accept, and never answer.",
        ends="They go on (SIGCONT).",
        play=_db_freeze,
        needs="postgres",
        is_outage=True,
    ),
    Fault(
        name="db-readonly",
        does="PostgreSQL answers, and refuses every write, as a standby does after a failover.",
        ends="It takes writes again.",
        play=_db_readonly,
        needs="postgres",
        is_outage=True,
    ),
    Fault(
        name="disk-full",
        does="Another program fills the disk on which the hub's data is.",
        ends="That program's file is deleted.",
        play=_disk_full,
        needs="disk",
    ),
    Fault(
        name="clock",
        does="The hub's clock jumps one hour ahead or back, while the providers keep the right time.",
        ends="It jumps back to the right time; at the end of the run two hours pass, so that all that waits for its time is "
        "due.",
        play=_clock,
        blurs_visits=True,
    ),
    Fault(
        name="slow-client",
        does=f"{CONNECTIONS} connections send one byte of a request each second.",
        ends="They are closed.",
        play=_slow_client,
    ),
    Fault(
        name="evil-plugin",
        does="A plugin in its own process ends that process, raises what is no Exception, hangs, spins and takes 1 GB.",
        ends="It behaves again; its process may stay disabled.",
        play=_evil_plugin,
        needs="evil",
    ),
)
FAULTS: Mapping[str, Fault] = {each.name: each for each in ALL}
"""By name, in the order in which they are listed."""


def chosen(names: Iterable[str]) -> list[Fault]:
    """The faults with these names; ConfigError names the ones that exist."""
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in FAULTS]
    if unknown or not wanted:
        raise ConfigError(f"{', '.join(unknown) or 'Nothing'} is no fault; choose from {', '.join(FAULTS)}.")
    return [FAULTS[name] for name in wanted]

"""The hub's edge beside other servers that do the same job in the same minute: check Twilio's signature, keep each webhook
durably in SQLite, answer TwiML.

A hand-written FastAPI application always; fastify with better-sqlite3 and Node-RED where node is installed and
`npm install --prefix benchmarks/peer_servers` was called. What the hub does beside it in a ringing call, none of them does: it
walks a call flow, asks about consent, screens spam and writes the evidence.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from benchmarks.acknowledge import NAMES, still
from benchmarks.figures import Figure, at_least, print_figures, spread
from benchmarks.processes import free_port, python, started
from benchmarks.webhooks import RINGING, STATUS, Server, Webhooks, hub_server
from plugins.carriers.twilio.sandbox import Sandbox

ROUNDS, REQUESTS = 5, 1_500
ROW = 18
HAND_WRITTEN = "a hand-written FastAPI application"
WANTED = {STATUS: 2.8, RINGING: 1.0}
"""How many times the hub's CPU the hand-written application takes, at least."""
FOLDER = Path(__file__).parent / "peer_servers"
OF_NODE = {"fastify and better-sqlite3": "fastify.cjs", "Node-RED": "node_red.cjs"}


def measure() -> list[Figure]:
    """The figures of all peers that can run here."""
    with tempfile.TemporaryDirectory() as folder, hub_server(Path(folder) / "hub") as edge:
        figures = [
            figure
            for number, (name, command) in enumerate(_commands().items())
            for figure in _compared(name, command, edge, Path(folder) / f"{number}.db")
        ]
    return figures


def _commands() -> dict[str, list[str]]:
    """Peer → the command that starts it."""
    found = {HAND_WRITTEN: python("-m", "benchmarks.hand_written")}
    node = shutil.which("node")
    if node and (FOLDER / "node_modules").is_dir():
        found |= {name: [node, str(FOLDER / file)] for name, file in OF_NODE.items()}
    return found


def _compared(name: str, command: Sequence[str], edge: Server, database: Path) -> Iterator[Figure]:
    with _peer(command, database) as peer:
        for kind, wanted in WANTED.items():
            ratios, costs, own = list[float](), list[float](), list[float]()
            for warm in (True, *[False] * ROUNDS):
                with still(edge):
                    cost = peer.shoot(peer.supply.take(REQUESTS, kind))[1]
                with still(peer):
                    ours = edge.shoot(edge.supply.take(REQUESTS, kind))[1]
                if not warm:
                    costs.append(cost)
                    own.append(ours)
                    ratios.append(cost / ours)
            what = f"CPU of {NAMES[kind]}: {name}, times the hub's"
            detail = f"{spread(costs, 'µs')}; hub {spread(own, 'µs')}"
            if name == HAND_WRITTEN:
                yield at_least(what, median(ratios), wanted, detail=detail, row=ROW)
            else:
                yield Figure(what=what, measured=f"{median(ratios):.2f}; {detail}")
        kept = peer.kill()
        if kept < peer.acknowledged:
            raise RuntimeError(f"{name} lost {peer.acknowledged - kept} webhooks that it had acknowledged")


@contextmanager
def _peer(command: Sequence[str], database: Path) -> Iterator[Server]:
    twilio, port = Sandbox(), free_port()
    given = {"PORT": str(port), "DATABASE": str(database), "TWILIO_AUTH_TOKEN": twilio.auth_token}
    with started([*command, str(port), str(database)], port, os.environ | given) as process:
        yield Server(psutil.Process(process.pid), port, Webhooks(twilio, port), database)


if __name__ == "__main__":
    print_figures(measure())

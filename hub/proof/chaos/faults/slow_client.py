"""Clients that send one byte a second."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from hub.proof.chaos.faults.fault import Fault, Scene

CONNECTIONS = 300
HEAD = b"POST /webhooks/carrier/voice HTTP/1.1\r\nhost: hub\r\ncontent-length: 900\r\n\r\n"


@contextmanager
def _play(scene: Scene) -> Iterator[None]:
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


FAULT = Fault(
    name="slow-client",
    does=f"{CONNECTIONS} connections send one byte of a request each second.",
    ends="They are closed.",
    play=_play,
)

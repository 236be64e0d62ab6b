"""Phones for tests of the SIP gateway: PJSUA2 peers in child processes, with everything that they report."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pure_tones import Sound

from benchmarks.processes import free_port

PATIENCE = 90.0
"""Seconds after which a test no longer waits for something that should happen at once."""
SOUND_BLOCKS = 500
"""The phone's program takes 40 ports for sound, by its own port modulo this."""
CALLS_A_PROCESS = 4
"""PJSUA2's wheel is compiled for so many calls."""
CALL_ID = re.compile(rb"^(?:call-id|i)\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
Event = dict[str, Any]


def step(do: str, what: Any = None, *, when: str = "then", after: float = 0.0) -> dict[str, Any]:
    """One step of a phone's plan."""
    return {"do": do, "what": what, "when": when, "after": after}


_taken: set[int] = set()


def _own_port() -> int:
    """A port whose block of ports for sound no other phone of this test run has, or had: the gateway may still send there."""
    while True:
        port = free_port()
        if port % SOUND_BLOCKS not in _taken:
            _taken.add(port % SOUND_BLOCKS)
            return port


class Process:
    """One peer; `port` is its own SIP port."""

    def __init__(self, index: int, folder: Path) -> None:
        self.port = _own_port()
        program = Path(__file__).with_name("sip_phone_program.py")
        with (folder / f"phone-{index}.log").open("wb") as log:
            self.running = subprocess.Popen(
                [sys.executable, str(program), str(self.port), str(folder), str(index)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip

    def tell(self, command: Mapping[str, Any]) -> None:
        """Send a command."""
        assert self.running.stdin is not None
        self.running.stdin.write(json.dumps(command).encode() + b"\n")
        self.running.stdin.flush()


class Phones:
    """Phones in several processes. `events` are what they reported, in order."""

    def __init__(self, folder: Path, processes: int) -> None:
        self.folder, self.events = folder, list[Event]()
        self._changed = threading.Condition()
        self._calls: dict[int, set[str]] = {index: set() for index in range(processes)}
        self.processes = [Process(index, folder) for index in range(processes)]
        self._readers = [threading.Thread(target=self._read, args=(index,), daemon=True) for index in range(processes)]
        for reader in self._readers:
            reader.start()
        self._wait_for_all("ready")

    def _read(self, index: int) -> None:
        output = self.processes[index].running.stdout
        assert output is not None
        for line in output:
            with self._changed:
                self.events.append(json.loads(line))
                if self.events[-1]["event"] == "ended":
                    self._calls[index].discard(self.events[-1]["key"])
                self._changed.notify_all()

    def take_place(self, key: str) -> Process:
        """The process with the fewest calls, with one more from now on; `key` names the call."""
        with self._changed:
            index = min(self._calls, key=lambda each: len(self._calls[each]))
            assert len(self._calls[index]) < CALLS_A_PROCESS, "all phones are busy; give the test more of them"
            self._calls[index].add(key)
        return self.processes[index]

    def busy(self) -> int:
        """How many calls are on."""
        with self._changed:
            return sum(map(len, self._calls.values()))

    def tell(self, **command: Any) -> None:
        """Send a command to all processes."""
        for each in self.processes:
            each.tell(command)

    def expect(self, number: str, *steps: Mapping[str, Any], tone: float = 0, **more: Any) -> None:
        """What happens to the calls to a number."""
        self.tell(do="expect", number=number, plan={"tone": tone, "steps": steps, **more})
        self._wait_for_all(f"expects {number}")

    def _wait_for_all(self, event: str) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: sum(each["event"] == event for each in self.events) >= len(self.processes), PATIENCE
            )

    def call(
        self,
        name: str,
        called: str,
        gateway: int,
        *steps: Mapping[str, Any],
        caller: str = "+14155550142",
        tone: float = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Call a number through the gateway on a port of loopback."""
        process = self.take_place(name)
        order = {"to": f"sip:{called}@127.0.0.1:{gateway}", "from": f"<sip:{caller}@127.0.0.1:{process.port}>"}
        plan = {"tone": tone, "steps": steps}
        process.tell({"do": "call", "name": name, "headers": dict(headers or {}), "plan": plan, **order})

    def hang_up(self, prefix: str) -> None:
        """End the calls whose names begin so."""
        self.tell(do="bye", prefix=prefix)

    def wait(self, event: str, name: str) -> Event:
        """The first event of a kind of one call, as soon as it was reported."""
        with self._changed:
            self._changed.wait_for(lambda: self._first(event, name), PATIENCE)
            found = self._first(event, name)
        assert found, f"no {event!r} of {name}; reported was {self.of(name)}"
        return found

    def _first(self, event: str, name: str) -> Event | None:
        return next((each for each in self.events if each["event"] == event and each.get("name") == name), None)

    def of(self, name: str) -> list[Event]:
        """Everything that was reported of one call."""
        return [each for each in self.events if each.get("name") == name]

    def happened(self, name: str) -> list[str]:
        """The kinds of events of one call, in order."""
        return [each["event"] for each in self.of(name)]

    def heard(self, name: str) -> Sound:
        """What these phones heard in a call; complete after they have closed."""
        return Sound(self.folder / f"{name}.wav")

    def close(self) -> None:
        """Hang up everywhere and close; recordings are complete after that."""
        for each in self.processes:
            with contextlib.suppress(BrokenPipeError):
                each.tell({"do": "quit"})
        for each in self.processes:
            try:
                each.running.wait(10)
            except subprocess.TimeoutExpired:
                each.running.kill()
                each.running.wait()
        for reader in self._readers:
            reader.join(5)

    def vanish(self) -> None:
        """As if their power failed: no BYE, no sound any more."""
        for each in self.processes:
            each.running.kill()
            each.running.wait()


class Trunk(threading.Thread):
    """The trunk's port: gives each call that comes from the gateway to one of the phones, with its answers and its CANCEL.

    Later requests go from end to end, by their Contact.
    """

    def __init__(self, phones: Phones) -> None:
        super().__init__(daemon=True)
        self._phones = phones
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self.port = int(self._front.getsockname()[1])
        self._behind: dict[bytes, socket.socket] = {}

    def run(self) -> None:
        """Pass on until the port is closed."""
        with contextlib.suppress(OSError):
            while True:
                datagram, gateway = self._front.recvfrom(65_535)
                if not gateway:
                    return
                found = CALL_ID.search(datagram)
                if found is None or datagram.startswith(b"OPTIONS"):
                    self._front.sendto(_well(datagram), gateway)
                    continue
                if found[1] not in self._behind and datagram.startswith(b"INVITE"):
                    self._open(found[1], gateway)
                if found[1] in self._behind:
                    self._behind[found[1]].send(datagram)

    def _open(self, call: bytes, gateway: tuple[str, int]) -> None:
        behind = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        behind.connect(("127.0.0.1", self._phones.take_place(call.decode()).port))
        self._behind[call] = behind
        threading.Thread(target=self._back, args=(behind, gateway), daemon=True).start()

    def _back(self, behind: socket.socket, gateway: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._front.sendto(behind.recv(65_535), gateway)

    def close(self) -> None:
        """Close the ports."""
        for each in (self._front, *self._behind.values()):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _well(options: bytes) -> bytes:
    """The 200 that answers a request."""
    kept = (b"via", b"from", b"to", b"call-id", b"cseq")
    lines = [line for line in options.split(b"\r\n")[1:] if line.partition(b":")[0].strip().lower() in kept]
    return b"\r\n".join([b"SIP/2.0 200 OK", *lines, b"Content-Length: 0", b"", b""])


@contextmanager
def open_phones(folder: Path, processes: int = 1) -> Iterator[Phones]:
    """Phones on loopback, closed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    phones = Phones(folder, processes)
    try:
        yield phones
    finally:
        phones.close()


@contextmanager
def open_trunk(phones: Phones) -> Iterator[Trunk]:
    """The trunk of these phones."""
    trunk = Trunk(phones)
    trunk.start()
    try:
        yield trunk
    finally:
        trunk.close()

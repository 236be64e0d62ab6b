"""A party that speaks and listens over RTP as people do: µ-law every 20 ms, a quiet noise between sentences, and each packet
that it hears with its time. Signalling is left to others."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from array import array
from collections import deque

from benchmarks.sip_peers import ulaw
from plugins.carriers.sip.engine.recording import loudness

HOST = "127.0.0.1"
FRAME, FRAME_S = 160, 0.02
LOUD = 300.0
"""Root mean square of speech, as opposed to silence and the noise of a codec."""
_CODES = bytes(ulaw(value) for value in range(-32768, 32768))


def _linear(code: int) -> int:
    code = ~code & 0xFF
    value = ((code & 0x0F) * 8 + 132 << ((code >> 4) & 7)) - 132
    return -value if code & 0x80 else value


_VALUES = [_linear(code) for code in range(256)]


def coded(pcm: bytes) -> list[bytes]:
    """PCM in frames of µ-law."""
    codes = bytes(_CODES[value + 32768] for value in array("h", pcm[: len(pcm) // 2 * 2]))
    return [codes[at : at + FRAME].ljust(FRAME, b"\xff") for at in range(0, len(codes), FRAME)]


class SpokenCaller:
    """One party's sound."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, 0))
        self.socket.settimeout(0.2)
        self.port = int(self.socket.getsockname()[1])
        self.heard: list[tuple[float, bool]] = []
        """When each packet came, and whether it was loud."""
        self.to: tuple[str, int] | None = None
        self.ended_at = self.began_at = 0.0
        """Of what was said last: when its first and its last loud packet left."""
        self.noise = 0.0
        """Root mean square of what is sent between sentences."""
        self._saying: deque[tuple[bytes, bool]] = deque()
        self._sent, self._open, self._chance = 0, True, random.Random(1)
        self._idle = threading.Event()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._hear, self._speak)]
        for thread in self._threads:
            thread.start()

    def described(self, line: str = "\n") -> str:
        """A session description with this socket."""
        where = f"IN IP4 {HOST}"
        parts = ("v=0", f"o=- 1 1 {where}", "s=-", f"c={where}", "t=0 0", f"m=audio {self.port} RTP/AVP 0 101",
                 "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "")  # fmt: skip
        return line.join(parts)

    def say(self, pcm: bytes, wait: bool = True) -> None:
        """Say something; `began_at` and `ended_at` are set as it leaves."""
        frames = coded(pcm)
        loud = [loudness(pcm[at * 2 * FRAME : (at + 1) * 2 * FRAME]) > LOUD for at in range(len(frames))]
        self._idle.clear()
        self.began_at = self.ended_at = 0.0
        self._saying.extend(zip(frames, loud, strict=True))
        if wait:
            self._idle.wait(60)

    def press(self, key: str) -> None:
        """Press a key (RFC 4733), 100 ms long."""
        assert self.to
        code, at = "0123456789*#".index(key), self._sent * FRAME
        for step in range(1, 9):
            self._sent += 1
            head = struct.pack("!BBHII", 0x80, 101 | (0x80 if step == 1 else 0), self._sent & 0xFFFF, at, 7)
            self.socket.sendto(
                head + struct.pack("!BBH", code, 0x8A if step > 5 else 0x0A, 160 * min(step, 6)), self.to
            )

    def first_heard(self, after: float) -> float | None:
        """When the first loud packet after a time came."""
        return next((at for at, loud in list(self.heard) if loud and at > after), None)

    def last_heard(self, until: float = float("inf")) -> float | None:
        """When the last loud packet until a time came."""
        return next((at for at, loud in reversed(list(self.heard)) if loud and at <= until), None)

    def wait_for_speech(self, after: float, patience: float = 60.0) -> float:
        """When speech begins after a time; waits for it."""
        return self._wait(lambda: self.first_heard(after), patience)

    def wait_for_quiet(self, after: float, seconds: float = 0.8, patience: float = 60.0) -> float:
        """When speech that began after a time has ended, because `seconds` of silence followed."""

        def quiet() -> float | None:
            last = self.last_heard()
            return last if last and last > after and time.monotonic() - last > seconds else None

        return self._wait(quiet, patience)

    @staticmethod
    def _wait(found, patience):  # type: ignore[no-untyped-def]
        end = time.monotonic() + patience
        while (value := found()) is None:
            assert time.monotonic() < end, "nothing was heard"
            time.sleep(0.01)
        return value

    def _hear(self) -> None:
        while self._open:
            try:
                packet, source = self.socket.recvfrom(2048)
            except TimeoutError:
                continue
            except OSError:
                return
            self.to = self.to or source[:2]
            if packet[1] & 0x7F == 0:
                sound = array("h", (_VALUES[code] for code in packet[12:])).tobytes()
                self.heard.append((time.monotonic(), loudness(sound) > LOUD))

    def _speak(self) -> None:
        due = time.monotonic()
        while self._open:
            if self.to:
                frame, loud = self._saying.popleft() if self._saying else (self._quiet(), False)
                self._sent += 1
                head = struct.pack("!BBHII", 0x80, 0, self._sent & 0xFFFF, self._sent * FRAME & 0xFFFFFFFF, 7)
                self.socket.sendto(head + frame, self.to)
                if loud:
                    self.ended_at = time.monotonic()
                    self.began_at = self.began_at or self.ended_at
                if not self._saying:
                    self._idle.set()
            due += FRAME_S
            time.sleep(max(0.0, due - time.monotonic()))

    def _quiet(self) -> bytes:
        if not self.noise:
            return b"\xff" * FRAME
        return bytes(_CODES[max(0, min(65535, int(self._chance.gauss(32768, self.noise))))] for _ in range(FRAME))

    def close(self) -> None:
        """Close the socket."""
        self._open = False
        for thread in self._threads:
            thread.join(2)
        self.socket.close()

"""sipp (Debian package sip-tester) as callers and phones: scenarios of a few lines, and the sound that belongs to them."""

from __future__ import annotations

import base64
import hmac
import os
import re
import shutil
import socket
import struct
import subprocess
import threading
import time
from html import escape
from pathlib import Path

import psutil
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SIPP = shutil.which("sipp")
HOST = "127.0.0.1"
PATIENCE = 200
"""Seconds for what must come. No assertion depends on it."""
PCMU, KEYS = 0, 101


class Sound:
    """A party's RTP socket: what came to it, and what it sends."""

    def __init__(self, host: str = HOST) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(0.2)
        self.port = int(self.socket.getsockname()[1])
        self.host, self.packets = host, list[bytes]()
        self.source: tuple[str, int] | None = None
        self._sent = 0
        self._open = True
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        while self._open:
            try:
                packet, source = self.socket.recvfrom(2048)
            except TimeoutError:
                continue
            except OSError:
                return
            self.packets.append(packet)
            self.source = source[:2]

    def described(self, codecs: str = "0 101", more: str = "", connection: str = "") -> str:
        """A session description with this socket."""
        where = connection or f"IN IP{6 if ':' in self.host else 4} {self.host}"
        return (
            f"v=0\no=- 1 1 {where}\ns=-\nc={where}\nt=0 0\nm=audio {self.port} RTP/AVP {codecs}\n"
            f"a=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\n{more}"
        )

    def voices(self) -> int:
        """How many packets of speech came that are not silence."""
        return sum(each[1] & 0x7F == PCMU and len(set(each[12:])) > 1 for each in self.packets)

    def keys(self) -> str:
        """The keys that came as telephone events (RFC 4733), each once."""
        found: dict[bytes, int] = {}
        for each in self.packets:
            if each[1] & 0x7F == KEYS and len(each) >= 16:
                found[each[4:8]] = each[12]
        return "".join("0123456789*#ABCD"[code] for code in found.values())

    def press(self, key: str, to: tuple[str, int]) -> None:
        """Send a key as telephone events, 100 ms long."""
        code, at = "0123456789*#ABCD".index(key), (self._sent + 1) * 8000
        for step in range(1, 9):
            self._sent += 1
            head = struct.pack("!BBHII", 0x80, KEYS | (0x80 if step == 1 else 0), self._sent, at, 5)
            self.socket.sendto(head + struct.pack("!BBH", code, 0x8A if step > 5 else 0x0A, 160 * min(step, 6)), to)

    def speak(self, to: tuple[str, int], packets: int = 1, lost: bool = False) -> None:
        """Send speech that is not silence; packets that are `lost` only count."""
        for _ in range(packets):
            self._sent += 1
            head = struct.pack("!BBHII", 0x80, PCMU, self._sent, self._sent * 160, 5)
            if not lost:
                self.socket.sendto(head + bytes([0x90, 0x10] * 80), to)

    def close(self) -> None:
        """Close the socket."""
        self._open = False
        self._thread.join()
        self.socket.close()


class EncryptedSound(Sound):
    """A party whose sound is encrypted (SRTP, RFC 3711, AES_CM_128_HMAC_SHA1_80) with keys in the signalling (RFC 4568)."""

    def __init__(self) -> None:
        self.key, self.theirs = os.urandom(30), b""
        super().__init__()

    def described(self, codecs: str = "0 101", more: str = "", connection: str = "") -> str:
        key = base64.b64encode(self.key).decode()
        plain = super().described(codecs, more, connection).replace("RTP/AVP", "RTP/SAVP")
        return f"{plain}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\n"

    def learn(self, messages: str) -> None:
        """Read the other end's key from the messages that were received: the first one that is not ours."""
        found = (base64.b64decode(each) for each in re.findall(r"inline:([A-Za-z0-9+/=]{40})", messages))
        self.theirs = next(each for each in found if each != self.key)

    def clear(self) -> list[bytes]:
        """The packets that came and are whole, decrypted."""
        keys = [_derived(self.theirs, label, size) for label, size in ((0, 16), (1, 20), (2, 14))]
        found = []
        for packet in self.packets:
            body, tag = packet[:-10], packet[-10:]
            proof = hmac.new(keys[1], body + bytes(4), "sha1").digest()[:10]
            if len(packet) > 22 and hmac.compare_digest(proof, tag):
                at = (
                    int.from_bytes(keys[2] + bytes(2))
                    ^ (int.from_bytes(body[8:12]) << 64)
                    ^ (int.from_bytes(body[2:4]) << 16)
                )
                found.append(body[:12] + _stream(keys[0], at, body[12:]))
        return found


def _derived(master: bytes, label: int, size: int) -> bytes:
    """A session key (RFC 3711, section 4.3.1)."""
    salt = int.from_bytes(master[16:] + bytes(2)) ^ (label << 64)
    return _stream(master[:16], salt, bytes(size))


def _stream(key: bytes, counter: int, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CTR(counter.to_bytes(16))).encryptor().update(data)


def receive(
    what: str | int,
    *,
    optional: bool = False,
    needs: str = "",
    keeps: tuple[str, str] | None = None,
    begins: bool = False,
) -> str:
    """Wait for a request (a method) or a response (a status). `needs` is what must stand in it (a POSIX expression), `keeps`
    names a header and the variable for it; one that `begins` the dialog says where its requests go."""
    kind = "response" if isinstance(what, int) else "request"
    found = f'<ereg regexp="{escape(needs)}" search_in="msg" check_it="true" assign_to="9"/>' if needs else ""
    name, variable = keeps or (("CSeq", "7") if what == "INVITE" else ("", ""))
    if name:
        found += f'<ereg regexp="[0-9].*" search_in="hdr" header="{name}:" assign_to="{variable}"/>'
    action = f"<action>{found}</action>" if found else ""
    routes = ' rrs="true"' if begins or what == "INVITE" else ""
    return f'<recv {kind}="{what}" optional="{str(optional).lower()}"{routes}>{action}</recv>\n'


def pause(milliseconds: int) -> str:
    """Wait."""
    return f'<pause milliseconds="{milliseconds}"/>\n'


def label(name: str) -> str:
    """A place to go to."""
    return f'<label id="{name}"/>\n'


def goto(name: str) -> str:
    """Go there."""
    return f'<nop next="{name}"/>\n'


def goto_if_called(number: str, name: str) -> str:
    """Wait for an INVITE, and go there if it is for this number."""
    wanted = f'<ereg regexp="INVITE sip:{number.replace("+", ".")}" search_in="msg" assign_to="8"/>'
    invited = receive("INVITE").replace("<action>", f"<action>{wanted}")
    return f'{invited}<nop next="{name}" test="8"/>\n'


def send(start: str, *headers: str, body: str = "", kind: str = "application/sdp") -> str:
    """Send a message of these lines."""
    typed = [f"Content-Type: {kind}"] if body else []
    text = "\n".join([start, *headers, *typed, "Content-Length: [len]", "", body])
    once = start.startswith("ACK") or (start.startswith("SIP/2.0") and not body)
    repeats = "" if once else ' retrans="500"'
    return f"<send{repeats}><![CDATA[\n{text}\n]]></send>\n"


def request(
    method: str, *more: str, first: bool = False, number: int = 1, refused: bool = False, body: str = "",
    kind: str = "application/sdp",
) -> str:  # fmt: skip
    """A request of the caller. `first` begins the call; `refused` is the ACK of a refusal."""
    to = "To: <sip:[service]@[remote_ip]:[remote_port]>"
    uri = "sip:[service]@[remote_ip]:[remote_port]" if first or refused else "[next_url]"
    via = "[last_Via:]" if refused else "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]"
    return send(
        f"{method} {uri} SIP/2.0", via,
        "From: <sip:+14155550160@[local_ip]:[local_port]>;tag=[pid]s[call_number]", to if first else f"{to}[peer_tag_param]",
        "Call-ID: [call_id]", f"CSeq: {number} {method}", "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>",
        "Max-Forwards: 70", *more, body=body, kind=kind,
    )  # fmt: skip


def respond(status: str, *more: str, body: str = "", inside: bool = False, invited: bool = False) -> str:
    """A response to the last request, which was `inside` a call; or to the INVITE, whatever came after it."""
    to, cseq = "[last_To:]" + ("" if inside else ";tag=p[call_number]"), "CSeq: [$7]" if invited else "[last_CSeq:]"
    contact = "Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>"
    return send(
        f"SIP/2.0 {status}", "[last_Via:]", "[last_From:]", to, "[last_Call-ID:]", cseq, contact, *more, body=body
    )


def hang_up(number: int = 9) -> str:
    """The caller's BYE and its answer."""
    return request("BYE", number=number) + receive(200)


class Running:
    """One sipp at work."""

    def __init__(self, folder: Path, name: str, parts: tuple[str, ...], host: str, *arguments: str) -> None:
        self.log, scenario, text = folder / f"{name}.messages", folder / f"{name}.xml", "".join(parts)
        kept = ",".join(number for number in "6789" if f'assign_to="{number}"' in text)
        known = f'<Reference variables="{kept}"/>' if kept else ""
        scenario.write_text(f'<?xml version="1.0"?><scenario name="{name}">{text}{known}</scenario>')
        self.errors = folder / f"{name}.errors"
        assert SIPP
        self.running = subprocess.Popen(
            [SIPP, "-sf", str(scenario), "-i", host, "-nostdin", "-trace_msg", "-message_file", str(self.log), "-trace_err",
             "-error_file", str(self.errors), "-timeout", f"{PATIENCE}s", "-timeout_error", *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip

    def wait(self) -> str:
        """Wait until the scenario is over; all messages that were sent and received. Fails with sipp's own words."""
        status = self.running.wait(PATIENCE)
        said = self.errors.read_text() if self.errors.exists() else ""
        assert status == 0, f"sipp ended with {status}: {said[-3000:]}\n{self.messages()[-6000:]}"
        return self.messages()

    def listening(self, port: int) -> Running:
        """Wait until it does: a call to it that comes earlier is a call to nobody."""
        end, process = time.monotonic() + PATIENCE, psutil.Process(self.running.pid)
        while all(each.laddr.port != port for each in process.net_connections("inet") if each.laddr):
            assert self.running.poll() is None and time.monotonic() < end, "sipp does not listen"
            time.sleep(0.01)
        return self

    def messages(self) -> str:
        """What was sent and received so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def close(self) -> None:
        """End it."""
        if self.running.poll() is None:
            self.running.kill()
            self.running.wait()


def call(
    folder: Path, name: str, line: int, number: str, *parts: str, more: tuple[str, ...] = (), host: str = HOST
) -> Running:
    """Call a number of the line."""
    at = f"[{host}]" if ":" in host else host
    return Running(folder, name, parts, host, f"{at}:{line}", "-s", number, "-m", "1", *more)


def phone(
    folder: Path, name: str, port: int, *parts: str, calls: int = 1, more: tuple[str, ...] = (), host: str = HOST
) -> Running:
    """Be the trunk with its phones, for so many calls."""
    running = Running(folder, name, parts, host, "-p", str(port), "-m", str(calls), "-aa", *more)
    return running.listening(port)

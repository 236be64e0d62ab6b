"""What stands around Kamailio in its test: a trunk and gateways that take every call, over UDP or TLS, and note what came."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.platform.loopback import free_port

FOLDER = Path(__file__).parents[2] / "deploy" / "kamailio"
CONFIG = (FOLDER / "kamailio.cfg").read_text()
PATIENCE = 60.0
"""Seconds after which a test no longer waits for what should happen at once."""
Send = Callable[[bytes], object]


def make_certificate(folder: Path, host: str) -> None:
    """`certificate.pem` and `key.pem` for one address, which only this test trusts."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)]),
    )
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))


class SipParty:
    """One address that speaks SIP: it answers each request with 200 and keeps what came, with where it came from."""

    def __init__(self, host: str, port: int, tls: Path | None = None) -> None:
        self.host, self.port, self._tls = host, port, tls
        self.came: list[tuple[str, tuple[str, int]]] = []
        self.refuses = False
        """Whether it answers INVITE with 503."""
        self._changed = threading.Condition()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tls else socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        if tls:
            self._socket.listen()
        threading.Thread(target=self._accept if tls else self._datagrams, daemon=True).start()

    @property
    def via(self) -> str:
        """Its own Via, without a branch."""
        return f"SIP/2.0/{'TLS' if self._tls else 'UDP'} {self.host}:{self.port}"

    @property
    def contact(self) -> str:
        """Its own address."""
        return f"sip:party@{self.host}:{self.port}{';transport=tls' if self._tls else ''}"

    def send(self, to: tuple[str, int], text: str) -> None:
        """Send one message; over TLS in a new connection from its own address."""
        if not self._tls:
            self._socket.sendto(text.encode(), to)
            return
        context = ssl.create_default_context(cafile=str(self._tls / "certificate.pem"))
        context.check_hostname = False
        plain = socket.create_connection(to, PATIENCE, source_address=(self.host, 0))
        stream = context.wrap_socket(plain)
        stream.sendall(text.encode())
        threading.Thread(target=self._stream, args=(stream,), daemon=True).start()

    def call(self, to: tuple[str, int], call: str, method: str = "INVITE") -> None:
        """Send an INVITE, or another request of no call."""
        number = f"<sip:+13125550120@{to[0]}>"
        self._request(
            method, f"sip:+13125550120@{to[0]}:{to[1]}", to, call, f"<sip:+14155550142@{self.host}>;tag=a", number
        )

    def end(self, to: tuple[str, int], answer: str) -> None:
        """Send ACK and BYE by the 200 that took the call."""
        said = dict(re.findall(r"^(From|To|Call-ID|Contact): (.*?)\r?$", answer, re.MULTILINE))
        routes = re.findall(r"^Record-Route: (.*?)\r?$", answer, re.MULTILINE)[::-1]
        target = re.sub(".*<|>.*", "", said["Contact"])
        for method in ("ACK", "BYE"):
            self._request(method, target, to, said["Call-ID"], said["From"], said["To"], routes)

    def _request(
        self,
        method: str,
        uri: str,
        to: tuple[str, int],
        call: str,
        sender: str,
        called: str,
        routes: Sequence[str] = (),
    ) -> None:
        lines = [
            f"{method} {uri} SIP/2.0", f"Via: {self.via};branch=z9hG4bK{method}{call};rport", "Max-Forwards: 70",
            f"From: {sender}", f"To: {called}", f"Call-ID: {call}", f"CSeq: {1 + (method == 'BYE')} {method}",
            f"Contact: <{self.contact}>", *(f"Route: {each}" for each in routes), "Content-Length: 0", "", "",
        ]  # fmt: skip
        self.send(to, "\r\n".join(lines))

    def has(self, start: str, call: str) -> tuple[str, tuple[str, int]] | None:
        """The message of a call with this beginning, if it came, and where from."""
        return next((each for each in self.came if each[0].startswith(start) and f"Call-ID: {call}\r" in each[0]), None)

    def wait_for(self, start: str, call: str) -> tuple[str, tuple[str, int]]:
        """The message of a call with this beginning, as soon as it has come, and where from."""
        with self._changed:
            found = self._changed.wait_for(lambda: self.has(start, call), PATIENCE)
        lines = [each[0].partition("\r")[0] for each in self.came]
        assert found, f"{self.host} waited in vain for {start} of {call}; what came: {lines}"
        return found

    def close(self) -> None:
        """Close the port."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _datagrams(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                data, source = self._socket.recvfrom(65_535)
                if data:
                    self._take(data.decode(), source, lambda answer, to=source: self._socket.sendto(answer, to))

    def _accept(self) -> None:
        assert self._tls is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._tls / "certificate.pem", self._tls / "key.pem")
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._socket.accept()
                with contextlib.suppress(OSError):
                    stream = context.wrap_socket(plain, server_side=True)
                    threading.Thread(target=self._stream, args=(stream,), daemon=True).start()

    def _stream(self, stream: ssl.SSLSocket) -> None:
        buffered = b""
        with contextlib.suppress(OSError), stream:
            while data := stream.recv(65_535):
                buffered += data
                while b"\r\n\r\n" in buffered:
                    head, _, rest = buffered.partition(b"\r\n\r\n")
                    found = re.search(rb"content-length\s*:\s*(\d+)", head, re.IGNORECASE)
                    size = int(found[1]) if found else 0
                    buffered = rest[size:]
                    self._take(head.decode() + "\r\n\r\n", stream.getpeername(), stream.sendall)

    def _take(self, text: str, source: tuple[str, int], answer: Send) -> None:
        method = text.partition(" ")[0]
        if method != "OPTIONS":
            with self._changed:
                self.came.append((text, source))  # before the answer, which others wait for
                self._changed.notify_all()
        if not text.startswith(("SIP/2.0", "ACK")):
            answer(self._reply(text, 503 if self.refuses and method == "INVITE" else 200))

    def _reply(self, request: str, status: int) -> bytes:
        kept = ("via", "from", "to", "call-id", "cseq", "record-route")
        lines = [line for line in request.split("\r\n")[1:] if line.partition(":")[0].strip().lower() in kept]
        lines = [f"{line};tag=p" if line.lower().startswith("to:") and "tag=" not in line else line for line in lines]
        return "\r\n".join(
            [f"SIP/2.0 {status} Said", *lines, f"Contact: <{self.contact}>", "Content-Length: 0", "", ""]
        ).encode()


class Front:
    """Kamailio with the template's own files on addresses of loopback, between a trunk and two gateways."""

    def __init__(
        self, folder: Path, tls: bool, number: int, gateways: Sequence[tuple[str, int]] = (), inside: int = 0
    ) -> None:
        """`number` is that of the network: tests may run side by side. `gateways` run already; else there are two here."""
        net = f"127.77.{number}"
        self.public, self.private, self.tls = f"{net}.1", f"{net}.2", tls
        self.trunk_port, self.outside, self.inside = free_port(), free_port(), inside or free_port()
        make_certificate(folder, f"{net}.10")
        self.trunk = SipParty(f"{net}.10", self.trunk_port, folder if tls else None)
        self.gateways = [] if gateways else [SipParty(f"{net}.{each}", free_port()) for each in (21, 22)]
        self._behind = [*gateways, *((each.host, each.port) for each in self.gateways)]
        self.stranger = SipParty(f"{net}.66", free_port(), folder if tls else None)
        self._write(folder, net)
        with (folder / "kamailio.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["kamailio", "-DD", "-E", "-f", folder / "kamailio.cfg", "-Y", folder, "-m", "32", "-M", "8"],
                stdout=log,
                stderr=log,
            )
        self._log = folder / "kamailio.log"

    def _write(self, folder: Path, net: str) -> None:
        text = CONFIG.replace("/etc/kamailio/", f"{folder}/")
        for old, new in (
            ("198.51.100.7", self.public), ("!10.0.0.1!", f"!{self.private}!"), ("sip.example.com", f"{net}.10"),
            ("tls:PUBLIC_ADDRESS:5061", f"tls:PUBLIC_ADDRESS:{self.outside}"),
            ("udp:PUBLIC_ADDRESS:5060", f"udp:PUBLIC_ADDRESS:{self.outside}"),
            ("udp:PRIVATE_ADDRESS:5060", f"udp:PRIVATE_ADDRESS:{self.inside}"),
            *([] if self.tls else [("#!define WITH_TLS\n", "")]),
        ):  # fmt: skip
            assert old in text, f"{old} is not in the template any more"
            text = text.replace(old, new)
        (folder / "kamailio.cfg").write_text(text)
        tls = (FOLDER / "tls.cfg").read_text().replace("/etc/kamailio/", f"{folder}/")
        (folder / "tls.cfg").write_text(re.sub("ca_list = .*", f"ca_list = {folder}/certificate.pem", tls))
        allowed = (FOLDER / "address.list").read_text().replace("203.0.113.0 28", f"{net}.0 28")
        (folder / "address.list").write_text(allowed)
        found = (FOLDER / "dispatcher.list").read_text()
        for old, new in (
            ("sip.example.com:5061;transport=tls",
             f"{net}.10:{self.trunk_port}{';transport=tls' if self.tls else ''}"),
            ("10.0.0.1:5060", f"{self.private}:{self.inside}"),
            ("10.0.0.11:5060", "{}:{}".format(*self._behind[0])),
            ("10.0.0.12:5060", "{}:{}".format(*self._behind[-1])),
        ):  # fmt: skip
            assert old in found
            found = found.replace(old, new)
        (folder / "dispatcher.list").write_text(found)

    def wait_until_it_answers(self, door: tuple[str, int]) -> None:
        """Ask it for a sign of life until it gives one."""
        until = time.monotonic() + PATIENCE
        while not self.trunk.has("SIP/2.0 200", "ping"):
            assert self.process.poll() is None and time.monotonic() < until, self._log.read_text()[-3000:]
            with contextlib.suppress(OSError):
                self.trunk.call(door, "ping", "OPTIONS")
            time.sleep(0.1)

    def close(self) -> None:
        """End everything."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        for each in (self.trunk, self.stranger, *self.gateways):
            each.close()

"""A name server on loopback with SRV records that a test changes."""

from __future__ import annotations

import contextlib
import socket
import threading

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class NameServer:
    """Answers questions for SRV records; one without any does not exist, and `silent` answers nothing."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        """By name, like `_sip._udp.trunk.example.`: "priority weight port target"."""
        self.silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.resolver = dns.asyncresolver.Resolver(configure=False)
        self.resolver.nameservers, self.resolver.port = ["127.0.0.1"], self._socket.getsockname()[1]
        threading.Thread(target=self._answer, daemon=True).start()

    def close(self) -> None:
        """Close the port."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _answer(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                data, source = self._socket.recvfrom(4096)
                if not data:
                    return
                query = dns.message.from_wire(data)
                reply = dns.message.make_response(query)
                name = query.question[0].name.to_text()
                if records := self.records.get(name):
                    reply.answer.append(dns.rrset.from_text(name, 30, "IN", "SRV", *records))
                else:
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                if not self.silent:
                    self._socket.sendto(reply.to_wire(), source)

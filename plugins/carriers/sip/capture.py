"""The signalling of a call as a pcap file, for sngrep, Wireshark, and the operator of the trunk."""

from __future__ import annotations

import ipaddress
import re
import struct
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any

from plugins.carriers.sip.engine.interface import Packet

LINKTYPE_RAW = 101
"""Each packet begins with its IP header (tcpdump.org/linktypes.html)."""
UDP = 17
PLAIN_HEADERS = frozenset({"via", "call-id", "cseq", "content-length", "content-type", "max-forwards", "date"})
"""Headers in which digits are no numbers of people; the operator finds the call by them."""
SIGNED_HEADERS = frozenset({"identity", "p-identity"})
"""Their tokens hold the numbers in base64."""
_NAME = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=: )[^<>"\r\n]+(?= ?<)')


def pcap(packets: Iterable[Packet]) -> bytes:
    """The file (libpcap format, microseconds). What came over TCP or TLS is shown in UDP: each message is one packet."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, LINKTYPE_RAW)]
    for packet in packets:
        frame = _ip(packet)
        seconds, fraction = divmod(packet.at, 1)
        out.append(struct.pack("<IIII", int(seconds), int(fraction * 1_000_000), len(frame), len(frame)) + frame)
    return b"".join(out)


def packet_of(plain: Mapping[str, Any]) -> Packet:
    """A message as it came over the control address."""
    return Packet(
        float(plain["at"]), _end(plain["source"]), _end(plain["destination"]), b64decode(plain["data"], validate=True)
    )


def _end(plain: Any) -> tuple[str, int]:
    host, port = plain
    return str(host), int(port)


def _ip(packet: Packet) -> bytes:
    (host, port), (to, to_port) = packet.source, packet.destination
    source, target = ipaddress.ip_address(host.partition("%")[0]), ipaddress.ip_address(to.partition("%")[0])
    length = 8 + len(packet.data)
    udp = struct.pack("!HHHH", port, to_port, length, 0)
    if source.version == 6 or target.version == 6:
        ends = _six(source) + _six(target)
        udp = struct.pack(
            "!HHHH", port, to_port, length, _sum(ends + struct.pack("!II", length, UDP) + udp + packet.data)
        )
        return struct.pack("!IHBB", 6 << 28, length, UDP, 64) + ends + udp + packet.data
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, UDP, 0) + source.packed + target.packed
    return head[:10] + struct.pack("!H", _sum(head)) + head[12:] + udp + packet.data


def _six(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    return address.packed if address.version == 6 else b"\0" * 10 + b"\xff\xff" + address.packed


def _sum(data: bytes) -> int:
    """The checksum of the internet (RFC 1071)."""
    even = data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(even) // 2}H", even))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def masked(data: bytes) -> bytes:
    """A message in which each number but its last two digits, and each name, is X; it keeps its length."""
    head, separator, body = data.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    shown = "\r\n".join([_digits(lines[0]), *map(_line, lines[1:])])
    return shown.encode("utf-8", "surrogateescape") + separator + body


def _line(line: str) -> str:
    name = line.partition(":")[0].strip().lower()
    if name in PLAIN_HEADERS:
        return line
    if name in SIGNED_HEADERS:
        return line.partition(":")[0] + ": " + "X" * max(0, len(line) - len(name) - 2)
    return _digits(_NAME.sub(lambda found: re.sub(r'[^"]', "X", found[0]), line))


def _digits(text: str) -> str:
    return re.sub(r"\d{7,}", lambda found: "X" * (len(found[0]) - 2) + found[0][-2:], text)

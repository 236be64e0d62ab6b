"""The SIP port over TLS: messages in pieces, the trunk's certificate, and nothing for who does not speak SIP."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from engine_line import PATIENCE
from event_loops import in_a_thread

from benchmarks.processes import free_port
from plugins.carriers.sip.engine.guard import ports as guard_ports
from plugins.carriers.sip.engine.guard.calls import Peer
from plugins.carriers.sip.engine.guard.ports import Ports

OPTIONS = b"OPTIONS sip:x@localhost SIP/2.0\r\nVia: SIP/2.0/TLS localhost;branch=z9hG4bK1\r\nl: 4\r\n\r\nbody"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that only this test trusts, with its key."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]),
    )
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def test_only_those_beyond_the_nat_are_told_the_public_address_and_all_get_it_for_the_sound() -> None:
    ports = Ports(host="10.0.0.11", port=5060, transport="udp", external="198.51.100.7", trunk_name="x", tls=None)
    proxy, trunk = Peer("udp", "10.0.0.1", 5060), Peer("udp", "203.0.113.10", 5060)
    assert ports.outside(proxy) == ("10.0.0.11", 5060) and ports.outside(trunk) == ("198.51.100.7", 5060)
    assert ports.media(proxy) == ports.media(trunk) == "198.51.100.7"


def test_a_port_for_both_kinds_of_addresses_names_each_peer_as_people_write_it_and_reaches_it() -> None:
    async def run() -> None:
        loop, came = asyncio.get_running_loop(), asyncio.Queue[Peer]()
        number = free_port()
        ports = Ports(host="::", port=number, transport="udp", external="198.51.100.7", trunk_name="x", tls=None)
        await ports.open_outside(lambda data, peer: came.put_nowait(peer))
        for host, local in (("127.0.0.1", "127.0.0.1"), ("::1", "::1")):
            heard = loop.create_future()

            class Party(asyncio.DatagramProtocol):
                def datagram_received(self, data: bytes, addr: Any, heard: Any = heard) -> None:
                    heard.set_result(data)

            party, _ = await loop.create_datagram_endpoint(Party, local_addr=(host, 0))
            party.sendto(b"OPTIONS", (host, number))
            peer = await asyncio.wait_for(came.get(), PATIENCE)
            assert peer.host == host and ports.outside(peer) == (local, number)
            ports.to_peer(peer, b"answer")
            assert await asyncio.wait_for(heard, PATIENCE) == b"answer"
            party.close()
        assert ports.media(Peer("udp", "203.0.113.10", 5060)) == "198.51.100.7"
        await ports.close()

    in_a_thread(run())


def _ports(port: int, certificate: Path, trunk: str = "localhost") -> Ports:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return Ports(host="127.0.0.1", port=port, transport="tls", external="", trunk_name=trunk, tls=context)


def test_messages_over_tls_are_cut_right_and_answered_on_their_connection(certificate: Path) -> None:
    async def walk() -> tuple[list[bytes], bytes, bytes]:
        port, got = free_port(), asyncio.Queue[tuple[bytes, Peer]]()
        ports = _ports(port, certificate)
        await ports.open_outside(lambda data, peer: got.put_nowait((data, peer)))
        trusting = ssl.create_default_context(cafile=str(certificate))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
        for piece in (b"\r\n\r\n", OPTIONS[:40], OPTIONS[40:-2], OPTIONS[-2:] + OPTIONS):
            writer.write(piece)
            await writer.drain()
        both = [await asyncio.wait_for(got.get(), 90) for _ in range(2)]
        ports.to_peer(both[0][1], b"SIP/2.0 200 OK\r\n\r\n")
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 90)
        _, other = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
        other.write(b"GET / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n")
        writer.write(b"x" * 70_000)
        end = await asyncio.wait_for(reader.read(), 90)
        await ports.close()
        return [data for data, _ in both], answer, end

    both, answer, end = in_a_thread(walk())
    assert both == [OPTIONS, OPTIONS] and answer.startswith(b"SIP/2.0 200") and end == b""


@pytest.mark.parametrize(("trunk", "trusted"), [("localhost", True), ("trunk.example.com", False)])
def test_a_call_over_tls_leaves_only_for_the_trunk_of_that_name(
    trunk: str, trusted: bool, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr(guard_ports, "CONNECT_S", PATIENCE)

    async def walk() -> list[bytes]:
        port, got = free_port(), list[bytes]()
        there, here = _ports(port, certificate), _ports(free_port(), certificate, trunk)
        await there.open_outside(lambda data, peer: got.append(data))
        here.to_peer(Peer("tls", "127.0.0.1", port), OPTIONS)
        while not got and here._tasks:
            await asyncio.sleep(0.02)
        await here.close()
        await there.close()
        return got

    assert in_a_thread(walk()) == ([OPTIONS] if trusted else [])


def test_a_phones_connection_is_kept_alive_once_it_has_signed_in_and_any_other_is_closed(certificate: Path) -> None:
    async def walk() -> tuple[bytes, bytes, list[Peer], tuple[str, int]]:
        port, got, gone = free_port(), asyncio.Queue[tuple[bytes, Peer]](), asyncio.Queue[Peer]()
        ports = _ports(free_port(), certificate)

        def sign_in(data: bytes, peer: Peer) -> None:
            ports.proven(peer)
            got.put_nowait((data, peer))

        await ports.open_outside(sign_in)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        await ports.open_phones("127.0.0.1", port, context, gone.put_nowait, unproven_s=3.0)
        trusting = ssl.create_default_context(cafile=str(certificate))
        phone, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
        writer.write(OPTIONS)
        _, peer = await asyncio.wait_for(got.get(), PATIENCE)
        stranger, _ = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
        end = await asyncio.wait_for(stranger.read(), PATIENCE)
        writer.write(b"\r\n\r\n")
        pong = await asyncio.wait_for(phone.readexactly(2), PATIENCE)
        writer.close()
        closed = [await asyncio.wait_for(gone.get(), PATIENCE) for _ in range(2)]
        ports.to_peer(peer, b"nobody is called back")
        outside = ports.outside(peer)
        await ports.close()
        return end, pong, closed, (outside[0], outside[1] - port)

    end, pong, closed, outside = in_a_thread(walk())
    assert (end, pong, outside) == (b"", b"\r\n", ("127.0.0.1", 0))
    assert all(each.phone for each in closed)


class Doors:
    """A port over TCP whose trunk is 127.0.0.1, with a port for phones, and connections from everywhere else."""

    def __init__(self, certificate: Path, signs_in: bool) -> None:
        self.port, self.phones = free_port(), free_port()
        self.got, self.proves = asyncio.Queue[tuple[bytes, Peer]](), False
        self.ports = Ports(
            host="127.0.0.1", port=self.port, transport="tcp", external="", trunk_name="x", tls=None,
            from_trunk=lambda host: host == "127.0.0.1", signs_in=signs_in,
        )  # fmt: skip
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.trusting = ssl.create_default_context(cafile=str(certificate))
        self.open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def start(self) -> None:
        await self.ports.open_outside(self._receive)
        await self.ports.open_phones("127.0.0.1", self.phones, self.context, lambda peer: None)

    def _receive(self, data: bytes, peer: Peer) -> None:
        if self.proves:
            self.ports.proven(peer)
        self.got.put_nowait((data, peer))

    async def connect(self, host: str, port: int = 0, **more: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        made = await asyncio.open_connection("127.0.0.1", port or self.port, local_addr=(host, 0), **more)
        self.open.append(made)
        return made

    async def fill(self, hosts: range, each: int, port: int = 0) -> None:
        for host in hosts:
            for _ in range(each):
                await self.connect(f"127.0.0.{host}", port)

    async def taken(self, host: str, port: int = 0, **more: Any) -> asyncio.StreamReader:
        """A message of this address comes through."""
        reader, writer = await self.connect(host, port, **more)
        writer.write(OPTIONS)
        _, peer = await asyncio.wait_for(self.got.get(), PATIENCE)
        assert peer.host == host
        return reader

    async def close(self) -> None:
        for _, writer in self.open:
            writer.close()
        await self.ports.close()


async def closed(reader: asyncio.StreamReader) -> bool:
    """Wait until the other end closes."""
    try:
        return await asyncio.wait_for(reader.read(1), PATIENCE) == b""
    except ConnectionResetError:
        return True


def test_silent_strangers_take_no_connection_of_the_trunk(certificate: Path) -> None:
    async def walk() -> None:
        doors = Doors(certificate, signs_in=False)
        await doors.start()
        await doors.fill(range(9, 10), guard_ports.MAX_CONNECTIONS + 10)
        for reader, _ in list(doors.open):
            assert await closed(reader), "a stranger that nobody lets sign in is closed at once"
        await doors.taken("127.0.0.1")
        await doors.close()

    in_a_thread(walk())


def test_callers_that_sign_in_have_places_of_their_own_and_one_address_takes_few_of_them(certificate: Path) -> None:
    async def walk() -> None:
        doors = Doors(certificate, signs_in=True)
        await doors.start()
        doors.proves = True
        proven = await doors.taken("127.0.0.8")
        doors.proves = False
        await doors.fill(range(9, 10), guard_ports.MAX_OF_AN_UNKNOWN)
        reader, _ = await doors.connect("127.0.0.9")
        assert await closed(reader), "a sixth connection of one address"
        await doors.fill(range(10, 20), guard_ports.MAX_OF_AN_UNKNOWN)
        await doors.taken("127.0.0.30")
        await doors.taken("127.0.0.1")
        assert len(doors.ports._strangers._open) <= guard_ports.MAX_UNKNOWN
        assert not proven.at_eof(), "who has proved a password gives place to nobody"
        await doors.close()

    in_a_thread(walk())


@pytest.mark.soak
def test_strangers_at_the_phones_port_keep_out_neither_a_phone_nor_the_trunk(certificate: Path) -> None:
    async def walk() -> None:
        doors = Doors(certificate, signs_in=False)
        await doors.start()
        await doors.fill(range(9, 14), guard_ports.MAX_OF_A_SOURCE, doors.phones)
        await doors.taken("127.0.0.20", doors.phones, ssl=doors.trusting, server_hostname="localhost")
        await doors.taken("127.0.0.1")
        await doors.close()

    in_a_thread(walk())

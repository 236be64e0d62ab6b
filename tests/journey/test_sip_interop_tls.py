"""A call over TLS with encrypted sound (SRTP), both ways, with sipp as the trunk."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "plugins" / "carriers" / "sip" / "peers"))
pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")
import sipp
from interop_line import FORWARDED, LET_GO, Line, Peers, taken, until
from localhost_certificate import made_certificate
from sipp import EncryptedSound, receive, respond

from hub.platform.loopback import free_port

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sipp.SIPP is None, reason="sipp is not installed (Debian package sip-tester)"),
]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return made_certificate(tmp_path)


@pytest.fixture
def peers(certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peers]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    line = Line("localhost", certificate)
    made = Peers(line, tmp_path)
    yield made
    made.close()
    line.close()


async def bridged(
    port: int, there: int, accept: ssl.SSLContext | None, connect: ssl.SSLContext | None
) -> asyncio.Server:
    """What comes to `port` goes on to the port `there`, with TLS taken off or put on: sipp 3.7 cannot write over its own."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = "localhost" if connect else None
        reader_there, writer_there = await asyncio.open_connection(
            "127.0.0.1", there, ssl=connect, server_hostname=name
        )
        await asyncio.gather(pump(reader, writer_there), pump(reader_there, writer))

    return await asyncio.start_server(accepted, "127.0.0.1", port, ssl=accept)


def test_a_call_over_tls_with_encrypted_sound_is_bridged(peers: Peers, certificate: Path) -> None:
    caller, business, line = peers.sound(encrypted=True), peers.sound(encrypted=True), peers.line
    assert isinstance(caller, EncryptedSound) and isinstance(business, EncryptedSound)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    outer, inner = free_port(), free_port()
    phone = sipp.phone(
        peers.folder, "phone", inner, receive("INVITE"), respond("200 OK", body=business.described()), receive("ACK"),
        LET_GO, more=("-t", "t1"),
    )  # fmt: skip
    line.run(bridged(line.trunk, inner, server, None))
    line.run(bridged(outer, line.port, None, ssl.create_default_context(cafile=str(certificate))))
    parts = (taken(caller.described()), LET_GO)
    calling = sipp.call(peers.folder, "caller", outer, FORWARDED, *parts, more=("-t", "t1"))
    peers.running += [phone, calling]
    until(lambda: len(business.packets) > 20 and len(caller.packets) > 20)
    line.end()
    for sound, messages in ((caller, calling.wait()), (business, phone.wait())):
        sound.learn(messages)
        whole = sound.clear()
        assert len(whole) > 20 and {each[1] & 0x7F for each in whole} == {0}
        assert len(whole) == len([each for each in sound.packets if each[1] & 0x7F == 0]), "each packet is whole"

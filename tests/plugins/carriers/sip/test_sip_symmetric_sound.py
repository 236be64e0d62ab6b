"""A party behind NAT in a real call, while a stranger floods the ports of its sound."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")

import asyncio
import socket
import struct
import sys

from engine_line import Line, until

from benchmarks.sip_peers import frames

sys.path.insert(0, str(Path(__file__).parent / "peers"))
from pure_tones import Sound, tone

pytestmark = pytest.mark.soak


async def _flood(stranger: socket.socket, port: int) -> None:
    """A tone of a hundred packets a second to a port and to those beside it."""
    sound = frames(330)
    for number in range(100_000):
        packet = struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, number * 160, 9) + sound[number % 50]
        for each in (port, port + 1):
            stranger.sendto(packet, ("127.0.0.1", each))
        await asyncio.sleep(0.01)


def test_a_party_behind_nat_is_heard_and_hears_and_a_stranger_is_not_and_mutes_nobody(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.party.named = "192.168.77.7"
    line.open()
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind(("127.0.0.66", 0))
    stranger.setblocking(False)

    async def walk() -> None:
        leg, theirs = await line.called()
        assert theirs.to is not None
        flood = asyncio.create_task(_flood(stranger, theirs.to[1]))
        playing = asyncio.create_task(leg.play(tone(440, 1.0), repeat=True))
        await until(lambda: theirs.heard > 100)
        await leg.record(tmp_path / "message.wav", beep=False, silence_s=None, limit_s=3.0)
        flood.cancel()
        playing.cancel()
        await leg.hang_up()

    try:
        line.run(walk())
    finally:
        line.close()
    sound = Sound(tmp_path / "message.wav")
    assert sound.heard_for(880) > 2.5 and sound.loudest(330) < -40, (sound.heard_for(880), sound.loudest(330))
    with pytest.raises(BlockingIOError):
        stranger.recv(2048)
    stranger.close()

"""A line that speaks IPv6 with its trunk: signalling and sound of callers and phones, both ways, with sipp as the other end."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PEERS = Path(__file__).parents[1] / "plugins" / "carriers" / "sip" / "peers"
sys.path.insert(0, str(PEERS))
pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")
import sipp  # noqa: E402
from interop_line import FORWARDED, LET_GO, Line, Peers, taken, until  # noqa: E402
from sipp import hang_up, receive, respond  # noqa: E402


def _has_six() -> bool:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sipp.SIPP is None, reason="sipp is not installed (Debian package sip-tester)"),
    pytest.mark.skipif(not socket.has_ipv6 or not _has_six(), reason="this machine has no IPv6"),
]


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[Peers]:
    line = Line(listen="::1")
    made = Peers(line, tmp_path)
    yield made
    made.close()
    line.close()


def test_a_caller_over_ipv6_is_connected_with_a_phone_over_ipv6_and_each_hears_the_other(peers: Peers) -> None:
    near, far = peers.sound(), peers.sound()
    phone = peers.phone(receive("INVITE"), respond("180 Ringing"), respond("200 OK", body=far.described()),
                        receive("ACK"), LET_GO)  # fmt: skip
    caller = peers.call(FORWARDED, taken(near.described()), sipp.pause(1500), hang_up())
    until(lambda: near.source is not None and far.source is not None)
    assert near.source and far.source
    until(lambda: not near.speak(near.source) and not far.speak(far.source) and near.voices() > 5 and far.voices() > 5)
    said, sent = phone.wait(), caller.wait()
    for messages, ours in ((said, far), (sent, near)):
        assert "c=IN IP6 ::1" in messages.replace(ours.described(), "") and "IN IP4" not in messages
        assert "@[::1]:" in messages and ours.source and ours.source[0] == "::1"

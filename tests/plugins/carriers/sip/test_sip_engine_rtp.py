"""The sound's ports: a party is heard and answered where it really is, within the addresses that its signalling vouches for."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from plugins.carriers.sip.engine.addresses import family, is_six
from plugins.carriers.sip.engine.guard import sdp
from plugins.carriers.sip.engine.guard.calls import NoPorts
from plugins.carriers.sip.engine.guard.rtp import MOVE_S, NEAR, RtpRelay, Stream, stack_ports
from plugins.carriers.sip.engine.guard.sdp import Party

PATIENCE = 60.0
TRUNK, NAT, STRANGER = "127.88.0.10", "127.88.0.20", "127.88.0.66"


class End:
    """One end of some sound: a UDP socket that waits for packets."""

    def __init__(self, host: str, port: int = 0) -> None:
        self.socket = socket.socket(family(host), socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.socket.settimeout(PATIENCE)
        self.at: tuple[str, int] = self.socket.getsockname()[:2]

    def say(self, mark: int, to: tuple[str, int]) -> None:
        self.socket.sendto(struct.pack("!BBHII", 0x80, 0, mark, 0, 7) + b"sound", to)

    def hears(self) -> int:
        """The mark of the next packet, as soon as it is there."""
        return int(struct.unpack("!H", self.socket.recv(2048)[2:4])[0])


class Sound:
    """A relay with a leg whose stack is a socket of the test, and a clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0
        first = 44_000 + os.getpid() % 200 * 40  # apart from those of a test that runs beside
        self.relay = RtpRelay("127.0.0.1", (first, first + 39), clock=lambda: self.now)
        self.stream: Stream = self.relay.open(lambda host: host in (TRUNK, NAT))
        self.door = ("127.0.0.1", self.stream.port)
        self.stack = End("127.0.0.1")
        self.ends = [self.stack]
        self.stream.at_stack(self.stack.at[1])

    def end(self, host: str) -> End:
        self.ends.append(End(host))
        return self.ends[-1]

    def answer(self, mark: int) -> None:
        """The stack speaks."""
        self.stack.say(mark, ("127.0.0.1", self.relay.inside_port))

    def settle(self, party: End) -> None:
        """Return when all that was sent before is through: of two packets, the second is of a later round of the thread."""
        for mark in (901, 902):
            party.say(mark, self.door)
            assert self.stack.hears() == mark

    def close(self) -> None:
        self.relay.close()
        for each in self.ends:
            each.socket.close()


@pytest.fixture
def sound() -> Iterator[Sound]:
    sound = Sound()
    yield sound
    sound.close()


def test_a_strangers_packets_are_neither_heard_nor_answered_and_change_nothing(sound: Sound) -> None:
    party, stranger = sound.end(TRUNK), sound.end(STRANGER)
    sound.stream.point(Party(*party.at, party.at[1] + 1))
    for mark in range(3):
        sound.now += 10 * MOVE_S
        stranger.say(666, sound.door)
        party.say(mark, sound.door)
        assert sound.stack.hears() == mark
        sound.answer(mark)
        assert party.hears() == mark
    stranger.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        stranger.hears()


def test_nobody_but_the_relay_reaches_the_ports_of_the_stack(sound: Sound) -> None:
    party, stranger = sound.end(TRUNK), sound.end(STRANGER)
    sound.stream.point(Party(*party.at, party.at[1] + 1))
    stranger.say(666, sound.stack.at)
    party.say(667, sound.stack.at)
    party.say(1, sound.door)
    assert sound.stack.hears() == 1


def test_a_party_behind_nat_is_answered_where_its_sound_comes_from(sound: Sound) -> None:
    party = sound.end(NAT)
    sound.stream.point(Party("192.168.1.5", 4000, 4001))
    party.say(1, sound.door)
    assert sound.stack.hears() == 1
    sound.answer(2)
    assert party.hears() == 2


def test_sound_that_moves_within_the_allowed_addresses_is_followed_once_the_old_source_is_silent(sound: Sound) -> None:
    before, after = sound.end(TRUNK), sound.end(NAT)
    sound.stream.point(Party(*before.at, before.at[1] + 1))
    before.say(1, sound.door)
    assert sound.stack.hears() == 1
    after.say(2, sound.door)  # while the old one speaks, it is not mixed in
    sound.settle(before)
    sound.now += 2 * MOVE_S
    after.say(4, sound.door)
    assert sound.stack.hears() == 4
    sound.answer(5)
    assert after.hears() == 5


def test_a_new_description_counts_at_once_and_a_held_party_is_sent_nothing(sound: Sound) -> None:
    before, after = sound.end(TRUNK), sound.end(TRUNK)
    sound.stream.point(Party(*before.at, before.at[1] + 1))
    before.say(1, sound.door)
    assert sound.stack.hears() == 1
    sound.stream.point(None)
    sound.answer(2)
    sound.settle(before)
    sound.stream.point(Party(*after.at, after.at[1] + 1))
    sound.answer(3)
    assert after.hears() == 3
    before.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        before.hears()


def test_ports_end_with_a_sentence_and_come_back_when_a_leg_is_over(sound: Sound) -> None:
    with pytest.raises(NoPorts):
        for _ in range(21):
            sound.relay.open(lambda host: False)
    sound.stream.close()
    until = time.monotonic() + PATIENCE
    while sound.stream.sockets[0].fileno() >= 0 and time.monotonic() < until:
        time.sleep(0.01)
    assert sound.relay.open(lambda host: False).port == sound.stream.port


SOUND = (
    "v=0\r\no=- 1 1 IN IP4 203.0.113.20\r\ns=-\r\n{session}t=0 0\r\nm=audio 40000 RTP/AVP 0\r\n{medium}"
    "m=video 40010 RTP/AVP 31\r\n"
)


@pytest.mark.parametrize(
    ("session", "medium", "party"),
    [("203.0.113.20", "", Party("203.0.113.20", 40_000, 40_001)), ("", "203.0.113.21", Party("203.0.113.21", 40_000, 40_001)),
     ("203.0.113.20", "203.0.113.21", Party("203.0.113.21", 40_000, 40_001)), ("0.0.0.0", "", None),
     ("203.0.113.20", "0.0.0.0", None)],
)  # fmt: skip
def test_the_stack_sees_our_address_in_the_partys_place(session: str, medium: str, party: Party | None) -> None:
    said = SOUND.format(session=session and f"c=IN IP4 {session}\r\n", medium=medium and f"c=IN IP4 {medium}\r\n")
    body, found = sdp.for_stack((said + "a=rtcp-mux\r\n").encode(), 22_000)
    assert (
        found == party and b"m=audio 22000 RTP/AVP 0\r\n" in body and b"m=video 40010" in body and b"rtcp" not in body
    )
    head, _, rest = body.partition(b"m=audio")
    assert head.count(b"c=IN IP4 127.0.0.1\r\n") == 1 and b"c=IN IP4 203" not in body
    assert (b"c=IN IP4 0.0.0.0\r\n" in rest) is (party is None), "a hold is kept"
    assert sdp.for_stack(said.encode() + b"a=rtcp:50007 IN IP4 203.0.113.20\r\n", 22_000)[1] == (
        party and Party(party.host, party.port, 50_007)
    )


def test_the_party_sees_our_port_in_the_stacks_place() -> None:
    said = SOUND.format(session="c=IN IP4 127.0.0.1\r\n", medium="a=rtcp:40001\r\n").encode()
    body, port = sdp.for_party(said, "198.51.100.7", 10_000)
    assert port == 40_000 and b"c=IN IP4 198.51.100.7\r\n" in body and b"m=audio 10000 RTP/AVP 0" in body
    assert b"127.0.0.1" not in body and b"a=rtcp" not in body
    assert sdp.for_party(said.replace(b"audio 40000", b"audio 0"), "198.51.100.7", 10_000)[1] == 0


def test_sound_over_ipv6_is_described_on_either_side_as_that_side_knows_it() -> None:
    said = SOUND.format(session="c=IN IP6 2001:DB8:0::20\r\n", medium="").encode()
    body, party = sdp.for_stack(said, 22_000, is_six)
    assert party == Party("2001:db8::20", 40_000, 40_001) and b"IP6" not in body
    assert (
        b"o=- 1 1 IN IP6 2001:db8::1\r\n"
        in sdp.for_party(body.replace(b"203.0.113.20", b"127.0.0.1"), "2001:db8::1", 9)[0]
    )
    assert sdp.for_stack(said.replace(b"2001:DB8:0::20", b"::"), 22_000, is_six)[1] is None, "a hold is kept"
    with pytest.raises(sdp.NoAddress):
        sdp.for_stack(said, 22_000, lambda host: not is_six(host))


def test_a_leg_of_a_relay_for_both_kinds_of_addresses_is_heard_and_answered_over_either() -> None:
    relay = RtpRelay("::", (45_000 + os.getpid() % 200 * 40, 45_039 + os.getpid() % 200 * 40))
    stack = End("127.0.0.1")
    stream = relay.open(lambda host: host in ("127.0.0.1", "::1"))
    stream.at_stack(stack.at[1])
    four, six = End("127.0.0.1"), End("::1")
    try:
        for mark, party, host in ((1, four, "127.0.0.1"), (2, six, "::1")):
            stream.point(Party(host, party.at[1], party.at[1] + 1))
            party.say(mark, (host, stream.port))
            assert stack.hears() == mark
            stack.say(mark + 10, ("127.0.0.1", relay.inside_port))
            assert party.hears() == mark + 10
    finally:
        relay.close()
        for each in (stack, four, six):
            each.socket.close()


@pytest.mark.parametrize("between", [0, 3 * NEAR])
def test_the_stacks_port_hears_us_alone_however_many_descriptors_are_open(between: int) -> None:
    stack = End("127.0.0.1")
    others = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(between)]
    relay = RtpRelay("127.0.0.1", (46_000 + os.getpid() % 200 * 40, 46_039 + os.getpid() % 200 * 40))
    try:
        relay.open(lambda host: False).at_stack(stack.at[1])
        assert stack.socket.getpeername() == ("127.0.0.1", relay.inside_port)
    finally:
        relay.close()
        for each in (stack.socket, *others):
            each.close()


def test_the_ports_inside_are_apart_from_those_outside() -> None:
    assert stack_ports((10_000, 10_999)) == (22_000, 26_999)
    assert stack_ports((24_000, 24_999)) == (27_000, 31_999)
    with pytest.raises(NoPorts):
        stack_ports((1_024, 65_535))

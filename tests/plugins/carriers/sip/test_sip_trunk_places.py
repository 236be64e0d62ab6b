"""Where calls to a trunk go and its calls come from: SRV records and several hosts, and the registration at it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from event_loops import in_a_thread
from name_server import NameServer
from silent_sound import Silence

from plugins.carriers.sip.engine.guard.admission import Admission
from plugins.carriers.sip.engine.guard.calls import Peer
from plugins.carriers.sip.engine.guard.digest import Digest, secrets_of
from plugins.carriers.sip.engine.guard.identity import read_about
from plugins.carriers.sip.engine.guard.invitation import outgoing
from plugins.carriers.sip.engine.guard.message import Message, answer_to, decode
from plugins.carriers.sip.engine.guard.registration import REGISTERED, UNANSWERED, Registration
from plugins.carriers.sip.engine.guard.relay import Relay
from plugins.carriers.sip.engine.guard.targets import DOWN_S, Targets
from plugins.carriers.sip.engine.interface import Dial, Unreachable
from plugins.carriers.sip.engine.settings import LineSettings, Trunk

SRV = "_sip._udp.trunk.example."


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()


class Clock:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def places(targets: Targets) -> list[tuple[str, int]]:
    return [(each.peer.host, each.peer.port) for each in targets.order()]


@pytest.mark.parametrize(
    ("listen", "found"), [("0.0.0.0", ["127.0.0.1"]), ("::1", ["::1"]), ("::", ["127.0.0.1", "::1"])]
)  # fmt: skip
def test_a_trunk_is_called_at_the_addresses_that_the_lines_own_reaches(listen: str, found: list[str]) -> None:
    targets = Targets(Trunk("127.0.0.1", 5060, more_hosts=("::1",)), listen=listen)
    in_a_thread(targets.refresh())
    assert [each.peer.host for each in targets.order()] == found


def test_an_invite_to_a_trunk_over_ipv6_has_its_address_in_brackets() -> None:
    line, peer = LineSettings(Trunk("2001:db8::10", 5070)), Peer("udp", "2001:db8::10", 5070)
    plan = outgoing(Dial("+13125550142", "+13125550120"), line, peer, "2001:db8::1")
    assert plan.uri == "sip:+13125550142@[2001:db8::10]:5070" and plan.sender == "<sip:+13125550120@[2001:db8::1]>"


def test_calls_go_by_priority_and_weight_and_what_failed_lately_comes_last(names: NameServer) -> None:
    names.records[SRV] = ["20 1 5062 127.0.0.3.", "10 90 5060 127.0.0.1.", "10 10 5061 127.0.0.2."]
    clock = Clock()
    targets = Targets(Trunk("trunk.example", None), names.resolver, clock)
    in_a_thread(targets.refresh())
    orders = [places(targets) for _ in range(200)]
    assert all(each[2] == ("127.0.0.3", 5062) and len(set(each)) == 3 for each in orders)
    first = sum(each[0] == ("127.0.0.1", 5060) for each in orders)
    assert 100 < first < 200, "nine of ten calls go to the heavier one"
    failed = targets.order()[0]
    targets.failed(failed)
    assert targets.order()[-1] == failed
    clock.now += DOWN_S + 1
    assert any(targets.order()[0] == failed for _ in range(200))


def test_records_are_followed_when_they_expire_and_kept_while_no_name_server_answers(names: NameServer) -> None:
    names.records[SRV] = ["10 1 5060 127.0.0.1."]
    clock = Clock()
    targets = Targets(Trunk("trunk.example", None), names.resolver, clock)
    in_a_thread(targets.refresh())
    assert targets.due == clock.now + 30
    names.records[SRV] = ["10 1 5070 127.0.0.2."]
    in_a_thread(targets.refresh())
    assert places(targets) == [("127.0.0.2", 5070)]
    names.close()
    in_a_thread(targets.refresh())
    assert places(targets) == [("127.0.0.2", 5070)]


def test_a_trunk_whose_records_say_that_there_is_no_service_keeps_its_former_places(names: NameServer) -> None:
    names.records[SRV] = ["10 1 5060 127.0.0.1."]
    targets = Targets(Trunk("trunk.example", None), names.resolver)
    in_a_thread(targets.refresh())
    names.records[SRV] = ["0 0 0 ."]
    in_a_thread(targets.refresh())
    assert places(targets) == [("127.0.0.1", 5060)]


@pytest.mark.parametrize(
    ("trunk", "found"),
    [(Trunk("127.0.0.9", None), [("127.0.0.9", 5060)]), (Trunk("127.0.0.9", None, transport="tls"), [("127.0.0.9", 5061)]),
     (Trunk("localhost", None), [("127.0.0.1", 5060)]), (Trunk("localhost", 5071), [("127.0.0.1", 5071)]),
     (Trunk("127.0.0.8", 5071, more_hosts=("127.0.0.9",)), [("127.0.0.8", 5071), ("127.0.0.9", 5071)])],
)  # fmt: skip
def test_a_host_without_records_or_with_a_port_is_called_itself(
    trunk: Trunk, found: list[tuple[str, int]], names: NameServer
) -> None:
    names.records["_sip._udp.elsewhere.example."] = ["10 1 5060 127.0.0.1."]
    targets = Targets(trunk, names.resolver)
    in_a_thread(targets.refresh())
    assert places(targets) == found


def test_a_trunk_that_nobody_knows_is_told_with_what_to_check(names: NameServer) -> None:
    with pytest.raises(Unreachable, match=r"trunk\.invalid cannot be found; check trunk\.host"):
        in_a_thread(Targets(Trunk("trunk.invalid", None), names.resolver).refresh())


def test_calls_are_taken_from_where_the_trunk_is_now() -> None:
    door = Admission([], clock=Clock())
    door.resolved = frozenset({"203.0.113.9"})
    assert door.from_trunk("203.0.113.9") and not door.from_trunk("203.0.113.8")
    door.resolved = frozenset()
    assert not door.from_trunk("203.0.113.9")


class Registrar:
    """Registrars at two addresses, behind the wire of a relay: one user, signed in by digest."""

    def __init__(self, silent: tuple[str, ...] = (), shortest: int = 0, refuses: int = 0) -> None:
        self.silent, self.shortest, self.refuses = silent, shortest, refuses
        self.digest = Digest({"line-7": secrets_of("line-7", "trunk.example", "s3cret")}, "trunk.example", Clock())
        self.came: list[tuple[str, Message]] = []
        self.relay: Relay

    def to_stack(self, data: bytes) -> None:
        raise AssertionError("the stack has nothing to do with a registration")

    def to_peer(self, peer: Peer, data: bytes) -> None:
        request = decode(data)
        self.came.append((peer.host, request))
        if peer.host not in self.silent:
            status, headers = self._judged(request, peer.host)
            reply = answer_to(request, status, "Said", tag="r", headers=headers).encode()
            asyncio.get_running_loop().call_soon(self.relay.from_peer, reply, peer)

    def _judged(self, request: Message, host: str) -> tuple[int, list[tuple[str, str]]]:
        if self.refuses:
            return self.refuses, []
        if int(request.get("expires")) and int(request.get("expires")) < self.shortest:
            return 423, [("Min-Expires", str(self.shortest))]
        if not self.digest.signed_in(request.get("authorization"), "REGISTER", request.uri, host):
            return 401, self.digest.challenges(host)
        return 200, [("Contact", f"{request.get('contact')};expires=120")]

    def outside(self, peer: Peer) -> tuple[str, int]:
        return "198.51.100.1", 5060

    def media(self, peer: Peer) -> str:
        return "198.51.100.1"


def registered(registrar: Registrar, password: str = "s3cret") -> Registration:
    """A line that has tried to sign in one time."""
    trunk = Trunk("127.0.0.8", 5060, more_hosts=("127.0.0.9",), user="line-7", password=password, register=True)

    async def sign_in() -> Registration:
        targets = Targets(trunk)
        await targets.refresh()
        registrar.relay = Relay(
            registrar, Admission([], clock=Clock()), ("127.0.0.1", 1), ("127.0.0.1", 2),
            admit=lambda invite, source, at: read_about(invite, source, at), may_take=lambda: True, sound=Silence(),
        )  # fmt: skip
        # Who all are silent need not be waited for; one that answers must not be late on a busy machine.
        answer_s = {0: 60.0, 1: 2.0, 2: 0.05}[len(registrar.silent)]
        line = Registration(trunk, targets, registrar.relay, lambda peer: "sip:line@198.51.100.1:5060", answer_s)
        await line.sign_in()
        if line.state == REGISTERED:
            await line.sign_out()
        return line

    return in_a_thread(sign_in())


def test_the_line_signs_in_by_digest_for_as_long_as_the_trunk_allows_and_signs_out() -> None:
    registrar = Registrar()
    line = registered(registrar)
    assert (line.state, line.granted) == (REGISTERED, 120.0)
    first = registrar.came[0][1]
    assert first.uri == "sip:127.0.0.8" and first.get("from").startswith("<sip:line-7@127.0.0.8>;tag=")
    assert first.get("contact") == "<sip:line@198.51.100.1:5060>" and "s3cret" not in str(registrar.came)
    counts = [each.cseq[0] for _, each in registrar.came]
    assert counts == sorted(set(counts)) and len({each.call_id for _, each in registrar.came}) == 1
    assert registrar.came[-1][1].get("expires") == "0"


def test_a_wrong_password_is_tried_one_time_and_told_as_the_trunk_says_it() -> None:
    registrar = Registrar()
    assert registered(registrar, "wrong").state == "401" and len(registrar.came) == 2


@pytest.mark.parametrize(("registrar", "state"), [(Registrar(refuses=403), "403"), (Registrar(refuses=503), "503"),
                                                  (Registrar(("127.0.0.8", "127.0.0.9")), UNANSWERED)])  # fmt: skip
def test_a_refusal_and_a_silence_are_told_apart(registrar: Registrar, state: str) -> None:
    line = registered(registrar)
    assert (line.state, line.granted) == (state, 0.0)


def test_a_registrar_that_does_not_answer_is_followed_by_the_next_and_a_longer_time_is_asked_for_if_wanted() -> None:
    registrar = Registrar(("127.0.0.8",), shortest=900)
    assert registered(registrar).state == REGISTERED and registrar.came[-1][0] == "127.0.0.9"
    assert [each.get("expires") for _, each in registrar.came if each.get("authorization")] == ["900", "0"]

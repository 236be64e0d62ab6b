"""The template for Kamailio in front of the gateways serves calls: it starts, lets only the trunk in, and carries each road."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kamailio_peers import CONFIG, FOLDER, Front


@pytest.fixture(params=[False, True], ids=["udp", "tls"])
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Front]:
    if shutil.which("kamailio") is None:
        pytest.skip("the package kamailio is not installed")
    if request.param and not list(Path("/usr/lib").glob("*/kamailio/modules/tls.so")):
        pytest.skip("the package kamailio-tls-modules is not installed")
    front = Front(tmp_path, request.param, 1 + request.param)
    try:
        yield front
    finally:
        front.close()


@pytest.mark.soak
def test_calls_pass_both_ways_between_the_trunk_and_the_gateways_and_a_stranger_gets_nothing(front: Front) -> None:
    door, inner = (front.public, front.outside), (front.private, front.inside)
    front.wait_until_it_answers(door)
    front.stranger.call(door, "stranger")
    taken = []
    for number in (1, 2):
        front.trunk.call(door, f"in-{number}")
        answer, _ = front.trunk.wait_for("SIP/2.0 200", f"in-{number}")
        gateway = next(each for each in front.gateways if each.has("INVITE", f"in-{number}"))
        taken.append(gateway)
        assert gateway.host not in answer, "the trunk sees a gateway's address"
        front.trunk.end(door, answer)
        for method in ("INVITE", "ACK", "BYE"):
            _, source = gateway.wait_for(method, f"in-{number}")
            assert source == inner, "a gateway takes calls from the private address alone"
    assert set(taken) == set(front.gateways), "the calls are not spread"
    first, second = front.gateways
    first.call(inner, "out")
    invite, _ = front.trunk.wait_for("INVITE", "out")
    assert invite.startswith(f"INVITE sip:+13125550120@{front.trunk.host} ") and f"@{first.host}:" not in invite
    answer, source = first.wait_for("SIP/2.0 200", "out")
    assert source == inner
    first.end(inner, answer)
    front.trunk.wait_for("BYE", "out")
    first.refuses = True
    for call in ("in-3", "in-4"):
        front.trunk.call(door, call)
        front.trunk.wait_for("SIP/2.0 200", call)
        second.wait_for("INVITE", call)
    assert front.stranger.came == []


def test_strangers_and_floods_are_dropped_before_anything_is_answered() -> None:
    first = re.search(r"request_route \{\n\s+(\S+);", CONFIG)
    assert first is not None and first[1] == "route(DOOR)"
    door = CONFIG.partition("route[DOOR] {")[2].partition("\nroute[")[0]
    assert 'allow_source_address("1")' in door and "pike_check_req()" in door
    assert door.index("allow_source_address") < door.index("sl_send_reply"), "a stranger gets an answer"
    assert "listen=tls:" in CONFIG and 'loadmodule "topos.so"' in CONFIG and "REGISTER" in CONFIG


def test_the_files_that_it_names_are_there() -> None:
    named = set(re.findall(r"/etc/kamailio/([\w.]+)", CONFIG))
    assert {each for each in named if each.endswith((".list", ".cfg"))} <= {each.name for each in FOLDER.iterdir()}

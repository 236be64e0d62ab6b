"""The template for Kamailio in front of the gateways serves calls: it starts, lets only the trunk in, and carries each road."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kamailio_peers import PATIENCE, SipParty, make_certificate

from hub.platform.loopback import free_port

FOLDER = Path(__file__).parents[2] / "deploy" / "kamailio"
CONFIG = (FOLDER / "kamailio.cfg").read_text()


class Front:
    """Kamailio with the template's own files on addresses of loopback, between a trunk and two gateways."""

    def __init__(self, folder: Path, tls: bool) -> None:
        # Other addresses in each of the two tests, which may run side by side.
        net = f"127.77.{1 + tls}"
        self.public, self.private, self.tls = f"{net}.1", f"{net}.2", tls
        self.trunk_port, self.outside, self.inside = free_port(), free_port(), free_port()
        make_certificate(folder, f"{net}.10")
        self.trunk = SipParty(f"{net}.10", self.trunk_port, folder if tls else None)
        self.gateways = [SipParty(f"{net}.{each}", free_port()) for each in (21, 22)]
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
            ("10.0.0.11:5060", f"{net}.21:{self.gateways[0].port}"),
            ("10.0.0.12:5060", f"{net}.22:{self.gateways[1].port}"),
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


@pytest.fixture(params=[False, True], ids=["udp", "tls"])
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Front]:
    if shutil.which("kamailio") is None:
        pytest.skip("the package kamailio is not installed")
    if request.param and not list(Path("/usr/lib").glob("*/kamailio/modules/tls.so")):
        pytest.skip("the package kamailio-tls-modules is not installed")
    front = Front(tmp_path, request.param)
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

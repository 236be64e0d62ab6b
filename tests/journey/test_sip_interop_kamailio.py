"""The line behind Kamailio with the shipped template: sipp calls in through it, and a phone of sipp is called through it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "plugins" / "carriers" / "sip" / "peers"), str(TESTS / "deploy")]
pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")
import sipp  # noqa: E402
from interop_line import FORWARDED, LET_GO, Line, Peers, taken, until  # noqa: E402
from kamailio_peers import Front  # noqa: E402
from sipp import receive, respond  # noqa: E402

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sipp.SIPP is None, reason="sipp is not installed (Debian package sip-tester)"),
    pytest.mark.skipif(shutil.which("kamailio") is None, reason="the package kamailio is not installed"),
]
NUMBER = 3
OUTSIDE, PRIVATE, GATEWAY = (f"127.77.{NUMBER}.{each}" for each in (10, 2, 21))
"""The trunk's side, Kamailio's inner address and the line's."""


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[tuple[Front, Line]]:
    line = Line(PRIVATE, listen=GATEWAY)
    front = Front(tmp_path, False, NUMBER, [(GATEWAY, line.port)], inside=line.trunk)
    yield front, line
    front.close()
    line.close()


def test_a_caller_and_a_phone_on_the_other_side_of_kamailio_hear_each_other(
    behind: tuple[Front, Line], tmp_path: Path
) -> None:
    front, line = behind
    peers = Peers(line, tmp_path)
    front.wait_until_it_answers((front.public, front.outside))
    front.trunk.close()
    caller, business = sipp.Sound(OUTSIDE), sipp.Sound(OUTSIDE)
    peers.sounds += [caller, business]
    phone = sipp.phone(
        tmp_path, "phone", front.trunk_port, receive("INVITE"), respond("200 OK", body=business.described()),
        receive("ACK"), LET_GO, host=OUTSIDE,
    )  # fmt: skip
    door = f"{front.public}:{front.outside}"
    calling = sipp.Running(
        tmp_path, "caller", (taken(caller.described()), LET_GO), OUTSIDE, door, "-s", FORWARDED, "-m", "1"
    )
    peers.running += [phone, calling]
    try:
        until(lambda: bool(caller.source and business.source))
        until(lambda: _speaks(caller) or business.voices() > 20)
        until(lambda: _speaks(business) or caller.voices() > 20)
        line.end()
        said = calling.wait() + phone.wait()
        shown = [each for each in said.splitlines() if each.startswith(("Via:", "Contact:", "Record-Route:"))]
        assert shown and not any(GATEWAY in each for each in shown), "the line's address stays inside"
    finally:
        peers.close()


def _speaks(sound: sipp.Sound) -> None:
    assert sound.source
    sound.speak(sound.source)

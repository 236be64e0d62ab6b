"""Calls out through a trunk of several places, of which some are overloaded or away."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")

import socket
import threading

from engine_line import Line

from plugins.carriers.sip.engine.interface import Busy, Dial, Leg, Unreachable

pytestmark = pytest.mark.soak
CALL = Dial("+13125550142", "+13125550120")


class Place:
    """Another address of the trunk: it answers every INVITE with a status, or nothing at all."""

    def __init__(self, host: str, port: int, status: str) -> None:
        self.status, self.asked = status, list[str]()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while data := self._socket.recvfrom(65_535):
            text = data[0].decode()
            if not text.startswith("INVITE"):
                continue
            self.asked.append(text)
            kept = re.findall(r"(?im)^(?:via|from|call-id|cseq): .*$", text.replace("\r", ""))
            to = re.search(r"(?im)^To: (.*?)\r$", text)
            lines = [f"SIP/2.0 {self.status}", *kept, f"To: {to[1] if to else ''};tag=p", "Content-Length: 0", "", ""]
            if self.status:
                self._socket.sendto("\r\n".join(lines).encode(), data[1])


def placed(folder: Path) -> int:
    """The call backs that were counted today."""
    counted = json.loads((folder / "day.json").read_text())["call_backs"]
    assert isinstance(counted, int)
    return counted


@pytest.mark.parametrize(
    ("status", "answered"), [("503 Service Unavailable", True), ("", True), ("486 Busy Here", False)]
)
def test_a_call_goes_to_the_next_place_if_one_is_overloaded_or_silent_and_not_if_the_phone_is_busy(
    status: str, answered: bool, tmp_path: Path
) -> None:
    line = Line(tmp_path, host="127.0.0.8", more_hosts=("127.0.0.1",))
    place = Place("127.0.0.8", line.party.port, status)
    line.open()

    async def walk() -> Leg:
        leg = await line.engine.place(CALL)
        await leg.hang_up()
        return leg

    try:
        if not answered:
            with pytest.raises(Busy):
                line.run(walk())
            assert line.engine.meter.used()["call_backs"][0] == 0, "nothing is under way"
            return
        assert line.run(walk()).answered
        assert place.asked and "sip:+13125550142@127.0.0.8:" in place.asked[0]
        known = len(place.asked)
        line.run(walk())
        asked = {re.findall("(?im)^call-id: (.*)", each)[0] for each in place.asked[known:]}
        assert asked <= {re.findall("(?im)^call-id: (.*)", place.asked[0])[0]}, "the next call goes there again at once"
        assert placed(tmp_path) == 2 and line.engine.meter.used()["call_backs"][0] == 2
    finally:
        line.close()


def test_a_call_that_no_place_takes_fails_and_is_counted_one_time(tmp_path: Path) -> None:
    line = Line(tmp_path, host="127.0.0.8", more_hosts=("127.0.0.9",))
    both = [Place(host, line.party.port, "503 Service Unavailable") for host in ("127.0.0.8", "127.0.0.9")]
    line.open()
    try:
        with pytest.raises(Unreachable) as failed:
            line.run(line.engine.place(CALL))
        assert failed.value.status == 503 and all(each.asked for each in both)
        assert placed(tmp_path) == 1 and line.engine.meter.used()["call_backs"][0] == 0
    finally:
        line.close()

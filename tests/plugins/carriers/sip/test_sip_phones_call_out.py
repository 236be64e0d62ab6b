"""Calls that the phones of the business place: to whom, with which number, and what an emergency call does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from event_loops import in_a_thread
from fake_engine import FakeLeg
from gateway_stage import CALLER, NUMBER, PHONES, hangs_up_after, staged

from plugins.carriers.sip.engine.interface import Dial, NotAllowed
from plugins.carriers.sip.gateway.call.calling_out import is_emergency
from plugins.carriers.sip.phones import PhonesSettings


def called(
    folder: Path, number: str, phones: dict[str, Any] | None = None, **settings: Any
) -> tuple[FakeLeg, list[Dial]]:
    """A call of Anna's phone, led to its end, and what the line placed for it. The hub must hear nothing."""

    async def walk() -> tuple[FakeLeg, list[Dial]]:
        given = PhonesSettings.model_validate(PHONES | settings)
        async with staged(folder, phones=given) as stage:
            stage.engine.phones.update(phones or {})
            leg = await stage.call(called=number, caller=NUMBER, phone="anna")
            await stage.told()
            assert stage.hub.points == stage.hub.events == [] and not stage.parts.under_way
            return leg, stage.engine.placed

    return in_a_thread(walk())


@pytest.mark.parametrize(("number", "rings"), [(CALLER, CALLER), ("ben", "sip:ben")])
def test_a_phone_calls_a_number_or_another_phone(tmp_path: Path, number: str, rings: str) -> None:
    leg, placed = called(tmp_path, number, {rings: hangs_up_after()})
    assert [(each.number, each.caller, each.attested_by) for each in placed] == [(rings, NUMBER, None)]
    assert leg.answered and leg.ended.done() and len(leg.bridges) == 1


@pytest.mark.parametrize(
    ("number", "does", "status"), [(CALLER, "busy", 486), (CALLER, "silent", 480), ("411", "", 404)]
)
def test_a_phone_shows_why_nobody_was_reached(tmp_path: Path, number: str, does: str, status: int) -> None:
    leg, placed = called(tmp_path, number, {number: does})
    assert leg.rejected == status and len(placed) == bool(does)


def test_a_cap_on_spending_forbids_a_call_of_a_phone(tmp_path: Path) -> None:
    def forbid(leg: FakeLeg) -> None:
        raise NotAllowed("The minutes are used up.", "call_backs")

    leg, _ = called(tmp_path, CALLER, {CALLER: forbid})
    assert leg.rejected == 403


def test_a_phone_that_cannot_call_the_emergency_services_says_so_three_times(tmp_path: Path) -> None:
    leg, placed = called(tmp_path, "911")
    said = "This phone cannot place emergency calls. Hang up, and call 9 1 1 from a mobile phone or another telephone."
    assert leg.heard == [said] * 3 and placed == []


def test_an_emergency_call_goes_through_the_trunk_whatever_the_caps_say(tmp_path: Path) -> None:
    leg, placed = called(tmp_path, "911", {"911": hangs_up_after()}, emergency="trunk")
    assert [(each.number, each.emergency) for each in placed] == [("911", True)] and leg.answered


@pytest.mark.parametrize(
    ("number", "country", "is_one"),
    [("911", "US", True), ("112", "US", True), ("933", "US", True), ("999", "GB", True), ("112", "DE", True),
     ("933", "DE", False), ("411", "US", False), (CALLER, "US", False), ("９１１", "US", False)],
)  # fmt: skip
def test_the_emergency_numbers_are_those_of_the_country(number: str, country: str, is_one: bool) -> None:
    assert is_emergency(number, country) is is_one

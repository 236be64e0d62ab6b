"""Strangers cannot make the hub send texts that cost much: codes and automatic answers have limits of the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from sqlmodel import col, select
from testbed import CALLER, TestHub

from hub.model import Company, TextMessage
from hub.model.columns import new_id
from hub.model.purposes import Purpose
from hub.model.states import SubjectState
from hub.texts.spending import KNOWN, UNKNOWN_SENDERS, codes_are_pressed, may_text

LONDON, RIGA, SATELLITE, MALDIVES = "+442079460{:03}", "+371200000{:02}", "+88216000{:04}", "+9607710{:03}"


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    return lite_hub()


def sends(stage: TestHub, number: str, purpose: Purpose = "identity_code") -> bool:
    """Ask for a text to a number, and note it as sent if it may be."""
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        if not may_text(session, stage.hub, stage.directory, company, number, purpose):
            return False
        session.add(text(stage, company, number, "out", purpose))
    return True


def text(stage: TestHub, company: Company, number: str, direction: str, purpose: Purpose | None) -> TextMessage:
    now = stage.clock()
    return TextMessage(
        id=new_id(), connector="carrier", direction=direction, purpose=purpose, company_id=company.id,
        tracking_number="+13125550120", person_number=number, at=now, due_at=now, state=SubjectState.DONE,
        status="sent",
    )  # fmt: skip


def contacts(stage: TestHub, number: str) -> None:
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        session.add(text(stage, company, number, "in", None))


def test_ninety_nine_strangers_addresses_are_asked_and_nothing_expensive_is_sent(stage: TestHub) -> None:
    asked = [LONDON.format(n) for n in range(44)] + [RIGA.format(n) for n in range(20)]
    asked += [SATELLITE.format(n) for n in range(20)] + [MALDIVES.format(n) for n in range(15)]
    assert len(asked) == 99 and not any(sends(stage, number) for number in asked)
    assert sends(stage, "+13125550142"), "a real person of the company's country gets the code"


def test_strangers_codes_are_limited_by_prefix_and_by_day_and_leave_those_of_callers_alone(stage: TestHub) -> None:
    sent = [sends(stage, f"+1312555{n:04}") for n in range(100, 120)]
    assert sent.count(True) == UNKNOWN_SENDERS.of_prefix
    areas = ("212", "415", "617", "773", "206")
    for area in areas:
        for n in range(100, 120):
            sent.append(sends(stage, f"+1{area}555{n:04}"))
    assert sent.count(True) == UNKNOWN_SENDERS.texts
    with stage.hub.store.reading() as session:
        assert codes_are_pressed(session, stage.hub, stage.directory.companies["lakeside"])
    contacts(stage, CALLER)
    assert sends(stage, CALLER), "the page says the same to all, but callers have their own limit"
    stage.clock.advance(hours=25)
    assert sends(stage, "+13125550142")


def test_a_number_abroad_that_wrote_gets_its_code(stage: TestHub) -> None:
    contacts(stage, LONDON.format(18))
    contacts(stage, SATELLITE.format(1))
    assert sends(stage, LONDON.format(18)) and not sends(stage, SATELLITE.format(1))
    assert KNOWN.texts > UNKNOWN_SENDERS.texts


def test_automatic_answers_abroad_are_few_and_none_go_to_satellites(stage: TestHub) -> None:
    sent = Counter(
        (number[:4], sends(stage, number, "missed_call"))
        for pattern in (RIGA, SATELLITE, "+131255501{:02}")
        for number in map(pattern.format, range(40))
    )
    assert sent == {("+371", True): 20, ("+371", False): 20, ("+882", False): 40, ("+131", True): 40}


def test_the_budget_of_a_day_ends_automatic_answers(lite_hub: Callable[..., TestHub]) -> None:
    from testbed import ACCOUNTS

    frugal = {**ACCOUNTS[0]["companies"][0], "text_budget": "1 USD", "text_price": "0.10 USD"}
    stage = lite_hub(accounts=[{**ACCOUNTS[0], "companies": [frugal]}])
    assert [sends(stage, f"+131255501{n:02}", "auto_reply") for n in range(12)] == [True] * 10 + [False] * 2
    with stage.hub.store.reading() as session:
        numbers = session.exec(select(col(TextMessage.person_number)).where(TextMessage.purpose == "auto_reply"))
        assert len(set(numbers)) == 10

"""What a data service answers serves the call at hand: no byte of it is stored, unless a longer life is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_connectors import FakeCrm, FakeIndex
from sqlmodel import SQLModel
from testbed import CALLER, CONNECTORS, TestHub

from hub.api import Caller, DataFlow, Fact, Recipient, Share, hookimpl
from hub.model import Delivery, Disclosure, FactRow
from hub.privacy.retention import sweep

Factory = Callable[..., TestHub]
CANARY = "Quetzalcoatlus Northropi"
NAME = Fact(name="caller_name", value=CANARY, category="user.name", lifetime=timedelta(days=30))
PLACE = Fact(name="country", value="CA", category="user.contact.address.country", lifetime=timedelta(days=10))


class Bureau(FakeIndex):
    """A data service of another company."""

    manifest = FakeIndex.manifest.model_copy(
        update={
            "name": "bureau",
            "recipient": Recipient(name="Bureau", role="independent_controller"),
            "hosts": ("bureau.example.com",),
            "flows": (DataFlow(hook="enrich_caller", use="sales", shares=(Share(field="phone_number"),)),),
        }
    )


class CardIndex(FakeCrm):
    """A CRM that knows who calls."""

    @hookimpl
    def enrich_caller(self, caller: Caller) -> list[Fact]:
        return [NAME]


def opened(hub: Factory, *facts: Fact, **common: Any) -> TestHub:
    stage = hub(connectors={**CONNECTORS, "bureau": Bureau}, common={"bureau": common})
    stage.index.facts = []
    stage.bureau.facts = facts
    return stage


def everything(stage: TestHub) -> Iterator[str]:
    """Every value in every table, and on SQLite every byte of its files."""
    with stage.hub.store.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            yield from (str(value) for row in session.execute(table.select()) for value in row)
    if stage.hub.store.is_sqlite:
        file = Path(stage.hub.store.url.database or "")
        yield from (part.read_bytes().decode("latin-1") for part in file.parent.glob(f"{file.name}*"))


def test_no_byte_of_an_answer_is_left_after_the_call_is_enriched(hub: Factory) -> None:
    stage = opened(hub, NAME)
    call = stage.call_in()
    assert call.enriched_at and stage.rows(FactRow) == []
    assert stage.one(Disclosure, connector="bureau").subject_id == call.id, "it was asked"
    assert not any(CANARY in value for value in everything(stage))


def test_consent_is_decided_by_the_answer_that_is_not_kept(hub: Factory) -> None:
    stage = opened(hub, Fact(name="country", value="CA", category="user.contact.address.country"))
    stage.call_in()
    asked = stage.law.questions[-1]
    assert "CA" in {place.country for place in asked.person_places} and stage.rows(FactRow) == []
    assert stage.one(Delivery, connector="network").state == "ready"


def test_of_an_answer_only_the_place_remains_and_only_as_long_as_declared(hub: Factory) -> None:
    stage = opened(hub, NAME, PLACE)
    stage.call_in()
    place = stage.one(FactRow)
    assert (place.name, place.expires_at) == ("country", stage.clock() + timedelta(days=10))
    stage.deliver()
    assert [each.country for each in stage.law.questions[-1].person_places] == ["CA"], "consent is asked again with it"
    stage.clock.advance(days=10)
    sweep(stage.hub.store, stage.clock())
    assert stage.rows(FactRow) == []


@pytest.mark.parametrize(("keep", "days"), [("0 days", None), ("5 days", 5), ("90 days", 30)])
def test_keep_is_the_longest_life_of_an_answer_and_never_lengthens_its_own(
    lite_hub: Factory, keep: str, days: int | None
) -> None:
    stage = opened(lite_hub, NAME, keep=keep)
    stage.call_in()
    kept = [(stage.value_of(row), row.expires_at) for row in stage.rows(FactRow)]
    assert kept == ([(CANARY, stage.clock() + timedelta(days=days))] if days else [])
    assert not any(CANARY in value for value in everything(stage)), "it is kept under its person's key"


def test_a_place_goes_at_once_where_the_customer_says_so(lite_hub: Factory) -> None:
    stage = opened(lite_hub, PLACE, keep="0 days")
    stage.call_in()
    assert stage.rows(FactRow) == []


def test_a_fact_without_a_life_of_its_own_is_never_stored_whoever_tells_it(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.index.facts = [Fact(name="line", value="mobile", category="user.telephony.line_type", lifetime=timedelta(0))]
    stage.call_in()
    assert stage.rows(FactRow) == []


def test_a_crms_facts_are_the_companys_own_and_keep_their_life(lite_hub: Factory) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "crm": CardIndex})
    stage.call_in()
    fact = stage.one(FactRow, source="crm")
    assert stage.value_of(fact) == CANARY and fact.expires_at == stage.clock() + timedelta(days=30)


def test_a_failure_of_a_data_service_is_noted_without_its_answer(lite_hub: Factory) -> None:
    stage = opened(lite_hub)
    stage.bureau.script = [ValueError(CANARY)]
    stage.call_in()
    fact = stage.one(FactRow, source="bureau")
    assert fact.name == "enricher failed" and CANARY not in str(fact.value) and CALLER not in str(fact.value)


def test_nobody_is_looked_up_where_nearly_all_requests_of_the_day_are_used(lite_hub: Factory) -> None:
    stage = opened(lite_hub, NAME, keep="5 days")
    services = stage.hub.plugins.connectors["bureau"].services

    def asked(caller: str) -> tuple[list[str | None], int, str]:
        """What is noted of a caller, how often the number was disclosed, and what became of the CRM's entry."""
        call = stage.call_in(caller=caller)
        facts = [stage.value_of(row) for row in stage.rows(FactRow, source="bureau", subject_id=call.id)]
        disclosed = len(stage.rows(Disclosure, connector="bureau", subject_id=call.id))
        return facts, disclosed, stage.one(Delivery, connector="crm", subject_id=call.id).state

    services.note_quota(13_000, 15_000)
    assert asked("+13125550131") == ([CANARY], 1, "ready")
    services.note_quota(13_500, 15_000)
    said = "Not looked up, because 90% of the provider's requests of a day are used."
    assert asked("+13125550132") == ([said], 0, "ready"), "the call is logged all the same"
    stage.clock.advance(days=1)
    assert asked("+13125550133") == ([CANARY], 1, "ready")

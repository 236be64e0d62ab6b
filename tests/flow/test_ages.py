"""Where somebody has told how old a person is, the law of their age speaks on every use of their data."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testbed import CALLER, CONNECTORS, OTHER_CALLER, TestHub

from hub.api import Fact
from hub.model import Company, Delivery, PrivacyRequest
from hub.privacy_requests.steps import open_request, refuse, verify
from plugins.consent.jurisdictions import Jurisdictions

Factory = Callable[..., TestHub]
LAWFUL = {**CONNECTORS, "law": Jurisdictions}
CHILD = "jurisdictions.age.under_thirteen"


@pytest.mark.parametrize(("told", "held"), [("12", True), ("13", False), ("44", False), ("unknown", False)])
def test_an_age_that_an_enricher_told_is_asked_by(lite_hub: Factory, told: str, held: bool) -> None:
    stage = lite_hub(connectors=LAWFUL)
    stage.index.facts = [*stage.index.facts, Fact(name="age", value=told, category="user.demographic.age_range")]
    stage.call_in(stage.visit().number or "")
    assert (stage.one(Delivery, connector="network").code == CHILD) is held


def test_an_age_is_known_when_it_is_decided_and_still_when_it_is_sent(lite_hub: Factory) -> None:
    stage = lite_hub(connectors=CONNECTORS)
    ages: list[int | None] = []
    allow = stage.law.rule

    def asked(question: object) -> object:
        ages.append(question.age)  # type: ignore[attr-defined]
        return allow(question)

    stage.law.rule = asked
    stage.index.facts = [*stage.index.facts, Fact(name="age", value="17", category="user.demographic.age_range")]
    stage.call_in()
    decided = len(ages)
    stage.deliver()
    assert len(ages) > decided and set(ages) == {17}


def test_a_child_whose_parent_asks_for_erasure_is_in_no_ad_network_meanwhile(hub: Factory) -> None:
    stage = hub(connectors=LAWFUL)

    def code(caller: str) -> str | None:
        call = stage.call_in(stage.visit().number or "", caller=caller)
        return stage.one(Delivery, connector="network", subject_id=call.id).code

    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        asked = open_request(session, stage.hub, company, "child", actor="page", channel="page", phone=CALLER)
    assert code(CALLER) != CHILD, "anybody can say so of any number"
    with stage.hub.store.writing() as session:
        verify(session, session.get_one(PrivacyRequest, asked.id), "page", "text", stage.clock())
    assert (code(CALLER), code(OTHER_CALLER) == CHILD) == (CHILD, False)
    with stage.hub.store.writing() as session:
        refuse(session, session.get_one(PrivacyRequest, asked.id), "officer", "Not a child.", stage.clock())
    assert code(CALLER) != CHILD

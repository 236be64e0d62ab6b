"""Calls to a company with `sensitive: health` are health data: no third party learns of them without the caller's yes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from testbed import ACCOUNTS, CALLER, CONNECTORS, NORTH_SHARED, TestHub

from hub.contracts.categories import HEALTH
from hub.model import ConsentDecision, Delivery, Disclosure, Person
from hub.privacy.datamap.flows import declared, observed, undeclared
from hub.privacy.datamap.recipients import recipients_of
from plugins.consent.jurisdictions import Jurisdictions

Factory = Callable[..., TestHub]


def health_accounts() -> list[dict[str, Any]]:
    """The accounts of the tests; calls to lakeside are about health."""
    accounts: Any = deepcopy(ACCOUNTS)
    accounts[0]["companies"][0]["sensitive"] = "health"
    return accounts  # type: ignore[no-any-return]


@pytest.fixture
def clinic(hub: Factory) -> TestHub:
    return hub(connectors={**CONNECTORS, "law": Jurisdictions}, accounts=health_accounts())


def test_an_ad_network_gets_nothing_of_a_clinics_caller_and_all_of_a_plumbers(clinic: TestHub) -> None:
    call = clinic.call_in(clinic.visit().number or "")
    held = clinic.one(Delivery, connector="network", subject_id=call.id)
    assert (held.state, held.code) == ("held", "jurisdictions.health.anywhere")
    clinic.deliver()
    assert not clinic.rows(Disclosure, connector="network") and not clinic.network.uploaded
    (decision,) = clinic.rows(ConsentDecision, connector="network", subject_id=call.id)
    assert HEALTH in decision.categories
    other = clinic.call_in(NORTH_SHARED)
    clinic.deliver()
    assert clinic.one(Delivery, connector="network", subject_id=other.id).state == "delivered"


def test_the_callers_own_yes_opens_it(clinic: TestHub) -> None:
    clinic.call_in(clinic.visit().number or "")
    clinic.say(clinic.one(Person), "given", "marketing.advertising", channel="agent")
    again = clinic.call_in(clinic.visit().number or "", caller=CALLER)
    clinic.deliver()
    assert clinic.one(Delivery, connector="network", subject_id=again.id).state == "delivered"


def test_the_record_of_disclosures_says_that_what_left_was_health_data(clinic: TestHub) -> None:
    clinic.call_in(clinic.visit().number or "")
    clinic.say(clinic.one(Person), "given", "marketing.advertising", channel="agent")
    again = clinic.call_in(clinic.visit().number or "", caller=CALLER)
    other = clinic.call_in(NORTH_SHARED)
    clinic.deliver()
    assert HEALTH in clinic.one(Disclosure, connector="network", subject_id=again.id).categories
    assert HEALTH not in clinic.one(Disclosure, connector="network", subject_id=other.id).categories
    with clinic.hub.store.reading() as session:
        flows = list(declared(recipients_of(clinic.hub.config)))
        assert not [key for key in undeclared(flows, observed(session)) if key[3] == HEALTH]

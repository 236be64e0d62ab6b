"""An enricher that declares it is asked about the domain of an organization's address; nobody gets a freemail domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fake_connectors import FakeIndex
from kept_forms import keep_form
from testbed import CALLER, CONNECTORS, TestHub

from hub.api import Caller, DataFlow, Fact, Recipient, Share, hookimpl
from hub.api.privacy import Opinion
from hub.contracts.email_domains import organization_domain
from hub.model import ConsentDecision, Disclosure
from hub.privacy.datamap.flows import declared
from hub.visits.forms import SentForm

Factory = Callable[..., TestHub]


class Firms(FakeIndex):
    """A data service that knows organizations by their domains."""

    manifest = FakeIndex.manifest.model_copy(
        update={
            "name": "firms",
            "recipient": Recipient(name="Firms", role="processor"),
            "hosts": ("firms.example.com",),
            "flows": (DataFlow(hook="enrich_caller", use="sales", shares=(Share(field="email_domain"),)),),
        }
    )

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: list[Caller] = []

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        self.asked.append(caller)
        return []


class Numbers(Firms):
    """One that knows numbers alone."""

    manifest = Firms.manifest.model_copy(
        update={
            "name": "numbers",
            "flows": (DataFlow(hook="enrich_caller", use="sales", shares=(Share(field="phone_number"),)),),
        }
    )


def asked_about(hub: Factory, **form: Any) -> TestHub:
    stage = hub(connectors={**CONNECTORS, "firms": Firms, "numbers": Numbers})
    stage.index.facts = []
    keep_form(stage.hub, stage.directory.companies["lakeside"], SentForm(key="form-1", **form))
    stage.flow()
    return stage


def test_an_enricher_that_declares_the_domain_gets_it_and_nothing_else(hub: Factory) -> None:
    stage = asked_about(hub, email="Pat.Doe@Sales.Acme.example")
    assert stage.firms.asked == [Caller(email_domain="sales.acme.example")]
    assert stage.numbers.asked == [], "there is no number"
    disclosed = stage.one(Disclosure, connector="firms")
    assert disclosed.categories == ["user.contact.organization"]
    assert "user.contact.organization" in stage.one(ConsentDecision, connector="firms").categories


def test_what_is_not_declared_is_not_handed_over_and_not_counted_as_kept_back(hub: Factory) -> None:
    stage = asked_about(hub, phone=CALLER, email="pat.doe@acme.example")
    assert stage.numbers.asked == [Caller(phone_number=CALLER)]
    assert stage.firms.asked == [Caller(email_domain="acme.example")]
    counted = stage.hub.refusals.take()
    assert not [
        name for connector, _, name, _ in counted if connector in ("firms", "numbers") and name == "email_domain"
    ]


def test_a_domain_of_anybody_is_never_handed_over_and_nothing_is_asked_for_it(hub: Factory) -> None:
    stage = asked_about(hub, email="pat.doe@gmail.com")
    assert stage.firms.asked == []
    assert stage.rows(ConsentDecision, connector="firms") == [] and stage.rows(Disclosure, connector="firms") == []


def test_without_consent_no_domain_is_handed_over(hub: Factory) -> None:
    stage = hub(connectors={**CONNECTORS, "firms": Firms})
    stage.law.rule = lambda question: Opinion(verdict="deny", rule_id="no", reason="No.")
    keep_form(stage.hub, stage.directory.companies["lakeside"], SentForm(key="form-1", email="pat@acme.example"))
    stage.flow()
    assert stage.firms.asked == [] and stage.rows(Disclosure, connector="firms") == []


def test_the_data_map_shows_the_domain_of_who_declares_it(hub: Factory) -> None:
    stage = hub(connectors={**CONNECTORS, "firms": Firms})
    [flow] = declared({"firms": stage.hub.config.connectors["firms"]})
    assert (flow.field, flow.category, flow.recipient) == ("email_domain", "user.contact.organization", "Firms")


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("pat@acme.example", "acme.example"),
        (" Pat@ACME.example ", "acme.example"),
        ("pat@gmail.com", None),
        ("pat@mail.yahoo.co.uk", None),
        ("pat@comcast.net", None),
        ("@acme.example", None),
        ("pat@localhost", None),
        ("pat@acme..example", None),
        ("acme.example", None),
        ("", None),
        (None, None),
    ],
)
def test_the_domain_of_an_address_is_that_of_an_organization_or_none(address: str | None, domain: str | None) -> None:
    assert organization_domain(address) == domain

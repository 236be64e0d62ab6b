"""A yes typed into a form covers the browser that sent it, and a number only if that number called from the form's visit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ad_networks import AD_PAGE, BERLIN, CHICAGO, CLICKS, EMAIL, YES, AdNetworks, heard_of
from fake_connectors import FakeCarrier, FakeIndex
from kept_forms import keep_form
from testbed import TestHub

from hub.api import Recipient
from hub.model import ConsentDecision, Delivery, Disclosure
from hub.queries.consent_question import Supposed, answers
from hub.visits.forms import SentForm
from plugins.consent.jurisdictions import Jurisdictions
from plugins.enrichment.phonenumbers import PhoneNumbers


def send_form(networks: AdNetworks, **said: Any) -> dict[str, str]:
    """A form is sent; what each network hears."""
    stage = networks.stage
    keep_form(stage.hub, stage.directory.companies["lakeside"], SentForm(key="form-1", email=EMAIL, **said))
    stage.flow()
    return networks.deliver()


def test_a_visitor_in_berlin_who_agreed_in_the_banner_is_counted_by_the_click_alone(networks: AdNetworks) -> None:
    stage = networks.stage
    shown = stage.visit(landing_page=AD_PAGE, consent=YES, country="DE")
    sent = send_form(networks, phone=BERLIN, visit_id=shown.visit_id)
    assert heard_of(sent, BERLIN, EMAIL) == set()
    assert {name for name, click in CLICKS.items() if click in sent[name]} == set(CLICKS)
    assert "CONSENT_GRANTED" in sent["google"], "the browser's own yes covers its own click"
    told = [row.categories for row in stage.rows(Disclosure, connector="google")]
    assert told == [["user.advertising.click_id"]]
    (decision,) = stage.rows(ConsentDecision, connector="google", moment="send")
    assert decision.reason.endswith("What stands in the form, and is not surely its sender's, is left out.")


def test_a_click_whose_browser_said_nothing_does_not_leave_where_the_law_asks_for_a_yes(networks: AdNetworks) -> None:
    shown = networks.stage.visit(landing_page=AD_PAGE, country="DE")
    assert not any(send_form(networks, phone=BERLIN, visit_id=shown.visit_id).values())
    held = networks.stage.rows(Delivery)
    assert {row.state for row in held} == {"held"} and all(row.reason for row in held)


@pytest.mark.parametrize("number", [BERLIN, CHICAGO])
def test_a_number_that_called_from_the_number_its_visit_showed_is_granted_and_an_address_beside_it_is_not(
    networks: AdNetworks, number: str
) -> None:
    stage = networks.stage
    shown = stage.visit(landing_page=AD_PAGE)
    stage.clock.advance(minutes=1)
    stage.call_in(shown.number, number)
    networks.deliver()
    sent = send_form(networks, phone=number, visit_id=shown.visit_id, consent=YES)
    assert heard_of(sent, number) == {"google", "meta", "microsoft", "tiktok"}
    assert "CONSENT_GRANTED" in sent["google"]
    unasked = {"linkedin"} if number == CHICAGO else set()
    assert heard_of(sent, EMAIL) == unasked, (
        "LinkedIn takes no number, and no permission, and the law there asks for no yes"
    )
    granted = {row.connector for row in stage.rows(ConsentDecision, rule_id="signals.given", moment="send")}
    assert not granted & unasked


@pytest.mark.parametrize("networks", ["sensitive: health"], indirect=True)
def test_a_clinics_form_uploads_no_typed_number_even_in_a_place_that_asks_for_no_yes(networks: AdNetworks) -> None:
    shown = networks.stage.visit(landing_page=AD_PAGE, consent=YES)
    sent = send_form(networks, phone=CHICAGO, visit_id=shown.visit_id, consent=YES)
    assert heard_of(sent, CHICAGO, EMAIL) == set()
    assert CLICKS["google"] in sent["google"]


def test_a_typed_yes_is_no_consent_to_texts_and_none_for_a_third_party_that_looks_numbers_up(
    lite_hub: Callable[..., TestHub],
) -> None:
    bureau = Recipient(name="Bureau Ltd.", role="independent_controller")
    manifest = FakeIndex.manifest.model_copy(update={"recipient": bureau, "name": "bureau", "regions": ("US",)})
    connectors = {
        **{
            "carrier": FakeCarrier,
            "index": PhoneNumbers,
            "bureau": type("Bureau", (FakeIndex,), {"manifest": manifest}),
        },
        "law": Jurisdictions,
    }
    stage = lite_hub(connectors=connectors, conversions=())
    company = stage.directory.companies["lakeside"]
    keep_form(stage.hub, company, SentForm(key="form-1", phone=BERLIN, email=EMAIL, consent=YES))
    stage.flow()
    (lookup,) = stage.rows(ConsentDecision, connector="bureau")
    assert lookup.verdict == "needs"
    (text,) = answers(stage.hub, stage.directory, Supposed(purpose="marketing-text", company="lakeside", caller=BERLIN))
    assert not text.ruling.allowed and text.ruling.question.latest_record() is None

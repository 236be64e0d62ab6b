"""What a call to a clinic says about the caller goes to third parties, to ads and to analysis elsewhere only by opt-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.api import Recipient
from hub.api.privacy import ConsentQuestion, ConsentRecord, Place
from hub.contracts.categories import HEALTH
from hub.contracts.consent import State
from hub.testing import connect
from plugins.consent.jurisdictions import Jurisdictions

NOW = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)
ADS = "marketing.advertising.third_party.targeted"
NETWORK = Recipient(name="An Ad Network", role="independent_controller")
CRM = Recipient(name="A CRM", role="processor")


def judge(
    place: str | None, use: str = ADS, recipient: Recipient = NETWORK, said: State | None = None, *, health: bool = True
) -> tuple[str, str]:
    """Verdict and row for a person at `place` who has said this."""
    country, _, region = (place or "").partition("-")
    word = ConsentRecord(state=said, use=use, channel="web", at=NOW - timedelta(1), evidence="id") if said else None
    question = ConsentQuestion(
        use=use,
        categories=frozenset({"user.contact.phone_number", *([HEALTH] if health else [])}),
        recipient=recipient,
        recipient_regions=("US",),
        at=NOW,
        person_places=(Place(country=country or None, region=region or None),),
        records=(word,) if word else (),
    )
    opinion = connect(Jurisdictions).judge(question)
    return opinion.verdict, opinion.rule_id.removeprefix("jurisdictions.")


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ("US-WA", "health.us_wa"),
        ("US-NV", "health.us_nv"),
        ("US-CT", "health.us_ct"),
        ("US-OH", "health.anywhere"),
        ("US", "health.us_wa"),
        ("BR", "health.anywhere"),
        ("DE", "eea.consent"),
        (None, "canada.quebec"),
    ],
)
def test_what_a_call_says_about_health_goes_to_third_parties_only_by_opt_in(place: str | None, rule: str) -> None:
    assert judge(place) == ("needs", rule)
    assert judge(place, said="given")[0] == "allow"
    assert judge(place, said="refused")[0] == "deny"
    assert judge(place, "functional.service")[0] == "needs"


def test_health_data_is_not_used_for_ads_or_analysis_at_a_processor_but_serves_the_caller() -> None:
    assert judge("US-OH", ADS, CRM) == judge("US-OH", "analytics.reporting.ad_performance", CRM)
    assert judge("US-OH", ADS, CRM) == ("needs", "health.analysis")
    assert judge("US-WA", "sales", CRM)[0] == judge("US-WA", "essential.service.operations", CRM)[0] == "allow"


def test_data_of_other_companies_is_judged_as_before() -> None:
    assert judge("US-WA", health=False) == ("allow", "us.sharing")

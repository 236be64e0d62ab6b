"""The twilio_lookup plugin: facts from paid look-ups, and no cent above a cap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from hub.api import AuthError, Caller, Fact, Rejected, RetryLater
from hub.api.sandbox import Fault
from hub.testing import EnrichmentConformance, FrozenClock, connect
from plugins.enrichment.twilio_lookup import TwilioLookup
from plugins.enrichment.twilio_lookup.sandbox import Sandbox
from plugins.enrichment.twilio_lookup.translate import facts

PAT, LONDON = "+13125550142", "+442079460142"


class TestConformance(EnrichmentConformance):
    connector_class = TwilioLookup


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def twilio(running: Sandbox) -> Sandbox:
    running.heal()
    running.missing.clear()
    running.charged.clear()
    running.lines = {PAT: {"type": "mobile", "carrier_name": "Example Wireless"}}
    return running


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


def lookups(twilio: Sandbox, clock: FrozenClock, **settings: Any) -> TwilioLookup:
    return connect(TwilioLookup, twilio, clock=clock, **settings)


def known(connector: TwilioLookup, number: str = PAT) -> dict[str, str]:
    return {fact.name: fact.value for fact in connector.enrich_caller(Caller(phone_number=number))}


def spent(connector: TwilioLookup) -> dict[str, Any]:
    note = connector.services.memory.get("spent")
    return json.loads(note) if note else {"today": "0", "this_month": "0"}


def test_a_look_up_tells_line_carrier_and_name(twilio: Sandbox, clock: FrozenClock) -> None:
    assert known(lookups(twilio, clock)) == {
        "valid": "true",
        "line_type": "mobile",
        "carrier": "Example Wireless",
        "caller_name": "PAT DOE",
        "caller_type": "consumer",
    }


def test_a_name_is_paid_for_only_where_one_can_be_known(twilio: Sandbox, clock: FrozenClock) -> None:
    connector = lookups(twilio, clock)
    known(connector, LONDON)
    assert twilio.charged == ["line_type_intelligence"] and spent(connector)["today"] == "0.008"


def test_twilios_own_library_reads_the_stand_in_as_it_reads_twilio(twilio: Sandbox) -> None:
    class Local(TwilioHttpClient):
        def request(self, method: str, url: str, *args: object, **options: object) -> object:  # type: ignore[override]
            base = urlsplit(twilio.url)
            here = urlunsplit(urlsplit(url)._replace(scheme=base.scheme, netloc=base.netloc))
            return super().request(method, here, *args, **options)  # type: ignore[arg-type]

    client = Client(twilio.account_sid, twilio.auth_token, http_client=Local())
    told: Any = client.lookups.v2.phone_numbers(PAT).fetch(fields="line_type_intelligence,caller_name")
    assert told.valid is True and told.phone_number == PAT
    assert told.line_type_intelligence["type"] == "mobile" and told.caller_name["caller_name"] == "PAT DOE"


def test_the_daily_cap_is_a_hard_stop_until_the_next_day(twilio: Sandbox, clock: FrozenClock) -> None:
    connector = lookups(twilio, clock, daily_cap="0.04")
    known(connector), known(connector)
    with pytest.raises(Rejected, match="daily cap"):
        known(connector)
    assert len(twilio.charged) == 4
    clock.advance(days=1)
    assert known(connector) and spent(connector) | {"minute": ""} == {
        "minute": "",
        "asked": 1,
        "today": "0.018",
        "this_month": "0.054",
    }


def test_the_monthly_cap_is_a_hard_stop_until_the_next_month(twilio: Sandbox, clock: FrozenClock) -> None:
    connector = lookups(twilio, clock, monthly_cap="0.02")
    known(connector)
    clock.advance(days=1)
    with pytest.raises(Rejected, match="monthly cap"):
        known(connector)
    clock.advance(days=10)
    assert known(connector)


def test_a_clock_that_runs_backwards_forgets_nothing_that_was_spent(twilio: Sandbox, clock: FrozenClock) -> None:
    connector = lookups(twilio, clock, daily_cap="0.02")
    known(connector)
    clock.advance(days=-3)
    with pytest.raises(Rejected, match="daily cap"):
        known(connector)


def test_a_full_minute_waits_for_the_next(twilio: Sandbox, clock: FrozenClock) -> None:
    connector = lookups(twilio, clock, requests_per_minute=1)
    clock.advance(seconds=20)
    known(connector)
    with pytest.raises(RetryLater) as refused:
        known(connector)
    assert refused.value.after == 40 and len(twilio.charged) == 2
    clock.advance(seconds=40)
    assert known(connector)


def test_a_number_that_twilio_does_not_know_has_no_facts_and_costs_nothing(twilio: Sandbox, clock: FrozenClock) -> None:
    twilio.missing.add(PAT)
    connector = lookups(twilio, clock)
    assert known(connector) == {} and Decimal(spent(connector)["today"]) == 0


@pytest.mark.parametrize(
    ("fault", "error", "counted"),
    [
        (Fault("status", 429, retry_after=9), RetryLater, "0.000"),
        (Fault("status", 403), AuthError, "0.000"),
        (Fault("status", 400), Rejected, "0.000"),
        (Fault("garbage"), RetryLater, "0.018"),
    ],
    ids=["429", "403", "400", "an answer that nobody can read"],
)
def test_only_what_twilio_surely_did_not_charge_is_counted_back(
    twilio: Sandbox, clock: FrozenClock, fault: Fault, error: type[Exception], counted: str
) -> None:
    connector = lookups(twilio, clock)
    twilio.fail_next(fault)
    with pytest.raises(error):
        known(connector)
    assert spent(connector)["today"] == counted


def test_a_package_that_failed_tells_nothing(twilio: Sandbox, clock: FrozenClock) -> None:
    twilio.lines[PAT] = {"error_code": 60600, "type": "mobile"}
    assert "line_type" not in known(lookups(twilio, clock))


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=2),
)


@given(
    st.fixed_dictionaries(
        {"valid": json_values, "line_type_intelligence": json_values, "caller_name": json_values},
    )
)
@settings(max_examples=40)
def test_whatever_twilio_answers_becomes_valid_facts(told: dict[str, Any]) -> None:
    found = list(facts(told))
    assert all(isinstance(fact, Fact) and fact.value for fact in found)

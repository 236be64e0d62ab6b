"""Built-in plugins may be moved into processes of their own: `isolation: process`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.api import Conversion, Recipient, WebhookRequest
from hub.api.privacy import ConsentQuestion
from hub.contracts.answers import AnswerPoint, Say
from hub.errors import BadSignature
from hub.hookspecs import CallHooks, ConsentHooks, ConversionHooks
from hub.plugin_host.discovery import discover
from hub.plugin_host.registry import Plugins
from hub.testing import FrozenClock, connect

CLOCK = FrozenClock()
ADS = "marketing.advertising.third_party.targeted"


@pytest.fixture
def plugins() -> Iterator[list[Plugins]]:
    made: list[Plugins] = []
    yield made
    for each in made:
        each.close()


def hosted(plugins: list[Plugins], name: str, sandbox: Any = None, **settings: Any) -> Plugins:
    plugins.append(Plugins([connect(discover().isolated(name, "process"), sandbox, clock=CLOCK, **settings)]))
    assert name in plugins[-1].hosts
    return plugins[-1]


def test_a_carrier_verifies_and_answers_from_its_process(plugins: list[Plugins]) -> None:
    carrier = hosted(plugins, "twilio", account_sid="AC" + "0" * 32, auth_token="0" * 32)
    request = WebhookRequest("POST", "https://calls.example.com/webhooks/twilio/voice", b"", datetime.now(UTC))
    with pytest.raises(BadSignature):
        carrier.call("twilio", CallHooks.verify_webhook, request)
    point = AnswerPoint(moment="ringing", tracking_number="+13125550100")
    assert "Hello" in carrier.call("twilio", CallHooks.render_answer, point, [Say(text="Hello")]).body


def test_an_ad_network_sends_with_tokens_and_notes_that_the_hub_keeps(plugins: list[Plugins]) -> None:
    stand_in = discover().classes["google_ads"].sandbox_class()
    assert stand_in is not None
    with stand_in(CLOCK) as sandbox:
        network = hosted(plugins, "google_ads", sandbox)
        destination = {"conversion_action": "7"}
        sandbox.know_destination(destination)  # type: ignore[attr-defined]
        at = CLOCK() - timedelta(hours=1)
        item = Conversion(
            key="k1", name="call", occurred_at=at, destination=destination, click_ids={"gclid": "Cj0abc"},
            ad_user_data="granted", call_started_at=at,
        )  # fmt: skip
        (receipt,) = network.call("google_ads", ConversionHooks.upload_conversions, [item], False)
    assert (receipt.key, receipt.status) in {("k1", "accepted"), ("k1", "delivered")}
    assert network.connectors["google_ads"].services.tokens.load()


def test_a_consent_plugin_judges_in_its_process(plugins: list[Plugins]) -> None:
    consent = hosted(plugins, "signals")
    question = ConsentQuestion(
        use=ADS, categories=frozenset({"user.contact.phone_number"}), recipient_regions=("US",), at=CLOCK(),
        recipient=Recipient(name="An Ad Network", role="independent_controller"),
    )  # fmt: skip
    opinion = consent.call("signals", ConsentHooks.judge, question)
    assert (opinion.verdict, opinion.rule_id[:7]) != ("deny", "hub.no-")

"""Bandwidth signs nothing: what an attacker can do who knows some of what it sends, and what not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from bandwidth_stage import BUSINESS, CLOCK, HUB, TRACKING, played

from hub.api import BadSignature, WebhookRequest
from hub.api.carriers import Dial, HangUp
from hub.testing import connect, samples
from plugins.carriers.bandwidth import Bandwidth
from plugins.carriers.bandwidth.proof import basic, without_key
from plugins.carriers.bandwidth.sandbox import Sandbox

NEW, OLD = "a-new-password-for-the-callbacks", "an-old-password-of-the-callbacks"


def call(sandbox: Sandbox, connector: Bandwidth) -> dict[str, WebhookRequest]:
    """The callbacks of a recorded call, by path."""
    dial = Dial(numbers=(BUSINESS,), record=True, mark="v1.sales")
    return {each.path: each for each in played(sandbox, connector, lambda path: (dial,) if path == "voice" else ())}


def refused(connector: Bandwidth, request: WebhookRequest) -> bool:
    try:
        connector.verify_webhook(request)
    except BadSignature:
        return True
    return False


def test_an_address_alone_opens_nothing(sandbox: Sandbox, connector: Bandwidth) -> None:
    for request in call(sandbox, connector).values():
        for given in (
            "",
            "Basic",
            basic("ringfence", ""),
            basic("admin", sandbox.password),
            f"Bearer {sandbox.password}",
        ):
            assert refused(connector, replace(request, headers={"authorization": given}))


def test_the_password_alone_opens_nothing_and_an_address_is_good_for_its_path_only(
    sandbox: Sandbox, connector: Bandwidth
) -> None:
    requests = call(sandbox, connector)
    ring, ended = requests["voice"], requests["status"]
    assert refused(connector, replace(ring, url=f"{HUB}/voice")) and refused(
        connector, replace(ring, url=f"{HUB}/x?key=")
    )
    assert refused(connector, replace(ring, url=ring.url.replace("/voice", "/message")))
    assert refused(connector, replace(ended, url=ended.url.replace("/status", "/voice")))
    leg = requests["leg"]
    assert refused(connector, replace(leg, url=leg.url.replace("/leg", "/recording")))
    assert refused(connector, replace(leg, url=leg.url.replace(TRACKING[1:], "13125550100")))


def test_within_a_call_the_body_cannot_name_another_call(sandbox: Sandbox, connector: Bandwidth) -> None:
    requests = call(sandbox, connector)
    body = json.loads(requests["dial"].body) | {"callId": sandbox.new_call_id(), "to": "+13125550100"}
    point = connector.verify_webhook(replace(requests["dial"], body=json.dumps(body).encode())).answer
    assert point is not None
    assert (point.call_id, point.tracking_number, point.mark) == (
        json.loads(requests["voice"].body)["callId"],
        TRACKING,
        "v1.sales",
    )


def test_two_passwords_are_good_while_one_replaces_the_other(sandbox: Sandbox) -> None:
    before = connect(Bandwidth, sandbox, clock=CLOCK, callback_password=OLD)
    sandbox_password, sandbox.password = sandbox.password, OLD
    try:
        old = call(sandbox, before)
    finally:
        sandbox.password = sandbox_password
    during = connect(Bandwidth, sandbox, clock=CLOCK, callback_password=NEW, earlier_callback_passwords=[OLD])
    after = connect(Bandwidth, sandbox, clock=CLOCK, callback_password=NEW)
    for request in old.values():
        renewed = replace(request, headers={"authorization": basic("ringfence", NEW)})
        assert not refused(during, request) and not refused(during, renewed), "addresses in use stay good"
        assert refused(after, request) and refused(after, renewed)
    setup = samples.number_setup(TRACKING, HUB)
    assert during._proof.keyed(setup.voice_url) == after._proof.keyed(setup.voice_url), (
        "the first password is given out"
    )
    assert without_key(during._proof.keyed(setup.voice_url)) == setup.voice_url


@pytest.mark.parametrize(
    ("sender", "good"),
    [("203.0.113.9", True), ("::ffff:203.0.113.9", True), ("2001:db8::7", True), ("198.51.100.1", False), ("", False)],
)
def test_a_list_of_networks_refuses_every_other_sender(sandbox: Sandbox, sender: str, good: bool) -> None:
    listed = connect(Bandwidth, sandbox, clock=CLOCK, callback_networks=["203.0.113.0/24", "2001:db8::/64"])
    ring = sandbox.webhooks(samples.simulated_call(CLOCK()), HUB)[0][1]
    assert refused(listed, replace(ring, sender=sender)) is not good


@pytest.mark.parametrize(
    "wrong",
    [
        {"callback_password": "short"},
        {"earlier_callback_passwords": ["short"]},
        {"callback_user": "with:colon"},
        {"callback_networks": ["203.0.113.9/24"]},
        {"account_id": "../1"},
        {"voice_url": "https://voice.example/path"},
    ],
)
def test_settings_that_would_prove_nothing_are_refused(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Bandwidth.Settings.model_validate(sandbox.settings() | wrong)


def test_an_event_sent_again_is_the_same_event_and_another_step_is_not(sandbox: Sandbox, connector: Bandwidth) -> None:
    dial = Dial(numbers=(BUSINESS,), mark="v1.sales")
    first = played(
        sandbox, connector, lambda path: (dial,) if path in ("voice", "dial") else (HangUp(),), outcome="voicemail"
    )
    keys = [connector.verify_webhook(each).event_key for each in first]
    assert keys == [connector.verify_webhook(each).event_key for each in first]
    assert len(set(keys)) == len(keys) > 10, "a dial that comes again at the same step is another event"
    assert not [key for key in keys if any(number[1:] in key for number in (TRACKING, BUSINESS))]

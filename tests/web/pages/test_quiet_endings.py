"""What no network can tie to an ad, and what a network takes without confirming it, are no failures and no successes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from page_client import PageClient, signed_in
from testbed import CALLER, CONNECTORS, OTHER_CALLER, TestHub

from hub.api import Receipt
from hub.contracts.conversions import UNVERIFIABLE
from hub.model import Call, Delivery

Factory = Callable[..., TestHub]


@pytest.fixture
def stage(lite_hub: Factory) -> TestHub:
    """One conversion was not matched, and one was taken by a network that confirms nothing."""
    stage = lite_hub(connectors={name: each for name, each in CONNECTORS.items() if name != "crm"})
    for caller, receipt in (
        (CALLER, {"status": "unmatched", "code": "NO_CLICK"}),
        (OTHER_CALLER, {"status": "delivered", "code": UNVERIFIABLE, "reason": "It says nothing."}),
    ):
        stage.call_in(caller=caller)
        stage.network.script = [lambda batch, said=receipt: [Receipt(key=batch[0].key, **said)]]
        stage.deliver()
    return stage


def test_every_page_says_what_they_are(stage: TestHub) -> None:
    browser = signed_in(stage)
    _deliveries(stage, browser)
    assert re.search(
        r"confirmed. 0 0 held , 0 rejected , 1 accepted \(unverifiable\) , 1 not matched", browser.text("/")
    ), browser.text("/")
    assert re.search(r"2 1 1 of them unverifiable 1 not matched to an ad 0", browser.text("/conversions"))
    listed = browser.text("/calls?columns=sent")
    assert "Accepted (unverifiable)" in listed and "Not matched" in listed
    for state, caller in (("unverifiable", "0143"), ("unmatched", "0142"), ("delivered", None)):
        text = browser.text(f"/calls?sent={state}")
        assert [each for each in ("0142", "0143") if f"312 555 {each}" in text] == ([caller] if caller else []), state


def _deliveries(stage: TestHub, browser: PageClient) -> None:
    text = browser.text("/deliveries")
    assert re.search(r"All 2 Accepted \(unverifiable\) 1 Not matched 1", text), text
    assert "The network cannot tie the person to an ad." in text
    assert "CSV" in text and browser.get("/deliveries.csv").text.count("Accepted (unverifiable)") == 1
    silent, lost = (stage.one(Delivery, state=state) for state in ("delivered", "unmatched"))
    assert "Delivered" not in browser.text("/deliveries?state=unverifiable").split("Time")[-1]
    for row, word in ((silent, "Accepted (unverifiable) · It says nothing."), (lost, "Not matched ·")):
        page = browser.text(f"/deliveries/{row.id}")
        assert word in page and "Set aside" not in page
    told = {row.caller_number: browser.text(f"/calls/{row.id}") for row in stage.rows(Call)}
    assert "The network cannot tie it to an ad." in told[CALLER]
    assert "Paper Network: accepted (unverifiable)" in told[OTHER_CALLER]
    assert "took it, and confirms nothing" in told[OTHER_CALLER] and "confirmed" not in told[OTHER_CALLER]

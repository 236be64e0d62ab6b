"""What a company publishes about its recipients is what their manifests declare and what was really sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from canaries import KEEPING, Canaries, seed
from fake_connectors import FakeNetwork
from testbed import ACCOUNTS, CALLER, CONNECTORS, TestHub, make_config

from hub.api import DataFlow, Recipient
from hub.cli.privacy.law_warnings import law_warnings
from hub.config.models import Config
from hub.contracts.titles import readable
from hub.model import Disclosure
from hub.privacy.datamap import draw
from hub.privacy.datamap.flows import declared
from hub.privacy.datamap.notice import notice_blocks
from hub.privacy.datamap.papers import processors, record_of_processing
from hub.privacy.datamap.public import public_map
from hub.privacy.datamap.recipients import recipients_of
from plugins.ads.ga4 import GoogleAnalytics
from plugins.ads.google_ads import GoogleAds

Factory = Callable[..., TestHub]
NETWORK = FakeNetwork.manifest.recipient.name


class Measuring(FakeNetwork):
    """The same legal person as the ad network, here a processor that measures."""

    manifest = FakeNetwork.manifest.model_copy(
        update={
            "name": "paper_measuring",
            "recipient": Recipient(name=NETWORK, role="processor"),
            "flows": (
                DataFlow(
                    hook="upload_conversions",
                    use="analytics.reporting.ad_performance",
                    shares=FakeNetwork.manifest.flows[0].shares,
                ),
            ),
        }
    )


BOTH_ROLES = {**KEEPING, "measuring": Measuring}
TO_BOTH = {
    "name": "every call", "when": {"event": "call"}, "value": "40 USD",
    "send_to": {"network": {"action": 7}, "measuring": {"action": 7}},
}  # fmt: skip


@dataclass(frozen=True)
class Stated:
    """One thing that a paper states: who gets what for what, in which role; in words."""

    recipient: str
    role: str
    category: str
    use: str


def notice_of(stage: TestHub, config: Config | None = None) -> list[str]:
    config = config or stage.hub.config
    with stage.hub.store.reading() as session:
        chart = draw(session, config, stage.clock())
    return "\n".join(notice_blocks(chart, config, config.companies[0], ["Global Privacy Control"])).splitlines()


def in_notice(lines: list[str]) -> Iterator[Stated]:
    recipient = role = ""
    for line in lines:
        if named := re.match(r"- \*\*(.+)\*\* (works on our behalf|is a third party)", line):
            recipient = named[1]
            role = "processor" if named[2] == "works on our behalf" else "independent_controller"
        elif use := re.match(r"  - For (.+?): ([^;.]+)", line):
            yield from (Stated(recipient, role, category, use[1]) for category in use[2].split(", "))


def in_record(lines: list[str]) -> Iterator[Stated]:
    use = ""
    for line in lines:
        if of := re.match(r"- (.+) \(`.+`\):$", line):
            use = of[1]
        elif to := re.match(r"  - to (.+) \((processor|independent controller)\): (.+)", line):
            role = to[2].replace(" ", "_")
            yield from (Stated(to[1], role, category, use) for category in to[3].split(", "))


def in_papers(stage: TestHub) -> dict[str, set[Stated]]:
    config = stage.hub.config
    with stage.hub.store.reading() as session:
        chart = draw(session, config, stage.clock())
    return {
        "notice": set(in_notice(notice_of(stage))),
        "record": set(in_record(list(record_of_processing(chart, config)))),
        "processors": {
            Stated(each.recipient, each.role, readable(category), readable(use))
            for each in processors(chart, recipients_of(config), {})
            for category in each.categories
            for use in each.uses
        },
        "public map": {
            Stated(
                each.name, "processor" if each.on_behalf else "independent_controller", readable(given.category), readable(use)
            )
            for each in public_map(config, "lakeside", ()).receivers
            for given in each.given
            for use in given.uses
        },
    }  # fmt: skip


@pytest.fixture
def played(lite_hub: Factory) -> TestHub:
    """A day on which something went to the network in both of its roles, to the CRM and to the carrier."""
    stage = lite_hub(connectors=BOTH_ROLES, conversions=[TO_BOTH])
    stage.call_in(stage.visit().number or "", "+13125550178")
    seed(stage, Canaries("zq7ann", CALLER), "CA-ann")
    stage.deliver("network")
    stage.deliver("measuring")
    stage.deliver("crm", "log_calls")
    stage.send_texts()
    return stage


def test_every_paper_states_what_the_manifests_declare_and_what_was_sent_that_day_in_the_right_role(
    played: TestHub,
) -> None:
    roles = {
        name: entry.connector_class.manifest.recipient.role for name, entry in played.hub.config.connectors.items()
    }
    sent = {
        Stated(row.recipient, roles[row.connector], readable(category), readable(row.use))
        for row in played.rows(Disclosure)
        if roles[row.connector] != "none"
        for category in row.categories
    }
    assert {(each.recipient, each.role) for each in sent} >= {
        (NETWORK, "processor"), (NETWORK, "independent_controller"), ("Paper CRM", "processor"),
    }  # fmt: skip
    known = {
        Stated(flow.recipient, flow.role, readable(flow.category), readable(flow.use))
        for flow in declared(recipients_of(played.hub.config))
        if flow.leaves
    }
    for paper, stated in in_papers(played).items():
        assert sent - stated == set(), f"{paper} does not state what was sent"
        assert known - stated == set(), f"{paper} does not state what is declared"
        if paper in ("notice", "record"):
            assert stated - known == set(), f"{paper} states what nobody declares"
        on_behalf = {(each.recipient, each.use) for each in stated if each.role == "processor"}
        assert (NETWORK, "targeted advertising by others") not in on_behalf, paper


def test_google_that_measures_for_the_company_and_sells_ads_for_itself_is_two_recipients(lite_hub: Factory) -> None:
    stage = lite_hub()
    google = {
        name: type(name, (FakeNetwork,), {"manifest": plugin.manifest})
        for name, plugin in (("ga4", GoogleAnalytics), ("ads", GoogleAds))
    }
    config = make_config("sqlite://", connectors={**CONNECTORS, **google}, conversions=[])
    text = "\n".join(notice_of(stage, config))
    ours, theirs = re.findall(r"- \*\*Google LLC\*\* .*\n(?:  - .*\n)+", text)
    if "works on our behalf" not in ours:
        ours, theirs = theirs, ours
    assert "ad performance" in ours and "targeted" not in ours and "sale or sharing" not in ours
    assert "targeted advertising by others" in theirs and "This is a sale or sharing." in theirs


def test_the_notice_says_what_is_sold_or_shared_and_how_to_opt_out(lite_hub: Factory) -> None:
    stage = lite_hub()
    text = "\n".join(notice_of(stage))
    assert (
        "We sell or share personal information" in text and "https://calls.example.com/privacy/lakeside#opt-out" in text
    )
    assert "Digital Advertising Alliance, https://optout.aboutads.info" in text
    config = make_config(
        "sqlite://", connectors={name: each for name, each in CONNECTORS.items() if name != "network"}, conversions=[]
    )
    assert "We do not sell or share personal information" in "\n".join(notice_of(stage, config))


@pytest.mark.parametrize(
    ("transfer", "words"),
    [("standard_contractual_clauses", "standard contractual clauses"), (None, "no mechanism is stated")],
)
def test_papers_and_check_say_by_which_mechanism_data_goes_abroad(
    lite_hub: Factory, transfer: str | None, words: str
) -> None:
    here = {"companies": [{**ACCOUNTS[0]["companies"][0], "country": "CA", "region": "QC"}]}
    each = {"transfer": transfer} if transfer else {}
    stage = lite_hub(accounts=[{**ACCOUNTS[0], **here}], common=dict.fromkeys(("carrier", "network", "crm"), each))
    (line,) = [each for each in notice_of(stage) if each.startswith(f"- {NETWORK}, a third party: US.")]
    assert words in line
    warned = [each for each in law_warnings(stage.hub) if "no mechanism is stated" in each]
    assert bool(warned) == (transfer is None) and all(NETWORK in each for each in warned)


def test_the_notice_says_who_transcribes_and_what_a_call_about_health_means(lite_hub: Factory) -> None:
    stage = lite_hub()
    assert "Recordings are not transcribed." in notice_of(stage)
    account = {**ACCOUNTS[0], "companies": [{**ACCOUNTS[0]["companies"][0], "sensitive": "health"}]}
    config = make_config(
        "sqlite://", accounts=[account], recordings={"storage": "memory://recordings", "transcribe": "crm"}
    )
    text = "\n".join(notice_of(stage, config))
    assert "Paper CRM transcribes our recordings" in text and "something about your health" in text


def test_the_notice_gives_the_postal_address_for_californias_question_and_check_misses_it(lite_hub: Factory) -> None:
    stage = lite_hub()
    asked = [each for each in law_warnings(stage.hub) if "1798.83" in each]
    assert any("contact:" in each for each in asked) and any(f"known of {NETWORK}" in each for each in asked)
    (plugin,) = [each for each in asked if "known of" in each]
    assert plugin.endswith(f"The plugin {FakeNetwork.manifest.name} does not state it; ask its author.")
    contact = {"postal_address": "Lakeside Plumbing\n12 Quay Street\nChicago, IL 60601"}
    account = {**ACCOUNTS[0], "companies": [{**ACCOUNTS[0]["companies"][0], "contact": contact}]}
    config = make_config("sqlite://", accounts=[account])
    (line,) = [each for each in notice_of(stage, config) if "1798.83" in each]
    assert "Lakeside Plumbing 12 Quay Street Chicago, IL 60601" in line

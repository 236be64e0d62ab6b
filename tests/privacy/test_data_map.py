"""The data map: made of manifests and of what was sent, in every form that people and machines read."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake_connectors import FakeNetwork
from rich.console import Console
from testbed import CONNECTORS, TestHub

from hub.model import Disclosure
from hub.privacy.datamap import DataMap, draw
from hub.privacy.datamap.flows import Seen, declared, misfit, undeclared
from hub.privacy.datamap.page import html
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.restriction import LEGAL
from hub.proof.demo.data_map import show_data_map
from hub.store.violations import write_refusals
from plugins.ads.google_ads import GoogleAds
from plugins.crm.hubspot import HubSpot
from plugins.crm.salesforce import Salesforce

Factory = Callable[..., TestHub]
TARGETED = "marketing.advertising.third_party.targeted"


def chart_of(stage: TestHub) -> DataMap:
    with stage.hub.store.reading() as session:
        return draw(session, stage.hub.config, stage.clock())


def sent(hub: Factory, **options: object) -> TestHub:
    stage = hub(**options)
    stage.call_in(stage.visit().number or "")
    stage.deliver()
    return stage


def test_what_was_sent_is_counted_beside_what_is_declared(hub: Factory) -> None:
    stage = sent(hub)
    chart = chart_of(stage)
    flows = {flow.category: flow for flow in chart.flows if flow.connector == "network"}
    number = flows["user.contact.phone_number"]
    assert number.use == TARGETED and number.seen is not None
    assert (number.seen.count, number.seen.last) == (1, stage.clock())
    assert "user.contact.email" not in flows or flows["user.contact.email"].seen is None
    assert chart.undeclared == {} and chart.problems() == ()
    assert set(chart.recipients()) == {flow.recipient for flow in chart.flows if flow.role != "none"}


def test_the_map_names_the_connectors_that_reach_their_provider_by_a_library_of_their_own(hub: Factory) -> None:
    class Branching(FakeNetwork):
        manifest = FakeNetwork.manifest.model_copy(update={"network_library": "branch-lib"})

    chart = chart_of(hub(connectors={**CONNECTORS, "network": Branching}))
    assert "trusted code" in chart.rests_on and chart.rests_on.endswith(" of their own: network (branch-lib).")
    assert "network (branch-lib)" in html(chart)
    libraries = [each.manifest.network_library for each in (Salesforce, HubSpot, GoogleAds)]
    assert libraries == ["simple-salesforce", "hubspot-api-client", "google-ads"]


def test_a_disclosure_that_no_manifest_declares_any_more_is_shown(hub: Factory, open_hub_on: Factory) -> None:
    stage = sent(hub)
    renamed = FakeNetwork.manifest.model_copy(
        update={"recipient": FakeNetwork.manifest.recipient.model_copy(update={"name": "Somebody Else Ltd"})}
    )

    class Sold(FakeNetwork):
        manifest = renamed

    later = hub(connectors={**CONNECTORS, "network": Sold})
    found = chart_of(later).undeclared
    assert {(connector, recipient) for connector, recipient, _, _ in found} == {
        ("network", FakeNetwork.manifest.recipient.name)
    }
    assert sum(seen.count for seen in found.values()) == sum(len(row.categories) for row in stage.rows(Disclosure))
    assert "network declares another recipient, Somebody Else Ltd" in html(chart_of(later))


def test_what_takes_a_conversion_back_for_an_erasure_is_what_the_network_got_of_it(hub: Factory) -> None:
    flows = list(declared(recipients_of(hub().hub.config)))
    upload = next(flow for flow in flows if flow.hook == "upload_conversions")
    about, once = (upload.connector, upload.recipient, LEGAL), Seen(1, datetime(2026, 11, 30, tzinfo=UTC))
    found = undeclared(flows, {(*about, upload.category): once, (*about, "user.content.private"): once})
    assert list(found) == [(*about, "user.content.private")]
    (sentence,) = [misfit(key, flows) for key in found]
    assert "for legal obligation" in sentence and "user." not in sentence, "people read titles"


def test_what_was_kept_back_is_on_the_map(hub: Factory) -> None:
    stage = hub()
    stage.hub.refusals.note("network", "host", "collector.example.net")
    write_refusals(stage.hub.store, stage.hub.refusals)
    (refused,) = chart_of(stage).refusals
    assert (refused.connector, refused.kind, refused.name, refused.count) == (
        "network",
        "host",
        "collector.example.net",
        1,
    )
    assert "collector.example.net" in html(chart_of(stage))


def test_the_hubs_own_store_is_on_the_map_with_its_lives(hub: Factory) -> None:
    chart = chart_of(sent(hub))
    calls = [each for each in chart.storage if each.table == "call"]
    assert {each.rows for each in calls} == {1} and {each.life.days for each in calls} == {761}


def test_the_page_loads_nothing_and_names_every_flow(hub: Factory) -> None:
    chart = chart_of(sent(hub))
    page = html(chart)
    assert not re.search(r"(src|href)=|url\(|@import|<script", page)
    for flow in chart.flows:
        assert not flow.leaves or (flow.category in page and flow.use in page and flow.recipient in page)
    assert "@media print" in page


def test_names_of_companies_and_connectors_cannot_break_the_page(lite_hub: Factory) -> None:
    class Odd(FakeNetwork):
        manifest = FakeNetwork.manifest.model_copy(
            update={"recipient": FakeNetwork.manifest.recipient.model_copy(update={"name": "<b>A&B</b> 'Co'"})}
        )

    chart = chart_of(lite_hub(connectors={**CONNECTORS, "network": Odd}))
    assert "<b>A&B" not in html(chart) and "&lt;b&gt;A&amp;B" in html(chart)


def test_json_holds_what_the_page_holds(hub: Factory) -> None:
    chart = chart_of(sent(hub))
    data = json.loads(json.dumps(chart.as_data(), default=str))
    assert len(data["flows"]) == len(chart.flows) and len(data["storage"]) == len(chart.storage)


def test_the_demo_ends_with_the_map_of_what_it_sent(lite_hub: Factory, tmp_path: Path) -> None:
    stage = sent(lite_hub)
    screen = Console(file=io.StringIO(), width=160)
    show_data_map(screen, stage.hub, tmp_path / "papers", whole=True)
    told = screen.file.getvalue()  # type: ignore[attr-defined]
    assert FakeNetwork.manifest.recipient.name in told and str(tmp_path / "papers" / "data-map.html") in told
    assert (tmp_path / "papers" / "data-map.html").read_text() == html(chart_of(stage))


@pytest.mark.parametrize("use", ["marketing.communications.sms", "essential.legal_obligation"])
def test_a_text_is_declared_for_whatever_it_is_written_for(lite_hub: Factory, use: str) -> None:
    from fake_connectors import FakeCarrier

    texts = [flow.use for flow in chart_of(lite_hub()).flows if flow.hook == "send_text"]
    assert use in texts or not any(flow.hook == "send_text" for flow in FakeCarrier.manifest.flows)

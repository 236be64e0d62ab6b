"""What was disclosed is compared with what is declared each night; each version of a recipient is kept and announced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from scripted import PaperNetwork
from stage import CONNECTORS, Stage

from hub.api import Recipient
from hub.model import FlowFinding, RecipientVersion
from hub.privacy.datamap import draw
from hub.privacy.datamap.comparing import compare, compare_if_due, open_findings
from hub.privacy.datamap.papers import erasure_plan, notice_blocks, processors, record_of_processing
from hub.privacy.datamap.versions import Notice, note_recipients, notices, versions

Factory = Callable[..., Stage]
OLD = PaperNetwork.manifest.recipient.name


class Elsewhere(PaperNetwork):
    """The same network after it was sold, now in Ireland."""

    manifest = PaperNetwork.manifest.model_copy(
        update={"recipient": Recipient(name="Somebody Else Ltd", role="independent_controller"), "regions": ("IE",)}
    )


class Modest(PaperNetwork):
    """The same network, which declares no personal field any more."""

    manifest = PaperNetwork.manifest.model_copy(
        update={"flows": tuple(flow.model_copy(update={"shares": ()}) for flow in PaperNetwork.manifest.flows)}
    )


def sent(hub: Factory) -> Stage:
    stage = hub()
    stage.call_in(stage.visit().number or "")
    stage.deliver()
    return stage


def night(stage: Stage) -> list[str]:
    with stage.hub.store.writing() as session:
        compare(session, stage.hub.config.connectors, stage.clock())
    with stage.hub.store.reading() as session:
        return open_findings(session)


def changes(stage: Stage) -> list[Notice]:
    with stage.hub.store.reading() as session:
        return [notice for notice in notices(versions(session)) if notice.connector == "network"]


def test_a_hub_that_sends_what_it_declares_has_no_finding(hub: Factory) -> None:
    assert night(sent(hub)) == []


def test_a_flow_that_no_manifest_declares_is_found_once_and_settled_when_it_fits_again(hub: Factory) -> None:
    stage = sent(hub)
    modest = hub(connectors={**CONNECTORS, "network": Modest})
    found = night(modest)
    assert found and all("network" in sentence and OLD in sentence for sentence in found)
    assert night(modest) == found and len(stage.rows(FlowFinding)) == len(found)
    stage.clock.advance(days=1)
    assert [sentence for sentence in night(stage) if " got " in sentence] == []
    assert all(row.settled_at == stage.clock() for row in stage.rows(FlowFinding) if row.kind != "recipient_changed")


def test_a_removed_connector_and_another_recipient_are_told_apart(hub: Factory) -> None:
    sent(hub)
    night(hub(connectors={name: each for name, each in CONNECTORS.items() if name != "network"}, conversions=[]))
    night(hub(connectors={**CONNECTORS, "network": Elsewhere}))
    assert {row.kind for row in hub().rows(FlowFinding)} == {"connector", "recipient"}


def test_a_change_after_the_last_disclosure_is_announced_and_the_former_flow_is_no_finding(hub: Factory) -> None:
    stage = sent(hub)
    night(stage)
    stage.clock.advance(days=1)
    changed = hub(connectors={**CONNECTORS, "network": Elsewhere})
    (sentence,) = night(changed)
    assert f"{OLD} → Somebody Else Ltd" in sentence and "US → IE" in sentence
    with stage.hub.store.reading() as session:
        chart = draw(session, changed.hub.config, stage.clock())
    assert chart.undeclared == {} and {recipient for _, recipient, _, _ in chart.former} == {OLD}
    stage.clock.advance(days=31)
    assert night(changed) == []


def test_every_addition_change_and_removal_has_its_notice(hub: Factory) -> None:
    stage = hub()
    began = stage.clock()
    night(stage)
    night(stage)
    stage.clock.advance(days=40)
    night(hub(connectors={**CONNECTORS, "network": Elsewhere}))
    stage.clock.advance(days=1)
    night(hub(connectors={name: each for name, each in CONNECTORS.items() if name != "network"}, conversions=[]))
    found = changes(stage)
    assert [(notice.change, notice.at - began) for notice in found] == [
        ("removed", timedelta(days=41)),
        ("changed", timedelta(days=40)),
        ("added", timedelta()),
    ]
    assert found[0].recipient == "Somebody Else Ltd"
    versions_kept = stage.rows(RecipientVersion, connector="network")
    assert [row.recipient for row in versions_kept] == [OLD, "Somebody Else Ltd"] and all(
        row.until for row in versions_kept
    )


def test_the_comparison_is_made_once_a_night(lite_hub: Factory) -> None:
    stage = lite_hub()
    assert compare_if_due(stage.hub) and not compare_if_due(stage.hub)
    stage.clock.advance(hours=1)
    assert not compare_if_due(stage.hub)
    stage.clock.advance(days=1)
    while stage.clock().hour < 2:
        assert not compare_if_due(stage.hub)
        stage.clock.advance(hours=1)
    assert compare_if_due(stage.hub)


def test_the_papers_name_every_recipient_and_the_lives(lite_hub: Factory) -> None:
    stage = sent(lite_hub)
    config = stage.hub.config
    with stage.hub.store.writing() as session:
        note_recipients(session, config.connectors, stage.clock())
    with stage.hub.store.reading() as session:
        chart = draw(session, config, stage.clock())
        since = {row.recipient: f"{row.since:%Y-%m-%d}" for row in versions(session)}
    listed = processors(chart, since)
    assert [each.recipient for each in listed] == list(chart.recipients())
    assert all(each.since == f"{stage.clock():%Y-%m-%d}" for each in listed)
    record = "\n".join(record_of_processing(chart, config))
    notice = "\n".join(notice_blocks(chart, config, config.companies[0], ["Global Privacy Control"]))
    for paper in (record, notice):
        assert all(recipient in paper for recipient in chart.recipients()) and "761 days" in paper
    assert config.companies[0].title in notice
    steps = {step.connector: step for step in erasure_plan(chart, config)}
    for name, entry in config.connectors.items():
        manifest = entry.connector_class.manifest
        if name in steps:
            assert steps[name].note == manifest.deletion.note
            assert steps[name].can == (manifest.deletion.supported and manifest.flow("erase_person") is not None)


def test_a_company_is_told_only_of_connectors_that_serve_it(lite_hub: Factory) -> None:
    stage = lite_hub(common={"network": {"companies": ("northgate",)}})
    config = stage.hub.config
    with stage.hub.store.reading() as session:
        chart = draw(session, config, stage.clock())
    told = {company.name: "\n".join(notice_blocks(chart, config, company, [])) for company in config.companies}
    assert OLD in told["northgate"] and f"**{OLD}**" not in told["lakeside"]

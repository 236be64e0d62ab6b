"""What was disclosed is compared with what is declared; each version of a recipient is kept and announced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fake_connectors import FakeNetwork
from testbed import CONNECTORS, TestHub

from hub.api import Recipient
from hub.model import RecipientVersion
from hub.privacy.datamap import draw
from hub.privacy.datamap.chart import problems
from hub.privacy.datamap.notice import notice_blocks
from hub.privacy.datamap.papers import processors, record_of_processing
from hub.privacy.datamap.versions import Notice, in_use_since, note_recipients, notices, versions

Factory = Callable[..., TestHub]
OLD = FakeNetwork.manifest.recipient.name


class Elsewhere(FakeNetwork):
    """The same network after it was sold, now in Ireland."""

    manifest = FakeNetwork.manifest.model_copy(
        update={"recipient": Recipient(name="Somebody Else Ltd", role="independent_controller"), "regions": ("IE",)}
    )


class Modest(FakeNetwork):
    """The same network, which declares no personal field any more."""

    manifest = FakeNetwork.manifest.model_copy(
        update={"flows": tuple(flow.model_copy(update={"shares": ()}) for flow in FakeNetwork.manifest.flows)}
    )


def sent(hub: Factory) -> TestHub:
    stage = hub()
    stage.call_in(stage.visit().number or "")
    stage.deliver()
    return stage


def findings(stage: TestHub) -> list[str]:
    """What does not fit, after the hub has noted its recipients."""
    with stage.hub.store.writing() as session:
        note_recipients(session, stage.hub.config.connectors, stage.clock())
    with stage.hub.store.reading() as session:
        return problems(session, stage.hub.config.connectors, stage.clock())


def changes(stage: TestHub) -> list[Notice]:
    with stage.hub.store.reading() as session:
        return [notice for notice in notices(versions(session)) if notice.connector == "network"]


def test_a_hub_that_sends_what_it_declares_has_no_finding(hub: Factory) -> None:
    assert findings(sent(hub)) == []


def test_a_flow_that_no_manifest_declares_is_found_until_it_fits_again(hub: Factory) -> None:
    stage = sent(hub)
    modest = hub(connectors={**CONNECTORS, "network": Modest})
    found = findings(modest)
    assert found and all("network" in sentence and OLD in sentence for sentence in found)
    assert findings(modest) == found
    stage.clock.advance(days=1)
    assert [sentence for sentence in findings(stage) if " got " in sentence] == []


def test_a_removed_connector_and_another_recipient_are_told_apart(hub: Factory) -> None:
    sent(hub)
    removed = {name: each for name, each in CONNECTORS.items() if name != "network"}
    without = findings(hub(connectors=removed, conversions=[]))
    assert without and all("no connector network" in each for each in without)
    sold = findings(hub(connectors={**CONNECTORS, "network": Elsewhere}))
    assert sold and all("declares another recipient" in each for each in sold)


def test_a_change_after_the_last_disclosure_is_announced_and_the_former_flow_is_no_finding(hub: Factory) -> None:
    stage = sent(hub)
    findings(stage)
    stage.clock.advance(days=1)
    changed = hub(connectors={**CONNECTORS, "network": Elsewhere})
    (sentence,) = findings(changed)
    assert f"{OLD} → Somebody Else Ltd" in sentence and "US → IE" in sentence
    with stage.hub.store.reading() as session:
        chart = draw(session, changed.hub.config, stage.clock())
    assert chart.undeclared == {} and {recipient for _, recipient, _, _ in chart.former} == {OLD}
    stage.clock.advance(days=31)
    assert findings(changed) == []


def test_every_addition_change_and_removal_has_its_notice(hub: Factory) -> None:
    stage = hub()
    began = stage.clock()
    findings(stage)
    findings(stage)
    stage.clock.advance(days=40)
    findings(hub(connectors={**CONNECTORS, "network": Elsewhere}))
    stage.clock.advance(days=1)
    findings(hub(connectors={name: each for name, each in CONNECTORS.items() if name != "network"}, conversions=[]))
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


def test_the_papers_name_every_recipient_and_the_lives(lite_hub: Factory) -> None:
    stage = sent(lite_hub)
    config = stage.hub.config
    with stage.hub.store.writing() as session:
        note_recipients(session, config.connectors, stage.clock())
    with stage.hub.store.reading() as session:
        chart = draw(session, config, stage.clock())
        since = in_use_since(versions(session))
    listed = list(processors(chart, config.connectors, since))
    assert [each.recipient for each in listed] == list(chart.recipients())
    assert all(each.since == f"{stage.clock():%Y-%m-%d}" for each in listed)
    record = "\n".join(record_of_processing(chart, config))
    notice = "\n".join(notice_blocks(chart, config, config.companies[0], ["Global Privacy Control"]))
    for paper in (record, notice):
        assert all(recipient in paper for recipient in chart.recipients()) and "761 days" in paper
    assert config.companies[0].title in notice
    manifests = [entry.connector_class.manifest for entry in config.connectors.values()]
    for each in listed:
        mine = [manifest for manifest in manifests if manifest.recipient.name == each.recipient]
        assert each.erases == all(one.deletion.supported and one.flow("erase_person") is not None for one in mine)
        assert set(each.deletion) == {one.deletion.note for one in mine}


def test_a_company_is_told_only_of_connectors_that_serve_it(lite_hub: Factory) -> None:
    stage = lite_hub(common={"network": {"companies": ("northgate",)}})
    config = stage.hub.config
    with stage.hub.store.reading() as session:
        chart = draw(session, config, stage.clock())
    told = {company.name: "\n".join(notice_blocks(chart, config, company, [])) for company in config.companies}
    assert OLD in told["northgate"] and f"**{OLD}**" not in told["lakeside"]

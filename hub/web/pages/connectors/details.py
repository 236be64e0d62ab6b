"""`/connectors/{connector}`: one connector: its state, its sign-in and scopes, its part of the data map, its failures."""

from __future__ import annotations

from starlette.responses import Response

from hub.connecting.check import check_connection
from hub.connecting.pausing import pause_connector, refuse_shared, resume_connector
from hub.contracts.connector import ConnectionReport
from hub.contracts.titles import connector_title
from hub.errors import NotFound
from hub.privacy.datamap.flows import declared
from hub.queries.connectors.connector_list import ConnectorSummary, connectors_of
from hub.queries.connectors.failures import recent_failures
from hub.queries.connectors.repairs import repairs_of, unmapped_stages
from hub.runtime import webhook_url
from hub.web.pages.connectors import connector_labels
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def connector(page: PageRequest, report: ConnectionReport | None = None) -> Response:
    """One connector, with the result of a test."""
    found = summary_of(page)
    with page.hub.store.reading() as session:
        stages = unmapped_stages(session, page.hub, page.now)
        failures = recent_failures(session, found.name, page.companies, page.now)
    settings = found.entry.written if found.entry.checked is None else found.entry.checked
    return page.render(
        "connector.html",
        title=connector_title(found.name, page.hub.plugins.connectors),
        found=found,
        repairs=repairs_of([found], stages, page.now),
        failures=failures,
        flows=connector_labels.data_map(list(declared({found.name: found.entry}))),
        account=connector_labels.account_words(found, settings),
        rules=[rule for rule in page.hub.config.conversions if found.name in rule.send_to],
        webhook=webhook_url(page.hub.config, found.name) if found.entry.kind == "carrier" else None,
        report=report,
        words=connector_labels,
    )


def summary_of(page: PageRequest) -> ConnectorSummary:
    """The connector that the path names; NotFound if it serves none of the user's companies."""
    name = page.path("connector")
    with page.hub.store.reading() as session:
        found = connectors_of(session, page.hub, page.companies, page.now, only=name)
    if not found:
        raise NotFound(name)
    return found[0]


def test(page: PageRequest) -> Response:
    """Ask the provider whether it accepts our credentials."""
    found = summary_of(page)
    return connector(page, check_connection(page.hub.plugins, found.name))


def pause(page: PageRequest) -> Response:
    """Pause it."""
    found = summary_of(page)
    refuse_shared(page.hub.config, found.name, {each.name for each in page.companies})
    pause_connector(page.hub, found.name, page.user.id)
    return page.redirect(page.link(f"/connectors/{found.name}"), "It is paused. What is due waits until it is resumed.")


def resume(page: PageRequest) -> Response:
    """Resume it if the provider accepts its credentials, or if the user wants it all the same."""
    found = summary_of(page)
    refuse_shared(page.hub.config, found.name, {each.name for each in page.companies})
    anyway = page.value("anyway") == "yes"
    report = resume_connector(page.hub, found.name, page.user.id, anyway=anyway)
    if report is not None and not report.ok and not anyway:
        page.errors[""] = "It stays paused."
        return connector(page, report)
    return page.redirect(page.link(f"/connectors/{found.name}"), "It goes on. What waited is sent at the next sync.")


PAGES = (
    Page("/connectors/{connector}", connector, action="setup"),
    Page("/connectors/{connector}/test", test, action="configure", method="POST"),
    Page("/connectors/{connector}/pause", pause, action="configure", method="POST", again=connector),
    Page("/connectors/{connector}/resume", resume, action="configure", method="POST", again=connector),
)

"""`/connectors`: repairs, the connected accounts, and the installed plugins."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.readers.folders import plugin_places
from hub.connecting.check import check_connection
from hub.connecting.repairs import ignore_repair
from hub.errors import CannotDo
from hub.plugin_host.discovery import discover
from hub.queries.connectors.connector_list import connectors_of
from hub.queries.connectors.repairs import open_repairs
from hub.web.pages.connectors import connector_labels
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

MAX_TESTED = 20
"""Connectors that one click on "Test all" asks."""


def connectors(page: PageRequest) -> Response:
    """The list."""
    shown = page.companies if page.company is None else [page.company]
    with page.hub.store.reading() as session:
        summaries = connectors_of(session, page.hub, shown, page.now)
        repairs = open_repairs(session, page.hub, shown, page.now, page.user.id)
    installed = discover(plugin_places(page.hub.config))
    plugins = sorted(
        (each.manifest for each in installed.classes.values()), key=lambda each: (each.kind == "consent", each.label)
    )
    return page.render(
        "connectors.html",
        title="Connectors",
        summaries=[each for each in summaries if each.manifest.kind != "consent"],
        repairs=repairs,
        plugins=plugins,
        by_owner={name for name, each in installed.classes.items() if each.of_owner},
        broken=sorted(installed.broken),
        words=connector_labels,
    )


def test_all(page: PageRequest) -> Response:
    """Ask every provider whether it accepts our credentials."""
    with page.hub.store.reading() as session:
        names = [each.name for each in connectors_of(session, page.hub, page.companies, page.now)][:MAX_TESTED]
    reports = {name: check_connection(page.hub.plugins, name) for name in names}
    failed = [name for name, report in reports.items() if not report.ok]
    untried = [name for name, report in reports.items() if not report.tried]
    works = len(names) - len(failed) - len(untried)
    rest = f" These cannot be tested: {', '.join(untried)}." if untried else ""
    trouble = f" These do not: {', '.join(failed)}; open one to see why." if failed else ""
    return page.redirect(
        page.link("/connectors"), f"{works} of {len(names)} answer and accept our credentials.{rest}{trouble}"
    )


def ignore(page: PageRequest) -> Response:
    """Hide a repair from this user until it happens again."""
    key = page.value("key")
    with page.hub.store.reading() as session:
        found = {each.key: each for each in open_repairs(session, page.hub, page.companies, page.now)}
    if key not in found or not found[key].may_ignore:
        raise CannotDo("This repair is not there anymore, or it cannot be ignored.")
    ignore_repair(page.hub, page.user, found[key].key)
    return page.redirect(page.link("/connectors"), "You will not see it again unless it happens again.")


PAGES = (
    Page("/connectors", connectors, action="setup"),
    Page("/connectors/test", test_all, action="configure", method="POST"),
    Page("/connectors/ignore", ignore, action="configure", method="POST"),
)

"""`/status`: one sentence on how the hub is, then queues, jobs, database and disk, errors, and test calls."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.models import Config
from hub.platform.formats import zone_name
from hub.platform.line_figures import LINE_FIGURES
from hub.queries.connector_health import connector_health
from hub.queries.connectors.version_ends import version_ends
from hub.queries.live_calls import live_calls
from hub.queries.numbers.pool_websites import pools_without_website
from hub.queries.status.carriers import last_carrier_event, newest_tests
from hub.queries.status.errors import recent_errors
from hub.queries.status.headline import headline
from hub.queries.status.jobs import jobs
from hub.queries.status.machine import machine
from hub.queries.status.queues import queues
from hub.reload.versions import living
from hub.store.companion_troubles import companion_figures
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.status import status_labels


def status(page: PageRequest) -> Response:
    """The page; htmx asks for its test calls alone while the newest has not been read by a worker."""
    ids, names = page.company_ids, [each.name for each in page.shown_companies]
    hub = page.hub
    if page.is_partial:
        with page.session() as session:
            tests = newest_tests(session, ids)
        return page.render("status.html", block="tests", tests=tests)
    with page.session() as session:
        live = live_calls(session, page.scope, hub.vault, ids, page.now)
        tests = newest_tests(session, ids)
    with hub.store.reading() as session:
        found = machine(session, hub, page.now)
        waiting = queues(session, hub.config, ids, names, page.now)
        reports = jobs(session, hub.config, names, hub.liveness, page.now)
        errors = recent_errors(session, hub.config, names, page.now)
        connectors = connector_health(session, hub.config, hub.plugins, names)
        running = living(session, page.now)
        heard = last_carrier_event(session, _carriers(hub.config, names))
        lines = companion_figures(session, page.now)
    serving = [each for each in hub.config.connectors.values() if any(map(each.serves, names))]
    outgoing = [each for each in waiting if each.kind in ("delivery", "texts")]
    return page.render(
        "status.html",
        title="Status",
        headline=headline(
            waiting,
            reports,
            connectors,
            found,
            hub.liveness.stuck(),
            page.now,
            version_ends(serving, page.now),
            [each for each in pools_without_website(hub.config, names) if each.website.swap],
        ),
        live=live,
        heard=heard,
        to_send=sum(each.waiting for each in outgoing),
        oldest=min((each.oldest for each in outgoing if each.oldest), default=None),
        queues=waiting,
        jobs=reports,
        machine=found,
        processes=running,
        newest=max((each.version or 0 for each in running), default=0),
        errors=errors,
        tests=tests,
        lines={name: lines[name] for name in _carriers(hub.config, names) if name in lines},
        line_figures=LINE_FIGURES,
        words=status_labels,
        zone=zone_name(page.zone),
    )


def _carriers(config: Config, names: list[str]) -> list[str]:
    return [entry.name for entry in config.of_kind("carrier") if any(entry.serves(each) for each in names)]


PAGES = (Page("/status", status, "status"),)

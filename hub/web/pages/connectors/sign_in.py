"""Sign in at a provider, and back: what is asked for, the provider's answer, and connectors that get a new sign-in."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from hub.config.readers.folders import plugin_places
from hub.connecting.attempts import Attempt, Attempts
from hub.connecting.check import warning_of
from hub.connecting.pausing import is_own, refuse_shared
from hub.connecting.reconnect import reconnect
from hub.contracts.connector import Connector
from hub.errors import CannotDo, RingfenceError
from hub.plugin_host.discovery import discover
from hub.web.pages.connectors import connector_labels
from hub.web.pages.connectors.details import summary_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def plugin_classes(page: PageRequest) -> Mapping[str, type[Connector]]:
    """The plugins that are installed or configured."""
    configured = {each.common.plugin: each.connector_class for each in page.hub.config.connectors.values()}
    return {**discover(plugin_places(page.hub.config)).classes, **configured}


def attempts_of(page: PageRequest) -> Attempts:
    """The sign-ins of this hub."""
    return Attempts(page.hub, plugin_classes(page))


def ask_again(page: PageRequest) -> Response:
    """What is asked for, before a new sign-in of a connector of config.yaml."""
    found = summary_of(page)
    refuse_shared(page.hub.config, found.name, {each.name for each in page.companies})
    if page.hub.plugins.connectors[found.name].sign_in() is None:
        raise CannotDo(f"{found.name} has credentials of its own in config.yaml, so nobody signs in.")
    return page.render(
        "connect_start.html",
        title=f"Sign in for {found.name}",
        manifest=found.manifest,
        name=found.name,
        go=page.link(f"/connectors/{found.name}/sign-in/go"),
        back=page.link(f"/connectors/{found.name}"),
        waiting=found.waiting.count,
        last=found.token.get("signed_in_as"),
        is_new=False,
        words=connector_labels,
    )


def go_again(page: PageRequest) -> Response:
    """To the provider, for a connector of config.yaml."""
    found = summary_of(page)
    refuse_shared(page.hub.config, found.name, {each.name for each in page.companies})
    attempts = attempts_of(page)
    return page.redirect(attempts.go(attempts.again(page.user, page.web_session, found.name)))


def come_back(page: PageRequest) -> Response:
    """The provider's answer."""
    attempts = attempts_of(page)
    parameters: dict[str, list[str]] = {}
    for key, value in page.request.query_params.multi_items():
        parameters.setdefault(key, []).append(value)
    attempt = None
    try:
        attempt = attempts.take(page.user, page.web_session, parameters)
        attempt = attempts.redeem(attempt, parameters)
        if attempt.is_new:
            return page.redirect(f"/connectors/connecting/{attempt.row.id}")
        return _reconnected(page, attempts, attempt)
    except RingfenceError as error:
        return _failed(page, str(error), attempt)


def _reconnected(page: PageRequest, attempts: Attempts, attempt: Attempt) -> Response:
    name = attempt.row.connector
    companies = {each.name for each in page.companies}
    try:
        done = reconnect(
            page.hub,
            name,
            attempt.token or {},
            page.user.id,
            lambda other: is_own(page.hub.config, other, companies),
        )
    finally:
        attempts.forget(attempt)
    who = f" as {done.signed_in_as}" if done.signed_in_as else ""
    others = f" {', '.join(done.others)} {'goes' if len(done.others) == 1 else 'go'} on too." if done.others else ""
    works = warning_of(done.report) or f"{name} works; what waited is sent now."
    return page.redirect(f"/connectors/{name}", f"Signed in{who}. {works}{others}")


def _failed(page: PageRequest, text: str, attempt: Attempt | None) -> Response:
    again = "/connectors"
    if attempt is not None and attempt.is_new:
        again = f"/connectors/connecting/{attempt.row.id}"
    elif attempt is not None:
        again = f"/connectors/{attempt.row.connector}/sign-in"
    return page.render("connect_failed.html", 422, title="Not signed in", text=text, again=page.link(again))


PAGES = (
    Page("/connectors/oauth/callback", come_back, action="configure"),
    Page("/connectors/{connector}/sign-in", ask_again, action="configure"),
    Page("/connectors/{connector}/sign-in/go", go_again, action="configure"),
)

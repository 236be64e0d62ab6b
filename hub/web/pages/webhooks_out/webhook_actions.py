"""What users do with an endpoint: a test, replays, its secret, and letting it go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlmodel import Session
from starlette.responses import Response

from hub.errors import CannotDo
from hub.model.states import WebhookEventState
from hub.runtime import Hub
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.webhooks_out.details import company_of, details, path_of
from hub.web.pages.webhooks_out.webhook_labels import AGAIN
from hub.web.pages.webhooks_out.webhooks_page import PATH
from hub.webhooks_out.endpoints import Endpoint, end_rotation, endpoint_named, resume, rotate, secrets_of
from hub.webhooks_out.replay import replay_one, replay_range
from hub.webhooks_out.sample import send_test


def test(page: PageRequest) -> Response:
    """Send one fictional call now."""
    verdict = send_test(page.hub, _endpoint(page), page.user.id)
    if verdict.state != WebhookEventState.DELIVERED:
        return details(page, error=f"The test was not taken. {verdict.reason}")
    return _back(page, f"The test was taken: the endpoint answered {verdict.status}.")


def again(page: PageRequest) -> Response:
    """Send one event again."""
    endpoint = _endpoint(page)
    with page.hub.store.writing() as session:
        replay_one(session, endpoint, page.value("event"), page.now, page.user.id)
    return _back(page, "The event is on its way again, with the same id.")


def again_between(page: PageRequest) -> Response:
    """Send the events of a range of time again, of the chosen states."""
    endpoint = _endpoint(page)
    begins, ends = (_moment(page, page.value(name)) for name in ("first", "last"))
    ends += timedelta(minutes=1)  # a minute that is chosen belongs to the range
    states = [WebhookEventState(state) for each in page.form.get("what", ()) for state in AGAIN.get(each, ("", ()))[1]]
    with page.hub.store.writing() as session:
        count = replay_range(session, endpoint, begins, ends, page.now, page.user.id, states)
    reported = "1 event is" if count == 1 else f"{count:,} events are"
    return _back(page, f"{reported} on the way again, oldest first." if count else "There was nothing to send again.")


def reveal(page: PageRequest) -> Response:
    """Show the secret."""
    endpoint = _endpoint(page)
    known = secrets_of(page.hub, endpoint)
    page.note("webhook.secret", endpoint.row.company_id, endpoint.row.name)
    return details(page, secret=known.present)


def new_secret(page: PageRequest) -> Response:
    """Make a new secret, or take the one that a receiver has; show it this one time."""
    endpoint, given = _endpoint(page), page.value("secret")
    with page.hub.store.writing() as session:
        made = rotate(session, page.hub, endpoint, page.user.id, secret=given)
    return _back(page, "The secret is set.") if given else details(page, secret=made)


def end(page: PageRequest) -> Response:
    """End the former secret."""
    return _changed(page, end_rotation, "The former secret no longer signs.")


def go_on(page: PageRequest) -> Response:
    """Let a paused endpoint get events again."""
    return _changed(page, resume, "It gets events again. Send again what it missed, if it still wants it.")


def _changed(page: PageRequest, action: Callable[[Session, Hub, Endpoint, str], object], notice: str) -> Response:
    endpoint = _endpoint(page)
    with page.hub.store.writing() as session:
        action(session, page.hub, endpoint, page.user.id)
    return _back(page, notice)


def _endpoint(page: PageRequest) -> Endpoint:
    with page.session() as session:
        return endpoint_named(session, page.hub.config, company_of(page), page.path("webhook"))


def _back(page: PageRequest, notice: str) -> Response:
    return page.redirect(page.link(path_of(company_of(page), page.path("webhook"))), notice)


def _moment(page: PageRequest, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CannotDo("Choose when it begins and when it ends.") from None
    if not 2000 <= at.year <= 2100:
        raise CannotDo("Choose a time between 2000 and 2100.")
    return at.replace(tzinfo=page.zone).astimezone(UTC)


_ONE = f"{PATH}/{{company}}/{{webhook}}"
PAGES = (
    Page(f"{_ONE}/test", test, "configure", method="POST", again=details),
    Page(f"{_ONE}/replay", again, "replay", method="POST", again=details),
    Page(f"{_ONE}/replay-range", again_between, "replay", method="POST", again=details),
    Page(f"{_ONE}/secret", reveal, "configure", method="POST", again=details),
    Page(f"{_ONE}/rotate", new_secret, "configure", method="POST", again=details),
    Page(f"{_ONE}/rotate/end", end, "configure", method="POST", again=details),
    Page(f"{_ONE}/resume", go_on, "configure", method="POST", again=details),
)

"""The ways of alerts to one user: phone number, webhook, chats, browsers, and a test of each."""

from __future__ import annotations

import json
from functools import partial

from starlette.responses import JSONResponse, Response

from hub.alerts.channels import push, text
from hub.alerts.channels.chat import CHATS
from hub.alerts.kinds import CHANNEL_NAMES
from hub.alerts.settings import queue_test, remove_webhook, set_chat, set_webhook
from hub.errors import CannotDo
from hub.store import audit
from hub.web.pages.alerts.choices import PATH, company_of, show_form
from hub.web.pages.guard import Page, error_json
from hub.web.pages.request import PageRequest
from hub.web.sign_in.browser_names import browser_name

MAX_SUBSCRIPTION_CHARACTERS = 4_000


def test(page: PageRequest) -> Response:
    """Send a test alert by one channel."""
    channel = page.value("channel")
    with page.hub.store.writing() as session:
        queue_test(session, page.hub, page.user, company_of(page), channel)
    return _back(page, f"A test is on its way ({CHANNEL_NAMES[channel]}); the list of alerts shows how it went.")


def send_code(page: PageRequest) -> Response:
    """Text a code to the number that the user wrote."""
    company = company_of(page)
    with page.hub.store.writing() as session:
        text.send_code(session, page.hub, page.directory, page.user, company.id, page.value("number"))
    return _back(page, "A code is on its way to your phone.")


def confirm(page: PageRequest) -> Response:
    """Check the code. A wrong one is committed too, so that it counts."""
    wrong: CannotDo | None = None
    with page.hub.store.writing() as session:
        try:
            text.confirm(session, page.hub, page.user, page.value("code"))
        except CannotDo as error:
            wrong = error
    if wrong is not None:
        raise wrong
    return _back(page, "Your number is confirmed. Choose below what it should get.")


def forget_phone(page: PageRequest) -> Response:
    """Forget the number."""
    with page.hub.store.writing() as session:
        text.forget_phone(session, page.hub, page.user)
    return _back(page, "The number is removed.")


def webhook(page: PageRequest) -> Response:
    """Set the address, and show its secret this one time."""
    with page.hub.store.writing() as session:
        secret = set_webhook(session, page.hub, page.user, company_of(page), page.value("url"))
    return show_form(page, secret=secret)


def webhook_gone(page: PageRequest) -> Response:
    """Forget the address."""
    with page.hub.store.writing() as session:
        remove_webhook(session, page.hub, page.user, company_of(page))
    return _back(page, "The webhook is removed.")


def chat(channel: str, page: PageRequest) -> Response:
    """Set the address of the webhook of a chat."""
    with page.hub.store.writing() as session:
        set_chat(session, page.hub, page.user, company_of(page), channel, page.value(channel))
    return _back(page, f"{CHANNEL_NAMES[channel]} is set. Send a test, and choose above what it should get.")


def chat_gone(channel: str, page: PageRequest) -> Response:
    """Forget the address of a chat."""
    with page.hub.store.writing() as session:
        set_chat(session, page.hub, page.user, company_of(page), channel, None)
    return _back(page, f"{CHANNEL_NAMES[channel]} is removed.")


def subscribe(page: PageRequest) -> Response:
    """Keep the subscription of this browser; the answer is for the page's script."""
    try:
        given = json.loads(page.value("subscription")[:MAX_SUBSCRIPTION_CHARACTERS] or "null")
    except (ValueError, RecursionError):
        raise CannotDo("This was not a subscription.") from None
    named = browser_name(page.request.headers.get("user-agent", ""))
    with page.hub.store.writing() as session:
        push.subscribe(session, page.hub, page.user, given, named)
        audit.note(session, page.now, page.user.id, "alerts.browser", page.user.id, "added")
    return JSONResponse({}, headers={"Cache-Control": "no-store"})


def unsubscribe(page: PageRequest) -> Response:
    """Forget one of the user's browsers."""
    with page.hub.store.writing() as session:
        push.unsubscribe(session, page.user, page.path("subscription_id"))
        audit.note(session, page.now, page.user.id, "alerts.browser", page.user.id, "removed")
    return _back(page, "That browser gets no more notifications.")


def _back(page: PageRequest, notice: str) -> Response:
    return page.redirect(page.link(PATH, company=company_of(page).name), notice)


PAGES = (
    Page("/alerts/test", test, method="POST", again=show_form, field="test"),
    Page("/alerts/phone", send_code, method="POST", again=show_form, field="number"),
    Page("/alerts/phone/confirm", confirm, method="POST", again=show_form, field="code"),
    Page("/alerts/phone/forget", forget_phone, method="POST"),
    Page("/alerts/webhook", webhook, method="POST", again=show_form, field="url"),
    Page("/alerts/webhook/remove", webhook_gone, method="POST"),
    *(Page(f"/alerts/{each}", partial(chat, each), method="POST", again=show_form, field=each) for each in CHATS),
    *(Page(f"/alerts/{each}/remove", partial(chat_gone, each), method="POST") for each in CHATS),
    Page("/alerts/push", subscribe, method="POST", again=error_json),
    Page("/alerts/push/{subscription_id}/remove", unsubscribe, method="POST"),
)

"""Alerts and digests by email: text and HTML, with a link that ends them by one click."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from hub.alerts.channels.message_parts import MessageParts
from hub.alerts.unsubscribe import ALERTS, unsubscribe_url
from hub.alerts.wording import summary_title
from hub.errors import Rejected
from hub.mail import NO_SERVER, Attachment, make_mail, send_mail
from hub.model import User
from hub.runtime import Hub

if TYPE_CHECKING:
    from jinja2 import Environment


def send_alert_mail(
    hub: Hub, user: User, company_id: str, delivery_id: str, parts: Sequence[MessageParts], begin: Callable[[], None]
) -> None:
    """Send one message, or several as one summary, with what is added to each. `begin` is called before the mail server gets
    it."""
    messages, files = [each.message for each in parts], [file for each in parts for file in each.files]
    title = messages[0].title if len(messages) == 1 else summary_title(messages)
    values = {"title": title, "messages": messages, "settings": _address(hub, "/alerts/settings")}
    link = unsubscribe_url(hub, user.id, company_id, ALERTS)
    send_rendered(hub, user.email, delivery_id, title, "alert_mail", values, link, begin, files=files)


def send_rendered(
    hub: Hub,
    to: str | None,
    delivery_id: str,
    subject: str,
    template: str,
    values: Mapping[str, object],
    unsubscribe: str | None,
    begin: Callable[[], None],
    *,
    sender: str | None = None,
    files: Sequence[Attachment] = (),
) -> None:
    """Send an email made from a template, under the name `sender`, with the headers for one-click unsubscription; without
    them if the user asked for this one. Source: RFC 8058."""
    mail = hub.config.mail
    if mail is None:
        raise Rejected(NO_SERVER)
    if not to:
        raise Rejected("There is no email address.")
    shown = {**values, "unsubscribe": unsubscribe}
    headers = {"Message-ID": f"<{delivery_id}@{mail.sender.rpartition('@')[2]}>"}
    if unsubscribe is not None:
        headers |= {
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    text = _templates().get_template(f"{template}.txt").render(shown)
    html = _templates().get_template(f"{template}.html").render(shown)
    send_mail(
        hub.config, make_mail(mail, to, subject, text, html=html, headers=headers, sender=sender, files=files), begin
    )


def _address(hub: Hub, path: str) -> str:
    return str(hub.config.hub.public_url).rstrip("/") + path


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("hub.alerts", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

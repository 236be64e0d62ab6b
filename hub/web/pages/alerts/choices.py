"""`/alerts/settings`: which kinds of alerts of a company reach the user by which channel, quiet hours and summaries."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import available_timezones

from sqlmodel import Session, col, select
from starlette.responses import Response

from hub.alerts.channels.push import public_key
from hub.alerts.kinds import CHANNEL_NAMES, DIGESTS, AlertKind, kinds_for
from hub.alerts.quiet_hours import as_time, minutes_of
from hub.alerts.settings import (
    NO_WEBHOOK,
    AlertSettings,
    WantedKind,
    chat_hosts,
    copy_settings,
    read_settings,
    save_settings,
    webhook_url,
    why_no_channel,
)
from hub.errors import CannotDo, NotFound
from hub.model import AlertPhone, Company, PushSubscription
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

PATH = "/alerts/settings"
FIELDS = (
    Field(name="quiet_from", label="From", kind="time"),
    Field(name="quiet_to", label="To", kind="time"),
    Field(name="time_zone", label="Time zone", kind="choice", required=True,
          choices=tuple((each, each) for each in sorted(available_timezones()))),
    Field(name="code", label="Code that was sent", kind="number", required=True, autocomplete="one-time-code"),
    Field(name="number", label="Your mobile number", kind="phone", required=True, maximum=40, placeholder="+1 312 555 0190",
          autocomplete="tel",
          hint="A code is texted to it. By entering the code you agree to alerts by text; message rates may apply."),
    Field(name="url", label="Address", kind="url", required=True, maximum=1_000, placeholder="https://hooks.example.com/calls",
          hint="A public https address. Each message is JSON, signed as Standard Webhooks says; the secret is shown once."),
    Field(name="slack", label="Webhook URL of a Slack channel", kind="secret", required=True, maximum=1_000,
          hint="In Slack: Apps, Incoming Webhooks, Add to a channel. It is a secret: stored encrypted, and not shown."),
    Field(name="teams", label="Webhook address of a Teams channel", kind="secret", required=True, maximum=1_000,
          hint="In Teams: the channel’s menu, Workflows, “Send webhook alerts to a channel”. It is a secret: stored encrypted, "
          "and not shown."),
)  # fmt: skip


def company_of(page: PageRequest) -> Company:
    """The company whose settings the page shows: the chosen one, else the first. NotFound if there is none."""
    if page.company is not None:
        return page.company
    if not page.companies:
        raise NotFound("There is no company to hear of.")
    return page.companies[0]


def show_form(
    page: PageRequest, form: Form | None = None, settings: AlertSettings | None = None, secret: str | None = None
) -> Response:
    """The page: with a form that was refused, with settings as they were sent, or with the secret of a new webhook."""
    company = company_of(page)
    with page.hub.store.reading() as session:
        settings = settings or read_settings(session, page.user, company)
        kinds = kinds_for(session, page.user, company.id)
        missing = {each: why_no_channel(session, page.hub, page.user, company, each) for each in CHANNEL_NAMES}
        phone = session.get(AlertPhone, page.user.id)
        browsers = _browsers(session, page)
        webhook = webhook_url(session, page.hub, page.user, company) if page.hub.keyring else None
        chats = chat_hosts(session, page.hub, page.user, company) if page.hub.keyring else {}
    quiet = settings.quiet or (None, None)
    form = form or Form.again(FIELDS, page)
    values = {
        "quiet_from": [as_time(quiet[0])],
        "quiet_to": [as_time(quiet[1])],
        "time_zone": [settings.time_zone],
        **form.values,
    }
    return page.render(
        "alerts_settings.html",
        form.status,
        title="Alert settings",
        form=replace(form, values=values),
        company=company,
        settings=settings,
        kinds=kinds,
        threshold=_thresholds(settings, kinds),
        channels={key: name for key, name in CHANNEL_NAMES.items() if missing[key] != NO_WEBHOOK},
        missing=missing,
        phone=phone,
        browsers=browsers,
        webhook=webhook,
        chats=chats,
        push_key=public_key(page.hub) if page.hub.keyring else "",
        digests=DIGESTS if page.may("reports") else {},
        carrier_of_messages=mail.messages.recipient if (mail := page.hub.config.mail) and mail.messages else "",
        secret=secret,
        others=[each for each in page.companies if each.id != company.id],
    )


def save(page: PageRequest) -> Response:
    """Save the form."""
    company = company_of(page)
    form = Form(FIELDS, page.form)
    settings = _read_form(page, form)
    if not form.is_refused:
        try:
            with page.hub.store.writing() as session:
                save_settings(session, page.user, company, settings, page.now)
                if page.value("everywhere"):
                    copy_settings(session, page.user, company, page.companies, page.now)
        except CannotDo as error:
            form.refuse(error)
    if form.is_refused:
        return show_form(page, form, settings)
    where = "all your companies" if page.value("everywhere") else company.title
    return page.redirect(page.link(PATH, company=company.name), f"Saved for {where}.")


def _read_form(page: PageRequest, form: Form) -> AlertSettings:
    wanted = {}
    for key in page.form.get("kind", []):
        channels = [each for each in page.form.get(f"{key}.by", []) if each in CHANNEL_NAMES]
        number = page.value(f"{key}.threshold")
        wanted[key] = WantedKind(tuple(channels), int(number) if number.isdecimal() and len(number) < 6 else None)
    begins, ends = page.value("quiet_from"), page.value("quiet_to")
    quiet = (minutes_of(begins), minutes_of(ends))
    if (begins or ends) and None in quiet:
        form.errors["quiet_from"] = "Write both times, like 22:00 and 07:00, or leave both empty."
    return AlertSettings(
        kinds=wanted,
        quiet=None if quiet[0] is None or quiet[1] is None else (quiet[0], quiet[1]),
        time_zone=page.value("time_zone"),
        names_caller=page.value("names_caller") == "on",
        attaches_messages=page.value("attaches_messages") == "on",
        digests=tuple(page.form.get("digest", [])),
    )


def _thresholds(settings: AlertSettings, kinds: list[AlertKind]) -> dict[str, int]:
    return {
        kind.key: (settings.kinds[kind.key].threshold if kind.key in settings.kinds else None) or kind.threshold.default
        for kind in kinds
        if kind.threshold is not None
    }


def _browsers(session: Session, page: PageRequest) -> list[PushSubscription]:
    mine = select(PushSubscription).where(PushSubscription.user_id == page.user.id)
    return list(session.exec(mine.order_by(col(PushSubscription.made_at))))


PAGES = (
    Page(PATH, show_form),
    Page(PATH, save, method="POST"),
)

"""Reports by email to people without an account: queued in the outbox of alerts, made from what the hub has when they go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from hub.access.brands import brand_of
from hub.access.report_subscriptions import stop
from hub.access.reports_to_send import ReportToSend, report_of, saved_report_of
from hub.access.scope import scope_of
from hub.alerts.channels.email import send_rendered
from hub.alerts.digests import LATEST, Span, latest_span
from hub.alerts.kinds import REPORT, Channel
from hub.alerts.spread import write_alert
from hub.alerts.unsubscribe import REPORT_MAIL, unsubscribe_url
from hub.errors import CannotDo, NotFound, Rejected
from hub.mail import NO_SERVER, Attachment, RefusedAddressError
from hub.model import Alert, ReportSubscription, User
from hub.model.columns import new_id
from hub.runtime import Hub
from hub.store import audit
from hub.store.writers.alert_events import ALERT_LIFETIME

GONE = "The user who set it up may no longer see or share this report, or its saved report is gone, so it was stopped."
NOT_SEEN = "You may no longer see this report, or it is gone."
REFUSED = "The mail server refused the address, so it was stopped."


@dataclass(frozen=True)
class PrintedReport:
    """A report of some days as it goes out by email. It has aggregates only: no name, number or word of a caller."""

    title: str
    days: str
    headline: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    """The first rows of its table as texts, and the total last."""
    rows_left_out: int
    csv: str
    file_name: str
    html: str
    """The page for the PDF."""
    notes: Sequence[str] = field(default_factory=tuple)


PrintReport = Callable[[Hub, Session, ReportToSend, date, date], PrintedReport]
"""Makes a report of some days; the pages of the web interface do it."""
MakePdf = Callable[[str], bytes | None]
"""The PDF of a page; None if the extra `pdf` is not installed."""


@dataclass(frozen=True)
class Printer:
    """How reports are made for emails; what is above the alerts gives it to the worker."""

    report: PrintReport
    pdf: MakePdf


def queue_reports(hub: Hub) -> int:
    """Write the reports that are due to the outbox, each once; returns how many were new."""
    now, written = hub.clock(), 0
    with hub.store.reading() as session:
        wanted = session.exec(select(ReportSubscription).where(col(ReportSubscription.stopped_at).is_(None))).all()
    for row in wanted:
        span = latest_span(row.every, now, ZoneInfo(row.time_zone), time(row.hour))
        if row.made_at < span.due and now - span.due < LATEST:
            alert = Alert(
                account_id=row.account_id,
                user_id=row.user_id,
                company_id=row.company_id,
                kind=REPORT,
                dedup_key=f"{REPORT}/{row.id}/{span.first}",
                facts={"to": row.id, "report": row.report, **_days(span)},
                at=span.due,
                seen_at=now,
                expires_at=now + ALERT_LIFETIME,
            )
            with hub.store.writing() as session:
                written += write_alert(session, alert, [Channel.EMAIL], now, through_quiet=True, target=row.id)
    return written


def queue_copy(session: Session, hub: Hub, user: User, report_id: str, *, actor: str | None = None) -> str:
    """Send a user now what a subscription or a saved report would send, with an audit entry, within `session`. Returns the
    address. NotFound if the user may not see it, CannotDo if no mail can go."""
    subscription = _subscription(session, user, report_id)
    wanted = _for_user(session, user, subscription, report_id)
    if wanted is None:
        raise NotFound("Not found")
    if hub.config.mail is None:
        raise CannotDo(NO_SERVER)
    if not user.email:
        raise CannotDo("Your user has no email address yet; add one under your name.")
    now = hub.clock()
    span = latest_span(subscription.every if subscription else "daily", now, ZoneInfo(wanted.time_zone), time())
    alert = Alert(
        account_id=user.account_id, user_id=user.id, company_id=wanted.companies[0].id, kind=REPORT,
        dedup_key=f"{REPORT}/copy/{new_id()}",
        facts={"to" if subscription else "view": report_id, "copy": True, "report": wanted.report, **_days(span)},
        at=now, seen_at=now, expires_at=now + ALERT_LIFETIME,
    )  # fmt: skip
    write_alert(session, alert, [Channel.EMAIL], now, through_quiet=True)
    audit.note(session, now, actor or user.id, "report_mail.copy", alert.company_id, f"{report_id}: {wanted.report}")
    return user.email


def _subscription(session: Session, user: User, row_id: str) -> ReportSubscription | None:
    """The subscription of an id, if the user may share reports of its company."""
    scope = scope_of(session, user, "share")
    wanted = (ReportSubscription.id == row_id, col(ReportSubscription.stopped_at).is_(None))
    return None if scope is None else session.exec(scope.select(ReportSubscription).where(*wanted)).first()


def _for_user(
    session: Session, user: User, subscription: ReportSubscription | None, view_id: str
) -> ReportToSend | None:
    """What a subscription or else a saved report sends, if the user may see all of it."""
    scope = scope_of(session, user, "reports")
    if scope is None:
        return None
    if subscription is None:
        return saved_report_of(session, user, view_id)
    wanted = report_of(session, subscription)
    if wanted is None or scope.companies is None:
        return wanted
    shown = {each.id for each in wanted.companies}
    return None if wanted.all_companies or not shown.issubset(scope.companies) else wanted


def why_not(session: Session, alert: Alert) -> str | None:
    """Why a report does not go out any more; None if it does."""
    row = _row_of(session, alert)
    if not is_copy(alert) and (row is None or row.stopped_at is not None):
        return row.stop_reason if row is not None else "It was removed."
    if _wanted(session, alert) is None:
        return NOT_SEEN if is_copy(alert) else GONE
    return None


def is_copy(alert: Alert) -> bool:
    """Whether a user asked for it, instead of the schedule."""
    return bool(alert.facts.get("copy"))


def _row_of(session: Session, alert: Alert) -> ReportSubscription | None:
    return session.get(ReportSubscription, alert.facts["to"]) if "to" in alert.facts else None


def _wanted(session: Session, alert: Alert) -> ReportToSend | None:
    """What a report shows now; None if it may not be sent."""
    row = _row_of(session, alert)
    if is_copy(alert):
        return _for_user(session, session.get_one(User, alert.user_id), row, alert.facts.get("view", ""))
    return report_of(session, row) if row is not None else None


def _days(span: Span) -> dict[str, str]:
    return {"first": span.first.isoformat(), "last": span.last.isoformat()}


def stop_gone(hub: Hub, alert: Alert) -> None:
    """Stop what its user may no longer see or share."""
    _stop(hub, alert.facts["to"], GONE)


def send_report(hub: Hub, printer: Printer | None, alert: Alert, delivery_id: str, begin: Callable[[], None]) -> None:
    """Make a report from what the hub has now and what the user who set it up may see now, and send it.

    A refused address and a user who may no longer see it stop the subscription. Rejected says why it was not sent.
    """
    if printer is None:
        raise Rejected("This process cannot print reports.")
    first, last = date.fromisoformat(alert.facts["first"]), date.fromisoformat(alert.facts["last"])
    with hub.store.reading() as session:
        row, user = _row_of(session, alert), session.get_one(User, alert.user_id)
        wanted = _wanted(session, alert)
        brand = brand_of(session, alert.account_id)
        printed = printer.report(hub, session, wanted, first, last) if wanted is not None else None
    copy = is_copy(alert)
    if printed is None:
        if not copy:
            _stop(hub, alert.facts["to"], GONE)
        raise Rejected(NOT_SEEN if copy else GONE)
    files = [Attachment(f"{printed.file_name}.csv", "text/csv", printed.csv.encode("utf-8-sig"))]
    pdf = printer.pdf(printed.html)
    if pdf is not None:
        files.insert(0, Attachment(f"{printed.file_name}.pdf", "application/pdf", pdf))
    values = {"printed": printed, "brand": brand, "has_pdf": pdf is not None, "title": printed.title}
    link = None if copy or row is None else unsubscribe_url(hub, row.id, row.company_id, REPORT_MAIL)
    try:
        send_rendered(
            hub, user.email if copy or row is None else row.email, delivery_id, f"{printed.title}, {printed.days}",
            "report_mail", values, link, begin, sender=brand.title, files=files,
        )  # fmt: skip
    except RefusedAddressError as error:
        if not copy and row is not None:
            _stop(hub, row.id, REFUSED)
        raise Rejected("The mail server refused the address." if copy else REFUSED) from error


def _stop(hub: Hub, row_id: str, reason: str) -> None:
    with hub.store.writing() as session:
        stop(session, session.get_one(ReportSubscription, row_id), reason, "hub", hub.clock())

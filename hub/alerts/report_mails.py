"""Reports by e-mail to people without an account: queued in the outbox of alerts, made from what the hub has when they go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from hub.access.brands import brand_of
from hub.access.report_subscriptions import readable, stop
from hub.access.scope import AccessScope
from hub.alerts.channels.email import send_rendered
from hub.alerts.digests import LATEST, latest_span
from hub.alerts.kinds import REPORT, Channel
from hub.alerts.spread import write_alert
from hub.alerts.unsubscribe import REPORT_MAIL, unsubscribe_url
from hub.errors import Rejected
from hub.mail import Attachment, RefusedAddressError
from hub.model import Alert, Company, ReportSubscription
from hub.runtime import Hub
from hub.store.writers.alert_events import ALERT_LIFETIME

GONE = "The user who set it up may no longer see or share this report, so it was stopped."
REFUSED = "The mail server refused the address, so it was stopped."


@dataclass(frozen=True)
class PrintedReport:
    """A report of some days as it goes out by e-mail. It has aggregates only: no name, number or word of a caller."""

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


PrintReport = Callable[[Hub, Session, AccessScope, Sequence[Company], ReportSubscription, date, date], PrintedReport]
"""Makes a report of the companies and days; the pages of the web interface do it."""
MakePdf = Callable[[str], bytes | None]
"""The PDF of a page; None if the extra `pdf` is not installed."""


@dataclass(frozen=True)
class Printer:
    """How reports are made for e-mails; what is above the alerts gives it to the worker."""

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
                facts={
                    "to": row.id,
                    "report": row.report,
                    "first": span.first.isoformat(),
                    "last": span.last.isoformat(),
                },
                at=span.due,
                seen_at=now,
                expires_at=now + ALERT_LIFETIME,
            )
            with hub.store.writing() as session:
                written += write_alert(session, alert, [Channel.EMAIL], now, through_quiet=True, target=row.id)
    return written


def why_not(session: Session, alert: Alert) -> str | None:
    """Why a report does not go out any more; None if it does."""
    row = session.get(ReportSubscription, alert.facts["to"])
    if row is None or row.stopped_at is not None:
        return row.stop_reason if row is not None else "It was removed."
    return None if readable(session, row) else GONE


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
        row = session.get_one(ReportSubscription, alert.facts["to"])
        seen = readable(session, row)
        brand = brand_of(session, row.account_id)
        printed = printer.report(hub, session, *seen, row, first, last) if seen else None
    if printed is None:
        _stop(hub, row.id, GONE)
        raise Rejected(GONE)
    files = [Attachment(f"{printed.file_name}.csv", "text/csv", printed.csv.encode("utf-8-sig"))]
    pdf = printer.pdf(printed.html)
    if pdf is not None:
        files.insert(0, Attachment(f"{printed.file_name}.pdf", "application/pdf", pdf))
    values = {"printed": printed, "brand": brand, "has_pdf": pdf is not None, "title": printed.title}
    link = unsubscribe_url(hub, row.id, row.company_id, REPORT_MAIL)
    try:
        send_rendered(
            hub, row.email, delivery_id, f"{printed.title}, {printed.days}", "report_mail", values, link, begin,
            sender=brand.title, files=files,
        )  # fmt: skip
    except RefusedAddressError as error:
        _stop(hub, row.id, REFUSED)
        raise Rejected(REFUSED) from error


def _stop(hub: Hub, row_id: str, reason: str) -> None:
    with hub.store.writing() as session:
        stop(session, session.get_one(ReportSubscription, row_id), reason, "hub", hub.clock())

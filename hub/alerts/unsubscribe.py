"""Links that end emails without a sign-in (RFC 8058): each names a user, a company and what ends, and is signed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, select

from hub.access.report_subscriptions import stop
from hub.alerts.kinds import DIGESTS, Channel
from hub.model import AlertPreference, AlertRule, Company, ReportSubscription, User
from hub.runtime import Hub
from hub.store import audit

PURPOSE = "alert-unsubscribe"
ALERTS = "alerts"
REPORT_MAIL = "report"


@dataclass(frozen=True)
class Unsubscription:
    """What a link ends: the alerts of one user for one company, one digest, or the reports to one address, whose id stands in
    the place of the user's."""

    user_id: str
    company_id: str
    what: str
    company: str

    @property
    def words(self) -> str:
        """What it is about, in words."""
        if self.what == REPORT_MAIL:
            return f"The report for {self.company} by email"
        named = "Alerts by email" if self.what == ALERTS else f"The {self.what} summary"
        return f"{named} for {self.company}"


def unsubscribe_url(hub: Hub, user_id: str, company_id: str, what: str) -> str:
    """The link in one kind of email to one user."""
    named = f"{user_id}.{company_id}.{what}"
    token = f"{named}.{hub.keyring.sign(PURPOSE, named.encode())}"
    return f"{str(hub.config.hub.public_url).rstrip('/')}/unsubscribe/{token}"


def read_token(session: Session, hub: Hub, token: str) -> Unsubscription | None:
    """What a link is about; None if the hub did not make it, or the company is gone."""
    named, _, signature = token.rpartition(".")
    parts = named.split(".")
    if len(parts) != 3 or not hub.keyring.signed(PURPOSE, named.encode("utf-8", "replace"), signature):
        return None
    user_id, company_id, what = parts
    company = session.get(Company, company_id)
    known = what in (ALERTS, REPORT_MAIL) or what in DIGESTS
    return Unsubscription(user_id, company_id, what, company.title) if company and known else None


def end_mails(session: Session, hub: Hub, wanted: Unsubscription) -> None:
    """End the emails that a link is about, with an audit entry, within `session`; again changes nothing."""
    changed = False
    if wanted.what == REPORT_MAIL:
        if row := session.get(ReportSubscription, wanted.user_id, with_for_update=True):
            stop(session, row, "The person stopped it by the link in the email.", "recipient", hub.clock())
        return
    if wanted.what == ALERTS:
        mine = (AlertRule.user_id == wanted.user_id, AlertRule.company_id == wanted.company_id)
        for rule in session.exec(select(AlertRule).where(*mine).with_for_update()):
            if Channel.EMAIL in rule.channels:
                rule.channels = [each for each in rule.channels if each != Channel.EMAIL]
                session.add(rule)
                changed = True
    else:
        chosen = session.get(AlertPreference, (wanted.user_id, wanted.company_id), with_for_update=True)
        if chosen is not None and wanted.what in chosen.digests:
            chosen.digests = [each for each in chosen.digests if each != wanted.what]
            session.add(chosen)
            changed = True
    if changed and session.get(User, wanted.user_id) is not None:
        session.flush()
        audit.note(session, hub.clock(), wanted.user_id, "alerts.unsubscribe", wanted.company_id, wanted.what)

"""Read-only links to one report of one company, for people without an account: made, revoked, opened."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope, scope_of
from hub.access.sign_in.sessions import TOKEN_BYTES, hash_of
from hub.errors import CannotDo
from hub.model import Company, ReportLink, User
from hub.store import audit

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
DAYS = (7, 30, 90)
"""How long a link may last."""
MAX_LINKS = 200
"""Links of one company that work at the same time."""
MAX_QUERY_CHARACTERS = 2_000


def add_report_link(
    session: Session, user: User, company: Company, report: str, query: str, days: int, now: datetime
) -> tuple[ReportLink, str]:
    """A link that works for some days, and its token, which is not stored."""
    if days not in DAYS:
        raise CannotDo(f"A link lasts {', '.join(map(str, DAYS[:-1]))} or {DAYS[-1]} days.")
    if len(query) > MAX_QUERY_CHARACTERS:
        raise CannotDo("This report's address is too long for a link.")
    working = select(ReportLink.id).where(
        ReportLink.company_id == company.id, col(ReportLink.revoked_at).is_(None), ReportLink.ends_at > now
    )
    if len(session.exec(working.limit(MAX_LINKS)).all()) >= MAX_LINKS:
        raise CannotDo(f"{company.title} has {MAX_LINKS} links to reports already; revoke some first.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = ReportLink(
        account_id=user.account_id,
        company_id=company.id,
        user_id=user.id,
        token_sha256=hash_of(token),
        report=report,
        query=query,
        made_at=now,
        ends_at=now + timedelta(days=days),
    )
    session.add(link)
    audit.note(session, now, user.id, "report_link.add", company.id, f"{link.id}: {report}, {days} days")
    return link, token


def revoke_report_link(session: Session, scope: AccessScope, link_id: str, now: datetime) -> None:
    """End a link now; NotFound if the user may not see it. Revoking again changes nothing."""
    link: ReportLink = scope.one(session, ReportLink, link_id)
    if link.revoked_at is None:
        link.revoked_at = now
        session.add(link)
        audit.note(session, now, scope.user.id, "report_link.revoke", link.company_id, f"{link.id}: {link.report}")


def open_report_link(session: Session, token: str, now: datetime) -> tuple[ReportLink, AccessScope] | None:
    """The link of a token, and what its maker may see of reports; None if it is unknown, has ended or was revoked.

    A link never shows more than its maker may share today.
    """
    if TOKEN.fullmatch(token) is None:
        return None
    link = session.exec(select(ReportLink).where(ReportLink.token_sha256 == hash_of(token))).first()
    if link is None or link.revoked_at is not None or link.ends_at <= now:
        return None
    maker = session.get(User, link.user_id)
    if maker is None or maker.disabled_at is not None or scope_of(session, maker, "share") is None:
        return None
    scope = scope_of(session, maker, "reports")
    if scope is None or not session.exec(scope.select(Company).where(Company.id == link.company_id)).first():
        return None
    return link, scope

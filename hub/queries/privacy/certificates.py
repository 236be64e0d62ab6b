"""The certificates of erasures."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.model import Company, PrivacyRequest
from hub.model.states import RequestState
from hub.privacy_requests.officer import ERASES
from hub.queries.lists.keyset import Page, Part, newest_first, page_of


@dataclass(frozen=True)
class CertificateShown:
    """One certificate in the list."""

    request_id: str
    company: str
    """The company's title."""
    kind: str
    closed_at: datetime | None
    certificate: dict[str, Any]

    @property
    def unconfirmed(self) -> int:
        """How many recipients are not known to have erased the person, or could not be notified."""
        others = [each for each in self.certificate.get("receivers", ()) if each["result"] != "notified"]
        return len(self.certificate.get("not_recalled", ())) + len(others)


def certificates_of(
    session: Session, companies: Collection[str], after: str | None, limit: int
) -> Page[CertificateShown]:
    """The certificates of some companies, newest first."""
    titles = {each.id: each.title for each in session.exec(select(Company).where(col(Company.id).in_(companies)))}
    signed = select(PrivacyRequest).where(
        col(PrivacyRequest.company_id).in_(companies),
        col(PrivacyRequest.kind).in_(ERASES),
        PrivacyRequest.state == RequestState.DONE,
    )
    found = page_of(session, [Part(signed, newest_first(PrivacyRequest.id))], after, limit)
    shown = [
        CertificateShown(each.id, titles[each.company_id], each.kind, each.closed_at, each.certificate)
        for each in found.items
        if each.certificate
    ]
    return found.of(shown)

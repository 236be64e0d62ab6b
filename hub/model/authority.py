"""Disclosures to authorities: subpoenas, court orders, requests of the police."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, id_column, json_list, time_column


class AuthorityDisclosure(Row, table=True):
    """What an authority was given by law, written down by an officer; it is evidence, and is never changed.

    It holds nothing personal: the person is a keyed hash, as in `LegalHold`.
    """

    __tablename__ = "authority_disclosure"

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    fingerprint: str = Field(index=True, max_length=64)
    """A keyed hash that identifies the person; or `EVERYBODY`."""
    authority: str
    reference: str
    """The authority's own: a docket or case number."""
    legal_basis: str
    categories: list[str] = json_list()
    """Keys of hub.contracts.categories."""
    note: str = ""
    disclosed_at: datetime = time_column()
    withheld_until: datetime | None = time_column(nullable=True)
    """The person is not informed before this time, because the authority or a court forbids it."""
    recorded_by: str
    recorded_at: datetime = time_column()

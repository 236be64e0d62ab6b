"""People who call a company, and the facts known of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Index, UniqueConstraint, and_, func, literal_column, or_, text
from sqlmodel import Field, col

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, ending_column, expiry_column, id_column, personal_bytes, personal_text, time_column

Learned = Literal["carrier", "proven", "typed"]
"""How an identifier was learned. `carrier`: the person called or texted from it. `proven`: by a code, a link, or to an officer.
`typed`: somebody wrote it into a form. Anybody can type anything, so a typed identifier never identifies its owner."""
CARRIER: Final = "carrier"
PROVEN: Final = "proven"
TYPED: Final = "typed"
FAILED_SOURCE = "enricher failed"
"""The name of a fact that says why a source gave none."""


DIGITS_FROM = range(2, 14)
"""Where four digits in a row may begin in a number, which has at most 15 digits after its plus (ITU-T E.164)."""


class Person(Row, table=True):
    """A person as one company knows them; two companies of one agency never share what they know.

    Either a person known by a carrier or by proof, one for each number; or an unknown person who typed this number and this
    address into forms. The two are always separate rows, so typed data never gets to a known person.
    """

    __table_args__ = (
        Index(
            "uq_person_known_number",
            "company_id",
            "phone_number",
            unique=True,
            sqlite_where=text("phone_learnt != 'typed'"),
            postgresql_where=text("phone_learnt != 'typed'"),
        ),
        Index("ix_person_number", "phone_number"),
        *(
            Index(
                f"ix_person_digits_{begin:02}",
                text(f"substr(phone_number, {begin}, 4)"),
                sqlite_where=text(f"length(phone_number) > {begin + 2}"),
                postgresql_where=text(f"length(phone_number) > {begin + 2}"),
                info={"only": "sqlite"},
            ).ddl_if(dialect="sqlite")
            for begin in DIGITS_FROM
        ),
        Index("ix_person_company", "company_id", "first_seen_at", "id"),
    )

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id")
    phone_number: str | None = personal_text("user.contact.phone_number", max_length=16)
    phone_learnt: str | None = Field(default=None, max_length=8)
    """How the number was learned (`Learned`); None without a number."""
    email: str | None = personal_text("user.contact.email", index=True)
    """In lower case."""
    email_learnt: str | None = Field(default=None, max_length=8)
    """How the address was learned (`Learned`); None without an address."""
    sealed_name: bytes | None = personal_bytes("user.name")
    """The name that the person had corrected, encrypted with their key (hub.store.encryption). Names in forms stay
    there."""
    first_seen_at: datetime = time_column()
    expires_at: datetime | None = ending_column()

    @property
    def is_typed(self) -> bool:
        """Whether this person is known from forms only."""
        return TYPED in (self.phone_learnt, self.email_learnt)

    @property
    def known_number(self) -> str | None:
        """The number, if it certainly belongs to the person."""
        return None if self.is_typed else self.phone_number

    @property
    def known_email(self) -> str | None:
        """The address, if it certainly belongs to the person."""
        return None if self.is_typed else self.email


def is_typed() -> ColumnElement[bool]:
    """The SQL condition that a person is known from forms only; never NULL."""
    return or_(*(func.coalesce(col(learnt), "") == TYPED for learnt in (Person.phone_learnt, Person.email_learnt)))


def has_known_number(*numbers: Any) -> ColumnElement[bool]:
    """The SQL condition that one of `numbers` certainly belongs to a person."""
    return and_(col(Person.phone_number).in_(numbers), col(Person.phone_learnt) != TYPED)


def has_run_of_digits(run: str) -> ColumnElement[bool]:
    """The condition that a number has four digits in a row, as the indexes of SQLite are written."""
    return or_(
        *(
            and_(
                literal_column(f"substr(person.phone_number, {begin}, 4)") == run,
                literal_column(f"length(person.phone_number) > {begin + 2}"),
            )
            for begin in DIGITS_FROM
        )
    )


def has_known_email(*addresses: Any) -> ColumnElement[bool]:
    """The SQL condition that one of `addresses` certainly belongs to a person."""
    return and_(col(Person.email).in_(addresses), col(Person.email_learnt) != TYPED)


class FactRow(Row, table=True):
    """One fact about a caller that one enricher returned for one call; it expires at `expires_at`."""

    __tablename__ = "fact"
    __table_args__ = (UniqueConstraint("subject_id", "source", "name"),)

    id: str = id_column()
    subject_id: str = Field(index=True, max_length=36)
    """The call or text at which it was learned."""
    source: str
    name: str
    value: str | None = personal_text("user.contact.phone_number")
    """None if the value is a name."""
    sealed: bytes | None = personal_bytes("user.name")
    """A value that is a name (`category` is user.name), encrypted with the caller's key (hub.store.encryption)."""
    category: str
    confidence: float
    learned_at: datetime = time_column()
    expires_at: datetime = expiry_column()

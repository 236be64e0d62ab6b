"""White label: the name, color and logo that an account's pages have instead of Ringfence's."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from hub.errors import CannotDo
from hub.model import Account, Brand, User
from hub.store import audit

ACCENT = re.compile(r"#[0-9a-f]{6}")
MAX_TITLE = 60
MAX_LOGO_BYTES = 200_000
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""How the files begin that may be a logo. SVG is not among them, because it can carry scripts."""
_SHOWN = select(Brand.title, Brand.accent, Brand.logo_type, Brand.digest).where(
    col(Brand.account_id) == bindparam("account")
)


@dataclass(frozen=True)
class ShownBrand:
    """What pages show of a brand; empty values are Ringfence's."""

    title: str | None = None
    accent: str | None = None
    has_logo: bool = False
    digest: str = ""

    @property
    def name(self) -> str:
        """The name on pages and in their titles."""
        return self.title or "Ringfence"


RINGFENCE = ShownBrand()


def brand_of(session: Session, account_id: str) -> ShownBrand:
    """The brand of an account."""
    row = session.exec(_SHOWN, params={"account": account_id}).first()
    return ShownBrand(row[0], row[1], row[2] is not None, row[3]) if row else RINGFENCE


def brand_of_hub(session: Session) -> ShownBrand:
    """The brand on pages before the sign-in: that of the only account. A hub of several accounts shows its own."""
    accounts = session.exec(select(Account.id).limit(2)).all()
    return brand_of(session, accounts[0]) if len(accounts) == 1 else RINGFENCE


def brand_with(session: Session, digest: str) -> Brand | None:
    """The brand that the address of a logo or style sheet names."""
    return session.exec(select(Brand).where(col(Brand.digest) == digest)).first() if digest else None


def set_brand(
    session: Session,
    user: User,
    now: datetime,
    *,
    title: str | None,
    accent: str | None,
    logo: bytes | None,
    keep_logo: bool,
) -> None:
    """Change the brand of the user's account, with an audit entry. `logo` replaces the old one, which is dropped unless
    `keep_logo`. CannotDo says what is wrong with a value."""
    row = session.get(Brand, user.account_id) or Brand(account_id=user.account_id, digest="")
    row.title = _title(title)
    row.accent = _accent(accent)
    if logo is not None:
        row.logo, row.logo_type = logo, _logo_type(logo)
    elif not keep_logo:
        row.logo = row.logo_type = None
    shown = "\0".join((row.account_id, row.title or "", row.accent or "", row.logo_type or ""))
    row.digest = hashlib.sha256(shown.encode() + (row.logo or b"")).hexdigest()[:32]
    session.add(row)
    audit.note(session, now, user.id, "brand.changed", user.account_id)


def _title(title: str | None) -> str | None:
    title = " ".join((title or "").split())
    if len(title) > MAX_TITLE:
        raise CannotDo(f"Write the name in at most {MAX_TITLE} characters.", field="title")
    return title or None


def _accent(accent: str | None) -> str | None:
    accent = (accent or "").strip().lower()
    if accent and ACCENT.fullmatch(accent) is None:
        raise CannotDo("Write the color like #0b5a7a.", field="accent")
    return accent or None


def _logo_type(logo: bytes) -> str:
    if len(logo) > MAX_LOGO_BYTES:
        raise CannotDo("The logo is larger than 200 kB; save it smaller.", field="logo")
    for signature, media_type in SIGNATURES.items():
        if logo.startswith(signature):
            return media_type
    raise CannotDo("The logo is neither PNG nor JPEG; save it as one of these.", field="logo")

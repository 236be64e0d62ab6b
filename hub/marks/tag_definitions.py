"""Tags as an account or one company offers them: name, color, whether they may be chosen.

A tag on a call may also be a name that nobody defined. It gets no definition by that: anybody can write a caller's name into
a tag, and a definition outlives the person's erasure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import Session, col, delete, func, or_, select, update

from hub.access.scope import AccessScope
from hub.errors import CannotDo, existing
from hub.model import Company, Tag, TagDefinition
from hub.model.columns import storable
from hub.store import audit

COLORS: Mapping[str, str] = {
    "gray1": "#6b7280", "gray2": "#374151", "blue1": "#60a5fa", "blue2": "#1d4ed8", "cyan1": "#22d3ee",
    "cyan2": "#0e7490", "purple1": "#a78bfa", "purple2": "#6d28d9", "pink1": "#f9a8d4", "pink2": "#f472b6",
    "pink3": "#db2777", "pink4": "#9d174d", "red1": "#f87171", "red2": "#b91c1c", "orange1": "#fdba74",
    "orange2": "#fb923c", "orange3": "#ea580c", "orange4": "#9a3412", "yellow1": "#fde047", "yellow2": "#ca8a04",
    "green1": "#86efac", "green2": "#4ade80", "green3": "#16a34a", "green4": "#166534",
}  # fmt: skip
"""The 24 names of colors that CallRail's API has, each with ours."""
DEFAULT_COLOR = "gray1"


def tag_definitions(session: Session, scope: AccessScope) -> list[TagDefinition]:
    """The tags of the account and of the companies that the user sees, by name."""
    query = select(TagDefinition).where(TagDefinition.account_id == scope.user.account_id)
    if scope.companies is not None:
        of_mine = col(TagDefinition.company_id).in_(scope.companies)
        query = query.where(or_(col(TagDefinition.company_id).is_(None), of_mine))
    return sorted(session.exec(query), key=lambda row: (row.name.casefold(), row.id))


def define_tag(
    session: Session,
    scope: AccessScope,
    name: str,
    now: datetime,
    *,
    company_id: str | None = None,
    color: str = DEFAULT_COLOR,
) -> TagDefinition:
    """Define a tag for one company, or for all of the account, within `session`. CannotDo if there is one of the name, or
    the name or the color is impossible; NotFound if the user does not see the company."""
    if company_id is not None:
        scope.one(session, Company, company_id)
    row = TagDefinition(
        account_id=scope.user.account_id,
        company_id=company_id,
        name=_free_name(session, scope, name, company_id),
        color=_known_color(color),
        made_at=now,
        made_by=scope.user.id,
    )
    session.add(row)
    session.flush()
    audit.note(session, now, scope.user.id, "tags.define", company_id or row.account_id, row.id)
    return row


def change_tag(
    session: Session,
    scope: AccessScope,
    tag_id: str,
    now: datetime,
    *,
    name: str | None = None,
    color: str | None = None,
    enabled: bool | None = None,
) -> TagDefinition:
    """Rename a tag, on every call, text and form too, or change its color or whether it may be chosen."""
    row = _one(session, scope, tag_id)
    if name is not None and tag_name(name) != row.name:
        new = _free_name(session, scope, name, row.company_id, besides=row.id)
        _rename(session, row, new)
        row.name = new
    row.color = row.color if color is None else _known_color(color)
    row.enabled = row.enabled if enabled is None else enabled
    session.add(row)
    session.flush()
    audit.note(session, now, scope.user.id, "tags.change", row.company_id or row.account_id, row.id)
    return row


def remove_tag_definition(session: Session, scope: AccessScope, tag_id: str, now: datetime) -> None:
    """Offer a tag no longer; calls, texts and forms that have it keep it."""
    row = _one(session, scope, tag_id)
    session.delete(row)
    session.flush()
    audit.note(session, now, scope.user.id, "tags.remove", row.company_id or row.account_id, row.id)


def definitions_of(session: Session, companies: Collection[str], name: str) -> dict[str, TagDefinition]:
    """Company → the definition of a tag there: the company's own, or else the account's."""
    of = dict(session.exec(select(Company.id, Company.account_id).where(col(Company.id).in_(set(companies)))).all())
    wanted = select(TagDefinition).where(
        col(TagDefinition.account_id).in_(set(of.values())), func.lower(TagDefinition.name) == name.lower()
    )
    found = {(row.account_id, row.company_id): row for row in session.exec(wanted)}
    both = {each: found.get((of[each], each)) or found.get((of[each], None)) for each in of}
    return {each: row for each, row in both.items() if row is not None}


def _one(session: Session, scope: AccessScope, tag_id: str) -> TagDefinition:
    return existing(next((each for each in tag_definitions(session, scope) if each.id == tag_id), None))


def _free_name(
    session: Session, scope: AccessScope, text: str, company_id: str | None, besides: str | None = None
) -> str:
    name = tag_name(text)
    same = select(TagDefinition.id).where(
        TagDefinition.account_id == scope.user.account_id, func.lower(TagDefinition.name) == name.lower()
    )
    if company_id is not None:
        same = same.where(or_(col(TagDefinition.company_id).is_(None), col(TagDefinition.company_id) == company_id))
    if any(each != besides for each in session.exec(same)):
        raise CannotDo("There is a tag of this name already; change that one, or choose another name.")
    return name


def _known_color(color: str) -> str:
    if color not in COLORS:
        raise CannotDo("Color is not included in the list", param="color")
    return color


def _rename(session: Session, row: TagDefinition, new: str) -> None:
    """Rename the tag on calls, texts and forms; one that has both names keeps one of them."""
    companies = [row.company_id] if row.company_id else select(Company.id).where(Company.account_id == row.account_id)
    here = (col(Tag.company_id).in_(companies),)
    if new.casefold() != row.name.casefold():
        both = select(Tag.subject_id).where(*here, func.lower(Tag.name) == new.lower())
        both_ids = list(session.exec(both))
        old = (*here, func.lower(Tag.name) == row.name.lower(), col(Tag.subject_id).in_(both_ids))
        session.exec(delete(Tag).where(*old))
    named = update(Tag).where(*here, func.lower(Tag.name) == row.name.lower()).values(name=new)
    session.exec(named)


MAX_TAG_CHARACTERS = 40


def tag_name(text: str) -> str:
    """A tag's name without outer and double spaces; CannotDo if it is empty or too long."""
    name = " ".join(storable(text).split())
    if not name:
        raise CannotDo("Give the tag a name.", param="name")
    if len(name) > MAX_TAG_CHARACTERS or not name.isprintable():
        raise CannotDo(f"A tag's name has at most {MAX_TAG_CHARACTERS} characters.", param="name")
    return name

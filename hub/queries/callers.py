"""The block list and the allow list as people see them, and the spam score of a call with its reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import tuple_
from sqlmodel import Session, col, or_, select

from hub.access.users import names_of
from hub.model import Call, CallerRule, Company, SpamScore
from hub.platform.fields import from_fields
from hub.queries.lists.keyset import Page, Part, newest_first, page_of
from hub.store.encryption.encrypted_fields import rule_notes_of
from hub.store.encryption.vault import Vault

MAX_LISTED = 500


@dataclass(frozen=True, kw_only=True)
class ListedCaller:
    """One entry of a list."""

    id: str
    kind: str
    """`block`, `allow`, or a list of your own."""
    pattern: str
    """A number in E.164, or its beginning."""
    is_prefix: bool
    company: str | None
    """The name of the company; None for all companies of the account."""
    note: str | None
    by_verdict: bool
    made_at: datetime
    made_by: str
    """The user's name, or the account of the operating system."""


class SpamReason(NamedTuple):
    """One rule that held, in words, and its points."""

    text: str
    points: int


@dataclass(frozen=True, kw_only=True)
class SpamVerdict:
    """The score of one call, why, and what was done."""

    score: int
    reasons: tuple[SpamReason, ...]
    """The heaviest first."""
    action: str
    """A `SpamAction`: what happened before it rang."""
    decided_at: datetime
    overruled_at: datetime | None
    overruled_by: str | None
    """The user's name."""


def listed_callers(
    session: Session,
    vault: Vault,
    account_id: str | None,
    companies: Collection[str],
    *,
    with_account: bool,
    kind: str | None = None,
    after: str | None = None,
    limit: int = MAX_LISTED,
) -> Page[ListedCaller]:
    """The entries of some companies, and with `with_account` those of the whole account, the newest first; of all accounts if
    `account_id` is None. `kind`: of this list only."""
    wanted = [col(CallerRule.company_id).in_(companies)]
    if with_account:
        wanted.append(col(CallerRule.company_id).is_(None))
    query = select(CallerRule).where(or_(*wanted))
    if account_id is not None:
        query = query.where(col(CallerRule.account_id) == account_id)
    if kind is not None:
        query = query.where(CallerRule.kind == kind)
    page = page_of(session, [Part(query, newest_first(CallerRule.id))], after, limit)
    rules = page.items
    named = select(Company.id, Company.name).where(col(Company.id).in_(companies))
    titles = dict(session.exec(named).all())
    notes = rule_notes_of(vault, session, rules)
    users = {rule.made_by: rule.made_by for rule in rules} | names_of(session, {rule.made_by for rule in rules})
    return page.of(
        [
            from_fields(
                ListedCaller,
                rule,
                company=titles.get(rule.company_id or ""),
                note=notes.get(rule.id),
                made_by=users[rule.made_by],
            )
            for rule in rules
        ]
    )


def spam_verdicts(session: Session, calls: Sequence[Call]) -> dict[str, SpamVerdict]:
    """The scores of calls that the user may see, by the call's id."""
    keys = {(call.connector, call.carrier_call_id): call.id for call in calls}
    if not keys:
        return {}
    rows = session.exec(
        select(SpamScore).where(tuple_(col(SpamScore.connector), col(SpamScore.carrier_call_id)).in_(keys))
    ).all()
    users = names_of(session, {row.overruled_by for row in rows if row.overruled_by})
    return {
        keys[row.connector, row.carrier_call_id]: from_fields(
            SpamVerdict,
            row,
            reasons=tuple(SpamReason(str(each["text"]), int(each["points"])) for each in row.reasons),
            overruled_by=users.get(row.overruled_by, row.overruled_by) if row.overruled_by else None,
        )
        for row in rows
    }

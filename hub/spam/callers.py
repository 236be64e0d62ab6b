"""The block list, the allow list, and the lists that call flows name: numbers, or beginnings of numbers, of one company or of
all of an account."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, or_, select

from hub.access.scope import AccessScope
from hub.contracts.phones import phone_number
from hub.errors import CannotDo, NotFound
from hub.model import CallerRule, Company
from hub.model.columns import CALL_RETENTION, storable
from hub.model.spam import ALLOW, BLOCK
from hub.spam.facts import CallKey, ListEntry
from hub.store import audit
from hub.store.encryption.encrypted_fields import seal_rule_note
from hub.store.encryption.vault import Vault
from hub.store.rows import read

PREFIX = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
LIST_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)
"""The name of a list of a company's own: the `caller_list` of a call flow."""
MIN_PREFIX_DIGITS = 3
"""Digits after the + of the shortest prefix: +1 alone would block a continent."""
MAX_NOTE_CHARACTERS = 200
MAX_RULES = 20_000
"""Limit of one account's lists."""


_rule = CallerRule.__table__.c
_RULES = select_columns(_rule.account_id, _rule.company_id, _rule.kind, _rule.pattern, _rule.is_prefix).where(
    _rule.pattern.in_(bindparam("patterns", expanding=True)),
    _rule.account_id.in_(bindparam("accounts", expanding=True)),
    _rule.kind.in_(bindparam("kinds", expanding=True)),
)
"""Built once: every ringing call asks it."""


def add_rule(
    session: Session,
    account_id: str,
    company_id: str | None,
    kind: str,
    text: str,
    now: datetime,
    actor: str,
    *,
    by_verdict: bool = False,
) -> CallerRule:
    """Block or allow a number, or put it on a list that a call flow names; with a `*` at its end all numbers that begin so;
    for one company, or for all companies of the account. It takes the place of what was said about the same number before.
    CannotDo says what is wrong."""
    verdict = kind in (BLOCK, ALLOW)
    if not verdict and LIST_NAME.fullmatch(kind) is None:
        raise CannotDo(
            "A caller is blocked, allowed, or on a list that a call flow names; choose one of them.", field="kind"
        )
    pattern, is_prefix = read_pattern(text)
    own = _of(account_id, company_id)
    if len(session.exec(select(CallerRule.id).where(col(CallerRule.account_id) == account_id)).all()) >= MAX_RULES:
        raise CannotDo(f"The lists have {MAX_RULES:,} entries; remove some, or block a prefix.")
    same_list = col(CallerRule.kind).in_((BLOCK, ALLOW) if verdict else (kind,))
    same = (*own, same_list, CallerRule.pattern == pattern, CallerRule.is_prefix == is_prefix)
    for former in session.exec(select(CallerRule).where(*same)).all():
        session.delete(former)
    rule = CallerRule(
        account_id=account_id,
        company_id=company_id,
        kind=kind,
        pattern=pattern,
        is_prefix=is_prefix,
        by_verdict=by_verdict,
        made_at=now,
        made_by=actor,
        expires_at=now + CALL_RETENTION,
    )
    session.add(rule)
    session.flush()
    # The number itself is personal data, and a long prefix nearly is, so the audit log names the entry by its id.
    detail = f"{'a prefix' if is_prefix else 'a number'}, entry {rule.id}"
    audit.note(session, now, actor, _action(kind), company_id or account_id, detail)
    return rule


def add_noted_rule(
    session: Session,
    vault: Vault,
    account_id: str,
    company_id: str | None,
    kind: str,
    text: str,
    now: datetime,
    actor: str,
    note: str,
) -> CallerRule:
    """As `add_rule`, with a note on why, which is encrypted."""
    note = " ".join(storable(note).split())
    if len(note) > MAX_NOTE_CHARACTERS:
        raise CannotDo(f"A note has at most {MAX_NOTE_CHARACTERS} characters.")
    rule = add_rule(session, account_id, company_id, kind, text, now, actor)
    if note:
        seal_rule_note(vault, session, rule, note)
        session.flush()
    return rule


def place_for(session: Session, scope: AccessScope, company_id: str | None) -> str | None:
    """The company for which a user may make an entry; None stands for all, which needs a user who sees all of them."""
    if company_id is None:
        if scope.companies is not None:
            raise CannotDo("Choose one of your companies.")
        return None
    company = session.get(Company, company_id)
    mine = company is not None and company.account_id == scope.user.account_id
    if not mine or company_id not in (scope.companies or (company_id,)):
        raise NotFound("Not found")
    return company_id


def rule_of(session: Session, scope: AccessScope, rule_id: str) -> CallerRule:
    """An entry that a user may take off its list."""
    rule = session.get(CallerRule, rule_id)
    if rule is None or rule.account_id != scope.user.account_id:
        raise NotFound("Not found")
    if rule.company_id is None and scope.companies is not None:
        raise NotFound("Not found")
    place_for(session, scope, rule.company_id)
    return rule


def remove_rule(session: Session, rule: CallerRule, now: datetime, actor: str) -> None:
    """Take an entry off its list."""
    session.delete(rule)
    session.flush()
    audit.note(session, now, actor, f"{_action(rule.kind)}.end", rule.company_id or rule.account_id, f"entry {rule.id}")


def _action(kind: str) -> str:
    return f"caller.{kind if kind in (BLOCK, ALLOW) else 'listed'}"


def rule_about(
    session: Session, account_id: str, company_id: str | None, text: str, kinds: Collection[str] = (BLOCK, ALLOW)
) -> CallerRule | None:
    """The entry with exactly this number or prefix on one of these lists."""
    pattern, is_prefix = read_pattern(text)
    of_verdict = col(CallerRule.kind).in_(kinds)
    same = (*_of(account_id, company_id), of_verdict, CallerRule.pattern == pattern, CallerRule.is_prefix == is_prefix)
    return session.exec(select(CallerRule).where(*same)).first()


def read_pattern(text: str) -> tuple[str, bool]:
    """A number as E.164, or a prefix (`+1900*`) without its star, and whether it is one. CannotDo says how to write it."""
    written = re.sub(r"[\s().-]", "", text)
    if written.endswith("*"):
        prefix = written.removesuffix("*")
        if PREFIX.fullmatch(prefix) is None or len(prefix) <= MIN_PREFIX_DIGITS:
            raise CannotDo(
                f"Write a prefix with its country code and at least {MIN_PREFIX_DIGITS} digits, like +1900*.",
                field="number",
            )
        return prefix, True
    number = phone_number(text)
    if number is None:
        raise CannotDo("That is no phone number; write it like +13125550142, or a prefix like +1900*.", field="number")
    return number, False


def listed(session: Session, calls: Collection[CallKey]) -> Mapping[tuple[str, str], ListEntry]:
    """Which of the calls come from callers on a list. The longest entry wins; of two, the company's own; and an
    allowed caller is allowed."""
    rules = _rules_on(session, calls, (BLOCK, ALLOW))
    found = ((call.key, _strongest(rules, call)) for call in calls if call.caller) if rules else ()
    return {key: entry for key, entry in found if entry is not None}


def lists_of(
    session: Session, calls: Collection[CallKey], names: Collection[str]
) -> Mapping[tuple[str, str], frozenset[str]]:
    """By call: which of these lists of a company's own, or of its account, the caller is on."""
    rules = _rules_on(session, calls, names)
    return {call.key: frozenset(rule.kind for rule in rules if _fits(rule, call)) for call in calls} if rules else {}


def _rules_on(session: Session, calls: Collection[CallKey], kinds: Collection[str]) -> Sequence[Any]:
    wanted = {start for call in calls if call.caller for start in _starts(call.caller)}
    if not wanted:
        return ()
    accounts = {call.account_id for call in calls}
    return read(session, _RULES, patterns=list(wanted), accounts=list(accounts), kinds=list(kinds))


def _fits(rule: Any, call: CallKey) -> bool:
    caller = call.caller or ""
    return bool(
        rule.account_id == call.account_id
        and rule.company_id in (None, call.company_id)
        and (caller.startswith(rule.pattern) if rule.is_prefix else caller == rule.pattern)
    )


def _strongest(rules: Iterable[Any], call: CallKey) -> ListEntry | None:
    mine = [rule for rule in rules if _fits(rule, call)]
    if not mine:
        return None
    rule = max(
        mine, key=lambda each: (not each.is_prefix, len(each.pattern), each.company_id or "", each.kind == ALLOW)
    )
    if rule.kind == ALLOW:
        return "allow"
    return "block_prefix" if rule.is_prefix else "block"


def _starts(number: str) -> Iterable[str]:
    return (number[:length] for length in range(MIN_PREFIX_DIGITS + 1, len(number) + 1))


def _of(account_id: str, company_id: str | None) -> tuple[Any, ...]:
    company = col(CallerRule.company_id)
    return col(CallerRule.account_id) == account_id, company.is_(None) if company_id is None else company == company_id


def drop_verdicts(session: Session, company_id: str, numbers: Collection[str]) -> None:
    """Forget that calls of these numbers were no spam, because a user says now that one is."""
    mine = or_(*(col(CallerRule.pattern) == number for number in numbers))
    query = select(CallerRule).where(mine, CallerRule.company_id == company_id, col(CallerRule.by_verdict).is_(True))
    for rule in session.exec(query).all() if numbers else ():
        session.delete(rule)

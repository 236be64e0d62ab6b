"""The policy status of an account: which text applies to it now, and what waits for its acceptance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.model import Account, PolicyAcceptance, PolicyNotice, PolicyVersion
from hub.model.states import PolicyState
from hub.privacy.policies.document import Kind, PolicyChange
from hub.privacy.policies.versions import texts_of

REPORTED = col(PolicyVersion.state).in_((PolicyState.ANNOUNCED, PolicyState.PUBLISHED))
INTRODUCED = select(PolicyVersion.introduces).where(REPORTED)
"""Built one time at import, because a ringing call waits for this query."""
ASK_AGAIN = timedelta(hours=1)
"""When to check again terms that are accepted and due but not published yet."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The text that applies to an account, as pages show it. `sha256` is the hash of `text` in UTF-8."""

    kind: str
    version: str
    language: str
    text: str
    sha256: str
    in_force_since: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing for which an account's data may not be used yet, and the version that would allow it."""

    novelty: PolicyChange
    version: PolicyVersion
    accepted: bool
    not_before: datetime | None
    """When to ask again. None if only the account's acceptance changes anything."""


def current_statement(
    session: Session, account: Account, now: datetime, language: str = "en", kind: Kind = "privacy_statement"
) -> Statement | None:
    """The text that applies to an account now, in `language` if available, else in English, else in any; None without a text.

    A material version that was announced to the account applies after it is published and the account has accepted it;
    until then the earlier one applies. An account created later never had other terms. An account's own document takes
    precedence over the general one.
    """
    lines = _lines(session, (kind,), now)
    accepted = _accepted(session, [account.id], now)[account.id]
    announced = set(session.exec(select(PolicyNotice.version_id).where(PolicyNotice.account_id == account.id)))
    version = _applies(lines.get((kind, account.id), ()), accepted, announced, now) or _applies(
        lines.get((kind, None), ()), accepted, announced, now
    )
    if version is None or version.published_at is None:
        return None
    texts = {text.language: text for text in texts_of(session, version)}
    text = texts.get(language) or texts.get("en") or next(iter(texts.values()))
    return Statement(version.kind, version.name, text.language, text.text, text.sha256, version.published_at)


def waits(session: Session, account_ids: Iterable[str], now: datetime) -> Mapping[str, Sequence[Wait]]:
    """For each account: everything introduced by versions that it has not accepted, or that are not in force yet.

    Acceptance of a later version of a document includes what the earlier ones introduced. If no version introduces
    anything, one small query is all that runs.
    """
    wanted = set(account_ids)
    if not wanted or not any(session.connection().execute(INTRODUCED).scalars()):
        return {}
    lines = _lines(session, None, now)
    accepted = _accepted(session, wanted, now)
    found: dict[str, list[Wait]] = {}
    for account_id in wanted:
        for (_, owner), line in lines.items():
            if owner in (None, account_id):
                found.setdefault(account_id, []).extend(_waits_of(line, accepted[account_id], now))
    return found


def _waits_of(line: Sequence[PolicyVersion], accepted: set[str], now: datetime) -> list[Wait]:
    found = []
    for number, version in enumerate(line):
        agreed = [later for later in line[number:] if later.id in accepted]
        if any(later.published_at is not None and later.published_at <= now for later in agreed):
            continue
        due = min((later.effective_at for later in agreed if later.effective_at), default=None)
        not_before = max(due, now + ASK_AGAIN) if due else None
        found += [Wait(PolicyChange(**each), version, bool(agreed), not_before) for each in version.introduces]
    return found


def _applies(
    line: Sequence[PolicyVersion], accepted: set[str], announced: set[str], now: datetime
) -> PolicyVersion | None:
    """The last version that binds the account. Acceptance of a later version counts for the earlier ones."""
    found = None
    published = [each for each in line if each.published_at is not None and each.published_at <= now]
    for number, version in enumerate(published):
        if version.material:
            asks = version.id in announced
            follows = not asks or any(later.id in accepted for later in published[number:])
        else:
            follows = number == 0 or found is published[number - 1]
        found = version if follows else found
    return found


def _lines(
    session: Session, kinds: Sequence[str] | None, now: datetime
) -> dict[tuple[str, str | None], list[PolicyVersion]]:
    """The announced and published versions of each document, in the order in which they come into force."""
    query = select(PolicyVersion).where(REPORTED)
    if kinds is not None:
        query = query.where(col(PolicyVersion.kind).in_(kinds))
    lines: dict[tuple[str, str | None], list[PolicyVersion]] = defaultdict(list)
    for version in session.exec(query):
        lines[version.kind, version.account_id].append(version)
    for line in lines.values():
        line.sort(key=lambda each: (each.published_at or each.effective_at or now, each.id))
    return lines


def _accepted(session: Session, account_ids: Iterable[str], now: datetime) -> Mapping[str, set[str]]:
    """Account → the versions that it has accepted. Lapsed acceptances do not count."""
    found: dict[str, set[str]] = defaultdict(set)
    yes = select(PolicyAcceptance.account_id, PolicyAcceptance.version_id).where(
        col(PolicyAcceptance.account_id).in_(list(account_ids)), PolicyAcceptance.expires_at > now
    )
    for account_id, version_id in session.exec(yes):
        found[account_id].add(version_id)
    return found

"""Where an account stands: which text applies to it now, and what waits for its acceptance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.model import Account, PolicyAcceptance, PolicyNotice, PolicyVersion
from hub.privacy.policies.document import Kind, PolicyChange
from hub.privacy.policies.versions import texts_of

TOLD_OF = col(PolicyVersion.state).in_(("announced", "published"))
INTRODUCED = select(PolicyVersion.introduces).where(TOLD_OF)
"""Made once, for a ringing call waits for it."""
ASK_AGAIN = timedelta(hours=1)
"""After which terms that are accepted, and due, but not published yet, are looked at again."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The text that applies to an account, as pages show it; `sha256` is the hash of `text` in UTF-8."""

    kind: str
    version: str
    language: str
    text: str
    sha256: str
    in_force_since: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that an account's data may not be used for yet, and the version that would allow it."""

    novelty: PolicyChange
    version: PolicyVersion
    accepted: bool
    not_before: datetime | None
    """When to ask again; None where only the account's acceptance changes anything."""


def current_statement(
    session: Session, account: Account, now: datetime, language: str = "en", kind: Kind = "privacy_statement"
) -> Statement | None:
    """The text that applies to an account now, in a language where there is one, else in English, else in any; None: none yet.

    A material version that was announced to the account applies when it is published and the account has accepted it; until
    then the earlier one goes on. An account that came later never had other terms. An account's own document goes before
    everybody's.
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
    """For each account: what was introduced by a version that it has not accepted, or that is not in force yet.

    Whoever accepts a later version of a document accepts what the earlier ones introduced. Nothing is asked of the database
    beyond one small query where no version introduces anything.
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
    """The last version that the account is bound by: a yes to a later one counts for those before it."""
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
    query = select(PolicyVersion).where(TOLD_OF)
    if kinds is not None:
        query = query.where(col(PolicyVersion.kind).in_(kinds))
    lines: dict[tuple[str, str | None], list[PolicyVersion]] = defaultdict(list)
    for version in session.exec(query):
        lines[version.kind, version.account_id].append(version)
    for line in lines.values():
        line.sort(key=lambda each: (each.published_at or each.effective_at or now, each.id))
    return lines


def _accepted(session: Session, account_ids: Iterable[str], now: datetime) -> Mapping[str, set[str]]:
    """Account → the versions that it has accepted; a yes that has lapsed counts no more."""
    found: dict[str, set[str]] = defaultdict(set)
    yes = select(PolicyAcceptance.account_id, PolicyAcceptance.version_id).where(
        col(PolicyAcceptance.account_id).in_(list(account_ids)), PolicyAcceptance.expires_at > now
    )
    for account_id, version_id in session.exec(yes):
        found[account_id].add(version_id)
    return found

"""Imported users: without a way to sign in until an owner sends each a link, and never as owners."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, func, select

from hub.access.companies import limit_to_companies
from hub.access.user_changes import EMAIL
from hub.access.users import add_user
from hub.importing.callrail.vocabulary import ROLES
from hub.importing.config_plan import free_name
from hub.importing.places import COMPANY, USER, matches_of, write_matches
from hub.importing.records import UserRecord
from hub.importing.steps import NEW, SAME, Tally
from hub.model import Account, Company, User
from hub.model.users import MAX_NAME
from hub.store import audit

NO_ADDRESS = "a user without an email address is not brought over"
UNKNOWN_ROLE = "a user has a role that is not known here and became a marketer, who sees no texts and no recordings"
NO_COMPANIES = "a user sees only companies that are not brought over, so the user is not either"
OTHER_ACCOUNT = "a user's address belongs to a user of another account here"


def write_users(
    session: Session, source: str, account: Account, records: Sequence[UserRecord], now: datetime, actor: str
) -> Tally:
    """Add the users who are not here yet, known by their address, with audit entries. Those who are here stay as they are."""
    tally = Tally()
    matched = matches_of(session, source)
    names = set(session.exec(select(User.name)))
    here = {company.id: company.name for company in session.exec(select(Company))}
    of_theirs = {there: here[own] for there, own in matched[COMPANY].items() if own in here}
    found = {}
    for record in records:
        if record.id in matched[USER]:
            tally.counts[SAME] += 1
            continue
        if EMAIL.fullmatch(record.email) is None:
            tally.skip(NO_ADDRESS, record.id)
            continue
        known = session.exec(select(User).where(func.lower(User.email) == record.email)).first()
        if known is not None:
            if known.account_id != account.id:
                tally.skip(OTHER_ACCOUNT, record.id)
                continue
            found[record.id] = known.id
            tally.counts[SAME] += 1
            continue
        limit = {of_theirs[each] for each in record.companies if each in of_theirs}
        if record.companies and not limit:
            tally.skip(NO_COMPANIES, record.id)
            continue
        role = ROLES.get(record.role.casefold())
        if role is None:
            tally.note(UNKNOWN_ROLE, record.id)
        name = _name(record, names)
        names.add(name)
        user = add_user(session, account, name, role or "marketer", now, email=record.email)
        first, _, last = record.name.partition(" ")
        user.first_name, user.last_name = first[:MAX_NAME] or None, last[:MAX_NAME] or None
        limit_to_companies(session, user, () if limit >= set(of_theirs.values()) else sorted(limit))
        audit.note(session, now, actor, "users.add", user.id, f"{user.role}, imported")
        found[record.id] = user.id
        tally.counts[NEW] += 1
    write_matches(session, source, USER, found, now)
    return tally


def _name(record: UserRecord, taken: set[str]) -> str:
    """A name for commands: as the person is called, or the part of the address before the @."""
    wanted = record.name or record.email.partition("@")[0]
    plain = re.sub(r"^[^a-z]+", "", free_name(wanted, ()))
    return free_name(plain if len(plain) > 1 else "user", taken)

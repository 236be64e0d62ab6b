"""The states of a policy version: draft, announced (30 business days ahead if it is material), published, accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, or_, select

from hub.model import Account, Company, PolicyAcceptance, PolicyNotice, PolicyText, PolicyVersion
from hub.model.columns import CONSENT_RETENTION
from hub.model.states import PolicyState
from hub.platform.id_words import words_of
from hub.privacy.business_days import POLICY_NOTICE, Calendar, known_places
from hub.privacy.policies.document import PolicyDocument, PolicyRefused, sha256_of

HOME = "US"
"""The country whose holidays count for an account without companies, or if no holidays of its places are known."""


def draft(session: Session, document: PolicyDocument, now: datetime) -> PolicyVersion:
    """Store one language of a draft version, replacing an earlier draft. An announced or published version cannot change."""
    account_id = account_named(session, document.account).id if document.account else None
    version = find_version(session, document.kind, document.version, account_id)
    introduces = [each.model_dump(exclude_none=True) for each in document.introduces]
    if version is None:
        version = PolicyVersion(
            kind=document.kind, account_id=account_id, name=document.version, drafted_at=now, introduces=introduces,
            material=document.material, note=document.note,
        )  # fmt: skip
    elif version.state != PolicyState.DRAFT:
        raise PolicyRefused(f"{describe(version)} is {version.state} and stays as it is; draft a new version.")
    elif {text.language for text in texts_of(session, version)} - {document.language} and (
        (version.material, version.introduces) != (document.material, introduces)
    ):
        raise PolicyRefused(
            f"{describe(version)} introduces something else in its other language; say the same in both."
        )
    version.material, version.introduces, version.note = document.material, introduces, document.note or version.note
    session.add(version)
    session.flush()
    text = next((each for each in texts_of(session, version) if each.language == document.language), None)
    text = text or PolicyText(version_id=version.id, language=document.language, text="", sha256="")
    text.text, text.sha256 = document.text, sha256_of(document.text)
    session.add(text)
    session.flush()
    return version


def announce(
    session: Session, version: PolicyVersion, now: datetime, effective_on: date | None = None
) -> list[PolicyNotice]:
    """Announce a material change to every account concerned, and fix the day on which it may come into force.

    That day is at least 30 business days after today in each account's own calendar. The default is the first such day.
    PolicyRefused if it is too early.
    """
    if version.state != PolicyState.DRAFT:
        raise PolicyRefused(f"{describe(version)} is {version.state} already; draft a new version.")
    if not version.material:
        raise PolicyRefused(f"{describe(version)} is not a material change; publish it with a note.")
    accounts = concerned(session, version)
    if not accounts:
        raise PolicyRefused("There are no accounts to notify; add the accounts to config.yaml first.")
    calendars = {account.id: calendars_of(session, account) for account in accounts}
    earliest = {
        account_id: max(POLICY_NOTICE.last_day(calendar.day_of(now), calendar) for calendar in each)
        for account_id, each in calendars.items()
    }
    last = max(accounts, key=lambda account: earliest[account.id])
    day = effective_on or earliest[last.id]
    if day < earliest[last.id]:
        raise PolicyRefused(
            f"{describe(version)} may be in force on {earliest[last.id]} at the earliest: {POLICY_NOTICE.count} business days "
            f"from today by the calendar of the account {last.name}."
        )
    version.state, version.announced_at = PolicyState.ANNOUNCED, now
    version.effective_at = max(calendar.begins(day) for each in calendars.values() for calendar in each)
    notices = [
        PolicyNotice(
            version_id=version.id, account_id=account.id, announced_at=now, earliest_on=earliest[account.id],
            calendar=sorted(calendars[account.id][0].places),
        )
        for account in accounts
    ]  # fmt: skip
    session.add(version)
    session.add_all(notices)
    return notices


def publish(session: Session, version: PolicyVersion, now: datetime, note: str = "") -> None:
    """Put a version in force: a material one on or after its announced day, any other at once and with a note.

    The first version of a document changes nothing, so it needs no announcement; what it introduces still needs
    acceptance. If it was announced anyway, it waits for the announced day.
    """
    if version.state == PolicyState.PUBLISHED:
        raise PolicyRefused(f"{describe(version)} is already published.")
    version.note = note.strip() or version.note
    first = not _published_before(session, version)
    if not version.material and first:
        raise PolicyRefused(f"{describe(version)} is the first of its kind and changes nothing; draft it as material.")
    if not version.material and not version.note:
        raise PolicyRefused(f"Say with --note what {describe(version)} changes.")
    if version.material:
        if version.effective_at is None and not first:
            raise PolicyRefused(
                f"{describe(version)} is a material change; announce it first with hub policy announce."
            )
        if version.effective_at is not None and now < version.effective_at:
            raise PolicyRefused(
                f"{describe(version)} may not be in force before {version.effective_at:%Y-%m-%d %H:%M} UTC, as was announced."
            )
    version.state, version.published_at = PolicyState.PUBLISHED, now
    version.effective_at = version.effective_at or now
    session.add(version)


def accept(
    session: Session, version: PolicyVersion, account: Account, by: str, now: datetime, language: str | None = None
) -> PolicyAcceptance:
    """Record an account's affirmative acceptance: who, when, and the hash of the text that was read. It is valid for
    seven years.
    """
    if version.state == PolicyState.DRAFT:
        raise PolicyRefused(f"{describe(version)} is a draft; announce it before anyone accepts it.")
    if not version.material:
        raise PolicyRefused(f"{describe(version)} is not a material change and needs no acceptance.")
    if version.account_id not in (None, account.id):
        raise PolicyRefused(f"{describe(version)} is another account's.")
    before = session.exec(
        select(PolicyAcceptance).where(
            PolicyAcceptance.version_id == version.id, PolicyAcceptance.account_id == account.id
        )
    ).first()
    if before is not None and before.expires_at > now:
        raise PolicyRefused(
            f"The account {account.name} accepted {describe(version)} on {before.accepted_at:%Y-%m-%d}."
        )
    text = text_in(texts_of(session, version), language)
    if sha256_of(text.text) != text.sha256:
        raise PolicyRefused(
            f"The stored text of {describe(version)} is not the one that was announced; draft a new version."
        )
    if before is not None:
        session.delete(before)
        session.flush()
    yes = PolicyAcceptance(
        version_id=version.id, account_id=account.id, language=text.language, sha256=text.sha256, accepted_by=by,
        accepted_at=now, expires_at=now + CONSENT_RETENTION,
    )  # fmt: skip
    session.add(yes)
    return yes


def calendars_of(session: Session, account: Account) -> tuple[Calendar, ...]:
    """An account's business calendars, one for each time zone of its companies, each with the holidays of all their
    places.
    """
    companies = list(session.exec(select(Company).where(Company.account_id == account.id)))
    places = known_places((company.country, company.region) for company in companies) or frozenset({HOME})
    zones = sorted({company.time_zone for company in companies}) or ["UTC"]
    return tuple(Calendar(places, zone) for zone in zones)


def concerned(session: Session, version: PolicyVersion) -> list[Account]:
    """The accounts to which the document applies, by name."""
    accounts = select(Account).order_by(col(Account.name))
    return list(session.exec(accounts.where(Account.id == version.account_id) if version.account_id else accounts))


def find_version(session: Session, kind: str, name: str, account_id: str | None) -> PolicyVersion | None:
    """The version with this name of one account's document, or of the general one."""
    owner = col(PolicyVersion.account_id)
    return session.exec(
        select(PolicyVersion).where(
            PolicyVersion.kind == kind,
            PolicyVersion.name == name,
            owner == account_id if account_id else owner.is_(None),
        )
    ).first()


def texts_of(session: Session, version: PolicyVersion) -> list[PolicyText]:
    """A version's texts, by language."""
    texts = select(PolicyText).where(PolicyText.version_id == version.id).order_by(col(PolicyText.language))
    return list(session.exec(texts))


def text_in(texts: Sequence[PolicyText], language: str | None) -> PolicyText:
    """The text in a language, or the only one if no language is named. PolicyRefused lists the languages."""
    found = [text for text in texts if text.language == language] if language else list(texts)
    if len(found) != 1:
        there = ", ".join(text.language for text in texts)
        raise PolicyRefused(f"Name the language of the text with --language; there are: {there}.")
    return found[0]


def account_named(session: Session, name: str) -> Account:
    """The account with this name in config.yaml."""
    account = session.exec(select(Account).where(Account.name == name)).first()
    if account is None:
        raise PolicyRefused("There is no account with that name; use one from config.yaml.")
    return account


def describe(version: PolicyVersion) -> str:
    """A version's name for use in sentences."""
    return f"The {words_of(version.kind)} {version.name}"


def _published_before(session: Session, version: PolicyVersion) -> bool:
    owner = col(PolicyVersion.account_id)
    earlier = select(PolicyVersion.id).where(
        PolicyVersion.kind == version.kind, PolicyVersion.state == PolicyState.PUBLISHED
    )
    if version.account_id:
        earlier = earlier.where(or_(owner.is_(None), owner == version.account_id))
    return session.exec(earlier).first() is not None

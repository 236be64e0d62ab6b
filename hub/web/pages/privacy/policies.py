"""`/privacy-desk/policies`: versions of the privacy statement, the terms and notices; draft, announce, publish, accept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlmodel import Session
from starlette.responses import Response

from hub.errors import existing
from hub.model import Account, PolicyVersion
from hub.privacy.policies.document import PolicyRefused, read_document
from hub.privacy.policies.policy_actions import accept_version, announce_version, draft_version, publish_version
from hub.queries.privacy.policies import is_only_account, one_policy, policies_of, standing_of
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest

KINDS = {"privacy_statement": "Privacy statement", "terms": "Terms", "notice": "Notice"}
STATES = {"draft": ("", "Draft"), "announced": ("warn", "Announced"), "published": ("good", "Published")}


def draft(page: PageRequest) -> Response:
    """Store a draft."""
    document = read_document(page.value("document").replace("\r\n", "\n"))
    with page.hub.store.writing() as session:
        own = session.get_one(Account, page.user.account_id)
        _check(page, session, document.account == own.name, document.account is None)
        version, _ = draft_version(session, document, page.user.id, page.now)
    return page.redirect(page.link(f"{DESK}/policies/{version.id}"), "The draft is stored. It binds nobody yet.")


def announce(page: PageRequest) -> Response:
    """Announce a material change."""
    return _action(
        page,
        "It is announced. Tell your users now: the hub sends nothing.",
        lambda session, version: announce_version(session, version, page.user.id, page.now, _day(page)),
    )


def publish(page: PageRequest) -> Response:
    """Put a version in force."""
    return _action(
        page,
        "It is in force.",
        lambda session, version: publish_version(session, version, page.user.id, page.now, page.value("note")[:500]),
    )


def accept(page: PageRequest) -> Response:
    """Accept a version for the account, in the name of the user."""

    def action(session: Session, version: PolicyVersion) -> object:
        account, language = session.get_one(Account, page.user.account_id), page.value("language") or None
        return accept_version(session, version, account, page.user.name, page.user.id, page.now, language)

    return _action(page, "The acceptance is recorded under your name.", action, everybodys=True)


def _action(
    page: PageRequest, notice: str, action: Callable[[Session, PolicyVersion], object], *, everybodys: bool = False
) -> Response:
    """Change the version that the path names; one of all accounts only if this is the only account, or `everybodys`."""
    with page.hub.store.writing() as session:
        shown, _ = one_policy(session, page.user.account_id, page.path("version_id"))
        _check(page, session, shown.is_own or everybodys, True)
        action(session, shown.version)
    return page.redirect(page.link(f"{DESK}/policies/{page.path('version_id')}"), notice)


def _check(page: PageRequest, session: Session, own: bool, everybodys: bool) -> None:
    """PolicyRefused unless the user may change this document."""
    if page.scope.companies is not None:
        raise PolicyRefused("A policy concerns the whole account; ask a user of the whole account.")
    if not own and not (everybodys and is_only_account(session)):
        raise PolicyRefused("This document is not your account's own; the operator of the hub changes it: hub policy.")


def _day(page: PageRequest) -> date | None:
    text = page.value("effective")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise PolicyRefused("That is not a date; write it like 2027-03-01.") from None


def show_all(page: PageRequest) -> Response:
    """Every version, and where the account stands."""
    with page.hub.store.reading() as session:  # documents of all accounts belong to no account's session
        found = policies_of(session, page.user.account_id)
        standing = standing_of(session, page.user.account_id, page.now)
    return desk_page(
        page,
        "policies",
        tab="/policies",
        title="Policies",
        policies=found,
        standing=standing,
        kinds=KINDS,
        states=STATES,
        typed=page.value("document"),
    )


def show(page: PageRequest) -> Response:
    """One version in full."""
    with page.hub.store.reading() as session:
        shown, texts = one_policy(session, page.user.account_id, page.path("version_id"))
        mine = shown.is_own or is_only_account(session)
    language = page.query.get("language")
    text = existing(next((each for each in texts if each.language == language), texts[0] if texts else None))
    return desk_page(
        page,
        "policy",
        tab="/policies",
        title=f"{KINDS.get(shown.version.kind, shown.version.kind)} {shown.version.name}",
        shown=shown,
        texts=texts,
        text=text,
        next=shown.waits_for(page.now),
        mine=mine and page.scope.companies is None,
        states=STATES,
    )


ONE = f"{DESK}/policies/{{version_id}}"
PAGES = (
    Page(f"{DESK}/policies", show_all, "consent"),
    Page(f"{DESK}/policies", draft, "requests", method="POST", again=show_all),
    Page(ONE, show, "consent"),
    Page(f"{ONE}/announce", announce, "requests", method="POST", again=show),
    Page(f"{ONE}/publish", publish, "requests", method="POST", again=show),
    Page(f"{ONE}/accept", accept, "requests", method="POST", again=show),
)

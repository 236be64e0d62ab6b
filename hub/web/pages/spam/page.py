"""`/spam`: what each company does about spam, and who is blocked or allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.responses import Response

from hub.config.edit import REMOVED, Change
from hub.config.models import CompanySection
from hub.config.sections.spam import OFF, SpamSection
from hub.errors import CannotDo, ConfigError, NotFound
from hub.model import Account, CallerRule
from hub.queries.callers import listed_callers
from hub.reload import Proposal
from hub.spam.callers import add_noted_rule, remove_rule
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

LEVELS: Mapping[str, tuple[str, str]] = {
    "mark": ("Mark as spam from", "Out of reports' main figures and of conversions."),
    "challenge": ("Ask for a key from", "The caller must press 1 before the call goes on."),
    "voicemail": ("Voicemail from", "No phone rings; the caller may leave a message."),
    "reject": ("Reject from", "The call is refused before it is answered."),
}
BLOCKED: Mapping[str, str] = {
    "reject": "are rejected",
    "voicemail": "are led to voicemail",
    "challenge": "are asked for a key",
    "mark": "ring, and are marked as spam",
}
APPLIED = "All parts of the hub take it within a few seconds."
NUMBER = "A whole number from 1 to 100; empty for never."


def show(page: PageRequest) -> Response:
    """The policies and the lists."""
    return _page(page)


def change(page: PageRequest) -> Response:
    """Change one company's policy: an edit of config.yaml."""
    section = _section(page)
    typed = {name: page.value(name) for name in (*LEVELS, "blocked")}
    errors = {name: NUMBER for name in LEVELS if typed[name] and not _is_level(typed[name])}
    if typed["blocked"] not in BLOCKED:
        errors["blocked"] = "Choose what happens to blocked callers."
    if errors:
        return _page(page, 422, of=section.name, typed=typed, errors=errors)
    edits = list(_edits(page, section, typed))
    if not edits:
        return page.redirect(page.link("/spam"), "Nothing was changed.")
    file = page.file_for("companies")
    try:
        proposal = file.propose(edits, page.user)
        if proposal.problems:
            return _page(
                page, 422, of=section.name, typed=typed, problem=" ".join(f"{each.text}." for each in proposal.problems)
            )
        if not file.writable:
            return _page(page, 422, of=section.name, typed=typed, proposal=proposal)
        file.apply(proposal, page.user)
    except (CannotDo, ConfigError) as error:
        return _page(page, 422, of=section.name, typed=typed, problem=str(error))
    return page.redirect(page.link("/spam"), f"Changed for {section.title}. {APPLIED}")


def add(page: PageRequest) -> Response:
    """Block or allow a number, or the beginning of numbers."""
    typed = {name: page.value(name) for name in ("number", "kind", "place", "note")}
    try:
        company = next((each.id for each in page.companies if each.name == typed["place"]), None)
        if company is None and (typed["place"] or not _sees_account(page)):
            raise CannotDo("Choose one of your companies.")
        with page.hub.store.writing() as session:
            add_noted_rule(
                session,
                page.hub.vault,
                page.user.account_id,
                company,
                typed["kind"],
                typed["number"],
                page.now,
                page.user.id,
                typed["note"],
            )
    except CannotDo as error:
        return _page(page, 422, typed=typed, errors={"number": str(error)})
    return page.redirect(page.link("/spam") + "#lists", "It counts from the next call on.")


def remove(page: PageRequest) -> Response:
    """Take an entry off its list."""
    with page.hub.store.writing() as session:
        rule = session.get(CallerRule, page.path("rule_id"))
        companies = {each.id for each in page.companies}
        if rule is None or rule.account_id != page.user.account_id or not _may_change(page, rule, companies):
            raise NotFound("Not found")
        remove_rule(session, rule, page.now, page.user.id)
    return page.redirect(page.link("/spam") + "#lists", "It was taken off the list.")


def _page(page: PageRequest, status: int = 200, **more: Any) -> Response:
    companies = {each.name for each in page.companies if page.company in (None, each)}
    sections = [each for each in page.hub.config.companies if each.name in companies]
    with page.session() as session:
        found = listed_callers(
            session, page.hub.vault, page.user.account_id, page.company_ids, with_account=_sees_account(page)
        )
    titles = {each.name: each.title for each in page.companies}
    file = page.config_file
    values: dict[str, Any] = {"of": "", "typed": {}, "errors": {}, "problem": None, "proposal": None, **more}
    proposal: Proposal | None = values.pop("proposal")
    return page.render(
        "spam.html",
        status,
        title="Spam",
        policies=[(each, _shown(each.spam)) for each in sections],
        honeypots=[(each, tracker) for each in sections for tracker in each.trackers if tracker.honeypot],
        levels=LEVELS,
        blocked=BLOCKED,
        listed=found,
        titles=titles,
        proposal=proposal,
        may_save=page.may("configure") and file is not None,
        may_list=page.may("marks"),
        for_account=_sees_account(page),
        **values,
    )


def _section(page: PageRequest) -> CompanySection:
    name = page.path("company")
    found = next((each for each in page.hub.config.companies if each.name == name), None)
    if found is None or name not in {each.name for each in page.companies}:
        raise NotFound("Not found")
    return found


def _edits(page: PageRequest, section: CompanySection, typed: Mapping[str, str]) -> Iterator[Change]:
    with page.session() as session:
        account = session.get(Account, page.user.account_id)
    place = ("accounts", account.name if account else "", "companies", section.name, "spam")
    before, usual = _shown(section.spam), _shown(SpamSection())
    for name, text in typed.items():
        if text == before[name]:
            continue
        value: Any = int(text) if text.isdecimal() else text or OFF
        yield Change((*place, name), REMOVED if text == usual[name] else value)


def _shown(spam: SpamSection) -> dict[str, str]:
    levels = {name: getattr(spam, name) for name in LEVELS}
    return {**{name: "" if level is None else str(level) for name, level in levels.items()}, "blocked": spam.blocked}


def _is_level(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= 100


def _sees_account(page: PageRequest) -> bool:
    """Whether the user is not limited to some companies, so that entries for all of them are shown and made."""
    return page.scope.companies is None


def _may_change(page: PageRequest, rule: CallerRule, companies: set[str]) -> bool:
    return _sees_account(page) if rule.company_id is None else rule.company_id in companies


PAGES = (
    Page("/spam", show, "setup"),
    Page("/spam/callers", add, "setup", method="POST"),
    Page("/spam/callers/{rule_id}/remove", remove, "setup", method="POST"),
    Page("/spam/{company}", change, "configure", method="POST"),
)

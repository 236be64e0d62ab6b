"""`/spam`: what each company does about spam, and who is blocked or allowed."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hub.config.models import CompanySection
from hub.config.sections.spam import OFF, SpamSection
from hub.queries.callers import listed_callers
from hub.spam.callers import add_noted_rule, place_for, remove_rule, rule_of
from hub.web.forms.companies import company_and_section, place_of_company
from hub.web.forms.config_edit import save_section
from hub.web.forms.derive import fields_of, said
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

LEVEL = {"placeholder": "never", "wrong": "A whole number from 1 to 100; empty for never."}
BLOCKED = (
    ("reject", "are rejected"),
    ("voicemail", "are led to voicemail"),
    ("challenge", "are asked for a key"),
    ("mark", "ring, and are marked as spam"),
)


WORDS = {
    "mark": said(
        "Mark as spam from",
        "Out of reports' main figures and of conversions.",
        clean=lambda text: text or OFF,
        **LEVEL,
    ),
    "challenge": said("Ask for a key from", "The caller must press 1 before the call goes on.", **LEVEL),
    "voicemail": said("Voicemail from", "No phone rings; the caller may leave a message.", **LEVEL),
    "reject": said("Reject from", "The call is refused before it is answered.", **LEVEL),
    "blocked": said("Callers on the block list", choices=BLOCKED),
}  # fmt: skip
FIELDS = fields_of(SpamSection, WORDS)


def change(page: PageRequest) -> Response:
    """Change one company's policy: an edit of config.yaml."""
    _, section = company_and_section(page, page.path("company"))
    return save_section(
        page,
        _policy(page, section, page.form),
        section.spam,
        place_of_company(page, section.name, "spam"),
        lambda form: show(page, {section.name: form}),
        notice=f"Changed for {section.title}.",
        to=page.link("/spam"),
    )


def add(page: PageRequest) -> Response:
    """Block or allow a number, or the beginning of numbers."""
    place = page.value("place")
    company = next((each.id for each in page.companies if each.name == place), place or None)
    with page.hub.store.writing() as session:
        add_noted_rule(
            session,
            page.hub.vault,
            page.user.account_id,
            place_for(session, page.scope, company),
            page.value("kind"),
            page.value("number"),
            page.now,
            page.user.id,
            page.value("note"),
        )
    return page.redirect(page.link("/spam") + "#lists", "It counts from the next call on.")


def remove(page: PageRequest) -> Response:
    """Take an entry off its list."""
    with page.hub.store.writing() as session:
        remove_rule(session, rule_of(session, page.scope, page.path("rule_id")), page.now, page.user.id)
    return page.redirect(page.link("/spam") + "#lists", "It was taken off the list.")


def show(page: PageRequest, policies: dict[str, Form] | None = None) -> Response:
    """The policies and the lists."""
    companies = {each.name for each in page.companies if page.company in (None, each)}
    sections = [each for each in page.hub.config.companies if each.name in companies]
    forms = {each.name: _policy(page, each) for each in sections} | (policies or {})
    caller = Form.again(_caller_fields(page), page)
    with page.session() as session:
        found = listed_callers(
            session, page.hub.vault, page.user.account_id, page.company_ids, with_account=_sees_account(page)
        )
    refused = next((each for each in (*forms.values(), caller) if each.is_refused), caller)
    return page.render(
        "spam.html",
        refused.status,
        title="Spam",
        policies=[(each, forms[each.name]) for each in sections],
        honeypots=[(each, tracker) for each in sections for tracker in each.trackers if tracker.honeypot],
        listed=found.items,
        titles={each.name: each.title for each in page.companies},
        may_list=page.may("marks"),
        caller=caller,
        refused=refused,
    )


def _policy(page: PageRequest, section: CompanySection, sent: Any = None) -> Form:
    more: dict[str, Any] = {
        "prefix": f"{section.name}-",
        "is_locked": page.config_file is None or not page.may("configure"),
    }
    return Form(FIELDS, sent, **more) if sent is not None else Form.of(FIELDS, section.spam, **more)


def _caller_fields(page: PageRequest) -> tuple[Field, ...]:
    companies = tuple((each.name, each.title) for each in page.companies)
    all_of_them = (("", "All companies"),) if _sees_account(page) else ()
    shown = {each.name for each in page.companies}
    flows = (flow for each in page.hub.config.companies if each.name in shown for flow in each.flows)
    own = sorted(frozenset[str]().union(*(flow.caller_lists for flow in flows)))
    lists = (("block", "Block"), ("allow", "Allow"), *((name, f"Your list {name}") for name in own))
    return (
        Field(name="number", label="Number, or its beginning with a star", required=True, maximum=40,
              placeholder="+1 312 555 0166 or +1900*"),
        Field(name="kind", label="List", kind="choice", choices=lists, default="block"),
        Field(name="place", label="For", kind="choice", choices=(*all_of_them, *companies), default=""),
        Field(name="note", label="Why", maximum=200),
    )  # fmt: skip


def _sees_account(page: PageRequest) -> bool:
    """Whether the user is not limited to some companies, so that entries for all of them are shown and made."""
    return page.scope.companies is None


PAGES = (
    Page("/spam", show, "setup"),
    Page("/spam/callers", add, "setup", method="POST", again=show, field="number"),
    Page("/spam/callers/{rule_id}/remove", remove, "setup", method="POST"),
    Page("/spam/{company}", change, "configure", method="POST"),
)

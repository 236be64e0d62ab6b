"""`/privacy-desk/law`: may this use of a person's data happen now, and every rule of law that decides it."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from hub.contracts.phones import phone_number
from hub.contracts.rules import TOPICS
from hub.errors import CannotDo
from hub.queries.consent_question import PURPOSES, Answer, Supposed, answers
from hub.queries.lookup import known_place
from hub.queries.privacy.legal_rules import law_state, legal_rules
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest

STATES = ("given", "refused", "withdrawn", "objected")
VERDICTS = {"allow": ("good", "Allowed"), "deny": ("bad", "Not allowed"), "needs": ("held", "Needs consent")}
FIELDS = ("purpose", "company", "caller", "callee", "caller_place", "callee_place", "at", "said", "by", "signal", "age")
MAX_RULES = 60


def ask(page: PageRequest) -> Response:
    """Answer the question as the call flow would; nothing is sent or stored."""
    return show(page, answers(page.hub, page.directory, _supposed(page)))


def _supposed(page: PageRequest) -> Supposed:
    """The question of the form, about a company that the user may see."""
    names = {each.name for each in page.companies}
    company = page.value("company") or (page.company.name if page.company else "")
    if company not in names:
        raise CannotDo("Choose the company that would use the data.")
    callee = phone_number(page.value("callee"), "US") if page.value("callee") else None
    line = page.directory.lines.get(callee or "")
    if page.value("callee") and (line is None or line.company.name != company):
        raise CannotDo("That tracking number is not this company's.")
    said, age, signal = page.value("said"), page.value("age"), page.value("signal")
    return Supposed(
        purpose=page.value("purpose"),
        at=_time(page.value("at")),
        company=company,
        caller=page.value("caller") or None,
        callee=callee,
        caller_places=tuple(each for each in (page.value("caller_place"),) if each),
        callee_places=tuple(each for each in (page.value("callee_place"),) if each),
        said=said if said in STATES else None,  # type: ignore[arg-type]
        channel=page.value("by")[:16] or "agent",
        signals=(signal,) if signal else (),
        age=int(age) if age.isascii() and age.isdigit() and len(age) <= 3 else None,
    )


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise CannotDo("That is not a time; write it like 2026-12-01T21:30.") from None


def show(page: PageRequest, answered: list[Answer] | None = None) -> Response:
    """The question's form, with its answers, and the rules."""
    topic, place = page.query.get("topic", ""), page.query.get("place", "").strip()[:10]
    place_error = None
    try:
        code = known_place(place).strip() if place else None
    except CannotDo as refused:
        code, place_error = None, str(refused)
    found = legal_rules(page.hub.plugins, topic if topic in TOPICS else None, code)
    law = {rule.id: rule for _, rule in legal_rules(page.hub.plugins)} if answered else {}
    return desk_page(
        page,
        "law",
        tab="/law",
        title="Law",
        answered=answered,
        law=law,
        verdicts=VERDICTS,
        purposes=PURPOSES,
        states=STATES,
        typed={name: page.value(name) for name in FIELDS},
        rules=found[:MAX_RULES],
        more=max(0, len(found) - MAX_RULES),
        state=law_state((rule for _, rule in found), page.now.date()),
        topics=TOPICS,
        topic=topic,
        place=place,
        place_error=place_error,
        today=page.now.date(),
    )


PAGES = (
    Page(f"{DESK}/law", show, "consent"),
    Page(f"{DESK}/law", ask, "consent", method="POST", again=show),
)

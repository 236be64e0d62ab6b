"""`/flows/{company}/{flow}`: the list of steps, and the form of one of them, which edits the draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from starlette.responses import Response

from hub.config.callflow.definition import STEP_TYPES, Flow, Schedule
from hub.config.callflow.editing import ways_to
from hub.config.callflow.hours import holidays_known, holidays_of
from hub.config.callflow.open_now import open_now
from hub.config.models import CompanySection
from hub.queries.flows.versions import MAX_COUNTED, Version, versions_of, with_authors
from hub.web.forms.form import Form
from hub.web.pages.flows.audio import audio_files
from hub.web.pages.flows.compare import DiffLine, diff_lines
from hub.web.pages.flows.flow_labels import KINDS, exit_words, flow_title, gist
from hub.web.pages.flows.opened import OpenFlow, behind_of, open_flow
from hub.web.pages.flows.outline import Branch, outline
from hub.web.pages.flows.settings_form import settings_of
from hub.web.pages.flows.simulation.outcome import simulate
from hub.web.pages.flows.simulation.questions import FIELDS
from hub.web.pages.flows.step_form import BEFORE_START, StepForm, form_of_new, form_of_step
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

MAX_LISTED_VERSIONS = 20


# The public holidays on which a company may be closed: of its country or of its state, and the next of them.
SHOWN = 4


def places_of(section: CompanySection) -> list[tuple[str, str]]:
    """The country of a company and its state, if their holidays are known: code and words."""
    places = [(section.country, f"Yes, those of {section.country}")]
    if section.region:
        places.append((f"{section.country}-{section.region}", f"Yes, those of {section.region} too"))
    return [(code, words) for code, words in places if holidays_known(code)]


def next_holidays(place: str, today: date) -> list[tuple[date, str]]:
    """The next few public holidays there, each with its name."""
    if not place or not holidays_known(place):
        return []
    found = {**holidays_of(place, today.year), **holidays_of(place, today.year + 1)}
    return [(day, found[day]) for day in sorted(found) if day >= today][:SHOWN]


@dataclass(frozen=True)
class Outline:
    """The list of steps, and what the page shows at them."""

    flow: Flow
    branches: Sequence[Branch]
    selected: str
    stops: Mapping[str, int]
    """Step → its place in the simulated call."""
    walked: Set[tuple[str, str]]
    """The ways of the simulated call: from one step to another."""
    bad: Set[str]
    """Steps with a problem."""
    changes: Mapping[str, str]
    """Step → `new` or `changed`, compared with what callers hear."""
    link: Callable[[str], str]
    """The address of a step by its name."""
    kinds = KINDS
    gist = staticmethod(gist)


def flow_page(page: PageRequest) -> Response:
    """The flow, with one step open if the URL names one."""
    return show(page, open_flow(page))


def show(
    page: PageRequest,
    opened: OpenFlow,
    status: int = 200,
    *,
    form: StepForm | None = None,
    settings: Form | None = None,
) -> Response:
    """The page; `form` and `settings` are forms as they were sent."""
    flow = opened.flow
    if opened.may_edit and form is None and settings is None:
        form = _wanted_form(page, flow)
        settings = settings_of(flow) if page.query.get("edit") == "flow" and form is None else None
    simulated = simulate(page, opened)
    walked = simulated.outcome.walked if simulated.outcome else []
    selected = form.was or form.after if form else page.query.get("step", "")
    with page.session() as session:
        versions = versions_of(session, page.scope, opened.company.id, opened.name, page.now, MAX_LISTED_VERSIONS)
    with page.hub.store.reading() as hub_session:
        versions = with_authors(hub_session, page.user.account_id, versions)
    if form is not None:
        form.offer(flow, audio_files(page, opened.section), places_of(opened.section))
        _add_problems(opened, form)
    return page.render(
        "flow.html",
        status,
        title=f"Call flow {flow_title(flow)}",
        opened=opened,
        flow_title=flow_title,
        flow=flow,
        outline=_outline(page, opened, selected, walked),
        form=form,
        settings=settings,
        kinds=KINDS,
        ways_to=ways_to,
        exits=_exits(flow, form.was) if form else [],
        holidays=next_holidays(form.value("holidays"), page.now.astimezone(page.zone).date()) if form else [],
        has_hours=any(isinstance(step, Schedule) for step in flow.steps.values()),
        beginning=BEFORE_START,
        opening=open_now(opened.live.flow, page.now, opened.company.time_zone) if opened.live else None,
        behind=behind_of(page) if page.may("configure") else [],
        versions=versions,
        simulated=simulated,
        simulated_fields=("simulate", *FIELDS),
        compared=_compared(page, opened, versions),
        max_counted=MAX_COUNTED,
        address=lambda **changes: _address(page, **changes),
    )


def _compared(page: PageRequest, opened: OpenFlow, versions: Sequence[Version]) -> tuple[str, list[DiffLine]] | None:
    """What the shown flow is compared with, and the lines that differ: the version that the URL names, or for a draft
    what callers hear."""
    wanted = page.query.get("compare", "")
    chosen = next((each for each in versions if str(each.revision) == wanted), None)
    if chosen is not None:
        return f"version {chosen.revision}", diff_lines(chosen.flow, opened.flow)
    if opened.is_draft and opened.live is not None:
        return f"version {opened.live_version}", diff_lines(opened.live.flow, opened.flow)
    return None


def _address(page: PageRequest, **changes: object) -> str:
    """The same page with another form open; what is simulated stays."""
    return page.here(**{"step": None, "add": None, "way": None, "do": None, "edit": None, **changes}) + (
        "#open" if changes else "#steps"
    )


def _wanted_form(page: PageRequest, flow: Flow) -> StepForm | None:
    query = page.query
    if query.get("add") == BEFORE_START or query.get("add") in flow.steps:
        do = query.get("do", "greeting")
        return form_of_new(flow, query["add"], query.get("way", ""), do if do in STEP_TYPES else "greeting")
    return form_of_step(flow, query["step"]) if query.get("step") in flow.steps else None


def _add_problems(opened: OpenFlow, form: StepForm) -> None:
    """Show what the checks found beside the fields of the open step."""
    names = {each.name for each in form.fields}
    for problem in opened.problems:
        if form.was and problem.step == form.was:
            form.errors.setdefault(problem.field if problem.field in names else "name", problem.text)


def _outline(page: PageRequest, opened: OpenFlow, selected: str, walked: Sequence[str]) -> Outline:
    return Outline(
        opened.flow,
        outline(opened.flow),
        selected,
        stops={name: number for number, name in reversed(list(enumerate(walked, 1)))},
        walked=set(pairwise(["", *walked])) if walked else set(),
        bad={each.step for each in opened.problems if each.step},
        changes=_changes(opened),
        link=lambda name: _address(page, step=name) if opened.may_edit else f"#at-{name}",
    )


def _changes(opened: OpenFlow) -> dict[str, str]:
    heard = opened.live.flow.steps if opened.live else {}
    steps = opened.flow.steps.items() if opened.is_draft else ()
    return {name: "changed" if name in heard else "new" for name, step in steps if heard.get(name) != step}


def _exits(flow: Flow, name: str) -> list[tuple[str, str]]:
    """The ways out of a step: key, and words for it."""
    step = flow.steps.get(name)
    return [(key, f"{exit_words(step, key) or 'then'} → {to}") for key, to in step.leads()] if step else []


PAGES = (Page("/flows/{company}/{flow}", flow_page, "setup"),)

"""`/flows/{company}/{flow}`: the graph beside the list of steps, whose form edits the draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from hub.callflow.definition import STEP_TYPES, Flow
from hub.callflow.editing import ways_to
from hub.queries.flows.versions import MAX_COUNTED, Version, versions_of, with_authors
from hub.web.pages.flows.audio import audio_files
from hub.web.pages.flows.compare import DiffLine, diff_lines
from hub.web.pages.flows.form.labels import ADD_WORDS, DAY_NAMES
from hub.web.pages.flows.form.settings_form import ALLOWABLE, SettingsForm, settings_of
from hub.web.pages.flows.form.state import StepForm, form_of_new, form_of_step
from hub.web.pages.flows.graph.layout import lay_out
from hub.web.pages.flows.graph.svg import Shown, drawing
from hub.web.pages.flows.opened import OpenFlow, open_flow
from hub.web.pages.flows.simulation.outcome import simulate
from hub.web.pages.flows.simulation.questions import FIELDS
from hub.web.pages.flows.words import KINDS, exit_words, gist, ways_in_words
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

MAX_LISTED_VERSIONS = 20


@dataclass(frozen=True)
class OutlineStep:
    """One step in the list beside the graph."""

    name: str
    kind: str
    gist: str
    ways: str
    problems: Sequence[str]
    change: str
    """`new` or `changed`, compared with what callers hear."""


def flow_page(page: PageRequest) -> Response:
    """The flow, with one step open if the URL names one."""
    return show(page, open_flow(page))


def show(
    page: PageRequest,
    opened: OpenFlow,
    status: int = 200,
    *,
    form: StepForm | None = None,
    settings: SettingsForm | None = None,
) -> Response:
    """The page; `form` and `settings` are forms as they were sent."""
    flow = opened.flow
    if opened.may_edit and form is None and settings is None:
        form = _wanted_form(page, flow)
        settings = settings_of(flow) if page.query.get("edit") == "flow" and form is None else None
    simulated = simulate(page, opened)
    walked = simulated.outcome.walked if simulated.outcome else []
    selected = form.was or form.after if form else page.query.get("step", "")
    bad = frozenset(each.step for each in opened.problems if each.step)
    shown = Shown(lambda name: _address(page, step=name), selected, walked, bad)
    with page.session() as session:
        versions = versions_of(session, page.scope, opened.company.id, opened.name, page.now, MAX_LISTED_VERSIONS)
    with page.hub.store.reading() as hub_session:
        versions = with_authors(hub_session, page.user.account_id, versions)
    if form is not None:
        _add_problems(opened, form)
    return page.render(
        "flow.html",
        status,
        title=f"Call flow {opened.name}",
        opened=opened,
        flow=flow,
        steps=outline(opened),
        graphs=(drawing(flow, shown), drawing(flow, shown, narrow=True)),
        selected=selected,
        step=flow.steps.get(page.query.get("step", "")),
        form=form,
        settings=settings,
        allowable=ALLOWABLE,
        targets=list(flow.steps),
        kinds=KINDS,
        add_words=ADD_WORDS,
        day_names=DAY_NAMES,
        audio=audio_files(page, opened.section),
        ways_to=ways_to,
        exits=_exits(flow, form.was) if form else [],
        gist=gist,
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


def _address(page: PageRequest, **changes: Any) -> str:
    """The same page with another step open; what is simulated stays."""
    return page.here(**{"step": None, "add": None, "way": None, "do": None, "edit": None, **changes}) + "#steps"


def _wanted_form(page: PageRequest, flow: Flow) -> StepForm | None:
    query = page.query
    if query.get("add") is not None and (query["add"] in flow.steps or query["add"] == ""):
        do = query.get("do", "greeting")
        return form_of_new(flow, query["add"], query.get("way", ""), do if do in STEP_TYPES else "greeting")
    return form_of_step(flow, query["step"]) if query.get("step") in flow.steps else None


def _add_problems(opened: OpenFlow, form: StepForm) -> None:
    """Show what the checks found beside the fields of the open step."""
    names = {each.name for each in form.fields}
    for problem in opened.problems:
        if form.was and problem.step == form.was:
            form.errors.setdefault(problem.field if problem.field in names else "name", problem.text)


def outline(opened: OpenFlow) -> list[OutlineStep]:
    """The steps in the order in which a call can meet them."""
    boxes = sorted(lay_out(opened.flow).boxes, key=lambda box: (not box.is_reached, box.layer, box.x))
    heard = opened.live.flow.steps if opened.live else {}
    found = []
    for box in boxes:
        step = opened.flow.steps.get(box.name)
        if step is None:
            continue
        change = "new" if box.name not in heard else "changed" if heard[box.name] != step else ""
        problems = [each.text for each in opened.problems if each.step == box.name]
        found.append(
            OutlineStep(
                box.name, KINDS[box.do], gist(step), ways_in_words(step), problems, change if opened.is_draft else ""
            )
        )
    return found


def _exits(flow: Flow, name: str) -> list[tuple[str, str]]:
    """The ways out of a step: key, and words for it."""
    step = flow.steps.get(name)
    return [(key, f"{exit_words(step, key) or 'then'} → {to}") for key, to in step.leads()] if step else []


PAGES = (Page("/flows/{company}/{flow}", flow_page, "setup"),)

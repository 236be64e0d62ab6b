"""`/status/test-call`: choose a number, and have a carrier's stand-in call it, as a test that counts nowhere; or, if the
carrier's connector is a stand-in anyway, play a call that is like any other. No phone rings."""

from __future__ import annotations

import time
from collections.abc import Mapping

from starlette.responses import Response

from hub.config.models import Config
from hub.errors import CannotDo
from hub.model import Call
from hub.numbers.directory import Line
from hub.testing.trigger.running_hub import Target, running_hub
from hub.testing.trigger.triggered_calls import Ad, CallPlan, Outcome, can_play, play_call
from hub.web.call_tests import make_test_call, testable
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

ENDINGS: Mapping[Outcome, str] = {"answered": "Answered", "abandoned": "Missed", "voicemail": "Voicemail"}
AD = Ad(campaign="test_call", click_ids={"gclid": "Cj0KEXAMPLE"})
WAIT_SECONDS, POLL_SECONDS = 15.0, 0.2
"""How long the page waits for a worker to take the call."""


def make(page: PageRequest) -> Response:
    """Make the call, and go to its result."""
    line = next((each for each in _lines(page) if each.number.number == page.value("number")), None)
    if line is None:
        raise CannotDo("Choose one of these numbers.")
    test = make_test_call(page.hub, page.context.directory, line, page.user.id)
    words = test.problem or "The test call was answered along its call flow."
    return page.redirect(f"{page.link('/status')}#tests", words)


def play(page: PageRequest) -> Response:
    """Play a call like any other through a connector that is a stand-in, and go to its page."""
    target = next((each for each in _playable(page) if _name(each) == page.value("tracker")), None)
    ending = next((each for each in ENDINGS if each == page.value("ending")), None)
    if target is None or ending is None:
        raise CannotDo("Choose one of these trackers, and how the call ends.")
    company = next(each for each in page.companies if each.name == target.company.name)
    page.note("call_test.play", company.id, target.tracker.name)
    with running_hub(page.hub.config) as running:
        carrier_call_id = play_call(running, target, AD, CallPlan(outcome=ending), lambda words: None)
    call_id = _taken(page, carrier_call_id)
    if call_id is None:
        return page.redirect(page.link("/calls"), "The call was played. It appears here when a worker has taken it.")
    return page.redirect(page.link(f"/calls/{call_id}"), "The call was played through the carrier's stand-in.")


def _taken(page: PageRequest, carrier_call_id: str) -> str | None:
    """The id of the call when the worker has taken it to its end; None if that takes longer than the page waits."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        with page.session() as session:
            mine = page.scope.select(Call).where(Call.carrier_call_id == carrier_call_id)
            row = session.exec(mine).first()
            if row is not None and row.state == "done" and row.ended_at is not None:
                return str(row.id)
        time.sleep(POLL_SECONDS)
    return None


def _playable(page: PageRequest) -> list[Target]:
    """The trackers of the page's companies whose carrier is a stand-in, if the user may play calls there."""
    config: Config = page.hub.config
    mine = {each.name for each in page.companies if each.id in page.company_ids}
    if not page.may("configure"):
        return []
    targets = [
        Target(company, tracker) for company in config.companies if company.name in mine for tracker in company.trackers
    ]
    return [each for each in targets if each.tracker.numbers and can_play(config, each)]


def _name(target: Target) -> str:
    return f"{target.company.name}/{target.tracker.name}"


def form(page: PageRequest) -> Response:
    """The numbers that can be called, and what the test does."""
    lines = _lines(page)
    wanted = page.value("number") or page.query.get("number", "")
    flow = page.query.get("flow")
    chosen = next((each.number.number for each in lines if wanted == each.number.number), None) or next(
        (each.number.number for each in lines if each.flow.name == flow), None
    )
    return page.render(
        "test_call.html", title="Make a test call", lines=lines, chosen=chosen,
        playable=[(_name(each), each) for each in _playable(page)], endings=ENDINGS,
        without=sorted({each.tracker.carrier for each in _mine(page)} - {each.tracker.carrier for each in lines}),
    )  # fmt: skip


def _mine(page: PageRequest) -> list[Line]:
    ids = set(page.company_ids)
    return [each for each in page.directory.lines.values() if each.company.id in ids]


def _lines(page: PageRequest) -> list[Line]:
    """The lines of the page's companies whose carrier has a stand-in, one for each tracker."""
    found: dict[str, Line] = {}
    for line in sorted(_mine(page), key=lambda each: (each.company.title, each.tracker.name, each.number.number)):
        if line.tracker.id not in found and testable(page.hub, line):
            found[line.tracker.id] = line
    wanted = page.value("number") or page.query.get("number")
    extra = [each for each in _mine(page) if each.number.number == wanted and testable(page.hub, each)]
    return [*{each.number.number: each for each in (*found.values(), *extra)}.values()]


PAGES = (
    Page("/status/test-call", form, "status"),
    Page("/status/test-call", make, "status", method="POST", again=form),
    Page("/status/test-call/play", play, "configure", method="POST", again=form, field="tracker"),
)

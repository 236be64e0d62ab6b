"""`/status/test-call`: choose a number, and have a carrier's stand-in call it. No phone rings."""

from __future__ import annotations

from starlette.responses import Response

from hub.errors import CannotDo
from hub.numbers.directory import Line
from hub.web.call_tests import make_test_call, testable
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def form(page: PageRequest) -> Response:
    """The numbers that can be called, and what the test does."""
    return _form(page)


def make(page: PageRequest) -> Response:
    """Make the call, and go to its result."""
    line = next((each for each in _lines(page) if each.number.number == page.value("number")), None)
    if line is None:
        return _form(page, "Choose one of these numbers.", 422)
    try:
        test = make_test_call(page.hub, page.context.directory, line, page.user.id)
    except CannotDo as error:
        return _form(page, str(error), 422)
    words = test.problem or "The test call was answered along its call flow."
    return page.redirect(f"{page.link('/status')}#tests", words)


def _form(page: PageRequest, error: str | None = None, status: int = 200) -> Response:
    lines = _lines(page)
    wanted = page.value("number") or page.query.get("number", "")
    flow = page.query.get("flow")
    chosen = next((each.number.number for each in lines if wanted == each.number.number), None) or next(
        (each.number.number for each in lines if each.flow.name == flow), None
    )
    return page.render(
        "test_call.html", status, title="Make a test call", lines=lines, chosen=chosen, error=error,
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
    Page("/status/test-call", make, "status", method="POST"),
)

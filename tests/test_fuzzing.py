"""`make fuzz` prints what it found as a decorator to pin."""

from __future__ import annotations

from fuzzing import example_of
from hypothesis import settings


def test_a_finding_is_printed_as_an_example_without_the_fixtures_of_its_test() -> None:
    call = (
        "test_x(\n    desk=TestHub(\n        hub=Hub(number=1),\n    ),\n    deeds=['number',\n     'call'],\n"
        "    text='',  # or any other generated value\n)"
    )
    assert example_of(call, ["desk", "request"]) == "@example(deeds=['number',\n     'call'], text='')"


def test_no_example_of_this_run_depends_on_an_earlier_run() -> None:
    assert settings().database is None

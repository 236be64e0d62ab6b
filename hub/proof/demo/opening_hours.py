"""Opens the demo's businesses around the clock: at night, calls would go to numbers that nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from hub.config.callflow.definition import Schedule
from hub.config.edit import REMOVED, Change, edited
from hub.config.models import Config
from hub.errors import ConfigError

ALL_WEEK = {"mon-sun": "0:00-24:00"}


def always_open(text: str, config: Config) -> str:
    """The text of `config` with every schedule of its call flows open all week; one that cannot be edited stays as it is."""
    for change in _changes(config):
        with suppress(ConfigError):
            text = edited(text, [change])
    return text


def _changes(config: Config) -> Iterator[Change]:
    for account in config.accounts:
        for company in account.companies:
            for flow in company.flows:
                place = ("accounts", account.name, "companies", company.name, "flows", flow.name, "steps")
                for name, step in flow.steps.items():
                    if isinstance(step, Schedule):
                        yield Change((*place, name, "hours"), ALL_WEEK)
                        if step.holidays is not None:
                            yield Change((*place, name, "holidays"), REMOVED)
                        if step.dates:
                            yield Change((*place, name, "dates"), REMOVED)

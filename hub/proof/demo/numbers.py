"""Sets up the numbers of the demo at the carriers' stand-ins, so that the page of numbers shows healthy ones with prices."""

from __future__ import annotations

from contextlib import suppress

from hub.errors import RingfenceError
from hub.hookspecs import NumberHooks
from hub.numbers.health.audit import audit_numbers
from hub.numbers.ownership import setup_of
from hub.startup.opening import Opened


def set_up_numbers(opened: Opened) -> None:
    """Point all numbers at the hub, as their owner did long ago, and compare them with the stand-ins' lists."""
    hub = opened.hub
    for number, line in opened.directory.current().lines.items():
        carrier = line.tracker.carrier
        with suppress(RingfenceError):
            hub.plugins.call(carrier, NumberHooks.configure_number, setup_of(hub.config, carrier, number))
    audit_numbers(hub, hub.plugins.with_hook(NumberHooks.list_numbers))
    opened.directory.refresh()

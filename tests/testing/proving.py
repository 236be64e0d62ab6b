"""One promise of a suite, tried on one connector class without a run of pytest."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import hub.testing
from hub.api import Connector
from hub.api.sandbox import Sandbox
from hub.testing import SUITE_OF_KIND, FrozenClock
from hub.testing.scaffold import has_one_file_form

FORMS = {
    **{kind: f"ringfence_tame_{kind}" for kind in SUITE_OF_KIND if kind not in ("agent", "insight")},
    **{f"{kind}_file": f"tame_{kind}_file" for kind in SUITE_OF_KIND if has_one_file_form(kind)},
}
"""Kind, or with `_file` its form of one file → the module that is written."""


@dataclass(frozen=True)
class Tame:
    """A plugin that keeps every promise, with its stand-in running."""

    connector_class: Any
    sandbox: Sandbox | None
    clock: FrozenClock


def try_promise(tame: Tame, variant: type[Connector], promise: str, **more: Any) -> None:
    """Run `test_{promise}` of the suite of the plugin's kind on a variant of it, against its own stand-in."""
    kind = tame.connector_class.manifest.kind
    suite_class = getattr(hub.testing, SUITE_OF_KIND[kind])
    suite = type("Tried", (suite_class,), {"connector_class": variant})()
    if tame.sandbox:
        tame.sandbox.heal()
    offered = {
        "lack": "a value",
        "country": "the United States",
        "amount": "43.21 USD" if kind == "ads" else "1200.50 USD",
        "clock": tame.clock,
        "sandbox": tame.sandbox,
        "provider": tame.sandbox,
        "connector": suite.connected(tame.sandbox, tame.clock),
        "impatient": hub.testing.connect(variant, tame.sandbox, clock=tame.clock, timeout=suite.patience),
        **more,
    }
    test = getattr(suite, f"test_{promise}")
    needed = inspect.signature(test).parameters
    if "caller_alone" in needed:
        offered["caller_alone"] = suite.heard_of_caller(offered["connector"])
    test(**{name: offered[name] for name in needed})

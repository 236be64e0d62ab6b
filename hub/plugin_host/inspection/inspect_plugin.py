"""The inspection of a plugin, for each road on which its author or its user asks."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from hub.contracts.connector import Connector
from hub.plugin_host.inspection.findings import Finding
from hub.plugin_host.inspection.hooks import flow_findings, hook_findings
from hub.plugin_host.inspection.returns import return_findings
from hub.plugin_host.inspection.sources import source_findings

_reasons: WeakKeyDictionary[type[Connector], str] = WeakKeyDictionary()
"""What was found of each class: its hooks do not change, and each start and reload of a hub asks."""


def inspect_plugin(connector_class: type[Connector]) -> tuple[Finding, ...]:
    """Every slip that an inspection sees in an imported plugin, those with which it cannot work first."""
    checks = (hook_findings, flow_findings, return_findings, source_findings)
    found = [each for check in checks for each in check(connector_class)]
    return tuple(sorted(dict.fromkeys(found), key=lambda each: not each.stops))


def why_it_stops(connector_class: type[Connector]) -> str:
    """Why a plugin cannot work with its hooks; empty if it can."""
    if connector_class not in _reasons:
        _reasons[connector_class] = "; ".join(str(each) for each in hook_findings(connector_class) if each.stops)
    return _reasons[connector_class]

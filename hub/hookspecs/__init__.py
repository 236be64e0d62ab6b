"""Every hook that a plugin may implement, by family.

The hub calls every connector separately, in its own thread, with a deadline, an error handler, a circuit breaker and a
timer. A hook that a connector does not implement is not called. Hooks are synchronous. Values passed to a hook hold only
the personal fields that the plugin's manifest declares for that hook.

An exception means the same in every hook; its class says what the hub does next (`hub.errors`): `ConfigError` stop and
report; `AuthError` pause and ask to reconnect; `RetryLater` try the batch again; `OutcomeUnknown` hold it, never try again
automatically; `Rejected` give up, keep the provider's words; `NotSupported` report. Anything else is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.hookspecs.agents import AgentHooks as AgentHooks
from hub.hookspecs.calls import CallHooks as CallHooks
from hub.hookspecs.connecting import ConnectHooks as ConnectHooks
from hub.hookspecs.connecting import OperationHooks as OperationHooks
from hub.hookspecs.conversions import ConversionHooks as ConversionHooks
from hub.hookspecs.conversions import CostHooks as CostHooks
from hub.hookspecs.conversions import SourceHooks as SourceHooks
from hub.hookspecs.crm import CrmHooks as CrmHooks
from hub.hookspecs.enrichment import EnrichmentHooks as EnrichmentHooks
from hub.hookspecs.insights import InsightHooks as InsightHooks
from hub.hookspecs.markers import PROJECT as PROJECT
from hub.hookspecs.markers import HookSpec as HookSpec
from hub.hookspecs.markers import hookimpl as hookimpl
from hub.hookspecs.markers import spec_of as spec_of
from hub.hookspecs.numbers import NumberHooks as NumberHooks
from hub.hookspecs.numbers import PortHooks as PortHooks
from hub.hookspecs.privacy import ConsentHooks as ConsentHooks
from hub.hookspecs.privacy import PrivacyHooks as PrivacyHooks
from hub.hookspecs.recordings import RecordingHooks as RecordingHooks
from hub.hookspecs.recordings import TranscriptionHooks as TranscriptionHooks
from hub.hookspecs.texts import TextHooks as TextHooks

FAMILIES: tuple[type, ...] = (
    NumberHooks,
    PortHooks,
    CallHooks,
    RecordingHooks,
    TranscriptionHooks,
    InsightHooks,
    AgentHooks,
    TextHooks,
    SourceHooks,
    EnrichmentHooks,
    ConsentHooks,
    ConversionHooks,
    CostHooks,
    CrmHooks,
    PrivacyHooks,
    ConnectHooks,
    OperationHooks,
)
"""The families in the order of the documentation."""

KINDS_OF_FAMILY: Mapping[type, tuple[str, ...]] = {
    NumberHooks: ("carrier",),
    PortHooks: ("carrier",),
    CallHooks: ("carrier", "crm"),
    RecordingHooks: ("carrier",),
    TranscriptionHooks: ("transcription",),
    InsightHooks: ("insight",),
    AgentHooks: ("agent",),
    TextHooks: ("carrier",),
    EnrichmentHooks: ("enrichment", "crm"),
    ConsentHooks: ("consent",),
    ConversionHooks: ("ads",),
    CostHooks: ("ads",),
    CrmHooks: ("crm",),
}
"""The kinds of plugins that a family's hooks are for; a family that is not listed is for all."""

SPECS: Mapping[str, HookSpec] = {
    name: spec_of(function)
    for family in FAMILIES
    for name, function in vars(family).items()
    if hasattr(function, "hook")
}
"""All hooks by name."""

PERSONAL_VALUES: Mapping[str, type] = {
    name: spec.personal_value for name, spec in SPECS.items() if spec.personal_value is not None
}
"""The hooks that send personal data to a provider, and the value that carries it."""

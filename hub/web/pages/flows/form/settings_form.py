"""The form of what belongs to the flow as a whole: its start, its forward, its language, its recording notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.config.callflow.definition import Flow, Recording
from hub.config.callflow.written import written_flow
from hub.config.error_messages import validated
from hub.contracts.phones import phone_number
from hub.platform.formats import phone
from hub.web.pages.flows.form.fields import fields_of_recording
from hub.web.pages.flows.form.state import FILL_IN
from hub.web.pages.flows.form.values import TICKED, Values, written_of

ALLOWABLE = (("premium", "Premium-rate numbers"), ("satellite", "Satellite and worldwide numbers"))


@dataclass
class SettingsForm:
    """The form, and what is wrong with it."""

    values: Values
    errors: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """The value of an input."""
        return (self.values.get(name) or [""])[-1].replace("\r\n", "\n").strip()

    def written(self, flow: Flow, country: str) -> dict[str, Any] | None:
        """The whole flow with these settings; None if they are not valid, and then `errors` says why."""
        tree = written_flow(flow)
        forward = self.value("forward")
        tree["forward"] = phone_number(forward) or phone_number(forward, country) or forward
        tree["start"] = self.value("start")
        recording = written_of(fields_of_recording(), self.values, country)
        if not self.value("notice"):
            recording = {}
        settings: dict[str, Any] = {
            "language": self.value("language") or None,
            "recording": recording or None,
            "allow": [name for name, _ in ALLOWABLE if self.value(f"allow.{name}")],
        }
        for name, value in settings.items():
            tree.pop(name, None)
            if value:
                tree[name] = value
        _, wrong = validated(Flow, tree)
        for place, kind, text in wrong:
            name = str(place[1] if place[:1] == ("recording",) and len(place) > 1 else place[0] if place else "forward")
            self.errors.setdefault(name, FILL_IN if kind == "missing" else f"{text[:1].upper()}{text[1:]}.")
        return None if self.errors else tree


def settings_of(flow: Flow) -> SettingsForm:
    """The form of a flow."""
    recording = flow.recording or Recording.model_construct(notice="")
    values = {name: [str(getattr(recording, name) or "")] for name in Recording.model_fields}
    values |= {"forward": [phone(flow.forward)], "start": [flow.start], "language": [flow.language or ""]}
    return SettingsForm(values | {f"allow.{name}": [TICKED] for name in flow.allow})


def settings_of_post(form: Mapping[str, Sequence[str]]) -> SettingsForm:
    """The form as it was sent."""
    names = {"forward", "start", "language", *Recording.model_fields, *(f"allow.{name}" for name, _ in ALLOWABLE)}
    return SettingsForm({name: list(values) for name, values in form.items() if name in names})

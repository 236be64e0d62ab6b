"""The form of what belongs to the flow as a whole: its start, its forward, its language, its recording notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.config.callflow.definition import Flow
from hub.config.callflow.written import written_flow
from hub.web.forms.form import Form
from hub.web.forms.values import texts_of
from hub.web.pages.flows.step_fields import fields_of_flow, with_choices


def settings_of(flow: Flow, sent: Mapping[str, Sequence[str]] | None = None) -> Form:
    """The form of a flow, or as it was sent."""
    fields = fields_of_flow()
    shown = {**dict(flow), "recording": flow.recording or {}}
    values = texts_of(fields, shown) if sent is None else sent
    return Form(with_choices(fields, values, flow.steps), values, otherwise="forward")


def with_settings(form: Form, flow: Flow) -> dict[str, Any] | None:
    """The whole flow with the settings of the form; None if they are not valid, and then the form says why."""
    own = ("title", "language", "recording", "allow")
    tree = {key: value for key, value in written_flow(flow).items() if key not in own} | form.tree()
    if not form.value("notice"):
        tree.pop("recording", None)
    form.check(Flow, tree)
    return None if form.is_refused else tree

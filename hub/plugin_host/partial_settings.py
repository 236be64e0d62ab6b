"""A plugin's settings as far as they are known: before a sign-in, those that choose an account are missing."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from hub.contracts.connector import PluginSettings


def partial_model(settings: type[BaseModel]) -> type[PluginSettings]:
    """The same fields, each None if it is missing and has no default; the plugin's checks of the whole are left out."""
    fields: dict[str, Any] = {}
    for name, info in settings.model_fields.items():
        default = info.get_default(call_default_factory=True) if not info.is_required() else None
        fields[name] = (_annotation(info), default)
    return create_model(f"Partial{settings.__name__}", __base__=PluginSettings, **fields)


def _annotation(info: FieldInfo) -> object:
    annotated: Any = info.annotation
    for extra in info.metadata:
        annotated = Annotated[annotated, extra]
    return annotated | None

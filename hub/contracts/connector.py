"""The base of every plugin's connector: settings and services in, hook implementations on top."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from hub.contracts.manifest import Manifest
from hub.contracts.owners import OwnerSignIn
from hub.contracts.services import Services

if TYPE_CHECKING:
    from hub.contracts.sandbox import Sandbox


class PluginSettings(BaseModel):
    """What the customer writes for a connector in config.yaml: strict, so a misspelled key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionReport:
    """Whether the provider answers with our credentials, and a sentence that says what was seen or what to do."""

    ok: bool
    detail: str


class Connector:
    """One entry of `connectors:` in config.yaml.

    A plugin subclasses it, sets the three class attributes and implements the hooks of its family. `Destination` is
    the shape of what the customer writes below `send_to:`; None where the plugin takes no conversions.
    """

    manifest: ClassVar[Manifest]
    Settings: ClassVar[type[PluginSettings]]
    Destination: ClassVar[type[PluginSettings] | None] = None
    of_owner: ClassVar[bool] = False
    """Whether it reads what a person owns at the provider: none of its hooks is called before that person's express consent is
    stored, and none after it is withdrawn. Such a plugin implements `owner_sign_in`."""

    def __init__(self, name: str, settings: Any, services: Services) -> None:
        self.name = name
        self.settings = settings
        self.services = services

    def owner_sign_in(self) -> OwnerSignIn | None:
        """What the owner agrees to and where they sign in, for `hub connectors connect`; None where nobody is asked."""
        return None

    @classmethod
    def enriches(cls) -> bool:
        """Whether it tells facts about callers: these are fetched over TLS only, and deleted by their declared life."""
        return hasattr(cls, "enrich_caller")

    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        """The plugin's stand-in of its provider: `Sandbox` in its `sandbox` module, or in a one-file plugin itself."""
        module = importlib.import_module(cls.__module__)
        if hasattr(module, "__path__"):
            try:
                module = importlib.import_module(f"{cls.__module__}.sandbox")
            except ModuleNotFoundError as error:
                if error.name != f"{cls.__module__}.sandbox":
                    raise
                return None
        found: type[Sandbox] | None = getattr(module, "Sandbox", None)
        return found if found is not None and found.__module__ == module.__name__ else None

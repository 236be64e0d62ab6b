"""The base class of every plugin's connector: it gets settings and services; the plugin adds hook implementations."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Secret, SecretBytes, SecretStr

from hub.contracts.manifest import Manifest
from hub.contracts.owners import OwnerSignIn
from hub.contracts.services import Services
from hub.contracts.sign_in import SignIn
from hub.contracts.values import plugin_text
from hub.errors import WrongValue

if TYPE_CHECKING:
    from hub.contracts.sandbox import Sandbox


PLAIN = (str, int, float, bool, bytes, type(None))


def as_written(value: object) -> Any:
    """Settings as plain values, secrets in clear, as the plugin's own model reads them. Whatever gets settings in another
    process gets them by this one function."""
    if isinstance(value, BaseModel):
        names = {info.alias or name: name for name, info in type(value).model_fields.items()}
        return {key: as_written(getattr(value, name)) for key, name in names.items() if name in value.model_fields_set}
    if isinstance(value, Secret | SecretStr | SecretBytes):
        return as_written(value.get_secret_value())
    if isinstance(value, Enum):
        return as_written(value.value)
    if isinstance(value, Mapping):
        return {str(key): as_written(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_written(item) for item in value]
    if isinstance(value, PLAIN) or type(value).__module__ in ("datetime", "decimal"):
        return value
    return str(value)


class PluginSettings(BaseModel):
    """What the customer writes for a connector in config.yaml: strict, so a misspelled key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **arguments: Any) -> None:
        """Raises WrongValue for a `default_factory` that is none: pydantic would say so without the field's name."""
        super().__pydantic_init_subclass__(**arguments)
        for name, described in cls.model_fields.items():
            if described.default_factory is not None and not callable(described.default_factory):
                kind = type(described.default_factory).__name__
                raise WrongValue(
                    f"{cls.__name__}.{name}: default_factory is a function that makes the default, not a {kind}"
                )

    def without_value(self) -> str | None:
        """Of a `Destination`: why no conversion without a value can go there, and what to do, as a sentence without a period;
        None if one can. A rule without `value:` is refused with it when the configuration is checked."""
        return None

    def in_clear(self) -> dict[str, Any]:
        """The settings as plain values, with every secret in clear: what a process of the plugin's own is started with."""
        written: dict[str, Any] = as_written(self)
        return written

    def phone_names(self) -> Collection[str]:
        """Of the settings of a carrier with the ability `phone`: the phones that a call flow can ring as phone:NAME."""
        return self.phone_users()

    def spoken_languages(self) -> Collection[str] | None:
        """Of the settings of a carrier that speaks with the voices of this machine: the languages that they speak. None: those
        of the manifest."""
        return None

    def understood_languages(self) -> Collection[str] | None:
        """Of the settings of a carrier that understands callers with a model of this machine: the languages that it knows.
        None: it cannot be known, or the carrier sees to it."""
        return None

    def phone_users(self) -> Mapping[str, str]:
        """Of these phones those in browsers: the name, and the email address of the user who takes calls there."""
        return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionReport:
    """Whether the provider accepts our credentials, and a sentence that says what was found or what to do."""

    ok: bool
    detail: str = plugin_text()
    tried: bool = True
    """Whether the provider was asked. False with `ok`: it offers no harmless check, or a setting for the check is missing, so
    `detail` is a warning."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """Figures of a line of one's own by their names in `hub.platform.line_figures`; others are left out."""


class Connector:
    """One entry of `connectors:` in config.yaml.

    A plugin subclasses it, sets the three class attributes and implements the hooks of its family. `Destination` is
    the shape of what the customer writes below `send_to:`; None if the plugin takes no conversions.
    """

    manifest: ClassVar[Manifest]
    Settings: ClassVar[type[PluginSettings]]
    Destination: ClassVar[type[PluginSettings] | None] = None
    of_owner: ClassVar[bool] = False
    """Whether it reads data that a person owns at the provider. None of its hooks is called before that person's express
    consent is stored, or after it is withdrawn. Such a plugin implements `owner_sign_in`."""

    def __init__(self, name: str, settings: Any, services: Services) -> None:
        self.name = name
        self.settings = settings
        self.services = services

    def sign_in(self) -> SignIn | None:
        """Where people sign in to connect it, from its settings, of which some may still be missing (None); None if its
        credentials are in config.yaml. A plugin that implements it declares `auth.asks` and implements `list_accounts`."""
        return None

    @classmethod
    def needs_sign_in(cls, settings: Any) -> bool:
        """Whether these complete settings work only after a sign-in, because they hold no credentials of their own."""
        return False

    def owner_sign_in(self) -> OwnerSignIn | None:
        """What the owner agrees to and where they sign in, for `hub connectors connect`; None if no owner is asked."""
        return None

    @classmethod
    def enriches(cls) -> bool:
        """Whether it returns facts about callers. They are fetched over TLS only, and deleted after their declared lifetime."""
        return hasattr(cls, "enrich_caller")

    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        """The plugin's simulation of its provider: `Sandbox` in its `sandbox` module, or in a one-file plugin itself."""
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

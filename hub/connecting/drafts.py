"""A connector that is not in config.yaml yet, or has a new sign-in: it can be asked, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from hub.contracts.connector import ConnectionReport, Connector, PluginSettings
from hub.contracts.conversions import Conversion
from hub.contracts.sign_in import AccountList, DestinationChoice, SignIn
from hub.contracts.values import TRANSFORMS
from hub.errors import CannotDo
from hub.hookspecs import ConnectHooks, ConversionHooks, OperationHooks
from hub.model.columns import new_id
from hub.plugin_host.partial_settings import partial_model
from hub.plugin_host.registry import Plugins
from hub.runtime import Hub
from hub.startup.assembly import connector_with

from .check import check_connection

UPLOAD = ConversionHooks.upload_conversions
FICTIONAL_NUMBER = "+13125550100"
"""In the range that is reserved for fiction."""


@dataclass
class HeldTokens:
    """A token store in memory."""

    token: dict[str, Any] | None = None

    def load(self) -> dict[str, Any] | None:
        """The token as it was saved last, or None."""
        return self.token

    def save(self, token: dict[str, object]) -> None:
        """Keep a token."""
        self.token = token

    def refreshing(self) -> Any:
        """No lock: only this request has the token."""
        return nullcontext()


@dataclass
class HeldNotes:
    """A connector's notes in memory."""

    notes: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """A note, or None."""
        return self.notes.get(name)

    def put(self, name: str, value: str) -> None:
        """Keep a note."""
        self.notes[name] = value

    def change(self, name: str, step: Callable[[str | None], str]) -> None:
        """Replace a note by the result of `step`."""
        self.notes[name] = step(self.notes.get(name))


@dataclass(frozen=True)
class Draft:
    """A connector that can be asked about its provider's accounts."""

    connector: Connector
    plugins: Plugins
    tokens: HeldTokens

    def accounts(self) -> AccountList:
        """Who signed in, and the accounts that the sign-in reaches."""
        return self.plugins.call(self.connector.name, ConnectHooks.list_accounts)

    def destinations(self) -> list[DestinationChoice]:
        """What conversions can go to; empty if the plugin cannot list it."""
        if not self.plugins.implements(self.connector.name, ConnectHooks.list_destinations):
            return []
        return list(self.plugins.call(self.connector.name, ConnectHooks.list_destinations))

    def rehearse(self, destination: Mapping[str, object], now: datetime) -> str | None:
        """Why the network would not take a conversion there; empty if it would. It checks a made-up one, of a fictional
        number, without counting it. None if the plugin takes no conversions by a phone number, or if the network
        cannot check one without counting it."""
        flow = self.connector.manifest.flow("upload_conversions")
        shares = {share.field: share.transform_name for share in flow.shares} if flow else {}
        if "dry_run" not in self.connector.manifest.abilities:
            return None
        if "phone_number" not in shares or not self.plugins.implements(self.connector.name, UPLOAD):
            return None
        made_up = Conversion(
            key=f"rf-test-{new_id()[-16:]}",
            name="connection test",
            occurred_at=now - timedelta(hours=1),
            destination=destination,
            call_started_at=now - timedelta(hours=1),
            ad_user_data="granted",
            ad_personalization="denied",
            phone_number=TRANSFORMS[shares["phone_number"]](FICTIONAL_NUMBER),
        )
        (receipt,) = self.plugins.call(self.connector.name, UPLOAD, [made_up], True)
        return (
            ""
            if receipt.status in ("delivered", "accepted", "duplicate", "unmatched")
            else receipt.reason or receipt.status
        )

    def check(self) -> ConnectionReport:
        """Whether the provider accepts it. One whose own process the hub starts after it is saved is not asked before."""
        name = self.connector.name
        if self.plugins.implements(name, OperationHooks.companion_process):
            process = self.plugins.call(name, OperationHooks.companion_process, 1)
            if process is not None and process.automatic:
                return ConnectionReport(ok=True, detail="The hub starts its process when it is saved; then test it.")
        return check_connection(self.plugins, name)


@contextmanager
def drafted(
    hub: Hub,
    name: str,
    connector_class: type[Connector],
    settings: PluginSettings,
    token: Mapping[str, object] | None = None,
) -> Iterator[Draft]:
    """A connector with these settings and this token."""
    tokens = HeldTokens(dict(token) if token else None)
    entry = hub.config.connectors.get(name)
    connector = connector_with(
        name,
        connector_class,
        settings,
        hub.config,
        clock=hub.clock,
        refusals=hub.refusals,
        tokens=tokens,
        memory=HeldNotes(),
        stand_in=entry is not None and entry.leads_to_stand_in(settings),
    )
    plugins = Plugins([connector], lambda connector: True)
    try:
        yield Draft(connector, plugins, tokens)
    finally:
        plugins.close()


def sign_in_of(draft: Draft) -> SignIn:
    """Where to sign in; CannotDo if people cannot, with these settings."""
    sign_in = draft.connector.sign_in()
    if sign_in is None:
        label = draft.connector.manifest.label
        raise CannotDo(f"{draft.connector.name} has credentials of its own in config.yaml; nobody signs in at {label}.")
    return sign_in


def partial_settings(connector_class: type[Connector], written: Mapping[str, object]) -> PluginSettings:
    """The settings as far as they are known; what is missing is None. CannotDo if what is written is wrong."""
    try:
        return partial_model(connector_class.Settings).model_validate(written)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise CannotDo(f"{where}: {first['msg'].removeprefix('Value error, ')}.") from None

"""Keeps the exchanges and webhooks of connectors whose recording is on: replaces what is in them, and writes files."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import structlog
from pydantic import SecretStr

from hub.contracts.connector import Connector
from hub.contracts.webhooks import WebhookRequest
from hub.hookspecs import CallHooks
from hub.plugin_host.host.connector import HostedConnector
from hub.plugin_host.host.messages import Origin as PluginOrigin
from hub.plugin_host.plugin_texts.known_values import KnownValues
from hub.plugin_host.plugin_texts.personal_values import personal_values
from hub.plugin_host.vendor_exchanges.allowed_words import AllowedWords, words_of_plugin
from hub.plugin_host.vendor_exchanges.fiction import FICTIONAL_PHONE, Fiction
from hub.plugin_host.vendor_exchanges.rendered import Origin, rendered, rendered_webhook
from hub.plugin_host.vendor_exchanges.replaced_values import VERSION, ReplacedValues
from hub.plugin_host.vendor_exchanges.wire_tap import Exchange, listening

log = structlog.get_logger(__name__)
Result = TypeVar("Result")
MIN_CHARACTERS = 6
"""A personal value of the hook's arguments that is shorter is not looked for in the finished text."""
MAX_FILES = 100_000


@dataclass(frozen=True)
class ExchangeRecording:
    """A recording that is on."""

    connector: str
    folder: Path
    until: datetime
    key: bytes
    """Makes the fictional values; it is destroyed when the recording ends."""


class RecordingSwitch(Protocol):
    """Which connectors are recorded; all processes of the hub share it."""

    def recording_of(self, connector: str) -> ExchangeRecording | None:
        """The recording of a connector, if it is on now. It must not wait for the database."""

    def take(self, connector: str, count: int) -> bool:
        """Count `count` exchanges; whether they may still be kept."""

    def refresh(self) -> None:
        """Look again which are on."""


class NeverOn:
    """The switch of a hub without recordings."""

    def recording_of(self, connector: str) -> None:
        """None is recorded."""

    def take(self, connector: str, count: int) -> bool:
        """Nothing may be kept."""
        return False

    def refresh(self) -> None:
        """None ever is."""


class ExchangeRecorder:
    """Calls hooks, and keeps what they say to their vendor while the recording of their connector is on."""

    def __init__(self, switch: RecordingSwitch | None = None) -> None:
        self._switch: RecordingSwitch = switch or NeverOn()

    def refresh(self) -> None:
        """Look again which connectors are recorded."""
        self._switch.refresh()

    def call(
        self, connector: Connector, hook: str, arguments: Mapping[Any, object], work: Callable[[], Result]
    ) -> Result:
        """The result of `work`, which calls the hook, or its error."""
        recording = self._switch.recording_of(connector.name)
        if recording is None:
            return work()
        origin, result = Origin(connector.manifest.name, hook, connector.services.clock()), None
        with listening() as heard:
            try:
                result = work()
                return result
            finally:
                try:
                    self._keep(recording, connector, origin, arguments, heard.exchanges())
                    if hook == CallHooks.parse_webhook.__name__:
                        for request, events in _webhooks(arguments, result):
                            self._keep_webhook(recording, connector, origin, request, events)
                except Exception as error:  # noqa: BLE001 - a recording never breaks a hook
                    log.warning("exchange not kept", connector=connector.name, hook=hook, error=type(error).__name__)

    def _keep(
        self,
        recording: ExchangeRecording,
        connector: Connector,
        origin: Origin,
        arguments: Mapping[Any, object],
        exchanges: Sequence[Exchange],
    ) -> None:
        if not exchanges:
            return
        values = _replaced(recording, connector)
        self._write(recording, origin, rendered(origin, exchanges, values), len(exchanges), arguments, values)

    def _keep_webhook(
        self,
        recording: ExchangeRecording,
        connector: Connector,
        origin: Origin,
        request: WebhookRequest,
        events: Sequence[object],
    ) -> None:
        values, kinds = _replaced(recording, connector), [str(getattr(each, "kind", "")) for each in events]
        self._write(recording, origin, rendered_webhook(origin, request, kinds, values), 1, {"events": events}, values)

    def _write(
        self,
        recording: ExchangeRecording,
        origin: Origin,
        text: str,
        count: int,
        personal: Mapping[Any, object],
        values: ReplacedValues,
    ) -> None:
        if _still_holds(text, personal, values):
            log.warning("exchange not kept", connector=recording.connector, hook=origin.hook, error="PersonalValue")
        elif self._switch.take(recording.connector, count):
            write_whole(recording.folder, f"{origin.plugin}_{origin.hook}", text)


def _webhooks(arguments: Mapping[Any, object], result: Any) -> Iterator[tuple[WebhookRequest, Sequence[object]]]:
    """Each webhook with the events that the plugin found in it, none if it failed. A plugin in a process of its own gets
    several at once."""
    held = next(iter(arguments.values()))
    requests, results = (held, result or repeat(None)) if isinstance(held, tuple) else ((held,), (result,))
    for request, events in zip(requests, results, strict=False):
        if isinstance(request, WebhookRequest):
            yield request, events if isinstance(events, list | tuple) else ()


def _replaced(recording: ExchangeRecording, connector: Connector) -> ReplacedValues:
    settings = dict(_settings(connector.settings))
    versions = {value for name, value in settings.items() if "version" in name and VERSION.fullmatch(value)}
    return ReplacedValues(
        Fiction(recording.key),
        AllowedWords(words_of_plugin(_origin_of(connector)) | versions),
        {value: name for name, value in settings.items() if len(value) > 2 and "://" not in value},
        connector.manifest.hosts,
    )


def _still_holds(text: str, arguments: Mapping[Any, object], values: ReplacedValues) -> bool:
    """Whether a personal value that the hook was handed is in the finished text after all: the last look before it is
    written."""
    held = {each.text for each in personal_values(list(arguments.values())) if len(each.text) >= MIN_CHARACTERS}
    digits = {each: re.sub(r"\D", "", each) for each in held}
    fictional = {each for each in held if FICTIONAL_PHONE.fullmatch(digits[each]) or "example.com" in each}
    known = {each for each in held - fictional if not values.keeps(each)}
    phones = [each for each in known if len(digits[each]) >= len(each) - 5 and len(digits[each]) > MIN_CHARACTERS]
    finder = KnownValues(known - set(phones), phones)
    return finder.hide(text) != text


def _settings(settings: Any) -> Iterator[tuple[str, str]]:
    for name in type(settings).model_fields:
        value = getattr(settings, name, None)
        value = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(value, str):
            yield name, value


def _origin_of(connector: Connector) -> PluginOrigin:
    """Where the plugin's code is; a plugin that the hub does not import says it itself."""
    if isinstance(connector, HostedConnector) and (connector.origin.file or connector.origin.folder):
        return connector.origin
    return PluginOrigin(file=Path(str(sys.modules[type(connector).__module__].__file__)))


def write_whole(folder: Path, name: str, text: str) -> Path:
    """Write a new file `NAME_0001.http` that only its owner reads; under its name it is whole, or not there. OSError."""
    draft = folder / f".{uuid4().hex}.part"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        for number in range(1 + len(list(folder.glob(f"{name}_*.http"))), MAX_FILES):
            with contextlib.suppress(FileExistsError):
                path = folder / f"{name}_{number:04}.http"
                os.link(draft, path)
                return path
        raise OSError(f"{folder} holds too many files.")
    finally:
        draft.unlink(missing_ok=True)

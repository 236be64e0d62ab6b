"""Write a new connector into config.yaml: its secrets are stored encrypted, the file only names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hub.access.users import Editor
from hub.config.edit import Change
from hub.config.references import REFERENCE
from hub.errors import CannotDo
from hub.reload import ConfigFile, Proposal
from hub.runtime import Hub
from hub.store import audit
from hub.store.connectors import StoredTokens

SettingPath = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NewConnector:
    """What a user chose for a new connector."""

    name: str
    plugin: str
    settings: Mapping[str, Any]
    """The plugin's settings, secrets included."""
    secrets: frozenset[SettingPath]
    """Which of the settings are secrets."""
    companies: Sequence[str] | None
    """None: all companies of the hub."""
    schedule: str | None = None
    destinations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Conversion rule → the value below its `send_to:` for this connector."""
    token: Mapping[str, Any] | None = None


def connect_new(hub: Hub, file: ConfigFile, new: NewConnector, editor: Editor) -> Proposal:
    """Store the secrets and the sign-in, and write the connector into config.yaml. If the edit has problems, nothing is stored
    and the proposal says them; if the file is read-only, the proposal's diff is to be applied where it comes from."""
    if new.name in hub.config.connectors:
        raise CannotDo(f"There is a connector called {new.name} already; choose another name.")
    typed = {secret_name(new.name, path): value for path, value in _to_store(new).items()}
    granted = frozenset({new.name} if new.token is not None else ())
    editor = replace(editor, secrets=typed, signed_in=granted)
    proposal = file.propose(changes_of(new), editor)
    if new.token is not None and not proposal.problems:
        StoredTokens(hub.store, hub.keyring, hub.clock, new.name).save(dict(new.token))
    proposal = file.settle(proposal, editor)
    if proposal.version is not None:
        with hub.store.writing() as session:
            audit.note(session, hub.clock(), editor.user.id, "connectors.connect", new.name)
    return proposal


def changes_of(new: NewConnector) -> list[Change]:
    """The edits of config.yaml."""
    entry: dict[str, object] = {"plugin": new.plugin}
    if new.schedule:
        entry["schedule"] = new.schedule
    if new.companies is not None:
        entry["companies"] = list(new.companies)
    entry |= _named(new, new.settings)
    rules = [Change(("conversions", rule, "send_to", new.name), value) for rule, value in new.destinations.items()]
    return [Change(("connectors", new.name), entry), *rules]


def secret_name(connector: str, path: SettingPath) -> str:
    """The name of a connector's secret: google.credentials.client_secret."""
    return ".".join((connector, *path))[:100]


def is_reference(value: object) -> bool:
    """Whether a user wrote where a secret is instead of the secret itself."""
    return isinstance(value, str) and REFERENCE.fullmatch(value) is not None


def _named(new: NewConnector, settings: Mapping[str, object], path: SettingPath = ()) -> dict[str, Any]:
    """The settings as the file has them: secrets by their names."""
    written: dict[str, object] = {}
    for key, value in settings.items():
        place = (*path, key)
        if isinstance(value, Mapping):
            written[key] = _named(new, value, place)
        elif place in new.secrets and not is_reference(value):
            written[key] = f"${{secret:{secret_name(new.name, place)}}}"
        else:
            written[key] = value
    return written


def _to_store(new: NewConnector) -> dict[SettingPath, str]:
    found = {}
    for path in new.secrets:
        value: object = new.settings
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value and not is_reference(value):
            found[path] = str(value)
    return found

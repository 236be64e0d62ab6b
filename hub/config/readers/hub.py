"""`hub:` of config.yaml: its secrets, its database, its folders."""

from __future__ import annotations

import pathlib
from typing import Any

from hub.config.document import Path
from hub.config.error_messages import describe
from hub.config.models import HubSection
from hub.config.reading import Reading
from hub.config.redacted import passwords_in
from hub.config.references import refers
from hub.config.sections.browser_references import reserved_references

OWN_FILES = ("secret.key", "config.yaml")
"""The key file beside an SQLite database, and the configuration itself."""


def read_hub(reading: Reading, value: object) -> HubSection | None:
    """The section `hub:` with absolute paths. None if it is invalid; the problems are reported."""
    if not isinstance(value, dict):
        wanted = "write `hub:` with a `public_url:` in it"
        reading.tell(("hub",), f"is missing; {wanted}" if value is None else f"found {describe(value)}; {wanted}")
        return None
    reading.refuse_clear_secrets(HubSection, ("hub",))
    if any(not refers(password) for password in passwords_in(str(reading.document.at(("hub", "database"))))):
        reading.tell(("hub", "database"), "contains a password in plain text; write ${env:…} or ${file:…} instead")
    if reading.sandbox:
        value = _without_missing(reading, value, ("hub", "secret_keys"))
    hub = reading.section(HubSection, value, ("hub",))
    if hub is None:
        return None
    if not hub.database.startswith(("sqlite://", "postgresql+psycopg://")):
        reading.tell(("hub", "database"), "expected sqlite:///path or postgresql+psycopg://user@host/name")
    _refuse_own_references(reading, hub)
    return hub.model_copy(
        update={
            "database": _absolute_database(reading, hub.database),
            "tombstones": str(reading.absolute(hub.tombstones)) if hub.tombstones else None,
            "country_file": str(reading.absolute(hub.country_file)) if hub.country_file else None,
            "plugin_dirs": tuple(str(reading.absolute(folder)) for folder in hub.plugin_dirs),
        }
    )


def _refuse_own_references(reading: Reading, hub: HubSection) -> None:
    own = {_resolved(reading, name) for name in reserved_references(reading.document.tree)}
    for index, name in enumerate(hub.browser_references):
        is_own_file = name.startswith("file:") and pathlib.Path(name.removeprefix("file:")).name in OWN_FILES
        if is_own_file or _resolved(reading, name) in own:
            reading.tell(
                ("hub", "browser_references", index),
                f"{name} is a secret of the hub itself, which no user may send anywhere; remove it",
            )


def _resolved(reading: Reading, name: str) -> str:
    """A reference whose file name, if it is one, is absolute."""
    kind, _, rest = name.partition(":")
    return f"file:{reading.absolute(rest)}" if kind == "file" else name


def _without_missing(reading: Reading, value: dict[str, Any], path: Path) -> dict[str, object]:
    key = str(path[-1])
    bad = {place[len(path)] for place in reading.references.missing if place[: len(path)] == path and place != path}
    if not bad or not isinstance(value.get(key), list):
        return value
    reading.forgiven |= {(*path, step) for step in bad}
    return {**value, key: [item for index, item in enumerate(value[key]) if index not in bad]}


def _absolute_database(reading: Reading, url: str) -> str:
    name = url.removeprefix("sqlite:///")
    if name == url or name in ("", ":memory:") or name.startswith("file:"):
        return url
    return f"sqlite:///{reading.absolute(name)}"


def plugin_folders(reading: Reading, hub: object) -> list[pathlib.Path]:
    """The folders of `plugin_dirs:` that exist; missing ones are reported."""
    written = hub.get("plugin_dirs") if isinstance(hub, dict) else None
    folders = []
    for index, name in enumerate(written if isinstance(written, list) else ()):
        if not isinstance(name, str) or ("hub", "plugin_dirs", index) in reading.references.missing:
            continue
        folder = reading.absolute(name)
        if "\0" in name or not folder.is_dir():
            reading.tell(("hub", "plugin_dirs", index), f"{name!r} is not a folder; create it or remove this")
        else:
            folders.append(folder)
    return folders

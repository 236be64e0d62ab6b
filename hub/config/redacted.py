"""A checked configuration as plain values for people: resolved, with every secret masked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from hub.config.models import Config, ConnectorEntry
from hub.config.schedule import Schedule

MASK = "***"


def shown(config: Config) -> dict[str, Any]:
    """`config` as dicts, lists and scalars in the structure of the file; keys that are not set are left out."""
    hub = _plain(config.hub)
    hub["database"] = without_password(config.hub.database)
    return {
        "hub": hub,
        "connectors": {name: _connector(entry) for name, entry in config.connectors.items()},
        "recordings": _plain(config.recordings) | _masked(config.recordings.options),
        "retention": _plain(config.retention),
        "numbers": _plain(config.numbers),
        **_mail(config),
        "conversions": _plain(config.conversions),
        "accounts": _plain(config.accounts),
    }


def _mail(config: Config) -> dict[str, Any]:
    if config.mail is None:
        return {}
    return {"mail": {"smtp": without_password(config.mail.smtp), "from": config.mail.sender}}


def without_password(url: str) -> str:
    """A database URL that may be shown."""
    for password in passwords_in(url):
        url = url.replace(password, MASK)
    return url


def passwords_in(url: str) -> list[str]:
    """The passwords in a database URL."""
    found = (re.search(r"^[^:]+://[^:@/]*:(.+)@", url), re.search(r"[?&]password=([^&]+)", url))
    return [match[1] for match in found if match]


def _masked(options: Mapping[str, object]) -> dict[str, object]:
    return {"options": dict.fromkeys(options, MASK)} if options else {}


def _connector(entry: ConnectorEntry) -> dict[str, Any]:
    own = entry.written if entry.checked is None else entry.checked
    return {**_plain(entry.common), **({"sandbox": True} if entry.in_sandbox else {}), **_plain(own)}


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return {
            name: _plain(getattr(value, name))
            for name in type(value).model_fields
            if name in value.model_fields_set and getattr(value, name) is not None
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, SecretStr | SecretBytes):
        return MASK
    if isinstance(value, Schedule):
        return value.text
    if isinstance(value, timedelta):
        return f"{int(value.total_seconds())}s"
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)

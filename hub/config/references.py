"""Replaces `${env:NAME}`, `${file:/path}` and `${secret:NAME}` in config.yaml with their values, and `$${` with `${`."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.config.document import Path

BODY = r"\$\{(env|file|secret):([^{}]+)\}"
REFERENCE = re.compile(rf"(?<!\$){BODY}")
OPENING = re.compile(r"(?<!\$)\$\{")
"""The beginning of a reference, or of what looks like one."""
TOKEN = re.compile(rf"\$\$\{{|{BODY}")
"""An escaped `${`, or a reference."""
MAX_FILE = 64 * 1024


@dataclass
class References:
    """Resolves a tree; remembers what could not be resolved, and which values must not be shown."""

    environ: Mapping[str, str]
    folder: pathlib.Path
    """Where relative file names start: the folder of config.yaml."""
    secrets: Callable[[str], str | None] | None = None
    """Looks up what was entered in the browser; None while the hub's own settings are read, which name the database."""
    missing: dict[Path, str] = field(default_factory=dict)
    """Path → the problem with the reference there."""
    found: dict[Path, list[str]] = field(default_factory=dict)
    """Path → the values of the references there."""

    def resolve(self, value: object, path: Path = ()) -> Any:
        """`value` with its references replaced; a text with a bad reference stays as it is and is noted in `missing`."""
        if isinstance(value, dict):
            return {key: self.resolve(item, (*path, key)) if _may_refer(item) else item for key, item in value.items()}
        if isinstance(value, list):
            return [
                self.resolve(item, (*path, index)) if _may_refer(item) else item for index, item in enumerate(value)
            ]
        if not isinstance(value, str) or "${" not in value:
            return value
        if OPENING.search(REFERENCE.sub("", value)):
            self.missing[path] = (
                "contains a `${` that is not a reference; write ${env:NAME}, ${file:/path/to/secret} or ${secret:NAME}, or $${ "
                "for the text itself"
            )
            return value
        try:
            return TOKEN.sub(lambda token: self._look_up(token[1], token[2].strip(), path) if token[1] else "${", value)
        except LookupError as error:
            self.missing[path] = str(error.args[0])
            return value

    def shown_in(self, text: str) -> bool:
        """Whether `text` contains the value of a reference; values of less than four characters are not treated as secrets."""
        return any(len(value) >= 4 and value in text for values in self.found.values() for value in values)

    def _look_up(self, kind: str, name: str, path: Path) -> str:
        value = {"env": self._variable, "file": self._file, "secret": self._secret}[kind](name)
        self.found.setdefault(path, []).append(value)
        return value

    def _variable(self, name: str) -> str:
        value = self.environ.get(name)
        if not value:
            state = "not set" if value is None else "empty"
            raise LookupError(f"the environment variable {name} is {state}; set it before the hub starts")
        return value

    def _secret(self, name: str) -> str:
        value = self.secrets(name) if self.secrets else None
        if not value:
            raise LookupError(f"the secret {name} is not stored; enter it on the page of connectors")
        return value

    def _file(self, name: str) -> str:
        file = self.folder / name
        try:
            # Reading a pipe or a device might never end.
            if not file.is_file():
                raise LookupError(f"the file {name} does not exist; write the secret into it")
            with file.open("rb") as stream:
                content = stream.read(MAX_FILE + 1)
            value = content.decode("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = "is not text" if isinstance(error, UnicodeDecodeError) else "cannot be read"
            raise LookupError(f"the file {name} {reason}; allow the hub's user to read it as UTF-8") from None
        if not value or len(content) > MAX_FILE:
            raise LookupError(f"the file {name} is {'longer than 64 KB' if value else 'empty'}; write only the secret")
        return value


def _may_refer(value: object) -> bool:
    return "${" in value if isinstance(value, str) else isinstance(value, dict | list)


def refers(text: str) -> bool:
    """Whether a text as it is written has a `${` that is not escaped."""
    return OPENING.search(text) is not None


def literal(value: object) -> Any:
    """Plain values as config.yaml writes them so that each text is read back as it is, whatever it contains."""
    if isinstance(value, Mapping):
        return {name: literal(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [literal(item) for item in value]
    return value.replace("${", "$${") if isinstance(value, str) else value


def texts_in(value: object, place: Path = ()) -> Iterator[tuple[Path, str]]:
    """Each text with a `${` in it, escaped or not. The entry of a list is found by its name if it has one."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts_in(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            name = item.get("name") if isinstance(item, dict) else None
            yield from texts_in(item, (*place, name if isinstance(name, str) else index))
    elif isinstance(value, str) and "${" in value:
        yield place, value

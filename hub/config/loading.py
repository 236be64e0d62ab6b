"""config.yaml to a checked Config, or one ConfigError that tells every problem in the file at once."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from hub.config.checks import problems_between
from hub.config.document import Document, Path, read_document
from hub.config.models import (
    AccountSection,
    CompanySection,
    Config,
    ConnectorCommon,
    ConnectorEntry,
    ConversionRule,
    HubSection,
    TrackerSection,
)
from hub.config.parts import NAME, Parts
from hub.config.references import References
from hub.config.showing import passwords_in
from hub.config.wording import describe, nearest, secret_paths, sentences
from hub.contracts.connector import Connector
from hub.errors import ConfigError, Problem

MAX_SIZE = 1_000_000
SECTIONS = ("hub", "connectors", "conversions", "accounts")
COMMON = tuple(ConnectorCommon.model_fields)
AnyModel = TypeVar("AnyModel", bound=BaseModel)


class Installed(Protocol):
    """What `discover` tells of the installed plugins."""

    @property
    def classes(self) -> Mapping[str, type[Connector]]:
        """Plugin name → its connector class."""

    @property
    def broken(self) -> Mapping[str, str]:
        """Plugin name → why it cannot be used, in one sentence."""


Discover = Callable[[Sequence[pathlib.Path]], Installed]


def load_config(
    path: pathlib.Path,
    discover: Discover,
    *,
    environ: Mapping[str, str] | None = None,
    sandbox: bool = False,
) -> Config:
    """Read and check the file at `path`; ConfigError holds every problem found, each with its line.

    `discover` is given the file's `plugin_dirs`. `sandbox` runs every connector in its plugin's stand-in, as
    `hub run --sandbox` does: then no credentials are needed.
    """
    problems: list[Problem] = []
    document = read_document(_text(path), problems)
    config = None
    if document is not None:
        references = References(os.environ if environ is None else environ, path.resolve().parent)
        config = _Loading(document, references, problems, sandbox).config(discover)
    if problems or config is None:
        count = f"{len(problems)} problems" if len(problems) > 1 else "a problem"
        raise ConfigError(
            f"{path} has {count}; nothing was started.", sorted(problems, key=lambda problem: problem.line or 0)
        )
    return config


def _text(path: pathlib.Path) -> str:
    try:
        if path.is_dir():
            raise ConfigError(f"{path} is a folder; name the file, like {path / 'config.yaml'}.")
        with path.open("rb") as stream:
            content = stream.read(MAX_SIZE + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path} is not there; write it, or name another with --config.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file name"
        raise ConfigError(f"{path} cannot be read ({reason}); let the hub's user read it.") from None
    if len(content) > MAX_SIZE:
        raise ConfigError(f"{path} is larger than 1 MB; a config.yaml is not: name the right file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path} has a problem; nothing was started.", [Problem("is not UTF-8 text; save the file as UTF-8", line)]
        ) from None


@dataclass
class _Loading:
    """One reading of one document."""

    document: Document
    references: References
    problems: list[Problem]
    sandbox: bool
    noted: set[Path] = field(default_factory=set)
    """Paths whose bad reference was told already."""

    def config(self, discover: Discover) -> Config | None:
        tree = self.references.resolve(self.document.tree)
        self._unknown_sections()
        parts = Parts(self.document)
        hub = self._hub(tree.get("hub"))
        folders = self._plugin_dirs(tree.get("hub"))
        self._connectors(tree.get("connectors"), discover(folders), parts)
        for path, item in self._list(tree, ("conversions",)):
            parts.add(path, self._section(ConversionRule, item, path))
            parts.add_destinations(path, item)
        accounts = tuple(self._accounts(tree, parts))
        self._bad_references()
        for path, text in problems_between(parts):
            if not self._unresolved(path):
                self.tell(path, text)
        if self.problems or hub is None:
            return None
        return Config(
            hub=hub, connectors=parts.connectors, conversions=tuple(parts.all(ConversionRule)), accounts=accounts
        )

    # problems

    def tell(self, path: Path, text: str) -> None:
        if self.references.shown_in(text):
            written = self.document.at(path)
            reference = describe(written) if isinstance(written, str) else "a reference in it"
            text = f"what {reference} stands for is not possible here"
        self.problems.append(self.document.problem(path, text))

    def _unknown_sections(self) -> None:
        for name in self.document.tree:
            if name not in SECTIONS:
                self.tell((name,), f"is no known key; {nearest(name, SECTIONS)}")

    def _bad_references(self) -> None:
        for path, text in self.references.missing.items():
            if path not in self.noted:
                self.tell(path, text)

    # sections

    def _section(self, model: type[AnyModel], value: Any, path: Path, partial: bool = False) -> AnyModel | None:
        """`value` as `model`; None where something is wrong, which is told. `partial` forgives what is missing."""
        try:
            return model.model_validate({} if value is None else value)
        except ValidationError as error:
            for inner, kind, text in sentences(
                error, model, value, COMMON if len(path) == 2 and path[0] == "connectors" else ()
            ):
                place = (*path, *inner)
                if partial and (kind == "missing" or not inner):
                    continue
                if not self._unresolved(place):
                    self.tell(place, text)
            return None

    def _unresolved(self, path: Path) -> bool:
        return any(path[: len(bad)] == bad for bad in self.references.missing)

    def _clear_secrets(self, model: type[BaseModel], path: Path) -> None:
        written = self.document.at(path)
        for inner in secret_paths(model, written):
            place = (*path, *inner)
            value = self.document.at(place)
            if not (isinstance(value, str) and "${" in value):
                owner = [str(step) for step in place if isinstance(step, str) and step != "connectors"]
                variable = "_".join(owner).upper().replace("-", "_")
                self.tell(place, f"is a secret in clear; write ${{env:{variable}}} or ${{file:/run/secrets/…}} instead")

    def _hub(self, value: Any) -> HubSection | None:
        if not isinstance(value, dict):
            wanted = "write `hub:` with its `public_url:` below"
            self.tell(("hub",), f"is missing; {wanted}" if value is None else f"found {describe(value)}; {wanted}")
            return None
        self._clear_secrets(HubSection, ("hub",))
        if any("${" not in password for password in passwords_in(str(self.document.at(("hub", "database"))))):
            self.tell(("hub", "database"), "holds a password in clear; write ${env:…} or ${file:…} in its place")
        if self.sandbox:
            value = self._without_missing(value, ("hub", "secret_keys"))
        hub = self._section(HubSection, value, ("hub",))
        if hub is None:
            return None
        if not hub.database.startswith(("sqlite://", "postgresql+psycopg://")):
            self.tell(("hub", "database"), "wanted sqlite:///path or postgresql+psycopg://user@host/name")
        return hub.model_copy(
            update={
                "database": self._absolute_database(hub.database),
                "plugin_dirs": tuple(str(self._absolute(folder)) for folder in hub.plugin_dirs),
            }
        )

    def _without_missing(self, value: dict[str, Any], path: Path) -> dict[str, Any]:
        key = str(path[-1])
        bad = {place[len(path)] for place in self.references.missing if place[: len(path)] == path and place != path}
        if not bad or not isinstance(value.get(key), list):
            return value
        self.noted |= {(*path, step) for step in bad}
        return {**value, key: [item for index, item in enumerate(value[key]) if index not in bad]}

    def _absolute(self, name: str) -> pathlib.Path:
        return pathlib.Path(os.path.normpath(self.references.folder / name))

    def _absolute_database(self, url: str) -> str:
        name = url.removeprefix("sqlite:///")
        if name == url or name in ("", ":memory:") or name.startswith("file:"):
            return url
        return f"sqlite:///{self._absolute(name)}"

    def _plugin_dirs(self, hub: Any) -> list[pathlib.Path]:
        written = hub.get("plugin_dirs") if isinstance(hub, dict) else None
        folders = []
        for index, name in enumerate(written if isinstance(written, list) else ()):
            if not isinstance(name, str) or ("hub", "plugin_dirs", index) in self.references.missing:
                continue
            folder = self._absolute(name)
            if "\0" in name or not folder.is_dir():
                self.tell(("hub", "plugin_dirs", index), f"{name!r} is no folder; make it or leave it out")
            else:
                folders.append(folder)
        return folders

    # connectors

    def _connectors(self, value: Any, installed: Installed, parts: Parts) -> None:
        if value is None:
            self.tell(("connectors",), "is missing; write `connectors:` with at least a carrier below")
            return
        if not isinstance(value, dict):
            self.tell(("connectors",), f"found {describe(value)}; wanted a name and its settings for each connector")
            return
        for name, item in value.items():
            parts.connector_names.append(name)
            entry = self._connector(name, item, installed, parts)
            if entry is not None:
                parts.connectors[name] = entry

    def _connector(self, name: str, value: Any, installed: Installed, parts: Parts) -> ConnectorEntry | None:
        path: Path = ("connectors", name)
        if not NAME.fullmatch(name):
            self.tell(path, "is no name for a connector; use small letters, digits, - and _")
        if not isinstance(value, dict):
            self.tell(path, f"found {describe(value)}; wanted at least `plugin:` below it")
            return None
        common = self._section(ConnectorCommon, {key: value[key] for key in COMMON if key in value}, path)
        parts.add(path, common)
        connector_class = self._plugin(value.get("plugin"), path, installed)
        if connector_class is None:
            return None
        parts.connector_classes[name] = connector_class
        in_sandbox = self._in_sandbox(connector_class, path, wanted=common is not None and common.sandbox)
        own = {key: item for key, item in value.items() if key not in COMMON}
        if in_sandbox:
            own = self._for_sandbox(connector_class, own, path)
            self._section(connector_class.Settings, own, path, partial=True)
            checked = None
        else:
            checked = self._settings(connector_class, own, path)
            if checked is None:
                return None
        if common is None:
            return None
        return ConnectorEntry(
            name=name,
            common=common,
            connector_class=connector_class,
            in_sandbox=in_sandbox,
            written=own,
            checked=checked,
        )

    def _settings(self, connector_class: type[Connector], own: dict[str, Any], path: Path) -> Any:
        self._clear_secrets(connector_class.Settings, path)
        return self._section(connector_class.Settings, own, path)

    def _plugin(self, plugin: Any, path: Path, installed: Installed) -> type[Connector] | None:
        if not isinstance(plugin, str):
            return None  # told by ConnectorCommon
        if plugin in installed.classes:
            return installed.classes[plugin]
        if plugin in installed.broken:
            self.tell((*path, "plugin"), f"the plugin {plugin!r} cannot be used: {installed.broken[plugin]}")
        else:
            known = nearest(plugin, sorted({*installed.classes, *installed.broken}), "installed are")
            self.tell((*path, "plugin"), f"no plugin {plugin!r} is installed; {known}")
        return None

    def _in_sandbox(self, connector_class: type[Connector], path: Path, wanted: bool) -> bool:
        if not wanted and not self.sandbox:
            return False
        try:
            stand_in = connector_class.sandbox_class()
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything while it is imported
            self.tell(path, f"the plugin's sandbox cannot be imported ({type(error).__name__}); reinstall the plugin")
            return True
        if stand_in is None and wanted:
            self.tell((*path, "sandbox"), "this plugin has no sandbox; remove the line")
        return wanted or stand_in is not None

    def _for_sandbox(self, connector_class: type[Connector], own: dict[str, Any], path: Path) -> dict[str, Any]:
        """The written settings without secrets, web addresses and what no reference gives: the stand-in brings its own,
        and nothing of it may reach the real provider."""
        gone = {inner[0] for inner in secret_paths(connector_class.Settings, own)}
        gone |= {key for key, item in own.items() if isinstance(item, str) and "://" in item}
        for place in self.references.missing:
            if place[: len(path)] == path and place[len(path)] in own:
                gone.add(place[len(path)])
                self.noted.add(place)
        return {key: item for key, item in own.items() if key not in gone}

    # accounts

    def _accounts(self, tree: Any, parts: Parts) -> Iterator[AccountSection]:
        """Each account with its companies and trackers, every level checked on its own so that all problems are told."""
        for path, account in self._list(tree, ("accounts",)):
            companies = []
            for company_path, company in self._list(account, (*path, "companies")):
                trackers = []
                for tracker_path, tracker in self._list(company, (*company_path, "trackers")):
                    trackers.append(self._section(TrackerSection, tracker, tracker_path))
                    parts.add(tracker_path, trackers[-1])
                checked = self._section(CompanySection, _without(company, "trackers"), company_path)
                companies.append(checked and checked.model_copy(update={"trackers": tuple(trackers)}))
                parts.add(company_path, companies[-1])
            section = self._section(AccountSection, _without(account, "companies"), path)
            parts.add(path, section)
            if section is not None:
                yield section.model_copy(update={"companies": tuple(companies)})

    def _list(self, parent: Any, path: Path) -> Iterator[tuple[Path, Any]]:
        value = parent.get(path[-1]) if isinstance(parent, dict) else None
        if value is None:
            return
        if not isinstance(value, list):
            self.tell(path, f"found {describe(value)}; wanted a list, each entry after a `-`")
            return
        yield from (((*path, index), item) for index, item in enumerate(value))


def _without(value: Any, key: str) -> Any:
    return {name: item for name, item in value.items() if name != key} if isinstance(value, dict) else value

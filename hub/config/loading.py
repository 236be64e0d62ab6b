"""config.yaml to a checked Config, or one ConfigError that lists every problem in the file."""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatch

from hub.config.callflow.definition import Flow
from hub.config.callflow.step import GREETING
from hub.config.checks import problems_between
from hub.config.connectors import Installed, MayBreak, nobody_may, read_connectors
from hub.config.destinations import rule_as_stored
from hub.config.document import Path, read_document
from hub.config.error_messages import IN_CLEAR, nearest
from hub.config.mail import MailSection
from hub.config.models import AccountSection, CompanySection, Config, ConversionRule, HubSection, TrackerSection
from hub.config.parts import Parts
from hub.config.readers.folders import installed_plugins_folder
from hub.config.readers.hub import plugin_folders, read_hub
from hub.config.reading import Reading
from hub.config.redacted import passwords_in
from hub.config.references import References, refers
from hub.config.retention import RetentionSection
from hub.config.sections.numbers import NumbersSection
from hub.config.sections.recordings import RecordingsSection
from hub.contracts.addresses import is_loopback
from hub.errors import ConfigError, Problem


def read_mail(reading: Reading, value: object, private_hosts: Sequence[str]) -> MailSection | None:
    """The section. None if it is missing or invalid; problems are reported."""
    if value is None:
        return None
    if any(not refers(password) for password in passwords_in(str(reading.document.at(("mail", "smtp"))))):
        reading.tell(("mail", "smtp"), "contains a password in plain text; write ${env:…} or ${file:…} instead")
    mail: MailSection | None = reading.section(MailSection, value, ("mail",))
    host = mail.server[1] if mail else ""
    if is_loopback(host) and not any(fnmatch(host, pattern) for pattern in private_hosts):
        reading.tell(("mail", "smtp"), f"{host} is this machine; add it to hub.private_hosts")
    return mail


MAX_BYTES = 16_000_000
SECTIONS = ("hub", "connectors", "recordings", "retention", "numbers", "mail", "conversions", "accounts")
Discover = Callable[[Sequence[pathlib.Path]], Installed]
Secrets = Callable[[HubSection], Callable[[str], str | None]]
"""Finds the secrets that are stored in the database that `hub:` names."""


def load_config(
    path: pathlib.Path,
    discover: Discover,
    *,
    environ: Mapping[str, str] | None = None,
    sandbox: bool = False,
    secrets: Secrets | None = None,
    may_break: MayBreak = nobody_may,
) -> Config:
    """Read and check the file at `path`; ConfigError holds every problem found, each with its line.

    `discover` is called with the folders in which plugins are; `secrets` finds what `${secret:NAME}` stands for. `sandbox`
    runs every connector in its plugin's sandbox, as `hub run --sandbox` does; then no credentials are needed.
    """
    return config_of(
        read_text(path), path, discover, environ=environ, sandbox=sandbox, secrets=secrets, may_break=may_break
    )


def config_of(
    text: str,
    path: pathlib.Path,
    discover: Discover,
    *,
    environ: Mapping[str, str] | None = None,
    sandbox: bool = False,
    secrets: Secrets | None = None,
    may_break: MayBreak = nobody_may,
) -> Config:
    """As `load_config`, for a text that may not be in the file yet; relative file names start at the folder of `path`."""
    problems: list[Problem] = []
    document = read_document(text, problems)
    config = None
    if document is not None:
        variables, folder = os.environ if environ is None else environ, path.resolve().parent
        references = References(variables, folder)
        if secrets is not None:
            alone = Reading(document, References(variables, folder), sandbox, [])
            references.secrets = _stored_secrets(alone, secrets)
        config = _config(Reading(document, references, sandbox, problems), discover, path, may_break)
    if problems or config is None:
        count = f"{len(problems)} problems" if len(problems) > 1 else "a problem"
        raise ConfigError(
            f"{path} has {count}; nothing was started.", sorted(problems, key=lambda problem: problem.line or 0)
        )
    return config


def _stored_secrets(reading: Reading, secrets: Secrets) -> Callable[[str], str | None]:
    """Looks up stored secrets, in the database that the file's own `hub:` names."""

    def look_up(name: str) -> str | None:
        if "found" not in opened:
            hub = read_hub(reading, reading.references.resolve(reading.document.tree.get("hub"), ("hub",)))
            opened["found"] = secrets(hub) if hub else lambda name: None
        return opened["found"](name)

    opened: dict[str, Callable[[str], str | None]] = {}
    return look_up


def read_text(path: pathlib.Path) -> str:
    """The text of a config.yaml; ConfigError if there is none that could be one."""
    try:
        if path.is_dir():
            raise ConfigError(f"{path} is a folder; name the file, like {path / 'config.yaml'}.")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist. Run hub init to write one, or name another file with --config."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file name"
        raise ConfigError(f"{path} cannot be read ({reason}); allow the hub's user to read it.") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(
            f"{path} is larger than {MAX_BYTES // 1_000_000} MB, too large for a config.yaml; name the right file."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path} has a problem; nothing was started.", [Problem("is not UTF-8 text; save the file as UTF-8", line)]
        ) from None


def _config(reading: Reading, discover: Discover, file: pathlib.Path, may_break: MayBreak) -> Config | None:
    tree = reading.references.resolve(reading.document.tree)
    for name in tree:
        if name not in SECTIONS:
            reading.tell((name,), f"is not a known key; {nearest(name, SECTIONS)}")
    parts = Parts(reading.document)
    hub = read_hub(reading, tree.get("hub"))
    recordings = read_recordings(reading, tree.get("recordings"))
    parts.add(("recordings",), recordings)
    retention = reading.section(RetentionSection, tree.get("retention"), ("retention",))
    parts.add(("retention",), retention)
    numbers = reading.section(NumbersSection, tree.get("numbers"), ("numbers",))
    parts.add(("numbers",), numbers)
    mail = read_mail(reading, tree.get("mail"), hub.private_hosts if hub else ())
    parts.add(("mail",), mail)
    folders = plugin_folders(reading, tree.get("hub"))
    installed = installed_plugins_folder(hub, file) if hub else None
    folders += [installed] if installed and installed.is_dir() else []
    private = hub.private_hosts if hub else ()
    read_connectors(reading, tree.get("connectors"), discover(folders), parts, private, may_break)
    for path, item in reading.entries(tree, ("conversions",)):
        parts.add(path, reading.section(ConversionRule, item, path))
        parts.add_destinations(path, item)
    accounts = tuple(_accounts(reading, tree, parts))
    for path, text in reading.references.missing.items():
        if path not in reading.forgiven:
            reading.tell(path, text)
    for path, text in problems_between(parts):
        if not reading.unresolved(path):
            reading.tell(path, text)
    if reading.problems or hub is None or recordings is None or retention is None or numbers is None:
        return None
    models = {name: each.Destination for name, each in parts.connector_classes.items()}
    return Config(
        file=file,
        hub=hub,
        connectors=parts.connectors,
        conversions=tuple(rule_as_stored(rule, models) for rule in parts.all(ConversionRule)),
        accounts=accounts,
        recordings=recordings,
        retention=retention,
        numbers=numbers,
        mail=mail,
    )


def _accounts(reading: Reading, tree: object, parts: Parts) -> Iterator[AccountSection]:
    """Each account with its companies and trackers, every level checked separately so that all problems are reported."""
    for path, account in reading.entries(tree, ("accounts",)):
        companies = []
        for company_path, company in reading.entries(account, (*path, "companies")):
            trackers = []
            for tracker_path, tracker in reading.entries(company, (*company_path, "trackers")):
                trackers.append(reading.section(TrackerSection, tracker, tracker_path))
                parts.add(tracker_path, trackers[-1])
            flows = [
                _flow(reading, flow, flow_path, parts)
                for flow_path, flow in reading.entries(company, (*company_path, "flows"))
            ]
            checked = reading.section(CompanySection, _without(company, "trackers", "flows"), company_path)
            own = {"trackers": tuple(trackers), "flows": tuple(flow for flow in flows if flow is not None)}
            companies.append(checked and checked.model_copy(update=own))
            parts.add(company_path, companies[-1])
        section = reading.section(AccountSection, _without(account, "companies"), path)
        parts.add(path, section)
        if section is not None:
            yield section.model_copy(update={"companies": tuple(companies)})


def _flow(reading: Reading, value: object, path: Path, parts: Parts) -> Flow | None:
    """A call flow; its audio files are found from the folder of config.yaml."""
    flow = reading.section(Flow, value, path)
    if flow is not None:
        steps = {
            name: step.model_copy(update={"play": str(reading.absolute(play))})
            if (play := getattr(step, "play", None)) and not GREETING.fullmatch(play)
            else step
            for name, step in flow.steps.items()
        }
        flow = flow.model_copy(update={"steps": steps})
    parts.add(path, flow)
    return flow


def _without(value: object, *keys: str) -> object:
    return {name: item for name, item in value.items() if name not in keys} if isinstance(value, dict) else value


OPTIONS: Path = ("recordings", "options")
SECRET = re.compile("secret|token|password|key", re.IGNORECASE)
"""Names of options that are credentials of the storage; their values are never written in clear."""


def read_recordings(reading: Reading, value: object) -> RecordingsSection | None:
    """The section `recordings:`, with defaults if it is missing. None if it is invalid; problems are reported."""
    if reading.sandbox:
        value = _without_missing(reading, value)
    section = reading.section(RecordingsSection, value, ("recordings",))
    if section is None:
        return None
    for path in _in_clear(reading, section.options, OPTIONS):
        reading.tell(path, f"{IN_CLEAR}; write ${{env:…}} or ${{file:/run/secrets/…}} instead")
    if "://" in section.storage:
        return section
    return section.model_copy(update={"storage": str(reading.absolute(section.storage))})


def _without_missing(reading: Reading, value: object) -> object:
    """A hub with sandboxes needs no secrets: options whose reference cannot be resolved are left out."""
    bad = {path for path in reading.references.missing if path[:2] == OPTIONS and len(path) > 2}
    if not bad or not isinstance(value, dict) or not isinstance(value.get("options"), dict):
        return value
    reading.forgiven |= bad
    names = {path[2] for path in bad}
    return {**value, "options": {name: each for name, each in value["options"].items() if name not in names}}


def _in_clear(reading: Reading, options: Mapping[str, object], path: Path) -> Iterator[Path]:
    for name, value in options.items():
        place = (*path, name)
        if isinstance(value, Mapping):
            yield from _in_clear(reading, value, place)
        elif isinstance(value, str) and SECRET.search(str(name)):
            written = reading.document.at(place)
            if not (isinstance(written, str) and refers(written)):
                reading.references.found.setdefault(place, []).append(value)
                yield place

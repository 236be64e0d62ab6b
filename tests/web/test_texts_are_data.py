"""Texts from outside are data: on no road into config.yaml is a `${…}` in them read, and none of them stops the hub."""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import recorded_callrail as recorded
from commands import CliRunner, application_of, get_command
from config_on_disk import open_config_stage
from keyed_hub import KEYED, TEXT, file_of
from page_client import signed_in
from starlette.testclient import TestClient
from test_stolen_admin import API, PAGES
from testbed import TestHub
from watched_json import Place, Watched

from hub.access.keys import new_api_key
from hub.access.users import add_user
from hub.callrail.ids import wire_id
from hub.cli.init import init_commands
from hub.config.edit import tree_of
from hub.config.references import REFERENCE, texts_in
from hub.errors import CannotDo, ConfigError
from hub.importing.callrail.rows import company_of, tracker_of
from hub.importing.csv_files.files import open_files
from hub.importing.csv_files.mapping import services
from hub.importing.records import Structure
from hub.importing.structure import propose_structure, refuse_problems, target_of
from hub.model import Account
from hub.testing import FrozenClock
from hub.web.callrail import application as callrail_application
from hub.web.callrail import create_callrail_api

READ = ("${file:secret.key}", "${env:HUB_KEY}", "${secret:crm.token}")
POISONS = (*READ, "$${env:HUB_KEY} x: ${file:", "a: &b\n  - *c # ${env:HUB_KEY}\0\ud800")
"""What is tried in each string: a reference of each kind, an escaped one, what is none and would stop a hub, and YAML."""
Tried = tuple[str, str]
"""A string of a road, and the config.yaml after it was tried."""


def poisoned(members: Mapping[str, Any], place: Place, poison: str) -> dict[str, Any]:
    """A copy with a text in the place of a member; of a list in the place of its entries."""
    made: Any = copy.deepcopy(dict(members))
    inner = made
    for name in place[:-1]:
        inner[name] = dict(inner.get(name) or {}) if isinstance(inner.get(name) or {}, dict) else {}
        inner = inner[name]
    inner[place[-1]] = [poison] if isinstance(inner.get(place[-1]), list) else poison
    return made  # type: ignore[no-any-return]


@dataclass
class FromThere:
    """An account that an import reads."""

    made: Structure
    title: str = "Imported"
    source: str = "callrail/ACC1"
    companies: tuple[str, ...] = ()

    def structure(self) -> Structure:
        """Its companies and trackers."""
        return self.made


def proposed(stage: TestHub, source: Any) -> str:
    """The config.yaml that an import would write; the file stays as the hub was opened with it."""
    file, store = file_of(stage), stage.hub.store
    target = target_of(stage.hub.config, source.title, None, "carrier")
    found = propose_structure(store, file, source.structure(), source.source, target, "+13125550190")
    refuse_problems(found)
    return found.proposal.text if found.proposal else file.read().text


ROWS: Mapping[str, tuple[Callable[[Any], Any], list[Any]]] = {
    "companies": (company_of, recorded.COMPANIES[:1]), "trackers": (tracker_of, recorded.TRACKERS[:2]),
}  # fmt: skip


def import_api(stage: TestHub, poison: str) -> Iterator[Tried]:
    """Each member that the import reads of a company or a tracker; and the name of the account."""
    for kind, (read, rows) in ROWS.items():
        for index, row in enumerate(rows):
            watched = Watched(row)
            read(watched)
            for place in sorted(watched.seen):
                found: dict[str, tuple[Any, ...]] = {}
                for name, (each, others) in ROWS.items():
                    mine = [
                        poisoned(row, place, poison) if (name, i) == (kind, index) else other
                        for i, other in enumerate(others)
                    ]
                    found[name] = tuple(each(one) for one in mine if id_of_text(one))
                yield f"{kind}[{index}].{'.'.join(place)}", proposed(stage, FromThere(Structure(**found)))
    yield "account", proposed(stage, FromThere(Structure(companies=(company_of(recorded.COMPANIES[0]),)), title=poison))


def id_of_text(row: Mapping[str, Any]) -> bool:
    """Whether the import takes a row with this id."""
    return str(row["id"]).isprintable() and str(row["id"]).isascii()


def import_files(stage: TestHub, poison: str) -> Iterator[Tried]:
    """Each column of an exported file."""
    known = {
        "id": "CAL1", "company": "Riverside", "tracker": "Flyer", "tracking_number": "+13125550177",
        "business_number": "+13125550190", "source": "Flyer", "at": "2026-01-05T11:27:48-05:00", "duration": "5",
    }  # fmt: skip
    path = file_of(stage).path.parent / "calls.csv"
    columns = services()["callrail"].columns
    for column in columns:
        with path.open("w", newline="", encoding="utf-8", errors="replace") as stream:
            lines = csv.writer(stream)
            lines.writerow([columns[each][0] for each in known | {column: ""}])
            lines.writerow(list((known | {column: poison}).values()))
        try:
            yield column, proposed(stage, open_files([path], (None, None), "UTC", None))
        except CannotDo:  # the file is not one of CallRail's any more
            yield column, file_of(stage).read().text


@dataclass
class FirstFile:
    """What `hub init` writes."""

    folder: Path

    def options(self) -> list[str]:
        """The options of the command that take a text."""
        command: Any = get_command(application_of("init")).commands["init"]  # type: ignore[attr-defined]
        texts = {name for name, hint in get_type_hints(init_commands.init).items() if str in (hint, *get_args(hint))}
        return [each.opts[0] for each in command.params if each.name in texts]

    def write(self, option: str, text: str) -> str:
        """The file for an answer; empty if it is refused."""
        made = self.folder / f"{len(list(self.folder.iterdir()))}"
        words = ["init", "--yes", "--business", "dental", "--folder", str(made)]
        CliRunner().invoke(application_of("init"), [*words, option, text])
        written = made / "config.yaml"
        return written.read_text() if written.exists() else ""


def init(stage: TestHub, poison: str) -> Iterator[Tried]:
    """Each option of `hub init` that takes a text."""
    first = FirstFile(file_of(stage).path.parent)
    expected = references(first.write("--name", "Riverside"))
    for option in first.options():
        text = first.write(option, poison)
        assert not text or references(text) == expected, (option, text)
        yield option, file_of(stage).read().text


class Inputs(HTMLParser):
    """The names of the inputs of a page in which anything can be sent."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: dict[str, None] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """An input, a text area or a choice."""
        name = dict(attributes).get("name")
        if tag in ("input", "textarea", "select", "button") and name:
            self.names[name] = None


@dataclass
class Recording:
    """A browser that notes what is posted with it."""

    browser: Any
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def post(self, path: str, data: Any = None) -> Any:
        """Post, and note it."""
        self.posted.append((path, dict(data or {})))
        return self.browser.post(path, data)


def form(module: str, stage: TestHub, poison: str) -> Iterator[Tried]:
    """Each input of a form that edits config.yaml."""
    browser, recording = signed_in(stage), Recording(signed_in(stage))
    PAGES[module](recording)  # type: ignore[arg-type]
    for index, (path, data) in enumerate(recording.posted):
        shown = Inputs(browser.get(path).text).names
        for name in dict.fromkeys([*data, *shown]):
            browser.post(path, data | {name: poison.encode(errors="replace").decode()})
            for later, others in recording.posted[index + 1 :]:
                browser.post(later, others)
            yield name, file_of(stage).read().text


def callrail_api(module: str, stage: TestHub, poison: str) -> Iterator[Tried]:
    """Each member that the CallRail API reads of the body of a request that edits config.yaml."""
    account = stage.one(Account, name="agency")
    api = create_callrail_api(stage.hub, directory=stage.live, config_file=stage.config_file)
    with stage.hub.store.writing() as session:
        owner = add_user(session, account, "keyed", "owner", stage.clock())
        key = new_api_key(session, owner, stage.clock())
    client = TestClient(api, base_url="https://calls.example.com", headers={"authorization": f'Token token="{key}"'})
    sent: list[tuple[str, str, Any]] = []
    bodies: list[Watched] = []
    application_module: Any = callrail_application
    read = application_module.members_of

    def watched(*words: Any) -> dict[str, object]:
        bodies.append(Watched(read(*words)))
        return bodies[-1]

    def send(method: str, path: str, body: Any) -> Any:
        sent.append((method, path, body))
        return client.request(method, f"/v3/a/{wire_id('ACC', account.id)}/{path}", json=body)

    application_module.members_of = watched
    try:
        API[module](send, stage)
        ((method, path, body),) = sent
        for place in sorted(bodies[-1].seen):
            send(method, path, poisoned(body, place, poison.encode(errors="replace").decode()))
            yield ".".join(place), file_of(stage).read().text
    finally:
        application_module.members_of = read


def references(text: str) -> set[Any]:
    """The references of a text of config.yaml, with their places."""
    return {(place, each) for place, each in texts_in(tree_of(text)) if REFERENCE.search(each)}


Road = Callable[[TestHub, str], Iterator[Tried]]
FAST = {"import by the API": READ[1:2], "import of files": READ[1:2], "hub init": POISONS}
"""A road → what is tried on it outside of `make test-soak`."""
ROADS: Mapping[str, Road] = {
    "import by the API": import_api,
    "import of files": import_files,
    "hub init": init,
    **{module: partial(form, module) for module in PAGES},
    **{f"/v3 {module}": partial(callrail_api, module) for module in API},
}
GUARDS = {
    "import by the API": "hub.importing.structure.literal hub.importing.structure.refusals_of_import",
    "import of files": "hub.importing.structure.literal hub.importing.structure.refusals_of_import",
    "hub init": "hub.cli.init.init_commands.literal",
    "pages/companies/form.py": "hub.reload.config_file.refusals",
    "/v3 companies.py": "hub.reload.config_file.refusals",
}
"""A road of each kind → its guards."""


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestHub]:
    monkeypatch.setenv("HUB_KEY", "a value of the machine")
    with open_config_stage(sqlite_url, clock, tmp_path, TEXT, KEYED) as opened:
        yield opened


def follow(stage: TestHub, road: Road, poison: str) -> list[str]:
    """Try each string of a road; returns them. AssertionError if one became a reference, ConfigError if one stops the hub."""
    file = file_of(stage)
    expected = references(file.read().text)
    tried, checked = [], set[str]()
    for string, text in road(stage, poison):
        if text not in checked:  # most are refused, and the file stays as it was
            read = {each for each in references(text) - expected if any(reference in each[1] for reference in READ)}
            assert not read, string
            file.check(text)
            checked.add(text)
        tried.append(string)
    return tried


TRIED = [
    pytest.param(road, poison, marks=[pytest.mark.soak] * (poison not in FAST.get(road, ())), id=f"{road}-{number}")
    for road in ROADS
    for number, poison in enumerate(POISONS)
    if road in GUARDS or poison in (READ[1], POISONS[-1])
]
"""Each text on a road of each guard; on the other roads, which have the same guards, one that is read and one that is none."""


@pytest.mark.parametrize(("road", "poison"), TRIED)
def test_no_text_from_outside_is_read_as_a_reference_or_stops_the_hub(stage: TestHub, road: str, poison: str) -> None:
    assert len(follow(stage, ROADS[road], poison)) >= 2


@pytest.mark.parametrize("road", GUARDS)
def test_without_its_guard_a_road_reads_references(stage: TestHub, road: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for guard in GUARDS[road].split():
        monkeypatch.setattr(guard, (lambda value: value) if guard.endswith("literal") else (lambda *words: ()))
    with pytest.raises((AssertionError, ConfigError), match=r"env:HUB_KEY|database may be|contains a `"):
        follow(stage, ROADS[road], "${env:HUB_KEY}")

"""Changes of config.yaml that a program asks for, by `/api/v1` or `/v3`: the same edit, check and versions as on the pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from hub.access.users import Editor
from hub.config.document import Path
from hub.config.edit import REMOVED, Change, Move
from hub.config.models import CompanySection, TrackerSection
from hub.errors import CannotDo, Problem
from hub.model import Account, Company, Tracker, User
from hub.numbers.directory import LiveDirectory
from hub.reload import ConfigFile
from hub.runtime import Hub

NO_FILE = "This hub was not started from a config.yaml, so this cannot be changed by the API."
READ_ONLY = "config.yaml is read-only on this hub; make the change where the file comes from."
MIN_KEYS = 3
"""Of the place of a value of a company: `accounts.companies.title`."""
ELSEWHERE = "The rest of config.yaml does not fit this change; the hub's operator sees why with hub check."
MAX_NAME_CHARACTERS = 64
NO_CARRIER = "carrier is missing: name the connector that owns the numbers."


@dataclass(frozen=True)
class Tools:
    """What writes need besides the hub."""

    directory: LiveDirectory
    config_file: ConfigFile | None = None
    """config.yaml; None if the hub was not started from a file."""


@dataclass(frozen=True)
class ConfigEdits:
    """config.yaml as one user may change it."""

    hub: Hub
    user: User
    tools: Tools

    @property
    def file(self) -> ConfigFile:
        """The file, if it can be written; CannotDo says why it cannot."""
        if self.locked:
            raise CannotDo(self.locked)
        assert self.tools.config_file is not None
        return self.tools.config_file

    @property
    def locked(self) -> str:
        """Why nothing can be changed; empty if something can."""
        file = self.tools.config_file
        return NO_FILE if file is None else "" if file.writable else READ_ONLY

    def apply(self, edits: Iterable[Change | Move], members: Mapping[str, str]) -> None:
        """Apply edits in the user's name. CannotDo is the first problem of the file that they would make, without its line
        and place: it names the member of the body. `members` are the keys below a company or a tracker, and their members."""
        proposal = self.file.apply_edit(edits, Editor(self.user))
        if proposal.problems:
            raise CannotDo(sentence_of(proposal.problems[0], members))
        if proposal.version is not None:
            self.tools.directory.refresh()

    def sections(self) -> Sequence[CompanySection]:
        """All companies as the file has them now, those of other accounts too."""
        return tuple(self.file.check(self.file.read().text).companies)

    def section_of(self, company: Company) -> CompanySection:
        """A company as the file has it now; CannotDo if it is not in it."""
        found = next((each for each in self.sections() if each.name == company.name), None)
        if found is None:
            raise CannotDo("The company is no longer in config.yaml.")
        return found

    def place_of_company(self, session: Session, name: str) -> tuple[str, ...]:
        """Where a company of the user's account stands in the file."""
        return ("accounts", session.get_one(Account, self.user.account_id).name, "companies", name)

    def carrier_of(self, section: CompanySection, named: str | None) -> str:
        """The connector that a program names, or the usual one of the company's trackers, or of the account's, or the only
        one there is."""
        if named:
            return named
        entries = self.hub.config.connectors.items()
        carriers = [name for name, entry in entries if entry.connector_class.manifest.kind == "carrier"]
        used = [each.carrier for each in section.trackers] or [
            line.tracker.carrier
            for line in self.tools.directory.current().lines.values()
            if line.company.account_id == self.user.account_id
        ]
        if not used and len(carriers) != 1:
            raise CannotDo(NO_CARRIER)
        return Counter(used).most_common(1)[0][0] if used else carriers[0]

    def tracker_of(self, company: Company, name: str) -> Tracker:
        """The row of a tracker that the file has."""
        with self.hub.store.reading() as session:
            return session.exec(select(Tracker).where(Tracker.company_id == company.id, Tracker.name == name)).one()


def answered_by(
    section: CompanySection, written: TrackerSection, place: Path, flow: str | None, route: Mapping[str, object]
) -> Iterator[Change]:
    """The edits by which a call flow, or a route, answers a tracker's numbers. What else its route says stays."""
    if flow:
        yield Change((*place, "route"), REMOVED)
        yield Change((*place, "flow"), flow)
    elif route:
        before = written.route or section.route
        kept = before.model_dump(mode="json", exclude_defaults=True) if before else {}
        yield Change((*place, "flow"), REMOVED)
        yield Change((*place, "route"), {**kept, **route})


def sentence_of(problem: Problem, members: Mapping[str, str]) -> str:
    """A problem of config.yaml for a client, which knows neither the file nor its keys."""
    if not problem.path and not problem.line:
        return problem.text
    keys = re.sub(r"\[[^\]]*\]", "", problem.path).split(".")
    if keys[:2] != ["accounts", "companies"] or len(keys) < MIN_KEYS:
        return ELSEWHERE
    ends = (".".join(keys[start:]) for start in range(2, len(keys)))
    member = next((members[end] for end in ends if end in members), keys[-1])
    text = re.sub(r"accounts\[\S+( \(line \d+\))?", "another tracker", problem.text)
    return f"{member} {text}" if text.startswith("is ") else f"{member}: {text}"


def file_name(title: str, taken: Iterable[str]) -> str:
    """A name for config.yaml made of what a client calls something: `Lakeside Dental` becomes `lakeside-dental`. CannotDo if
    nothing is left of it, or it is taken."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:MAX_NAME_CHARACTERS].strip("-")
    if not name or not name[0].isalnum():
        raise CannotDo("name needs letters or digits.")
    if name in set(taken):
        raise CannotDo("Name has already been taken")
    return name

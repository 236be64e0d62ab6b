"""Changes of config.yaml that a client asks for: the same edit, check and versions as in the web interface."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from fastapi import HTTPException
from sqlmodel import Session

from hub.access.users import Editor
from hub.config.edit import Change, Move
from hub.config.models import CompanySection
from hub.errors import CannotDo, Problem
from hub.model import Account, Company
from hub.reload import ConfigFile
from hub.web.callrail.request import CallRailRequest

NO_FILE = "This hub was not started from a config.yaml, so this cannot be changed by the API."
READ_ONLY = "config.yaml is read-only on this hub; make the change where the file comes from."
MIN_KEYS = 3
"""Of the place of a value of a company: `accounts.companies.title`."""
ELSEWHERE = "The rest of config.yaml does not fit this change; the hub's operator sees why with hub check."
MAX_NAME_CHARACTERS = 64


def file_of(request: CallRailRequest) -> ConfigFile:
    """config.yaml, if it can be written; 403 says why it cannot."""
    file = request.tools.config_file if request.tools else None
    if file is None:
        raise HTTPException(403, NO_FILE)
    if not file.writable:
        raise HTTPException(403, READ_ONLY)
    return file


def apply(request: CallRailRequest, edits: Iterable[Change | Move], members: Mapping[str, str]) -> None:
    """Apply edits in the user's name. CannotDo is the first problem of the file that they would make, without its line and
    place: it names the member of the body. `members` are the keys below a company or a tracker, and their members."""
    proposal = file_of(request).apply_edit(edits, Editor(request.scope.user))
    if proposal.problems:
        raise CannotDo(sentence_of(proposal.problems[0], members))
    if proposal.version is not None and request.tools is not None:
        request.tools.directory.refresh()


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


def sections(request: CallRailRequest) -> Sequence[CompanySection]:
    """All companies as the file has them now, those of other accounts too."""
    file = file_of(request)
    return tuple(file.check(file.read().text).companies)


def section_of(request: CallRailRequest, company: Company) -> CompanySection:
    """A company as the file has it now; CannotDo if it is not in it."""
    found = next((each for each in sections(request) if each.name == company.name), None)
    if found is None:
        raise CannotDo("The company is no longer in config.yaml.")
    return found


def running_section(request: CallRailRequest, company: Company) -> CompanySection | None:
    """A company as the file has it, or as the hub runs without a file; None if it is in neither."""
    file = request.tools.config_file if request.tools else None
    found = file.check(file.read().text).companies if file else request.hub.config.companies
    return next((each for each in found if each.name == company.name), None)


def place_of_company(request: CallRailRequest, session: Session, name: str) -> tuple[str, ...]:
    """Where a company of the account stands in the file."""
    account = session.get_one(Account, request.scope.user.account_id)
    return ("accounts", account.name, "companies", name)


def file_name(title: str, taken: Iterable[str]) -> str:
    """A name for config.yaml made of what a client calls something: `Lakeside Dental` becomes `lakeside-dental`. CannotDo if
    nothing is left of it, or it is taken."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:MAX_NAME_CHARACTERS].strip("-")
    if not name or not name[0].isalnum():
        raise CannotDo("name needs letters or digits.")
    if name in set(taken):
        raise CannotDo("Name has already been taken")
    return name

"""The edits of config.yaml with which a company leaves: first what visitors and callers reach, at the end the rest."""

from __future__ import annotations

from collections.abc import Iterator

from hub.config.edit import REMOVED, Change, tree_of
from hub.config.models import CompanySection, Config, ConversionRule
from hub.errors import NotFound


def section_of(config: Config, company: str) -> CompanySection | None:
    """The company's section; None if config.yaml does not name it."""
    return next((each for each in config.companies if each.name == company), None)


def place_of(config: Config, company: str) -> tuple[str, ...]:
    """The path of the company's section. NotFound if config.yaml does not name it."""
    for account in config.accounts:
        if any(each.name == company for each in account.companies):
            return ("accounts", account.name, "companies", company)
    raise NotFound(f"config.yaml has no company {company}.")


def into_account(config: Config, text: str, company: str, account: str) -> list[Change]:
    """Move the company's section, as `text` of config.yaml has it, to the end of another account. NotFound if config.yaml
    does not name the company or the account."""
    if all(each.name != account for each in config.accounts):
        raise NotFound(f"config.yaml has no account {account}.")
    place = place_of(config, company)
    accounts = {each["name"]: each for each in tree_of(text)["accounts"]}
    section = next(each for each in accounts[place[1]]["companies"] if each["name"] == company)
    return [Change(place, REMOVED), Change(("accounts", account, "companies", company), section)]


def without_traffic(config: Config, company: str) -> list[Change]:
    """Remove the company's trackers and the conversion rules that name the company or one of its trackers: no call, text or
    visitor is counted for it anymore. Its connectors stay, because they are asked to erase its people."""
    section = section_of(config, company)
    if section is None or not section.trackers:
        return []
    rules = [
        Change(("conversions", each.name), REMOVED) for each in config.conversions if _is_about(config, each, company)
    ]
    return [*rules, Change((*place_of(config, company), "trackers"), REMOVED)]


def without_company(config: Config, company: str) -> list[Change]:
    """Remove everything that names the company: its section, the connectors that serve only this company, the company's name
    in the `companies:` and `costs:` of others, and conversion rules about it."""
    if section_of(config, company) is None:
        return []
    return [
        *(
            Change(("conversions", each.name), REMOVED)
            for each in config.conversions
            if _is_about(config, each, company)
        ),
        *_destinations(config, company),
        *_connectors(config, company),
        Change(place_of(config, company), REMOVED),
    ]


def sections_naming(config: Config, company: str) -> list[str]:
    """The sections of config.yaml that name the company, as paths in words."""
    found = [".".join(place_of(config, company))] if section_of(config, company) else []
    for name, entry in config.connectors.items():
        if company in (entry.common.companies or ()) or company in entry.common.costs:
            found.append(f"connectors.{name}")
    return found + [f"conversions: {each.name}" for each in config.conversions if _is_about(config, each, company)]


def _is_about(config: Config, rule: ConversionRule, company: str) -> bool:
    """Whether a rule is only about this company: it names the company, or a tracker that no other company has."""
    if rule.when.company is not None:
        return rule.when.company == company
    owners = {each.name for each in config.companies for tracker in each.trackers if tracker.name == rule.when.tracker}
    return owners == {company}


def _destinations(config: Config, company: str) -> Iterator[Change]:
    """Remove the destinations of shared rules at connectors that go."""
    gone = set(config.own_connectors(company))
    for rule in config.conversions:
        if not _is_about(config, rule, company):
            lost = [name for name in rule.send_to if name in gone]
            place = ("conversions", rule.name, "send_to")
            if lost and len(lost) == len(rule.send_to):
                yield Change(place, REMOVED)
            else:
                yield from (Change((*place, name), REMOVED) for name in lost)


def _connectors(config: Config, company: str) -> Iterator[Change]:
    for name, entry in config.connectors.items():
        serves, place = entry.common.companies, ("connectors", name)
        if serves == (company,):
            yield Change(place, REMOVED)
            continue
        if serves is not None and company in serves:
            yield Change((*place, "companies"), [each for each in serves if each != company])
        if company in entry.common.costs:
            last = len(entry.common.costs) == 1
            yield Change((*place, "costs") if last else (*place, "costs", company), REMOVED)

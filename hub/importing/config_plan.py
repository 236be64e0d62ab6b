"""What an account there becomes in config.yaml: companies and trackers that are not in it yet. Nothing there is changed.

What is no longer active there is not written to config.yaml; it becomes rows like those of what was removed from it, so that
its history has a place (`hub.importing.retired`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.config.edit import Change
from hub.config.references import literal
from hub.contracts.untrusted import JsonObject
from hub.importing.records import CompanyRecord, Structure, TrackerRecord

VOICEMAIL = "Nobody can come to the phone. Please leave your number and a message, and we will call you back."
VOICEMAIL_WORDS = (
    "callers may leave a message there, so the route says “Nobody can come to the phone. …”; write your own words"
)
AS_TEXT = "a text of the tracker holds `${`: that stays text here, and stands for nothing of this machine"
NO_WEBSITE = (
    "a company with numbers for its website has no `domains:`, because none of its contacts of the last 90 days says on which "
    "page it began: write them, or no page of it swaps a number"
)
RECORDING_NOTICE = "This call is recorded."
MAX_NAME, MAX_TITLE = 60, 80
NO_NUMBERS = "a tracker without a number is not brought over"
NO_COMPANY = "a tracker of no company is not brought over"
NO_PHONE = "a company is not brought over: none of its trackers says which phone rings (--dial says it)"
NOTICE = f"calls are recorded there, so the route says “{RECORDING_NOTICE}”; write your own words"
SEVERAL = "a tracker for one source has several numbers: each became a tracker"
UNMATCHED = "the tracker was removed from config.yaml; its calls stay with it, but it is not written again"


@dataclass(frozen=True)
class Place:
    """A tracker here: the names of its company and its own."""

    company: str
    tracker: str


@dataclass
class ConfigPlan:
    """The edits, and which of theirs are which of ours by name."""

    changes: list[Change] = field(default_factory=list)
    companies: dict[str, str] = field(default_factory=dict)
    """Id there → name in config.yaml, new or known."""
    trackers: dict[str, Place] = field(default_factory=dict)
    new_companies: list[str] = field(default_factory=list)
    new_trackers: int = 0
    without_domains: list[str] = field(default_factory=list)
    """Ids there of companies with numbers for a website and without `domains:`."""
    problems: dict[str, list[str]] = field(default_factory=dict)

    def note(self, reason: str, external_id: str) -> None:
        """Note what is not, or not wholly, brought over."""
        self.problems.setdefault(reason, []).append(external_id)


def plan_config(
    tree: Mapping[str, object],
    structure: Structure,
    *,
    account: tuple[str, str],
    carrier: str,
    matched: Mapping[str, str],
    placed: Mapping[str, Place],
    dial: str | None = None,
) -> ConfigPlan:
    """The plan for a config.yaml (`tree`, its plain values). `account` is the name and the title of the account here that gets
    the companies. `matched` and `placed` are the companies and trackers that earlier imports matched."""
    plan = ConfigPlan()
    written = _Written.of(tree)
    trackers: dict[str, list[TrackerRecord]] = {}
    for tracker in structure.trackers:
        trackers.setdefault(tracker.company_id, []).append(tracker)
    active = {company.id for company in structure.companies if company.is_active}
    for each in structure.trackers:
        if each.company_id not in {company.id for company in structure.companies}:
            plan.note(NO_COMPANY, each.id)
    if account[0] not in written.accounts and active:
        plan.changes.append(Change(("accounts", account[0], "title"), account[1]))
    for company in structure.companies:
        if company.id in active:
            _plan_company(
                plan, written, company, trackers.get(company.id, []), account[0], carrier, matched, placed, dial
            )
    return plan


@dataclass
class _Written:
    """What config.yaml has: companies with their accounts and trackers, and the owner of each number."""

    accounts: set[str]
    companies: dict[str, tuple[str, JsonObject]]
    owners: dict[str, Place]

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> _Written:
        accounts = [each for each in tree.get("accounts") or () if isinstance(each, dict)]
        companies = {
            str(company["name"]): (str(account.get("name")), company)
            for account in accounts
            for company in account.get("companies") or ()
        }
        owners = {
            str(number): Place(name, str(tracker["name"]))
            for name, (_, company) in companies.items()
            for tracker in company.get("trackers") or ()
            for number in tracker.get("numbers") or ()
        }
        return cls({str(each.get("name")) for each in accounts}, companies, owners)

    def named(self, company: CompanyRecord, trackers: Iterable[TrackerRecord]) -> str | None:
        """The company that has one of the numbers, or the same title."""
        for number in (number for each in trackers for number in each.numbers):
            if number in self.owners:
                return self.owners[number].company
        title = literal(company.title).casefold()
        return next(
            (
                name
                for name, (_, each) in self.companies.items()
                if title in (name, str(each.get("title", "")).casefold())
            ),
            None,
        )


def _plan_company(
    plan: ConfigPlan,
    written: _Written,
    company: CompanyRecord,
    trackers: Sequence[TrackerRecord],
    account: str,
    carrier: str,
    matched: Mapping[str, str],
    placed: Mapping[str, Place],
    dial: str | None,
) -> None:
    living = [each for each in trackers if each.is_active]
    name = matched.get(company.id) or written.named(company, living)
    entry = written.companies.get(name or "")
    shared = _route(_most_common(living, dial))
    if entry is None and shared is None:
        plan.note(NO_PHONE, company.id)
        return
    if entry is None:
        name = free_name(company.title, {*written.companies, *plan.companies.values()})
    assert name is not None
    plan.companies[company.id] = name
    known = entry[1].get("trackers") or [] if entry else []
    taken = {str(each["name"]) for each in known}
    new = []
    for tracker in living:
        where = placed.get(tracker.id) or next(
            (written.owners[each] for each in tracker.numbers if each in written.owners), None
        )
        for reason in tracker.lost:
            plan.note(reason, tracker.id)
        if any("${" in text for text in (tracker.greeting, tracker.whisper, tracker.campaign, tracker.title) if text):
            plan.note(AS_TEXT, tracker.id)
        if where is not None:
            plan.trackers[tracker.id] = where
            _add_numbers(plan, written, tracker, where, account)
        elif not tracker.numbers:
            plan.note(NO_NUMBERS, tracker.id)
        else:
            new += _entries(plan, tracker, name, taken, carrier, shared)
    plan.new_trackers += len(new)
    for reason in company.lost:
        plan.note(reason, company.id)
    _note_website(plan, company, living, entry)
    swap = list(dict.fromkeys(number for each in living for number in each.swap))
    if entry is None:
        plan.new_companies.append(name)
        value = _new_company(company, swap)
        plan.changes.append(
            Change(("accounts", account, "companies", name), {"name": name, **value, "route": shared, "trackers": new})
        )
        return
    where_path = ("accounts", entry[0], "companies", name)
    plan.changes += [Change((*where_path, "trackers", each["name"]), each) for each in new]
    if company.domains and not entry[1].get("domains"):
        plan.changes.append(Change((*where_path, "domains"), list(company.domains)))
    before = list((entry[1].get("website") or {}).get("swap") or [])
    missing = [number for number in swap if number not in before]
    if missing:
        plan.changes.append(Change((*where_path, "website", "swap"), [*before, *missing]))


def _new_company(company: CompanyRecord, swap: Sequence[str]) -> dict[str, object]:
    """The entry of a company, without its route and trackers."""
    website: dict[str, object] = {"swap": list(swap)} if swap else {}
    if company.cookie_days is not None:
        website["cookie_days"] = company.cookie_days
    value: dict[str, object] = {"title": company.title, "time_zone": company.time_zone}
    value |= {"domains": list(company.domains)} if company.domains else {}
    return value | ({"website": website} if website else {})


def _note_website(
    plan: ConfigPlan, company: CompanyRecord, living: Sequence[TrackerRecord], entry: tuple[str, JsonObject] | None
) -> None:
    """Note a company whose pages could swap numbers, and of which nobody knows the website."""
    swaps = any(each.is_pool or each.swap for each in living)
    if swaps and not company.domains and not (entry and entry[1].get("domains")):
        plan.without_domains.append(company.id)
        plan.note(NO_WEBSITE, company.id)


def _add_numbers(plan: ConfigPlan, written: _Written, tracker: TrackerRecord, where: Place, account: str) -> None:
    """Numbers that a known pool has got since."""
    entry = written.companies.get(where.company)
    known = (
        next((each for each in (entry[1].get("trackers") or ()) if each["name"] == where.tracker), None)
        if entry
        else None
    )
    if entry is None or known is None:
        plan.note(UNMATCHED, tracker.id)
        return
    before = [str(number) for number in known.get("numbers") or ()]
    missing = [number for number in tracker.numbers if number not in written.owners]
    if missing and known.get("type") == "session":
        path = ("accounts", entry[0], "companies", where.company, "trackers", where.tracker, "numbers")
        plan.changes.append(Change(path, [*before, *missing]))


def _entries(
    plan: ConfigPlan,
    tracker: TrackerRecord,
    company: str,
    taken: set[str],
    carrier: str,
    shared: Mapping[str, object] | None,
) -> list[JsonObject]:
    """The entries of one new tracker: one, or one for each number of a tracker that stands for one source."""
    groups = [tracker.numbers] if tracker.is_pool else [(number,) for number in tracker.numbers]
    if len(groups) > 1:
        plan.note(SEVERAL, tracker.id)
    route = _route(tracker)
    made = []
    for numbers in groups:
        name = free_name(tracker.title, taken)
        taken.add(name)
        plan.trackers.setdefault(tracker.id, Place(company, name))
        entry: dict[str, object] = {
            "name": name,
            **({"title": tracker.title[:MAX_TITLE]} if tracker.title != name else {}),
            "type": "session" if tracker.is_pool else "source",
            "carrier": carrier,
        }
        entry["numbers"] = list(numbers)
        if tracker.source and not tracker.is_pool:
            entry |= {"source": tracker.source[0], "medium": tracker.source[1]}
        if tracker.campaign and not tracker.is_pool:
            entry["campaign"] = tracker.campaign
        if route is not None and route != shared:
            entry["route"] = route
        made.append(entry)
    if tracker.record:
        plan.note(NOTICE, tracker.id)
    if tracker.voicemail:
        plan.note(VOICEMAIL_WORDS, tracker.id)
    return made


def _most_common(trackers: Sequence[TrackerRecord], dial: str | None) -> TrackerRecord | None:
    """The tracker whose route most trackers have."""
    routes = Counter(str(_route(each)) for each in trackers if each.dial)
    best = routes.most_common(1)
    if best:
        return next(each for each in trackers if str(_route(each)) == best[0][0])
    return TrackerRecord(id="", company_id="", title="", dial=dial) if dial else None


def _route(tracker: TrackerRecord | None) -> dict[str, object] | None:
    """What callers of a tracker hear, as `route:`."""
    if tracker is None or tracker.dial is None:
        return None
    route: dict[str, object] = {"dial": tracker.dial}
    if tracker.greeting:
        route["greeting"] = tracker.greeting
    if tracker.whisper:
        route["whisper"] = tracker.whisper
    if tracker.record:
        route |= {"record": True, "recording_notice": RECORDING_NOTICE}
    if tracker.voicemail:
        route["voicemail"] = VOICEMAIL
    return route


def free_name(title: str, taken: Iterable[str]) -> str:
    """A name like those of config.yaml for a title, that is not taken."""
    plain = "_".join(re.findall(r"[a-z0-9]+", title.casefold()))[:MAX_NAME].strip("_") or "unnamed"
    used = set(taken)
    name, number = plain, 2
    while name in used:
        name, number = f"{plain[: MAX_NAME - 4]}_{number}", number + 1
    return name

"""What a user of the web interface may change in config.yaml. The file is the operator's; a user has their account's part.

In a hub with several accounts a change stays within the user's account: its entry in `accounts:`, connectors that serve only
its companies, and conversion rules about its companies. In every hub, what reaches into the machine (secrets, files,
plugin folders) is left to the people who can edit the file there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from hub.contracts.phones import phone_number
from hub.model import Account, Company, Tracker, TrackingNumber, User
from hub.reload.differences import tree_or_empty
from hub.reload.secret_moves import ConfigEdit, Refusal, secret_refusals

ON_THE_MACHINE = "; only someone who can edit config.yaml on the machine may do that."
MACHINE_SECTIONS = {"hub": None, "recordings": ("storage", "options")}
"""Sections, or keys of them, that reach into the machine, or say where sign-ins, links and recordings go: with them an admin
could become the owner."""
PROCESS_SETTINGS = ("isolation", "memory_mb")
"""Of a connector: they let its plugin into the hub's own process, or give it more of the machine."""


def refusals_of(session: Session, user: User, edit: ConfigEdit) -> Iterator[Refusal]:
    """Why the change is not the user's to make, the reasons of the machine first."""
    account = session.get(Account, user.account_id)
    change = _Change(account.name if account else "", dict(edit.old), dict(edit.new))
    yield from (Refusal((), complaint, complaint) for complaint in change.of_the_machine())
    yield from secret_refusals(edit)
    others = change.of_others() if change.is_shared else ()
    taken = _taken_over(session, user.account_id, change)
    yield from (Refusal((), complaint, complaint) for complaint in (*others, *taken))


def refusals_of_import(session: Session, account: str, edit: ConfigEdit) -> Iterator[Refusal]:
    """Why an import into an account may not make the change. It is held to the limits of the account's users, in a hub of one
    account too, except that it may add the account."""
    row = session.exec(select(Account).where(Account.name == account)).first()
    change = _Change(account, dict(edit.old), dict(edit.new), may_add=True)
    taken = _taken_over(session, row.id if row else None, change)
    yield from secret_refusals(edit)
    for complaint in (*change.of_the_machine(), *change.of_others(), *taken):
        yield Refusal((), complaint, complaint)


def has_several_accounts(tree: object) -> bool:
    """Whether a file, read as plain values, serves several accounts."""
    return len(_list(tree, "accounts")) > 1


def has_one_account(text: str) -> bool:
    """Whether the file names at most one account; only then may a user see all of it."""
    return not has_several_accounts(tree_or_empty(text))


@dataclass
class _Change:
    account: str
    old: dict[str, Any]
    new: dict[str, Any]
    may_add: bool = False
    """Whether the account itself may be new."""

    @property
    def is_shared(self) -> bool:
        """Whether the hub serves several accounts."""
        return has_several_accounts(self.old)

    def of_the_machine(self) -> Iterator[str]:
        """What no user may change here, whatever their account."""
        for section, chosen in MACHINE_SECTIONS.items():
            old, new = _section(self.old, section), _section(self.new, section)
            for key in chosen or dict.fromkeys([*old, *new]):
                if old.get(key) != new.get(key):
                    yield f"{section}.{key} would change{ON_THE_MACHINE}"
        before = _section(self.old, "connectors")
        for name, entry in _section(self.new, "connectors").items():
            for key in PROCESS_SETTINGS:
                if _section(before, name).get(key) != _section({name: entry}, name).get(key):
                    yield f"connectors.{name}.{key} would change{ON_THE_MACHINE}"
        if not _inward(self.new) <= _inward(self.old):
            yield f"A webhook would reach into the hub's own network (allow_private){ON_THE_MACHINE}"
        added = {self.account} if self.may_add else set[str]()
        if _names(self.old, "accounts") | added != _names(self.new, "accounts") | added:
            yield f"An account would be added, removed or renamed{ON_THE_MACHINE}"

    def of_others(self) -> Iterator[str]:
        """What belongs to other accounts, or to all of them."""
        for key in self.old.keys() | self.new.keys():
            if key not in ("accounts", "connectors", "conversions") and self.old.get(key) != self.new.get(key):
                yield f"`{key}` is shared by all accounts of this hub{ON_THE_MACHINE}"
        yield from self._foreign_accounts()
        yield from self._foreign_connectors()
        yield from self._foreign_rules()

    def _foreign_accounts(self) -> Iterator[str]:
        before, after = (_by_name(tree, "accounts") for tree in (self.old, self.new))
        for name in before.keys() | after.keys():
            if name != self.account and before.get(name) != after.get(name):
                yield f"The change reaches into another account{ON_THE_MACHINE}"
        for tracker in _trackers(after.get(self.account)):
            carrier = tracker.get("carrier")
            used = {each.get("carrier") for each in _trackers(before.get(self.account))}
            if carrier not in used and not self._may_use(carrier):
                yield f"The carrier {carrier!r} belongs to another account; choose one of your own."

    def _foreign_connectors(self) -> Iterator[str]:
        before, after = _section(self.old, "connectors"), _section(self.new, "connectors")
        for name in before.keys() | after.keys():
            both = [entry for entry in (before.get(name), after.get(name)) if entry is not None]
            if before.get(name) != after.get(name) and not all(self._is_own(entry) for entry in both):
                yield f"The connector {name} also serves other accounts{ON_THE_MACHINE}"

    def _foreign_rules(self) -> Iterator[str]:
        before, after = (_list(tree, "conversions") for tree in (self.old, self.new))
        if [rule for rule in before if not self._is_own_rule(rule, self.old)] != [
            rule for rule in after if not self._is_own_rule(rule, self.new)
        ]:
            yield (
                "A conversion rule of your account names one of its companies in `when: company`, or sends only to "
                "connectors that serve your companies alone; other rules belong to the whole hub."
            )
        for rule in after:
            if rule not in before and not all(self._may_use(name) for name in _section(rule, "send_to")):
                yield f"The rule {rule.get('name')!r} sends to a connector of another account; choose one of your own."

    def _own_companies(self, tree: dict[str, object]) -> set[Any]:
        return _names(_by_name(tree, "accounts").get(self.account), "companies")

    def _is_own(self, entry: object) -> bool:
        """Whether a connector serves only companies of the account, in the old file and in the new one."""
        companies = _list(entry, "companies")
        own = self._own_companies(self.old) | self._own_companies(self.new)
        return bool(companies) and all(company in own for company in companies)

    def _may_use(self, name: Any) -> bool:
        """Whether a connector serves a company of the account, alone or among others."""
        entry = _section(self.new, "connectors").get(name)
        companies = _list(entry, "companies")
        return entry is not None and (not companies or bool(self._own_companies(self.new) & set(companies)))

    def _is_own_rule(self, rule: object, tree: dict[str, object]) -> bool:
        company = _section(rule, "when").get("company")
        if company is not None:
            return company in self._own_companies(self.old) | self._own_companies(self.new)
        destinations = _section(rule, "send_to")
        connectors = _section(tree, "connectors")
        return bool(destinations) and all(self._is_own(connectors.get(name)) for name in destinations)


def _taken_over(session: Session, account_id: str | None, change: _Change) -> Iterator[str]:
    """Companies and numbers that the database knows as another account's, though the file no longer names them."""
    before, after = (_by_name(tree, "accounts").get(change.account) for tree in (change.old, change.new))
    companies = _names(after, "companies") - _names(before, "companies")
    query = select(Company.name).where(col(Company.name).in_(companies), Company.account_id != account_id)
    if companies and session.exec(query).first() is not None:
        yield "A company with this name was another account's; choose another name."
    numbers = {number for each in _trackers(after) for number in _list(each, "numbers")}
    numbers -= {number for each in _trackers(before) for number in _list(each, "numbers")}
    owned = (
        select(TrackingNumber.number)
        .join(Tracker, col(Tracker.id) == TrackingNumber.tracker_id)
        .join(Company, col(Company.id) == Tracker.company_id)
        .where(col(TrackingNumber.number).in_({phone_of(each) for each in numbers}))
        .where(Company.account_id != account_id)
    )
    if numbers and session.exec(owned).first() is not None:
        yield "A number in the change is another account's; remove it."


def webhook_addresses(tree: Mapping[str, object]) -> dict[tuple[str, str], str]:
    """Company and name of a webhook → its address."""
    companies = [company for account in _list(tree, "accounts") for company in _list(account, "companies")]
    return {
        (str(company.get("name")), str(each.get("name"))): str(each.get("url"))
        for company in companies
        for each in _list(company, "webhooks")
        if isinstance(each, dict)
    }


def phone_of(written: object) -> str:
    """A number as the database has it."""
    return phone_number(str(written)) or str(written)


def _list(value: object, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _section(value: object, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _by_name(value: object, key: str) -> dict[str, Any]:
    return {str(entry.get("name")): entry for entry in _list(value, key) if isinstance(entry, dict)}


def _names(value: object, key: str) -> set[str]:
    return set(_by_name(value, key))


def _inward(tree: dict[str, object]) -> set[str]:
    """The addresses of webhooks that may be inside the hub's own network."""
    companies = [company for account in _list(tree, "accounts") for company in _list(account, "companies")]
    webhooks = [each for company in companies for each in _list(company, "webhooks") if isinstance(each, dict)]
    return {str(each.get("url")) for each in webhooks if each.get("allow_private") not in (None, False)}


def _trackers(account: object) -> list[dict[str, object]]:
    companies = [each for each in _list(account, "companies") if isinstance(each, dict)]
    return [each for company in companies for each in _list(company, "trackers") if isinstance(each, dict)]

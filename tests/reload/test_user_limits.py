"""A user's edit of config.yaml stays within their account, and never reaches into the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from config_on_disk import ANOTHER_ACCOUNT, CONFIG
from sqlmodel import select
from testbed import TestHub

from hub.access.users import Editor, add_user
from hub.config.edit import REMOVED, Change
from hub.errors import CannotDo
from hub.model import Account, ConfigVersion, User

Stages = Callable[..., TestHub]
SHARED = CONFIG + ANOTHER_ACCOUNT
MINE = ("accounts", "agency", "companies", "lakeside")
THEIRS = ("accounts", "rival", "companies", "riverside")
RADIO = {"type": "source", "carrier": "carrier", "numbers": ["+13125550199"], "source": "radio"}
OWN_NETWORK = {"plugin": "paper_network", "companies": ["lakeside"]}
OWN_RULE = {"when": {"event": "text", "company": "lakeside"}, "send_to": {"network": {"action": 9}}}


def user_of(stage: TestHub) -> User:
    with stage.hub.store.writing() as session:
        row = session.exec(select(Account).where(Account.name == "agency")).one()
        return add_user(session, row, "someone", "owner", stage.clock())


def apply(stage: TestHub, *changes: tuple[tuple[str, ...], Any]) -> ConfigVersion:
    file = stage.config_file
    assert file is not None
    proposal = file.propose([Change(path, value) for path, value in changes])
    assert not proposal.problems, proposal.problems
    return file.apply(proposal, Editor(user_of(stage), is_fresh=True))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*MINE, "title"), "Lakeside Plumbing"),
        ((*MINE, "trackers", "radio"), RADIO),
        ((*MINE, "trackers", "yellow_pages"), REMOVED),
        (("connectors", "ours"), OWN_NETWORK),
        (("conversions", "texts"), OWN_RULE),
        ((*MINE, "webhooks", "crm"), {"url": "https://hooks.example.com/", "use": "sales"}),
    ],
)
def test_in_a_hub_of_several_accounts_a_user_changes_what_is_theirs(
    stage_of: Stages, path: tuple[str, ...], value: Any
) -> None:
    assert apply(stage_of(SHARED), (path, value)).number == 2


@pytest.mark.parametrize(
    ("path", "value", "refusal"),
    [
        ((*THEIRS, "title"), "Mine now", "another account"),
        (("accounts", "rival"), REMOVED, "account would be added, removed or renamed"),
        (("retention",), {"transcript": "30 days"}, "shared by all accounts"),
        (("connectors", "network", "schedule"), "every 5 minutes", "serves other accounts"),
        (("connectors", "extra"), {"plugin": "paper_network"}, "serves other accounts"),
        (("connectors", "extra"), {"plugin": "paper_network", "companies": ["lakeside", "riverside"]}, "serves other"),
        (("conversions", "every call", "value"), "41 USD", "belong to the whole hub"),
        (("conversions", "every call"), REMOVED, "belong to the whole hub"),
        (
            ("conversions", "their calls"),
            {"when": {"event": "call", "company": "riverside"}},
            "belong to the whole hub",
        ),
        ((*MINE, "title"), "${env:HUB_KEY}", "from the machine"),
        (("hub", "public_url"), "https://evil.example.com", "hub.public_url would change"),
        (
            (*MINE, "webhooks", "crm"),
            {"url": "http://10.0.0.1/", "use": "sales", "allow_private": True},
            "the hub's own network",
        ),
    ],
)
def test_in_a_hub_of_several_accounts_the_rest_is_refused(
    stage_of: Stages, path: tuple[str, ...], value: Any, refusal: str
) -> None:
    stage = stage_of(SHARED)
    with pytest.raises(CannotDo, match=refusal):
        apply(stage, (path, value))


def test_another_accounts_carrier_and_connectors_cannot_be_used(stage_of: Stages) -> None:
    theirs = SHARED.replace(
        "conversions:\n",
        "  phone:\n    plugin: {carrier}\n    companies: [riverside]\n"
        "  adverts:\n    plugin: {network}\n    companies: [riverside]\n\nconversions:\n",
        1,
    )
    stage = stage_of(theirs)
    with pytest.raises(CannotDo, match="carrier 'phone' belongs to another account"):
        apply(stage, ((*MINE, "trackers", "radio"), {**RADIO, "carrier": "phone"}))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hub", "plugin_dirs"), ["."]),
        (("hub", "database"), "sqlite:///other.db"),
        (("hub", "trusted_proxies"), ["0.0.0.0/0"]),
        (("hub", "public_url"), "https://evil.example.com"),
        (("hub", "sign_in"), {"idle": "9h"}),
        (("recordings", "storage"), "memory://elsewhere"),
    ],
)
def test_what_reaches_into_the_machine_is_refused_even_in_a_hub_of_one_account(
    stage_of: Stages, path: tuple[str, ...], value: Any
) -> None:
    with pytest.raises(CannotDo, match=f"{path[0]}.{path[-1]} would change"):
        apply(stage_of(), (path, value))


def test_no_user_moves_a_plugin_into_the_hubs_own_process(stage_of: Stages) -> None:
    with pytest.raises(CannotDo, match=r"connectors\.carrier\.isolation would change"):
        apply(stage_of(), (("connectors", "carrier", "isolation"), "thread"))


@pytest.mark.parametrize("value", ["${env:HUB_KEY}", "${file:config.yaml}"])
def test_a_title_never_shows_a_secret_of_the_machine(stage_of: Stages, value: str) -> None:
    with pytest.raises(CannotDo, match="would read"):
        apply(stage_of(), ((*MINE, "title"), value))


def test_a_company_or_number_that_was_another_accounts_is_not_taken_over(stage_of: Stages) -> None:
    stage = stage_of(SHARED)
    file = stage.config_file
    assert file is not None
    file.apply(file.propose([Change(THEIRS, REMOVED)]), None)
    user = user_of(stage)
    again = {"title": "Riverside", "route": {"dial": "+14145550190"}}
    with pytest.raises(CannotDo, match="was another account's"):
        file.apply(file.propose([Change(("accounts", "agency", "companies", "riverside"), again)]), Editor(user))
    numbers = [*stage.config_file.check(file.read().text).companies[0].trackers[0].numbers, "+14145550120"]  # type: ignore[union-attr]
    with pytest.raises(CannotDo, match="another account's; remove it"):
        file.apply(file.propose([Change((*MINE, "trackers", "website", "numbers"), numbers)]), Editor(user))


def test_a_proposal_of_a_user_names_what_is_not_theirs_as_its_problem(stage_of: Stages) -> None:
    stage = stage_of(SHARED)
    assert stage.config_file is not None
    (problem,) = stage.config_file.propose([Change((*THEIRS, "title"), "Mine now")], Editor(user_of(stage))).problems
    assert "another account" in problem.text

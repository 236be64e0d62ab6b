"""`hub privacy authority`: what a court or the police was given is evidence, and the person learns of it when allowed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cli_shop import CALLER, Shop
from typer.testing import Result

from hub.model import AuthorityDisclosure
from hub.store.engine import Store

RECORD = ("privacy", "authority", "record", "--company", "north", "--basis", "subpoena", "--reference", "Case 17")
WHAT = ("--authority", "County court", "--category", "user.telephony.recording")


@pytest.fixture
def office(shop: Shop) -> Shop:
    """A shop with one caller."""
    shop.play()
    return shop


def told(office: Shop, folder: Path) -> list[dict[str, str]]:
    """What the caller's access file says of authorities."""
    words = (
        "privacy",
        "request",
        "new",
        "--company",
        "north",
        "--kind",
        "access",
        "--phone",
        CALLER,
        "--proof",
        "seen",
    )
    request = office.json(*words)["id"]
    office.run("privacy", "request", "run", request)
    file = folder / f"{request}.zip"
    office.run("privacy", "request", "export", request, "--to", str(file))
    with zipfile.ZipFile(file) as archive:
        found: list[dict[str, str]] = json.loads(archive.read("data.json"))["given to authorities"]
    return found


def test_a_disclosure_is_kept_listed_and_in_the_persons_file(office: Shop, tmp_path: Path) -> None:
    assert office.run(*RECORD, *WHAT, "--phone", CALLER, "--at", "1h").exit_code == 0
    assert office.run(*RECORD, *WHAT, "--phone", "+13125550199").exit_code == 0
    (given,) = told(office, tmp_path)
    assert (given["authority"], given["reference"], given["legal_basis"]) == ("County court", "Case 17", "subpoena")
    listed = office.json("privacy", "authority", "list")
    assert len(listed) == 2 and CALLER not in json.dumps(listed)
    assert "County court" in office.run("privacy", "authority", "list", "--company", "north").output
    assert "privacy.authority.record" in {action for action, _ in office.audited()}


def test_what_must_not_be_told_yet_is_withheld_until_its_day(office: Shop, tmp_path: Path) -> None:
    until = (office.clock() + timedelta(days=40)).date().isoformat()
    assert office.run(*RECORD, *WHAT, "--everybody", "--withhold-until", until).exit_code == 0
    assert told(office, tmp_path) == []
    assert office.run(*RECORD, *WHAT, "--everybody").exit_code == 0
    assert len(told(office, tmp_path)) == 1


def test_a_record_that_is_changed_or_deleted_is_a_finding(office: Shop) -> None:
    office.run(*RECORD, *WHAT, "--phone", CALLER)
    assert office.run("audit", "verify").exit_code == 0
    store = Store(office.database)
    with store.writing() as session:
        session.connection().exec_driver_sql("UPDATE authority_disclosure SET authority = 'Nobody'")
    assert office.run("audit", "verify").exit_code == 1
    with store.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM authority_disclosure")
    store.close()
    assert office.run("audit", "verify").exit_code == 1


def test_what_is_not_said_is_asked_for(office: Shop, refusal: Callable[[Result], str]) -> None:
    assert "whose data" in refusal(office.run(*RECORD, *WHAT))
    assert "categories" in refusal(office.run(*RECORD, *WHAT, "--everybody", "--category", "everything"))
    assert "no phone number" in refusal(office.run(*RECORD, *WHAT, "--everybody", "--note", f"about {CALLER}"))
    assert "in the future" in refusal(office.run(*RECORD, *WHAT, "--everybody", "--at", "2099-01-01"))
    assert office.rows(AuthorityDisclosure) == []

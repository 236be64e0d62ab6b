"""`hub privacy request`: an officer takes a request in, answers it, erases, certifies, and sees what is late."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_shop import CALLER, Shop
from typer.testing import Result

from hub.store.encryption.keyring import new_key


@pytest.fixture
def office(shop: Shop) -> Shop:
    """A shop whose caller came from an ad."""
    shop.play(visit={})
    return shop


def taken_in(office: Shop, kind: str, *more: str) -> str:
    words = ("privacy", "request", "new", "--company", "north", "--kind", kind, "--phone", CALLER, *more)
    return str(office.json(*words)["id"])


def test_an_officer_takes_a_request_in_answers_it_and_hands_the_file_over(office: Shop, tmp_path: Path) -> None:
    request = taken_in(office, "access", "--proof", "passport seen", "--place", "US-CA", "--received", "2d")
    assert office.json("privacy", "request", "run", request)["state"] == "done"
    result = office.run("privacy", "request", "export", request, "--to", str(tmp_path / "data.zip"))
    assert result.exit_code == 0 and (tmp_path / "data.zip").read_bytes()[:2] == b"PK"
    shown = office.json("privacy", "request", "show", request[-12:])
    assert [step["action"] for step in shown["steps"]] == ["received", "verified", "answered"]
    deeds = [action for action, subject in office.audited() if subject == request]
    assert {"privacy.request.export", "privacy.request.show"} <= set(deeds)


def test_an_erasure_shows_its_plan_asks_and_ends_in_a_certificate_that_verifies(office: Shop, tmp_path: Path) -> None:
    request = taken_in(office, "erasure", "--proof", "recalled")
    refused = office.run("privacy", "request", "run", request, typed="n\n")
    assert refused.exit_code == 1 and "Adco Inc." in refused.output and "Erased here" in refused.output
    assert office.json("privacy", "request", "run", request, "--yes")["state"] == "done"
    certificate = office.json("privacy", "request", "certify", request)
    assert [each["recipient"] for each in certificate["not_recalled"]] == ["Adco Inc."]
    assert CALLER[1:] not in json.dumps(certificate)
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(certificate))
    checked = office.run("privacy", "request", "certify", request, "--verify", str(file))
    assert checked.exit_code == 0 and "Genuine" in checked.output
    file.write_text(json.dumps({**certificate, "not_recalled": []}))
    assert office.run("privacy", "request", "certify", request, "--verify", str(file)).exit_code == 1
    assert "Could not be recalled" in office.run("privacy", "request", "certify", request).output


def test_a_certificate_and_the_journal_stay_good_without_the_key_that_signed_them(office: Shop, tmp_path: Path) -> None:
    request = taken_in(office, "erasure", "--proof", "recalled")
    office.json("privacy", "request", "run", request, "--yes")
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(office.json("privacy", "request", "certify", request)))
    assert office.run("privacy", "verify").exit_code == 0, "it signs the ends with the first key"
    config = office.folder / "config.yaml"
    (office.folder / "newer").write_text(new_key())
    config.write_text(config.read_text().replace('["${file:key}"]', '["${file:newer}", "${file:key}"]'))
    assert "Retired the key" in office.run("secrets", "rotate").output
    config.write_text(config.read_text().replace(', "${file:key}"]', "]"))
    (office.folder / "key").unlink()
    verified = office.run("privacy", "verify")
    assert verified.exit_code == 0, verified.output
    checked = office.run("privacy", "request", "certify", request, "--verify", str(file))
    assert checked.exit_code == 0 and "Genuine" in checked.output
    file.write_text(file.read_text().replace('"certified_at": "20', '"certified_at": "21'))
    assert office.run("privacy", "request", "certify", request, "--verify", str(file)).exit_code == 1


def test_with_stand_ins_nothing_is_claimed_about_real_providers(office: Shop) -> None:
    request = taken_in(office, "erasure", "--proof", "recalled")
    shown = office.run("privacy", "request", "run", request, "--sandbox", typed="n\n")
    assert "REHEARSAL" in shown.output, "before anything is erased"
    done = office.run("privacy", "request", "run", request, "--yes", "--sandbox")
    assert done.exit_code == 0 and "REHEARSAL" in done.output and "phone" in done.output
    certificate = office.json("privacy", "request", "certify", request)
    assert certificate["rehearsal"] == ["phone"]
    told = office.run("privacy", "request", "certify", request).output
    assert told.startswith("REHEARSAL")
    assert "Twilio Inc.: REHEARSAL, not confirmed" in told, "an empty stand-in proves nothing about Twilio"
    assert "REHEARSAL" in office.run("privacy", "request", "show", request).output
    access = taken_in(office, "access", "--proof", "recalled")
    assert office.json("privacy", "request", "run", access, "--sandbox")["outcome"]["rehearsal"] == ["phone"]


def test_a_hold_is_told_to_the_officer_and_not_in_the_certificate(
    office: Shop, refusal: Callable[[Result], str]
) -> None:
    set_ = office.run("privacy", "request", "hold", "--company", "north", "--phone", CALLER, "--reason", "Case 17")
    request = taken_in(office, "erasure", "--proof", "recalled")
    assert "Case 17" in refusal(office.run("privacy", "request", "run", request, "--yes"))
    certificate = office.json("privacy", "request", "certify", request)
    assert "Case 17" not in json.dumps(certificate) and "legal duty" in certificate["remains"][0]
    hold = set_.output.split()[2]
    (listed,) = office.json("privacy", "request", "holds")
    assert (listed["id"], listed["reason"], listed["everybody"]) == (hold, "Case 17", False)
    assert office.run("privacy", "request", "lift", hold).exit_code == 0
    assert "already" in refusal(office.run("privacy", "request", "lift", hold))
    assert office.json("privacy", "request", "holds") == []
    (listed,) = office.json("privacy", "request", "holds", "--all", "--company", "north")
    assert listed["lifted_at"]
    assert office.json("privacy", "request", "run", request, "--yes")["state"] == "done"


def test_a_hold_says_whom_it_is_on_and_why(office: Shop, refusal: Callable[[Result], str]) -> None:
    hold = ("privacy", "request", "hold", "--company", "north", "--reason")
    assert "everybody at the company" in refusal(office.run(*hold, "Case 18"))
    assert "everybody at the company" in refusal(office.run(*hold, "Case 18", "--everybody", "--phone", CALLER))
    assert "is not valid" in refusal(office.run(*hold, "Case 18", "--phone", "12"))
    assert "The reason is empty" in refusal(office.run(*hold, " ", "--everybody"))
    assert office.run(*hold, "Case 18", "--everybody").exit_code == 0
    assert [each["everybody"] for each in office.json("privacy", "request", "holds")] == [True]
    assert "everybody" in office.run("privacy", "request", "holds").output
    request = taken_in(office, "erasure", "--proof", "recalled")
    assert "Case 18" in refusal(office.run("privacy", "request", "run", request, "--yes"))


def test_what_is_late_is_listed_first_and_ends_with_status_1(office: Shop) -> None:
    late = taken_in(office, "access", "--received", "60d")
    taken_in(office, "access")
    listed = office.json("privacy", "request", "list", status=1)
    assert [each["overdue"] for each in listed] == [True, False] and listed[0]["id"] == late
    assert "overdue" in office.run("privacy", "request", "list").output
    assert "overdue by law" in office.run("check").output


def test_what_cannot_be_done_is_said(office: Shop, refusal: Callable[[Result], str]) -> None:
    new = ("privacy", "request", "new", "--company", "north", "--kind")
    assert "choose one of" in refusal(office.run(*new, "forgetting", "--phone", CALLER))
    for nowhere in ("Atlantis", "UK", "XX", "US-QC"):
        assert "GB or DE" in refusal(office.run(*new, "access", "--phone", CALLER, "--place", nowhere))
    assert "in the future" in refusal(office.run(*new, "access", "--phone", CALLER, "--received", "2099-01-01"))
    assert "Give the correct name" in refusal(office.run(*new, "correction", "--phone", CALLER))
    assert "is not valid" in refusal(office.run(*new, "correction", "--phone", CALLER, "--new-phone", "12"))
    assert "kind correction" in refusal(office.run(*new, "access", "--phone", CALLER, "--name", "Pat"))
    assert "The proof is empty" in refusal(office.run(*new, "access", "--phone", CALLER, "--proof", "  "))
    assert office.json("privacy", "request", "list") == []
    request = taken_in(office, "access")
    assert "identity is not proven" in refusal(office.run("privacy", "request", "run", request))
    assert "The proof is empty" in refusal(office.run("privacy", "request", "verify", request, "--proof", ""))
    assert "The reason is empty" in refusal(office.run("privacy", "request", "refuse", request, "--reason", " "))
    assert "The reason is empty" in refusal(office.run("privacy", "request", "extend", request, "--reason", " "))
    assert office.json("privacy", "request", "show", request)["state"] == "received"
    assert "no certificate" in refusal(office.run("privacy", "request", "certify", request))

"""`hub companies end`: a client leaves, step by step, with an export and a certificate."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_shop import CALLER, Shop
from shop_copies import once
from sqlmodel import func, select
from typer.testing import Result

from hub.api.sandbox import Fault
from hub.leaving import run as leaving
from hub.leaving.export import ROWS_PER_BATCH
from hub.leaving.rows import KEPT
from hub.model import Call, Company, CompanyEnd, DayRollup, Person, PrivacyRequest, every_table
from hub.reload import ConfigFile
from hub.store.engine import Store
from plugins.carriers.twilio.sandbox import api as sandbox_api

OTHER_CALLER = "+13125550148"
SOUTH = """\
      - name: south
        title: South
        country: US
        region: IL
        route: {dial: "+13125550191"}
        trackers:
          - {name: sign, type: source, carrier: phone, numbers: ["+13125550130"], source: sign, medium: print}
"""


@pytest.fixture
def office(shop: Shop) -> Shop:
    """North, which leaves, and South, which stays; each was called, North also by a hidden number. North also has a text
    and a visit that led to nothing."""
    furnished(shop)
    return shop


@once
def furnished(shop: Shop) -> None:
    add_south(shop)
    for number in ("+13125550100", "+13125550120", "+13125550130"):
        sandbox_api.Api(shop.carrier).own(number, {})
    south = {"caller_number": OTHER_CALLER, "tracking_number": "+13125550130"}
    shop.play({}, {"caller_number": None, "tracking_number": "+13125550120"}, south, visit={})
    with shop.opened() as opened:
        shop.visit(opened)
        address = shop.address(opened.hub)
        shop.receive(opened, [shop.carrier.message_webhook(CALLER, "+13125550120", "=Zqpear()", address)])
        shop.work(opened)


def add_south(shop: Shop) -> None:
    file = shop.folder / "config.yaml"
    text = file.read_text().replace("{plugin: adco,", "{plugin: adco, companies: [north],")
    file.write_text(text + SOUTH)


def rows_of(shop: Shop, company: str) -> dict[str, int]:
    """Rows with a company's id, by table."""
    store = Store(shop.database)
    with store.reading() as session:
        company_id = session.exec(select(Company.id).where(Company.name == company)).one()
        found = {
            table.name: session.execute(
                select(func.count()).select_from(table).where(table.c.company_id == company_id)
            ).scalar_one()
            for table in every_table().sorted_tables
            if "company_id" in table.columns
        }
    store.close()
    return {name: count for name, count in found.items() if count}


def test_the_plan_says_what_is_there_and_changes_nothing(office: Shop) -> None:
    before = (office.folder / "config.yaml").read_text()
    planned = office.json("companies", "end", "north")
    assert (planned["counts"]["calls"], planned["counts"]["people"], planned["counts"]["texts"]) == (2, 1, 1)
    assert [each["number"] for each in planned["numbers"]] == ["+13125550100", "+13125550120"]
    assert planned["connectors"] == ["ads"] and "accounts.agency.companies.north" in planned["sections"]
    assert [each["connector"] for each in planned["asked"]] == ["phone"]
    said = office.run("companies", "end", "north").output
    assert "changes nothing" in said and "hub companies end north --request" in said
    assert (office.folder / "config.yaml").read_text() == before
    assert not office.rows(CompanyEnd)


@pytest.mark.soak
def test_a_company_leaves_with_everything_that_is_its_own_and_nothing_else_is_touched(
    office: Shop, tmp_path: Path
) -> None:
    south = rows_of(office, "south")
    assert office.run("companies", "end", "north", "--request", "--hand-over", "+13125550120").exit_code == 0
    assert office.run("companies", "end", "north", "--export", str(tmp_path / "north")).exit_code == 0
    done = office.run("companies", "end", "north", "--confirm", "north")
    assert done.exit_code == 0, done.output
    certificate = office.json("companies", "certificate", "north")
    assert certificate["people_erased"] == 1 and certificate["erased_here"]["keys_destroyed"] >= 1
    assert {number: each["outcome"] for number, each in certificate["numbers"].items()} == {
        "+13125550100": "released",
        "+13125550120": "handed_over",
    }
    assert {each["phone_number"] for each in office.carrier.numbers.values()} == {"+13125550120", "+13125550130"}
    assert certificate["asked_to_erase"]["phone"]["answers"] == {"erased": 2}, "of the person, and of the hidden number"
    assert "+13125550130" in (kept := {call["to"] for call in office.carrier.calls.values()})
    assert not kept & {"+13125550100", "+13125550120"}
    assert list(certificate["not_recalled"]) == ["Adco Inc."]
    assert certificate["deleted"]["visit"] == 2 and certificate["exported"]["files"]
    for secret in (CALLER, CALLER[2:], "Zqpear"):
        assert secret not in json.dumps(certificate)
    text = (office.folder / "config.yaml").read_text()
    assert "north" not in text.replace("north.example", "") and "adco" not in text and "name: south" in text
    assert rows_of(office, "north").keys() <= {*KEPT, "privacy_request"}
    assert not [each for each in office.rows(PrivacyRequest) if each.channel == "company_end"]
    assert rows_of(office, "south") == south
    assert OTHER_CALLER in {call.caller_number for call in office.rows(Call)}
    store = Path(office.database.removeprefix("sqlite:///"))
    assert CALLER[1:].encode() not in store.read_bytes()
    shown = office.run("companies", "certificate", "north").output
    assert shown.startswith("Certificate of the end of North") and "1 person erased" in shown
    listed = {each["name"]: each["end"] for each in office.json("companies", "list")}
    assert listed == {"north": "done", "south": None}
    assert office.run("audit", "verify").exit_code == 0


def test_the_companys_own_carrier_can_be_left_alone_and_its_certificate_is_genuine_until_it_is_changed(
    office: Shop, tmp_path: Path
) -> None:
    assert end_north(office, "--keep-at", "phone", "--hand-over", "all").exit_code == 0
    certificate, file = office.json("companies", "certificate", "north"), tmp_path / "certificate.json"
    assert certificate["not_asked"] == ["phone"] and certificate["asked_to_erase"] == {}
    assert "+13125550100" in {call["to"] for call in office.carrier.calls.values()}
    file.write_text(json.dumps(certificate))
    assert "Genuine" in office.run("companies", "certificate", "north", "--verify", str(file)).output
    file.write_text(json.dumps({**certificate, "people_erased": 2}))
    assert office.run("companies", "certificate", "north", "--verify", str(file)).exit_code == 1
    assert office.run("companies", "certificate", "south", "--verify", str(file)).exit_code == 1


def end_north(office: Shop, *request: str) -> Result:
    assert office.run("companies", "end", "north", "--request", *request).exit_code == 0
    return office.run("companies", "end", "north", "--confirm", "north", "--without-export")


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_an_export_holds_everything_in_clear_for_its_owner_alone(office: Shop, tmp_path: Path, kind: str) -> None:
    to = tmp_path / ("north.zip" if kind == "zip" else "north")
    days = [date(2024, 1, 1) + timedelta(days=each) for each in range(ROWS_PER_BATCH + 1)]
    about = {"company_id": company_id(office), "model": "last", "dimension": "source", "value": "sign", "currency": ""}
    with office.opened() as opened, opened.hub.store.writing() as session:
        session.add_all(DayRollup(day=day, **about) for day in days)
    result = office.run("companies", "end", "north", "--export", str(to))
    assert result.exit_code == 0, result.output
    files = (
        zip_files(to)
        if kind == "zip"
        else {str(each.relative_to(to)): each.read_bytes() for each in to.rglob("*") if each.is_file()}
    )
    assert {stat.S_IMODE(each.stat().st_mode) for each in [to, *to.rglob("*")] if each.is_file()} == {0o600}
    manifest = json.loads(files["manifest.json"])
    assert {each["name"] for each in manifest["files"]} == files.keys() - {"manifest.json"}
    for each in manifest["files"]:
        assert hashlib.sha256(files[each["name"]]).hexdigest() == each["sha256"]
    tables = {
        name: list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        for name, data in files.items()
        if name.endswith(".csv")
    }
    assert {each["name"]: each["rows"] for each in manifest["files"] if "rows" in each} == {
        name: len(rows) for name, rows in tables.items()
    }
    assert sorted(row["caller_number"] for row in tables["calls.csv"]) == ["", f"'{CALLER}"]
    assert [row["text"] for row in tables["texts.csv"]] == ["'=Zqpear()"], "a spreadsheet must not compute it"
    assert len(tables["visits.csv"]) == 2 and tables["consent_decisions.csv"] and tables["disclosures.csv"]
    found = {row["day"] for row in tables["figures_by_day.csv"]}
    assert found >= {day.isoformat() for day in days}, "more rows than are read at a time"
    assert OTHER_CALLER.encode() not in b"".join(files.values())
    assert hashlib.sha256(files["manifest.json"]).hexdigest() in result.output
    assert ("company.export", company_id(office)) in office.audited()
    assert "exists already" in str(office.run("companies", "end", "north", "--export", str(to)).exception)


def zip_files(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def company_id(office: Shop) -> str:
    return str(next(each.id for each in office.rows(Company) if each.name == "north"))


def test_nothing_is_erased_before_the_name_is_typed_and_a_request_can_be_called_off(
    office: Shop, refusal: Callable[[Result], str]
) -> None:
    end = ("companies", "end", "north")
    assert "Request the end" in refusal(office.run(*end, "--confirm", "north"))
    assert "not a tracking number" in refusal(office.run(*end, "--request", "--hand-over", "+13125550130"))
    assert "named" in refusal(office.run(*end, "--request", "--keep-at", "ads"))
    assert office.run(*end, "--request").exit_code == 0
    assert "short name, north" in refusal(office.run(*end, "--confirm", "south"))
    assert "Nothing was exported" in refusal(office.run(*end, "--confirm", "north"))
    assert office.run(*end, "--cancel").exit_code == 0
    assert "no end to call off" in refusal(office.run(*end, "--cancel"))
    assert len(office.rows(Person)) == 2
    deeds = [action for action, _ in office.audited() if action.startswith("company.")]
    assert deeds == ["company.end.request", "company.end.cancel"]


@pytest.mark.soak
def test_a_legal_hold_or_an_open_request_stops_it_before_and_in_the_middle(
    office: Shop, refusal: Callable[[Result], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    end = ("companies", "end", "north")
    office.run(*end, "--request")
    hold = office.run(
        "privacy", "request", "hold", "--company", "north", "--phone", CALLER, "--reason", "Case 17"
    ).output.split()[2]
    assert "legal hold" in refusal(office.run(*end, "--confirm", "north", "--without-export"))
    assert "legal hold" in office.run(*end).output
    office.run("privacy", "request", "lift", hold)
    request = office.json("privacy", "request", "new", "--company", "north", "--kind", "access", "--phone", CALLER)[
        "id"
    ]
    assert "privacy request" in refusal(office.run(*end, "--confirm", "north", "--without-export"))
    office.run("privacy", "request", "refuse", request, "--reason", "A test.")
    with monkeypatch.context() as patched:
        patched.setattr(leaving, "erase_people", lambda *anything: (_ for _ in ()).throw(KeyboardInterrupt))
        office.run(*end, "--confirm", "north", "--without-export")
    hold = office.run(
        "privacy", "request", "hold", "--company", "north", "--everybody", "--reason", "Case 18"
    ).output.split()[2]
    stopped = office.run(*end, "--confirm", "north")
    assert stopped.exit_code == 1 and "legal hold" in stopped.output
    assert CALLER in {person.phone_number for person in office.rows(Person)}
    office.run("privacy", "request", "lift", hold)
    assert office.run(*end, "--confirm", "north").exit_code == 0


STEPS = ("settle_numbers", "erase_people", "open_requests", "erase_rest", "certify_end")


@pytest.mark.soak
@pytest.mark.parametrize("step", STEPS)
def test_a_process_that_dies_in_the_middle_is_followed_by_one_that_goes_on(
    office: Shop, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Any = getattr(leaving, step)
    calls = []

    def dies(*values: Any) -> Any:
        done = real(*values)
        calls.append(done)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(leaving, step, dies)
    assert end_north(office).exit_code != 0
    again = office.run("companies", "end", "north", "--confirm", "north")
    assert again.exit_code == 0, again.output
    certificate = office.json("companies", "certificate", "north")
    assert certificate["people_erased"] == 1, "nobody is counted twice"
    assert len(certificate["numbers"]) == 2 - (step == "settle_numbers") * 2
    assert rows_of(office, "north").keys() <= KEPT.keys()


def test_a_company_leaves_on_postgresql(shop: Shop, postgres_url: str, tmp_path: Path) -> None:
    shop.database = postgres_url
    shop.configure()
    furnished(shop)
    office = shop
    south = rows_of(office, "south")
    assert office.run("companies", "end", "north", "--request").exit_code == 0
    assert office.run("companies", "end", "north", "--export", str(tmp_path / "north.zip")).exit_code == 0
    done = office.run("companies", "end", "north", "--confirm", "north")
    assert done.exit_code == 0, done.output
    assert office.json("companies", "certificate", "north")["people_erased"] == 1
    assert rows_of(office, "north").keys() <= KEPT.keys()
    assert rows_of(office, "south") == south


def test_a_worker_goes_on_with_what_is_confirmed(office: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(leaving, "erase_people", lambda *anything: (_ for _ in ()).throw(KeyboardInterrupt))
        end_north(office)
    for _ in range(4):  # after an edit of config.yaml it has another hub
        with office.opened() as opened:
            while leaving.carry_on(opened.hub):
                pass
    assert office.json("companies", "end", "north")["state"] == "done"


def test_a_provider_that_does_not_answer_is_waited_for_and_the_connector_stays_until_then(office: Shop) -> None:
    office.run("companies", "end", "north", "--request", "--hand-over", "all")
    office.carrier.fail_next(Fault("status", 503), times=1_000)
    waits = office.run("companies", "end", "north", "--confirm", "north", "--without-export")
    assert waits.exit_code == 1 and "phone: " in waits.output
    assert "name: north" in (office.folder / "config.yaml").read_text()
    assert not [person for person in office.rows(Person) if person.phone_number == CALLER], "here it is erased at once"
    office.carrier.heal()
    assert office.run("companies", "end", "north", "--confirm", "north").exit_code == 0
    assert office.json("companies", "certificate", "north")["asked_to_erase"]["phone"]["answers"] == {"erased": 2}


def test_a_number_whose_release_was_not_answered_is_not_settled_until_the_carrier_lists_it_no_longer(
    office: Shop,
) -> None:
    office.run("companies", "end", "north", "--request")
    office.carrier.fail_next(Fault("status", 503), times=1_000)
    waits = office.run("companies", "end", "north", "--confirm", "north", "--without-export")
    assert waits.exit_code == 1 and "+13125550100: " in waits.output
    numbers = office.json("companies", "end", "north")["outcome"]["numbers"]
    assert {each["outcome"] for each in numbers.values()} == {"unknown"}
    assert CALLER in {person.phone_number for person in office.rows(Person)}, "nothing is erased before that"
    office.carrier.heal()
    for sid, each in list(office.carrier.numbers.items()):
        if each["phone_number"] == "+13125550100":
            del office.carrier.numbers[sid]  # the first request had been carried out
    office.carrier.fail_next(Fault("status", 503))
    assert office.run("companies", "end", "north", "--confirm", "north").exit_code == 0
    outcomes = office.json("companies", "certificate", "north")["numbers"]
    assert outcomes["+13125550100"]["note"] == "phone no longer lists it."
    assert outcomes["+13125550120"]["outcome"] == "released"


def test_a_config_that_cannot_be_written_is_reported_with_the_change_to_make(
    office: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ConfigFile, "writable", False)
    waits = end_north(office)
    assert waits.exit_code == 1 and "read-only" in waits.output and "-          - {name: pool" in waits.output

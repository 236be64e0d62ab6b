"""The companies of an account: seen, changed, added and copied by edits of config.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from config_on_disk import CONFIG, PLUGINS, open_config_stage
from flow_strategies import OFFICE_TEXT
from page_client import signed_in
from recorder import PaperEars, PaperEyes
from testbed import TestHub

from hub.api import Manifest, Recipient
from hub.config.edit import tree_of
from hub.model import AlertPreference, AlertRule, Company, UserCompany
from hub.testing import FrozenClock


def file_of(stage: TestHub) -> Path:
    assert stage.config_file is not None
    return stage.config_file.path


def companies(stage: TestHub) -> dict[str, dict[str, object]]:
    tree = tree_of(file_of(stage).read_text())
    return {each["name"]: each for each in tree["accounts"][0]["companies"]}


FORM = {"title": "Lakeside", "time_zone": "UTC", "country": "US", "region": "IL", "website.tracking": "by_visitor"}


def test_a_change_touches_only_what_changed_and_keeps_the_comments(config_stage: TestHub) -> None:
    owner = signed_in(config_stage)
    assert "Lakeside" in owner.text("/companies/lakeside")
    before = file_of(config_stage).read_text().splitlines()
    form = {
        **FORM,
        "time_zone": "America/Chicago",
        "domains": "https://www.lakeside.example.com/contact\nlakeside.example.com",
        "website.swap": "(312) 555-0190",
        "conversions_from": "2026-12-01",
        "contact.email": "privacy@lakeside.example.com",
    }
    answer = owner.post("/companies/lakeside", form)
    assert answer.status_code == 303, answer.text
    changed = companies(config_stage)["lakeside"]
    assert changed["time_zone"] == "America/Chicago"
    assert changed["domains"] == ["www.lakeside.example.com", "lakeside.example.com"]
    assert str(changed["conversions_from"]) == "2026-12-01"
    assert changed["website"] == {"swap": ["+13125550190"]}
    assert changed["contact"] == {"email": "privacy@lakeside.example.com"}
    after = file_of(config_stage).read_text().splitlines()
    assert [line for line in before if line not in after] == [], "a line of the file was lost"


def test_saving_the_form_as_it_is_changes_nothing(config_stage: TestHub) -> None:
    before = file_of(config_stage).read_text()
    answer = signed_in(config_stage).post("/companies/lakeside", FORM)
    assert answer.status_code == 303
    assert file_of(config_stage).read_text() == before


def test_a_wrong_value_is_told_at_its_field_and_what_was_typed_stays(config_stage: TestHub) -> None:
    answer = signed_in(config_stage).post("/companies/lakeside", {**FORM, "time_zone": "Chicago", "country": "XX"})
    assert answer.status_code == 422
    assert 'id="country-error"' in answer.text or 'id="time_zone-error"' in answer.text, answer.text
    assert 'value="Chicago"' in answer.text
    assert "time_zone" not in companies(config_stage)["lakeside"]


def test_a_new_company_is_added_with_the_phone_that_rings(config_stage: TestHub) -> None:
    owner = signed_in(config_stage)
    form = {**FORM, "title": "Southside", "route.dial": "+1 312 555 0191"}
    answer = owner.post("/companies/new", form)
    assert answer.status_code == 303, answer.text
    assert companies(config_stage)["southside"] == {
        "name": "southside",
        "title": "Southside",
        "time_zone": "UTC",
        "country": "US",
        "region": "IL",
        "route": {"dial": "+13125550191"},
    }


def test_the_phone_of_a_new_company_can_wait_until_its_first_number(config_stage: TestHub) -> None:
    owner = signed_in(config_stage)
    assert owner.post("/companies/new", {**FORM, "title": "Southside", "route.dial": ""}).status_code == 303
    assert "route" not in companies(config_stage)["southside"]


def test_a_company_without_route_and_trackers_is_shown_and_its_first_number_asks_for_the_phone(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    text = CONFIG + "      - {{name: southside, title: Southside}}\n"
    with open_config_stage(sqlite_url, clock, tmp_path, text) as stage:
        owner = signed_in(stage)
        for path in ("/companies", "/companies/southside", "/flows?company=southside", "/calls?company=southside"):
            assert "Southside" in owner.text(path), path
        wizard = owner.text("/numbers/trackers/new?company=southside")
    assert "Phone that rings" in wizard and "What the company’s callers hear" not in wizard


def test_a_name_for_the_file_follows_from_what_the_company_is_called(config_stage: TestHub) -> None:
    owner = signed_in(config_stage)
    for title in ("Joe's Plumbing & Sons", "Lakeside", "New"):
        assert (
            owner.post("/companies/new", {**FORM, "title": title, "route.dial": "312 555 0191"}).status_code == 303
        ), title
    assert list(companies(config_stage))[2:] == ["joes_plumbing_and_sons", "lakeside_2", "new_2"]
    refused = owner.post("/companies/new", {**FORM, "title": "…"})
    assert refused.status_code == 422 and 'id="title-error"' in refused.text


def test_a_marketer_sees_companies_and_changes_none(config_stage: TestHub) -> None:
    marketer = signed_in(config_stage, "marketer")
    assert "Your role sees companies" in marketer.text("/companies/lakeside")
    assert marketer.post("/companies/lakeside", FORM).status_code == 403
    assert signed_in(config_stage, "admin", "lakeside").get("/companies/northgate").status_code == 404


COPY = {**FORM, "title": "Southside Drains", "route.dial": "312 555 0177"}
EVERYTHING = ["flows", "trackers", "rules", "alerts", "users"]


@pytest.fixture
def office(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    """A hub whose Lakeside has flows, trackers, a rule of its own and an ad account of its own."""
    text = OFFICE_TEXT.replace("    plugin: {network}\n", "    plugin: {network}\n    companies: [lakeside]\n").replace(
        "conversions:\n",
        "conversions:\n\n  - name: lakeside leads\n    when: {{event: lead, company: lakeside, status: qualified}}\n"
        "    send_to: {{network: {{action: 7}}}}\n",
        1,
    )
    with open_config_stage(sqlite_url, clock, tmp_path, text) as stage:
        yield stage


def test_a_company_begins_as_a_copy_without_numbers_secrets_and_accounts(office: TestHub) -> None:
    owner, limited = signed_in(office), signed_in(office, "marketer", "lakeside").user
    assert owner.user is not None and limited is not None
    lakeside, now = office.one(Company, name="lakeside"), office.clock()
    with office.hub.store.writing() as session:
        for user in (owner.user, limited):
            session.add(
                AlertRule(account_id=lakeside.account_id, user_id=user.id, company_id=lakeside.id, kind="missed_call")
            )
        session.add(
            AlertPreference(
                account_id=lakeside.account_id,
                user_id=limited.id,
                company_id=lakeside.id,
                time_zone="UTC",
                digests_since=now,
            )
        )
    form = owner.get("/companies/new?from=lakeside").text
    assert form.count(" checked") == 5 and "connect those of the new company afterwards" in form
    done = owner.post("/companies/new?from=lakeside", {**COPY, "copy": EVERYTHING})
    assert done.status_code == 303, done.text
    assert "Connect its own accounts next: " in owner.text("/companies")
    made, before = companies(office)["southside_drains"], companies(office)["lakeside"]
    assert made["flow"] == before["flow"] and "route" not in made
    assert "+13125550190" not in str(made) and "+13125550177" in str(made["flows"])
    trackers: Any = made["trackers"]
    assert [each["name"] for each in trackers] == ["website", "shared", "yellow_pages"]
    assert not any("numbers" in each for each in trackers)
    rules = tree_of(file_of(office).read_text())["conversions"]
    rule = next(each for each in rules if each["name"] == "lakeside leads (Southside Drains)")
    assert rule["when"]["company"] == "southside_drains" and "send_to" not in rule
    new = office.one(Company, name="southside_drains")
    assert {row.user_id for row in office.rows(AlertRule, company_id=new.id)} == {owner.user.id, limited.id}
    assert office.one(AlertPreference, company_id=new.id).user_id == limited.id
    assert office.one(UserCompany, company_id=new.id).user_id == limited.id


def test_what_is_not_ticked_is_not_copied(office: TestHub) -> None:
    owner, limited = signed_in(office), signed_in(office, "marketer", "lakeside").user
    assert owner.post("/companies/new?from=lakeside", {**COPY, "copy": ["trackers"]}).status_code == 303
    made = companies(office)["southside_drains"]
    assert made["route"] == {"dial": "+13125550177"} and "flows" not in made and len(made["trackers"]) == 3  # type: ignore[arg-type]
    new = office.one(Company, name="southside_drains")
    assert limited is not None and office.rows(UserCompany, company_id=new.id) == []
    assert "Southside" not in str(tree_of(file_of(office).read_text())["conversions"])


def test_a_copy_needs_a_phone_of_its_own_and_a_company_of_the_users(office: TestHub) -> None:
    owner = signed_in(office)
    refused = owner.post("/companies/new?from=lakeside", {**COPY, "route.dial": "", "copy": EVERYTHING})
    assert refused.status_code == 422 and "Write the phone that rings for the new company." in refused.text
    assert owner.get("/companies/new?from=nobody").status_code == 404
    assert signed_in(office, "admin", "northgate").get("/companies/new?from=lakeside").status_code in (403, 404)


class OutsideEyes(PaperEyes):
    """A reader that is another company."""

    manifest = Manifest(
        **{
            **PaperEyes.manifest.model_dump(),
            "name": "outside_eyes",
            "recipient": Recipient(name="Cloud Inc.", role="processor"),
        },
    )


READERS = "connectors:\n  ears: {{plugin: {ears}}}\n  eyes: {{plugin: {eyes}}}\n  cloud: {{plugin: {cloud}}}\n"
WITH_READERS = {**PLUGINS, "ears": PaperEars, "eyes": PaperEyes, "cloud": OutsideEyes}


def test_what_calls_were_about_is_off_until_a_company_chooses_who_reads_it(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    text = CONFIG.replace("connectors:\n", READERS).replace("  storage:", "  transcribe: ears\n  storage:")
    with open_config_stage(sqlite_url, clock, tmp_path, text, WITH_READERS) as stage:
        owner = signed_in(stage)
        page = owner.text("/companies/lakeside")
        assert "Nobody; it is off" in page and "runs on your own machines and costs their time alone" in page
        assert "sends the lines to Cloud Inc." in page and "callers must hear that it reads what they say" in page
        assert owner.post("/companies/lakeside", {**FORM, "insights.read_by": "eyes"}).status_code == 303
        assert companies(stage)["lakeside"]["insights"] == {"read_by": "eyes"}


def test_what_calls_were_about_is_switched_off_and_keeps_the_companys_names(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    text = CONFIG.replace("connectors:\n", READERS).replace("  storage:", "  transcribe: ears\n  storage:")
    text = text.replace(
        "title: Lakeside\n", "title: Lakeside\n        insights: {{read_by: eyes, signals: [will_sue]}}\n"
    )
    with open_config_stage(sqlite_url, clock, tmp_path, text, WITH_READERS) as stage:
        owner = signed_in(stage)
        assert owner.post("/companies/lakeside", {**FORM, "insights.read_by": ""}).status_code == 303
        assert companies(stage)["lakeside"]["insights"] == {"signals": ["will_sue"]}

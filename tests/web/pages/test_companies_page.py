"""The companies of an account: seen, changed and added by edits of config.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_client import signed_in
from testbed import TestHub

from hub.config.edit import tree_of


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
        "contact.email": "privacy@lakeside.example.com",
    }
    answer = owner.post("/companies/lakeside", form)
    assert answer.status_code == 303, answer.text
    changed = companies(config_stage)["lakeside"]
    assert changed["time_zone"] == "America/Chicago"
    assert changed["domains"] == ["www.lakeside.example.com", "lakeside.example.com"]
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
    form = {**FORM, "name": "southside", "title": "Southside", "route.dial": "+1 312 555 0191"}
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


@pytest.mark.parametrize("name", ["", "Lake Side", "new", "lakeside", "../x"])
def test_a_short_name_that_cannot_be_is_refused(config_stage: TestHub, name: str) -> None:
    answer = signed_in(config_stage).post("/companies/new", {**FORM, "name": name})
    assert answer.status_code == 422 and 'id="name-error"' in answer.text


def test_a_marketer_sees_companies_and_changes_none(config_stage: TestHub) -> None:
    marketer = signed_in(config_stage, "marketer")
    assert "Your role sees companies" in marketer.text("/companies/lakeside")
    assert marketer.post("/companies/lakeside", FORM).status_code == 403
    assert signed_in(config_stage, "admin", "lakeside").get("/companies/northgate").status_code == 404

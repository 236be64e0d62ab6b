"""`/numbers/trackers/…`: a tracker is configured, added and retired by edits of config.yaml that keep the rest of the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from config_on_disk import ANOTHER_ACCOUNT, CONFIG, open_config_stage
from flow_strategies import OFFICE_TEXT
from page_client import PageClient, signed_in
from testbed import TestHub

from hub.model import AuditEntry
from hub.reload import ConfigFile
from hub.testing import FrozenClock

PRINT = "/numbers/trackers/lakeside/yellow_pages"
POOL = "/numbers/trackers/lakeside/website"


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    with open_config_stage(sqlite_url, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
def owner(stage: TestHub) -> PageClient:
    return signed_in(stage)


def text(stage: TestHub) -> str:
    assert stage.config_file is not None
    return stage.config_file.read().text


def source(**changes: str) -> dict[str, str]:
    values = {"source": "yellow_pages", "medium": "print", "campaign": "spring", "carrier": "carrier", "flow": ""}
    return values | changes


def pool(**changes: str) -> dict[str, str]:
    return {"hold": "30 minutes", "cool_down": "7 days", "reserve": "20", "carrier": "carrier", "flow": ""} | changes


def test_the_page_shows_numbers_and_settings(stage: TestHub, owner: PageClient) -> None:
    stage.call_in(number="+13125550122")
    shown = owner.text(PRINT)
    assert "+1 312 555 0122" in shown and "Lakeside: its calls come from Yellow Pages (print)" in shown
    html = owner.get(POOL).text
    assert 'value="30 minutes"' in html and 'value="7 days"' in html and 'value="20"' in html
    assert owner.get("/numbers/trackers/lakeside/none").status_code == 404
    marketer = signed_in(stage, "marketer").text(PRINT)
    assert "Retire" not in marketer and "Save" not in marketer


def test_only_what_changed_is_written_and_an_audit_entry_with_it(stage: TestHub, owner: PageClient) -> None:
    before = text(stage)
    assert owner.post(PRINT, source()).status_code == 303
    assert text(stage) == before
    answer = owner.post(PRINT, source(campaign="autumn", medium=""))
    assert answer.status_code == 303, answer.text
    after = text(stage)
    assert "campaign: autumn" in after and "# in print since spring" in after
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert [line.strip() for line in changed] == ["campaign: autumn"]
    actors = [each.actor for each in stage.rows(AuditEntry) if each.action.startswith("config")]
    assert owner.user is not None and actors == ["start", owner.user.id]


def test_a_pools_times_are_checked_and_kept_as_they_are_written(stage: TestHub, owner: PageClient) -> None:
    wrong = owner.post(POOL, pool(hold="soon", reserve="100"))
    assert wrong.status_code == 422
    assert "Write it like 30 minutes, 2h or 7 days." in wrong.text and "a share from 0 to 99" in wrong.text
    assert owner.post(POOL, pool(hold="1800s", cool_down="3 days", reserve="25")).status_code == 303
    assert "cool_down: 3 days" in text(stage) and "reserve: 0.25" in text(stage) and "hold:" not in text(stage)


def test_what_the_file_refuses_stands_beside_the_field(owner: PageClient) -> None:
    answer = owner.post(PRINT, source(carrier="network"))
    assert answer.status_code == 422
    assert "is not a carrier" in answer.text
    missing = owner.post(PRINT, source(source=""))
    assert "Say where its calls come from" in missing.text


def test_a_tracker_becomes_the_number_for_privacy_signals(stage: TestHub, owner: PageClient) -> None:
    assert owner.post(PRINT, source(signals="yes")).status_code == 303
    assert "signals: true" in text(stage)
    shared = source(source="website", medium="direct", campaign="", default="yes", signals="yes")
    refused = owner.post("/numbers/trackers/lakeside/shared", shared)
    assert refused.status_code == 422 and "use another number for privacy signals" in refused.text


@pytest.mark.parametrize("has_one", [False, True])
def test_the_list_advises_a_company_with_a_website_and_advertisers_to_have_a_number_for_signals(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path, has_one: bool
) -> None:
    website = '        website: {{swap: ["+13125550190"]}}\n        route: {{dial: "+13125550190"}}\n'
    written = CONFIG.replace('        route: {{dial: "+13125550190"}}\n', website, 1)
    if has_one:
        at = "            source: yellow_pages\n"
        written = written.replace(at, f"{at}            signals: true\n")
    with open_config_stage(sqlite_url, clock, tmp_path, written) as stage:
        shown = signed_in(stage).text("/numbers")
    advised = "Lakeside: visitors who send Global Privacy Control see the number for everybody" in shown
    assert (advised, "visitors with a privacy signal" in shown) == (not has_one, has_one)


def test_a_trackers_own_route_stays_until_a_flow_is_chosen(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    own = '            source: yellow_pages\n            route: {{dial: "+13125550191"}}\n'
    written = OFFICE_TEXT.replace("            source: yellow_pages\n", own)
    with open_config_stage(sqlite_url, clock, tmp_path, written) as stage:
        owner = signed_in(stage)
        assert ">A route of its own<" in owner.get(PRINT).text
        assert owner.post(PRINT, source(campaign="autumn", flow="own route")).status_code == 303
        assert "campaign: autumn" in text(stage) and 'route: {dial: "+13125550191"}' in text(stage)
        assert owner.post(PRINT, source(campaign="autumn", flow="office")).status_code == 303
        assert 'dial: "+13125550191"' not in text(stage) and "            flow: office" in text(stage)


def test_a_number_is_taken_out_and_a_tracker_retired(stage: TestHub, owner: PageClient) -> None:
    assert owner.post(f"{POOL}/remove", {"number": "+13125550101"}).status_code == 303
    assert "+13125550101" not in text(stage) and "+13125550102" in text(stage)
    assert owner.post(f"{POOL}/remove", {"number": "+13135550100"}).status_code == 422
    assert owner.post(f"{PRINT}/retire").status_code == 422
    assert owner.post(f"{PRINT}/retire", {"sure": "yes"}).status_code == 303
    assert "yellow_pages" not in text(stage)


def test_a_file_that_is_read_only_gives_the_change_to_copy(
    stage: TestHub, owner: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stage.config_file is not None
    path = stage.config_file.path
    monkeypatch.setattr(ConfigFile, "writable", False)
    before = path.read_text()
    answer = owner.post(PRINT, source(campaign="autumn"))
    assert answer.status_code == 422
    assert "cannot be written here" in answer.text and "+            campaign: autumn" in answer.text
    assert path.read_text() == before


def test_limited_users_see_their_companies_trackers_and_change_none(stage: TestHub) -> None:
    limited = signed_in(stage, "admin", "lakeside")
    assert limited.get(PRINT).status_code == 200
    assert limited.post(PRINT, source(campaign="x")).status_code == 403
    assert signed_in(stage, "marketer", "northgate").get(PRINT).status_code == 404


def test_another_accounts_tracker_is_not_there(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    with open_config_stage(sqlite_url, clock, tmp_path, CONFIG + ANOTHER_ACCOUNT) as stage:
        path = "/numbers/trackers/riverside/shared"
        assert signed_in(stage).get(path).status_code == 404
        assert signed_in(stage).post(f"{path}/retire", {"sure": "yes"}).status_code == 404
        assert signed_in(stage, account="rival").get(path).status_code == 200


def test_the_numbers_to_swap_and_the_domains_are_written_into_the_file(stage: TestHub, owner: PageClient) -> None:
    form = {"company": "lakeside", "swap": "(312) 555-0190\n+1 312 555 0191", "domains": "www.lakeside.example.com"}
    assert owner.post("/numbers/website/settings", form).status_code == 303
    after = text(stage)
    assert "+13125550190" in after and "+13125550191" in after and "www.lakeside.example.com" in after
    wrong = owner.post("/numbers/website/settings", form | {"swap": "none"})
    assert (wrong.status_code, "not a phone number" in wrong.text) == (422, True)
    assert signed_in(stage, "marketer").post("/numbers/website/settings", form).status_code == 403

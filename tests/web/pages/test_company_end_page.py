"""The end of a company in the web interface: owners see the plan, export, and confirm by the company's name."""

from __future__ import annotations

import io
import json
import zipfile

from page_client import signed_in
from testbed import CALLER, TestHub

from hub.model import CompanyEnd, Person

END = "/companies/lakeside/end"


def test_an_owner_requests_exports_and_confirms_and_nothing_happens_before_the_name_is_typed(
    config_stage: TestHub,
) -> None:
    config_stage.call_in()
    owner = signed_in(config_stage)
    assert "End this company" in owner.text("/companies/lakeside")
    assert "Nothing is changed before you confirm" in owner.text(END)
    assert not config_stage.rows(CompanyEnd)
    assert owner.post(END, {"erase_at": "carrier"}).status_code == 303
    early = owner.post(f"{END}/confirm", {"name": "lakeside"})
    assert early.status_code == 422 and "Nothing was exported" in early.text
    answer = owner.post(f"{END}/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        assert CALLER.encode() in archive.read("calls.csv")
    assert manifest["name"] == "lakeside"
    wrong = owner.post(f"{END}/confirm", {"name": "northgate"})
    assert wrong.status_code == 422 and config_stage.one(CompanyEnd).state == "requested"
    assert owner.post(f"{END}/confirm", {"name": "lakeside"}).status_code == 303
    assert config_stage.one(CompanyEnd).state == "running" and config_stage.rows(Person)
    assert "being carried out" in owner.text(END)
    assert owner.get(f"{END}/certificate").status_code == 404


def test_it_can_be_called_off_and_a_legal_hold_is_shown(config_stage: TestHub) -> None:
    owner = signed_in(config_stage)
    owner.post(END)
    assert owner.post(f"{END}/cancel").status_code == 303
    assert owner.post(f"{END}/cancel").status_code == 422
    owner.post("/privacy-desk/holds", {"company": "lakeside", "covers": "everybody", "reason": "Case 17"})
    assert "legal hold" in owner.text(END)


def test_only_owners_of_the_account_may(config_stage: TestHub) -> None:
    for role in ("admin", "privacy_officer"):
        assert signed_in(config_stage, role).get(END).status_code in (403, 404)
    assert signed_in(config_stage).get("/companies/strangers/end").status_code == 404

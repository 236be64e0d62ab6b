"""`/numbers/health`: each finding with what mends it; what is mended is gone; who sees what."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from page_client import signed_in
from testbed import SHARED, YELLOW_PAGES, TestHub

from hub.config.models import Config
from hub.config.sections.numbers import NumbersSection
from hub.contracts.numbers import NumberSetup
from hub.contracts.values import Money
from hub.errors import Rejected
from hub.model import AuditEntry, NumberFinding, TrackingNumber
from hub.numbers.health.audit import audit_numbers
from hub.queries.numbers.spending import spending

STRANGE, GONE = "+13125550188", "+13125550189"


def finding(stage: TestHub, kind: str, number: str) -> NumberFinding:
    return stage.one(NumberFinding, kind=kind, number=number)


def kinds(stage: TestHub) -> set[tuple[str, str]]:
    return {(row.kind, row.number) for row in stage.rows(NumberFinding)}


def test_what_is_wrong_is_listed_with_what_mends_it_and_gone_when_it_is_mended(stage: TestHub) -> None:
    for number in (SHARED, STRANGE, GONE):
        stage.carrier.sell(number)
    stage.carrier.owned[STRANGE] = replace(
        stage.carrier.owned[STRANGE], label="<b>Old ad</b>", monthly_price=Money.parse("1.15 USD")
    )
    stage.call_in(STRANGE, process=False)
    browser = signed_in(stage)
    assert "Nothing is wrong" in browser.text("/numbers/health")
    assert browser.post("/numbers/health/look").status_code == 303
    page = browser.text("/numbers/health")
    for said in (
        "Points elsewhere",
        "Not at the carrier",
        "Rings without a tracker",
        "1 call in 30 days",
        "1.15 USD a month",
    ):
        assert said in page
    assert "named &lt;b&gt;Old ad" in browser.get("/numbers/health").text
    assert "things are wrong with the numbers" in browser.text("/numbers")

    assert browser.post(f"/numbers/health/{finding(stage, 'elsewhere', SHARED).id}/point").status_code == 303
    assert ("elsewhere", SHARED) not in kinds(stage)

    here = f"/numbers/health/{finding(stage, 'unassigned', STRANGE).id}"
    assert browser.post(f"{here}/assign", {"for": "lakeside/nothing"}).status_code == 422
    assert browser.post(f"{here}/assign", {"for": "lakeside/yellow_pages"}).status_code == 303
    row = stage.one(TrackingNumber, number=STRANGE)
    assert (row.monthly_price, row.price_currency, row.bought) == (Money.parse("1.15 USD").amount, "USD", True)
    assert stage.carrier.owned[STRANGE].voice_url.startswith("https://calls.example.com/webhooks/carrier/")
    assert not {("unassigned", STRANGE), ("rings", STRANGE)} & kinds(stage)
    stage.live.refresh()
    assert stage.call_in(STRANGE).company_id is not None

    here = f"/numbers/health/{finding(stage, 'unassigned', GONE).id}"
    assert browser.post(f"{here}/release").status_code == 422
    assert browser.post(f"{here}/release", {"sure": "yes"}).status_code == 303
    assert stage.carrier.released == [GONE] and ("unassigned", GONE) not in kinds(stage)
    assert browser.post(f"{here}/release", {"sure": "yes"}).status_code == 404
    deeds = [(each.action, each.subject) for each in stage.rows(AuditEntry) if each.action.startswith("numbers.")]
    assert deeds == [("numbers.configure", SHARED), ("numbers.assign", STRANGE), ("numbers.release", GONE)]


def test_a_user_of_one_company_sees_its_findings_and_not_those_of_the_account(stage: TestHub) -> None:
    stage.carrier.sell(STRANGE)
    audit_numbers(stage.hub, ["carrier"])
    whole, north = signed_in(stage).text("/numbers/health"), signed_in(stage, "admin", "northgate")
    assert "+1 312 555 0188" in whole and "+1 312 555 0120" in whole
    page = north.text("/numbers/health")
    assert "+1 313 555 0120" in page and "+1 312" not in page
    for kind, number in (("unassigned", STRANGE), ("absent", SHARED)):
        for deed in ("assign", "point", "release"):
            assert north.post(f"/numbers/health/{finding(stage, kind, number).id}/{deed}").status_code == 403
    marketer = signed_in(stage, "marketer")
    assert "Ask the carriers now" not in marketer.text("/numbers/health")
    assert marketer.post("/numbers/health/look").status_code == 403


def test_all_numbers_that_point_elsewhere_are_pointed_here_at_once(stage: TestHub) -> None:
    for number in (SHARED, YELLOW_PAGES):
        stage.carrier.sell(number)
    audit_numbers(stage.hub, ["carrier"])
    browser = signed_in(stage)
    assert "Point all 2 here" in browser.text("/numbers/health")
    assert browser.post("/numbers/health/point").status_code == 303
    assert not {kind for kind, _ in kinds(stage)} & {"elsewhere"}


def test_a_carrier_that_does_not_do_it_is_said_and_nothing_changes(stage: TestHub) -> None:
    stage.call_in(STRANGE, process=False)
    audit_numbers(stage.hub)
    here = f"/numbers/health/{finding(stage, 'rings', STRANGE).id}/assign"

    def refuse(number: str, setup: NumberSetup) -> None:
        raise Rejected("The number is not in this account.")

    stage.carrier.sell = refuse
    answer = signed_in(stage).post(here, {"for": "lakeside/yellow_pages"})
    assert answer.status_code == 422 and "not in this account" in answer.text and ("rings", STRANGE) in kinds(stage)
    assert stage.rows(TrackingNumber, number=STRANGE) == []


def test_spending_counts_what_was_held_in_each_month_and_says_what_is_estimated(stage: TestHub) -> None:
    row = stage.one(TrackingNumber, number=SHARED)
    row.monthly_price, row.price_currency, row.came_at = Money.parse("1.15 USD").amount, "USD", stage.clock()
    stage.add(row)
    stage.call_in(SHARED, seconds=90), stage.call_in(SHARED, seconds=45)
    page = signed_in(stage).text("/numbers/health?company=lakeside")
    assert "$1.15" in page and "3 min" in page and "minutes have no price" in page
    numbers = NumbersSection.model_validate({"minute_price": "0.02 USD"})
    config: Config = replace(stage.hub.config, numbers=numbers)
    with stage.hub.store.reading() as session:
        this, last, _ = spending(session, config, None, ["lakeside"], ZoneInfo("UTC"), stage.clock())
    assert {name: f"{amount:.2f}" for name, amount in this.total.items()} == {"USD": "1.21"}
    assert (this.held, last.held, last.minutes, last.numbers) == (5, 0, 0, {})

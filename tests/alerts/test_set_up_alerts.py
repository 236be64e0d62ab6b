"""Alerts about numbers and about webhooks that were set aside: told once, to who may hear of them."""

from __future__ import annotations

from datetime import timedelta

from alert_stage import AlertStage
from sqlalchemy import delete

from hub.alerts.watch import Watch
from hub.model import Account, NumberFinding, User, UserCompany, WebhookEndpoint, WebhookEvent


def look(alerting: AlertStage) -> None:
    for _ in range(2):
        Watch(alerting.hub).look()
        alerting.run()


def find(alerting: AlertStage, number: str, kind: str = "elsewhere", company: str | None = "lakeside") -> None:
    alerting.stage.add(
        NumberFinding(
            account_id=alerting.stage.one(Account).id,
            company_id=alerting.company(company).id if company else None,
            kind=kind,
            number=number,
            connector="carrier",
            dedup_key=f"{kind}/{number}",
            found_at=alerting.stage.clock(),
        )
    )


def letters(alerting: AlertStage) -> list[str]:
    return [each.get_body(("plain",)).get_content() for each in alerting.mail.letters]  # type: ignore[union-attr]


def limited(alerting: AlertStage, name: str) -> User:
    user = alerting.user(name, "admin")
    alerting.stage.add(UserCompany(user_id=user.id, company_id=alerting.company().id))
    return user


def test_findings_of_one_audit_are_one_alert_and_what_comes_again_after_repair_is_another(alerting: AlertStage) -> None:
    alerting.wants(alerting.user(), "number_health")
    find(alerting, "+13125550100"), find(alerting, "+13125550101"), find(alerting, "+13125550102", "waits")
    look(alerting)
    assert alerting.mail.subjects == ["Something is wrong with numbers of Lakeside"]
    assert "Points elsewhere: +1 312 555 0100 and 1 more. Its calls and texts do not come here" in letters(alerting)[0]
    assert "/numbers/health?company=lakeside" in letters(alerting)[0]
    with alerting.hub.store.writing() as session:
        session.execute(delete(NumberFinding))
    alerting.stage.clock.advance(hours=7)
    look(alerting)
    assert len(alerting.mail.subjects) == 1
    find(alerting, "+13125550100")
    look(alerting)
    assert len(alerting.mail.subjects) == 2


def test_what_concerns_the_whole_account_is_told_once_and_never_to_a_user_of_some_companies(
    alerting: AlertStage,
) -> None:
    maria, tom = alerting.user(), limited(alerting, "tom")
    for company in ("lakeside", "northgate"):
        alerting.wants(maria, "number_health", company=company)
    alerting.wants(tom, "number_health")
    find(alerting, "+13125550188", "rings", company=None)
    look(alerting)
    assert [each["To"] for each in alerting.mail.letters] == ["maria@example.com"]
    assert "Rings without a tracker: +1 312 555 0188" in letters(alerting)[0]
    assert len(alerting.alerts(maria)) == 1 and alerting.alerts(tom) == []


def test_a_webhook_that_was_set_aside_is_told_once_a_day(alerting: AlertStage) -> None:
    alerting.wants(alerting.user(), "webhook_set_aside")
    now, company = alerting.stage.clock(), alerting.company()
    own = {"account_id": company.account_id, "company_id": company.id}
    endpoint = WebhookEndpoint(name="crm", made_at=now, **own)
    alerting.stage.add(endpoint)
    for place, state in enumerate(("dead", "dead", "delivered")):
        alerting.stage.add(
            WebhookEvent(
                endpoint_id=endpoint.id, type="call.completed", subject_id="s", dedup_key=str(place), at=now, due_at=now,
                finished_at=now, state=state, expires_at=now + timedelta(days=30), **own,
            )
        )  # fmt: skip
    look(alerting)
    assert alerting.mail.subjects == ["A webhook of Lakeside does not take its events"]
    assert "crm did not take 2 events today" in letters(alerting)[0]
    alerting.stage.clock.advance(days=1)
    look(alerting)
    assert len(alerting.mail.subjects) == 1, "nothing new was set aside"


def test_a_webhook_that_takes_nothing_for_half_an_hour_is_told_once(alerting: AlertStage) -> None:
    alerting.wants(alerting.user(), "webhook_set_aside")
    now, company = alerting.stage.clock(), alerting.company()
    own = {"account_id": company.account_id, "company_id": company.id}
    endpoint = WebhookEndpoint(
        name="crm", made_at=now, events=["form"], failing_since=now, last_refusal="The endpoint answered 503.", **own
    )
    alerting.stage.add(endpoint)
    alerting.stage.add(
        WebhookEvent(
            endpoint_id=endpoint.id, type="form", subject_id="s", dedup_key="1", at=now, due_at=now, first_tried_at=now,
            state="ready", expires_at=now + timedelta(days=30), **own,
        )
    )  # fmt: skip
    alerting.stage.clock.advance(minutes=29)
    look(alerting)
    assert alerting.mail.subjects == []
    alerting.stage.clock.advance(minutes=1)
    look(alerting)
    alerting.stage.clock.advance(days=1)
    look(alerting)
    assert alerting.mail.subjects == ["A webhook of Lakeside does not take its events"]
    assert "crm has taken nothing since" in letters(alerting)[0]
    assert "1 event waits. The endpoint answered 503." in letters(alerting)[0]

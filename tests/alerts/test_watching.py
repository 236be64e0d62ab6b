"""Failing connectors, destinations that take nothing, full pools: found once, and only where somebody wants to hear of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alert_stage import AlertStage
from fake_connectors import FakeNetwork

from hub.alerts.hub_trouble import note_trouble
from hub.alerts.settings import AlertSettings, WantedKind, save_settings
from hub.alerts.watch import Watch
from hub.api import ApiVersion
from hub.model import AlertEvent, Delivery, PoolOverflow, SyncSlot, Tracker, User
from hub.store.companion_troubles import note_companion
from hub.store.connectors import pause, resume


def look(alerting: AlertStage, watch: Watch | None = None) -> None:
    (watch or Watch(alerting.hub)).look()
    alerting.run()


def test_a_paused_connector_is_told_once_and_again_after_it_failed_anew(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "connector_failing")
    pause(alerting.hub.store, "network", "It refuses.", alerting.stage.clock())
    for _ in range(2):
        look(alerting)
        alerting.stage.clock.advance(hours=5)
    assert alerting.mail.subjects == ["A connector of Lakeside is failing"]
    resume(alerting.hub.store, "network")
    look(alerting)
    pause(alerting.hub.store, "network", "It refuses.", alerting.stage.clock())
    look(alerting)
    assert len(alerting.mail.subjects) == 2


def test_an_outage_is_told_after_ten_minutes_and_a_short_one_never(alerting: AlertStage) -> None:
    maria, watch = alerting.user(), Watch(alerting.hub)
    alerting.wants(maria, "connector_failing")
    for breaker in alerting.hub.plugins.guards["network"].breakers.values():
        for _ in range(50):
            breaker.record(False)
    look(alerting, watch)
    alerting.stage.clock.advance(minutes=5)
    look(alerting, watch)
    assert alerting.mail.subjects == []
    alerting.stage.clock.advance(minutes=6)
    look(alerting, watch)
    assert alerting.mail.subjects == ["A connector of Lakeside is failing"]


def test_a_cap_of_a_line_is_told_at_80_percent_and_at_100_once_a_day_each_and_no_more_when_it_is_over(
    alerting: AlertStage,
) -> None:
    maria, watch, store = alerting.user(), Watch(alerting.hub), alerting.hub.store
    alerting.wants(maria, "connector_failing")

    def after(minutes: int, detail: str) -> int:
        note_companion(store, "carrier", detail, alerting.stage.clock())
        for _ in range(2):
            look(alerting, watch)
            alerting.stage.clock.advance(minutes=minutes)
        return len(alerting.mail.subjects)

    almost, full = "80 % of the 100 minutes a day are used.", "The 100 minutes a day are used up."
    assert after(11, almost) == 1
    assert after(11, full) == 2 and after(11, full) == 2, "it is told once a day"
    assert full.rstrip(".") in str(alerting.mail.letters[-1].get_body())
    assert after(11, "") == 2
    alerting.stage.clock.advance(days=1)
    assert after(11, almost) == 3, "another day, another alert"


def late_delivery(alerting: AlertStage, hours: float, **more: object) -> Delivery:
    now = alerting.stage.clock()
    at = now - timedelta(hours=hours)
    call = alerting.stage.call_in(process=False)
    row = Delivery(
        connector="network", hook="upload_conversions", dedup_key=call.id, item_key=call.id, subject_id=call.id,
        company_id=call.company_id, made_at=at, **{"due_at": at, "state": "ready", **more},
    )  # fmt: skip
    alerting.stage.add(row)
    return row


def test_nothing_delivered_is_told_only_if_something_was_due(alerting: AlertStage) -> None:
    maria, now = alerting.user(), alerting.stage.clock()
    alerting.wants(maria, "nothing_delivered")
    late_delivery(alerting, 30, state="held", finished_at=now)
    late_delivery(alerting, 30, due_at=now + timedelta(hours=5))
    late_delivery(alerting, 3)
    look(alerting)
    assert alerting.mail.subjects == []
    late_delivery(alerting, 25)
    for _ in range(2):
        look(alerting)
    assert alerting.mail.subjects == ["Nothing is delivered for Lakeside"]
    text = alerting.mail.letters[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Paper Network took nothing for 24 hours, and 1 delivery was due" in text


def test_a_destination_that_took_something_since_is_no_alert(alerting: AlertStage) -> None:
    maria, now = alerting.user(), alerting.stage.clock()
    alerting.wants(maria, "nothing_delivered")
    late_delivery(alerting, 25)
    late_delivery(alerting, 25, state="delivered", finished_at=now - timedelta(hours=2))
    look(alerting)
    assert alerting.mail.subjects == []


def test_each_user_hears_at_their_own_number_of_hours(alerting: AlertStage) -> None:
    soon, late = alerting.user("soon"), alerting.user("late")
    for user, hours in ((soon, 2), (late, 48)):
        with alerting.hub.store.writing() as session:
            wanted = AlertSettings({"nothing_delivered": WantedKind(("email",), hours)})
            save_settings(session, session.get_one(User, user.id), alerting.company(), wanted, alerting.stage.clock())
    late_delivery(alerting, 25)
    look(alerting)
    assert [letter["To"] for letter in alerting.mail.letters] == ["soon@example.com"]
    alerting.stage.clock.advance(hours=24)
    look(alerting)
    assert [letter["To"] for letter in alerting.mail.letters] == ["soon@example.com", "late@example.com"]


def test_a_full_pool_is_told_once_a_day_from_five_visitors_on(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "pool_overflow")
    (tracker,) = alerting.stage.rows(Tracker, name="website", company_id=alerting.company().id)
    for count, mails in ((4, 0), (1, 1), (3, 1)):
        alerting.stage.add(*(PoolOverflow(tracker_id=tracker.id, at=alerting.stage.clock()) for _ in range(count)))
        look(alerting)
        assert len(alerting.mail.subjects) == mails
    assert "5 visitors found no free number" in alerting.mail.letters[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_where_nobody_wants_to_hear_of_it_nothing_is_written(alerting: AlertStage) -> None:
    pause(alerting.hub.store, "network", "It refuses.", alerting.stage.clock())
    alerting.stage.call_in(answered=False)
    look(alerting)
    assert alerting.stage.rows(AlertEvent) == []


def test_a_full_disk_is_told_once_to_a_user_of_several_companies(alerting: AlertStage) -> None:
    maria, since = alerting.user(), alerting.stage.clock()
    for company in ("lakeside", "northgate"):
        alerting.wants(maria, "hub_trouble", company=company)
    for _ in range(2):
        note_trouble(alerting.hub, "disk_full", since)
        alerting.run()
    assert alerting.mail.subjects == ["The hub is in trouble"]
    assert "disk is full" in alerting.mail.letters[0].as_string()


def test_a_task_that_fails_again_and_again_is_told_once_with_its_name_and_error(alerting: AlertStage) -> None:
    maria, liveness = alerting.user(), alerting.hub.liveness
    for company in ("lakeside", "northgate"):
        alerting.wants(maria, "hub_trouble", company=company)
    for mails in (0, 0, 1, 1):
        with liveness.trying("answers", 5.0):
            raise TypeError("+13125550142")
        look(alerting)
        assert len(alerting.mail.subjects) == mails
    letter = alerting.mail.letters[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "“Keep answers ready for an outage” failed 3 times in a row (TypeError)" in letter
    assert "+13125550142" not in letter and "/status" in letter
    with liveness.trying("answers", 5.0):
        pass
    alerting.stage.clock.advance(days=1)
    look(alerting)
    assert len(alerting.mail.subjects) == 1, "it works again"


def test_an_item_in_quarantine_and_a_consent_plugin_that_stays_silent_are_each_told_once(alerting: AlertStage) -> None:
    maria, watch = alerting.user(), Watch(alerting.hub)
    alerting.wants(maria, "quarantined", "consent_silent")
    now = alerting.stage.clock()
    alerting.stage.add(SyncSlot(connector="crm", state="quarantined", deaths=3, due_at=now))
    alerting.hub.plugins.silent.add("law")
    for _ in range(3):
        look(alerting, watch)
        alerting.stage.clock.advance(minutes=6)
    assert sorted(alerting.mail.subjects) == [
        "An item of the hub is in quarantine",
        "Nothing can be sent for Lakeside without consent",
    ]


def test_a_version_that_ends_is_told_90_days_before_30_days_before_and_after_the_end(
    alerting: AlertStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria, end = alerting.user(), alerting.stage.clock().date() + timedelta(days=100)
    version = ApiVersion(name="v26.0", ends=end)
    manifest = FakeNetwork.manifest.model_copy(update={"versions": (version,)})
    monkeypatch.setattr(FakeNetwork, "manifest", manifest)
    alerting.wants(maria, "connector_failing")
    for days, mails in ((5, 0), (6, 1), (5, 1), (55, 2), (20, 2), (10, 3), (30, 3)):
        alerting.stage.clock.advance(days=days)
        look(alerting)
        assert len(alerting.mail.subjects) == mails
    assert set(alerting.mail.subjects) == {"A connector of Lakeside needs a newer version of its API"}
    assert "Paper Network: its API version v26.0 ends on" in alerting.mail.letters[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]

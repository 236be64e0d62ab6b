"""The status page: the headline, queues, jobs, sizes, errors in plain words, and who may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from page_client import seen, signed_in
from testbed import ACCOUNTS, NORTH_SHARED, TestHub

from hub.config.models import AccountSection, CompanySection
from hub.model import Call, ConfigProcess, ConnectorState, Delivery, InboxWebhook, Recording, VendorRecording
from hub.platform.error_counts import ErrorCounts
from hub.platform.liveness import Liveness
from hub.queries.numbers.pool_websites import pools_without_website
from hub.queries.status import machine as machine_module
from hub.queries.status.headline import headline
from hub.queries.status.jobs import jobs
from hub.queries.status.machine import machine
from hub.store.companion_troubles import note_figures
from hub.store.writers.health import write_figures, write_health
from hub.store.writers.vendor_recordings import put_recording
from hub.web.pages.status import page as status_page


def work(stage: TestHub, counts: ErrorCounts | None = None) -> None:
    """A worker of another process has reported."""
    for thread in ("flow", "recordings", "syncs", "housekeeping"):
        stage.hub.liveness.expect_turns(thread)
    stage.hub.liveness.expect_success("retention", 60.0)
    stage.hub.liveness.succeeded("retention")
    write_health(stage.hub.store, stage.hub.liveness, stage.clock(), counts or ErrorCounts())
    write_figures(stage.hub.store, stage.clock())
    stage.hub.liveness.forget()


def test_a_hub_that_works_says_that_nothing_waits(stage: TestHub) -> None:
    work(stage)
    text = signed_in(stage).text("/status")
    assert "Calls are answered. Nothing waits for you." in text
    assert "Process calls, texts and forms always 0 s ago On time" in text
    assert "No errors in the last 24 hours" in text and "Writes in" in text and "the schema of this version" in text


def test_a_hub_without_a_worker_says_so(stage: TestHub) -> None:
    text = signed_in(stage).text("/status")
    assert "Calls are answered, but no worker runs. One thing waits for you." in text
    work(stage)
    stage.clock.advance(hours=1)
    assert "no worker runs" in signed_in(stage).text("/status")


def test_queues_tell_what_waits_since_when_and_why(stage: TestHub) -> None:
    work(stage)
    call = stage.call_in()
    stage.clock.advance(hours=3)
    now = stage.clock()
    row = stage.one(Delivery, subject_id=call.id, connector="network")
    stage.add(
        ConnectorState(connector="network", paused_at=now, reason="The provider refused the sign-in."),
        InboxWebhook(connector="carrier", event_key="1", received_at=now, due_at=now, state="parked", expires_at=now),
        Recording(
            connector="carrier", carrier_recording_id="RE1", call_id=call.id, recorded_at=now, due_at=now, expires_at=now
        ),
    )  # fmt: skip
    text = signed_in(stage).text("/status")
    assert row.state == "ready" and "To Paper Network 1 waiting 3 h 0 Stopped" in text
    assert "Recordings to fetch 1 waiting 0 s 0 Flows" in text
    assert "Events not understood 1 waiting 0 s – Look at" in text
    assert "Network needs a new sign-in ;" in text and "1 event was not understood" in text


def test_another_companys_queues_are_not_counted(stage: TestHub) -> None:
    work(stage)
    stage.call_in(number=NORTH_SHARED)
    owner = signed_in(stage)
    assert "To Paper Network 1 waiting" in owner.text("/status?company=northgate")
    assert "To Paper Network 0 nothing waits" in owner.text("/status?company=lakeside")
    assert signed_in(stage, "owner", "lakeside").get("/status").status_code == 403


def test_a_failing_job_is_named(stage: TestHub) -> None:
    liveness = stage.hub.liveness
    for thread in ("flow", "recordings"):
        liveness.expect_turns(thread)
    liveness.expect_success("sign journal", 3_600.0)
    for _ in range(2):
        liveness.failed("sign journal", OSError("/srv/secret"))
    write_health(stage.hub.store, liveness, stage.clock(), ErrorCounts())
    text = signed_in(stage).text("/status")
    assert "One thing waits for you. “Sign the audit log” failed 2 times in a row (OSError) ." in text
    assert "Failed twice" in text and "/srv/secret" not in text


def test_jobs_that_are_all_on_time_are_folded_without_an_empty_table_over_them(stage: TestHub) -> None:
    stage.hub.liveness.expect_success("sign journal", 3_600.0)
    write_health(stage.hub.store, stage.hub.liveness, stage.clock(), ErrorCounts())
    jobs = signed_in(stage).get("/status").text.partition('id="jobs"')[2].partition("</section>")[0]
    assert "1 periodic jobs, all on time" in seen(jobs) and jobs.count("<table") == 1


@pytest.mark.parametrize("reported", [False, True], ids=["in this process", "by another process"])
def test_what_fails_again_and_again_turns_the_headline_until_it_succeeds(stage: TestHub, reported: bool) -> None:
    liveness = stage.hub.liveness

    def text() -> str:
        liveness.expect_turns("flow")
        write_health(stage.hub.store, liveness, stage.clock(), ErrorCounts())
        if reported:
            liveness.forget()
        return signed_in(stage).text("/status")

    for _ in range(3):
        with liveness.trying("answers", 5.0):
            raise TypeError("of +13125550142")
    shown = text()
    assert "Calls are answered, but a part of the hub fails again and again. One thing waits for you." in shown
    assert "“Keep answers ready for an outage” failed 3 times in a row (TypeError)" in shown
    assert "Keep answers ready for an outage every 5 s never Failed 3 times" in shown.replace("–", "never")
    assert "+13125550142" not in shown
    with liveness.trying("answers", 5.0):
        pass
    assert "Calls are answered. Nothing waits for you." in text()


def test_a_worker_thread_that_fails_again_and_again_is_named_and_a_job_that_hangs_too(stage: TestHub) -> None:
    now = [0.0]
    hub = replace(stage.hub, liveness=Liveness(lambda: now[0]))
    hub.liveness.expect_turns("flow")
    hub.liveness.expect_success("retention", 60.0)
    for _ in range(3):
        hub.liveness.failed("flow", KeyError())
    now[0] = 1_801.0
    hub.liveness.turned("flow")
    with hub.store.reading() as session:
        found = {each.name: each for each in jobs(session, hub.config, (), hub.liveness, stage.clock())}
    assert {name for name, each in found.items() if each.is_failing} == {"Process calls, texts and forms", "Retention"}
    hub.liveness.recovered("flow")
    hub.liveness.succeeded("retention")
    with hub.store.reading() as session:
        assert not any(each.is_failing for each in jobs(session, hub.config, (), hub.liveness, stage.clock()))


def test_errors_are_told_in_plain_words_and_are_forgotten_after_a_day(stage: TestHub) -> None:
    counts = ErrorCounts()
    for _ in range(3):
        counts.note("webhook forged", "carrier")
    counts.note("task failed", code="OperationalError")
    counts.note("webhook forged", "connector_of_somebody_else")
    work(stage, counts)
    text = signed_in(stage).text("/status")
    assert "An event for Paper carrier had a wrong signature carrier webhook forged It was refused." in text
    assert "A job or thread failed task failed OperationalError" in text
    assert "somebody_else" not in text
    stage.clock.advance(hours=25)
    assert "wrong signature" not in signed_in(stage).text("/status")


def test_the_disk_forecast_waits_for_a_month_of_recordings(lite_hub: Callable[..., TestHub], tmp_path: object) -> None:
    stage = lite_hub(recordings={"storage": str(tmp_path)})
    call, now = stage.call_in(), stage.clock()

    def recorded(name: str, age: timedelta) -> Recording:
        return Recording(
            connector="carrier", carrier_recording_id=name, call_id=call.id, recorded_at=now - age, due_at=now,
            state="stored", path=name, size=50_000_000, stored_at=now, expires_at=now,
        )  # fmt: skip

    stage.add(recorded("RE1", timedelta(days=2)))
    work(stage)
    assert "they fill the disk" not in signed_in(stage).text("/status")
    stage.add(recorded("RE2", timedelta(days=40)))
    work(stage)
    text = signed_in(stage).text("/status")
    assert "they fill the disk in" in text and "Recordings 100 MB" in text
    assert len(stage.rows(Call)) == 1


def test_processes_show_their_version_and_their_threads(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    work(stage)
    now = stage.clock()

    def process(role: str, version: int, alive: int) -> ConfigProcess:
        return ConfigProcess(
            role=role, host="hub-1", pid=7, version=version, started_at=now - timedelta(days=12), seen_at=now,
            memory_bytes=142_000_000, threads_alive=alive, threads_expected=4,
        )  # fmt: skip

    stage.add(process("web", 41, 4), process("worker", 41, 3), process("run", 40, 4))
    text = signed_in(stage).text("/status")
    assert "configuration 41" in text and "web hub-1, 7 12 days 142 MB 4 of 4 Answers" in text
    assert "3 of 4 A thread is stuck" in text and "On version 40" in text
    stage.clock.advance(minutes=1)
    assert "No process has reported in the last minute." in signed_in(stage).text("/status")


def test_a_machine_that_cannot_confine_plugins_of_others_is_named(stage: TestHub) -> None:
    with stage.hub.store.reading() as session:
        found = machine(session, stage.hub, stage.clock())
    assert found.unconfined is None
    why = "This kernel has no Landlock, so a plugin that is not built in can do here what the hub's user can."
    waiting = headline([], [], [], replace(found, unconfined=why), [], stage.clock()).waiting
    assert "plugins of others are not confined on this machine" in [each.text for each in waiting]


def test_a_website_that_shows_no_numbers_because_nobody_named_it_waits(
    stage: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(stage)
    silent = CompanySection.model_validate(ACCOUNTS[0]["companies"][0] | {"website": {"swap": ["+13125550190"]}})
    config = replace(stage.hub.config, accounts=(AccountSection(name="agency", title="Agency", companies=(silent,)),))
    monkeypatch.setattr(status_page, "pools_without_website", lambda _, names: pools_without_website(config, names))
    text = signed_in(stage).text("/status")
    assert "The website of Lakeside shows none of its pool" in text


def test_code_of_others_that_may_run_in_the_hub_is_named(stage: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "stranger.pth is run at each start of Python in the hub's environment and is of no package."
    monkeypatch.setattr(machine_module, "foreign_code", lambda config: [sentence])
    text = signed_in(stage).text("/status")
    assert f"in the hub itself {sentence}" in text.replace("’", "'").replace("&#39;", "'")
    assert "code that did not come with Ringfence can run in the hub itself" in text


def test_a_connector_that_is_recorded_is_named_until_it_ends(stage: TestHub) -> None:
    work(stage)
    row = VendorRecording(
        connector="crm", folder="/kept", key=b"k", started_at=stage.clock(), until=stage.clock() + timedelta(minutes=5),
        exchanges_left=9,
    )  # fmt: skip
    with stage.hub.store.writing() as session:
        put_recording(session, row)
    said = "connector crm is being recorded; to end it: hub record crm --off"
    assert said in signed_in(stage).text("/status")
    stage.clock.advance(minutes=5)
    work(stage)
    assert said not in signed_in(stage).text("/status")


def test_a_line_of_ones_own_shows_its_figures_while_they_are_fresh(stage: TestHub) -> None:
    work(stage)
    assert "Your own lines" not in signed_in(stage).text("/status")
    figures = {"active_calls": 3.0, "ports": 1000.0, "answer_seizure_ratio": 0.62, "post_dial_delay_seconds": 1.25}
    note_figures(stage.hub.store, "carrier", figures, stage.clock())
    text = signed_in(stage).text("/status")
    assert "Phones that answered (ASR)" in text and "62%" in text and "1.2 s" in text
    stage.clock.advance(minutes=6)
    assert "Your own lines" not in signed_in(stage).text("/status")

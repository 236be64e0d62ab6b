"""A CallRail account is brought over from its API's answers: structure, calls, forms, texts, recordings, users."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from import_stage import Ours, hub_to_fill, tags_of
from recorded_callrail import ACCOUNT, KEY, LAKESIDE, RecordedCallRail, call
from sqlmodel import select

from hub.contracts.leads import LeadStatus
from hub.errors import AuthError, CannotDo, ConfigError, RetryLater
from hub.importing.callrail.account import open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.imported_recordings import AudioSource, Wanted
from hub.model import (
    AlertEvent,
    Attribution,
    AuditEntry,
    Call,
    CallEventRow,
    Company,
    ConversionRow,
    Delivery,
    FactRow,
    FormSubmission,
    ImportStep,
    Lead,
    Note,
    Person,
    Recording,
    Suppression,
    Tag,
    TagDefinition,
    TextMessage,
    Tracker,
    TrackingNumber,
    User,
    UserCompany,
)
from hub.privacy.erasure.erase import erase_person
from hub.queries.contact.facts import facts_of
from hub.queries.contact.view import view_of
from hub.queries.masking import Mask
from hub.store.encryption.encrypted_fields import fields_of, notes_of
from hub.testing import FrozenClock
from hub.texts.bodies import open_bodies

FIRST = f"CAL{1:032x}"


def client(theirs: httpx2.BaseTransport, key: str = KEY, sleep: Any = lambda seconds: None) -> CallRail:
    return CallRail(key, pace=Pace(0), sleep=sleep, transport=theirs)


def account(theirs: httpx2.BaseTransport, **options: Any) -> Any:
    return open_account(client(theirs), None, **options)


@pytest.fixture(scope="module")
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 2, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def moved(databases: Path, tmp_path_factory: pytest.TempPathFactory, clock: FrozenClock) -> Iterator[Ours]:
    """A hub to which the recorded account was moved; tests only read it."""
    with hub_to_fill(databases, tmp_path_factory.mktemp("moved"), clock) as ours:
        ours.bring(account(RecordedCallRail()))
        yield ours


@pytest.fixture
def ours(databases: Path, tmp_path: Path, clock: FrozenClock) -> Iterator[Ours]:
    """An empty hub of a test's own."""
    with hub_to_fill(databases, tmp_path, clock) as made:
        yield made


def test_living_companies_and_trackers_stand_in_config_yaml_and_the_others_are_retired_rows(moved: Ours) -> None:
    text = moved.stage.config_file.read().text  # type: ignore[union-attr]
    config = moved.stage.config_file.check(text)  # type: ignore[union-attr]
    (company,) = config.accounts[0].companies
    assert (company.name, company.title, company.time_zone) == (
        "lakeside_plumbing",
        "Lakeside Plumbing",
        "America/New_York",
    )
    assert company.website.swap == ("+14045550190",)
    pool, printed, extension = company.trackers
    assert (pool.name, pool.type, pool.numbers) == ("website_pool", "session", ("+14045550101", "+14045550102"))
    assert (printed.source, printed.medium) == ("yellow_pages", "offline")
    assert (extension.source, extension.medium) == ("google", "cpc")
    route = company.flow_of(pool)
    assert route.recording is not None and "Thank you for calling Lakeside." in str(route)
    assert extension.route is not None and extension.route.dial == "+14045550191"
    old = moved.stage.one(Tracker, name="spring_flyer")
    assert old.retired_at is not None
    assert moved.stage.one(TrackingNumber, number="+14045550104").released_at is not None
    assert moved.stage.one(Company, name="closed_roofing").title == "Closed Roofing"


def test_a_call_has_what_callrail_reported_of_it(moved: Ours) -> None:
    row = moved.stage.one(Call, carrier_call_id=FIRST)
    assert (row.found_by, row.connector, row.state, row.status) == (
        "imported",
        "imported/callrail",
        "done",
        "completed",
    )
    assert row.started_at == datetime(2026, 1, 5, 16, 27, 48, 119_000, tzinfo=UTC)
    assert (row.caller_number, row.tracking_number, row.duration, row.answered) == (
        "+14045550142",
        "+14045550101",
        93,
        True,
    )
    assert row.first_time_caller is True
    assert moved.stage.name_of(row) == "Sam North"
    assert row.tracker_id == moved.stage.one(Tracker, name="website_pool").id
    person = moved.stage.one(Person, phone_number="+14045550142")
    assert (row.person_id, person.phone_learnt, person.first_seen_at) == (
        person.id,
        "carrier",
        datetime(2025, 11, 6, 15, tzinfo=UTC),
    )
    cause = moved.stage.one(Attribution, subject_id=row.id)
    assert (cause.source, cause.medium, cause.campaign, cause.keyword) == ("google", "cpc", "Drains", "drain repair")
    assert (cause.click_ids, cause.rule) == ({"gclid": "Cj0abc"}, "imported")
    assert cause.landing_page == "https://lakeside.example.com/"
    lead = moved.stage.one(Lead, subject_id=row.id)
    assert (lead.status, lead.amount, lead.currency) == (LeadStatus.QUALIFIED, 1240, "USD")
    assert tags_of(moved.stage, row.id) == {"estimate", "roof"}
    note = moved.stage.one(Note, subject_id=row.id)
    with moved.stage.hub.store.reading() as session:
        assert notes_of(moved.stage.hub.vault, session, [note]) == {note.id: "Wants an estimate."}
    assert {each.name: each.value for each in moved.stage.rows(FactRow, subject_id=row.id)} == {
        "place": "Atlanta, GA", "region": "GA", "country": "US",
    }  # fmt: skip


def test_voicemail_hidden_callers_and_calls_of_what_is_closed_come_over_too(moved: Ours) -> None:
    voicemail = moved.stage.one(Call, carrier_call_id=f"CAL{2:032x}")
    assert (voicemail.voicemail, voicemail.answered, voicemail.duration) == (True, False, 27)
    hidden = moved.stage.one(Call, carrier_call_id=f"CAL{3:032x}")
    assert (hidden.caller_number, hidden.person_id) == (None, None)
    direct = moved.stage.one(Attribution, subject_id=hidden.id)
    assert (direct.source, direct.medium) == ("direct", "none")
    flyer = moved.stage.one(Call, carrier_call_id=f"CAL{4:032x}")
    assert moved.stage.one(Attribution, subject_id=flyer.id).source == "spring_flyer"
    closed = moved.stage.one(Call, carrier_call_id=f"CAL{7:032x}")
    assert closed.company_id == moved.stage.one(Company, name="closed_roofing").id


def test_what_cannot_be_brought_over_is_told_with_reason_count_and_ids_and_without_personal_data(moved: Ours) -> None:
    step = moved.stage.one(ImportStep, resource="calls")
    assert (step.counts, step.total) == ({"new": 5, "skipped": 3}, 8)
    assert step.finished_at is not None
    assert {reason: (each["count"], each["ids"]) for reason, each in step.problems.items()} == {
        "it was placed by the business; only calls that came in are brought over": (1, [f"CAL{5:032x}"]),
        "its time cannot be read": (1, [f"CAL{6:032x}"]),
        "it is older than this hub keeps such data": (1, [f"CAL{8:032x}"]),
    }
    entries = moved.stage.rows(AuditEntry, action="import.calls")
    assert [entry.detail for entry in entries] == ["5 new, 3 skipped"]


def test_nothing_imported_is_converted_sent_or_alerted_about_even_if_it_is_marked_later(ours: Ours) -> None:
    ours.bring(account(RecordedCallRail()))
    row = ours.stage.one(Call, carrier_call_id=f"CAL{3:032x}")
    from hub.access.scope import AccessScope
    from hub.marks.leads import mark_lead

    with ours.stage.hub.store.writing() as session:
        user = session.exec(select(User).where(User.email == "dana@lakeside.example.com")).one()
        mark_lead(session, AccessScope(user), row.id, "qualified", ours.stage.clock())
    ours.stage.flow()
    for table in (ConversionRow, Delivery, AlertEvent):
        assert ours.stage.rows(table) == []


def test_a_form_comes_over_with_its_typed_person_and_without_card_numbers(moved: Ours) -> None:
    form = moved.stage.one(FormSubmission)
    assert (form.submission_key, form.form_id, form.state) == ("imported/callrail/FRM1", "contact", "done")
    assert (form.phone_number, form.email) == ("+14045550150", "kim@example.com")
    assert moved.stage.one(Person, id=form.person_id).phone_learnt == "typed"
    assert moved.stage.name_of(form) == "Kim Hill"
    with moved.stage.hub.store.reading() as session:
        (fields,) = fields_of(moved.stage.hub.vault, session, [form]).values()
    assert fields["card"] == "[card number removed]"
    cause = moved.stage.one(Attribution, subject_id=form.id)
    assert (cause.source, cause.medium, cause.campaign) == ("facebook", "paid_social", "Spring")


def test_texts_come_over_and_a_stop_there_is_a_stop_here(moved: Ours) -> None:
    texts = moved.stage.rows(TextMessage)
    with moved.stage.hub.store.reading() as session:
        bodies = open_bodies(moved.stage.hub.vault, session, texts)
    assert [(each.direction, bodies[each.id], each.status) for each in texts] == [
        ("in", "Can you come today?", "received"), ("out", "Yes, at two.", "sent"),
        ("in", "Who is this?", "received"), ("in", "STOP", "received"),
    ]  # fmt: skip
    lakeside = moved.stage.one(Company, name="lakeside_plumbing")
    with moved.stage.hub.store.writing() as session:
        stopped = moved.stage.hub.vault.fingerprint(session, lakeside.id, "+14045550143")
    assert {each.fingerprint for each in moved.stage.rows(Suppression)} == {stopped}


def test_users_come_without_a_way_to_sign_in_and_never_as_owners(moved: Ours) -> None:
    users = {each.email: each for each in moved.stage.rows(User)}
    assert {email: each.role for email, each in users.items()} == {
        "dana@lakeside.example.com": "admin", "ads@agency.example.com": "marketer",
    }  # fmt: skip
    dana = users["dana@lakeside.example.com"]
    assert dana.name == "dana_lake"
    limit = moved.stage.rows(UserCompany, user_id=dana.id)
    assert [each.company_id for each in limit] == [moved.stage.one(Company, name="lakeside_plumbing").id]
    assert {entry.action for entry in moved.stage.rows(AuditEntry, subject=dana.id)} == {"users.add"}


def test_a_second_import_stores_nothing_twice_and_takes_a_changed_lead_unless_somebody_marked_it_here(
    ours: Ours,
) -> None:
    theirs = RecordedCallRail()
    ours.bring(account(theirs))
    before = {table: len(ours.stage.rows(table)) for table in (Call, Person, Attribution, Tag, Note, FactRow, User)}
    first = ours.stage.one(Call, carrier_call_id=FIRST)
    fourth = ours.stage.one(Call, carrier_call_id=f"CAL{4:032x}")
    marked = ours.stage.one(Lead, subject_id=fourth.id)
    with ours.stage.hub.store.writing() as session:
        marked.marked_by, marked.status = "a user", "booked"
        session.add(marked)
    theirs.calls[0] |= {"lead_status": "not_a_lead", "formatted_value": "--", "value": None}
    theirs.calls[3] |= {"lead_status": "good_lead"}
    (step, *_) = ours.bring(account(theirs))
    assert step.counts == {"changed": 1, "unchanged": 4, "skipped": 3}
    assert {table: len(ours.stage.rows(table)) for table in before} == before
    assert ours.stage.one(Lead, subject_id=first.id).status == "not_a_lead"
    assert ours.stage.one(Lead, subject_id=fourth.id).status == "booked"
    assert ours.stage.config_file.newest_number() == 2  # type: ignore[union-attr]


def test_an_erased_person_does_not_come_back_and_their_later_calls_do(ours: Ours) -> None:
    theirs = RecordedCallRail(calls=[call(1), call(2)])
    ours.bring(account(theirs))
    erase_person(ours.stage.hub, ours.stage.one(Person, phone_number="+14045550142").id)
    theirs.calls += [call(3, start_time="2026-01-20T11:00:00.000-05:00")]
    theirs.calls += [call(4, start_time="2026-02-02T11:00:00.000-05:00")]
    ours.stage.clock.advance(days=3)
    try:
        (step, *_) = ours.bring(account(theirs), ("calls",))
    finally:
        ours.stage.clock.advance(days=-3)
    assert step.counts == {"skipped": 3, "new": 1}
    assert step.problems["its person was erased here"]["count"] == 3
    assert [each.carrier_call_id for each in ours.stage.rows(Call) if each.caller_number] == [f"CAL{4:032x}"]


def test_an_import_that_was_stopped_goes_on_behind_its_last_page(ours: Ours) -> None:
    calls = [call(n, start_time=f"2026-01-{1 + n % 28:02}T11:00:00.000-05:00") for n in range(1, 601)]
    broken = RecordedCallRail(calls=calls)
    broken.before = lambda request: (
        httpx2.Response(503) if request.url.path.endswith("calls.json") and request.url.params["page"] == "3" else None
    )
    with pytest.raises(RetryLater, match="run the same command again"):
        ours.bring(account(broken))
    assert len(ours.stage.rows(Call)) == 500
    whole = RecordedCallRail(calls=calls)
    (step, *_) = ours.bring(account(whole))
    assert (len(ours.stage.rows(Call)), step.counts) == (600, {"new": 600})
    assert whole.asked.count(f"/v3/a/{ACCOUNT}/calls.json") == 1


def wav(seconds: float = 2.0) -> bytes:
    samples = b"".join(struct.pack("<h", int(9_000 * math.sin(n / 9))) for n in range(int(8_000 * seconds)))
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, 8_000, 16_000, 2, 16,
                       b"data", len(samples))  # fmt: skip
    return head + samples


@pytest.mark.parametrize(
    ("wanted", "kept"), [(Wanted.VOICEMAIL, {"voicemail"}), (Wanted.ANNOUNCED, {"call", "voicemail"})]
)
def test_recordings_come_into_the_encrypted_storage_only_where_the_caller_knew(
    ours: Ours, wanted: Wanted, kept: set[str]
) -> None:
    theirs = RecordedCallRail(audio=wav())
    source = account(theirs)
    for _ in range(2):  # twice is once
        steps = ours.bring(source, ("calls",), audio=AudioSource(source.client, ACCOUNT, wanted))
    rows = ours.stage.rows(Recording)
    assert {each.kind for each in rows} == kept
    assert theirs.asked.count("/recording") == len(kept)
    assert all(each.state == "stored" and each.sha256 and each.path for each in rows)
    assert wav() not in (ours.stage.hub.blob_store.read(rows[0].path or "") or b"")
    told = {reason for reason in steps[-1].problems if "announced" in reason}
    assert bool(told) == (wanted == Wanted.VOICEMAIL)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (httpx2.Response(401, json={"error": f"bad {KEY}"}), AuthError, "refuses the key"),
        (httpx2.Response(302, headers={"location": "https://evil.example.com"}), CannotDo, "base URL"),
        (httpx2.Response(200, text="<html>"), CannotDo, "base URL"),
        (httpx2.Response(200, json={"accounts": "x"}), CannotDo, "base URL"),
        (httpx2.Response(400, json={"error": "no"}), CannotDo, "status 400"),
    ],
)
def test_a_refusal_is_one_clear_sentence_without_the_key(
    answer: httpx2.Response, error: type[Exception], words: str
) -> None:
    theirs = RecordedCallRail()
    theirs.before = lambda request: answer
    with pytest.raises(error, match=words) as told:
        account(theirs)
    assert KEY not in str(told.value) and str(told.value).count(". ") == 0


def test_the_key_is_sent_to_no_address_without_tls_and_to_no_other_host() -> None:
    with pytest.raises(ConfigError, match="https"):
        CallRail(KEY, "http://api.example.com")
    CallRail(KEY, "http://127.0.0.1:8080").close()


def test_only_the_chosen_company_comes_over(ours: Ours) -> None:
    steps = ours.bring(account(RecordedCallRail(), companies=[LAKESIDE]), ("calls",))
    assert {each.name for each in ours.stage.rows(Company)} == {"lakeside_plumbing"}
    assert steps[0].problems["it is of a company that --company leaves out"]["count"] == 1
    with pytest.raises(CannotDo, match="no company COMx"):
        account(RecordedCallRail(), companies=["COMx"]).structure()


def test_tags_come_with_their_colors(moved: Ours) -> None:
    tags = {each.name: each for each in moved.stage.rows(TagDefinition)}
    assert {name: (each.color, each.enabled) for name, each in tags.items()} == {
        "roof": ("orange3", True), "Estimate": ("gray1", False),
    }  # fmt: skip
    assert tags["roof"].company_id is None
    assert tags["Estimate"].company_id == moved.stage.one(Company, name="lakeside_plumbing").id


def test_what_the_key_may_not_read_is_told_and_the_rest_comes(ours: Ours) -> None:
    theirs = RecordedCallRail()
    theirs.before = lambda request: (
        httpx2.Response(403) if "form" in request.url.path or "users" in request.url.path else None
    )
    source = account(theirs)
    steps = {step.resource: step for step in ours.bring(source)}
    assert steps["calls"].counts["new"] == 5
    assert list(steps["forms"].problems) == ["CallRail's plan, or the key, does not include this list"]
    assert source.found == [("", "CallRail does not permit this key to read the users")]


def test_the_timeline_of_a_call_says_that_it_was_imported(moved: Ours) -> None:
    row = moved.stage.one(Call, carrier_call_id=FIRST)
    mask = Mask()
    with moved.stage.hub.store.reading() as session:
        view = view_of(session, moved.stage.hub.vault, row)
        facts = facts_of(view, mask)
    assert (facts["found_by"], facts["carrier"]) == ("imported", "imported/callrail")
    assert (view.imported_from, view.rang, view.talked) == ("CallRail", None, 93)
    events = {each.kind: each.reported_by for each in moved.stage.rows(CallEventRow, call_id=row.id)}
    assert events == dict.fromkeys(("ringing", "answered", "completed"), "imported")

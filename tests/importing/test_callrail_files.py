"""CallRail's exported CSV files are read by the names of their columns, and recognized when the API brings the same calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from import_stage import Ours, hub_to_fill, tags_of
from recorded_callrail import KEY, RecordedCallRail, call

from hub.errors import CannotDo
from hub.importing.callrail.account import open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.csv_files.files import open_files
from hub.model import Attribution, Call, Company, FormSubmission, ImportStep, Lead, TextMessage, Tracker
from hub.testing import FrozenClock

CALLS = """\
Call Status,Number Name,Tracking Number,Destination Number,Source,Start Time,Duration (seconds),Name,Phone Number,\
First-Time Caller,City,State,Country,Value,Tags,Qualified,Note,Campaign,Medium,Landing Page,GCLID,UTM Source,Company Name
Answered Call,Website Pool,(404) 555-0101,404-555-0190,Google Ads,2026-01-05 11:27:48,93,Sam North,404-555-0142,\
Yes,Atlanta,GA,US,"$1,240.00","estimate, roof",Yes,"Wants, an estimate",Drains,PPC,\
https://lakeside.example.com/,Cj0abc,,Lakeside Plumbing
Voicemail Call,Yellow Pages,404-555-0103,404-555-0190,Yellow Pages,01/06/2026 09:00 AM,0:27,,404-555-0143,\
No,,,,,,,,,,,,,Lakeside Plumbing
Missed Call,Website Pool,404-555-0102,404-555-0190,Direct,"Jan 7, 2026 3:15pm",12,,anonymous,No,,,,,,,,,,,,,Lakeside Plumbing
Missed Call,Website Pool,404-555-0102,404-555-0190,Direct,yesterday,12,,404-555-0142,No,,,,,,,,,,,,,Lakeside Plumbing
"""
FORMS = """\
Submitted At,Form Name,Form URL,Name,Email,Phone Number,Source,Favorite Color,Company Name
2026-01-05 12:00:00 -0500,contact,https://lakeside.example.com/contact,Kim Hill,kim@example.com,404-555-0150,Bing Organic,blue,\
Lakeside Plumbing
"""
TEXTS = """\
Sent At,Direction,Content,Phone Number,Tracking Number,Number Name,Company Name
2026-01-05T13:00:00-05:00,Inbound,Can you come?,404-555-0142,404-555-0101,Website Pool,Lakeside Plumbing
2026-01-05T13:01:00-05:00,Outbound,Yes,404-555-0142,404-555-0101,Website Pool,Lakeside Plumbing
"""


@pytest.fixture
def ours(databases: Path, tmp_path: Path) -> Iterator[Ours]:
    with hub_to_fill(databases, tmp_path, FrozenClock(datetime(2026, 2, 1, tzinfo=UTC))) as made:
        yield made


def file(folder: Path, text: str, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_calls_forms_and_texts_come_from_files_twice_as_well_as_once(ours: Ours, tmp_path: Path) -> None:
    files = [file(tmp_path, text, f"{n}.csv") for n, text in enumerate((CALLS, FORMS, TEXTS))]
    for _ in range(2):
        ours.bring(open_files(files, zone="America/New_York"))
    (first, voicemail, missed) = ours.stage.rows(Call)
    assert first.started_at == datetime(2026, 1, 5, 16, 27, 48, tzinfo=UTC)
    assert (first.caller_number, first.tracking_number, first.answered_by) == (
        "+14045550142",
        "+14045550101",
        "+14045550190",
    )
    assert (first.answered, first.duration, first.first_time_caller) == (True, 93, True)
    assert ours.stage.name_of(first) == "Sam North"
    assert tags_of(ours.stage, first.id) == {"estimate", "roof"}
    lead = ours.stage.one(Lead, subject_id=first.id)
    assert (lead.status, lead.amount) == ("qualified", 1240)
    assert (voicemail.voicemail, voicemail.answered, voicemail.duration) == (True, False, 27)
    assert ours.stage.one(Attribution, subject_id=voicemail.id).source == "yellow_pages"
    assert (missed.answered, missed.caller_number, missed.started_at.hour) == (False, None, 20)
    (form,) = ours.stage.rows(FormSubmission)
    assert (form.email, form.phone_number, form.form_id) == ("kim@example.com", "+14045550150", "contact")
    assert [each.direction for each in ours.stage.rows(TextMessage)] == ["in", "out"]
    assert {each.name: each.type for each in ours.stage.rows(Tracker)} == {
        "website_pool": "session",
        "yellow_pages": "source",
    }
    step = ours.stage.one(ImportStep, resource="calls")
    (problem,) = step.problems.values()
    assert (problem["count"], problem["ids"]) == (1, ["0.csv line 5"])


def test_a_call_from_a_file_is_recognized_when_the_api_brings_it(ours: Ours, tmp_path: Path) -> None:
    ours.bring(open_files([file(tmp_path, CALLS)], zone="America/New_York"))
    theirs = RecordedCallRail(calls=[call(1, start_time="2026-01-05T11:27:48.730-05:00", lead_status="not_a_lead")])
    api = open_account(CallRail(KEY, pace=Pace(0), transport=theirs), None)
    (step,) = ours.bring(api, ("calls",))
    assert step.counts == {"changed": 1}
    assert ours.stage.one(Call, caller_number="+14045550142").carrier_call_id == f"CAL{1:032x}"
    assert {each.title for each in ours.stage.rows(Company) if not each.disabled_at} == {"Lakeside Plumbing"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "is not a file that can be read"),
        ("", "is not a file that can be read"),
        (CALLS.replace("Company Name", "Firm"), "--company"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CannotDo, match=words):
        open_files([file(tmp_path, text)])


def test_bytes_that_are_no_text_and_a_zone_that_is_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xff\xfe\x00Start")
    with pytest.raises(CannotDo, match="UTF-8"):
        open_files([path])
    with pytest.raises(CannotDo, match="not a time zone"):
        open_files([file(tmp_path, CALLS)], zone="Lakeside")
    with pytest.raises(CannotDo, match="cannot be read"):
        open_files([tmp_path / "missing.csv"])


def test_times_without_an_offset_need_a_zone_and_days_can_be_chosen(tmp_path: Path) -> None:
    path = file(tmp_path, CALLS)
    (page,) = open_files([path]).pages("calls")
    assert page.records == () and "--time-zone" in page.unreadable[0][1]
    chosen = open_files([path], (date(2026, 1, 6), date(2026, 1, 6)), "America/New_York")
    (page,) = chosen.pages("calls")
    assert len(page.records) == 1

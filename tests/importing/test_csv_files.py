"""Files of four services are read by one importer; the mapping is shown, and corrected by whoever imports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from import_stage import Ours, hub_to_fill

from hub.errors import CannotDo
from hub.importing.csv_files.files import open_files
from hub.importing.csv_files.mapping import map_columns, services
from hub.model import Attribution, Call, ConfigVersion, FormSubmission, Lead, TextMessage, Tracker
from hub.model.imports import imported_from
from hub.store.encryption.encrypted_fields import fields_of
from hub.testing import FrozenClock

CALLTRACKINGMETRICS = """\
Account Name,Sid,Called At,Tracking Label,Tracking Number,Receiving Number,Caller Number,Name,Duration,Dial Status,Direction,\
Tracking Source,Is New Caller,City,State,Tag List,Sale Value
Lakeside Plumbing,CA1,2026-01-05 03:56 PM -05:00,Website,+14045550101,+14045550190,+14045550142,Sam North,93,answered,inbound,\
Google Organic,true,Atlanta,GA,"roof,estimate",$240.00
Lakeside Plumbing,CA2,2026-01-05 04:10 PM -05:00,Website,+14045550101,+14045550190,+14045550143,,0,no-answer,inbound,\
Direct,false,,,,
"""
WHATCONVERTS = """\
Lead ID,Lead Type,Date,Profile,Lead Status,Quotable,Sales Value,Source,Medium,Campaign,Landing Page,\
Tracking Number,Destination Number,Phone Number,Caller Name,Duration (Seconds),Answer Status,Email Address,\
Form Name,Lead Page,Message,IP,Service,Timezone
11,Phone Call,2026-01-05 11:21:22,Lakeside Plumbing,Unique,Yes,750,google,cpc,Drains,https://lakeside.example.com/,\
+14045550101,+14045550190,+14045550142,Sam North,42,Not Answered,,,,,,,America/New_York
12,Web Form,2026-01-06T16:21:22Z,Lakeside Plumbing,Repeat,No,,bing,organic,,https://lakeside.example.com/,,,,Kim Hill,,,\
kim@example.com,contact,https://lakeside.example.com/contact,A drain is blocked,192.0.2.7,Drains,
13,Chat,2026-01-06T17:21:22Z,Lakeside Plumbing,Repeat,No,,bing,organic,,,,,,,,,,,,,,,
14,Message,2026-01-07T16:21:22Z,Lakeside Plumbing,Repeat,,,,,,,+14045550101,,+14045550142,,,,,,,Can you come?,,,
"""
TWILIO = """\
Call Sid,From,To,Start Time,Duration,Status,Direction
CA71,+14045550142,+14045550101,"Mon, 05 Jan 2026 16:27:48 +0000",93,completed,inbound
CA72,+14045550142,+14045550190,"Mon, 05 Jan 2026 16:27:50 +0000",90,completed,outbound-dial
CA73,+14045550143,+14045550101,2026-01-06 09:00:00 UTC,0,no-answer,inbound
"""


@pytest.fixture
def ours(databases: Path, tmp_path: Path) -> Iterator[Ours]:
    with hub_to_fill(databases, tmp_path, FrozenClock(datetime(2026, 2, 1, tzinfo=UTC))) as made:
        yield made


def file(folder: Path, text: str, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_calltrackingmetrics_calls_come_with_source_tags_and_value(ours: Ours, tmp_path: Path) -> None:
    source = open_files([file(tmp_path, CALLTRACKINGMETRICS)])
    for _ in range(2):
        ours.bring(source)
    first, missed = ours.stage.rows(Call)
    assert first.started_at == datetime(2026, 1, 5, 20, 56, tzinfo=UTC)
    assert (first.answered, first.duration, first.first_time_caller) == (True, 93, True)
    assert (missed.answered, missed.caller_number) == (False, "+14045550143")
    cause = ours.stage.one(Attribution, subject_id=first.id)
    assert (cause.source, cause.medium) == ("google", "organic")
    assert cause.trace == ["CallTrackingMetrics reported the source Google Organic"]
    assert ours.stage.one(Lead, subject_id=first.id).amount == 240
    assert ours.stage.one(Tracker).name == "website"
    assert [each.note for each in ours.stage.rows(ConfigVersion)][-1] == "imported from CallTrackingMetrics"


def test_one_whatconverts_file_holds_calls_forms_and_texts_and_names_what_is_none(ours: Ours, tmp_path: Path) -> None:
    source = open_files([file(tmp_path, WHATCONVERTS)])
    ours.bring(source)
    call = ours.stage.one(Call)
    assert (call.answered, call.duration, call.first_time_caller) == (False, 42, True)
    assert call.started_at == datetime(2026, 1, 5, 16, 21, 22, tzinfo=UTC)
    cause = ours.stage.one(Attribution, subject_id=call.id)
    assert (cause.source, cause.medium, cause.campaign) == ("google", "cpc", "Drains")
    lead = ours.stage.one(Lead, subject_id=call.id)
    assert (lead.status, lead.amount, lead.marked_by) == ("qualified", 750, "WhatConverts")
    for row in (call, ours.stage.one(FormSubmission), ours.stage.one(TextMessage)):
        assert imported_from(row) == "WhatConverts"
    form = ours.stage.one(FormSubmission)
    assert (form.email, form.form_id) == ("kim@example.com", "contact")
    with ours.stage.hub.store.reading() as session:
        (fields,) = fields_of(ours.stage.hub.vault, session, [form]).values()
    assert fields == {"email": "kim@example.com", "message": "A drain is blocked", "Service": "Drains"}
    assert ours.stage.one(Lead, subject_id=form.id).status == "not_a_lead"
    assert ours.stage.one(TextMessage).direction == "in"
    assert source.found == [("export.csv line 4", "the line is neither a call, a form nor a text")]


def test_twilios_call_log_gives_calls_that_came_in_and_no_legs(ours: Ours, tmp_path: Path) -> None:
    steps = ours.bring(open_files([file(tmp_path, TWILIO)], company="Lakeside Plumbing"))
    answered, missed = ours.stage.rows(Call)
    assert (answered.answered, answered.caller_number, answered.tracking_number) == (
        True, "+14045550142", "+14045550101",
    )  # fmt: skip
    assert (missed.answered, missed.started_at) == (False, datetime(2026, 1, 6, 9, tzinfo=UTC))
    assert steps[0].counts == {"new": 2, "skipped": 1}
    assert {each.connector for each in ours.stage.rows(Call)} == {"imported/twilio"}, (
        "no carrier of config.yaml is named so"
    )


@pytest.mark.parametrize(
    ("text", "service"),
    [(CALLTRACKINGMETRICS, "calltrackingmetrics"), (WHATCONVERTS, "whatconverts"), (TWILIO, "twilio")],
)
def test_a_file_is_recognized_by_its_columns(text: str, service: str) -> None:
    header = text.replace("\\\n", "").splitlines()[0].split(",")
    assert map_columns("x.csv", header).service.name == service


def test_who_imports_corrects_the_mapping(ours: Ours, tmp_path: Path) -> None:
    text = TWILIO.replace("Start Time", "When").replace("From", "Who").replace("To,", "Called,")
    path = file(tmp_path, text)
    with pytest.raises(CannotDo, match=r"it lacks at \(.*, tracking_number \(.*\. Say it with --map"):
        open_files([path], company="Lakeside Plumbing")
    said = ("When=at", "who=number", "Called=tracking_number", "Status=")
    ours.bring(open_files([path], company="Lakeside Plumbing", service="twilio", corrections=said))
    assert [each.answered for each in ours.stage.rows(Call)] == [False, False]
    for wrong, words in (("When", "COLUMN=MEANING"), ("When=then", "is not one of"), ("Then=at", "none of the files")):
        with pytest.raises(CannotDo, match=words):
            open_files([path], company="L", corrections=(*said, wrong))
    with pytest.raises(CannotDo, match="several services"):
        open_files([file(tmp_path, TWILIO, "1.csv"), file(tmp_path, WHATCONVERTS, "2.csv")], company="L")
    with pytest.raises(CannotDo, match="--service is one of callrail"):
        open_files([path], company="L", service="nobody")


def test_every_mapping_names_where_it_is_from_and_means_something_that_is_read() -> None:
    known = set(services()["callrail"].columns) | {"kind", "time_zone"}
    for each in services().values():
        assert each.source and set(each.columns) <= known and set(each.values) <= set(each.columns)

"""A no that was said at the other service is a no here: in texts of any age, forms, notes, tags, and its list of opt-outs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from import_stage import Ours, hub_to_fill
from recorded_callrail import FORMS, KEY, LAKESIDE, RecordedCallRail, call, thread

from hub.errors import CannotDo
from hub.importing.callrail.account import CallRailAccount, open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.places import read_places
from hub.importing.refusals.opt_outs import read_opt_outs, write_opt_outs
from hub.importing.switch_over.plan import switch_plan, switch_text
from hub.model import (
    AuditEntry,
    Call,
    Company,
    ConsentEntry,
    DoubtfulRefusal,
    ImportStep,
    Person,
    Suppression,
    TextMessage,
)
from hub.model.purposes import CALL_BACK, LISTED_USES, MARKETING, TEXT_USES
from hub.model.states import Doubt
from hub.numbers.directory import LiveDirectory
from hub.privacy.suppression_list import lift_suppressions
from hub.queries.consent_question import Supposed, answers
from hub.queries.privacy.doubts import open_doubts_of
from hub.testing import FrozenClock
from hub.texts.doubts import keep, lapse, open_doubts
from hub.texts.suppression import start

NUMBER = "+14045550142"
OLD, LATELY = "2022-10-06T10:00:00.000-05:00", "2026-01-05T13:00:00.000-05:00"
"""A time that is too long ago to be kept, and one that is not."""


@pytest.fixture
def ours(databases: Path, tmp_path: Path) -> Iterator[Ours]:
    with hub_to_fill(databases, tmp_path, FrozenClock(datetime(2026, 2, 1, tzinfo=UTC))) as made:
        yield made


def account(calls: Any = (), forms: Any = (), texts: Any = (), companies: Any = ()) -> CallRailAccount:
    theirs = RecordedCallRail(calls=list(calls), forms=list(forms), texts=list(texts))
    return open_account(CallRail(KEY, pace=Pace(0), transport=theirs), None, companies=companies)


def refused_uses(ours: Ours, number: str = NUMBER) -> set[str]:
    """What the suppression list forbids for the number at Lakeside."""
    lakeside = ours.stage.one(Company, name="lakeside_plumbing")
    with ours.stage.hub.store.reading() as session:
        fingerprint = ours.stage.hub.vault.fingerprint(session, lakeside.id, number)
    return {each.use for each in ours.stage.rows(Suppression, fingerprint=fingerprint)}


def queued(ours: Ours) -> list[tuple[str, str, str | None]]:
    """The open rows of the queue: in what, what they may refuse, the words."""
    with ours.stage.hub.store.reading() as session:
        companies = [each.id for each in ours.stage.rows(Company)]
        return [(each.source, each.refused, each.words) for each in open_doubts_of(session, ours.stage.hub, companies)]


def asked(ours: Ours, purpose: str) -> set[tuple[str, str]]:
    found = answers(
        ours.stage.hub,
        LiveDirectory(ours.stage.hub.store).current(),
        Supposed(purpose=purpose, company="lakeside_plumbing", caller=NUMBER),
    )
    return {(each.ruling.decision.verdict, each.ruling.decision.ruling.rule_id) for each in found}


def test_a_stop_too_old_to_be_kept_counts_and_leaves_only_a_keyed_hash(ours: Ours) -> None:
    source = account([call(1)], texts=[thread(("incoming", "STOP", OLD))])
    for _ in range(2):
        ours.bring(source)
    assert ours.stage.rows(TextMessage) == [] and len(ours.stage.rows(Call)) == 1
    assert refused_uses(ours) == set(TEXT_USES) and ours.stage.rows(ConsentEntry) == []
    assert all(each.since == datetime(2022, 10, 6, 15, tzinfo=UTC) for each in ours.stage.rows(Suppression))
    assert asked(ours, "text") == asked(ours, "marketing-text") == {("deny", "hub.suppression_list")}
    step = ours.stage.one(ImportStep, resource="texts")
    assert step.refusals == {"text": {"sure": 1, "not_kept": 1}}


def test_somebody_who_stopped_nothing_may_still_be_texted(ours: Ours) -> None:
    ours.bring(account([call(1)], texts=[thread(("incoming", "Can you come?", OLD))]))
    assert {verdict for verdict, _ in asked(ours, "text")} == {"allow"} and ours.stage.rows(Suppression) == []


@pytest.mark.parametrize(
    ("marks", "uses"),
    [
        ({"tags": ["do not call"]}, {CALL_BACK}),
        ({"note": "asked us never to text or call again"}, set(LISTED_USES)),
        ({"tags": [{"id": 3, "name": "DNC"}]}, set(LISTED_USES)),
        ({"tags": ["estimate"], "note": "Wants an estimate."}, set()),
    ],
)
@pytest.mark.parametrize("at", [OLD, "2026-01-05T11:27:48.119-05:00"])
def test_notes_and_tags_refuse_for_the_caller_whatever_their_age(
    ours: Ours, marks: dict[str, Any], uses: set[str], at: str
) -> None:
    for _ in range(2):
        ours.bring(account([call(1, start_time=at, **marks)]), ("calls",))
    assert refused_uses(ours) == uses
    kept = len(ours.stage.rows(Call))
    assert kept == (at != OLD)
    entries = ours.stage.rows(ConsentEntry)
    assert {each.use for each in entries} == (uses if kept else set()) and len(entries) == len(uses) * kept
    assert {(each.channel, each.evidence) for each in entries} <= {("agent", each.id) for each in ours.stage.rows(Call)}


def test_a_note_on_a_call_that_was_placed_refuses_too(ours: Ours) -> None:
    ours.bring(account([call(1, direction="outbound", note="Asked us not to call.")]), ("calls",))
    assert ours.stage.rows(Call) == [] and CALL_BACK in refused_uses(ours) and ours.stage.rows(Person) == []


def test_doubtful_texts_come_into_the_queue_and_have_their_time_to_be_read(ours: Ours) -> None:
    source = account(texts=[thread(("incoming", "enough already", "2025-11-05T13:00:00.000-05:00"))])
    ours.bring(source)
    assert queued(ours) == [("text", "both", "enough already")]
    (doubt,) = ours.stage.rows(DoubtfulRefusal)
    assert (doubt.decide_by - ours.stage.clock()).days == 14
    assert lapse(ours.stage.hub, ours.stage.clock()) == 0
    with ours.stage.hub.store.writing() as session:
        keep(session, open_doubts(session)[0], "officer", ours.stage.clock())
    ours.bring(source)
    assert queued(ours) == [] and ours.stage.one(DoubtfulRefusal).state == Doubt.NOT_STOP


def test_an_older_stop_counts_though_the_person_was_heard_to_refuse_less_since(ours: Ours) -> None:
    ours.bring(account(texts=[thread(("incoming", "enough already", LATELY))]))
    ours.stage.clock.advance(days=15)
    assert lapse(ours.stage.hub, ours.stage.clock()) == 1 and refused_uses(ours) == {MARKETING}
    ours.bring(account(texts=[thread(("incoming", "STOP", OLD))]))
    assert refused_uses(ours) == set(TEXT_USES)


def test_a_doubtful_text_that_is_too_old_to_be_read_counts_as_a_no_to_marketing(ours: Ours) -> None:
    ours.bring(account(texts=[thread(("incoming", "enough already", OLD))]))
    assert queued(ours) == [] and refused_uses(ours) == {MARKETING}
    assert ours.stage.one(ImportStep, resource="texts").refusals == {"text": {"doubtful": 1, "not_kept": 1}}


def test_a_refusal_typed_into_a_form_waits_for_a_user_because_anybody_can_type_a_number(ours: Ours) -> None:
    data = {"phone": "404-555-0142", "message": "please stop texting me and never call me again"}
    form = FORMS[0] | {"form_data": data, "customer_phone_number": NUMBER}
    ours.bring(account([call(1)], [form]))
    assert queued(ours) == [("form", "both", "please stop texting me and never call me again")]
    assert ours.stage.one(DoubtfulRefusal).learned == "typed" and refused_uses(ours) == set()


def test_a_start_after_a_stop_takes_it_back_and_what_was_said_here_since_wins(ours: Ours) -> None:
    ours.bring(account(texts=[thread(("incoming", "STOP", OLD), ("incoming", "START", LATELY))]))
    assert refused_uses(ours) == set()
    stopped = account(texts=[thread(("incoming", "STOP", LATELY), key="SMT9")])
    ours.bring(stopped)
    assert refused_uses(ours) == set(TEXT_USES)
    lakeside = ours.stage.one(Company, name="lakeside_plumbing")
    with ours.stage.hub.store.writing() as session:
        said = {"channel": "sms", "evidence": "text", "at": ours.stage.clock(), "now": ours.stage.clock()}
        assert start(session, ours.stage.hub, lakeside.id, NUMBER, **said)  # type: ignore[arg-type]
    before = refused_uses(ours)
    ours.bring(stopped)
    assert refused_uses(ours) == before and not set(TEXT_USES) <= before


def test_the_plan_and_the_report_say_what_was_found(ours: Ours) -> None:
    calls = [call(1, tags=["do not call"]), call(2, start_time=OLD, note="DNC", customer_phone_number="+14045550143")]
    ours.bring(account(calls, texts=[thread(("incoming", "enough already", LATELY))]))
    with ours.stage.hub.store.reading() as session:
        text = switch_text(switch_plan(session, ours.stage.hub.config, ours.stage.clock()))
    assert "| a note | 1 | 0 | 1 |" in text and "| a tag | 1 | 0 | 0 |" in text and "| a text | 0 | 1 | 0 |" in text
    assert "--opt-outs FILE" in text


LIST = """\
Phone Number,Channel,Opted Out At,Company Name
(404) 555-0142,SMS,2026-01-03,Lakeside Plumbing
404-555-0143,both,,Lakeside Plumbing
404-555-0144,pigeon,01/31/2026,
not a number,,,
404-555-0145,calls,yesterday,Lakeside Plumbing
404-555-0146,,,Somebody Else
"""


def stop_listed(ours: Ours, path: Path) -> tuple[ImportStep, list[tuple[int, str]]]:
    hub, source = ours.stage.hub, account()
    ours.bring_structure(source)
    with hub.store.reading() as session:
        places = read_places(session, source.service, source.source)
    return write_opt_outs(hub, source.source, read_opt_outs(path), places, "operator")


def test_the_list_of_opt_outs_is_in_force_line_by_line_and_mistakes_are_named(ours: Ours, tmp_path: Path) -> None:
    path = tmp_path / "opted out.csv"
    path.write_text(LIST, encoding="utf-8-sig")
    step, left = stop_listed(ours, path)
    assert (step.counts, step.total) == ({"new": 4, "skipped": 2}, 6)
    assert [line for line, _ in left] == [7] and "not brought over" in left[0][1]
    mistakes = read_opt_outs(path).mistakes
    assert [line for line, _ in mistakes] == [4, 5, 6] and all(":" in why for _, why in mistakes)
    assert [refused_uses(ours, f"+1404555014{n}") for n in range(2, 7)] == [
        set(TEXT_USES), set(LISTED_USES), set(LISTED_USES), {CALL_BACK}, set(),
    ]  # fmt: skip
    assert ours.stage.rows(Person) == [], "nobody becomes a person by it"
    assert [each.detail for each in ours.stage.rows(AuditEntry, action="import.opt_outs")] == ["4 of 6"]


def test_the_same_list_again_does_not_stop_somebody_who_came_back_since(ours: Ours, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{NUMBER}\n")
    stop_listed(ours, path)
    assert refused_uses(ours) == set(TEXT_USES)
    lakeside = ours.stage.one(Company, name="lakeside_plumbing")
    now = ours.stage.clock()
    with ours.stage.hub.store.writing() as session:
        fingerprint = ours.stage.hub.vault.fingerprint(session, lakeside.id, NUMBER)
        lift_suppressions(session, fingerprint, TEXT_USES, now, now)
    stop_listed(ours, path)
    assert refused_uses(ours) == set()


@pytest.mark.parametrize(
    ("text", "words"), [("", "no column with numbers"), ("Name,Day\nSam,1\n", "no column"), (b"\xff\xfe", "UTF-8")]
)
def test_a_list_that_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path, text: Any, words: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CannotDo, match=words):
        read_opt_outs(path)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_list_from_a_spreadsheet_of_another_country_is_read(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"Phone Number,Channel\n{NUMBER},calls\n".replace(",", delimiter))
    (opt_out,) = read_opt_outs(path).opt_outs
    assert (opt_out.number, opt_out.refused) == (NUMBER, "calls")


def test_only_the_chosen_companys_refusals_come_over(ours: Ours) -> None:
    other = call(1, company_id="COMother", tags=["do not call"])
    ours.bring(account([other, call(2, tags=["DNC"])], companies=[LAKESIDE]), ("calls",))
    assert len({each.fingerprint for each in ours.stage.rows(Suppression)}) == 1

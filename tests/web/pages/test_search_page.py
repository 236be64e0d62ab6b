"""What people type is found: parts of numbers, beginnings of names, words of notes. What is erased is found no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from explained import statements
from kept_forms import keep_form
from page_client import PageClient, seen, signed_in
from sqlalchemy import update
from sqlmodel import col, delete, select
from testbed import CALLER, NORTH_SHARED, SHARED, TestHub

from hub.access.scope import scope_of_operator
from hub.config.retention import RetentionSection
from hub.model import Call, Company, Note, SearchWord, Tracker, TrackingNumber
from hub.model.people import DIGITS_FROM
from hub.privacy.erasure import erase_person
from hub.privacy.retention import sweep
from hub.queries import search
from hub.queries.search import find
from hub.store.encryption.encrypted_fields import seal_names
from hub.store.encryption.search_words import MAX_WORDS, marks_of, words_of
from hub.visits.forms import SentForm

OTHER = "+13125550143"


def found(browser: PageClient, text: str) -> str:
    return browser.text("/search", params={"q": text})


def words(stage: TestHub) -> list[SearchWord]:
    with stage.hub.store.reading() as session:
        return list(session.exec(select(SearchWord)))


def test_a_caller_is_found_by_what_somebody_remembers(stage: TestHub) -> None:
    call = stage.call_in(caller_name="Noah Kerr")
    stage.call_in(caller=OTHER, caller_name="Ruth Adler")
    browser = signed_in(stage)
    for text in ("0142", "555 0142", "(312) 555-0142", "noah", "Noah K", "kerr", "KERR noah", "noah 0142"):
        answer = browser.get("/search", params={"q": text}).text
        page = seen(answer)
        assert "Noah Kerr" in page and "All of it fits one person, Noah Kerr." in page, text
        assert f"/calls/{call.id}" in answer and "Ruth" not in page, text


def test_a_person_whom_every_word_fits_stands_before_those_whom_one_word_fits(stage: TestHub) -> None:
    stage.call_in(caller_name="Noah Kerr")
    stage.call_in(caller=OTHER, caller_name="Noah Lindqvist")
    page = found(signed_in(stage), "noah kerr")
    assert "All of it fits one person, Noah Kerr." in page
    assert page.index("Noah Kerr") < page.index("Noah Lindqvist")


@pytest.mark.parametrize(
    "name, text", [("Chloé Müller", "chloe muller"), ("Bo Li", "bo"), ("O’Brien-Kwiatkowska", "kwiatkowska")]
)
def test_names_are_found_without_accents_and_by_each_of_their_words(stage: TestHub, name: str, text: str) -> None:
    stage.call_in(caller_name=name)
    browser = signed_in(stage)
    assert f"fits one person, {name}" in found(browser, text)
    assert "Nothing matches" in found(browser, text[::-1] + "x")


def test_a_longer_beginning_than_the_index_keeps_is_compared_with_the_name(stage: TestHub) -> None:
    stage.call_in(caller_name="Anna Lindqvist")
    browser = signed_in(stage)
    assert "Anna Lindqvist" in found(browser, "lindqvi")
    assert "Nothing matches" in found(browser, "lindqvo")


def test_words_of_notes_and_the_sender_of_a_form_are_found(stage: TestHub) -> None:
    call = stage.call_in()
    browser = signed_in(stage)
    browser.post(f"/calls/{call.id}/notes", {"note": "Neighbor of the bakery, same boiler"})
    assert "same boiler”" in found(browser, "boiler") and "same boiler”" in found(browser, "bakery boil")
    assert "Nothing matches" in found(browser, "boiler furnace")
    sent = SentForm(key="k", form_id="contact", fields={"name": "Joel Fisher", "phone": "(312) 555-0177"})
    keep_form(stage.hub, stage.directory.companies["lakeside"], sent)
    stage.flow()
    assert "Joel Fisher" in found(browser, "joel") and "Joel Fisher" in found(browser, "fisher 0177")


def test_campaigns_and_own_numbers_lead_to_their_calls(stage: TestHub) -> None:
    stage.call_in()
    browser = signed_in(stage)
    answer = browser.get("/search", params={"q": "0120"}).text
    assert "Your number, Shared" in answer and "/calls?company=lakeside&amp;tracker=shared" in answer


def test_a_tracker_is_found_by_what_people_call_it_and_shown_so(stage: TestHub) -> None:
    with stage.hub.store.writing() as session:
        tracker = session.get_one(Tracker, stage.one(TrackingNumber, number=SHARED).tracker_id)
        tracker.title = "Side of the van"
        session.add(tracker)
    browser = signed_in(stage)
    for text in ("of the van", "shared"):
        answer = browser.get("/search", params={"q": text}).text
        assert "/calls?company=lakeside&amp;tracker=shared" in answer and "of the van" in seen(answer), text
    assert "Your number, Side of the van" in found(browser, "0120")


def test_a_user_of_one_company_finds_nobody_of_another(stage: TestHub) -> None:
    stage.call_in(number=NORTH_SHARED, caller_name="Noah Kerr")
    browser = signed_in(stage, "marketer", "lakeside")
    for text in ("noah", "0142", CALLER):
        assert "Nothing matches" in found(browser, text)


def test_neither_the_index_nor_equal_names_of_two_companies_show_a_name(stage: TestHub) -> None:
    stage.call_in(caller_name="Noah Kerr")
    first = {row.word for row in words(stage)}
    stage.call_in(number=NORTH_SHARED, caller=OTHER, caller_name="Noah Kerr")
    rows = words(stage)
    assert all(len(row.word) == 8 and b"noa" not in row.word for row in rows)
    other = {row.word for row in rows} - first
    assert len(first) == len(other) == 2, "the same beginnings have other hashes at another company"


def erase(stage: TestHub, call: Call) -> None:
    erase_person(stage.hub, str(call.person_id))


def end_lives(stage: TestHub, call: Call) -> None:
    stage.clock.advance(days=4000)
    for _ in range(3):
        sweep(stage.hub.store, stage.clock(), RetentionSection(), keyring=stage.hub.keyring)


def delete_and_empty(stage: TestHub, call: Call) -> None:
    with stage.hub.store.writing() as session:
        session.execute(delete(Note))
        session.execute(update(Call).where(col(Call.id) == call.id).values(sealed_name=None))


@pytest.mark.parametrize("ending", [erase, end_lives, delete_and_empty])
def test_whatever_ends_a_name_ends_its_words_in_the_index(stage: TestHub, ending: Any) -> None:
    call = stage.call_in(caller_name="Noah Kerr")
    signed_in(stage).post(f"/calls/{call.id}/notes", {"note": "a boiler"})
    assert {row.row_id for row in words(stage)} == {call.id, stage.one(Note).id}
    ending(stage, call)
    assert words(stage) == []


def test_a_corrected_name_replaces_the_old_one_in_the_index(stage: TestHub) -> None:
    call = stage.call_in(caller_name="Noa Cerr")
    browser = signed_in(stage)
    with stage.hub.store.writing() as session:
        seal_names(stage.hub.vault, session, [(session.get_one(Call, call.id), "Ruth Adler")])
    assert "Ruth Adler" in found(browser, "adler") and "Nothing matches" in found(browser, "cerr")


def test_a_very_long_text_fills_the_index_no_further_than_its_limit(stage: TestHub) -> None:
    assert len(words_of("ab " * 500)) == 1
    call = stage.call_in()
    letters = "abcdefghijklmnopqrstuvwxyz"
    many = " ".join(a + b + c for a in letters[:10] for b in letters[:10] for c in letters[:10])
    signed_in(stage).post(f"/calls/{call.id}/notes", {"note": many})
    assert len(words(stage)) == MAX_WORDS


def test_the_marks_of_a_word_differ_by_company_only(stage: TestHub) -> None:
    with stage.hub.store.writing() as session:
        ids = sorted(session.exec(select(Company.id)))
        beginning = marks_of(stage.hub.vault, session, ids, "noa")
        assert len(set(beginning)) == len(ids)
        for word in ("noah", "noahs"):
            marks = marks_of(stage.hub.vault, session, ids, word)
            assert set(marks) > set(beginning) and len(set(marks)) == 2 * len(ids), word


def test_what_fits_is_marked_in_what_is_found(stage: TestHub) -> None:
    stage.call_in(caller_name="Noah Kérr")
    browser = signed_in(stage)
    for text, wanted in {
        "noah": "<mark>Noah</mark> Kérr",
        "noa ker": "<mark>Noa</mark>h <mark>Kér</mark>r",
        "550142": "+1 312 5<mark>55 0142</mark>",
        "noah 0142": "+1 312 555 <mark>0142</mark>",
    }.items():
        assert wanted in browser.get("/search", params={"q": text}).text, text


def test_marks_are_set_in_escaped_text(stage: TestHub) -> None:
    call = stage.call_in(caller_name="Noah <mark>Kerr</mark>")
    browser = signed_in(stage)
    browser.post(f"/calls/{call.id}/notes", {"note": "<script>boiler</script>"})
    page = browser.get("/search", params={"q": "noah"}).text
    assert "<mark>Noah</mark> &lt;mark&gt;Kerr&lt;/mark&gt;" in page
    assert "&lt;script&gt;<mark>boil</mark>er&lt;/script&gt;" in browser.get("/search", params={"q": "boil"}).text


def test_four_digits_in_a_row_find_a_number_wherever_they_stand(stage: TestHub) -> None:
    stage.call_in(caller_name="Noah Kerr")
    stage.call_in(caller="+442071838750", caller_name="Ruth Adler")
    browser = signed_in(stage)
    for digits in ("1312", "3125", "1255", "5501", "0142", "13125550142", "550142"):
        page = found(browser, digits)
        assert "Noah Kerr" in page and "Ruth" not in page, digits
    for part in ("4420", "8750", "020 7183"):
        assert "Ruth Adler" in found(browser, part), part


def test_the_newest_are_found_of_very_many_with_the_same_digits(
    stage: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_BY_DIGITS", 2)
    monkeypatch.setattr(search, "MAX_PEOPLE", 2)
    for index in range(3):
        stage.call_in(caller=f"+131255501{70 + index}", caller_name=f"Noah {'ABC'[index]}dler")
        stage.clock.advance(minutes=1)
    page = found(signed_in(stage), "5550")
    assert "Noah Cdler" in page and "Noah Bdler" in page and "Noah Adler" not in page


def test_a_part_of_a_number_is_found_by_its_index(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    with statements(stage.hub.store) as sent, stage.hub.store.reading() as session:
        find(session, scope_of_operator(), stage.hub.vault, ["a company"], "0142", people=True)
    plans = [plan for statement, plan in sent.plans(stage.hub.store) if "person.phone_number LIKE" in statement]
    assert len(plans) == 1 and plans[0].count("SEARCH person USING INDEX ix_person_digits_") == len(DIGITS_FROM)


@pytest.mark.parametrize("typed", [CALLER, "(312) 555-0142", "312-555-0142"])
def test_a_whole_number_is_found_without_reading_other_numbers(stage: TestHub, typed: str) -> None:
    stage.call_in(caller_name="Noah Kerr")
    with statements(stage.hub.store) as sent:
        assert "Noah Kerr" in found(signed_in(stage), typed)
    read = [statement for statement, _ in sent.sent if "person.phone_number LIKE" in statement]
    assert read == [], "PostgreSQL can use no index for them"
    assert "Noah Kerr" in found(signed_in(stage), typed[-8:].replace("-", "")), "nor is a part lost"

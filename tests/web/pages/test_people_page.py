"""People: what is surely theirs, merge and split, and search."""

from __future__ import annotations

from datetime import timedelta

from page_client import signed_in
from sqlmodel import select
from testbed import NORTH_SHARED, TestHub

from hub.model import Call, Person

OTHER = "+13125550143"


def people_of(stage: TestHub) -> dict[str, Person]:
    with stage.hub.store.reading() as session:
        return {str(each.phone_number): each for each in session.exec(select(Person))}


def test_a_persons_page_has_their_calls_and_nobody_elses(stage: TestHub) -> None:
    mine, other = stage.call_in(), stage.call_in(caller=OTHER)
    page = signed_in(stage).get(f"/people/{mine.person_id}")
    assert f"/calls/{mine.id}" in page.text and f"/calls/{other.id}" not in page.text


def test_people_are_listed_by_when_they_were_first_seen_not_by_when_that_became_known(stage: TestHub) -> None:
    new, earlier = stage.call_in(), stage.call_in(caller=OTHER)
    with stage.hub.store.writing() as session:
        session.get_one(Person, earlier.person_id).first_seen_at -= timedelta(days=40)
    page = signed_in(stage).get("/people").text
    assert page.index(f"/people/{new.person_id}") < page.index(f"/people/{earlier.person_id}")


def test_people_are_found_by_their_number_in_any_notation(stage: TestHub) -> None:
    call = stage.call_in()
    stage.call_in(caller=OTHER)
    browser = signed_in(stage)
    for written in ("+13125550142", "(312) 555-0142", "312.555.0142", "1 312 555 0142"):
        found = browser.get("/people", params={"q": written})
        assert found.text.count('class="main-link"') == 1 and f"/people/{call.person_id}" in found.text, written


def test_merged_people_are_shown_together_until_they_are_split(stage: TestHub) -> None:
    one, other = stage.call_in(), stage.call_in(caller=OTHER)
    browser = signed_in(stage)
    path = f"/people/{one.person_id}"
    answer = browser.post(f"{path}/merge", {"other": "312 555 0143", "reason": "Same voice, a work phone"})
    assert answer.status_code == 303
    page = browser.get(path).text
    assert f"/calls/{other.id}" in page and "Same voice, a work phone" in page
    merge = page.partition('name="merge" value="')[2].partition('"')[0]
    assert browser.post(f"{path}/split", {"merge": merge}).status_code == 303
    assert f"/calls/{other.id}" not in browser.get(path).text


def test_a_merge_without_a_match_says_so_beside_the_field_and_keeps_what_was_typed(stage: TestHub) -> None:
    call = stage.call_in()
    answer = signed_in(stage).post(f"/people/{call.person_id}/merge", {"other": "312 555 0199", "reason": "Same voice"})
    assert answer.status_code == 422
    assert "Nobody here has this number, address or id." in answer.text and 'value="312 555 0199"' in answer.text


def test_nobody_sees_or_merges_people_of_another_company(stage: TestHub) -> None:
    theirs, mine = stage.call_in(number=NORTH_SHARED), stage.call_in(caller=OTHER)
    browser = signed_in(stage, "marketer", "lakeside")
    assert browser.get(f"/people/{theirs.person_id}").status_code == 404
    merged = browser.post(f"/people/{theirs.person_id}/merge", {"other": OTHER, "reason": "x"})
    assert merged.status_code == 404
    merged = browser.post(f"/people/{mine.person_id}/merge", {"other": str(theirs.person_id), "reason": "x"})
    assert merged.status_code == 422


def test_search_finds_calls_by_number_id_and_tracker_within_the_users_companies(stage: TestHub) -> None:
    call, theirs = stage.call_in(), stage.call_in(number=NORTH_SHARED, caller=OTHER)
    browser = signed_in(stage, "marketer", "lakeside")
    assert f"/calls/{call.id}" in browser.get("/search?q=3125550142").text
    assert "/calls?company=lakeside&amp;tracker=shared" in browser.get("/search?q=shared").text
    assert browser.get(f"/search?q={call.id}").headers["location"] == f"/calls/{call.id}?company=lakeside".split("?")[0]
    for text in (OTHER, theirs.id, str(theirs.person_id)):
        assert "Nothing matches" in browser.text("/search", params={"q": text})


def test_search_repeats_a_hostile_text_only_as_text(stage: TestHub) -> None:
    answer = signed_in(stage).get("/search", params={"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in answer.text and "&lt;script&gt;alert(1)" in answer.text


def test_an_erased_person_has_no_page(stage: TestHub) -> None:
    from hub.privacy.erasure import erase_person

    call = stage.call_in()
    assert call.person_id is not None
    erase_person(stage.hub, call.person_id)
    assert signed_in(stage).get(f"/people/{call.person_id}").status_code == 404
    assert stage.one(Call, id=call.id).caller_number is None

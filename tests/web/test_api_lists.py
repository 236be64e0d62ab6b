"""The lists of the API take the filters of the pages, show source and marks in each row, and expand what is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from api_house import TWO_ACCOUNTS, House, furnish, sent
from kept_forms import keep_form
from testbed import CALLER, TestHub

from hub.model import Attempt, Call, Delivery, TextMessage
from hub.visits.forms import SentForm
from hub.web.api.paging import CALL_OR_FORM


@pytest.fixture
def lite_house(lite_hub: Callable[..., TestHub]) -> House:
    return furnish(lite_hub(accounts=TWO_ACCOUNTS))


def ids(house: House, path: str, role: str = "owner", **query: Any) -> list[str]:
    (rows,) = (value for name, value in house.get(path, role, **query).json().items() if name != "next")
    return [each["id"] for each in rows]


def test_a_row_of_the_list_says_where_the_call_came_from_and_how_it_is_marked(lite_house: House) -> None:
    call_id = lite_house.mine["call_id"]
    sent(lite_house, f"/calls/{call_id}/lead", {"status": "qualified", "amount": "240"}, None)
    sent(lite_house, f"/calls/{call_id}/tags", {"name": "roof"}, None)
    (row,) = lite_house.get("/calls").json()["calls"]
    one = lite_house.get(f"/calls/{call_id}").json()
    assert (
        row["source"] == one["source"] == one["attribution"]["source"]
        and row["tracker"]
        and row["outcome"] == "answered"
    )
    assert (row["lead"], row["currency"], row["tags"]) == ("qualified", "USD", ["roof"]) and row["amount"].startswith(
        "240"
    )
    assert row["attribution"] is row["recordings"] is row["notes"] is row["deliveries"] is None
    assert (one["notes"], one["deliveries"]) == (None, None) and one["recordings"]


def test_what_expand_names_is_in_each_row_as_far_as_the_role_sees_it(lite_house: House) -> None:
    call_id = lite_house.mine["call_id"]
    sent(lite_house, f"/calls/{call_id}/notes", {"text": "Wants a quote"}, None)
    (row,) = lite_house.get("/calls", expand="attribution,recordings,notes,deliveries").json()["calls"]
    alone = lite_house.get(f"/calls/{call_id}", expand="notes,deliveries").json()
    assert row == alone, "one request for the list says what one for each call says"
    assert [each["text"] for each in row["notes"] if each["text"]] == ["Wants a quote"]
    assert lite_house.mine["delivery_id"] in [each["id"] for each in row["deliveries"]]
    assert row["deliveries"] == lite_house.get(f"/calls/{call_id}/deliveries").json()["deliveries"]
    (seen,) = lite_house.get("/calls", "marketer", expand="recordings,deliveries").json()["calls"]
    assert seen["recordings"] is None and seen["deliveries"]
    (seen,) = lite_house.get("/calls", "receptionist", expand="recordings,deliveries").json()["calls"]
    assert seen["recordings"] is seen["deliveries"] is None
    for wrong in ("everything", "notes,", "notes notes", ""):
        assert lite_house.get("/calls", expand=wrong).json()["param"] == "expand"


@pytest.mark.parametrize("path", ["/forms", "/texts"])
def test_forms_and_texts_are_expanded_as_calls_are(lite_house: House, path: str) -> None:
    name = path[1:]
    stage = lite_house.stage
    keep_form(stage.hub, stage.directory.companies["lakeside"], SentForm(key="form-1", email="pat@example.com"))
    (row,) = lite_house.get(path, expand="attribution,notes,deliveries").json()[name]
    (plain,) = lite_house.get(path).json()[name]
    assert plain["attribution"] is plain["notes"] is plain["deliveries"] is None
    assert row["notes"] == [] and isinstance(row["deliveries"], list)
    assert row["attribution"] is None or row["attribution"]["source"] == row["source"]
    assert lite_house.get(path, expand="recordings").json()["param"] == "expand"


def test_a_delivery_is_expanded_by_what_it_came_from_and_its_tries(lite_house: House) -> None:
    mine, stage = lite_house.mine, lite_house.stage
    made = stage.one(Delivery, id=mine["delivery_id"])
    stage.add(
        Attempt(
            delivery_id=made.id, number=1, started_at=made.made_at, result="dead", code="timeout", reason="It did not answer."
        )
    )  # fmt: skip
    query = {"subject": mine["call_id"], "state": "dead"}
    (row,) = lite_house.get("/deliveries", **query, expand="contact,tries").json()["deliveries"]
    (call,) = lite_house.get("/calls", number=CALLER).json()["calls"]
    subject = row["contact"]
    assert (subject["id"], subject["kind"], subject["number"]) == (call["id"], "call", CALLER)
    assert (subject["source"], subject["outcome"]) == (call["source"], call["outcome"])
    assert row["tries"] == [
        {"number": 1, "started_at": row["made_at"], "result": "dead", "code": "timeout", "reason": "It did not answer."}
    ]
    (plain,) = lite_house.get("/deliveries", **query).json()["deliveries"]
    assert plain == {**row, "contact": None, "tries": None}
    assert lite_house.get("/deliveries", expand="notes").json()["param"] == "expand"


def test_a_visit_is_expanded_by_the_calls_it_led_to_and_its_pages(lite_house: House) -> None:
    stage = lite_house.stage
    shown = stage.visit()
    call = stage.call_in(number=shown.number, caller="+13125550143")
    (row,) = lite_house.get("/visits", expand="contacts,page_views").json()["visits"]
    assert [(each["id"], each["number"], each["source"]) for each in row["contacts"]] == [
        (call.id, call.caller_number, row["source"])
    ]
    assert [each["url"] for each in row["page_views"]] == [row["landing_page"]] and row["pages"] == 1
    (plain,) = lite_house.get("/visits").json()["visits"]
    assert plain == {**row, "contacts": None, "page_views": None}
    assert lite_house.get("/visits", expand="deliveries").json()["param"] == "expand"


def test_numbers_and_who_waits_for_a_call_back_are_lists_of_their_own(lite_house: House) -> None:
    numbers = lite_house.get("/numbers").json()["numbers"]
    assert [each["number"] for each in numbers] == sorted(each["number"] for each in numbers)
    assert {each["tracker"] for each in numbers} and all(each["company_id"] for each in numbers)
    assert lite_house.get("/numbers", "receptionist").status_code == 403
    assert lite_house.get("/numbers", company="nobody").status_code == 404
    waiting = lite_house.get("/waiting-callers").json()
    assert waiting["total"] == len(waiting["waiting_callers"]) == 0
    missed = lite_house.stage.call_in(caller="+13125550177", answered=False)
    (caller,) = lite_house.get("/waiting-callers").json()["waiting_callers"]
    assert (caller["call_id"], caller["caller_number"], caller["missed"]) == (missed.id, missed.caller_number, 1)


def test_calls_are_selected_by_each_condition_of_the_lists_of_pages(lite_house: House) -> None:
    stage, call_id = lite_house.stage, lite_house.mine["call_id"]
    call = stage.one(Call, id=call_id)
    sent(lite_house, f"/calls/{call_id}/lead", {"status": "booked", "amount": "240"}, None)
    at = call.started_at
    day = {"since": (at - timedelta(minutes=1)).isoformat(), "until": (at + timedelta(minutes=1)).isoformat()}
    local = at.astimezone(ZoneInfo(stage.directory.companies["lakeside"].time_zone))
    yes = {
        "number": CALLER, "agent": call.answered_by, "value_from": "240", "value_to": "240.00", "sent": "rejected",
        "weekday": local.weekday(), "hour": f"{local.hour}-{local.hour}", "lead": "yes", "company": "lakeside", **day,
    }  # fmt: skip
    no = {
        "number": "+13125550177", "agent": "+13125550177", "value_from": "241", "value_to": "239", "sent": "delivered",
        "weekday": (local.weekday() + 1) % 7, "hour": f"{(local.hour + 1) % 24}", "lead": "none", "company": "northgate",
        "since": day["until"], "until": day["since"], "missed": "open", "recording": "no", "consent": "deny",
        "signal": "booked",
    }  # fmt: skip
    for name, value in yes.items():
        assert ids(lite_house, "/calls", **{name: value}) == [call_id], name
    assert ids(lite_house, "/calls", **yes) == [call_id]
    for name, value in no.items():
        assert ids(lite_house, "/calls", **{name: value}) == [], name
    assert no.keys() | {"tracker", "source", "medium", "campaign", "keyword", "landing_page", "tag", "outcome", "first_time",
                        "longer", "shorter"} >= CALL_OR_FORM.keys()  # fmt: skip


def test_a_condition_that_makes_no_sense_or_that_the_role_does_not_see_is_refused(lite_house: House) -> None:
    for name, value in {"hour": "17-9", "weekday": 7, "number": "312", "value_from": "much", "sent": "lost", "source": " ",
                        "longer": -1, "agent": "me"}.items():  # fmt: skip
        reply = lite_house.get("/calls", **{name: value})
        assert (reply.status_code, reply.json()["param"]) == (422, name), reply.text
    reply = lite_house.get("/calls", "receptionist", sent="delivered")
    assert (reply.status_code, reply.json()["param"]) == (403, "sent")
    for name, value in {"recording": "yes", "signal": "booked"}.items():
        assert lite_house.get("/calls", "marketer", **{name: value}).status_code == 403
    for company in ("nobody", "southside"):
        reply = lite_house.get("/visits", company=company)
        assert (reply.status_code, reply.json()["param"]) == (404, "company"), "southside is of another account"


def test_texts_forms_deliveries_consent_and_requests_have_filters_of_their_own(lite_house: House) -> None:
    mine, text = lite_house.mine, lite_house.stage.one(TextMessage, id=lite_house.mine["text_id"])
    by = {
        "/texts": (
            {"company": "lakeside", "number": "+13125550142", "direction": "in", "status": "received",
             "since": text.at.isoformat()},
            {"company": "northgate", "number": "+13125550177", "direction": "out", "status": "sent", "tracker": "none",
             "until": text.at.isoformat()},
        ),
        "/deliveries": (
            {"subject": mine["call_id"], "company": "lakeside"},
            {"state": "unmatched", "connector": "other", "subject": mine["text_id"], "rule": "none", "company": "northgate"},
        ),
        "/requests": ({"kind": "access", "company": "lakeside"}, {"kind": "erasure", "state": "done"}),
        "/consent": ({"state": "given", "use": "marketing", "company": "lakeside"}, {"person": mine["call_id"], "use": "x"}),
    }  # fmt: skip
    for path, (yes, no) in by.items():
        every = ids(lite_house, path)
        assert every and ids(lite_house, path, **yes) == every, path
        for name, value in no.items():
            assert ids(lite_house, path, **{name: value}) == [], (path, name)
    dead = {"state": "dead", "connector": "network", "code": "none"}
    assert ids(lite_house, "/deliveries", **dead) == [mine["delivery_id"]]
    assert lite_house.get("/texts").json()["texts"][0]["tags"] == []
    assert ids(lite_house, "/forms", source="google") == []

"""The API: who may ask for what, by role; that no account ever sees another's; and that a repeated request is done once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from api_house import (
    ALLOWED,
    BODIES,
    NEW_NAMES,
    OF_SETUP,
    OF_WHOLE_ACCOUNT,
    RIVALS_DESK,
    TWO_ACCOUNTS,
    Factory,
    House,
    fill,
    furnish,
)
from fastapi.routing import APIRoute
from sqlmodel import select
from starlette.testclient import TestClient
from testbed import TestHub

from hub.access.companies import limit_to_companies
from hub.access.permissions import ROLES
from hub.access.users import change_role, disable, may_listen
from hub.model import (
    ApiKey,
    AuditEntry,
    Call,
    CostRow,
    Recording,
    Tracker,
    User,
)
from hub.web.api.auth import BURST, Permission


@pytest.fixture
def house(hub: Factory) -> Iterator[House]:
    yield furnish(hub(accounts=TWO_ACCOUNTS))


@pytest.fixture
def lite_house(lite_hub: Factory) -> House:
    return furnish(lite_hub(accounts=TWO_ACCOUNTS))


def routes(api: Any) -> dict[str, APIRoute]:
    return {
        f"{method} {route.path}": route
        for route in api.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    }


DAYS = {"first": "2026-01-01", "last": "2026-12-31"}


def asked(house: House, route: str, ids: dict[str, str], role: str, api: Any = None) -> Any:
    method, path = route.format(**ids).split(" ")
    house.stage.clock.advance(seconds=1)  # the key has four requests a second
    body = {"name": next(NEW_NAMES)} if route == "POST /tags" else BODIES.get(route)
    if route in ("POST /trackers", "POST /numbers"):
        name = "company_id" if route == "POST /trackers" else "tracker_id"
        body = {name: ids[name], **({"title": "Mailer"} if name == "company_id" else {"area_code": "312"})}
    if route == "POST /caller-lists":
        body = {"list": "vip", "number": "+13125550166", "company_id": house.mine["company_id"]}
    query = {"company_id": ids["company_id"], "name": next(NEW_NAMES)} if route == "POST /greetings" else {}
    return house.get(path, role, method, api, body, **(DAYS if "/reports/" in path else query))


def permissions_of(dependant: Any) -> list[Permission]:
    """Those that a route asks for, itself or in what it depends on."""
    inner = [each for dependency in dependant.dependencies for each in permissions_of(dependency)]
    return [each.call for each in dependant.dependencies if isinstance(each.call, Permission)] + inner


def test_every_route_asks_for_one_permission_and_is_in_the_matrix(lite_house: House) -> None:
    found = routes(lite_house.api())
    assert found.keys() == ALLOWED.keys()
    for route in found.values():
        assert len(permissions_of(route.dependant)) == 1, route.path


@pytest.mark.soak
def test_each_role_may_do_exactly_what_the_matrix_says(lite_house: House) -> None:
    api = lite_house.api()
    allowed = {
        route: {role for role in ROLES if asked(lite_house, route, lite_house.mine, role, api).status_code != 403}
        for route in routes(api)
    }
    assert allowed == ALLOWED


def test_another_accounts_ids_are_answered_as_ids_that_are_not_there(house: House) -> None:
    api = house.api()
    nowhere = dict.fromkeys(house.theirs, "01900000-0000-7000-8000-000000000000") | {"dimension": "source"}
    for route in (each for each in ALLOWED if "{" in each):
        theirs, none = (asked(house, route, ids, "owner", api) for ids in (house.theirs, nowhere))
        assert (theirs.status_code, theirs.json()["code"]) == (404, "not_found"), route
        assert theirs.headers.keys() == none.headers.keys()
        named = {each.headers["x-request-id"]: each.text for each in (theirs, none)}
        assert len({text.replace(request_id, "") for request_id, text in named.items()}) == 1 < len(named)
    for route in (each for each in ALLOWED if "{" not in each):
        told = asked(house, route, house.mine, "owner", api)
        assert told.status_code == (409 if route in OF_SETUP else 200) and told.json()
        assert not any(value in told.text for value in house.theirs.values() if len(value) > 8), route


def test_without_the_hubs_own_filters_postgresql_alone_lets_nothing_leak(
    postgres_url: str, open_hub_on: Factory
) -> None:
    house = furnish(open_hub_on(postgres_url, accounts=TWO_ACCOUNTS))
    unfiltered = house.api(narrow=lambda query, table, user: query)
    for route in ALLOWED:
        theirs = asked(house, route, house.theirs, "owner", unfiltered)
        assert theirs.status_code == (404 if "{" in route or route in {"POST /greetings", *OF_SETUP} else 200), route
        assert not any(value in theirs.text for value in house.theirs.values() if len(value) > 8), route
        mine = asked(house, route, house.mine, "owner", unfiltered)
        # Nothing was written, there is no mail server, and nobody is an agent.
        refused = {"transcript": {409}, "file": {409}, "send": {409}, "PUT /queues": {409}}
        usual = {409} if route in OF_SETUP else {200, 204}
        assert mine.status_code in next((codes for part, codes in refused.items() if part in route), usual), (
            "and what is ours is still there"
        )
    told = house.get("/calls", api=unfiltered).json()["calls"]
    assert [each["id"] for each in told] == [house.mine["call_id"]]


def limited_house(stage: TestHub) -> House:
    """Every role of one account, each limited to lakeside; `theirs` is northgate's, of the same account."""
    house = furnish(stage)
    with stage.hub.store.writing() as session:
        agency = house.user("owner").account_id
        for user in session.exec(select(User).where(User.account_id == agency)).all():
            if user.role != "auditor":
                limit_to_companies(session, user, ["lakeside"])
    return House(stage, house.keys, house.mine, fill(stage, "+13135550120"))


def test_a_key_of_a_user_limited_to_a_company_opens_nothing_of_another_company(hub: Factory) -> None:
    house = limited_house(hub(accounts=TWO_ACCOUNTS))
    api = house.api()
    for route in ALLOWED:
        for role in ALLOWED[route] - {"auditor"}:
            theirs = asked(house, route, house.theirs, role, api)
            wanted = {403} if route in OF_WHOLE_ACCOUNT else {404} if "{" in route else {200}
            assert theirs.status_code in wanted, (route, role, theirs.text)
            assert not any(value in theirs.text for value in house.theirs.values() if len(value) > 8), (route, role)
    assert [each["id"] for each in house.get("/calls").json()["calls"]] == [house.mine["call_id"]]
    assert house.get(f"/calls/{house.mine['call_id']}").status_code == 200
    with house.stage.hub.store.writing() as session:
        limit_to_companies(session, session.merge(house.user("owner")), [])
    assert house.get(f"/calls/{house.theirs['call_id']}").status_code == 200, (
        "the limit is lifted from the next request"
    )


def test_without_the_hubs_own_filters_postgresql_alone_keeps_the_limit_to_a_company(
    postgres_url: str, open_hub_on: Factory
) -> None:
    house = limited_house(open_hub_on(postgres_url, accounts=TWO_ACCOUNTS))
    unfiltered = house.api(narrow=lambda query, table, user: query)
    for route in ALLOWED.keys() - OF_WHOLE_ACCOUNT:
        theirs = asked(house, route, house.theirs, "owner", unfiltered)
        assert theirs.status_code == (404 if "{" in route else 200), route
        assert not any(value in theirs.text for value in house.theirs.values() if len(value) > 8), route


def test_a_signed_link_to_a_recording_ends_when_its_user_may_no_longer_see_the_company(lite_house: House) -> None:
    stage = lite_house.stage
    recording = stage.one(Recording, id=lite_house.mine["recording_id"])
    with stage.hub.store.writing() as session:
        owner = session.get_one(User, lite_house.user("owner").id)
        assert may_listen(session, owner, recording, owner.account_id, "recordings")
        limit_to_companies(session, owner, ["northgate"])
        assert not may_listen(session, owner, recording, owner.account_id, "recordings")


def test_a_marketer_gets_no_recordings_and_an_agent_only_calls_that_they_answered(lite_house: House) -> None:
    mine = lite_house.mine
    missed = lite_house.stage.call_in(caller="+13125550143", answered=False)
    assert lite_house.get(f"/calls/{mine['call_id']}", "marketer").json()["recordings"] is None
    (seen,) = lite_house.get(f"/calls/{mine['call_id']}", "owner").json()["recordings"]
    assert seen["id"] == mine["recording_id"]
    assert [each["id"] for each in lite_house.get("/calls", "agent").json()["calls"]] == [mine["call_id"]]
    assert lite_house.get(f"/calls/{missed.id}", "agent").status_code == 404
    with lite_house.stage.hub.store.writing() as session:
        change_role(session, session.get_one(User, lite_house.user("agent").id), "agent", [RIVALS_DESK])
    assert lite_house.get("/calls", "agent").json()["calls"] == []
    assert lite_house.get(f"/recordings/{mine['recording_id']}/link", "agent", "POST").status_code == 404


def test_a_receptionist_hears_and_reads_messages_and_no_conversations(lite_house: House) -> None:
    stage, mine = lite_house.stage, lite_house.mine
    link, transcript = (f"/recordings/{mine['recording_id']}/{part}" for part in ("link", "transcript"))
    assert lite_house.get(f"/calls/{mine['call_id']}", "receptionist").json()["recordings"] is None
    assert lite_house.get(link, "receptionist", "POST").status_code == 403
    assert lite_house.get(transcript, "receptionist").status_code == 403
    assert stage.rows(AuditEntry, subject=mine["recording_id"]) == []
    with stage.hub.store.writing() as session:
        session.get_one(Recording, mine["recording_id"]).kind = "voicemail"
    (seen,) = lite_house.get(f"/calls/{mine['call_id']}", "receptionist").json()["recordings"]
    assert (seen["id"], seen["kind"]) == (mine["recording_id"], "voicemail")
    made = lite_house.get(link, "receptionist", "POST").json()["url"]
    assert f"user={lite_house.user('receptionist').id}" in made
    assert lite_house.get(transcript, "receptionist").status_code == 409, "it is not written yet"
    assert lite_house.get(link, "marketer", "POST").status_code == 403
    with stage.hub.store.reading() as session:
        listener = session.get_one(User, lite_house.user("receptionist").id)
        message = session.get_one(Recording, mine["recording_id"])
        assert may_listen(session, listener, message, listener.account_id, "recordings"), "the link opens"
    assert [each.action for each in stage.rows(AuditEntry, subject=mine["recording_id"])] == ["recording.link"]


def test_each_reading_is_written_down_before_it_is_given(lite_house: House) -> None:
    lite_house.get(f"/texts/{lite_house.mine['text_id']}/body")
    lite_house.get(f"/recordings/{lite_house.mine['recording_id']}/link", method="POST")
    lite_house.get("/calls")
    owner = lite_house.user("owner")
    lite_house.get(f"/requests/{lite_house.mine['request_id']}", "privacy_officer")
    noted = [(row.action, row.actor, row.subject) for row in lite_house.stage.rows(AuditEntry, chain=owner.account_id)]
    assert noted == [
        ("privacy.request.received", "x", lite_house.mine["request_id"]),
        ("text.read", owner.id, lite_house.mine["text_id"]),
        ("recording.link", owner.id, lite_house.mine["recording_id"]),
        ("privacy.request.read", lite_house.user("privacy_officer").id, lite_house.mine["request_id"]),
    ]


@pytest.mark.parametrize(
    "told", ["", "Bearer", "Bearer ctk_", "Bearer ctk_{id}_" + "A" * 43, "Basic {key}", "Bearer {key}x"]
)
def test_whatever_is_no_living_key_is_refused_alike(lite_house: House, told: str) -> None:
    key = lite_house.keys["owner"]
    reply = TestClient(lite_house.api()).get(
        "/calls", headers={"authorization": told.format(id=key.split("_")[1], key=key)}
    )
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorized")
    assert reply.json()["detail"] == "Send a valid API key, as Authorization: Bearer KEY."


def test_a_key_ends_with_its_time_and_with_its_user(lite_house: House) -> None:
    stage = lite_house.stage
    with stage.hub.store.writing() as session:
        disable(session, session.get_one(User, lite_house.user("admin").id), stage.clock())
    assert lite_house.get("/calls", "admin").status_code == 401
    stage.clock.advance(days=365)
    assert lite_house.get("/calls", "owner").status_code == 401


def test_the_hub_keeps_no_key_only_its_hash_and_when_it_was_used(lite_house: House) -> None:
    secret = lite_house.keys["owner"].split("_", 2)[2]
    lite_house.get("/calls")
    key = lite_house.stage.one(ApiKey, user_id=lite_house.user("owner").id)
    assert secret not in str(key.model_dump()) and key.last_used_at == lite_house.stage.clock()


def test_a_key_that_asks_too_often_waits(lite_house: House) -> None:
    api = lite_house.api()
    codes = [lite_house.get("/openapi-nowhere", api=api).status_code for _ in range(2)]
    assert codes == [404, 404]
    codes = [lite_house.get("/companies", api=api).status_code for _ in range(int(BURST) + 1)]
    assert codes[-2:] == [200, 429]
    lite_house.stage.clock.advance(seconds=60)
    assert lite_house.get("/companies", api=api).status_code == 200


def test_pages_follow_each_other_without_a_gap(lite_house: House) -> None:
    calls = [lite_house.mine["call_id"], *(lite_house.stage.call_in().id for _ in range(4))]
    seen, after = [], None
    while True:
        page = lite_house.get("/calls", limit=2, **({"after": after} if after else {})).json()
        seen += [each["id"] for each in page["calls"]]
        after = page["next"]
        if after is None:
            break
    assert seen == sorted(calls, reverse=True) == sorted(seen, reverse=True)


def test_a_parameter_of_the_wrong_form_is_named_with_what_it_may_be(lite_house: House) -> None:
    reply = lite_house.get("/calls", limit=9999, since="soon")
    assert reply.status_code == 422
    assert reply.json()["detail"] == (
        "limit must be less than or equal to 200; since must be a time like 2026-11-24T09:00:00Z."
    )
    report = lite_house.get("/reports/lakeside/sources", first="2026-11-31")
    assert report.json()["detail"] == (
        "dimension must be one of source, campaign, keyword, landing_page; first must be a date like 2026-11-24; "
        "last is missing."
    )


def test_a_parameter_that_no_database_takes_or_that_is_no_time_is_refused(lite_house: House) -> None:
    codes = [lite_house.get("/calls", **query).status_code for query in ({"company": "\x00"}, {"since": "9999999"})]
    assert [*codes, lite_house.get("/calls/a%00b").status_code] == [422] * 3


def test_a_lead_is_marked_changed_and_unmarked_with_the_former_mark_to_undo(lite_house: House) -> None:
    path = f"/calls/{lite_house.mine['call_id']}/lead"
    marked = lite_house.get(path, "agent", "POST", body={"status": "qualified", "amount": "240.50"}).json()
    assert (marked["lead"]["status"], marked["lead"]["amount"][:6], marked["former"]["status"]) == (
        "qualified", "240.50", None,
    )  # fmt: skip
    (lead,) = lite_house.get("/leads", "marketer", status="qualified").json()["leads"]
    assert (lead["id"], lead["lead"], lead["amount"][:6]) == (lite_house.mine["call_id"], "qualified", "240.50")
    assert lite_house.get("/leads", "marketer", status="booked").json() == {"leads": [], "next": None}
    assert lite_house.get("/visits", since="2026-05-01T00:00:00").status_code == 422, "a time needs its zone"
    booked = lite_house.get(path, "receptionist", "POST", body={"status": "booked"}).json()
    assert booked["lead"]["amount"][:6] == "240.50" and booked["former"]["status"] == "qualified"
    assert lite_house.get(path, "owner", "POST", body={"status": None}).json()["lead"]["status"] is None
    wrong = lite_house.get(path, "owner", "POST", body={"status": "booked", "amount": "-1"})
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "amount must be greater than or equal to 0.")
    assert lite_house.get(path, "owner", "POST", body={"status": "hot"}).status_code == 422


def test_calls_are_selected_by_the_filters_of_their_page(lite_house: House) -> None:
    mine = lite_house.get("/calls", "marketer").json()["calls"]
    (call,) = mine
    cause = lite_house.get(f"/calls/{call['id']}", "marketer").json()["attribution"]
    tracker_id = next(each.tracker_id for each in lite_house.stage.rows(Call) if each.id == call["id"])
    tracker = next(each.name for each in lite_house.stage.rows(Tracker) if each.id == tracker_id)
    whole = {"outcome": "answered", "tracker": tracker, "source": cause["source"], "until": "2100-01-01T00:00:00Z"}
    for name, value in {**whole, "lead": "none", "longer": 1}.items():
        assert lite_house.get("/calls", "marketer", **{name: value}).json()["calls"] == mine, name
    for name, value in {"outcome": "missed", "tag": "roof", "shorter": 0, "lead": "any", "campaign": "other"}.items():
        assert lite_house.get("/calls", "marketer", **{name: value}).json()["calls"] == [], name
    assert lite_house.get("/calls", "marketer", outcome="splendid").status_code == 422
    assert lite_house.get("/leads", "marketer", outcome="missed").json()["leads"] == []


def test_the_audit_log_is_filtered_as_on_its_page(lite_house: House) -> None:
    lite_house.get("/calls/" + lite_house.mine["call_id"] + "/tags", "owner", "POST", body={"name": "roof"})
    every = lite_house.get("/audit", "owner").json()["entries"]
    newest = every[0]
    chosen = lite_house.get("/audit", "owner", who=newest["actor"], action=newest["action"], subject=newest["subject"])
    assert newest in chosen.json()["entries"]
    area = newest["action"].partition(".")[0] + "."
    assert newest in lite_house.get("/audit", "owner", action=area, since="2000-01-01T00:00:00Z").json()["entries"]
    for name in ("who", "action", "subject"):
        assert lite_house.get("/audit", "owner", **{name: "nothing"}).json()["entries"] == []
    assert lite_house.get("/audit", "owner", until="2000-01-01T00:00:00Z").json()["entries"] == []


def test_texts_too_get_tags_and_notes_by_the_api(lite_house: House) -> None:
    text = lite_house.mine["text_id"]
    tagged = lite_house.get(f"/calls/{text}/tags", "marketer", "POST", body={"name": " New  roof "})
    assert tagged.json() == {"tags": ["New roof"]}
    assert lite_house.get(f"/calls/{text}/notes", "marketer", "POST", body={"text": "Hi"}).json()["id"]
    assert lite_house.get(f"/calls/{text}/tags", "agent", "POST", body={"name": "mine"}).status_code == 404


def test_a_report_of_costs_gives_prices_as_texts_by_currency(lite_house: House) -> None:
    stage = lite_house.stage
    today, company = stage.clock().date(), stage.directory.companies["lakeside"]
    cost = {"account_id": company.account_id, "day": today, "medium": "direct", "clicks": 4, "saved_at": stage.clock()}
    for owner, source, amount in ((company.id, "website", "30"), (None, "radio", "7.5")):
        row = CostRow(company_id=owner, source=source, amount=Decimal(amount), currency="USD", **cost)
        stage.add(row)
    report = lite_house.get("/reports/lakeside/costs", first=str(today), last=str(today)).json()
    (line,) = [line for line in report["lines"] if line["costs"]]
    calls = int(line["calls"])
    assert line["value"] == "website / direct" and calls and line["clicks"] == 4
    assert line["costs"]["USD"]["per_call"] == f"{30 / calls:.4f}" and line["costs"]["USD"]["cost"] == "30.0000"
    assert report["total"]["costs"]["USD"]["cost"] == "30.0000" and report["unassigned"] == {"USD": "7.5000"}

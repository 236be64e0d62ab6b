"""Programs keep greetings and lists of callers, with the functions and rights of the pages."""

from __future__ import annotations

import io
import wave
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from api_house import MP3, TWO_ACCOUNTS, House, furnish
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from testbed import TestHub

from hub.access.companies import limit_to_companies
from hub.model import AuditEntry, CallerRule, Greeting, User
from hub.web.edge_rules import EdgeRules


def wav(seconds: float = 1.0, rate: int = 16_000, level: int = 6_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(array("h", (level if at % 20 < 10 else -level for at in range(int(seconds * rate)))).tobytes())
    return out.getvalue()


@pytest.fixture
def house(lite_hub: Callable[..., TestHub]) -> House:
    return furnish(lite_hub(accounts=TWO_ACCOUNTS))


def upload(house: House, name: str, data: bytes, role: str = "owner", **more: Any) -> Any:
    return house.get("/greetings", role, "POST", body=data, company_id=house.mine["company_id"], name=name, **more)


def actions(house: House) -> list[str]:
    return [row.action for row in house.stage.rows(AuditEntry, chain=house.user("owner").account_id)]


def test_a_greeting_is_uploaded_heard_replaced_and_deleted(house: House) -> None:
    made = upload(house, "Welcome", wav(1.5)).json()
    assert (made["name"], made["sound"], made["seconds"], made["played"]) == ("Welcome", "wav", 2, False)
    assert made["file"] == f"greeting:{made['id']}.wav"
    listed = house.get("/greetings", company=house.mine["company"]).json()["greetings"]
    assert [each["name"] for each in listed] == ["Welcome", "of +13125550120"]
    heard = house.get(f"/greetings/{made['id']}/sound")
    assert heard.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(heard.content)) as file:
        assert (file.getframerate(), file.getnframes()) == (8_000, 12_000)
    changed = house.get(f"/greetings/{made['id']}/sound", method="PUT", body=MP3).json()
    assert (changed["id"], changed["file"], changed["sound"]) == (made["id"], made["file"], "mp3")
    assert house.get(f"/greetings/{made['id']}/sound").content == MP3
    assert house.get(f"/greetings/{made['id']}", method="DELETE").status_code == 204
    assert house.get(f"/greetings/{made['id']}/sound").status_code == 404
    assert [each for each in actions(house) if "greeting" in each] == [
        "greeting.add", "greeting.replace", "greeting.remove",
    ]  # fmt: skip


def test_what_cannot_be_a_greeting_is_refused_with_the_parameter_at_fault(house: House) -> None:
    for name, data, param in (("A", b"#!/bin/sh", "body"), ("A", b"", "body"), ("A", wav(61, 8_000), "body")):
        refused = upload(house, name, data)
        assert (refused.status_code, refused.json()["param"]) == (422, param), refused.text
    assert upload(house, "x" * 61, MP3).json()["param"] == "name"
    assert upload(house, "of +13125550120", MP3).json()["param"] == "name", "the name is taken"
    assert upload(house, "A", MP3, loud="yes").json()["code"] == "unknown_parameter"
    assert len(house.stage.rows(Greeting)) == 2


def test_a_repeated_upload_with_the_same_key_is_done_once_and_another_name_is_another_request(house: House) -> None:
    def sent(name: str) -> Any:
        headers = {"authorization": f"Bearer {house.keys['owner']}", "idempotency-key": "greeting-1"}
        query = {"company_id": house.mine["company_id"], "name": name}
        return TestClient(house.api()).post("/greetings", params=query, headers=headers, content=MP3)

    first, again, other = sent("Welcome"), sent("Welcome"), sent("Goodbye")
    assert first.json() == again.json() and again.headers["idempotent-replayed"] == "true"
    assert other.json()["code"] == "idempotency_key_reused"


def test_only_who_may_upload_has_a_large_body_read(house: House) -> None:
    inner = Starlette(routes=[Mount("/api/v1", house.api())])
    read = 0

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        async def counting() -> Any:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            return message

        await inner(scope, counting, send)

    client = TestClient(EdgeRules(counted, "http://testserver"))
    path, large = f"/api/v1/greetings/{house.mine['greeting_id']}/sound", wav(60, 16_000)
    for key, status in (("nobody", 401), (house.keys["marketer"], 403), (house.keys["owner"], 200)):
        answer = client.put(path, headers={"authorization": f"Bearer {key}"}, content=large)
        assert (answer.status_code, read) == (status, len(large) if status == 200 else 0), answer.text
    elsewhere = client.post("/api/v1/caller-lists", headers={"authorization": f"Bearer {key}"}, content=large)
    assert elsewhere.status_code == 413


def test_a_list_of_callers_is_written_read_page_by_page_and_shortened(house: House) -> None:
    def add(number: str, role: str = "owner", **more: Any) -> Any:
        return house.get("/caller-lists", role, "POST", body={"list": "vip", "number": number, **more})

    company = house.mine["company_id"]
    ids = [add(f"+1312555017{at}", company_id=company, note="a regular").json()["id"] for at in range(3)]
    assert add("+1900*", list="block").status_code == 200
    first = house.get("/caller-lists", list="vip", limit=2).json()
    assert [each["number"] for each in first["entries"]] == ["+13125550172", "+13125550171"]
    assert (first["entries"][0]["company"], first["entries"][0]["note"]) == ("lakeside", "a regular")
    rest = house.get("/caller-lists", list="vip", limit=2, after=first["next"]).json()
    assert [each["number"] for each in rest["entries"]] == ["+13125550170", "+13125550120"] and rest["next"] is None
    (blocked,) = house.get("/caller-lists", list="block").json()["entries"]
    assert (blocked["number"], blocked["is_prefix"], blocked["company"]) == ("+1900", True, None)
    assert house.get(f"/caller-lists/{ids[0]}", method="DELETE").status_code == 204
    assert ids[0] not in [row.id for row in house.stage.rows(CallerRule)]
    assert [each for each in actions(house) if each.startswith("caller")] == [
        *["caller.listed"] * 3, "caller.block", "caller.listed.end",
    ]  # fmt: skip
    for number in ("hello", "+19*"):
        wrong = add(number)
        assert (wrong.status_code, wrong.json()["param"]) == (422, "number")
    assert add("+13125550170", list="VIP!").json()["param"] == "list"
    theirs = add("+13125550170", company_id=house.theirs["company_id"])
    assert theirs.status_code == 404


def test_who_is_limited_to_a_company_neither_sees_nor_makes_entries_for_all(house: House) -> None:
    entry = house.get("/caller-lists", method="POST", body={"list": "block", "number": "+13125550177"}).json()["id"]
    with house.stage.hub.store.writing() as session:
        limit_to_companies(session, session.get_one(User, house.user("marketer").id), [house.mine["company"]])
    seen = house.get("/caller-lists", "marketer").json()["entries"]
    assert [each["list"] for each in seen] == ["vip"]
    assert house.get(f"/caller-lists/{entry}", "marketer", "DELETE").status_code == 404
    refused = house.get("/caller-lists", "marketer", "POST", body={"list": "vip", "number": "+13125550178"})
    assert (refused.status_code, refused.json()["detail"]) == (409, "Choose one of your companies.")

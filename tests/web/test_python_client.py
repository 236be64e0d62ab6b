"""The typed client of clients/python is made from the present document, and runs the whole documentation's examples."""

from __future__ import annotations

import importlib
import io
import json
import re
import shlex
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_house import MP3, TWO_ACCOUNTS, House, furnish
from ringfence_client import AuthenticatedClient
from ringfence_client.models import Problem
from ringfence_client.types import File
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from testbed import TestHub

from hub.callrail import ids
from hub.callrail.ids import wire_id
from hub.web.api.application import openapi_document
from hub.web.api.document.openapi import operations_in
from hub.web.callrail import create_callrail_api

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.M | re.S)


@pytest.fixture
def house(lite_hub: Callable[..., TestHub]) -> House:
    return furnish(lite_hub(accounts=TWO_ACCOUNTS))


def client_of(house: House) -> AuthenticatedClient:
    """The client, connected to the hub's API in this process."""
    hub = TestClient(Starlette(routes=[Mount("/api/v1", house.api())]))

    def answer(request: httpx2.Request) -> httpx2.Response:
        house.stage.clock.advance(seconds=1)
        sent = hub.request(request.method, str(request.url), headers=dict(request.headers), content=request.read())
        return httpx2.Response(sent.status_code, headers=dict(sent.headers), content=sent.content)

    transport = httpx2.MockTransport(answer)
    return AuthenticatedClient("http://testserver/api/v1", house.keys["owner"], httpx_args={"transport": transport})


def test_the_client_was_made_from_the_present_document() -> None:
    made_from = json.loads((ROOT / "clients" / "python" / "openapi.json").read_text("utf-8"))
    assert made_from == json.loads(json.dumps(openapi_document())), "run `make client`"


def test_every_example_of_the_document_is_taken_by_the_client_and_answered_in_its_types(house: House) -> None:
    client, not_read = client_of(house), []
    for _, _, operation in operations_in(openapi_document()):
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation["operationId"]).lower()
        (module,) = (ROOT / "clients" / "python" / "ringfence_client" / "api").glob(f"*/{words}.py")
        called = importlib.import_module(f"ringfence_client.api.{module.parent.name}.{words}")
        named = {
            each["name"]: house.mine.get(each["name"], each["example"])
            for each in operation["parameters"]
            if each.get("in") == "path" or each.get("required")
        }
        if "first" in [each.get("name") for each in operation["parameters"]]:
            named |= {"first": date(2026, 11, 1), "last": date(2026, 11, 30)}
        if "requestBody" in operation:
            body = next(iter(operation["requestBody"]["content"].values()))
            is_sound = body["schema"].get("format") == "binary"
            named["body"] = File(io.BytesIO(MP3)) if is_sound else _model(body["schema"]).from_dict(body["example"])
        answer = called.sync_detailed(client=client, **named)
        documented = {int(each) for each in operation["responses"]}
        assert answer.status_code in documented, (operation["operationId"], answer.status_code, answer.content)
        if answer.status_code != 204 and not isinstance(answer.parsed, File) and answer.parsed is None:
            not_read.append(operation["operationId"])
        if answer.status_code >= 400:
            assert isinstance(answer.parsed, Problem) and answer.status_code in (404, 409, 422), answer
            assert answer.parsed.request_id == answer.headers["x-request-id"]
    assert not not_read


def _model(schema: dict[str, Any]) -> Any:
    return getattr(importlib.import_module("ringfence_client.models"), schema["$ref"].rpartition("/")[2])


@pytest.mark.parametrize(("kind", "code"), BLOCKS)
def test_every_code_block_of_the_documentation_runs(house: House, kind: str, code: str) -> None:
    if kind == "python":
        scope: dict[str, Any] = {"HUB": "http://testserver", "KEY": house.keys["owner"], "client": client_of(house)}
        exec(re.sub(r"^client = .*\n", "", code, flags=re.M), scope)
        assert scope["calls"].calls
        return
    assert kind == "sh", f"say here how a block in {kind} is run"
    hub = TestClient(
        Starlette(
            routes=[
                Mount("/api/v1", house.api()),
                Mount("/v3", create_callrail_api(house.stage.hub)),
            ]
        )
    )
    call, account = house.mine["call_id"], house.user("owner").account_id
    known = {"KEY": house.keys["owner"], "ID": call, "HUB": ""}
    known |= {"ACCOUNT": wire_id(ids.ACCOUNT, account), "CALL": wire_id(ids.CALL, call)}
    for line in code.replace("\\\n", " ").splitlines():
        if not line.startswith("curl"):
            continue
        asked = _curl(line, known, hub)
        assert asked.status_code == 200, (line, asked.text)


def _curl(line: str, known: dict[str, str], hub: TestClient) -> Any:
    words = shlex.split(re.sub(r"\$(\w+)", lambda name: known.get(name[1], name[0]), line))[1:]
    headers, method, body, url = {}, "GET", None, ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = words.pop(0)
        elif word == "-d":
            body, method = words.pop(0), "POST" if method == "GET" else method
        else:
            url = word
    return hub.request(method, url, headers=headers, content=body)

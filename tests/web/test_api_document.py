"""The OpenAPI document says all that a stranger's program needs, and the page and docs/api.md say the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_house import ALLOWED, TWO_ACCOUNTS, furnish
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient
from testbed import TestHub

from hub.web.api import create_api
from hub.web.api.document.openapi import operations_in
from hub.web.api.versions import VERSIONS
from hub.web.problems import KINDS, type_of

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def stranger(lite_hub: Callable[..., TestHub]) -> TestClient:
    """A client without a key."""
    stage = lite_hub()
    return TestClient(create_api(stage.hub, stage.live))


@pytest.fixture
def document(stranger: TestClient) -> Any:
    return stranger.get("/openapi.json").json()


def contents(document: Any) -> Iterator[tuple[str, Any]]:
    """Each body and each answer as JSON, with the id of its operation."""
    for _, _, operation in operations_in(document):
        found = [operation.get("requestBody", {})]
        found += [each for status, each in operation["responses"].items() if status == "200"]
        for each in found:
            if "application/json" in each.get("content", {}):
                yield operation["operationId"], each["content"]["application/json"]


def test_the_document_is_public_and_shows_every_operation(stranger: TestClient, document: Any) -> None:
    assert document["openapi"].startswith("3.1") and document["info"]["version"] == str(VERSIONS[-1])
    assert {f"{method.upper()} {path}" for path, method, _ in operations_in(document)} == set(ALLOWED)
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer" and document["security"]
    assert "Bearer" in stranger.get("/").json()["sign_in"]


def test_every_operation_has_a_name_of_its_own_a_description_and_all_statuses(document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations_in(document)]
    assert len(set(names)) == len(names) and all(name.isalpha() and name[0].islower() for name in names)
    for path, method, operation in operations_in(document):
        assert operation["description"].endswith("."), operation["operationId"]
        statuses = set(operation["responses"])
        assert statuses >= {"400", "401", "403", "422", "429", "500", "503"}
        assert ("404" in statuses) >= ("{" in path) and ("409" in statuses) >= (method != "get")
        assert ("413" in statuses) == ("requestBody" in operation)
    for name in document["components"]["schemas"]:
        assert name.isalnum() and not name.endswith("Answer"), name


def test_every_body_answer_and_parameter_has_an_example_that_its_schema_allows(document: Any) -> None:
    def check(name: str, schema: Any, example: Any) -> None:
        errors = list(Draft202012Validator({**schema, "components": document["components"]}).iter_errors(example))
        assert not errors, (name, errors)

    assert "MISSING" not in json.dumps(document), (
        "each field of this kind needs a value in hub.web.api.document.examples"
    )
    for name, content in contents(document):
        check(name, content["schema"], content["example"])
    for _, _, operation in operations_in(document):
        for each in operation["parameters"]:
            if "example" in each:
                check(operation["operationId"], each["schema"], each["example"])
    for answer in document["components"]["responses"].values():
        (content,) = answer["content"].values()
        for example in content["examples"].values():
            check("Problem", content["schema"], example["value"])


def test_every_code_has_a_section_to_which_its_type_leads(stranger: TestClient) -> None:
    page, written = stranger.get("/docs").text, (DOCS / "api.md").read_text("utf-8")
    for code, kind in KINDS.items():
        assert type_of(code) == f"/api/v1/docs#{code}" and f'id="{code}"' in page
        assert f"`{code}` | {kind.status} |" in written, code


def test_the_docs_list_every_operation_and_version(document: Any) -> None:
    written = (DOCS / "api.md").read_text("utf-8")
    for path, method, operation in operations_in(document):
        assert f"| `{operation['operationId']}` | `{method.upper()} {path}` |" in written
    assert all(str(each) in written for each in VERSIONS)


def test_what_is_answered_is_what_the_document_says(lite_hub: Callable[..., TestHub]) -> None:
    house = furnish(lite_hub(accounts=TWO_ACCOUNTS))
    document = house.get("/openapi.json").json()
    days = {"first": "2026-01-01", "last": "2026-12-31"}
    for path, method, operation in operations_in(document):
        answered = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        if method == "get" and answered:
            reply = house.get(path.format(**house.mine), **(days if path.startswith("/reports/") else {}))
            schema = {**answered["schema"], "components": document["components"]}
            if reply.status_code == 409:
                schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
            assert not list(Draft202012Validator(schema).iter_errors(reply.json())), operation["operationId"]

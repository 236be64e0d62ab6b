"""Schemathesis against `/api/v1`: whatever a program sends, the answer is one that the document names, in its form."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from api_house import TWO_ACCOUNTS, furnish
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from starlette.applications import Starlette
from starlette.routing import Mount
from testbed import TestHub

SECONDS, SEED = int(os.environ.get("API_FUZZ_SECONDS", "0")), int(os.environ.get("API_FUZZ_SEED", "1"))
"""`make fuzz-api` sets both. Without seconds the run ends after the same requests on every machine, however fast it is."""

REFUSED = "Schema-valid request rejected"
KNOWN_TO_THE_HUB = {
    "after", "company", "company_id", "tracker", "first", "last", "since", "until", "hour", "name", "number", "body",
    "Idempotency-Key",
}  # fmt: skip
"""No schema can say which values these may have: cursors come from pages, names are those of the account, days are from 2000 on
and in order, hours of a day too, which characters of a name print is Unicode's, which digits are a phone number and which bytes
are sound needs more than a pattern, and a key is for one request."""


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 400)
def test_every_answer_to_whatever_is_sent_is_as_the_document_says(lite_hub: Callable[..., TestHub]) -> None:
    house = furnish(lite_hub(accounts=TWO_ACCOUNTS))
    clock = house.stage.clock
    inner = Starlette(routes=[Mount("/api/v1", house.api())])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        clock.advance(seconds=1)  # the key has four requests a second
        await inner(scope, receive, send)

    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED, **({"max-time": SECONDS} if SECONDS else {}),
            "headers": {"Authorization": f"Bearer {house.keys['owner']}"},
            "continue-on-failure": True, "generation": {"max-examples": 1_000_000 if SECONDS else 3},
            "parameters": {f"path.{name}": value for name, value in house.mine.items()},
        }
    )  # fmt: skip
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)

    @schema.hook
    def filter_failure(context: Any, failure: Failure, case: Any, response: Any) -> bool:
        """Whether a failure counts: a refused value of KNOWN_TO_THE_HUB is none."""
        return failure.title != REFUSED or response.json().get("param") not in KNOWN_TO_THE_HUB

    failures, statuses = _run(schema)
    print(f"seed {SEED}, {SECONDS} s: {statuses.total():,} requests, {dict(sorted(statuses.items()))}")
    assert not failures, "\n\n".join(failures.values())
    assert statuses.total() > 100


def _run(schema: Any) -> tuple[dict[tuple[str, str], str], Counter[int]]:
    """What is wrong, the first of each kind at each operation; and how many answers had which status."""
    failures: dict[tuple[str, str], str] = {}
    statuses: Counter[int] = Counter()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            failures[str(event), ""] = str(getattr(event, "info", None) or getattr(event, "exception", event))
        if not isinstance(event, events.ScenarioFinished):
            continue
        answers = [each.response for each in event.recorder.interactions.values() if each.response is not None]
        statuses.update(each.status_code for each in answers)
        for check in (each for checks in event.recorder.checks.values() for each in checks):
            if (found := check.failure_info) is not None:
                name, title = found.failure.operation, found.failure.title
                failures.setdefault((name, title), f"{name}: {title}\n{found.failure.message}\n{found.code_sample}")
    return failures, statuses

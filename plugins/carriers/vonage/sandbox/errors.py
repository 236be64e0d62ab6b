"""The fake's refusals, which `rules.yaml` lists, and the bodies of requests."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from hub.api import JsonObject
from hub.api.sandbox import VendorRules, answer_reply, received

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))
FORMS = {"/v1/messages": "message_", "/v1/redact": "message_", "/account": "numbers_", "/number": "numbers_"}
"""The beginnings of the paths of APIs whose refusals have a form of their own, with the beginning of their answers' names."""


class VonageError(Exception):
    """A refusal, by the name of its answer in `rules.yaml`; `field` is what is wrong."""

    def __init__(self, answer: str, field: str = "") -> None:
        super().__init__(answer)
        self.answer, self.field = answer, field

    def response(self, path: str) -> Response:
        """The answer, in the form of the API that has the path."""
        form = next((form for begin, form in FORMS.items() if path.startswith(begin)), "")
        own = f"{form}{self.answer}"
        return answer_reply(RULES.answer(own if own in RULES.file.answers else self.answer), field=self.field)


async def check(request: Request, now: datetime) -> None:
    """Refuse a request that Vonage's pages do not allow."""
    said = RULES.check(await received(request), now)
    if said.answer is not None:
        raise VonageError(said.answer, said.field)


async def body(request: Request) -> JsonObject:
    """The JSON object in a request that was checked."""
    parsed: dict[str, object] = json.loads(await request.body())
    return parsed


async def form(request: Request) -> dict[str, str]:
    """The fields of a form."""
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))

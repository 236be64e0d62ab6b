"""The fake's refusals, which `rules.yaml` lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from hub.api.sandbox import VendorRules, answer_reply, received

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))


class Refused(Exception):
    """A refusal, by the name of its answer in `rules.yaml`; `field` is what is wrong."""

    def __init__(self, answer: str, field: str = "") -> None:
        super().__init__(answer)
        self.answer, self.field = answer, field

    def response(self) -> Response:
        """The answer."""
        return answer_reply(RULES.answer(self.answer), field=self.field)


async def check(request: Request, now: datetime) -> None:
    """Refuse a request that Plivo's pages do not allow."""
    heard = await received(request)
    # Plivo's own client sends an empty object with a DELETE.
    heard = replace(heard, body=b"") if heard.method == "DELETE" else heard
    said = RULES.check(heard, now)
    if said.answer is not None:
        raise Refused(said.answer, said.field)

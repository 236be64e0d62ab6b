"""The fake's refusals, which `rules.yaml` lists."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from hub.api.sandbox import VendorRules, answer_reply, received

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))
FORMS = {"/api/v2/users": "text_", "/api/v2": "", "/api/v1": "", "/api": "numbers_"}
"""The beginnings of the paths of each API, with the beginning of its answers' names."""


class Refused(Exception):
    """A refusal, by the name of its answer in `rules.yaml`; `field` is what is wrong."""

    def __init__(self, answer: str, field: str = "") -> None:
        super().__init__(answer)
        self.answer, self.field = answer, field

    def response(self, path: str) -> Response:
        """The answer, in the form of the API that has the path."""
        form = next(form for begin, form in FORMS.items() if path.startswith(begin))
        own = f"{form}{self.answer}"
        return answer_reply(RULES.answer(own if own in RULES.file.answers else self.answer), field=self.field)


async def check(request: Request, now: datetime) -> None:
    """Refuse a request that Bandwidth's pages do not allow."""
    said = RULES.check(await received(request), now)
    if said.answer is not None:
        raise Refused(said.answer, said.field)

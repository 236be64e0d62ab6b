"""A stand-in of a chat-completions server on loopback: it checks requests as OpenAI does, and reads for "book" alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.api import JsonObject
from hub.api.sandbox import HeardRequest, HttpSandbox, VendorRules, answer_reply, json_reply, received, routed

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))
MODEL = "stand-in-1"


class Sandbox(HttpSandbox):
    """One server. `said` is what the model answers instead of its own reading."""

    rules = RULES

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.api_key = "stand-in-key-of-chat-model"
        self.said: JsonObject | None = None

    def settings(self) -> JsonObject:
        return {"api_key": self.api_key, "model": MODEL, "base_url": f"{self.url}/v1"}

    def authorized(self, request: HeardRequest) -> HeardRequest:
        return replace(request, headers={**request.headers, "authorization": f"Bearer {self.api_key}"})

    def app(self) -> Starlette:
        return routed([("/v1/models", self._models, ["GET"]), ("/v1/chat/completions", self._complete, ["POST"])])

    async def _refused(self, request: Request) -> tuple[bytes, Response | None]:
        heard = await received(request)
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return b"", answer_reply(RULES.answer("credentials"))
        said = RULES.check(heard, self.clock())
        return heard.content, answer_reply(RULES.answer(said.answer)) if said.answer else None

    async def _models(self, request: Request) -> Response:
        _, refused = await self._refused(request)
        listed = [{"id": MODEL, "object": "model", "created": 1_790_000_000, "owned_by": "stand-in"}]
        return refused or json_reply({"object": "list", "data": listed})

    async def _complete(self, request: Request) -> Response:
        content, refused = await self._refused(request)
        if refused is not None:
            return refused
        question = json.loads(content)
        schema = question.get("response_format", {}).get("json_schema", {})
        if not schema.get("strict") or not is_strict(schema.get("schema")):
            return answer_reply(RULES.answer("bad_schema"))
        answer = self.said or _read(json.loads(question["messages"][-1]["content"]))
        message = {"role": "assistant", "content": json.dumps(answer), "refusal": None, "annotations": []}
        return json_reply(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": int(self.clock().timestamp()),
                "model": MODEL,
                "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            }
        )


def is_strict(schema: Any) -> bool:
    """Whether each object of a schema requires all of its members and takes no other."""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object":
        members = schema.get("properties", {})
        if schema.get("additionalProperties") is not False or set(schema.get("required", ())) != set(members):
            return False
    return all(is_strict(each) for each in schema.values())


def _read(question: Mapping[str, Any]) -> JsonObject:
    proof = [
        {"line": each["line"], "quote": each["words"]}
        for each in question["transcript"]
        if "book" in each["words"].lower()
    ]
    booked = {"name": "booked", "confidence": 0.9, "value": None, "proof": proof}
    return {"summary": "A visit is booked." if proof else "", "outcome": booked if proof else None, "signals": []}

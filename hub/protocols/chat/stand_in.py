"""A stand-in of a server of chat models on loopback: it checks requests as OpenAI does, whatever the model answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.contracts.hearing import HeardRequest
from hub.contracts.sandbox import HttpSandbox
from hub.contracts.sandbox_replies import answer_reply, json_reply, refused, routed
from hub.contracts.untrusted import JsonObject
from hub.contracts.vendor_rules import VendorRules

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))
MODEL = "stand-in-1"


class ChatSandbox(HttpSandbox):
    """One server with one model. `said` is what the model answers instead of what it finds in the data itself."""

    rules = RULES

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.api_key = "stand-in-key-of-a-chat-model"
        self.said: object = None

    def answer_to(self, data: Mapping[str, Any]) -> JsonObject:
        """What the model finds in the data of a question."""
        raise NotImplementedError

    def settings(self) -> JsonObject:
        return {"api_key": self.api_key, "model": MODEL, "base_url": f"{self.url or 'http://llm.internal:8000'}/v1"}

    def authorized(self, request: HeardRequest) -> HeardRequest:
        return request.with_token(self.api_key)

    def app(self) -> Starlette:
        return routed([("/v1/models", self._models, ["GET"]), ("/v1/chat/completions", self._complete, ["POST"])])

    async def _models(self, request: Request) -> Response:
        listed = [{"id": MODEL, "object": "model", "created": 1_790_000_000, "owned_by": "stand-in"}]
        return await refused(self, RULES, request) or json_reply({"object": "list", "data": listed})

    async def _complete(self, request: Request) -> Response:
        if (no := await refused(self, RULES, request)) is not None:
            return no
        question = await request.json()
        schema = question.get("response_format", {}).get("json_schema", {})
        if not schema.get("strict") or not is_strict(schema.get("schema")):
            return answer_reply(RULES.answer("bad_schema"))
        answer = self.said or self.answer_to(json.loads(question["messages"][-1]["content"]))
        content = answer if isinstance(answer, str) else json.dumps(answer)
        message: JsonObject = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
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


class ReadingSandbox(ChatSandbox):
    """Its model reads for "book" alone."""

    def answer_to(self, data: Mapping[str, Any]) -> JsonObject:
        proof = [
            {"line": each["line"], "quote": each["words"]}
            for each in data["transcript"]
            if "book" in each["words"].lower()
        ]
        booked = {"name": "booked", "confidence": 0.9, "value": None, "proof": proof}
        return {"summary": "A visit is booked." if proof else "", "outcome": booked if proof else None, "signals": []}


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

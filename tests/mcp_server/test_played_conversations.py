"""Over MCP a conversation with an assistant is played as `hub flows simulate --say` and the page of the flow play it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from config_on_disk import AnsweringCarrier
from event_loops import in_a_thread
from mcp import Client
from testbed import ACCOUNTS, CONNECTORS, TestHub

from hub.access.keys import new_api_key
from hub.access.users import add_user
from hub.api import AgentReply, Connector, Manifest, PluginSettings, Recipient, Share, Talk, hookimpl
from hub.model import Account
from hub.web.mcp.reader import reader_of
from hub.web.mcp.server import make_server

NIGHT: dict[str, Any] = {
    "name": "night",
    "start": "desk",
    "forward": "+13125550190",
    "recording": {"notice": "This call is recorded."},
    "steps": {
        "desk": {
            "do": "converse",
            "agent": "desk",
            "opening": "Lakeside. What happened?",
            "may": {"emergency": "on_call"},
            "otherwise": "box",
        },
        "on_call": {"do": "dial", "number": "+13125550191", "unanswered": "box"},
        "box": {"do": "voicemail", "say": "Leave a message."},
    },
}


class Desk(Connector):
    """Asks where, and then connects."""

    manifest = Manifest(
        name="desk",
        kind="agent",
        version="1",
        summary="An assistant for tests.",
        recipient=Recipient(name="Nobody", role="none"),
        shares=(Share(field="lines"),),
    )
    Settings = PluginSettings

    @hookimpl
    def answer_caller(self, talk: Talk) -> AgentReply:
        return AgentReply(choose="emergency", why="flood") if len(talk.lines) > 2 else AgentReply(say="Where?")


def test_what_was_said_and_decided_is_in_the_turns(lite_hub: Callable[..., TestHub]) -> None:
    accounts: Any = [{**ACCOUNTS[0], "companies": [{**ACCOUNTS[0]["companies"][0], "flows": [NIGHT]}]}]
    stage = lite_hub(connectors={**CONNECTORS, "carrier": AnsweringCarrier, "desk": Desk}, accounts=accounts)
    with stage.hub.store.writing() as session:
        user = add_user(
            session, session.get_one(Account, stage.rows(Account)[0].id), "maria", "marketer", stage.clock()
        )
        key = new_api_key(session, user, stage.clock())

    def played(*says: str) -> list[Any]:
        async def asked() -> Any:
            async with Client(make_server(lambda: reader_of(stage.hub, key))) as client:
                given = {"company": "lakeside", "flow": "night", "says": list(says)}
                return (await client.call_tool("simulate_flow", given)).structured_content["turns"]

        return in_a_thread(asked())  # type: ignore[no-any-return]

    first, after = played("My basement floods!", "Elm Street.")[:2]
    assert [step["step"] for step in first["steps"]] == ["desk"] and first["said"] == []
    assert [line["text"] for line in after["said"]] == [
        "Lakeside. What happened?", "My basement floods!", "Where?", "Elm Street.", "",
    ]  # fmt: skip
    assert after["said"][-1]["decided"] == "flood → emergency"
    assert [step["step"] for step in after["steps"]] == ["desk", "on_call"]
    assert played("")[1]["said"][-1]["decided"] == "the caller was silent → otherwise"

"""`hub users` and `hub audit`: users with a role and their keys; the log of what was done, verified and handed over."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable

from cli_shop import Shop
from sqlalchemy import text
from typer.testing import Result

from hub.access.assistants.grants import allow, redeem_code
from hub.access.keys import key_holder
from hub.model import OAuthClient, User
from hub.platform.clock import utc_now
from hub.store import Store

Refusal = Callable[[Result], str]


def start(shop: Shop) -> None:
    with shop.opened():
        pass


def test_the_assistants_that_read_as_users_are_listed_and_ended_at_once(shop: Shop, refusal: Refusal) -> None:
    start(shop)
    assert "No assistant is connected." in shop.run("users", "assistants").output
    assert shop.run("users", "add", "maria", "--role", "marketer", "--email", "m@example.com").exit_code == 0
    (maria,) = shop.rows(User)
    now = utc_now()
    with shop.opened() as opened, opened.hub.store.writing() as session:
        client = OAuthClient(id="c1", name="Claude [bold]", redirect_uris=["https://claude.ai/done"], made_at=now)
        session.add(client)
        resource = "https://calls.example.com/mcp"
        allow(session, maria, client, client.redirect_uris[0], resource, "a code", "x" * 43, now)
    with shop.opened() as opened:
        grant = redeem_code(opened.hub.store, "a code", "c1", now)
    assert grant is not None
    (listed,) = shop.json("users", "assistants")
    assert (listed["answers_go_to"], listed["calls_itself"], listed["user"]) == ("claude.ai", "Claude [bold]", "maria")
    assert listed["works"] is True and listed["personal_data"] is False
    ended = shop.run("users", "disconnect", grant.id)
    assert ended.exit_code == 0 and "Claude [bold] reads nothing from now on." in ended.output
    assert [each["works"] for each in shop.json("users", "assistants")] in ([], [False])
    assert ("assistants.end", maria.id) in shop.audited()
    assert "no assistant with this id" in refusal(shop.run("users", "disconnect", "nobody"))


def test_a_user_is_added_given_a_key_changed_and_disabled_and_each_is_written_down(shop: Shop) -> None:
    start(shop)
    assert shop.run("users", "add", "maria", "--role", "marketer", "--email", "m@example.com").exit_code == 0
    key = shop.run("users", "key", "maria", "--days", "7").stdout.strip()
    store = Store(shop.database)
    with store.reading() as session:
        (maria,) = shop.rows(User)
        holder = key_holder(session, key, maria.made_at)
        assert holder is not None and holder[1].id == maria.id
    store.close()
    assert [each["keys"] for each in shop.json("users", "list")] == [1]
    assert "Ended 1 key" in shop.run("users", "revoke", "maria").stdout
    with Store(shop.database).reading() as session:
        assert key_holder(session, key, maria.made_at) is None
    assert shop.run("users", "role", "maria", "auditor").exit_code == 0
    assert shop.run("users", "disable", "maria").exit_code == 0
    (listed,) = shop.json("users", "list")
    assert (listed["name"], listed["role"], listed["keys"]) == ("maria", "auditor", 0) and listed["disabled_at"]
    told = shop.json("audit", "list")
    assert [each["action"] for each in told] == [
        f"users.{deed}" for deed in ("disable", "role", "revoke", "key", "add")
    ]
    assert shop.json("audit", "list", "--action", "users.key") == [
        each for each in told if each["action"] == "users.key"
    ]
    assert shop.json("audit", "list", "--who", told[0]["actor"], "--action", "users.", "--since", "2h") == told
    assert shop.json("audit", "list", "--who", "maria") == shop.json("audit", "list", "--until", "2h") == []
    assert {each["account"] for each in told} == {"agency"} and "m@example.com" not in str(told)
    assert key.split("_", 2)[2] not in str(told)


def test_what_does_not_fit_is_refused_in_a_sentence(shop: Shop, refusal: Refusal) -> None:
    start(shop)
    shop.run("users", "add", "maria", "--role", "admin")
    assert "choose another name" in refusal(shop.run("users", "add", "maria", "--role", "admin"))
    assert "choose one of owner" in refusal(shop.run("users", "add", "eve", "--role", "root"))
    assert "--phone" in refusal(shop.run("users", "add", "eve", "--role", "agent"))
    assert "+13125550190" in refusal(shop.run("users", "add", "eve", "--role", "agent", "--phone", "12"))
    assert "starts with a letter" in refusal(shop.run("users", "add", "Eve <script>", "--role", "admin"))
    assert "hub users add" in refusal(shop.run("users", "key", "nobody"))
    assert "--account" in refusal(shop.run("users", "add", "eve", "--role", "admin", "--account", "other"))
    shop.run("users", "disable", "maria")
    assert "is disabled" in refusal(shop.run("users", "key", "maria"))


def test_the_log_is_signed_verified_and_exported_and_a_change_is_named(shop: Shop) -> None:
    start(shop)
    for name in ("maria", "paul", "ruth"):
        shop.run("users", "add", name, "--role", "admin")
    assert [(each["account"], each["position"]) for each in shop.json("audit", "sign")] == [("agency", 4), ("hub", 1)]
    assert shop.run("audit", "export", "log.jsonl", "--account", "agency").exit_code == 0
    file = shop.folder / "log.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [line.get("action") for line in lines if "actor" in line] == ["users.add"] * 3 + ["audit.export"]
    assert [line["kind"] for line in lines if "kind" in line] == ["audit_entry"] * 3 + ["signed", "audit_entry"]
    sound = {each["account"]: each for each in shop.json("audit", "verify")}
    assert sound["agency"] == sound["agency"] | {"sound": True, "entries": 5, "rows": 4, "signed_to": 3}
    store = Store(shop.database)
    with store.writing() as session:
        session.execute(text("DROP TRIGGER audit_entry_no_update"))
        session.execute(text("UPDATE audit_entry SET detail = 'owner' WHERE id = (SELECT min(id) FROM audit_entry)"))
    store.close()
    wrong = {each["account"]: each for each in shop.json("audit", "verify", status=1)}
    assert (wrong["agency"]["position"], wrong["agency"]["found"]) == (1, "changed") and wrong["hub"]["sound"]


def test_an_end_that_was_noted_elsewhere_tells_where_the_whole_log_was_replaced(shop: Shop, refusal: Refusal) -> None:
    start(shop)
    shop.run("users", "add", "maria", "--role", "admin")
    (there,) = shop.json("audit", "verify", "--account", "agency")
    assert shop.run("audit", "verify", "--account", "agency", "--head", f"1:{there['head']}").exit_code == 0
    assert shop.run("audit", "verify", "--account", "agency", "--head", f"1:{'f' * 64}").exit_code == 1
    assert "--account" in refusal(shop.run("audit", "verify", "--head", f"1:{'f' * 64}"))
    assert "POSITION:HASH" in refusal(shop.run("audit", "verify", "--account", "agency", "--head", "1"))

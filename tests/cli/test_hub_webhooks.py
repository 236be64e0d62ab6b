"""`hub webhooks`: endpoints with their state, a test, replays, secrets."""

from __future__ import annotations

from contextlib import ExitStack

from cli_shop import Shop
from webhook_receiver import WebhookReceiver

from hub.model import AuditEntry, WebhookEndpoint


def test_an_endpoint_is_listed_tested_and_given_a_new_secret(shop: Shop) -> None:
    assert "There are no webhooks" in shop.run("webhooks", "list").stdout
    with ExitStack() as stack:
        receiver = WebhookReceiver.start(stack)
        file = shop.folder / "config.yaml"
        hook = f"name: north\n        webhooks: [{{name: crm, url: '{receiver.url}', use: sales, allow_private: true}}]"
        file.write_text(file.read_text().replace("name: north", hook, 1))
        (row,) = shop.json("webhooks", "list")
        assert (row["name"], row["company"], row["health"], row["host"]) == ("crm", "north", "unused", "127.0.0.1")
        assert "key=" not in shop.run("webhooks", "list").stdout
        assert "answered 200" in shop.run("webhooks", "test", "crm").stdout
        receiver.answers = [(500, {})]
        refused = shop.run("webhooks", "test", "crm")
        assert refused.exit_code == 1 and "answered 500" in refused.stdout
    first = shop.json("webhooks", "show", "crm", "--secret")["secret"]
    assert first.startswith("whsec_") and shop.json("webhooks", "show", "crm")["secret"] is None
    second = shop.run("webhooks", "rotate", "crm").stdout.strip().rpartition(" ")[2]
    assert second != first and shop.rows(WebhookEndpoint)[0].former_until is not None
    assert shop.run("webhooks", "rotate", "crm", "--end").exit_code == 0
    assert "0 events" in shop.run("webhooks", "replay", "crm", "--since", "2d").stdout
    assert "0 events" in shop.run("webhooks", "replay", "crm", "--since", "2d", "--state", "delivered").stdout
    for arguments, said in (
        (("replay", "crm", "--since", "2d", "--state", "leased"), "--state"),
        (("replay", "crm"), "Name one event by its id, or a range of time"),
        (("show", "nope"), "No company has a webhook 'nope'"),
        (("resume", "crm"), "not paused"),
        (("rotate", "crm", "--keep", "90d"), "0 to 30 days"),
    ):
        wrong = shop.run("webhooks", *arguments)
        assert wrong.exit_code != 0 and said in str(wrong.exception or wrong.output), wrong.output
    actions = [each.action for each in shop.rows(AuditEntry)]
    assert actions.count("webhook.test") == 2 and "webhook.secret" in actions and "webhook.rotate" in actions

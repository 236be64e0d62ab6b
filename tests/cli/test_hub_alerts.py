"""`hub alerts`: a test of a channel, and what became of alerts."""

from __future__ import annotations

from cli_shop import Shop

from hub.model import AlertDelivery, AuditEntry


def test_a_test_is_queued_for_the_worker_and_listed(shop: Shop) -> None:
    with shop.opened():
        pass
    shop.run("users", "add", "maria", "--role", "owner")
    assert shop.run("users", "email", "maria", "nonsense").exit_code != 0
    assert "a new email address" in shop.run("users", "email", "maria", "maria@example.com").stdout
    assert "There are no alerts yet" in shop.run("alerts", "list").stdout
    for arguments, said in (
        (("maria", "pigeon", "--company", "north"), "A channel is one of email, text, webhook, slack, teams, push"),
        (("maria", "email", "--company", "nowhere"), "no company of that name"),
        (("maria", "email", "--company", "north"), "no mail server"),
        (("nobody", "email", "--company", "north"), "no user with that name"),
    ):
        refused = shop.run("alerts", "test", *arguments)
        assert refused.exit_code != 0 and said in str(refused.exception or refused.output), refused.output
    assert shop.rows(AlertDelivery) == []
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text() + "mail:\n  smtp: smtp://mail.example.com:2525\n  from: hub@example.org\n")
    assert shop.run("alerts", "test", "maria", "email", "--company", "north").exit_code == 0
    (row,) = shop.json("alerts", "list", "--user", "maria")
    assert (row["kind"], row["channel"], row["state"], row["company"]) == ("test", "email", "ready", "north")
    assert [each.action for each in shop.rows(AuditEntry)][-1] == "alerts.test"

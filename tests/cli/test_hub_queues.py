"""`hub queues`: agents who are signed in and out at the command line."""

from __future__ import annotations

from cli_shop import Shop

FLOW = """\
        flow: office
        flows:
          - name: office
            forward: "+13125550190"
            start: line
            agents: [{name: Ana, phone: "+13125550191"}, {name: Ben, phone: "+13125550192"}]
            steps:
              line: {do: queue, unanswered: night}
              night: {do: voicemail, say: Please leave a message.}
"""
ROUTE = '        route: {dial: "+13125550190"}\n'


def test_an_agent_is_signed_in_and_out_and_the_list_says_by_whom(shop: Shop) -> None:
    shop.configure()
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace(ROUTE, FLOW))
    shop.play(send=False)
    assert shop.run("queues", "sign", "Ben", "break", "--company", "north").exit_code == 0
    ana, ben = shop.json("queues", "agents")
    assert (ana["name"], ana["doing"], ana["changed_by"]) == ("Ana", "free", None)
    assert (ben["doing"], bool(ben["since"] and ben["changed_by"])) == ("break", True)
    refused = shop.run("queues", "sign", "Bea", "out", "--company", "north")
    assert "Ana (+13125550191), Ben (+13125550192)" in str(refused.exception)
    assert shop.json("queues") == shop.json("queues", "report") == []
    assert shop.run("flows", "check").exit_code == 0

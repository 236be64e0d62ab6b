"""A plugin that repeats secrets and personal data in all that it says: no table, page, log line or figure has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from page_client import signed_in
from prometheus_client import generate_latest
from sqlmodel import select
from starlette.testclient import TestClient
from testbed import CALLER, CONNECTORS, TestHub

from hub.access.keys import new_api_key
from hub.access.users import add_user
from hub.errors import RingfenceError
from hub.model import Account, Attempt, Delivery, FactRow
from hub.model.states import DeliveryState
from hub.plugin_host.discovery import discover
from hub.testing.secrecy import listening
from hub.web.api import create_api

PARROT = """
    import base64
    from datetime import timedelta
    from urllib.parse import quote
    from pydantic import SecretStr
    from hub.api import (
        Connector,
        DataFlow,
        Limits,
        Manifest,
        PluginSettings,
        Receipt,
        Recipient,
        Rejected,
        RetryLater,
        Share,
        hookimpl,
    )

    class Settings(PluginSettings):
        token: SecretStr = SecretStr("sandbox-token-of-parrot")

    class Destination(PluginSettings):
        action: int = 1

    class Parrot(Connector):
        manifest = Manifest(
            name="parrot", title="Parrot", kind="ads", version="1", summary="-", regions=("US",), hosts=("ads.example.com",),
            recipient=Recipient(name="Parrot", role="independent_controller"),
            flows=(DataFlow(hook="upload_conversions", use="marketing.advertising.third_party.targeted", shares=(
                Share(field="click_ids", keys=("gclid",)), Share(field="phone_number"))),),
            limits=Limits(batch_size=3, max_age=timedelta(days=90)),
        )
        Settings = Settings
        Destination = Destination

        @hookimpl
        def upload_conversions(self, conversions, dry_run):
            mode = self.services.memory.get("mode")
            token = self.settings.token.get_secret_value()
            self.services.tokens.save({"access_token": "an-access-token-of-parrot"})
            basic = base64.b64encode(f"parrot:{token}".encode()).decode()
            it = conversions[0]
            words = (f"No match for {it.phone_number} ({it.phone_number[2:5]}) {it.phone_number[5:8]}-{it.phone_number[8:]} "
                     f"{quote(it.phone_number)} {it.click_ids} {token} Basic {basic} an-access-token-of-parrot today")
            self.services.log.warning(words, number=int(it.phone_number[1:]), click=it.click_ids["gclid"], **{token: 1})
            if self.services.memory.get("prints"):
                print(words, flush=True)
            if mode == "host":
                self.services.http().get(f"https://{it.phone_number[1:]}-{token}.example.org/")
            if mode == "crash":
                raise type(token, (Exception,), {})(words)
            if mode in ("rejected", "later"):
                error = Rejected(words, words) if mode == "rejected" else RetryLater(words, after=float("nan"))
                error.add_note(words)
                raise error from ValueError(words)
            return [Receipt(key=each.key, status="rejected", code=f"E-{token}", reason=words,
                            reference="order-1234567890") for each in conversions]
"""
GCLID = "Cj0KCQjw123456789"
SECRETS = (
    "sandbox-token-of-parrot", "cGFycm90OnNhbmRib3gtdG9rZW4tb2YtcGFycm90", "an-access-token-of-parrot", GCLID,
    CALLER, CALLER[1:], CALLER[2:], "555-0142", "%2B1312",
)  # fmt: skip


@pytest.fixture(params=["thread", pytest.param("process", marks=pytest.mark.soak)])
def stage(request: pytest.FixtureRequest, lite_hub: Callable[..., TestHub], tmp_path: Path) -> Iterator[TestHub]:
    file = tmp_path / "parrot.py"
    file.write_text(dedent(PARROT))
    parrot = discover([file]).isolated("parrot", request.param)
    opened = lite_hub(connectors={**CONNECTORS, "network": parrot})
    if request.param == "process":
        opened.network.services.memory.put("prints", "yes")
    opened.call_in(opened.visit().number)
    yield opened
    opened.hub.plugins.close()


def found_in(text: str) -> list[str]:
    return [value for value in SECRETS if value in text]


@pytest.mark.parametrize("mode", ["receipt", "rejected", "later", "crash", "host"])
def test_what_a_plugin_repeats_is_stored_shown_logged_and_counted_without_it(stage: TestHub, mode: str) -> None:
    stage.network.services.memory.put("mode", mode)
    with listening() as lines:
        try:
            stage.deliver()
        except RingfenceError as error:
            lines.append(f"{error!r} {error} {error.__cause__!r} {error.__context__!r}")
        for host in stage.hub.plugins.hosts.values():
            host.close()
    rows = [repr(row.model_dump()) for table in (Delivery, Attempt) for row in stage.rows(table)]
    assert "No match for …42" in "".join(rows) or mode in ("crash", "host")
    assert found_in("".join(rows)) == []
    assert any("No match for …42" in line for line in lines) and found_in("\n".join(lines)) == []
    assert found_in(generate_latest().decode()) == []
    assert found_in(repr(stage.hub.refusals.take())) == []
    delivery = stage.delivery()
    page = signed_in(stage)
    for address in ("/deliveries", f"/deliveries/{delivery.id}"):
        assert [value for value in found_in(page.get(address).text) if value in SECRETS[:4]] == []
    if mode == "receipt":
        assert delivery.state == DeliveryState.REJECTED and delivery.reason and delivery.reason.endswith(" today")


INDEX = """
    from pydantic import SecretStr
    from hub.api import Connector, DataFlow, Manifest, PluginSettings, Recipient, RetryLater, Share, hookimpl

    class Settings(PluginSettings):
        token: SecretStr = SecretStr("sandbox-token-of-parrot")

    class Index(Connector):
        manifest = Manifest(
            name="indexer", kind="enrichment", version="1", summary="-", recipient=Recipient(name="-", role="none"),
            flows=(DataFlow(hook="enrich_caller", use="essential.service", shares=(Share(field="phone_number"),)),),
        )
        Settings = Settings

        @hookimpl
        def enrich_caller(self, caller):
            raise RetryLater(f"the key is {self.settings.token.get_secret_value()}, the caller {caller.phone_number} ***")
"""


@pytest.mark.parametrize("isolation", ["thread", pytest.param("process", marks=pytest.mark.soak)])
def test_why_an_enricher_failed_is_on_the_page_and_in_the_api_without_its_key_and_the_number(
    lite_hub: Callable[..., TestHub], tmp_path: Path, isolation: str
) -> None:
    file = tmp_path / "indexer.py"
    file.write_text(dedent(INDEX))
    opened = lite_hub(connectors={**CONNECTORS, "index": discover([file]).isolated("indexer", isolation)})
    call = opened.call_in()
    (fact,) = opened.rows(FactRow, subject_id=call.id)
    assert fact.value == "the key is ***, the caller …42 ***"
    assert SECRETS[0] not in signed_in(opened).get(f"/calls/{call.id}").text
    with opened.hub.store.writing() as session:
        account = session.exec(select(Account)).one()
        key = new_api_key(session, add_user(session, account, "owner", "owner", opened.clock()), opened.clock())
    api = TestClient(create_api(opened.hub, opened.live))
    answers = [
        api.get(f"/calls/{call.id}{more}", headers={"authorization": f"Bearer {key}"}) for more in ("", "/deliveries")
    ]
    assert [each.status_code for each in answers] == [200, 200]
    assert SECRETS[0] not in "".join(each.text for each in answers)
    opened.hub.plugins.close()

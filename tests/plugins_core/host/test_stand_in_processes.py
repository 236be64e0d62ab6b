"""The stand-in of a plugin that is not built in is the same provider as one in the hub, whatever happens to its process."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import model_validator
from stand_in_shop import StandInShop

from hub.contracts.connector import Connector
from hub.contracts.sandbox import CallBackSandbox, CarrierSandbox, CrmSandbox, SimulatedCall
from hub.contracts.webhooks import WebhookRequest
from hub.errors import CannotDo, ConfigError, PluginFailure
from hub.plugin_host.discovery import discover
from hub.plugin_host.host import supervisor
from hub.plugin_host.sandboxes import start_sandboxes
from hub.plugin_host.stand_ins import hosted
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock
from hub.web.call_tests import make_test_call

pytestmark = pytest.mark.soak

CALL = SimulatedCall(
    caller_number="+12025550123",
    tracking_number="+13125550120",
    answering_number="+13125550190",
    started_at=datetime(2026, 3, 2, 15, tzinfo=UTC),
    recorded=False,
)
ADDRESS = "https://calls.example.com/webhooks/phone"


@pytest.fixture
def ringwire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandInShop:
    monkeypatch.chdir(tmp_path)
    return StandInShop(tmp_path)


def test_it_plays_a_call_by_the_hubs_documents_at_the_hubs_time(ringwire: StandInShop) -> None:
    sent: list[WebhookRequest] = []
    with start_sandboxes({"phone": ringwire.add("")}, FrozenClock()) as running:
        carrier = running.of("phone")
        assert isinstance(carrier, CarrierSandbox) and isinstance(carrier, CallBackSandbox)
        assert not isinstance(carrier, CrmSandbox)
        call_id = carrier.place_call(CALL, ADDRESS, lambda request: sent.append(request))
        assert sent and all(each.url.startswith(ADDRESS) and call_id.encode() in each.body for each in sent)
        assert carrier.spoken(call_id) == ()
        assert sent[0].received_at == CALL.started_at
        assert carrier.unparseable_webhook(ADDRESS).received_at == FrozenClock()()


def test_what_the_hub_raises_while_a_call_is_played_comes_out_of_it(ringwire: StandInShop) -> None:
    def refuse(request: WebhookRequest) -> None:
        raise CannotDo("Another test is under way.")

    with start_sandboxes({"phone": ringwire.add("")}) as running:
        carrier = running.of("phone")
        assert isinstance(carrier, CarrierSandbox)
        with pytest.raises(CannotDo, match="Another test"):
            carrier.place_call(CALL, ADDRESS, refuse)


def test_what_it_holds_is_seen_by_other_processes_and_survives_its_own(ringwire: StandInShop, tmp_path: Path) -> None:
    kind, folder = ringwire.add(""), tmp_path / "kept"
    with (
        start_sandboxes({"phone": kind}, folder=folder) as here,
        start_sandboxes({"phone": kind}, folder=folder) as there,
    ):
        mine, other = here.of("phone"), there.of("phone")
        assert isinstance(mine, CarrierSandbox) and isinstance(other, CarrierSandbox)
        call_id = mine.place_call(CALL, ADDRESS, lambda request: None)
        assert other.spoken(call_id) == ()
    with start_sandboxes({"phone": kind}) as running:
        carrier = running.of("phone")
        assert isinstance(carrier, CarrierSandbox)
        before, call_id = running.settings("phone"), carrier.place_call(CALL, ADDRESS, lambda request: None)
        running.share(tmp_path / "later")
        assert carrier.spoken(call_id) == () and running.settings("phone") == before
        assert {each.name for each in (tmp_path / "later").iterdir()} == {"phone.address", "phone.ringfence_ringwire"}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("\nimport os\nos._exit(3)\n", "it ended itself with status 3"),
        ("\nraise RuntimeError('no')\n", "RuntimeError"),
        ("\nimport time\ntime.sleep(60)\n", "it was not ready in time"),
        ("\nSandbox.app = lambda self: 1 / 0\n", "ZeroDivisionError"),
    ],
    ids=["ends", "raises", "hangs", "cannot serve"],
)
def test_one_that_does_not_start_is_one_sentence(
    ringwire: StandInShop, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    kind = ringwire.add(
        f"\nimport sys\nif 'hub.plugin_host.host.child' in sys.orig_argv:{code.replace(chr(10), chr(10) + '    ')}"
    )
    monkeypatch.setattr(supervisor, "START_SECONDS", 5.0)
    with pytest.raises(
        ConfigError, match=rf"the sandbox of connector 'phone' did not start: .*{said}.*fix its plugin\.$"
    ):
        start_sandboxes({"phone": kind})


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("__import__('os')._exit(3)", "it ended itself with status 3"),
        ("__import__('time').sleep(600)", "did not answer stand-in: spoken in time"),
        ("[1, 2]", "returned something of another type in spoken"),
        ("[object()]", "gave a wrong value in stand-in: spoken"),
    ],
)
def test_one_that_fails_later_is_one_sentence_and_starts_again(
    ringwire: StandInShop, monkeypatch: pytest.MonkeyPatch, method: str, said: str
) -> None:
    kind = ringwire.add(f"\nSandbox.spoken = lambda self, call_id: {method}\n")
    with start_sandboxes({"phone": kind}) as running:
        carrier = running.of("phone")
        assert isinstance(carrier, CarrierSandbox)
        before = running.settings("phone")
        call_id = carrier.place_call(CALL, ADDRESS, lambda request: None)
        with monkeypatch.context() as patch, pytest.raises(PluginFailure, match=said):
            patch.setattr(hosted, "CALL_SECONDS", 1.0)
            carrier.spoken(call_id)
        assert running.settings("phone") == before
        with httpx2.Client(
            base_url=before["base_url"], auth=(before["project"], before["token"]), trust_env=False
        ) as client:
            listed = client.get(f"/api/projects/{before['project']}/calls").json()
        assert [each["sid"] for each in listed["calls"]] == [call_id]


def test_a_hub_starts_a_test_call_whose_stand_in_ends_and_goes_on(ringwire: StandInShop) -> None:
    ringwire.add("\nSandbox.place_call = lambda *given: __import__('os')._exit(3)\n")
    with open_hub(read_config(ringwire.config), FrozenClock()) as opened:
        line = opened.directory.current().line("+13125550120", opened.hub.clock())
        assert line is not None
        test = make_test_call(opened.hub, opened.directory, line, "nobody")
        assert test.problem is not None and "it ended itself with status 3" in test.problem


@pytest.mark.parametrize("address", ["http://127.0.0.1:6379", "https://stranger.example", "http://localhost:1"])
def test_its_settings_lead_to_itself_only(ringwire: StandInShop, address: str) -> None:
    kind = ringwire.add(
        f"\nSandbox.settings = lambda self: {{'project': '0' * 36, 'token': '2', 'base_url': {address!r}}}\n"
    )
    with (
        start_sandboxes({"phone": kind}) as running,
        pytest.raises(PluginFailure, match="gave an address that is not its own in settings"),
    ):
        running.settings("phone")


@pytest.mark.parametrize(
    "address",
    ["https://calls.example.com/api/v1", f"{ADDRESS}/../../api", "http://127.0.0.1:6379/", f"{ADDRESS}.example"],
)
def test_its_webhooks_lead_to_the_hubs_address_of_it_only(ringwire: StandInShop, address: str) -> None:
    sent: list[WebhookRequest] = []
    kind = ringwire.add(
        f"""
from dataclasses import replace
Sandbox.place_call = lambda self, call, url, exchange: exchange(self.elsewhere(url))
Sandbox.elsewhere = lambda self, url: replace(self.form_webhook(url, {{}}, self.clock()), url={address!r})
Sandbox.unparseable_webhook = Sandbox.elsewhere
Sandbox.fetch_pictures = lambda self, reference: [self.fetch({address!r})]
"""
    )
    with start_sandboxes({"phone": kind}) as running:
        carrier = running.of("phone")
        assert isinstance(carrier, CarrierSandbox)
        for use in (
            lambda: carrier.place_call(CALL, ADDRESS, lambda request: sent.append(request)),
            lambda: carrier.unparseable_webhook(ADDRESS),
        ):
            with pytest.raises(PluginFailure, match="sent something to another address than the hub's"):
                use()
        if not address.startswith("https://calls"):
            with pytest.raises(PluginFailure, match="from another address than the hub's"):
                carrier.fetch_pictures("1")
    assert sent == []


def test_the_plugin_cannot_point_its_connector_at_something_else_on_this_machine(ringwire: StandInShop) -> None:
    """Its own check of the settings may change them after the stand-in gave them."""
    ringwire.add("")
    phone = read_config(ringwire.config).connectors["phone"]
    given = {"project": "0" * 36, "token": "2", "base_url": "http://127.0.0.1:7001"}
    assert phone.with_sandbox(given).settings
    changed = replace(phone, connector_class=moved(phone.connector_class))
    with pytest.raises(ConfigError, match="would call something else on this machine than its sandbox"):
        changed.with_sandbox(given)


def moved(kind: type[Connector]) -> type[Connector]:
    class Settings(kind.Settings):  # type: ignore[name-defined, misc]
        @model_validator(mode="before")
        @classmethod
        def elsewhere(cls, tree: dict[str, Any]) -> dict[str, Any]:
            return {**tree, "base_url": "http://127.0.0.1:6379"}

    return type("Moved", (kind,), {"Settings": Settings})


def test_a_new_version_of_the_plugin_gets_a_new_stand_in_with_what_it_held(tmp_path: Path) -> None:
    file = tmp_path / "tally.py"
    counted = TALLY.replace("VERSION", "1")
    file.write_text(counted)
    with start_sandboxes({"tally": discover([file]).classes["tally"]}, folder=tmp_path / "kept") as running:
        address = running.settings("tally")["base_url"]
        assert httpx2.get(address, trust_env=False).text == "1 of version 1"
        running.join({"tally": discover([file]).classes["tally"]}, FrozenClock())
        assert running.settings("tally")["base_url"] == address
        file.write_text(TALLY.replace("VERSION", "2"))
        running.join({"tally": discover([file]).classes["tally"]}, FrozenClock())
        changed = running.settings("tally")["base_url"]
        assert changed != address and httpx2.get(changed, trust_env=False).text == "2 of version 2"


TALLY = '''
from hub.api import Connector, Manifest, PluginSettings, Recipient
from hub.api.sandbox import HttpSandbox

class Sandbox(HttpSandbox):
    def __init__(self, *given):
        super().__init__(*given)
        self.held = {}

    def settings(self):
        return {"base_url": self.url}

    def app(self):
        async def serve(scope, receive, send):
            self.held["count"] = self.held.get("count", 0) + 1
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"%d of version VERSION" % self.held["count"]})
        return serve

class Settings(PluginSettings):
    base_url: str

class Tally(Connector):
    """Counts."""
    Settings = Settings
    manifest = Manifest(name="tally", kind="crm", version="1", summary="Counts.",
                        recipient=Recipient(name="Tally", role="none"))
'''

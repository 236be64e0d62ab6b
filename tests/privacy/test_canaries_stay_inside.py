"""What is known of a person stands in no log line, no figure, no error and nowhere else's data; and providers erase it too."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from canaries import KEEPING, Canaries, bytes_of_database, seed
from prometheus_client import generate_latest
from shared_accounts import at
from testbed import CALLER, CONNECTORS, NORTH_SHARED, TestHub

from hub.api import Connector, PersonReference
from hub.api.sandbox import SimulatedCall
from hub.backup.save import save, save_keys
from hub.contracts.disclosure import disclose
from hub.errors import RingfenceError
from hub.hookspecs import PrivacyHooks
from hub.model import Call, Company, Person, Recording, Visit
from hub.plugin_host.registry import Plugins
from hub.plugin_host.sandboxes import RunningSandboxes, start_sandboxes
from hub.privacy.erasure import NotKnown, erase_person, plan_erasure, reach_of
from hub.privacy_requests.access_file import packed
from hub.privacy_requests.collect import collect
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import open_request, verify
from hub.testing import FrozenClock, connect
from hub.testing.secrecy import listening
from plugins.ads.google_ads import GoogleAds
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.twilio import Twilio
from plugins.crm.hubspot import HubSpot
from plugins.crm.salesforce import Salesforce
from plugins.enrichment.google_contacts import GoogleContacts

SIX: dict[str, type[Connector]] = {
    "twilio": Twilio,
    "telnyx": Telnyx,
    "hubspot": HubSpot,
    "salesforce": Salesforce,
    "google": GoogleAds,
    "contacts": GoogleContacts,
}
TRACKING = "+13125550100"
NAME, ADDRESS = "Zqsix Canary", "zqsix.canary@example.com"


def test_no_log_line_figure_or_error_names_a_person(lite_hub: Callable[..., TestHub], tmp_path: Path) -> None:
    ann, told = Canaries("zq7ann", CALLER), []
    with listening() as lines:
        stage = lite_hub(connectors=KEEPING, recordings={"storage": str(tmp_path / "shelf")})
        # Plugins that fail with the person's words in their mouths.
        stage.index.script = [ValueError(f"{ann.word('enricher')} of {CALLER}")]
        stage.network.script = [ValueError(f"{ann.word('network')} of {CALLER}")]
        seed(stage, ann, "CA-ann")
        stage.deliver()
        stage.deliver("crm", "log_calls")
        save(stage.hub, tmp_path / "data")
        save_keys(stage.hub, tmp_path / "keys")
        erase_person(stage.hub, ann.person_id)
        for _ in range(2):
            with pytest.raises(NotKnown) as error:
                erase_person(stage.hub, ann.person_id)
            told.append(str(error.value))
    assert b'ringfence_hook_failures_total{connector="index"' in generate_latest(), (
        "no plugin failed, so nothing was proved"
    )
    assert ann.found_in("\n".join([*lines, *told]).encode()) == []
    assert ann.found_in(generate_latest()) == []


def test_one_number_at_two_companies_is_two_people(hub: Callable[..., TestHub], tmp_path: Path) -> None:
    ann, storage = Canaries("zq7ann", CALLER), {"storage": str(tmp_path / "shelf")}
    stage = hub(connectors=KEEPING, recordings=storage, common={"crm": {"companies": ["lakeside"]}})
    seed(stage, ann, "CA-ann")
    stage.call_in(NORTH_SHARED, caller_name="zq7north")
    north = stage.directory.companies["northgate"].id
    elsewhere = stage.one(Person, company_id=north)
    with stage.hub.store.reading() as session:
        known = reach_of(session, stage.hub.config, elsewhere)
        theirs = reach_of(session, stage.hub.config, stage.one(Person, id=ann.person_id))
        planned = plan_erasure(session, stage.hub, [stage.one(Person, id=ann.person_id)])
    assert not known.subjects & theirs.subjects
    assert len(known.calls) == 1
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, north)
        asked = open_request(session, stage.hub, company, "access", actor="officer", channel="letter", phone=CALLER)
        shown = packed(collect(session, stage.hub, asked))
    with zipfile.ZipFile(io.BytesIO(shown)) as file:
        told = b"".join(file.read(name) for name in file.namelist())
    assert b"zq7north" in told
    assert set(ann.found_in(told)) == {"number"}
    erased = erase_person(stage.hub, ann.person_id)
    assert erased.rows == planned
    assert stage.one(Person, company_id=north).phone_number == CALLER
    assert [stage.name_of(call) for call in stage.rows(Call, company_id=north)] == ["zq7north"]


def test_a_call_on_its_way_through_the_flow_does_not_bring_its_person_back(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    stage.call_in(caller_name="zq7before")
    person = stage.one(Person)

    def erase_meanwhile(caller: Any) -> Any:
        erase_person(stage.hub, person.id)
        return []

    stage.index.script = [erase_meanwhile]
    stage.call_in(caller_name="zq7later", process=False)
    stage.flow()
    assert stage.rows(Person) == []
    assert b"zq7" not in bytes_of_database(stage)
    assert {call.state for call in stage.rows(Call)} == {"erased"}


def test_what_is_left_of_an_erased_person_still_counts(lite_hub: Callable[..., TestHub], tmp_path: Path) -> None:
    stage, ann = (
        lite_hub(connectors=KEEPING, recordings={"storage": str(tmp_path / "shelf")}),
        Canaries("zq7ann", CALLER),
    )
    seed(stage, ann, "CA-ann")
    before = stage.one(Call)
    erase_person(stage.hub, ann.person_id)
    call = stage.one(Call)
    assert (call.started_at, call.duration, call.answered_at) == (
        before.started_at,
        before.duration,
        before.answered_at,
    )
    assert stage.one(Recording).reason == "The person was erased."
    assert [visit.source for visit in stage.rows(Visit)] == ["google"]


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[RunningSandboxes]:
    """Six providers on loopback."""
    with start_sandboxes(SIX) as running:
        yield running


@pytest.fixture
def providers(sandboxes: RunningSandboxes) -> Iterator[Plugins]:
    """Connectors to all six, which know one person."""
    plugins = Plugins([connect(kind, sandboxes.of(name), name=name) for name, kind in SIX.items()], lambda name: True)
    for name in ("twilio", "telnyx"):
        carrier: Any = sandboxes.of(name)
        address = f"https://calls.example.com/webhooks/{name}"
        call = SimulatedCall(
            caller_number=CALLER, tracking_number=TRACKING, answering_number="+13125550190",
            started_at=datetime.now(UTC), recorded=False,
        )  # fmt: skip
        carrier.webhooks(call, address)
        carrier.message_webhook(CALLER, TRACKING, f"It is {NAME}", address)
    for name in ("hubspot", "salesforce"):
        crm: Any = sandboxes.of(name)
        # HubSpot allows five searches a second, and three requests about a person are made at once.
        crm.clock = FrozenClock(datetime.now(UTC))
        crm.add_contact(NAME, CALLER, ADDRESS)
    yield plugins
    plugins.close()


def test_each_provider_erases_the_person_or_says_why_it_cannot(providers: Plugins) -> None:
    person = PersonReference(phone_numbers=(CALLER,), emails=(ADDRESS,), tracking_numbers=(TRACKING,))
    for name in providers.connectors:
        manifest = providers.connectors[name].manifest
        if not providers.implements(name, PrivacyHooks.erase_person):
            assert not manifest.deletion.supported
            assert manifest.deletion.note
            continue
        mine = disclose(person, manifest, "erase_person").value
        if providers.implements(name, PrivacyHooks.export_person):
            theirs = disclose(person, manifest, "export_person").value
            assert providers.call(name, PrivacyHooks.export_person, theirs), f"{name} knew nobody"
        done = providers.call(name, PrivacyHooks.erase_person, mine)
        assert done.status == "erased" or (done.status == "impossible" and done.reason), name
        if providers.implements(name, PrivacyHooks.export_person):
            left = list(providers.call(name, PrivacyHooks.export_person, theirs))
            assert not left or (done.status == "impossible" and done.reason), name


def test_an_error_of_an_erasure_names_nobody(providers: Plugins, sandboxes: RunningSandboxes) -> None:
    from hub.contracts.faults import Fault

    person = PersonReference(phone_numbers=(CALLER,), emails=(ADDRESS,), tracking_numbers=(TRACKING,))
    for name in ("twilio", "telnyx", "hubspot", "salesforce"):
        sandbox: Any = sandboxes.of(name)
        sandbox.fail_next(Fault("garbage"), 50)
        mine = disclose(person, providers.connectors[name].manifest, "erase_person").value
        with listening() as lines, pytest.raises(RingfenceError) as error:
            providers.call(name, PrivacyHooks.erase_person, mine)
        sandbox.heal()
        for words in (*lines, str(error.value)):
            assert CALLER[2:] not in words and ADDRESS not in words and NAME not in words, name


@pytest.mark.parametrize("name", ["hubspot", "salesforce"])
def test_a_crm_learns_the_page_of_a_call_without_anybody_in_its_address_and_loses_it_with_the_person(
    lite_hub: Callable[..., TestHub], clock: FrozenClock, name: str
) -> None:
    with start_sandboxes({name: SIX[name]}, clock) as running:
        _the_page_of_a_call(lite_hub, running.of(name), name)


def _the_page_of_a_call(lite_hub: Callable[..., TestHub], stand_in: Any, name: str) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "crm": at(SIX[name], stand_in)})
    words = {"email": "zq8mail@example.com", "name": "Zq8name", "phone": CALLER[2:], "note": "zq8note"}
    page = f"https://lakeside.example.com/zq8page?gclid=Cj0KCQzq8click&utm_term=drains&{urlencode(words)}#zq8fragment"
    north = "https://northgate.example.com/zq8north?gclid=Cj0KCQzq8north"
    for company, address in (("lakeside", page), ("northgate", north)):
        stage.call_in(stage.visit(company, landing_page=address).number)
    stage.deliver("crm", "log_calls")

    def kept() -> str:
        return str([*stand_in.activities()] if name == "hubspot" else [*stand_in.org.rows("Task")])

    assert "zq8page" in kept() and "zq8north" in kept(), "the page itself is what a salesperson wants to know"
    assert not [word for word in (*words.values(), "zq8fragment") if word in kept().replace(CALLER, "")]
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        asked = open_request(session, stage.hub, company, "erasure", actor="officer", channel="letter", phone=CALLER)
        verify(session, asked, "officer", "officer", stage.clock())
    assert run(stage.hub, asked.id, "officer").state == "done"
    assert "zq8page" not in kept() and "zq8north" in kept(), "the other company's call stays"

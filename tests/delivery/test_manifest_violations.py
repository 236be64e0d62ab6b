"""What no manifest declares does not leave: an undeclared field and an undeclared host are each stopped, counted and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest
from fake_connectors import FakeCrm, FakeNetwork
from sqlmodel import select
from testbed import CONNECTORS, TestHub

from hub.api import Conversion, Receipt, Rejected, hookimpl
from hub.model import Refusal
from hub.plugin_host.violations import MAX_HOSTS, OTHER_HOSTS, ManifestViolations
from hub.store import Store
from hub.store.violations import write_refusals

Factory = Callable[..., TestHub]
HOST = "collector.example.net"


class Curious(FakeNetwork):
    """Sends what it got to a host of which its manifest knows nothing."""

    @hookimpl
    def upload_conversions(self, conversions: list[Conversion], dry_run: bool) -> list[Receipt]:
        self.batches.append(conversions)
        self.services.http().post(f"https://{HOST}/collect", json={})
        raise AssertionError("the request must not leave")


def counts(stage: TestHub) -> dict[tuple[str, str, str], int]:
    write_refusals(stage.hub.store, stage.hub.refusals)
    return {(row.connector, row.kind, row.name): row.count for row in stage.rows(Refusal)}


def test_an_undeclared_field_never_reaches_the_plugin_and_each_time_counts(hub: Factory) -> None:
    bare = FakeNetwork.manifest.flows[0].model_copy(update={"shares": ()})

    class Told(FakeNetwork):
        manifest = FakeNetwork.manifest.model_copy(update={"flows": (bare,)})

    stage = hub(connectors={**CONNECTORS, "network": Told})
    stage.call_in()
    stage.deliver()
    (sent,) = [conversion for batch in stage.network.batches for conversion in batch]
    assert sent.phone_number is None and dict(sent.click_ids) == {}
    assert counts(stage)[("network", "field", "phone_number")] == 1
    stage.clock.advance(hours=1)
    stage.call_in(caller="+13125550144")
    stage.deliver()
    assert counts(stage)[("network", "field", "phone_number")] == 2


def test_a_host_that_no_manifest_declares_is_refused_and_counted(hub: Factory) -> None:
    stage = hub(connectors={**CONNECTORS, "network": Curious})
    stage.call_in()
    stage.deliver()
    assert stage.network.batches and stage.delivery().state == "rejected"
    assert HOST in (stage.delivery().reason or "")
    assert counts(stage)[("network", "host", HOST)] == 1


def test_what_was_refused_before_the_end_of_a_process_is_written_at_its_end(
    sqlite_url: str, open_hub_on: Factory
) -> None:
    stage = open_hub_on(sqlite_url, connectors={**CONNECTORS, "crm": FakeCrm})
    with pytest.raises(Rejected):
        stage.crm.services.http().get(f"https://{HOST}/")
    stage.hub.close()
    again = open_hub_on(sqlite_url)
    assert [(row.name, row.count) for row in again.rows(Refusal)] == [(HOST, 1)]


def test_counts_of_two_processes_add_up_and_a_database_in_trouble_loses_none(store: Store) -> None:
    one, other = ManifestViolations(), ManifestViolations()
    for refusals in (one, other, other):
        refusals.note("network", "field", "email")
    broken = Store("sqlite://")
    assert write_refusals(broken, other) == 0, "it has no tables"
    broken.close()
    assert (write_refusals(store, one), write_refusals(store, other), write_refusals(store, other)) == (1, 2, 0)
    with store.reading() as session:
        assert [(row.name, row.count) for row in session.exec(select(Refusal))] == [("email", 3)]


def test_counting_from_many_threads_loses_nothing_and_random_hosts_fill_no_memory() -> None:
    refusals = ManifestViolations()

    def many(first: int) -> None:
        for n in range(500):
            refusals.note("network", "host", f"{first + n}.example.net")

    threads = [threading.Thread(target=many, args=(n * 500,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = refusals.take()
    assert counts.total() == 2_000 and len(counts) == MAX_HOSTS + 1
    assert {name for _, _, name, day in counts if isinstance(day, date)} >= {OTHER_HOSTS}

"""What a plugin for an ad network must prove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from hub.contracts.connector import Connector
from hub.contracts.conversions import Conversion, Receipt
from hub.contracts.costs import Cost
from hub.contracts.hearing import HeardRequest
from hub.contracts.sandbox import AdsSandbox, CostSandbox, Sandbox
from hub.contracts.untrusted import JsonObject
from hub.contracts.values import Money
from hub.hookspecs import ConversionHooks, CostHooks
from hub.testing import samples
from hub.testing.ads_uploads import TAKEN, counted, last_days, network
from hub.testing.ads_wire import AdsWireConformance
from hub.testing.asking import Reply, ask, attempt, check_statuses, implemented_hooks
from hub.testing.factories import FrozenClock
from hub.testing.heard import check_batch, heard, instants
from hub.testing.secrecy import leaked, listening, personal_texts, secrets_of
from hub.testing.wire import interrupted, need_ability

CHICAGO = ZoneInfo("America/Chicago")
POOR: Mapping[str, JsonObject] = {
    "a click id": {"click_ids": {}, "clicked_at": {}, "cookies": {}},
    "an email": {"email": None},
    "a phone number": {"phone_number": None},
    "a number of North America": {"phone_number": "+447700900142", "country": "GB"},
    "consent": {"ad_user_data": "denied", "ad_personalization": "denied"},
    "anything about the person": {
        "click_ids": {}, "clicked_at": {}, "cookies": {}, "phone_number": None, "email": None, "country": None,
        "landing_page": None, "user_agent": None, "call_started_at": None,
    },
    "a value": {"value": None},
    "a value above zero": {"value": Money(Decimal("0"), "JPY"), "name": "\x00 <script> Ω" * 20},
    "a recent date": {},
}  # fmt: skip
"""What is missing, and the changes to a whole sample."""


class AdsConformance(AdsWireConformance):
    """Conversions counted once, each item with its own receipt, restated and taken back."""

    kind = "ads"
    required_hooks: ClassVar[frozenset[str]] = frozenset({"upload_conversions", "check_connection"})

    def test_the_stand_in_plays_an_ad_network(self, connector: Connector, sandbox: Sandbox) -> None:
        assert isinstance(sandbox, AdsSandbox), "the sandbox must implement hub.api.sandbox.AdsSandbox"
        destination = connector.Destination
        assert destination is not None, "an ads connector declares what is written below send_to: as `Destination`"
        destination.model_validate(dict(sandbox.destination()))

    def test_the_stand_in_takes_a_customer_s_own_destination(self, connector: Connector, sandbox: Sandbox) -> None:
        network(sandbox).know_destination(network(sandbox).destination())
        item = self._sample(connector, sandbox)
        said = self._upload(connector, [item])[item.key]
        check_statuses([said], TAKEN)

    def test_the_smallest_destination_is_enough(self, connector: Connector, sandbox: Sandbox) -> None:
        """The least that a customer may write below send_to is enough for an upload."""
        model, whole = connector.Destination, dict(network(sandbox).destination())
        assert model is not None, "an ads connector declares what is written below send_to: as `Destination`"
        needed = {info.alias or name for name, info in model.model_fields.items() if info.is_required()}
        try:
            least = model.model_validate({name: value for name, value in whole.items() if name in needed})
        except ValidationError:
            least = model.model_validate(whole)
        destination = least.model_dump(mode="json", by_alias=True)
        network(sandbox).know_destination(destination)
        item = self._sample(connector, sandbox, destination=destination)
        said = self._upload(connector, [item])[item.key]
        check_statuses([said], TAKEN)

    def test_an_empty_batch_has_no_receipts(self, connector: Connector, sandbox: Sandbox) -> None:
        assert self._upload(connector, []) == {}, "an empty batch must have an empty list of receipts"

    def test_a_conversion_counts_with_its_value(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        item = self._sample(connector, sandbox)
        receipts = self._upload(connector, [item])
        check_statuses([receipts[item.key]], TAKEN)
        settled = self._settle(connector, [item], receipts, clock)
        check_statuses([settled[item.key]], TAKEN)
        state = counted(sandbox, item)
        held = (Decimal(str(state.get("value"))), state.get("currency"))
        assert held == (Decimal(40), "USD"), f"the network counts a value of {held}, not 40 USD"

    def test_the_same_conversion_counts_once_however_often_it_comes(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        before = set(network(sandbox).conversions())
        item = self._sample(connector, sandbox)
        again = self.connected(sandbox, clock)
        for sender in (connector, connector, again):
            clock.advance(minutes=5)
            receipts = self._upload(sender, [item])
            check_statuses([receipts[item.key]], TAKEN)
            self._settle(sender, [item], receipts, clock)
        counted = set(network(sandbox).conversions()) - before
        assert counted == {item.key}, f"one conversion was counted as {len(counted)}"

    def test_what_was_lost_in_a_fault_counts_once_after_a_retry(
        self, connector: Connector, impatient: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        """Whatever request of an upload fails, and if only its reply is lost, the conversion counts once."""
        items = [self._sample(connector, sandbox)]

        def upload(sender: Connector) -> Reply:
            items.append(self._sample(connector, sandbox))
            return attempt(sender, ConversionHooks.upload_conversions, conversions=items[-1:], dry_run=False)

        upload(connector)
        for fault, reply in interrupted(sandbox, connector, impatient, upload):
            before = set(network(sandbox).conversions()) - {items[-1].key}
            assert reply.is_retry(), f"{fault}: it must be tried again"
            clock.advance(minutes=5)
            receipts = self._upload(connector, items[-1:])
            said = self._settle(connector, items[-1:], receipts, clock)[items[-1].key]
            assert said.status in TAKEN, f"{fault}, at the next try: {said}"
            counted = set(network(sandbox).conversions()) - before
            assert not counted - {items[-1].key}, f"{fault}: tried again under another key, so it may count twice"
            assert counted, f"{fault}: it does not count after the next try"

    def test_one_refused_item_costs_the_others_nothing(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        if not connector.manifest.confirms:
            pytest.skip("declared: the network confirms nothing")
        batch = [self._sample(connector, sandbox) for _ in range(4)]
        refused = batch[2]
        network(sandbox).refuse(refused.key)
        receipts = self._settle(connector, batch, self._upload(connector, batch), clock)
        said = receipts[refused.key]
        assert said.status == "rejected" and said.reason, f"the refused item must be rejected with a reason: {said}"
        for item in batch:
            if item is not refused:
                assert receipts[item.key].status in TAKEN, receipts[item.key]
                assert item.key in network(sandbox).conversions(), "an item was lost because another one was refused"
        forbidden = set().union(*map(personal_texts, batch)) | secrets_of(connector.settings)
        assert not leaked(Reply(result=list(receipts.values())).texts(), forbidden), "a reason tells personal data"

    def test_a_batch_as_large_as_declared_is_taken(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        """A batch as large as declared is taken, in as many requests as its deadline allows."""

        def send(count: int) -> list[HeardRequest]:
            clock.advance(minutes=1)
            batch = [self._sample(connector, sandbox) for _ in range(count)]
            with heard(sandbox) as requests:
                receipts = self._upload(connector, batch)
            check_statuses(receipts.values(), TAKEN)
            settled = self._settle(connector, batch, receipts, clock)
            check_statuses(settled.values(), TAKEN)
            missing = {item.key for item in batch} - set(network(sandbox).conversions())
            assert not missing, f"{len(missing)} of {count} conversions are not counted"
            return requests

        check_batch(send, connector.manifest.limits, ConversionHooks.upload_conversions)

    def test_a_dry_run_counts_nothing(self, connector: Connector, sandbox: Sandbox) -> None:
        need_ability(connector, "dry_run")
        before = dict(network(sandbox).conversions())
        item = self._sample(connector, sandbox)
        receipts = self._upload(connector, [item], dry_run=True)
        check_statuses([receipts[item.key]], TAKEN)
        assert dict(network(sandbox).conversions()) == before, "the dry run was counted"
        assert self._upload(connector, [item])[item.key].status in TAKEN, "after a dry run the real one must go through"

    def test_a_restated_value_replaces_the_first(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        need_ability(connector, "restate")
        value = Money(Decimal("55.50"), "USD")
        changed, said = self._changed(connector, sandbox, clock, "restate", value=value)
        assert said.status in TAKEN, f"restate is declared in the manifest's abilities, but: {said}"
        state = counted(sandbox, changed)
        assert Decimal(str(state.get("value"))) == value.amount, f"the network counts {state.get('value')}, not 55.50"

    def test_a_retracted_conversion_counts_no_more(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        need_ability(connector, "retract")
        back, said = self._changed(connector, sandbox, clock, "retract")
        assert said.status in TAKEN, f"retract is declared in the manifest's abilities, but: {said}"
        state = network(sandbox).conversions().get(back.key)
        assert not state or state.get("retracted"), "the network still counts the conversion"

    def _changed(
        self,
        connector: Connector,
        sandbox: Sandbox,
        clock: FrozenClock,
        kind: Literal["restate", "retract"],
        **changes: Any,
    ) -> tuple[Conversion, Receipt]:
        """A conversion that is changed a day after its upload, twice, and its last receipt."""
        item = self._sample(connector, sandbox)
        self._settle(connector, [item], self._upload(connector, [item]), clock)
        clock.advance(days=1)
        changed = replace(item, kind=kind, changed_at=clock().astimezone(CHICAGO), **changes)
        misread = clock().astimezone(CHICAGO).replace(tzinfo=UTC)
        for _ in range(2):
            with heard(sandbox) as requests:
                receipts = self._settle(connector, [changed], self._upload(connector, [changed]), clock)
            assert any(item.key in request.text for request in requests), f"nothing was sent to {kind} the conversion"
            assert misread not in set().union(*(instants(request.text) for request in requests)), (
                "the time of the change is sent as if its zone were UTC"
            )
        return changed, receipts[item.key]

    def test_an_unknown_permission_never_becomes_a_yes(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        item = self._sample(connector, sandbox, ad_user_data="unknown", ad_personalization="denied")
        self._settle(connector, [item], self._upload(connector, [item]), clock)
        state = network(sandbox).conversions().get(item.key, {})
        for permission in ("ad_user_data", "ad_personalization"):
            assert "granted" not in str(state.get(permission, "")).lower(), f"{permission} was turned into granted"

    def test_costs_are_what_the_account_spent_on_the_days_asked_for(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        if "pull_costs" not in implemented_hooks(connector):
            pytest.skip("this plugin pulls no costs")
        assert isinstance(sandbox, CostSandbox), "the sandbox must implement hub.api.sandbox.CostSandbox"
        days = last_days(connector)
        for amount, day in (("12.34", days.last), ("0.05", days.first), ("99", days.first - timedelta(days=1))):
            sandbox.spend(samples.cost(day, amount))
        spent = [cost for cost in sandbox.spent() if days.first <= cost.day <= days.last]
        for _ in range(2):
            pulled = ask(connector, CostHooks.pull_costs, days=days)
            assert _by_campaign(pulled) == _by_campaign(spent), "the costs differ from what the account spent"
        sources = {(cost.source, cost.medium) for cost in pulled}
        assert len(sources) == 1, "one source and medium: those of the visits that the network sends"

    @pytest.mark.parametrize("lack", POOR)
    def test_a_poor_conversion_still_gets_its_receipt(self, connector: Connector, sandbox: Sandbox, lack: str) -> None:
        """The network may refuse it, but nothing breaks, and neither the receipt's reason nor a log line holds a secret or
        what is known about the person."""
        item = self._sample(connector, sandbox, **POOR[lack])
        if lack == "a recent date":
            item = self._sample(connector, sandbox, occurred_at=connector.services.clock() - timedelta(days=400))
        with listening() as lines:
            receipts = self._upload(connector, [item])
        check_statuses([receipts[item.key]], (*TAKEN, "unmatched", "rejected"))
        forbidden = personal_texts(item) | secrets_of(connector.settings)
        found = leaked([*Reply(result=list(receipts.values())).texts(), *lines], forbidden)
        assert not found, f"of a conversion without {lack} the reason tells {', '.join(found)}"


def _by_campaign(costs: Sequence[Cost]) -> Mapping[tuple[Any, ...], tuple[Decimal, int, int]]:
    sums: dict[tuple[Any, ...], tuple[Decimal, int, int]] = {}
    for cost in costs:
        key = (cost.day, cost.campaign, cost.campaign_id, cost.cost.currency)
        amount, clicks, impressions = sums.get(key, (Decimal(0), 0, 0))
        sums[key] = (amount + cost.cost.amount, clicks + cost.clicks, impressions + cost.impressions)
    return sums

"""What an ad network's plugin must prove of what it sends, whatever its stand-in says about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from hub.contracts.clean_urls import CLICK_IDS as CLICK_ID_NAMES
from hub.contracts.connector import Connector
from hub.contracts.conversions import Conversion
from hub.contracts.hearing import HeardRequest
from hub.contracts.sandbox import Sandbox
from hub.contracts.untrusted import JsonObject
from hub.contracts.values import Money
from hub.sources.url_parameters import visit_parameters
from hub.testing.ads_uploads import AdsUploads, counted
from hub.testing.factories import FrozenClock
from hub.testing.heard import amounts, bodies, everything, heard, instants, places
from hub.testing.samples import CLICK_IDS, NUMBERS, click_id
from hub.testing.secrecy import leaked, personal_texts_by_field

HASHED = ("email", "phone_number")
"""What an ad network never gets as it is."""
UPLOAD = "upload_conversions"
NOBODY: JsonObject = {"click_ids": {}, "cookies": {}, "phone_number": None, "email": None, "user_agent": None}
"""What a conversion has of a person whom nobody can know."""
MONEY = {
    "43.21 USD": Money(Decimal("43.21"), "USD"),
    "87.65 EUR": Money(Decimal("87.65"), "EUR"),
    "5432 JPY": Money(Decimal(5432), "JPY"),
}


class AdsWireConformance(AdsUploads):
    """Only declared data travels, hashed as declared, under our key, and an unknown permission is not a yes."""

    def _sent(self, connector: Connector, sandbox: Sandbox, batch: Sequence[Conversion]) -> list[HeardRequest]:
        with heard(sandbox) as requests:
            self._upload(connector, batch)
        return requests

    def test_no_plain_phone_number_or_email_and_nothing_undeclared_is_sent(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        whole = self._whole(connector, sandbox)
        item = self._disclosed(connector, whole)
        texts = everything(self._sent(connector, sandbox, [item]))
        declared = personal_texts_by_field(item)
        for name, held in personal_texts_by_field(whole).items():
            if name in HASHED:
                assert not leaked(texts, held), f"{name} is sent plain; declare a transform that hashes it in its share"
            else:
                assert not leaked(texts, held - declared[name]), f"{name} is sent, but its share does not declare it"

    def test_what_is_hashed_is_sent_as_the_manifest_says(self, connector: Connector, sandbox: Sandbox) -> None:
        flow = connector.manifest.flow(UPLOAD)
        shares = {share.field: share for share in flow.shares} if flow else {}
        named = [name for name in HASHED if name in shares]
        if not named:
            pytest.skip("declared: neither phone numbers nor emails are sent")
        items = [self._sample(connector, sandbox), self._sample(connector, sandbox, click_ids={})]
        sent = "".join(bodies(self._sent(connector, sandbox, [item])) for item in items).lower()
        for name in named:
            texts = [str(getattr(item, name)).lower() for item in items]
            assert any(text in sent for text in texts), (
                f"{name} does not arrive as its share's transform {shares[name].transform_name} makes it: send it unchanged"
            )

    def test_each_declared_click_id_of_a_landing_page_reaches_the_network(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        names = connector.manifest.read_click_ids
        if not names:
            pytest.skip("declared: no click ids are read")
        for name in names:
            assert name in CLICK_ID_NAMES or name in {each.parameter for each in connector.manifest.click_ids}, (
                f"{name} is not a well-known click id: add a ClickId to the manifest, which says its source"
            )
            page = f"https://www.example.com/?{name}={click_id(name, next(NUMBERS))}"
            captured = visit_parameters(page, names).click_ids
            assert set(captured) == {name}, f"the hub does not capture {name} from a landing page's address"
            clicked = dict.fromkeys(captured, connector.services.clock() - timedelta(hours=1))
            item = self._sample(connector, sandbox, click_ids=captured, clicked_at=clicked)
            assert item.click_ids.get(name), f"{name} is captured, but no share of click_ids has it among its keys"
            sent = bodies(self._sent(connector, sandbox, [item]))
            assert item.click_ids[name] in sent, (
                f"{name} is declared and captured, but not sent: leave it out or send it"
            )

    def test_what_asked_nobody_says_that_nothing_was_sent(self, connector: Connector, sandbox: Sandbox) -> None:
        """A conversion without any identifier, and a whole one: the receipt of an item about which no request was made has
        `sent=False`, and no other receipt that refuses or postpones it has. The record of disclosures follows it."""
        for item in (self._sample(connector, sandbox, **NOBODY), self._sample(connector, sandbox)):
            with heard(sandbox) as requests:
                receipt = self._upload(connector, [item])[item.key]
            if any(item.key in request.text for request in requests):
                assert receipt.disclosed, "the receipt says sent=False, but a request holds the conversion's key"
            elif not requests:
                assert not receipt.disclosed, "no request was made; give the receipt sent=False"

    def test_a_conversion_without_any_declared_identifier_is_unmatched_and_not_sent(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        """No click id, no cookie, no phone number and no email address that the manifest declares: the network could only
        guess. `JsonAds` sees to it; another plugin gives the receipt `unmatched` with `sent=False`."""
        flow = connector.manifest.flow(UPLOAD)
        declared = {share.field for share in flow.shares} if flow else set()
        if not declared & {"click_ids", "cookies", *HASHED}:
            pytest.skip("declared: no identifier of a person is sent")
        item = self._sample(connector, sandbox, **NOBODY)
        with heard(sandbox) as requests:
            receipt = self._upload(connector, [item])[item.key]
        assert not any(item.key in request.text for request in requests), "it is sent, with nothing to match it by"
        assert receipt.status == "unmatched", f"its receipt is {receipt.status}, not unmatched"

    @pytest.mark.parametrize("amount", MONEY)
    def test_a_conversion_travels_under_our_key_with_its_value(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock, amount: str
    ) -> None:
        """In euros and in yen, which have no smaller unit, too: the network gets the amount and its currency, and counts it."""
        value = MONEY[amount]
        item = self._sample(connector, sandbox, value=value)
        with heard(sandbox) as requests:
            receipts = self._upload(connector, [item])
        own = [request for request in requests if item.key in request.text]
        assert own, "no request holds the conversion's key: send item.key as the network's transaction id"
        if _is_text(own):
            sent = {each for request in own for each in amounts(request.text)}
            units = 100 if value.currency != "JPY" else 1
            assert sent & {value.amount, value.amount * units, value.amount * 1_000_000}, (
                f"no request holds the conversion's value, {amount}"
            )
            assert any(value.currency in request.text for request in own), (
                f"no request says that it is {value.currency}"
            )
        self._settle(connector, [item], receipts, clock)
        state = counted(sandbox, item)
        held = (Decimal(str(state.get("value"))), state.get("currency"))
        assert held == (value.amount, value.currency), f"the network counts {held[0]} {held[1]}, not {amount}"

    def test_a_conversion_travels_with_the_time_of_its_event_in_any_time_zone(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        """One instant, in UTC and in two other zones, hours after the call: each time the network gets that instant."""
        happened = connector.services.clock() - timedelta(hours=3)
        for zone in ("UTC", "America/Chicago", "Asia/Kolkata"):
            at = happened.astimezone(ZoneInfo(zone))
            item = self._sample(
                connector,
                sandbox,
                occurred_at=at,
                call_started_at=at - timedelta(hours=2),
                clicked_at=dict.fromkeys(CLICK_IDS, at - timedelta(hours=5)),
            )
            own = [request for request in self._sent(connector, sandbox, [item]) if item.key in request.text]
            if _is_text(own):
                sent = {each for request in own for each in instants(request.text)}
                assert happened in sent, (
                    f"no request holds the time of the event, {at.isoformat()}: send item.occurred_at with its offset"
                )

    def test_granted_denied_and_unknown_permissions_differ_in_what_is_sent(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        def sent(said: str) -> dict[str, str]:
            item = replace(first, key=self._sample(connector, sandbox).key, ad_user_data=said, ad_personalization=said)  # type: ignore[arg-type]
            return places(self._sent(connector, sandbox, [item]))

        first = self._sample(connector, sandbox)
        self._sent(connector, sandbox, [first])
        granted, again = sent("granted"), sent("granted")
        noise = {place for place in granted.keys() | again.keys() if granted.get(place) != again.get(place)}
        differing = {
            said: any(granted.get(place) != shown.get(place) for place in (granted.keys() | shown.keys()) - noise)
            for said, shown in (("unknown", sent("unknown")), ("denied", sent("denied")))
        }
        if not connector.manifest.takes_permissions:
            # A denial may leave out the person; only the difference of the other two needs a field.
            assert not differing["unknown"], "permissions are sent: leave takes_permissions=False out of the manifest"
            pytest.skip("declared: the network has no fields for permissions")
        for said, differs in differing.items():
            assert differs, (
                f"a permission that is {said} is sent exactly as one that was granted; use the network's consent fields, or "
                "declare takes_permissions=False if it has none"
            )


def _is_text(requests: Iterable[HeardRequest]) -> bool:
    for request in requests:
        try:
            json.loads(request.text)
        except ValueError:
            return False
    return True

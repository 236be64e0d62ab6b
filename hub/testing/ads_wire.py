"""What an ad network's plugin must prove of what it sends, whatever its stand-in says about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hub.contracts.connector import Connector
from hub.contracts.conversions import Conversion
from hub.contracts.hearing import HeardRequest
from hub.contracts.sandbox import Sandbox
from hub.contracts.untrusted import JsonObject
from hub.contracts.values import Money
from hub.sources.url_parameters import visit_parameters
from hub.testing.ads_uploads import AdsUploads
from hub.testing.heard import bodies, everything, heard, places
from hub.testing.samples import NUMBERS
from hub.testing.secrecy import leaked, personal_texts_by_field

HASHED = ("email", "phone_number")
"""What an ad network never gets as it is."""
UPLOAD = "upload_conversions"


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
            pytest.skip("declared: neither phone numbers nor e-mails are sent")
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
            page = f"https://www.example.com/?{name}=Test-{name}-{next(NUMBERS):08d}"
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
        bare: JsonObject = {"click_ids": {}, "cookies": {}, "phone_number": None, "email": None, "user_agent": None}
        for item in (self._sample(connector, sandbox, **bare), self._sample(connector, sandbox)):
            with heard(sandbox) as requests:
                receipt = self._upload(connector, [item])[item.key]
            if any(item.key in request.text for request in requests):
                assert receipt.disclosed, "the receipt says sent=False, but a request holds the conversion's key"
            elif not requests:
                assert not receipt.disclosed, "no request was made; give the receipt sent=False"

    def test_a_conversion_travels_under_our_key_with_its_value(self, connector: Connector, sandbox: Sandbox) -> None:
        item = self._sample(connector, sandbox, value=Money(Decimal("43.21"), "USD"))
        requests = self._sent(connector, sandbox, [item])
        assert any(item.key in request.text for request in requests), (
            "no request holds the conversion's key: send item.key as the network's transaction id"
        )
        text = "".join(request.text for request in requests if item.key in request.text)
        if _is_text(requests):
            assert any(amount in text for amount in ("43.21", "4321")), "no request holds the conversion's value"

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

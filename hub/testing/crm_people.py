"""What a CRM plugin must prove of people's requests: a person is found, corrected, erased, only for the asked company."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from hub.contracts.connector import Connector
from hub.contracts.conversions import Receipt
from hub.contracts.disclosure import disclose
from hub.contracts.faults import Fault
from hub.contracts.people import Correction, PersonReference
from hub.contracts.sandbox import CrmSandbox, Sandbox
from hub.contracts.untrusted import JsonObject
from hub.hookspecs import CrmHooks, PrivacyHooks
from hub.testing import samples
from hub.testing.asking import ask, attempt, implemented_hooks
from hub.testing.heard import heard
from hub.testing.switchboard import need_hooks
from hub.testing.wire import ALL_FAULTS, WireConformance, held_by, need_held_ids

MAX_REQUESTS = 12
"""Of one erasure that are interrupted in turn."""
OTHER_COMPANY = "+12125550133"
"""The tracking number of another company that uses the same account."""


class CrmPeopleConformance(WireConformance):
    """A person is found, corrected and erased; another company's calls and shared data stay."""

    def test_a_person_s_name_is_corrected_and_twice_is_no_error(self, connector: Connector, sandbox: Sandbox) -> None:
        if "correct_person" not in implemented_hooks(connector):
            pytest.skip("this plugin corrects nobody")
        number = samples.person_number()
        crm_of(sandbox).add_contact("Alex Pow", number, "alex.poe@example.com")
        whole = Correction(phone_numbers=(number,), new_name="Alex Poe", new_email="alex@example.org")
        correction = disclose(whole, connector.manifest, "correct_person").value
        for _ in range(2):
            done = ask(connector, PrivacyHooks.correct_person, correction=correction)
            assert (done.status, done.records) == ("corrected", 1), f"the answer must be corrected, 1 record: {done}"
        if "export_person" in implemented_hooks(connector):
            person = disclose(PersonReference(phone_numbers=(number,)), connector.manifest, "export_person").value
            exported = str([record.fields for record in ask(connector, PrivacyHooks.export_person, person=person)])
            assert "alex@example.org" in exported and "Poe" in exported and "Pow" not in exported, exported
        unknown_caller = disclose(
            Correction(phone_numbers=(samples.person_number(),), new_name="Nobody"),
            connector.manifest,
            "correct_person",
        ).value
        assert ask(connector, PrivacyHooks.correct_person, correction=unknown_caller).status == "nothing_held", (
            "of somebody who is not in the CRM, nothing is held"
        )

    def test_a_correction_that_fits_different_people_changes_nobody(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        if "correct_person" not in implemented_hooks(connector):
            pytest.skip("this plugin corrects nobody")
        number = samples.person_number()
        for name in ("Alex Poe", "Robin Roe"):
            crm_of(sandbox).add_contact(name, number)
        whole = Correction(phone_numbers=(number,), new_name="Sam Low")
        done = ask(
            connector,
            PrivacyHooks.correct_person,
            correction=disclose(whole, connector.manifest, "correct_person").value,
        )
        assert done.status == "impossible" and done.reason, f"say that it is impossible, and why: {done}"

    def test_a_person_can_be_shown_and_erased(self, connector: Connector, sandbox: Sandbox) -> None:
        hooks = implemented_hooks(connector)
        if not {"export_person", "erase_person"} & hooks:
            pytest.skip("this plugin neither shows nor erases people")
        number, before = samples.person_number(), held_by(sandbox)
        crm_of(sandbox).add_contact("Alex Poe", number, "alex.poe@example.com")
        own = held_by(sandbox) - before
        whole = PersonReference(phone_numbers=(number,), emails=("alex.poe@example.com",))
        if "export_person" in hooks:
            person = disclose(whole, connector.manifest, "export_person").value
            assert ask(connector, PrivacyHooks.export_person, person=person), "the contact was not found"
        if "erase_person" in hooks:
            person = disclose(whole, connector.manifest, "erase_person").value
            erasure = ask(connector, PrivacyHooks.erase_person, person=person)
            assert erasure.status == "erased" or (erasure.status == "impossible" and erasure.reason), (
                f"a contact is erased, or it is impossible for a reason: {erasure}"
            )
            if "export_person" in hooks and not erasure.reason:
                left = ask(
                    connector,
                    PrivacyHooks.export_person,
                    person=disclose(whole, connector.manifest, "export_person").value,
                )
                assert not left, (
                    "erase_person says `erased`, but export_person still finds the person; give a reason if so"
                )
            if not erasure.reason:
                need_held_ids(sandbox)
            kept = own & held_by(sandbox)
            assert not kept or erasure.reason, f"erase_person says `erased`, but {len(kept)} records are still there"
            again = ask(connector, PrivacyHooks.erase_person, person=person)
            assert again.status != "impossible" or again.reason, "say why it is impossible"

    def test_an_erasure_whose_reply_is_lost_is_finished_by_the_next_try(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        """Whatever request of it fails, the plugin does not repeat it itself, and the hub's next try erases the rest."""
        need_hooks(connector, "erase_person")
        for place in range(MAX_REQUESTS):
            key, person = self._who_called(connector, sandbox)
            sandbox.fail_next(ALL_FAULTS["a reply that is lost"], after=place)
            with heard(sandbox) as requests:
                reply = attempt(connector, PrivacyHooks.erase_person, person=person)
            sandbox.heal()
            if len(requests) <= place:
                return
            made = Counter((each.method, each.address, each.body) for each in requests)
            assert max(made.values()) == 1, (
                "erase_person sent a request again whose reply was lost; leave it to the hub"
            )
            assert reply.is_retry(), f"a reply that is lost must become RetryLater, not {reply.error or reply.result}"
            ask(connector, PrivacyHooks.erase_person, person=person)
            assert key not in [entry["key"] for entry in crm_of(sandbox).activities()], (
                "after the next try the call is still there"
            )

    def test_an_erasure_of_what_is_gone_already_ends(self, connector: Connector, sandbox: Sandbox) -> None:
        """The hub knows ids of records that somebody deleted at the provider; there is nothing left to wait for."""
        need_hooks(connector, "erase_person")
        number, key = samples.person_number(), samples.key("call")
        crm_of(sandbox).add_contact("Alex Poe", number)
        logged = self._log_two(connector, number, key, samples.key("call"))[0].reference
        never = re.sub(r"\d", lambda digit: str(9 - int(digit[0])), logged or "")
        person = _reference(
            connector,
            "erase_person",
            phone_numbers=(number,),
            tracking_numbers=(samples.TRACKING_NUMBER,),
            item_keys=(key,),
            provider_ids=tuple(filter(None, (logged, never))),
        )
        for _ in range(2):
            reply = attempt(connector, PrivacyHooks.erase_person, person=person)
            assert reply.error is None, (
                "erase_person never ends if a record is gone already, or has an id that the provider never had: "
                f"{reply.error}; a reply of 404 to a deletion is no error"
            )
        assert reply.result.status != "erased", f"nothing was left to erase: {reply.result}"

    def test_an_erasure_of_what_somebody_deletes_meanwhile_ends(self, connector: Connector, sandbox: Sandbox) -> None:
        """Between the search for a record and its deletion another one deletes it."""
        need_hooks(connector, "erase_person")
        for place in range(MAX_REQUESTS):
            key, person = self._who_called(connector, sandbox)
            sandbox.fail_next(Fault("twice"), after=place)
            with heard(sandbox) as requests:
                reply = attempt(connector, PrivacyHooks.erase_person, person=person)
            sandbox.heal()
            if len(requests) <= place:
                return
            assert reply.error is None, f"request {place + 1} was made just before by somebody else: {reply.error}"
            assert key not in [entry["key"] for entry in crm_of(sandbox).activities()], "the call is still there"

    def test_a_request_touches_only_the_calls_of_the_company_that_was_asked(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(connector, "erase_person")
        number = samples.person_number()
        crm_of(sandbox).add_contact("Alex Poe", number)
        own, other = samples.key("call"), samples.key("call")
        self._log_two(connector, number, own, other)
        mine: JsonObject = {
            "phone_numbers": (number,), "tracking_numbers": (samples.TRACKING_NUMBER,), "item_keys": (own,),
        }  # fmt: skip
        if "export_person" in implemented_hooks(connector):
            shown = self._shown(connector, **mine)
            assert other not in shown and OTHER_COMPANY not in shown, "a call of another company was shown"
        done = ask(connector, PrivacyHooks.erase_person, person=_reference(connector, "erase_person", **mine))
        assert done.status != "impossible" or done.reason, "say why it is impossible"
        kept = [entry["key"] for entry in crm_of(sandbox).activities()]
        assert other in kept, "a call of another company was deleted: it may be under a legal hold"
        assert own not in kept, "the call that the hub logged for this company is still there"

    def test_a_contact_that_companies_share_is_not_erased(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "erase_person", "export_person")
        number = samples.person_number()
        crm_of(sandbox).add_contact("Alex Poe", number)
        own, other = samples.key("call"), samples.key("call")
        self._log_two(connector, number, own, other)
        mine: JsonObject = {
            "phone_numbers": (number,), "tracking_numbers": (samples.TRACKING_NUMBER,), "item_keys": (own,), "shared": True,
        }  # fmt: skip
        assert other not in self._shown(connector, **mine), "a call of another company was shown"
        for _ in range(2):
            done = ask(connector, PrivacyHooks.erase_person, person=_reference(connector, "erase_person", **mine))
            assert done.status == "impossible" and done.reason, "say that the contact stays, and why"
        assert "Poe" in self._shown(connector, phone_numbers=(number,)), "a contact that companies share was erased"
        kept = [entry["key"] for entry in crm_of(sandbox).activities()]
        assert other in kept, "a call of another company was deleted"
        assert own not in kept, "the call of the company that was asked is still there"

    def _who_called(self, connector: Connector, sandbox: Sandbox) -> tuple[str, PersonReference]:
        """The key of a logged call of somebody who is a contact, and the person to erase."""
        number, key = samples.person_number(), samples.key("call")
        crm_of(sandbox).add_contact("Alex Poe", number)
        self._log_two(connector, number, key, samples.key("call"))
        known = {"phone_numbers": (number,), "tracking_numbers": (samples.TRACKING_NUMBER,), "item_keys": (key,)}
        return key, _reference(connector, "erase_person", **known)

    def _log_two(self, connector: Connector, number: str, own: str, other: str) -> Sequence[Receipt]:
        """A call of the person to each of two companies."""
        calls = [
            samples.call_activity(connector.services.clock(), key=key, caller_number=number, tracking_number=tracking)
            for key, tracking in ((own, samples.TRACKING_NUMBER), (other, OTHER_COMPANY))
        ]
        return ask(
            connector,
            CrmHooks.log_calls,
            activities=[disclose(call, connector.manifest, "log_calls").value for call in calls],
        )

    def _shown(self, connector: Connector, **names: Any) -> str:
        held = ask(connector, PrivacyHooks.export_person, person=_reference(connector, "export_person", **names))
        return str([(record.record_id, dict(record.fields)) for record in held])


def crm_of(sandbox: Sandbox) -> CrmSandbox:
    """The sandbox as a CRM sandbox."""
    assert isinstance(sandbox, CrmSandbox)
    return sandbox


def _reference(connector: Connector, hook: str, **names: Any) -> PersonReference:
    return disclose(PersonReference(**names), connector.manifest, hook).value

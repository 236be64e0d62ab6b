"""What a plugin for a CRM must prove."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import pytest

from hub.contracts.connector import Connector
from hub.contracts.conversions import CallActivity, Receipt
from hub.contracts.disclosure import disclose
from hub.contracts.facts import Caller, Fact
from hub.contracts.hearing import HeardRequest
from hub.contracts.outcomes import Outcome
from hub.contracts.people import Correction, PeopleKindsSandbox, PersonReference
from hub.contracts.sandbox import CrmSandbox, Sandbox
from hub.contracts.values import Money
from hub.hookspecs import CrmHooks, EnrichmentHooks
from hub.testing import samples
from hub.testing.asking import Reply, WireCall, ask, attempt, check_one_receipt_each, check_statuses, implemented_hooks
from hub.testing.crm_people import CrmPeopleConformance, crm_of
from hub.testing.factories import FrozenClock
from hub.testing.heard import check_batch, heard, instants
from hub.testing.secrecy import leaked, personal_texts, secrets_of
from hub.testing.wire import interrupted, pages_of_two

WRITTEN_STATUSES = ("delivered", "duplicate")
STAGES: tuple[Literal["qualified", "won", "lost"], ...] = ("qualified", "won", "lost")
DEALS = 130
"""More deals than fit on one page of most CRMs."""


class CrmConformance(CrmPeopleConformance):
    """Calls logged one time on the right contact; outcomes complete with any paging; people's requests within the company."""

    kind = "crm"
    required_hooks: ClassVar[frozenset[str]] = frozenset({"log_calls", "pull_outcomes", "check_connection"})

    def wire_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        yield WireCall("log_calls", {"activities": [self._sample(connector) for _ in range(2)]})
        yield WireCall("pull_outcomes", {"cursor": None})
        caller = Caller(phone_number=samples.person_number(), caller_name="PAT DOE")
        yield WireCall("enrich_caller", {"caller": disclose(caller, connector.manifest, "enrich_caller").value})
        person = PersonReference(
            phone_numbers=(samples.person_number(),),
            emails=("pat.doe@example.com",),
            tracking_numbers=(samples.TRACKING_NUMBER,),
            item_keys=(samples.key("call"),),
        )
        for hook in ("export_person", "erase_person"):
            yield WireCall(hook, {"person": disclose(person, connector.manifest, hook).value})
        wrong = Correction(phone_numbers=person.phone_numbers, emails=person.emails, new_name="Pat Doe")
        yield WireCall("correct_person", {"correction": disclose(wrong, connector.manifest, "correct_person").value})

    def _sample(self, connector: Connector, **changes: Any) -> CallActivity:
        made = samples.call_activity(connector.services.clock(), **changes)
        return disclose(made, connector.manifest, "log_calls").value

    def _log(self, connector: Connector, *activities: CallActivity) -> dict[str, Receipt]:
        receipts = ask(connector, CrmHooks.log_calls, activities=list(activities))
        check_one_receipt_each(receipts, activities)
        return {receipt.key: receipt for receipt in receipts}

    def _write(self, connector: Connector, *activities: CallActivity) -> None:
        """Log calls, which must be taken."""
        check_statuses(self._log(connector, *activities).values(), WRITTEN_STATUSES)

    def _pull(self, connector: Connector, cursor: str | None) -> tuple[list[Outcome], str | None]:
        found: list[Outcome] = []
        for _ in range(200):
            page = ask(connector, CrmHooks.pull_outcomes, cursor=cursor)
            found.extend(page.outcomes)
            assert page.cursor is not None or not page.outcomes, "a page with deals needs a cursor to go on from"
            cursor = page.cursor
            if not page.more:
                return found, cursor
        raise AssertionError("pull_outcomes says `more` for ever")

    def test_the_stand_in_plays_a_crm(self, sandbox: Sandbox) -> None:
        assert isinstance(sandbox, CrmSandbox), "the sandbox must implement hub.api.sandbox.CrmSandbox"

    # Calls

    @pytest.mark.parametrize("country", ["the United States", *samples.FOREIGN])
    def test_a_call_is_logged_on_the_contact_who_called(
        self, connector: Connector, sandbox: Sandbox, country: str
    ) -> None:
        """In whatever country the caller lives, and behind contacts whose numbers only resemble it."""
        crm, number = crm_of(sandbox), samples.FOREIGN.get(country) or samples.person_number()
        for area in ("+1917", "+1646", "+1347"):
            crm.add_contact("Max Moe", area + number[-7:])
        contact = crm.add_contact("Pat Doe", number, "pat.doe@example.com")
        call = self._sample(connector, caller_number=number)
        with heard(sandbox) as requests, pages_of_two(sandbox):
            self._write(connector, call)
        assert any(call.key in f"{request.address} {request.text}" for request in requests), (
            "no request holds the call's key: send it, or the same call may be logged twice"
        )
        held = [entry["contact_id"] for entry in crm.activities() if entry["key"] == call.key]
        assert held == [contact], (
            f"the call is logged on {held or 'nobody'}, not on the contact with the caller's number"
        )

    def test_every_kind_of_person_is_found_corrected_shown_and_erased(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        """Leads as well as contacts, of a CRM that keeps people as records of several kinds."""
        if not isinstance(sandbox, PeopleKindsSandbox) or len(sandbox.person_modules()) < 2:
            pytest.skip("the stand-in keeps people as records of one kind")
        usual, hooks = sandbox.person_module, implemented_hooks(connector)
        try:
            for kind in sandbox.person_modules():
                sandbox.person_module = kind
                self.test_a_call_is_logged_on_the_contact_who_called(connector, sandbox, "the United States")
                if "correct_person" in hooks:
                    self.test_a_person_s_name_is_corrected_and_twice_is_no_error(connector, sandbox)
                if {"export_person", "erase_person"} & hooks:
                    self.test_a_person_can_be_shown_and_erased(connector, sandbox)
        finally:
            sandbox.person_module = usual

    def test_a_caller_is_not_taken_for_somebody_with_a_similar_number(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        crm, number = crm_of(sandbox), samples.person_number()
        other = f"+1{'917' if number[2:5] != '917' else '646'}{number[5:]}"
        crm.add_contact("Max Moe", other, "max.moe@example.com")
        call = self._sample(connector, caller_number=number)
        self._write(connector, call)
        held = [entry["contact_id"] for entry in crm.activities() if entry["key"] == call.key]
        assert held == [None], "the call was logged on a contact with another area code"
        if "enrich_caller" in implemented_hooks(connector):
            facts = ask(connector, EnrichmentHooks.enrich_caller, caller=_caller(connector, number))
            assert not facts, "the caller was taken for a contact with another area code"

    def test_a_call_is_logged_with_the_time_of_its_start_in_any_time_zone(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        begun = connector.services.clock().replace(second=0) - timedelta(hours=3)
        for zone in ("UTC", "America/Chicago", "Asia/Kolkata"):
            call = self._sample(connector, started_at=begun.astimezone(ZoneInfo(zone)))
            with heard(sandbox) as requests:
                self._write(connector, call)
            own = [each for each in requests if call.key in f"{each.address} {each.text}"]
            sent = {each for request in own for each in instants(request.text)}
            assert begun in sent, (
                f"no request holds the call's start, {call.started_at.isoformat()}: send it with its offset"
            )

    def test_an_unknown_or_hidden_caller_is_logged_too(self, connector: Connector, sandbox: Sandbox) -> None:
        for number in (samples.person_number(), None):
            call = self._sample(connector, caller_number=number, caller_name=None, recording_url=None, source=None)
            self._write(connector, call)
            assert len(_logged(sandbox, call.key)) == 1, "a call from nobody in the CRM must be logged too"

    def test_the_same_call_is_logged_once(self, connector: Connector, sandbox: Sandbox, clock: FrozenClock) -> None:
        call, before = self._sample(connector), len(crm_of(sandbox).activities())
        for sender in (connector, connector, self.connected(sandbox, clock)):
            clock.advance(minutes=5)
            receipt = self._log(sender, call)[call.key]
            check_statuses([receipt], WRITTEN_STATUSES)
        times = len(crm_of(sandbox).activities()) - before
        assert times == 1 and _logged(sandbox, call.key), f"one call was logged {times} times"

    def test_a_call_lost_in_a_fault_is_logged_once_after_a_retry(
        self, connector: Connector, impatient: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        """Whatever request fails, and if only its reply is lost, the call is logged once."""
        calls = [self._sample(connector)]

        def log(sender: Connector) -> Reply:
            calls.append(self._sample(connector))
            return attempt(sender, CrmHooks.log_calls, activities=calls[-1:])

        log(connector)
        for fault, reply in interrupted(sandbox, connector, impatient, log):
            assert reply.is_retry(), f"{fault}: it must be tried again"
            clock.advance(minutes=5)
            self._write(connector, calls[-1])
            times = len(_logged(sandbox, calls[-1].key))
            assert times == 1, f"{fault}: after the next try the call is logged {times} times under its key"

    def test_each_call_of_a_batch_has_a_receipt_and_a_record(self, connector: Connector, sandbox: Sandbox) -> None:
        number = samples.person_number()
        crm_of(sandbox).add_contact("Sam Roe", number)
        calls = [self._sample(connector, caller_number=number, answered=n % 2 == 0) for n in range(5)]
        old, fresh = calls[:2], calls[2:]
        self._log(connector, *old)
        receipts = self._log(connector, *calls)
        assert all(receipts[call.key].status in WRITTEN_STATUSES for call in [*old, *fresh]), receipts
        times = {len(_logged(sandbox, call.key)) for call in calls}
        assert times == {1}, f"each call must be logged one time, not {sorted(times)} times"

    def test_a_batch_as_large_as_declared_is_logged(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        """A batch as large as declared is logged, in as many requests as its deadline allows."""

        def send(count: int) -> list[HeardRequest]:
            clock.advance(minutes=1)
            calls = [self._sample(connector) for _ in range(count)]
            with heard(sandbox) as requests:
                self._write(connector, *calls)
            missing = {call.key for call in calls} - {str(entry["key"]) for entry in crm_of(sandbox).activities()}
            assert not missing, f"{len(missing)} of {count} calls are not logged"
            return requests

        check_batch(send, connector.manifest.limits, CrmHooks.log_calls)

    def test_one_refused_call_costs_the_others_nothing(self, connector: Connector, sandbox: Sandbox) -> None:
        calls = [self._sample(connector) for _ in range(4)]
        refused = calls[1]
        crm_of(sandbox).refuse(refused.key)
        receipts = self._log(connector, *calls)
        said = receipts[refused.key]
        assert said.status == "rejected" and said.reason, f"the refused call must be rejected with a reason: {said}"
        for call in calls:
            if call is not refused:
                assert receipts[call.key].status in WRITTEN_STATUSES, receipts[call.key]
                assert len(_logged(sandbox, call.key)) == 1, "a call was lost because another one was refused"
        forbidden = set().union(*map(personal_texts, calls)) | secrets_of(connector.settings)
        assert not leaked(Reply(result=list(receipts.values())).texts(), forbidden), "a reason tells personal data"

    # Outcomes

    @pytest.mark.parametrize("amount", ["1200.50 USD", "87.65 EUR", "5432 JPY"])
    def test_every_deal_comes_with_its_stage_value_and_person(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock, amount: str
    ) -> None:
        number, currency = amount.split()
        value = Money(Decimal(number), currency)
        crm, number = crm_of(sandbox), samples.person_number()
        contact = crm.add_contact("Kim Poe", number, "kim.poe@example.com")
        try:
            stages = {crm.add_deal(contact, stage, str(value.amount), currency): stage for stage in STAGES}
        except ValueError:
            pytest.skip(f"the account of the stand-in holds no {currency}")
        found = {outcome.external_id: outcome for outcome in self._pull(connector, None)[0]}
        assert stages.keys() <= found.keys(), "deals are missing"
        for deal, stage in stages.items():
            outcome = found[deal]
            assert outcome.stage == stage, f"a deal that is {stage} came as {outcome.stage}"
            assert outcome.value == value, f"a deal of {amount} came as {outcome.value}"
            for name, at in (("changed_at", outcome.changed_at), ("occurred_at", outcome.occurred_at)):
                assert at.utcoffset() is not None, "times need a time zone"
                assert abs(at - clock()) < timedelta(minutes=2), (
                    f"a deal of {clock().isoformat()} has {name} {at.isoformat()}: read the offset of its time"
                )
            assert outcome.phone_numbers == (number,), "the contact's numbers in E.164 tell whose deal it is"

    def test_outcomes_are_complete_in_any_paging(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        _, cursor = self._pull(connector, None)
        made = _deals(sandbox, DEALS, clock)
        page = ask(connector, CrmHooks.pull_outcomes, cursor=cursor)
        same = ask(connector, CrmHooks.pull_outcomes, cursor=cursor)
        assert {o.external_id for o in page.outcomes} <= {o.external_id for o in same.outcomes}, "a page came smaller"
        found, _ = self._pull(connector, cursor)
        assert made <= {outcome.external_id for outcome in found}, "deals got lost between two pages"

    def test_outcomes_are_complete_in_pages_of_two(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        _, cursor = self._pull(connector, None)
        made = _deals(sandbox, 7, clock)
        with pages_of_two(sandbox):
            found, _ = self._pull(connector, cursor)
        missing = made - {outcome.external_id for outcome in found}
        assert not missing, f"{len(missing)} of {len(made)} deals did not come: read every page"

    def test_a_deal_made_in_the_same_instant_as_the_cursor_is_not_lost(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        first = _deals(sandbox, 1, clock)
        found, cursor = self._pull(connector, None)
        assert first <= {outcome.external_id for outcome in found}, "a new deal did not come"
        contact = crm_of(sandbox).add_contact("Lee Low", samples.person_number())
        late = crm_of(sandbox).add_deal(contact, "won", "10", "USD")
        found, cursor = self._pull(connector, cursor)
        assert late in {outcome.external_id for outcome in found}, "a deal of the cursor's own instant was lost"
        self._pull(connector, cursor)

    def test_no_deal_is_lost_when_the_clocks_of_hub_and_provider_differ(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        """No deal is lost when the provider's clock is half a minute slow."""
        ahead = self.connected(sandbox, lambda: clock() + timedelta(seconds=30))
        _deals(sandbox, 1, clock)
        _, cursor = self._pull(ahead, None)
        clock.advance(seconds=10)
        late = _deals(sandbox, 1, clock)
        found, _ = self._pull(ahead, cursor)
        assert late <= {outcome.external_id for outcome in found}, (
            "a deal was lost: take the cursor from the deals that came, not from the time at which you asked"
        )

    def test_a_moved_deal_comes_again(self, connector: Connector, sandbox: Sandbox, clock: FrozenClock) -> None:
        (deal,) = _deals(sandbox, 1, clock)
        _, cursor = self._pull(connector, None)
        clock.advance(minutes=5)
        crm_of(sandbox).move_deal(deal, "won", "999")
        found, _ = self._pull(connector, cursor)
        moved = [outcome for outcome in found if outcome.external_id == deal]
        assert moved and moved[-1].stage == "won" and moved[-1].value == Money(Decimal("999"), "USD"), moved

    # People

    def test_a_known_caller_is_told_and_an_unknown_one_is_not(self, connector: Connector, sandbox: Sandbox) -> None:
        if "enrich_caller" not in implemented_hooks(connector):
            pytest.skip("this plugin does not look callers up")
        number = samples.person_number()
        crm_of(sandbox).add_contact("Robin Roe", number)
        facts = ask(connector, EnrichmentHooks.enrich_caller, caller=_caller(connector, number))
        assert facts and all(isinstance(fact, Fact) for fact in facts), "there are no facts about a contact"
        for unknown_caller in (samples.person_number(), None):
            reported = ask(connector, EnrichmentHooks.enrich_caller, caller=_caller(connector, unknown_caller))
            assert not reported, "there are facts about a caller whom nobody knows"


def _logged(sandbox: Sandbox, key: str) -> Sequence[object]:
    return [entry for entry in crm_of(sandbox).activities() if entry["key"] == key]


def _deals(sandbox: Sandbox, count: int, clock: FrozenClock) -> set[str]:
    """New deals, a few of them with the same time."""
    contact = crm_of(sandbox).add_contact("Jo Low", samples.person_number())
    made = set()
    for number in range(count):
        if number % 3 == 0:
            clock.advance(seconds=1)
        made.add(crm_of(sandbox).add_deal(contact, "qualified", "100", "USD"))
    return made


def _caller(connector: Connector, number: str | None) -> Caller:
    return disclose(Caller(phone_number=number), connector.manifest, "enrich_caller").value

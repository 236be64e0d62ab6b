"""What a carrier plugin must prove of people's requests: they touch no other company's records in the same account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.contracts.answers import Dial
from hub.contracts.connector import Connector
from hub.contracts.disclosure import disclose
from hub.contracts.events import MessageEvent
from hub.contracts.hearing import HeardRequest
from hub.contracts.people import HeldRecord, PersonReference
from hub.contracts.sandbox import Sandbox
from hub.contracts.untrusted import JsonObject
from hub.hookspecs import CallHooks, PrivacyHooks
from hub.testing import samples
from hub.testing.asking import Reply, ask, attempt
from hub.testing.carriers.texts import PICTURE
from hub.testing.heard import heard
from hub.testing.switchboard import Switchboard, carrier_of, need_hooks
from hub.testing.wire import ALL_FAULTS, WireConformance, held_by, need_held_ids

OTHER_COMPANY = "+12125550133"
"""The tracking number of another company in the same account."""


@dataclass(frozen=True)
class Dealings:
    """A recorded call and a text of one person to one tracking number."""

    call_id: str
    recording_id: str
    text_id: str
    word: str
    """A word in the text's body."""
    ids: frozenset[str]
    """What the carrier holds of them, if the stand-in says so: each leg, recording, text and picture."""

    @property
    def known(self) -> tuple[str, ...]:
        """The ids that the hub knows of them."""
        return self.call_id, self.recording_id, self.text_id


class PeopleConformance(WireConformance):
    """A person's request to one company touches that company's records only."""

    def test_a_person_is_shown_what_is_between_them_and_the_company(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(connector, "export_person")
        person = samples.person_number()
        own, other = (
            self._deal(connector, sandbox, person, number) for number in (samples.TRACKING_NUMBER, OTHER_COMPANY)
        )
        shown = self._shown(connector, phone_numbers=(person,), tracking_numbers=(samples.TRACKING_NUMBER,))
        assert own.call_id in shown, "the call to the company is not shown"
        assert not [each for each in (OTHER_COMPANY, other.call_id, other.recording_id, other.word) if each in shown], (
            "a record of another company was shown"
        )

    def test_a_person_is_erased_at_the_company_that_was_asked(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "erase_person")
        person = samples.person_number()
        own, other = (
            self._deal(connector, sandbox, person, number) for number in (samples.TRACKING_NUMBER, OTHER_COMPANY)
        )
        mine: JsonObject = {"phone_numbers": (person,), "tracking_numbers": (samples.TRACKING_NUMBER,)}
        statuses = set()
        for _ in range(2):
            done = ask(connector, PrivacyHooks.erase_person, person=_reference(connector, "erase_person", **mine))
            assert done.status != "impossible" or done.reason
            statuses.add(done.status)
        if own.recording_id in carrier_of(sandbox).recordings():
            # A carrier whose lists do not say whose a recording is finds it by the ids that the hub knows.
            assert "impossible" in statuses, "a recording stays, and nobody is told"
            mine["provider_ids"] = own.known
            ask(connector, PrivacyHooks.erase_person, person=_reference(connector, "erase_person", **mine))
        kept = carrier_of(sandbox).recordings()
        assert other.recording_id in kept, "the recording of another company was deleted: it may be under a legal hold"
        assert own.recording_id not in kept, "the company's own recording is still there"
        _check_gone(own, sandbox, "impossible" in statuses)
        assert not other.ids - held_by(sandbox), "a record of another company was deleted: it may be under a legal hold"
        need_hooks(connector, "export_person")
        theirs = self._shown(connector, phone_numbers=(person,), tracking_numbers=(OTHER_COMPANY,))
        assert other.call_id in theirs, "the call record of another company was deleted"

    def test_an_erasure_whose_reply_is_lost_is_finished_by_the_next_try(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        """What the carrier finds only by another record (a dialed leg by its call, a picture by its text) goes before it."""
        need_hooks(connector, "erase_person")
        _, requests, keeps = self._erase(connector, sandbox)
        for place in [at for at, request in enumerate(requests) if request.method == "DELETE"]:
            sandbox.fail_next(ALL_FAULTS["a reply that is lost"], after=place)
            reply, _, _ = self._erase(connector, sandbox, keeps)
            assert reply.is_retry(), f"a reply that is lost must become RetryLater, not {reply.error or reply.result}"

    def _erase(
        self, connector: Connector, sandbox: Sandbox, keeps: bool = False
    ) -> tuple[Reply, list[HeardRequest], bool]:
        """Erase a new person's records in two tries: the first reply, its requests, and whether the carrier keeps some."""
        person = samples.person_number()
        own = self._deal(connector, sandbox, person, samples.TRACKING_NUMBER)
        mine: JsonObject = {"phone_numbers": (person,), "tracking_numbers": (samples.TRACKING_NUMBER,)}
        request = _reference(connector, "erase_person", **mine, provider_ids=own.known)
        with heard(sandbox) as requests:
            reply = attempt(connector, PrivacyHooks.erase_person, person=request)
        sandbox.heal()
        done = ask(connector, PrivacyHooks.erase_person, person=request)
        keeps = keeps or "impossible" in (getattr(reply.result, "status", ""), done.status)
        _check_gone(own, sandbox, keeps)
        return reply, list(requests), keeps

    def test_without_a_number_of_the_company_only_records_that_it_knows_are_touched(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(connector, "export_person", "erase_person")
        person = samples.person_number()
        known, other = (
            self._deal(connector, sandbox, person, number) for number in (samples.TRACKING_NUMBER, OTHER_COMPANY)
        )
        assert not ask(
            connector,
            PrivacyHooks.export_person,
            person=_reference(connector, "export_person", phone_numbers=(person,)),
        ), "records were shown that nothing says are the company's"
        mine: JsonObject = {"phone_numbers": (person,), "provider_ids": known.known}
        shown = self._shown(connector, **mine)
        assert known.call_id in shown and other.call_id not in shown
        ask(connector, PrivacyHooks.erase_person, person=_reference(connector, "erase_person", **mine))
        kept = carrier_of(sandbox).recordings()
        assert known.recording_id not in kept and other.recording_id in kept

    def _deal(self, connector: Connector, sandbox: Sandbox, person: str, number: str) -> Dealings:
        before = held_by(sandbox)
        board = Switchboard(
            connector, sandbox, {("ringing", ""): (Dial(numbers=(samples.DIAL,), record=True, mark="v1.sales"),)}
        )
        board.place(caller_number=person, tracking_number=number)
        recording_id = next(event.recording_id for event in board.events if event.recording_id)
        word = samples.key("word")
        request = carrier_of(sandbox).message_webhook(person, number, word, connector.services.webhook_url, [PICTURE])
        (text,) = ask(connector, CallHooks.parse_webhook, request=request)
        assert isinstance(text, MessageEvent), "the webhook of a text is read as something else"
        return Dealings(board.call_id, recording_id, text.message_id, word, held_by(sandbox) - before)

    def _shown(self, connector: Connector, **names: Any) -> str:
        held: list[HeldRecord] = list(
            ask(connector, PrivacyHooks.export_person, person=_reference(connector, "export_person", **names))
        )
        return repr([(record.record_id, dict(record.fields)) for record in held])


def _check_gone(own: Dealings, sandbox: Sandbox, keeps: bool) -> None:
    assert own.recording_id not in carrier_of(sandbox).recordings(), "the company's own recording is still there"
    if not keeps:
        need_held_ids(sandbox)
    left = own.ids & held_by(sandbox)
    assert keeps or not left, (
        f"erase_person says `erased`, but {len(left)} of {len(own.ids)} records are still there: erase the dialed legs "
        "before their call and the pictures before their text"
    )


def _reference(connector: Connector, hook: str, **names: Any) -> PersonReference:
    return disclose(PersonReference(**names), connector.manifest, hook).value

"""What a carrier plugin must prove of calls that follow the hub's own documents, from the first ring to the end."""

from __future__ import annotations

from datetime import timedelta

from hub.contracts.answers import ACCEPT_KEY, AskToAccept, Dial, Gather, HangUp, Say, TakeMessage
from hub.contracts.connector import Connector
from hub.contracts.sandbox import Sandbox
from hub.hookspecs import CallHooks
from hub.testing import samples
from hub.testing.asking import ask
from hub.testing.factories import FrozenClock
from hub.testing.switchboard import Script, Switchboard, carrier_of, need_abilities
from hub.testing.wire import WireConformance

GREETING = Say(text="Thank you for calling Example Plumbing.")
SALES = Dial(numbers=(samples.DIAL,), ring_seconds=20, mark="v1.sales")
MENU = Gather(prompts=(Say(text="For sales press 1."),), seconds=6, mark="v1.menu")
NIGHT = TakeMessage(longest=90, mark="v1.night")


class PlacedCallConformance(WireConformance):
    """The hub decides what a caller hears, which phones ring and what is recorded; the carrier asks again at each turn."""

    def test_a_greeting_is_heard_and_the_business_rings(self, connector: Connector, sandbox: Sandbox) -> None:
        board = Switchboard(connector, sandbox, {("ringing", ""): (GREETING, SALES)})
        call = board.place(talk=timedelta(seconds=75))
        assert board.heard == [GREETING.text]
        assert board.questions() == [("ringing", ""), ("dial_ended", "v1.sales")], board.questions()
        assert board.points[-1].answered, "a dial that a person picked up is answered"
        assert board.first("answered").answered_by == samples.DIAL
        assert (board.first("completed").duration or 0) >= 75
        assert {event.call_id for event in board.events} == {board.call_id}, "all events of a call have its id"
        assert {point.caller_number for point in board.points} == {call.caller_number}
        assert "recorded" not in board.kinds, "a call was recorded that nobody asked to record"

    def test_every_webhook_of_a_placed_call_is_an_event_of_its_own(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        script: Script = {
            ("ringing", ""): (MENU,),
            ("digits", "v1.menu"): (SALES,),
            ("dial_ended", "v1.sales"): (NIGHT,),
        }
        if not self._able(connector, "gather", "message"):
            script = {("ringing", ""): (SALES,)}
        for outcome in ("answered", "voicemail", "abandoned"):
            board = Switchboard(connector, sandbox, script)
            board.place(outcome=outcome, keys=("1",))
            assert len(set(board.keys)) == len(board.keys), "two events share a key, so one of them would be lost"
            times = [request.received_at for request in board.requests]
            assert times == sorted(times), "webhooks come in the order of their times"

    def test_where_nobody_picks_up_the_hub_says_what_comes_next(self, connector: Connector, sandbox: Sandbox) -> None:
        other = Dial(numbers=(samples.OTHER_DIAL,), mark="v1.second")
        script: Script = {("ringing", ""): (SALES,), ("dial_ended", "v1.sales"): (other,)}
        board = Switchboard(connector, sandbox, script)
        board.place(answering_number=samples.OTHER_DIAL)
        assert board.questions() == [("ringing", ""), ("dial_ended", "v1.sales"), ("dial_ended", "v1.second")]
        assert [point.answered for point in board.points] == [False, False, True]
        assert board.first("answered").answered_by == samples.OTHER_DIAL

    def test_a_menu_hands_on_the_keys_that_the_caller_presses(self, connector: Connector, sandbox: Sandbox) -> None:
        need_abilities(connector, "gather")
        script: Script = {("ringing", ""): (MENU,), ("digits", "v1.menu"): (SALES,)}
        for keys, digits in ((("2",), "2"), (("",), ""), ((), "")):
            board = Switchboard(connector, sandbox, script)
            board.place(keys=keys)
            assert board.questions()[:2] == [("ringing", ""), ("digits", "v1.menu")], "after a menu the hub is asked"
            assert board.points[1].digits == digits, f"pressed was {digits!r}, the hub got {board.points[1].digits!r}"
            assert board.heard == ["For sales press 1."]
            assert "answered" in board.kinds

    def test_a_menu_hears_the_hash_where_it_is_one_of_its_keys(self, connector: Connector, sandbox: Sandbox) -> None:
        need_abilities(connector, "gather", "gather_hash")
        board = Switchboard(connector, sandbox, {("ringing", ""): (Gather(hash_key=True, mark="v1.menu"),)})
        board.place(keys=("#",))
        assert [point.digits for point in board.points] == ["", "#"]

    def test_a_caller_who_hangs_up_in_a_menu_leaves_an_unanswered_call(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        need_abilities(connector, "gather")
        board = Switchboard(connector, sandbox, {("ringing", ""): (MENU,), ("digits", "v1.menu"): (SALES,)})
        call = board.place(keys=(None,))
        assert board.questions() == [("ringing", "")], "nobody is there any more to be asked"
        assert board.heard == ["For sales press 1."]
        assert "answered" not in board.kinds and board.kinds & {"completed", "failed"}
        assert {event.caller_number for event in board.events} == {call.caller_number}

    def test_a_menu_takes_as_many_keys_as_it_wants(self, connector: Connector, sandbox: Sandbox) -> None:
        need_abilities(connector, "gather")
        board = Switchboard(connector, sandbox, {("ringing", ""): (Gather(most_digits=4, mark="v1.code"),)})
        board.place(keys=("1234",))
        assert board.points[1].digits == "1234"

    def test_the_person_who_picks_up_hears_the_whisper_and_the_caller_does_not(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        need_abilities(connector, "whisper")
        whispering = Dial(numbers=(samples.DIAL,), whisper=True, mark="v1.sales")
        secret = Say(text="Call from Spring flyer.")
        board = Switchboard(
            connector, sandbox, {("ringing", ""): (GREETING, whispering), ("whisper", "v1.sales"): (secret,)}
        )
        board.place()
        assert ("whisper", "v1.sales") in board.questions(), "nobody asks what the answering person hears"
        assert board.heard == [GREETING.text]
        assert board.points[-1].answered, "after a whisper the two are connected"

    def test_only_a_person_who_presses_the_key_takes_the_call(self, connector: Connector, sandbox: Sandbox) -> None:
        need_abilities(connector, "accept")
        asking = Dial(numbers=(samples.DIAL,), whisper=True, accept_key=ACCEPT_KEY, mark="v1.sales")
        question = AskToAccept(prompts=(Say(text="Press 1 to take this call."),), mark="v1.sales")
        script: Script = {("ringing", ""): (asking,), ("whisper", "v1.sales"): (question,), ("accept", "v1.sales"): ()}
        taken = Switchboard(connector, sandbox, script)
        taken.place()
        assert taken.first("answered").answered_by == samples.DIAL
        assert taken.points[-1].moment == "dial_ended" and taken.points[-1].answered
        keys = [point.digits for point in taken.points if point.moment == "accept"]
        assert keys in ([], [ACCEPT_KEY]), "the hub is asked at most one time, with the key that was pressed"
        voicemail = Switchboard(connector, sandbox, script)
        voicemail.place(accepts=False)
        assert "answered" not in voicemail.kinds, "a voicemail that picked up is no person"
        assert voicemail.questions()[-1] == ("dial_ended", "v1.sales"), "the caller is not led on"
        assert not voicemail.points[-1].connected

    def test_of_several_phones_the_one_that_picks_up_answers(self, connector: Connector, sandbox: Sandbox) -> None:
        need_abilities(connector, "dial_several")
        team = Dial(numbers=(samples.DIAL, samples.OTHER_DIAL), mark="v1.team")
        board = Switchboard(connector, sandbox, {("ringing", ""): (team,)})
        board.place(answering_number=samples.OTHER_DIAL)
        assert board.questions() == [("ringing", ""), ("dial_ended", "v1.team")], "one dial ends once"
        assert board.points[-1].answered
        assert {event.answered_by for event in board.events if event.kind == "answered"} == {samples.OTHER_DIAL}

    def test_a_message_is_taken_where_nobody_answers(self, connector: Connector, sandbox: Sandbox) -> None:
        need_abilities(connector, "message")
        script: Script = {("ringing", ""): (SALES,), ("dial_ended", "v1.sales"): (GREETING, NIGHT)}
        board = Switchboard(connector, sandbox, script)
        board.place(outcome="voicemail", talk=timedelta(seconds=20))
        left = board.first("voicemail")
        assert left.recording_id and left.recording_url
        assert board.heard == [GREETING.text]
        assert "answered" not in board.kinds, "a message that was left is no person who picked up"
        assert ("message_left", "v1.night") in board.questions() or board.questions()[-1] == ("dial_ended", "v1.sales")

    def test_a_caller_who_gives_up_leaves_an_unanswered_call(self, connector: Connector, sandbox: Sandbox) -> None:
        board = Switchboard(connector, sandbox, {("ringing", ""): (SALES,), ("dial_ended", "v1.sales"): (GREETING,)})
        board.place(outcome="abandoned")
        assert "answered" not in board.kinds and board.kinds & {"completed", "failed"}
        assert board.heard == [], "nobody is there any more to hear it"

    def test_a_hub_that_hangs_up_ends_the_call(self, connector: Connector, sandbox: Sandbox) -> None:
        board = Switchboard(connector, sandbox, {("ringing", ""): (GREETING, HangUp())})
        board.place()
        assert board.heard == [GREETING.text] and not board.kinds & {"answered", "not_answered"}
        assert board.kinds & {"completed", "failed"}

    def test_a_call_that_the_hub_rejects_is_answered_by_nobody(self, connector: Connector, sandbox: Sandbox) -> None:
        board = Switchboard(connector, sandbox, {("ringing", ""): (HangUp(reject=True),)})
        board.place()
        assert board.heard == [] and not board.kinds & {"answered", "voicemail"}
        assert board.kinds & {"completed", "failed"}

    def test_a_caller_in_a_circle_gives_up_some_time(self, connector: Connector, sandbox: Sandbox) -> None:
        board = Switchboard(connector, sandbox, {("ringing", ""): (SALES,), ("dial_ended", "v1.sales"): (SALES,)})
        board.place(answering_number=samples.OTHER_DIAL)
        assert board.kinds & {"completed", "failed"}

    def test_a_hub_that_does_not_answer_ends_the_call(self, connector: Connector, sandbox: Sandbox) -> None:
        call = samples.simulated_call(connector.services.clock())
        call_id = carrier_of(sandbox).place_call(call, connector.services.webhook_url, lambda request: None)
        assert list(carrier_of(sandbox).spoken(call_id)) == []

    def test_a_placed_call_is_in_the_call_list(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        since = clock()
        for outcome in ("answered", "abandoned"):
            board = Switchboard(connector, sandbox, {("ringing", ""): (SALES,)})
            board.place(outcome=outcome)
            clock.advance(hours=1)
            listed = [e for e in ask(connector, CallHooks.list_calls, since=since) if e.call_id == board.call_id]
            final_kinds = {"completed", "failed"} & board.kinds
            assert {event.kind for event in listed} & {"completed", "failed"} == final_kinds
            assert ("answered" in {event.kind for event in listed}) == ("answered" in board.kinds)
            durations = {event.duration for event in listed if event.kind == "completed"}
            assert durations == {event.duration for event in board.events if event.kind == "completed"}

    @staticmethod
    def _able(connector: Connector, *abilities: str) -> bool:
        return set(abilities) <= set(connector.manifest.abilities)

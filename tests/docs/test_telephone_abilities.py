"""The abilities that telephone people expect on the first day: each one that docs/flows.md offers has tests that show it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADING = "## What callers and phones can do"
TWILIO = "tests/callflow/test_documents_of_carriers.py::test_the_vendors_own_classes_take_every_document_of_every_step"
"""Each step as Twilio's own library builds it."""
SHOWN = {
    "press a key to take a forwarded call": (
        "tests/plugins/carriers/sip/test_sip_gateway_takers.py::test_a_voicemail_never_takes_the_call_of_a_ring_group_that_asks_for_a_key",
        "tests/plugins/carriers/twilio/test_twilio_twiml.py::test_a_call_that_a_key_takes_is_a_gather_that_ends_the_leg_without_the_key",
    ),
    "keys through the conversation": (
        "tests/journey/test_sip_interop.py::test_keys_pass_through_a_conversation_both_ways",
    ),
    "transfer by the person who answered, blind and attended": (
        "tests/journey/test_sip_phones.py::test_a_blind_transfer_connects_the_caller_with_somebody_else",
        "tests/journey/test_sip_phones.py::test_an_attended_transfer_connects_the_caller_with_the_one_who_was_asked",
    ),
    "queue with music, place, agents and hours": (
        "tests/answering/test_queues.py::test_fifty_callers_and_five_agents_in_an_hour_with_kills_of_hub_and_gateway",
        "tests/plugins/carriers/sip/test_sip_gateway_holds.py::test_a_caller_keeps_waiting_while_the_hub_is_away_and_is_connected_when_it_is_back",
        TWILIO,
    ),
    "your own phones ring": (
        "tests/journey/test_sip_phones.py::test_a_phone_signs_in_and_a_flow_rings_it_with_encrypted_sound",
        "tests/browser/test_phone_in_the_browser.py::test_a_call_rings_in_the_page_is_answered_with_sound_and_ends",
    ),
    "greeting uploaded or recorded in the browser, or recorded by phone": (
        "tests/web/test_voicemail_by_phone.py::test_a_person_records_the_greeting_of_their_voicemail_by_phone_after_the_pin",
        "tests/journey/test_sip_real_calls.py::test_a_person_records_the_greeting_of_their_voicemail_by_phone_and_callers_hear_it",
        "tests/web/pages/test_greetings_page.py::test_a_greeting_is_uploaded_chosen_published_and_served_to_carriers_even_without_a_database",
        "tests/browser/test_recording_a_greeting.py::test_a_greeting_is_recorded_in_the_browser_and_stored_for_the_telephone",
    ),
    "ring in sequence, further phones after a while": (
        "tests/callflow/test_walk.py::test_a_round_robin_tries_each_phone_once",
        "tests/callflow/test_who_takes_the_call.py::test_more_phones_ring_when_nobody_has_answered_for_a_while",
        TWILIO,
    ),
    "busy and no answer as two ways": (
        "tests/callflow/test_who_takes_the_call.py::test_busy_and_no_answer_are_two_ways_out_and_everything_else_is_unanswered",
        "tests/journey/test_sip_real_calls.py::test_a_busy_or_silent_phone_leads_to_what_the_flow_says",
    ),
    "voicemail by email with sound and text": (
        "tests/alerts/test_voicemail_mails.py::test_the_sound_and_the_transcript_come_with_the_day_by_which_the_mail_is_to_be_deleted",
    ),
    "voicemail boxes with a PIN and a greeting for each person": (
        "tests/web/test_voicemail_by_phone.py::test_a_person_hears_the_messages_of_their_voicemail_by_phone_after_the_pin_and_nobody_else_does",
        TWILIO,
    ),
    "keep my place and call me back": (
        "tests/delivery/test_queue_call_backs.py::test_who_keeps_the_place_is_called_back_in_turn_before_those_who_came_later",
    ),
    "music on hold": ("tests/journey/test_sip_phones.py::test_a_caller_on_hold_hears_music_until_the_phone_resumes",),
    "other ways for callers on a list, or by the contact's owner in the CRM": (
        "tests/web/test_call_flows.py::test_a_call_goes_by_the_list_that_its_caller_is_on_by_the_owner_of_the_contact_and_by_a_zip_code",
    ),
    "ways by a ZIP code that is typed": (
        "tests/callflow/test_who_calls.py::test_the_longest_beginning_of_a_zip_code_leads_on_and_the_record_has_three_digits",
        TWILIO,
    ),
    "A/B of greetings, shares of callers": (
        "tests/web/test_call_flows.py::test_the_ways_of_a_split_are_compared_by_what_became_of_their_calls",
    ),
    "hours, holidays, special dates": (
        "tests/callflow/test_open_now.py::test_a_public_holiday_closes_and_is_named",
        "tests/callflow/test_walk.py::test_days_of_ones_own_win_over_holidays_and_week_days",
    ),
    "recording by the law of each place, the notice kept": (
        "tests/web/test_call_flows.py::test_the_question_names_every_place_of_the_caller_and_the_business",
        "tests/web/test_call_flows.py::test_where_the_notice_cannot_be_stored_the_call_is_connected_unrecorded",
    ),
    "drafts, versions, simulation, back to an earlier one": (
        "tests/web/pages/test_publishing_flows.py::test_a_flow_is_edited_simulated_published_and_called",
        "tests/web/pages/test_publishing_flows.py::test_an_earlier_version_is_published_again",
    ),
    "block list, spam score, challenge": (
        "tests/marks/test_screened_calls.py::test_a_blocked_caller_is_rejected_before_it_rings_and_the_call_is_kept_with_its_reason",
        "tests/marks/test_screened_calls.py::test_a_caller_who_cannot_be_asked_for_a_key_gets_through",
    ),
}


@cache
def rows() -> dict[str, list[str]]:
    """The rows of the table: ability to what is said of SIP, of Twilio, and how or why not."""
    table = (ROOT / "docs/flows.md").read_text().partition(HEADING)[2].partition("\n## ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines() if line.startswith("| ")
    ]
    return {ability: said for ability, *said in cells[1:]}


def test_what_is_offered_is_what_tests_show_and_the_rest_has_its_reason() -> None:
    offered = {ability for ability, (sip, twilio, _) in rows().items() if (sip, twilio) != ("no", "no")}
    assert len(rows()) == 21 and offered == set(SHOWN)
    assert all(len(why) > 40 for sip, twilio, why in rows().values() if "no" in (sip, twilio))


@pytest.mark.parametrize("test", sorted({each for tests in SHOWN.values() for each in tests}))
def test_a_test_that_shows_an_ability_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()

"""The fields of each record: those that are always sent, and those that a client gets if it asks for them by `fields=`.

Strict clients refuse a key that they do not know, so nothing else is ever sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldSet:
    """The fields of one kind of record, in the order in which they are sent."""

    default: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def chosen(self, wanted: Iterable[str] = ()) -> tuple[str, ...]:
        """The default fields and those of `wanted` that exist; others are ignored."""
        request = set(wanted)
        return (*self.default, *(name for name in self.optional if name in request))

    @property
    def all(self) -> tuple[str, ...]:
        """Every field."""
        return (*self.default, *self.optional)


def words(text: str) -> tuple[str, ...]:
    """The names in a text."""
    return tuple(text.split())


CALL = FieldSet(
    words(
        "answered business_phone_number customer_city customer_country customer_name customer_phone_number "
        "customer_state direction duration id recording recording_duration recording_player start_time "
        "tracking_phone_number voicemail"
    ),
    words(
        "call_type company_id company_name company_time_zone created_at device_type first_call formatted_call_type "
        "formatted_customer_location formatted_business_phone_number formatted_customer_name "
        "formatted_customer_name_or_phone_number formatted_customer_phone_number formatted_duration "
        "formatted_tracking_phone_number formatted_tracking_source formatted_value good_lead_call_id "
        "good_lead_call_time lead_status note source source_name tags total_calls prior_calls value tracker_id "
        "keywords medium campaign referring_url landing_page_url last_requested_url referrer_domain utm_source "
        "utm_medium utm_term utm_content utm_campaign utma utmb utmc utmv utmz ga gclid fbclid msclkid milestones "
        "timeline_url keywords_spotted call_highlights call_summary sentiment agent_email keypad_entries zip_code "
        "person_id waveforms speaker_percent transcription conversational_transcript detail_tags custom spam "
        "recording_redirect notice abandoned"
    ),
)
COMPANY = FieldSet(
    words(
        "id name status time_zone created_at disabled_at dni_active script_url callscore_enabled lead_scoring_enabled "
        "swap_exclude_jquery swap_ppc_override swap_landing_override swap_cookie_duration callscribe_enabled "
        "keyword_spotting_enabled form_capture"
    ),
    words("verified_caller_ids duration_unit"),
)
FORM_SUBMISSION = FieldSet(
    words(
        "id company_id person_id form_data form_url landing_page_url referrer referring_url submitted_at first_form "
        "customer_phone_number customer_name formatted_customer_phone_number formatted_customer_name source keywords "
        "campaign medium"
    ),
    words(
        "lead_status value note tags utm_source utm_medium utm_term utm_content utm_campaign form_name timeline_url "
        "milestones"
    ),
)
CONVERSATION = FieldSet(
    words(
        "id company_id initial_tracker_id current_tracker_id customer_name customer_phone_number "
        "initial_tracking_number current_tracking_number last_message_at state company_time_zone "
        "formatted_customer_phone_number formatted_initial_tracking_number formatted_current_tracking_number "
        "formatted_customer_name recent_messages"
    ),
    words("tracker_name company_name lead_status source tags notes value"),
)
ACCOUNT = FieldSet(words("id name outbound_recording_enabled hipaa_account numeric_id"))
USER = FieldSet(words("id email first_name last_name name role accepted created_at companies"))
TRACKER = FieldSet(
    words(
        "id name type status destination_number tracking_numbers sms_supported sms_enabled company source call_flow "
        "whisper_message swap_targets created_at disabled_at"
    )
)
TAG = FieldSet(words("id name tag_level color background_color company_id status created_at"))
LEAD = FieldSet(words("id name phone email company_id company_name created_at"))

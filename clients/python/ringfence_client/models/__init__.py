"""Contains all the data models used in inputs/outputs"""

from .add_tag_ringfence_version import AddTagRingfenceVersion
from .add_to_caller_list_ringfence_version import AddToCallerListRingfenceVersion
from .agent_state import AgentState
from .archive_body import ArchiveBody
from .archive_text_ringfence_version import ArchiveTextRingfenceVersion
from .archive_tracker_ringfence_version import ArchiveTrackerRingfenceVersion
from .attempt import Attempt
from .attribution import Attribution
from .audit_entries import AuditEntries
from .audit_entry import AuditEntry
from .buy_number_ringfence_version import BuyNumberRingfenceVersion
from .call import Call
from .call_back import CallBack
from .call_back_body import CallBackBody
from .call_backs import CallBacks
from .called_back import CalledBack
from .called_back_body import CalledBackBody
from .caller_entries import CallerEntries
from .caller_entry import CallerEntry
from .caller_entry_body import CallerEntryBody
from .calls import Calls
from .changed_tag_body import ChangedTagBody
from .changed_tag_body_color_type_0 import ChangedTagBodyColorType0
from .claim import Claim
from .companies import Companies
from .companies_report import CompaniesReport
from .companies_report_unassigned import CompaniesReportUnassigned
from .company import Company
from .company_figures import CompanyFigures
from .company_figures_costs import CompanyFiguresCosts
from .company_figures_won import CompanyFiguresWon
from .consent_record import ConsentRecord
from .consent_records import ConsentRecords
from .contact_kind import ContactKind
from .contact_refusals import ContactRefusals
from .copy import Copy
from .cost_report import CostReport
from .cost_report_line import CostReportLine
from .cost_report_line_costs import CostReportLineCosts
from .cost_report_line_won import CostReportLineWon
from .cost_report_unassigned import CostReportUnassigned
from .cost_return import CostReturn
from .create_call_back_ringfence_version import CreateCallBackRingfenceVersion
from .create_greeting_ringfence_version import CreateGreetingRingfenceVersion
from .create_note_ringfence_version import CreateNoteRingfenceVersion
from .create_recording_link_purpose import CreateRecordingLinkPurpose
from .create_recording_link_ringfence_version import CreateRecordingLinkRingfenceVersion
from .create_refusal_ringfence_version import CreateRefusalRingfenceVersion
from .create_tag_ringfence_version import CreateTagRingfenceVersion
from .create_tracker_ringfence_version import CreateTrackerRingfenceVersion
from .decide_doubtful_refusal_ringfence_version import (
    DecideDoubtfulRefusalRingfenceVersion,
)
from .decision import Decision
from .decision_body import DecisionBody
from .decision_body_decision import DecisionBodyDecision
from .delete_greeting_ringfence_version import DeleteGreetingRingfenceVersion
from .delete_note_ringfence_version import DeleteNoteRingfenceVersion
from .delete_tag_ringfence_version import DeleteTagRingfenceVersion
from .deliveries import Deliveries
from .delivery import Delivery
from .delivery_page import DeliveryPage
from .doubtful_refusal import DoubtfulRefusal
from .doubtful_refusals import DoubtfulRefusals
from .end_call_recording_ringfence_version import EndCallRecordingRingfenceVersion
from .event_replay import EventReplay
from .event_replay_body import EventReplayBody
from .event_replay_body_states_item import EventReplayBodyStatesItem
from .form import Form
from .forms import Forms
from .get_agents_report_ringfence_version import GetAgentsReportRingfenceVersion
from .get_call_ringfence_version import GetCallRingfenceVersion
from .get_companies_report_ringfence_version import GetCompaniesReportRingfenceVersion
from .get_costs_report_by import GetCostsReportBy
from .get_costs_report_model import GetCostsReportModel
from .get_costs_report_ringfence_version import GetCostsReportRingfenceVersion
from .get_greeting_sound_ringfence_version import GetGreetingSoundRingfenceVersion
from .get_hours_report_ringfence_version import GetHoursReportRingfenceVersion
from .get_marks_ringfence_version import GetMarksRingfenceVersion
from .get_privacy_request_file_ringfence_version import (
    GetPrivacyRequestFileRingfenceVersion,
)
from .get_privacy_request_ringfence_version import GetPrivacyRequestRingfenceVersion
from .get_queues_ringfence_version import GetQueuesRingfenceVersion
from .get_refusals_ringfence_version import GetRefusalsRingfenceVersion
from .get_report_dimension import GetReportDimension
from .get_report_model import GetReportModel
from .get_report_ringfence_version import GetReportRingfenceVersion
from .get_signals_report_ringfence_version import GetSignalsReportRingfenceVersion
from .get_text_body_ringfence_version import GetTextBodyRingfenceVersion
from .get_trackers_report_ringfence_version import GetTrackersReportRingfenceVersion
from .get_transcript_ringfence_version import GetTranscriptRingfenceVersion
from .get_weekdays_report_ringfence_version import GetWeekdaysReportRingfenceVersion
from .get_weeks_report_ringfence_version import GetWeeksReportRingfenceVersion
from .greeting import Greeting
from .greeting_sound import GreetingSound
from .greetings import Greetings
from .health import Health
from .insight import Insight
from .lead import Lead
from .lead_body import LeadBody
from .lead_mark import LeadMark
from .lead_recipient import LeadRecipient
from .lead_status import LeadStatus
from .leads import Leads
from .link import Link
from .list_audit_entries_ringfence_version import ListAuditEntriesRingfenceVersion
from .list_call_backs_ringfence_version import ListCallBacksRingfenceVersion
from .list_call_deliveries_ringfence_version import ListCallDeliveriesRingfenceVersion
from .list_caller_lists_ringfence_version import ListCallerListsRingfenceVersion
from .list_calls_consent import ListCallsConsent
from .list_calls_first_time import ListCallsFirstTime
from .list_calls_lead import ListCallsLead
from .list_calls_outcome import ListCallsOutcome
from .list_calls_recording import ListCallsRecording
from .list_calls_ringfence_version import ListCallsRingfenceVersion
from .list_calls_sent import ListCallsSent
from .list_calls_spam import ListCallsSpam
from .list_companies_ringfence_version import ListCompaniesRingfenceVersion
from .list_consent_ringfence_version import ListConsentRingfenceVersion
from .list_deliveries_ringfence_version import ListDeliveriesRingfenceVersion
from .list_deliveries_state import ListDeliveriesState
from .list_doubtful_refusals_ringfence_version import (
    ListDoubtfulRefusalsRingfenceVersion,
)
from .list_forms_consent import ListFormsConsent
from .list_forms_first_time import ListFormsFirstTime
from .list_forms_lead import ListFormsLead
from .list_forms_ringfence_version import ListFormsRingfenceVersion
from .list_forms_sent import ListFormsSent
from .list_forms_spam import ListFormsSpam
from .list_greetings_ringfence_version import ListGreetingsRingfenceVersion
from .list_leads_consent import ListLeadsConsent
from .list_leads_first_time import ListLeadsFirstTime
from .list_leads_outcome import ListLeadsOutcome
from .list_leads_recording import ListLeadsRecording
from .list_leads_ringfence_version import ListLeadsRingfenceVersion
from .list_leads_sent import ListLeadsSent
from .list_numbers_ringfence_version import ListNumbersRingfenceVersion
from .list_privacy_requests_kind import ListPrivacyRequestsKind
from .list_privacy_requests_ringfence_version import ListPrivacyRequestsRingfenceVersion
from .list_report_emails_ringfence_version import ListReportEmailsRingfenceVersion
from .list_saved_reports_ringfence_version import ListSavedReportsRingfenceVersion
from .list_tags_ringfence_version import ListTagsRingfenceVersion
from .list_texts_direction import ListTextsDirection
from .list_texts_ringfence_version import ListTextsRingfenceVersion
from .list_trackers_ringfence_version import ListTrackersRingfenceVersion
from .list_visits_known import ListVisitsKnown
from .list_visits_ringfence_version import ListVisitsRingfenceVersion
from .list_waiting_callers_ringfence_version import ListWaitingCallersRingfenceVersion
from .list_webhook_events_ringfence_version import ListWebhookEventsRingfenceVersion
from .list_webhooks_ringfence_version import ListWebhooksRingfenceVersion
from .listed_delivery import ListedDelivery
from .marked_lead import MarkedLead
from .marks import Marks
from .message_status import MessageStatus
from .name_body import NameBody
from .new_caller_entry import NewCallerEntry
from .new_tag_body import NewTagBody
from .new_tag_body_color import NewTagBodyColor
from .new_tracker_body import NewTrackerBody
from .new_tracker_body_type import NewTrackerBodyType
from .note import Note
from .note_body import NoteBody
from .note_text import NoteText
from .number import Number
from .number_order_body import NumberOrderBody
from .number_type import NumberType
from .numbers import Numbers
from .page_view import PageView
from .privacy_request import PrivacyRequest
from .privacy_request_detail import PrivacyRequestDetail
from .privacy_request_detail_outcome import PrivacyRequestDetailOutcome
from .privacy_requests import PrivacyRequests
from .problem import Problem
from .problem_code import ProblemCode
from .queue_agent import QueueAgent
from .queue_agent_doing import QueueAgentDoing
from .queue_figures import QueueFigures
from .queue_sign_body import QueueSignBody
from .queue_wait import QueueWait
from .queue_wait_state import QueueWaitState
from .queued_text import QueuedText
from .queues import Queues
from .recording import Recording
from .recording_end import RecordingEnd
from .recording_end_outcome import RecordingEndOutcome
from .refusal_body import RefusalBody
from .refusal_body_refused import RefusalBodyRefused
from .release_number_ringfence_version import ReleaseNumberRingfenceVersion
from .remove_from_caller_list_ringfence_version import (
    RemoveFromCallerListRingfenceVersion,
)
from .remove_tag_ringfence_version import RemoveTagRingfenceVersion
from .replace_greeting_ringfence_version import ReplaceGreetingRingfenceVersion
from .replay_body import ReplayBody
from .replay_delivery_ringfence_version import ReplayDeliveryRingfenceVersion
from .replay_webhook_events_ringfence_version import ReplayWebhookEventsRingfenceVersion
from .report import Report
from .report_email import ReportEmail
from .report_emails import ReportEmails
from .report_line import ReportLine
from .report_line_amounts import ReportLineAmounts
from .report_line_numbers import ReportLineNumbers
from .report_line_ratios import ReportLineRatios
from .report_line_won import ReportLineWon
from .request_state import RequestState
from .rest_number_ringfence_version import RestNumberRingfenceVersion
from .saved_report import SavedReport
from .saved_reports import SavedReports
from .send_report_email_ringfence_version import SendReportEmailRingfenceVersion
from .send_saved_report_ringfence_version import SendSavedReportRingfenceVersion
from .send_text_ringfence_version import SendTextRingfenceVersion
from .set_called_back_ringfence_version import SetCalledBackRingfenceVersion
from .set_lead_ringfence_version import SetLeadRingfenceVersion
from .set_name_ringfence_version import SetNameRingfenceVersion
from .set_spam_ringfence_version import SetSpamRingfenceVersion
from .sign_queue_agent_ringfence_version import SignQueueAgentRingfenceVersion
from .signal import Signal
from .spam import Spam
from .spam_body import SpamBody
from .spam_reason import SpamReason
from .spam_score import SpamScore
from .subject import Subject
from .table_report import TableReport
from .table_report_columns import TableReportColumns
from .table_report_lines_item import TableReportLinesItem
from .tag_body import TagBody
from .tag_definition import TagDefinition
from .tag_definitions import TagDefinitions
from .tags import Tags
from .text import Text
from .text_body import TextBody
from .text_content import TextContent
from .texts import Texts
from .tracker import Tracker
from .tracker_body import TrackerBody
from .tracker_type import TrackerType
from .trackers import Trackers
from .transcript import Transcript
from .transcript_part import TranscriptPart
from .update_tag_ringfence_version import UpdateTagRingfenceVersion
from .update_tracker_ringfence_version import UpdateTrackerRingfenceVersion
from .visit import Visit
from .visits import Visits
from .waiting_caller import WaitingCaller
from .waiting_callers import WaitingCallers
from .webhook import Webhook
from .webhook_event import WebhookEvent
from .webhook_event_state import WebhookEventState
from .webhook_events import WebhookEvents
from .webhooks import Webhooks

__all__ = (
    "AddTagRingfenceVersion",
    "AddToCallerListRingfenceVersion",
    "AgentState",
    "ArchiveBody",
    "ArchiveTextRingfenceVersion",
    "ArchiveTrackerRingfenceVersion",
    "Attempt",
    "Attribution",
    "AuditEntries",
    "AuditEntry",
    "BuyNumberRingfenceVersion",
    "Call",
    "CallBack",
    "CallBackBody",
    "CallBacks",
    "CalledBack",
    "CalledBackBody",
    "CallerEntries",
    "CallerEntry",
    "CallerEntryBody",
    "Calls",
    "ChangedTagBody",
    "ChangedTagBodyColorType0",
    "Claim",
    "Companies",
    "CompaniesReport",
    "CompaniesReportUnassigned",
    "Company",
    "CompanyFigures",
    "CompanyFiguresCosts",
    "CompanyFiguresWon",
    "ConsentRecord",
    "ConsentRecords",
    "ContactKind",
    "ContactRefusals",
    "Copy",
    "CostReport",
    "CostReportLine",
    "CostReportLineCosts",
    "CostReportLineWon",
    "CostReportUnassigned",
    "CostReturn",
    "CreateCallBackRingfenceVersion",
    "CreateGreetingRingfenceVersion",
    "CreateNoteRingfenceVersion",
    "CreateRecordingLinkPurpose",
    "CreateRecordingLinkRingfenceVersion",
    "CreateRefusalRingfenceVersion",
    "CreateTagRingfenceVersion",
    "CreateTrackerRingfenceVersion",
    "DecideDoubtfulRefusalRingfenceVersion",
    "Decision",
    "DecisionBody",
    "DecisionBodyDecision",
    "DeleteGreetingRingfenceVersion",
    "DeleteNoteRingfenceVersion",
    "DeleteTagRingfenceVersion",
    "Deliveries",
    "Delivery",
    "DeliveryPage",
    "DoubtfulRefusal",
    "DoubtfulRefusals",
    "EndCallRecordingRingfenceVersion",
    "EventReplay",
    "EventReplayBody",
    "EventReplayBodyStatesItem",
    "Form",
    "Forms",
    "GetAgentsReportRingfenceVersion",
    "GetCallRingfenceVersion",
    "GetCompaniesReportRingfenceVersion",
    "GetCostsReportBy",
    "GetCostsReportModel",
    "GetCostsReportRingfenceVersion",
    "GetGreetingSoundRingfenceVersion",
    "GetHoursReportRingfenceVersion",
    "GetMarksRingfenceVersion",
    "GetPrivacyRequestFileRingfenceVersion",
    "GetPrivacyRequestRingfenceVersion",
    "GetQueuesRingfenceVersion",
    "GetRefusalsRingfenceVersion",
    "GetReportDimension",
    "GetReportModel",
    "GetReportRingfenceVersion",
    "GetSignalsReportRingfenceVersion",
    "GetTextBodyRingfenceVersion",
    "GetTrackersReportRingfenceVersion",
    "GetTranscriptRingfenceVersion",
    "GetWeekdaysReportRingfenceVersion",
    "GetWeeksReportRingfenceVersion",
    "Greeting",
    "Greetings",
    "GreetingSound",
    "Health",
    "Insight",
    "Lead",
    "LeadBody",
    "LeadMark",
    "LeadRecipient",
    "Leads",
    "LeadStatus",
    "Link",
    "ListAuditEntriesRingfenceVersion",
    "ListCallBacksRingfenceVersion",
    "ListCallDeliveriesRingfenceVersion",
    "ListCallerListsRingfenceVersion",
    "ListCallsConsent",
    "ListCallsFirstTime",
    "ListCallsLead",
    "ListCallsOutcome",
    "ListCallsRecording",
    "ListCallsRingfenceVersion",
    "ListCallsSent",
    "ListCallsSpam",
    "ListCompaniesRingfenceVersion",
    "ListConsentRingfenceVersion",
    "ListDeliveriesRingfenceVersion",
    "ListDeliveriesState",
    "ListDoubtfulRefusalsRingfenceVersion",
    "ListedDelivery",
    "ListFormsConsent",
    "ListFormsFirstTime",
    "ListFormsLead",
    "ListFormsRingfenceVersion",
    "ListFormsSent",
    "ListFormsSpam",
    "ListGreetingsRingfenceVersion",
    "ListLeadsConsent",
    "ListLeadsFirstTime",
    "ListLeadsOutcome",
    "ListLeadsRecording",
    "ListLeadsRingfenceVersion",
    "ListLeadsSent",
    "ListNumbersRingfenceVersion",
    "ListPrivacyRequestsKind",
    "ListPrivacyRequestsRingfenceVersion",
    "ListReportEmailsRingfenceVersion",
    "ListSavedReportsRingfenceVersion",
    "ListTagsRingfenceVersion",
    "ListTextsDirection",
    "ListTextsRingfenceVersion",
    "ListTrackersRingfenceVersion",
    "ListVisitsKnown",
    "ListVisitsRingfenceVersion",
    "ListWaitingCallersRingfenceVersion",
    "ListWebhookEventsRingfenceVersion",
    "ListWebhooksRingfenceVersion",
    "MarkedLead",
    "Marks",
    "MessageStatus",
    "NameBody",
    "NewCallerEntry",
    "NewTagBody",
    "NewTagBodyColor",
    "NewTrackerBody",
    "NewTrackerBodyType",
    "Note",
    "NoteBody",
    "NoteText",
    "Number",
    "NumberOrderBody",
    "Numbers",
    "NumberType",
    "PageView",
    "PrivacyRequest",
    "PrivacyRequestDetail",
    "PrivacyRequestDetailOutcome",
    "PrivacyRequests",
    "Problem",
    "ProblemCode",
    "QueueAgent",
    "QueueAgentDoing",
    "QueuedText",
    "QueueFigures",
    "Queues",
    "QueueSignBody",
    "QueueWait",
    "QueueWaitState",
    "Recording",
    "RecordingEnd",
    "RecordingEndOutcome",
    "RefusalBody",
    "RefusalBodyRefused",
    "ReleaseNumberRingfenceVersion",
    "RemoveFromCallerListRingfenceVersion",
    "RemoveTagRingfenceVersion",
    "ReplaceGreetingRingfenceVersion",
    "ReplayBody",
    "ReplayDeliveryRingfenceVersion",
    "ReplayWebhookEventsRingfenceVersion",
    "Report",
    "ReportEmail",
    "ReportEmails",
    "ReportLine",
    "ReportLineAmounts",
    "ReportLineNumbers",
    "ReportLineRatios",
    "ReportLineWon",
    "RequestState",
    "RestNumberRingfenceVersion",
    "SavedReport",
    "SavedReports",
    "SendReportEmailRingfenceVersion",
    "SendSavedReportRingfenceVersion",
    "SendTextRingfenceVersion",
    "SetCalledBackRingfenceVersion",
    "SetLeadRingfenceVersion",
    "SetNameRingfenceVersion",
    "SetSpamRingfenceVersion",
    "Signal",
    "SignQueueAgentRingfenceVersion",
    "Spam",
    "SpamBody",
    "SpamReason",
    "SpamScore",
    "Subject",
    "TableReport",
    "TableReportColumns",
    "TableReportLinesItem",
    "TagBody",
    "TagDefinition",
    "TagDefinitions",
    "Tags",
    "Text",
    "TextBody",
    "TextContent",
    "Texts",
    "Tracker",
    "TrackerBody",
    "Trackers",
    "TrackerType",
    "Transcript",
    "TranscriptPart",
    "UpdateTagRingfenceVersion",
    "UpdateTrackerRingfenceVersion",
    "Visit",
    "Visits",
    "WaitingCaller",
    "WaitingCallers",
    "Webhook",
    "WebhookEvent",
    "WebhookEvents",
    "WebhookEventState",
    "Webhooks",
)

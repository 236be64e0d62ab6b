from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.attribution import Attribution
    from ..models.delivery import Delivery
    from ..models.note_text import NoteText
    from ..models.recording import Recording
    from ..models.signal import Signal
    from ..models.spam_score import SpamScore


T = TypeVar("T", bound="Call")


@_attrs_define
class Call:
    """One call; times are UTC, `duration` is in seconds. `attribution`, `recordings`, `notes` and `deliveries` are null if
    `expand` does not ask for them, or the role of the key's user does not see them.

        Attributes:
            answered_at (datetime.datetime | None):
            answered_by (None | str):
            answered_device (None | str):
            caller_number (None | str):
            company_id (str):
            duration (int | None):
            ended_at (datetime.datetime | None):
            failure (None | str):
            first_time_caller (bool | None):
            id (str):
            spam (bool):
            started_at (datetime.datetime):
            status (str):
            tracking_number (None | str):
            voicemail (bool):
            amount (None | str | Unset):
            attribution (Attribution | None | Unset):
            caller_name (None | str | Unset):
            campaign (None | str | Unset):
            currency (None | str | Unset):
            deliveries (list[Delivery] | None | Unset):
            keyword (None | str | Unset):
            landing_page (None | str | Unset):
            lead (None | str | Unset):
            medium (None | str | Unset):
            notes (list[NoteText] | None | Unset):
            outcome (None | str | Unset):
            recordings (list[Recording] | None | Unset):
            signals (list[Signal] | Unset):
            source (None | str | Unset):
            spam_score (None | SpamScore | Unset):
            tags (list[str] | Unset):
            tracker (None | str | Unset):
    """

    answered_at: datetime.datetime | None
    answered_by: None | str
    answered_device: None | str
    caller_number: None | str
    company_id: str
    duration: int | None
    ended_at: datetime.datetime | None
    failure: None | str
    first_time_caller: bool | None
    id: str
    spam: bool
    started_at: datetime.datetime
    status: str
    tracking_number: None | str
    voicemail: bool
    amount: None | str | Unset = UNSET
    attribution: Attribution | None | Unset = UNSET
    caller_name: None | str | Unset = UNSET
    campaign: None | str | Unset = UNSET
    currency: None | str | Unset = UNSET
    deliveries: list[Delivery] | None | Unset = UNSET
    keyword: None | str | Unset = UNSET
    landing_page: None | str | Unset = UNSET
    lead: None | str | Unset = UNSET
    medium: None | str | Unset = UNSET
    notes: list[NoteText] | None | Unset = UNSET
    outcome: None | str | Unset = UNSET
    recordings: list[Recording] | None | Unset = UNSET
    signals: list[Signal] | Unset = UNSET
    source: None | str | Unset = UNSET
    spam_score: None | SpamScore | Unset = UNSET
    tags: list[str] | Unset = UNSET
    tracker: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.attribution import Attribution  # noqa: PLC0415
        from ..models.spam_score import SpamScore  # noqa: PLC0415

        answered_at: None | str
        if isinstance(self.answered_at, datetime.datetime):
            answered_at = self.answered_at.isoformat()
        else:
            answered_at = self.answered_at

        answered_by: None | str
        answered_by = self.answered_by

        answered_device: None | str
        answered_device = self.answered_device

        caller_number: None | str
        caller_number = self.caller_number

        company_id = self.company_id

        duration: int | None
        duration = self.duration

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        failure: None | str
        failure = self.failure

        first_time_caller: bool | None
        first_time_caller = self.first_time_caller

        id = self.id

        spam = self.spam

        started_at = self.started_at.isoformat()

        status = self.status

        tracking_number: None | str
        tracking_number = self.tracking_number

        voicemail = self.voicemail

        amount: None | str | Unset
        if isinstance(self.amount, Unset):
            amount = UNSET
        else:
            amount = self.amount

        attribution: dict[str, Any] | None | Unset
        if isinstance(self.attribution, Unset):
            attribution = UNSET
        elif isinstance(self.attribution, Attribution):
            attribution = self.attribution.to_dict()
        else:
            attribution = self.attribution

        caller_name: None | str | Unset
        if isinstance(self.caller_name, Unset):
            caller_name = UNSET
        else:
            caller_name = self.caller_name

        campaign: None | str | Unset
        if isinstance(self.campaign, Unset):
            campaign = UNSET
        else:
            campaign = self.campaign

        currency: None | str | Unset
        if isinstance(self.currency, Unset):
            currency = UNSET
        else:
            currency = self.currency

        deliveries: list[dict[str, Any]] | None | Unset
        if isinstance(self.deliveries, Unset):
            deliveries = UNSET
        elif isinstance(self.deliveries, list):
            deliveries = []
            for deliveries_type_0_item_data in self.deliveries:
                deliveries_type_0_item = deliveries_type_0_item_data.to_dict()
                deliveries.append(deliveries_type_0_item)

        else:
            deliveries = self.deliveries

        keyword: None | str | Unset
        if isinstance(self.keyword, Unset):
            keyword = UNSET
        else:
            keyword = self.keyword

        landing_page: None | str | Unset
        if isinstance(self.landing_page, Unset):
            landing_page = UNSET
        else:
            landing_page = self.landing_page

        lead: None | str | Unset
        if isinstance(self.lead, Unset):
            lead = UNSET
        else:
            lead = self.lead

        medium: None | str | Unset
        if isinstance(self.medium, Unset):
            medium = UNSET
        else:
            medium = self.medium

        notes: list[dict[str, Any]] | None | Unset
        if isinstance(self.notes, Unset):
            notes = UNSET
        elif isinstance(self.notes, list):
            notes = []
            for notes_type_0_item_data in self.notes:
                notes_type_0_item = notes_type_0_item_data.to_dict()
                notes.append(notes_type_0_item)

        else:
            notes = self.notes

        outcome: None | str | Unset
        if isinstance(self.outcome, Unset):
            outcome = UNSET
        else:
            outcome = self.outcome

        recordings: list[dict[str, Any]] | None | Unset
        if isinstance(self.recordings, Unset):
            recordings = UNSET
        elif isinstance(self.recordings, list):
            recordings = []
            for recordings_type_0_item_data in self.recordings:
                recordings_type_0_item = recordings_type_0_item_data.to_dict()
                recordings.append(recordings_type_0_item)

        else:
            recordings = self.recordings

        signals: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.signals, Unset):
            signals = []
            for signals_item_data in self.signals:
                signals_item = signals_item_data.to_dict()
                signals.append(signals_item)

        source: None | str | Unset
        if isinstance(self.source, Unset):
            source = UNSET
        else:
            source = self.source

        spam_score: dict[str, Any] | None | Unset
        if isinstance(self.spam_score, Unset):
            spam_score = UNSET
        elif isinstance(self.spam_score, SpamScore):
            spam_score = self.spam_score.to_dict()
        else:
            spam_score = self.spam_score

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        tracker: None | str | Unset
        if isinstance(self.tracker, Unset):
            tracker = UNSET
        else:
            tracker = self.tracker

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "answered_at": answered_at,
                "answered_by": answered_by,
                "answered_device": answered_device,
                "caller_number": caller_number,
                "company_id": company_id,
                "duration": duration,
                "ended_at": ended_at,
                "failure": failure,
                "first_time_caller": first_time_caller,
                "id": id,
                "spam": spam,
                "started_at": started_at,
                "status": status,
                "tracking_number": tracking_number,
                "voicemail": voicemail,
            }
        )
        if amount is not UNSET:
            field_dict["amount"] = amount
        if attribution is not UNSET:
            field_dict["attribution"] = attribution
        if caller_name is not UNSET:
            field_dict["caller_name"] = caller_name
        if campaign is not UNSET:
            field_dict["campaign"] = campaign
        if currency is not UNSET:
            field_dict["currency"] = currency
        if deliveries is not UNSET:
            field_dict["deliveries"] = deliveries
        if keyword is not UNSET:
            field_dict["keyword"] = keyword
        if landing_page is not UNSET:
            field_dict["landing_page"] = landing_page
        if lead is not UNSET:
            field_dict["lead"] = lead
        if medium is not UNSET:
            field_dict["medium"] = medium
        if notes is not UNSET:
            field_dict["notes"] = notes
        if outcome is not UNSET:
            field_dict["outcome"] = outcome
        if recordings is not UNSET:
            field_dict["recordings"] = recordings
        if signals is not UNSET:
            field_dict["signals"] = signals
        if source is not UNSET:
            field_dict["source"] = source
        if spam_score is not UNSET:
            field_dict["spam_score"] = spam_score
        if tags is not UNSET:
            field_dict["tags"] = tags
        if tracker is not UNSET:
            field_dict["tracker"] = tracker

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attribution import Attribution  # noqa: PLC0415
        from ..models.delivery import Delivery  # noqa: PLC0415
        from ..models.note_text import NoteText  # noqa: PLC0415
        from ..models.recording import Recording  # noqa: PLC0415
        from ..models.signal import Signal  # noqa: PLC0415
        from ..models.spam_score import SpamScore  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_answered_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                answered_at_type_0 = datetime.datetime.fromisoformat(data)

                return answered_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        answered_at = _parse_answered_at(d.pop("answered_at"))

        def _parse_answered_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        answered_by = _parse_answered_by(d.pop("answered_by"))

        def _parse_answered_device(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        answered_device = _parse_answered_device(d.pop("answered_device"))

        def _parse_caller_number(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        caller_number = _parse_caller_number(d.pop("caller_number"))

        company_id = d.pop("company_id")

        def _parse_duration(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        duration = _parse_duration(d.pop("duration"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        def _parse_failure(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        failure = _parse_failure(d.pop("failure"))

        def _parse_first_time_caller(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        first_time_caller = _parse_first_time_caller(d.pop("first_time_caller"))

        id = d.pop("id")

        spam = d.pop("spam")

        started_at = datetime.datetime.fromisoformat(d.pop("started_at"))

        status = d.pop("status")

        def _parse_tracking_number(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        tracking_number = _parse_tracking_number(d.pop("tracking_number"))

        voicemail = d.pop("voicemail")

        def _parse_amount(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        amount = _parse_amount(d.pop("amount", UNSET))

        def _parse_attribution(data: object) -> Attribution | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                attribution_type_0 = Attribution.from_dict(data)

                return attribution_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Attribution | None | Unset, data)

        attribution = _parse_attribution(d.pop("attribution", UNSET))

        def _parse_caller_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        caller_name = _parse_caller_name(d.pop("caller_name", UNSET))

        def _parse_campaign(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        campaign = _parse_campaign(d.pop("campaign", UNSET))

        def _parse_currency(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        currency = _parse_currency(d.pop("currency", UNSET))

        def _parse_deliveries(data: object) -> list[Delivery] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                deliveries_type_0 = []
                _deliveries_type_0 = data
                for deliveries_type_0_item_data in _deliveries_type_0:
                    deliveries_type_0_item = Delivery.from_dict(deliveries_type_0_item_data)

                    deliveries_type_0.append(deliveries_type_0_item)

                return deliveries_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Delivery] | None | Unset, data)

        deliveries = _parse_deliveries(d.pop("deliveries", UNSET))

        def _parse_keyword(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        keyword = _parse_keyword(d.pop("keyword", UNSET))

        def _parse_landing_page(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        landing_page = _parse_landing_page(d.pop("landing_page", UNSET))

        def _parse_lead(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        lead = _parse_lead(d.pop("lead", UNSET))

        def _parse_medium(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        medium = _parse_medium(d.pop("medium", UNSET))

        def _parse_notes(data: object) -> list[NoteText] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                notes_type_0 = []
                _notes_type_0 = data
                for notes_type_0_item_data in _notes_type_0:
                    notes_type_0_item = NoteText.from_dict(notes_type_0_item_data)

                    notes_type_0.append(notes_type_0_item)

                return notes_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[NoteText] | None | Unset, data)

        notes = _parse_notes(d.pop("notes", UNSET))

        def _parse_outcome(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        outcome = _parse_outcome(d.pop("outcome", UNSET))

        def _parse_recordings(data: object) -> list[Recording] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                recordings_type_0 = []
                _recordings_type_0 = data
                for recordings_type_0_item_data in _recordings_type_0:
                    recordings_type_0_item = Recording.from_dict(recordings_type_0_item_data)

                    recordings_type_0.append(recordings_type_0_item)

                return recordings_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Recording] | None | Unset, data)

        recordings = _parse_recordings(d.pop("recordings", UNSET))

        _signals = d.pop("signals", UNSET)
        signals: list[Signal] | Unset = UNSET
        if _signals is not UNSET:
            signals = []
            for signals_item_data in _signals:
                signals_item = Signal.from_dict(signals_item_data)

                signals.append(signals_item)

        def _parse_source(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        source = _parse_source(d.pop("source", UNSET))

        def _parse_spam_score(data: object) -> None | SpamScore | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                spam_score_type_0 = SpamScore.from_dict(data)

                return spam_score_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SpamScore | Unset, data)

        spam_score = _parse_spam_score(d.pop("spam_score", UNSET))

        tags = cast(list[str], d.pop("tags", UNSET))

        def _parse_tracker(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        tracker = _parse_tracker(d.pop("tracker", UNSET))

        call = cls(
            answered_at=answered_at,
            answered_by=answered_by,
            answered_device=answered_device,
            caller_number=caller_number,
            company_id=company_id,
            duration=duration,
            ended_at=ended_at,
            failure=failure,
            first_time_caller=first_time_caller,
            id=id,
            spam=spam,
            started_at=started_at,
            status=status,
            tracking_number=tracking_number,
            voicemail=voicemail,
            amount=amount,
            attribution=attribution,
            caller_name=caller_name,
            campaign=campaign,
            currency=currency,
            deliveries=deliveries,
            keyword=keyword,
            landing_page=landing_page,
            lead=lead,
            medium=medium,
            notes=notes,
            outcome=outcome,
            recordings=recordings,
            signals=signals,
            source=source,
            spam_score=spam_score,
            tags=tags,
            tracker=tracker,
        )

        call.additional_properties = d
        return call

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

"""The requests of both APIs. Sources: UET Conversions API; Campaign Management v13, whose paths are those of msads 13.0.30."""

from __future__ import annotations

from datetime import timedelta

from hub.api.ads import ROWS, Batch, Call

TAG = {"authorization": "Bearer {uet_token}"}
ACCOUNT = {
    "authorization": "Bearer {oauth_token}",
    "developertoken": "{developer_token}",
    "customerid": "{customer_id}",
    "customeraccountid": "{account_id}",
}
FINAL = (
    "*Invalid", "*NullOrEmpty", "*IsNull", "*OutOfWindow", "*OutsideGoalConversionWindow", "*EarlierThan*",
    "*InvalidAdjustmentType", "*Required", "*NotExpected", "*NotSupported", "GoalNotEligibleForExternalAttribution",
)  # fmt: skip
"""What a row can never become right from. All else passes: Microsoft's own trouble (`InternalError`,
`OfflineConversionsApplyFailed`), a clock that is fast, a goal that is younger than two hours, a feature that is not turned on.
Source: Microsoft Advertising API, "Operation error codes", 5600 to 5627."""
PARTIAL_ERRORS = Batch(
    kind="errors_by_index",
    at="PartialErrors",
    index="Index",
    code="ErrorCode",
    words="Message",
    codes={**dict.fromkeys(FINAL, "rejected"), "*": "retry"},
    waits={"OfflineConversionNotAcceptedForGoal": timedelta(hours=2)},
)
DETAILS = Batch(
    kind="errors_by_index",
    at="error.details",
    code="errorCode",
    words="errorMessage",
    is_good=lambda error: error.get("isWarning") is True,
    count="eventsReceived",
    on_status={400: "error.details"},
)
"""Only the first ten errors and warnings are named, and a request without any valid event is answered with 400. Source:
"Conversions API (CAPI)", "Batch uploads and validation behavior"."""
EVENTS = "{uet_url}/v1/{tag_id}/events"
UET = Call(
    path=EVENTS,
    body={"data": ROWS, "dataProvider": "ringfence", "continueOnValidationError": True},
    headers=TAG,
    batch=DETAILS,
)
CHECK = Call(path=EVENTS, body={"data": [], "dataProvider": "ringfence"}, headers=TAG, expected={400: ""})


def _apply(name: str) -> Call:
    return Call(path=f"/CampaignManagement/v13/{name}/Apply", body={name: ROWS}, headers=ACCOUNT)


OFFLINE = _apply("OfflineConversions")
ADJUST_OFFLINE = _apply("OfflineConversionAdjustments")
ADJUST_ONLINE = _apply("OnlineConversionAdjustments")
GOALS = Call(
    path="/CampaignManagement/v13/ConversionGoals/QueryByIds",
    body={"ConversionGoalTypes": "Event,OfflineConversion", "ConversionGoalIds": None},
    headers=ACCOUNT,
)
